/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Asks ssh for its configuration, or takes ssh's defaults, and makes a struct of it.
 */
#include "config.h"
#include "transport/ssh-target.h"

#include "base/account.h"
#include "base/error.h"
#include "base/log.h"
#include "transport/capture.h"
#include "transport/ssh-args.h"
#include "transport/ssh-expand.h"
#include "transport/ssh-proxy.h"
#include "transport/ssh-settings.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum {
	MAX_OUTPUT = 256 * 1024, /* of ssh -G: some 6 KiB */
	DEFAULT_PORT = 22,
	HASH_LENGTH = 40, /* of %C */
};

/* What `ssh -G` would say with no configuration, but for host, port and user. */
static const char defaults[] =
	"identityfile ~/.ssh/id_rsa\n"
	"identityfile ~/.ssh/id_ecdsa\n"
	"identityfile ~/.ssh/id_ed25519\n"
	"userknownhostsfile ~/.ssh/known_hosts ~/.ssh/known_hosts2\n"
	"globalknownhostsfile /etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2\n"
	"stricthostkeychecking ask\n"
	"pubkeyauthentication yes\n"
	"passwordauthentication yes\n"
	"kbdinteractiveauthentication yes\n";

/* The ways that ssh tries where its configuration does not say. */
static const char default_ways[] = "publickey,keyboard-interactive,password";

/* What the target is made from. */
struct source {
	const struct uri *uri;
	struct ssh_settings settings;
	struct ssh_tokens tokens;
	struct ssh_target *target;
};

static void list_free(char **list)
{
	for (char **text = list; text && *text; text++)
		free(*text);
	free(list);
}

void ssh_target_clear(struct ssh_target *t)
{
	char *const texts[] = {t->host, t->known_as, t->user, t->agent_socket,
						   t->kex,  t->ciphers,  t->macs, t->host_key_algorithms};
	char **const lists[] = {t->proxy_argv, t->user_known_hosts, t->global_known_hosts,
							t->identity_files};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		free(texts[i]);
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
		list_free(lists[i]);
	*t = (struct ssh_target){0};
}

/* A list that can hold max texts. */
static int new_list(size_t max, char ***ret)
{
	*ret = calloc(max + 1, sizeof **ret);
	return *ret ? 0 : error_oom();
}

static int copy(const char *text, char **ret)
{
	*ret = text ? strdup(text) : NULL;
	return text && !*ret ? error_oom() : 0;
}

static int copy_given(const struct source *s, enum ssh_setting id, char **ret)
{
	return ssh_setting_is_given(&s->settings, id) ? copy(s->settings.value[id], ret) : 0;
}

/* A number from 0 up; otherwise where there is none. */
static int number(const struct source *s, enum ssh_setting id, int otherwise)
{
	const char *value = s->settings.value[id];
	char *end;
	long n;

	if (!value)
		return otherwise;
	n = strtol(value, &end, 10);
	return end == value || n < 0 ? otherwise : n > INT_MAX ? INT_MAX : (int)n;
}

/* Where to. */
static int put_host(struct source *s)
{
	struct ssh_target *t = s->target;
	const char *family = s->settings.value[SSH_ADDRESS_FAMILY];
	const char *alias = s->settings.value[SSH_HOST_KEY_ALIAS];
	const char *control_path = s->settings.value[SSH_CONTROL_PATH];

	t->port = number(s, SSH_PORT, DEFAULT_PORT);
	if (!ssh_setting_is_given(&s->settings, SSH_HOSTNAME) ||
		!ssh_setting_is_given(&s->settings, SSH_USER) || t->port < 1 || t->port > 65535)
		return error_set(FROM_RPC, ERR_INTERNAL_ERROR,
						 "ssh configuration: ssh -G says nothing of host %s", uri_host(s->uri));
	if (!family || !strcmp(family, "any"))
		t->family = AF_UNSPEC;
	else
		t->family = !strcmp(family, "inet6") ? AF_INET6 : AF_INET;
	if (!ssh_setting_is_given(&s->settings, SSH_HOST_KEY_ALIAS))
		alias = NULL;
	t->known_port = alias ? 0 : t->port;
	if (copy(s->settings.value[SSH_HOSTNAME], &t->host) < 0 ||
		copy(s->settings.value[SSH_USER], &t->user) < 0 ||
		copy(alias ? alias : t->host, &t->known_as) < 0)
		return -1;
	s->tokens = (struct ssh_tokens){
		.host = t->host,
		.typed_host = uri_host(s->uri),
		.known_as = alias ? alias : uri_host(s->uri),
		.user = t->user,
		.port = t->port,
	};
	if (control_path && *control_path == '/' && strlen(control_path + 1) == HASH_LENGTH)
		s->tokens.hash = control_path + 1;
	return 0;
}

