/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Proves to the host who logs in: each way in its turn, as long as the host takes it, and again
 * where it wants more than one.
 */
#include "config.h"
#include "transport/libssh2-login.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FACTORS_MAX = 8 };

struct way {
	const char *method; /* as the protocol has it */
	enum login_result (*log_in)(struct login *l);
};

static const struct way ways[SSH_N_AUTH] = {
	[SSH_AUTH_AGENT] = {"publickey", login_by_agent},
	[SSH_AUTH_PRIVKEY] = {"publickey", login_by_keys},
	[SSH_AUTH_INTERACTIVE] = {"keyboard-interactive", login_by_questions},
	[SSH_AUTH_PASSWORD] = {"password", login_by_password},
};

int login_note(struct login *l, const char *fmt, ...)
{
	va_list ap;
	int r = buf_len(&l->tried) ? buf_puts(&l->tried, "; ") : 0;

	va_start(ap, fmt);
	if (r == 0)
		r = buf_vprintf(&l->tried, fmt, ap);
	va_end(ap);
	return r;
}

/* What a libssh2 without SHA-2 for RSA can sign with as ssh would: not by SHA-1, nor with hardware
 * keys, nor with other certificates than these. */
static bool old_libssh2_signs(const char *type)
{
	return !strcmp(type, "ssh-ed25519") ||
		   (!strncmp(type, "ecdsa-sha2-nistp", 16) && type[16] && type[17] && type[18] &&
			(!type[19] || !strcmp(type + 19, "-cert-v01@openssh.com")));
}

int login_pass_over(struct login *l, const char *name, const char *type)
{
	if (libssh2_version(SSH_LIBSSH2_WITH_RSA_SHA2) || !*type || old_libssh2_signs(type))
		return 0;
	l->passed_over = true;
	return login_note(l, "%s (%s) not used", name, type) < 0 ? -1 : 1;
}

enum login_result login_note_key(struct login *l, const char *name, const char *type,
								 enum login_result result)
{
	const char *what = result == LOGIN_FURTHER ? " taken" : "";
	int r;

	if (result == LOGIN_DONE || (result == LOGIN_FAILED && !l->s->goodbye))
		return result;
	r = *type ? login_note(l, "%s (%s)%s", name, type, what) : login_note(l, "%s%s", name, what);
	return r < 0 ? LOGIN_FAILED : result;
}

bool login_allows(const struct login *l, const char *method)
{
	size_t n = strlen(method);

	for (const char *at = l->allowed; *at; at += strspn(at, ",")) {
		size_t len = strcspn(at, ",");

		if (len == n && !strncmp(at, method, n))
			return true;
		at += len;
	}
	return false;
}

/* Asks the host for the methods that it takes. 1: none is needed, 0, or -1. */
static int ask_for_methods(struct login *l)
{
	struct ssh_session *s = l->s;
	const char *user = l->target->user;
	char *list;

	do
		list = libssh2_userauth_list(s->ssh, user, (unsigned)strlen(user));
	while (!list && libssh2_session_last_errno(s->ssh) == LIBSSH2_ERROR_EAGAIN &&
		   ssh_session_wait(s, s->login_stage) == 0);
	if (!list && libssh2_userauth_authenticated(s->ssh))
		return 1;
	if (!list && libssh2_session_last_errno(s->ssh) == LIBSSH2_ERROR_EAGAIN)
		return -1;
	if (!list)
		return ssh_session_error(s, libssh2_session_last_errno(s->ssh), s->login_stage);
	free(l->allowed);
	l->allowed = strndup(list, 1024);
	return l->allowed ? 0 : error_oom();
}

enum login_result login_judge(struct login *l, int r, bool proven)
{
	CLEANUP_FREE char *before = NULL;

	if (r == 0)
		return LOGIN_DONE;
	if (r == LIBSSH2_ERROR_EAGAIN)
		return LOGIN_FAILED;
	if (l->s->failed || l->s->ended || l->s->goodbye) {
		ssh_session_error(l->s, LIBSSH2_ERROR_EAGAIN, l->s->login_stage);
		return LOGIN_FAILED;
	}
	if (!proven)
		return LOGIN_REFUSED;
	before = strdup(l->allowed);
	if (!before) {
		error_oom();
		return LOGIN_FAILED;
	}
	r = ask_for_methods(l);
	if (r != 0)
		return r < 0 ? LOGIN_FAILED : LOGIN_DONE;
	return strcmp(before, l->allowed) != 0 ? LOGIN_FURTHER : LOGIN_REFUSED;
}

/* Goes through the ways once. */
static enum login_result try_ways(struct login *l)
{
	for (int i = 0; i < l->target->auth.n; i++) {
		const struct way *way = &ways[l->target->auth.way[i]];
		enum login_result r;

		if (!login_allows(l, way->method))
			continue;
		r = way->log_in(l);
		if (r != LOGIN_REFUSED)
			return r;
	}
	return LOGIN_REFUSED;
}

static int refuse(struct login *l)
{
	error_set(FROM_SSH, ERR_AUTH_FAILED,
			  "login: user %s is not let in, %s; the host takes %s; tried: %s", l->target->user,
			  l->s->how, *l->allowed ? l->allowed : "nothing",
			  buf_len(&l->tried) ? (char *)buf_at(&l->tried) : "nothing");
	if (l->passed_over)
		return error_suffix("libssh2 %s signs with ed25519 and ecdsa keys only (with RSA by SHA-1, "
							"which sshd does not take): use such a key, libssh2 1.11, or the "
							"transport ssh",
							libssh2_version(0));
	return error_suffix("load keys with ssh-add, or name one with keyfile=");
}

/* The server broke off in the middle, as it does after too many attempts. */
static int explain_goodbye(struct login *l)
{
	if (buf_len(&l->tried))
		error_suffix("tried: %s", (char *)buf_at(&l->tried));
	if (!l->target->agent_socket || !strstr(l->s->goodbye, "Too many authentication failures"))
		return -1;
	return error_suffix("the agent may have too many keys: name the right one with "
						"keyfile=, and IdentitiesOnly in ssh's configuration");
}

static int run(struct login *l)
{
	int r = ask_for_methods(l);

	for (int i = 0; r == 0 && i < FACTORS_MAX; i++) {
		enum login_result result = try_ways(l);

		if (result == LOGIN_DONE)
			return 0;
		if (result == LOGIN_FAILED)
			return l->s->goodbye ? explain_goodbye(l) : -1;
		if (result == LOGIN_REFUSED)
			return refuse(l);
	}
	return r == 0 ? refuse(l) : r < 0 ? -1 : 0;
}

static int read_keys(struct login *l)
{
	size_t n = 0;

	while (l->target->identity_files[n])
		n++;
	l->keys = calloc(n ? n : 1, sizeof *l->keys);
	if (!l->keys)
		return error_oom();
	for (; l->n_keys < n; l->n_keys++)
		if (ssh_key_read(l->target->identity_files[l->n_keys], &l->keys[l->n_keys]) < 0)
			return -1;
	return 0;
}

int ssh_login_run(struct ssh_session *s)
{
	struct login l = {.s = s, .target = s->login->target};
	int r;

	snprintf(s->login_stage, sizeof s->login_stage, "login: user %s", l.target->user);
	r = read_keys(&l) < 0 ? -1 : run(&l);
	for (size_t i = 0; i < l.n_keys; i++)
		ssh_key_clear(&l.keys[i]);
	free(l.keys);
	free(l.allowed);
	buf_clear(&l.tried);
	return r < 0 ? -1 : 0;
}
