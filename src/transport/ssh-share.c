/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Finds and starts the ssh that keeps a login. Its socket is first made under a name of its own and
 * then renamed: so whoever sees the socket sees one that answers, and an ssh that was left behind
 * in the middle of its login is in nobody's way.
 */
#include "config.h"
#include "transport/ssh-share.h"

#include "base/account.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "transport/redial.h"
#include "transport/ssh-args.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum {
	HELLO_MS = 2000,   /* how long a keeper may take to say hello */
	LOCK_MS = 10000,   /* how long another's login is waited for */
	CONFIG_MS = 10000, /* how long ssh may take to tell its configuration */
	CONFIG_MAX = 64 * 1024,
	MUX_HELLO = 1, /* PROTOCOL.mux of OpenSSH */
};

/* What a search needs to know. */
struct search {
	const struct uri *uri;
	const char *program;
	const struct share_settings *settings;
	const char *how;
	const struct process_cause *causes;
	long long deadline_ms;
	char *directory, *socket;
	struct share_name name;
	bool user_checks; /* the user has a ServerAliveInterval of their own */
};

bool ssh_was_dropped(const char *text)
{
	/* what goes through another program breaks off for reasons of that program */
	return (strstr(text, "exchange_identification") || strstr(text, "Not allowed at this time")) &&
		   !strstr(text, "UNKNOWN port");
}

/* Not shared, for a reason: 1, or an error if only that is wanted. */
static int refrain(const struct search *s, const char *why)
{
	if (s->settings->mode == SHARE_ONLY)
		return error_set(FROM_REMOTE, ERR_OPERATION_FAILED, "%s: share=only, but %s", s->how, why);
	log_info("%s is not shared: %s", s->how, why);
	return 1;
}

/* The earlier of deadline_ms and ms from now. */
static long long sooner(long long deadline_ms, int ms)
{
	long long limit = now_ms() + ms;

	return deadline_ms >= 0 && deadline_ms < limit ? deadline_ms : limit;
}

/* Is there an ssh that talks? SHARE_NOBODY, SHARE_FOREIGN (this includes one that is silent), or 0.
 */
static int look(const struct search *s)
{
	struct channel *ch;
	uint32_t hello[3];
	size_t have = 0;
	int fd = share_connect(s->socket);

	if (fd < 0)
		return fd;
	ch = channel_from_socket(fd, s->socket);
	if (!ch) {
		close(fd);
		return SHARE_FOREIGN;
	}
	for (long long until = sooner(s->deadline_ms, HELLO_MS); have < sizeof hello;) {
		ssize_t n = channel_read(ch, (char *)hello + have, sizeof hello - have);

		if (n > 0)
			have += (size_t)n;
		else if (n != CHANNEL_AGAIN || channel_wait(ch, true, false, until) < 0)
			break;
	}
	channel_close(ch);
	if (have == sizeof hello && ntohl(hello[1]) == MUX_HELLO)
		return 0;
	log_info("%s: the ssh behind %s does not answer", s->how, s->socket);
	return SHARE_FOREIGN;
}

/* The value of key in what ssh -G printed, owned by the caller; NULL if it is not there. */
static char *config_value(const char *config, const char *key)
{
	size_t n = strlen(key);

	for (const char *line = config; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, key, n) && line[n] == ' ')
			return strndup(line + n + 1, strcspn(line + n + 1, "\n"));
	}
	return NULL;
}

static int read_all(struct channel *ch, long long deadline_ms, struct buf *out)
{
	for (;;) {
		unsigned char *at = buf_reserve(out, 4096);
		ssize_t n = at ? channel_read(ch, at, 4096) : -1;

		if (n == 0)
			return buf_puts(out, "");
		if (n == CHANNEL_AGAIN && channel_wait(ch, true, false, deadline_ms) < 0)
			return -1;
		if (n == CHANNEL_FAILED || buf_len(out) > CONFIG_MAX)
			return -1;
		if (n > 0)
			buf_grow(out, (size_t)n);
	}
}