static int put_proxy(struct source *s)
{
	struct ssh_target *t = s->target;

	if (ssh_setting_is_given(&s->settings, SSH_PROXY_JUMP))
		return ssh_proxy_jump(s->settings.value[SSH_PROXY_JUMP], &s->tokens, t->batch,
							  &t->proxy_argv);
	if (ssh_setting_is_given(&s->settings, SSH_PROXY_COMMAND))
		return ssh_proxy_command(s->settings.value[SSH_PROXY_COMMAND], &s->tokens, &t->proxy_argv);
	return new_list(0, &t->proxy_argv);
}

/* The length of the first file name in text, where names stand with a blank between and may have
 * blanks themselves: the longest that is there, or what is before the first blank. */
static size_t first_name(const char *text)
{
	size_t first = strcspn(text, " ");
	CLEANUP_FREE char *name = strdup(text);

	for (size_t n = strlen(text); name && n > first; n--) {
		if (name[n] && name[n] != ' ')
			continue;
		name[n] = '\0';
		if (access(name, F_OK) == 0)
			return n;
	}
	return first;
}

static int put_files(const struct source *s, enum ssh_setting id, char ***ret)
{
	const char *text = s->settings.value[id];
	size_t n = 0;

	if (new_list(SSH_LIST_MAX, ret) < 0)
		return -1;
	if (!ssh_setting_is_given(&s->settings, id))
		return 0;
	while (*text && n < SSH_LIST_MAX) {
		size_t len = first_name(text);
		CLEANUP_FREE char *name = strndup(text, len);

		if (!name)
			return error_oom();
		/* what begins with '/' has been expanded by ssh */
		(*ret)[n] = *name == '~' ? ssh_expand_file(name, &s->tokens) : steal(&name);
		if (!(*ret)[n++])
			return -1;
		text += len;
		text += strspn(text, " ");
	}
	return 0;
}

static void put_verify(struct source *s)
{
	const char *uri_verify = uri_param(s->uri, URI_KNOWN_HOSTS_VERIFY);
	const char *strict = s->settings.value[SSH_STRICT];
	enum ssh_verify *verify = &s->target->verify;

	if (uri_flag(s->uri, URI_NO_VERIFY) || (uri_verify && !strcmp(uri_verify, "ignore")))
		*verify = SSH_VERIFY_OFF;
	else if (uri_verify && !strcmp(uri_verify, "auto"))
		*verify = SSH_VERIFY_ACCEPT_NEW;
	else if (!strict || !strcmp(strict, "ask"))
		*verify = SSH_VERIFY_ASK;
	else if (!strcmp(strict, "accept-new"))
		*verify = SSH_VERIFY_ACCEPT_NEW;
	else if (!strcmp(strict, "no") || !strcmp(strict, "false") || !strcmp(strict, "off"))
		*verify = SSH_VERIFY_OFF;
	else
		*verify = SSH_VERIFY_STRICT;
}