/* What the user's configuration says of the destination; NULL if ssh does not tell. */
static char *ask_config(const struct search *s)
{
	CLEANUP_SSH_ARGS struct ssh_args a = {0};
	CLEANUP_BUF struct buf out = {0};
	struct channel *ch;
	int status = -1, r;

	if (ssh_args_begin(&a, s->program, s->uri) < 0)
		return NULL;
	ssh_args_add(&a, "-G");
	ssh_args_add(&a, "--");
	ssh_args_add(&a, uri_host(s->uri));
	if (process_open(ssh_args_argv(&a), s->how, NULL, &ch) < 0)
		return NULL;
	r = read_all(ch, sooner(s->deadline_ms, CONFIG_MS), &out);
	if (r == 0 && !process_wait(ch, sooner(s->deadline_ms, CONFIG_MS), &status))
		status = -1;
	channel_close(ch);
	return r == 0 && status == 0 ? buf_steal_text(&out) : NULL;
}

/* Is the way free for a socket of ours? 0, or 1 if not: the user has one, or nobody knows. */
static int consult_config(struct search *s)
{
	CLEANUP_FREE char *config = ask_config(s), *path = NULL, *alive = NULL;

	if (!config) {
		error_reset();
		return refrain(s, "ssh -G does not tell its configuration");
	}
	path = config_value(config, "controlpath");
	if (path && strcmp(path, "none") != 0) {
		log_debug("%s: the configuration's own ControlPath is used", s->how);
		return 1;
	}
	alive = config_value(config, "serveraliveinterval");
	/* Debian's ssh has 300 of its own where nothing is asked for */
	s->user_checks = alive && strcmp(alive, "0") != 0 && strcmp(alive, "300") != 0;
	return 0;
}

/* Runs an ssh that logs in and then stays, with the socket at path. */
static int log_in(const struct search *s, const char *path)
{
	CLEANUP_SSH_ARGS struct ssh_args a = {0};
	struct channel *ch;
	char idle[32];
	int status = -1;

	snprintf(idle, sizeof idle, "ControlPersist=%d", s->settings->idle_s);
	if (ssh_args_begin(&a, s->program, s->uri) < 0)
		return -1;
	ssh_args_add(&a, "-N");
	ssh_args_add(&a, "-f");
	ssh_args_option(&a, "ControlMaster=yes");
	ssh_args_option(&a, idle);
	ssh_args_option(&a, "ClearAllForwardings=yes");
	if (!s->user_checks) {
		ssh_args_option(&a, "ServerAliveInterval=5");
		ssh_args_option(&a, "ServerAliveCountMax=3");
	}
	if (ssh_args_file_option(&a, "ControlPath", path) < 0)
		return -1;
	ssh_args_add(&a, "--");
	ssh_args_add(&a, uri_host(s->uri));
	if (process_open(ssh_args_argv(&a), s->how, s->causes, &ch) < 0)
		return -1;
	if (!process_wait(ch, s->deadline_ms, &status)) {
		error_set(FROM_REMOTE, ERR_OPERATION_TIMEOUT, "%s: no login in time", s->how);
	} else if (status != 0) {
		error_set(FROM_REMOTE, ERR_OPERATION_FAILED, "%s", s->how);
		channel_explain(ch);
	}
	channel_close(ch);
	return status == 0 ? 0 : -1;
}

/* A failure with one of these words would be another ssh's too. */
static bool is_known(const struct process_cause *causes, const char *message)
{
	for (; causes->advice; causes++)
		if (causes->words && strstr(message, causes->words))
			return true;
	return false;
}

static int log_in_patiently(const struct search *s, const char *path)
{
	int r, pause_ms;

	for (int n = 0; (r = log_in(s, path)) < 0 && ssh_was_dropped(error_last()->message); n++) {
		struct timespec t;

		pause_ms = redial_pause_ms(n);
		if (pause_ms < 0)
			error_suffix("tried %d times", n + 1);
		if (pause_ms < 0 || (s->deadline_ms >= 0 && now_ms() + pause_ms >= s->deadline_ms))
			break;
		log_info("again in %d ms: %s", pause_ms, error_last()->message);
		t = (struct timespec){pause_ms / 1000, pause_ms % 1000 * 1000000L};
		nanosleep(&t, NULL);
	}
	return r;
}

/* Logs in and leaves the socket behind: 0. Not shared: 1. */
static int become_keeper(struct search *s)
{
	CLEANUP_FREE char *path = NULL;
	unsigned long long chance = 0;
	int r = consult_config(s);

	if (r != 0)
		return r;
	share_sweep(s->directory);
	(void)!getrandom(&chance, sizeof chance, 0);
	if (asprintf(&path, "%s/new-%016llx", s->directory, chance) < 0) {
		path = NULL;
		return error_oom();
	}
	if (log_in_patiently(s, path) < 0) {
		const struct error *e = error_last();

		if (s->settings->mode == SHARE_ONLY || e->code == ERR_OPERATION_TIMEOUT ||
			is_known(s->causes, e->message))
			return -1;
		log_info("%s is not shared: %s", s->how, e->message);
		error_reset();
		return 1;
	}
	if (rename(path, s->socket) < 0)
		return refrain(s, "ssh left no control socket behind");
	return 0;
}

/* Logs in unless another process does or did. 0: there is a socket; 1: not shared. */
static int log_in_once(struct search *s)
{
	CLEANUP_SHARE_LOCK struct share_lock lock = SHARE_LOCK_INIT;
	long long until = sooner(s->deadline_ms, LOCK_MS);
	const char *why = "its lock cannot be had";
	int r;

	while ((r = share_lock_try(&lock, s->directory, &s->name)) == 1) {
		if (look(s) == 0)
			return 0;
		if (now_ms() >= until) {
			why = "another process takes long to log in";
			break;
		}
		share_pause();
	}
	if (r != 0)
		return refrain(s, why);
	r = look(s);
	if (r == SHARE_FOREIGN)
		return refrain(s, "its socket is not to be used");
	return r == 0 ? 0 : become_keeper(s);
}

/* The file that is run for the program's name; the name where it is not found. Owned by the caller.
 */
static char *program_path(const char *name)
{
	const char *path = getenv("PATH");
	char *at;

	for (; !strchr(name, '/') && path && *path; path += strcspn(path, ":"), path += *path == ':') {
		if (asprintf(&at, "%.*s/%s", (int)strcspn(path, ":"), path, name) < 0)
			break;
		if (access(at, X_OK) == 0)
			return at;
		free(at);
	}
	return strdup(name);
}

/* All that decides where a login leads and whether its host was believed. */
static int make_name(struct search *s)
{
	CLEANUP_SSH_ARGS struct ssh_args a = {0};
	CLEANUP_FREE char *home = account_user_home(geteuid()), *config = NULL, *program = NULL;
	struct share_hash *h;

	if (ssh_args_begin(&a, s->program, s->uri) < 0)
		return -1;
	program = program_path(a.v[0]);
	if (!program || asprintf(&config, "%s/.ssh/config", home ? home : "") < 0) {
		config = NULL;
		return error_oom();
	}
	h = share_hash_new("ssh");
	if (!h)
		return -1;
	share_hash_file(h, program);
	share_hash_file(h, config);
	share_hash_file(h, "/etc/ssh/ssh_config");
	for (int i = 1; i < a.n; i++)
		if (ssh_args_leads(a.v[i]))
			share_hash_text(h, a.v[i]);
	share_hash_text(h, uri_host(s->uri));
	s->name = share_hash_end(h);
	if (asprintf(&s->socket, "%s/%s", s->directory, s->name.text) < 0) {
		s->socket = NULL;
		return error_oom();
	}
	return 0;
}

/* Is it ssh itself? Only of that it is known what its options mean. */
static bool is_ssh(const char *program)
{
	const char *slash = strrchr(program, '/');

	return !strcmp(slash ? slash + 1 : program, "ssh");
}

static int find(struct search *s)
{
	int r;

	if (!s->directory)
		return refrain(s, "there is no directory of this user's alone for its socket");
	if (make_name(s) < 0)
		return -1;
	r = look(s);
	if (r == SHARE_FOREIGN)
		return refrain(s, "its socket is not to be used");
	return r == 0 ? 0 : log_in_once(s);
}

int ssh_share_find(const struct uri *uri, const char *program,
				   const struct share_settings *settings, const char *how,
				   const struct process_cause *causes, long long deadline_ms, char **ret_socket)
{
	struct search s = {.uri = uri,
					   .program = program,
					   .settings = settings,
					   .how = how,
					   .causes = causes,
					   .deadline_ms = deadline_ms};
	int r = 1;

	if (settings->mode == SHARE_ONLY || (settings->mode == SHARE_AUTO && is_ssh(program))) {
		s.directory = share_directory();
		r = find(&s);
	}
	*ret_socket = r == 0 ? steal(&s.socket) : NULL;
	free(s.socket);
	free(s.directory);
	return r < 0 ? -1 : 0;
}