static int put_known_hosts(struct source *s)
{
	const char *given = uri_param(s->uri, URI_KNOWN_HOSTS);
	struct ssh_target *t = s->target;

	put_verify(s);
	t->hash_known_hosts = ssh_setting_is_on(&s->settings, SSH_HASH_KNOWN_HOSTS);
	if (put_files(s, SSH_GLOBAL_KNOWN_HOSTS, &t->global_known_hosts) < 0)
		return -1;
	if (!given)
		return put_files(s, SSH_USER_KNOWN_HOSTS, &t->user_known_hosts);
	return new_list(1, &t->user_known_hosts) < 0 ? -1 : copy(given, &t->user_known_hosts[0]);
}

/* Has ssh a key of this name, or the public half of one that the agent may have? */
static bool is_identity(const char *name)
{
	CLEANUP_FREE char *public_half = NULL;

	if (access(name, F_OK) == 0)
		return true;
	if (asprintf(&public_half, "%s.pub", name) < 0)
		public_half = NULL;
	return public_half && access(public_half, F_OK) == 0;
}

static int put_identity(const struct source *s, const char *name, char **list, size_t *n)
{
	CLEANUP_FREE char *file = ssh_expand_file(name, &s->tokens);

	if (!file)
		return -1;
	for (size_t i = 0; i < *n; i++)
		if (!strcmp(list[i], file))
			return 0;
	if (is_identity(file))
		list[(*n)++] = steal(&file);
	return 0;
}

static int put_identities(struct source *s)
{
	const char *given = uri_param(s->uri, URI_KEYFILE);
	const struct ssh_values *names = &s->settings.identity_files;
	struct ssh_target *t = s->target;
	size_t n = 0;

	t->identities_only = ssh_setting_is_on(&s->settings, SSH_IDENTITIES_ONLY);
	if (new_list(SSH_LIST_MAX + 1, &t->identity_files) < 0)
		return -1;
	if (given && put_identity(s, given, t->identity_files, &n) < 0)
		return -1;
	if (given && !n)
		return error_errno(FROM_RPC, ENOENT, "login: the URI's keyfile %s for %s@%s", given,
						   t->user, uri_host(s->uri));
	for (int i = 0; i < names->n; i++)
		if (strcmp(names->v[i], "none") != 0 &&
			put_identity(s, names->v[i], t->identity_files, &n) < 0)
			return -1;
	return 0;
}

static int put_agent(struct source *s)
{
	const char *agent = s->settings.value[SSH_IDENTITY_AGENT];
	struct ssh_target *t = s->target;

	if (!ssh_auth_has(&t->auth, SSH_AUTH_AGENT) || (agent && !strcmp(agent, "none")))
		return 0;
	if (!agent || !strcmp(agent, "SSH_AUTH_SOCK"))
		agent = getenv("SSH_AUTH_SOCK");
	else if (*agent == '$')
		agent = getenv(agent + 1);
	if (!agent || !*agent)
		return 0;
	return copy(agent, &t->agent_socket);
}

/* A setting that is on unless it says otherwise ("unbound" and "host-bound" are on, too). */
static bool is_off(const struct source *s, enum ssh_setting id)
{
	const char *value = s->settings.value[id];

	return value && (!strcmp(value, "no") || !strcmp(value, "false"));
}

static int put_ways(struct source *s)
{
	const char *given = uri_param(s->uri, URI_SSHAUTH);
	const char *preferred = s->settings.value[SSH_PREFERRED];
	struct ssh_auth_list *auth = &s->target->auth;

	if (given && *given) {
		if (ssh_auth_from_uri(given, auth) < 0)
			return -1;
	} else {
		ssh_auth_from_ssh(preferred ? preferred : default_ways, auth);
	}
	if (is_off(s, SSH_PUBKEY)) {
		ssh_auth_drop(auth, SSH_AUTH_AGENT);
		ssh_auth_drop(auth, SSH_AUTH_PRIVKEY);
	}
	if (s->target->batch || is_off(s, SSH_PASSWORD))
		ssh_auth_drop(auth, SSH_AUTH_PASSWORD);
	if (s->target->batch || is_off(s, SSH_INTERACTIVE) || is_off(s, SSH_OLD_INTERACTIVE))
		ssh_auth_drop(auth, SSH_AUTH_INTERACTIVE);
	if (auth->n)
		return 0;
	return error_set(FROM_RPC, ERR_CONFIG_UNSUPPORTED,
					 "ssh configuration: of the ways to log in to host %s (%s) none is left that "
					 "the libssh2 transport has: agent, privkey, keyboard-interactive, password",
					 uri_host(s->uri),
					 given       ? given
					 : preferred ? preferred
								 : default_ways);
}

static int put_session(struct source *s)
{
	struct ssh_target *t = s->target;

	t->connect_timeout = number(s, SSH_CONNECT_TIMEOUT, 0);
	t->password_prompts = number(s, SSH_PASSWORD_PROMPTS, 3);
	t->min_rsa_bits = number(s, SSH_MIN_RSA, 1024);
	t->alive_interval = number(s, SSH_ALIVE_INTERVAL, 0);
	t->compression = ssh_setting_is_on(&s->settings, SSH_COMPRESSION);
	if (copy_given(s, SSH_KEX, &t->kex) < 0 || copy_given(s, SSH_CIPHERS, &t->ciphers) < 0 ||
		copy_given(s, SSH_MACS, &t->macs) < 0)
		return -1;
	return copy_given(s, SSH_HOST_KEY_ALGORITHMS, &t->host_key_algorithms);
}

int ssh_target_read(const struct uri *uri, char *text, struct ssh_target *ret)
{
	CLEANUP_SSH_TARGET struct ssh_target target = {0};
	struct source s = {.uri = uri, .target = &target};

	if (ssh_settings_read(text, uri_host(uri), &s.settings) < 0)
		return -1;
	target.batch = uri_flag(uri, URI_NO_TTY) || ssh_setting_is_on(&s.settings, SSH_BATCH);
	if (put_host(&s) < 0 || put_proxy(&s) < 0 || put_known_hosts(&s) < 0 || put_ways(&s) < 0 ||
		put_agent(&s) < 0 || put_identities(&s) < 0 || put_session(&s) < 0)
		return -1;
	*ret = target;
	target = (struct ssh_target){0};
	return 0;
}

/* What `ssh -G` would say without a configuration. */
static int put_defaults(const struct uri *uri, struct buf *out)
{
	CLEANUP_FREE char *own_name = uri->user ? NULL : account_user_name(geteuid());

	if (!uri->user && !own_name)
		return error_set(FROM_RPC, ERR_SYSTEM_ERROR,
						 "login: user %d has no name: put one in front of the host, as in "
						 "USER@%s",
						 (int)geteuid(), uri_host(uri));
	return buf_printf(out, "hostname %s\nport %d\nuser %s\n%s", uri_host(uri),
					  uri->port ? uri->port : DEFAULT_PORT, uri->user ? uri->user : own_name,
					  defaults);
}

int ssh_target_resolve(const struct uri *uri, long long deadline_ms, struct ssh_target *ret)
{
	CLEANUP_SSH_ARGS struct ssh_args args = {0};
	CLEANUP_BUF struct buf out = {0};
	CLEANUP_FREE char *text = NULL;
	char how[512];

	if (ssh_args_begin(&args, "ssh", uri) < 0)
		return -1;
	ssh_args_add(&args, "-G");
	ssh_args_option(&args, "ControlPath=/%C"); /* which nobody here needs, but for its %C */
	ssh_args_add(&args, "--");
	ssh_args_add(&args, uri_host(uri));
	snprintf(how, sizeof how, "ssh configuration: ssh -G %s", uri_host(uri));
	if (capture_output(ssh_args_argv(&args), how, MAX_OUTPUT, deadline_ms, &out) < 0) {
		if (error_last()->code != ERR_SYSTEM_ERROR || error_last()->int1 != ENOENT)
			return -1;
		log_info("there is no ssh here: its defaults count for host %s", uri_host(uri));
		error_reset();
		if (put_defaults(uri, &out) < 0)
			return -1;
	}
	text = buf_steal_text(&out);
	return text ? ssh_target_read(uri, text, ret) : -1;
}
