/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Logging in with the keys that an agent holds: first those that the configuration names, then the
 * others.
 */
#include "config.h"
#include "transport/libssh2-login.h"

#include "base/fd.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* -- bytes -- */

/* 0 once the agent is ready, or a negative errno. An agent may ask its user first. */
static int await_agent(struct ssh_session *s, int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};
	int r;

	do {
		int64_t deadline = s->login ? ssh_session_deadline(s) : 0;
		int64_t left = deadline < 0 ? -1 : deadline - now_ms();

		if (deadline >= 0 && left < 0)
			left = 0;
		r = poll(&p, 1, left > INT_MAX ? INT_MAX : (int)left);
	} while (r < 0 && errno == EINTR);
	return r > 0 ? 0 : r == 0 ? -ETIMEDOUT : -errno;
}

ssize_t ssh_agent_send(struct ssh_session *s, int fd, const void *data, size_t n)
{
	ssize_t r = await_agent(s, fd, POLLOUT);

	if (r == 0)
		r = send(fd, data, n, MSG_NOSIGNAL);
	return r < 0 ? -EPIPE : r;
}

/* An agent that has left is no reason to read on. */
ssize_t ssh_agent_receive(struct ssh_session *s, int fd, void *data, size_t n)
{
	ssize_t r = await_agent(s, fd, POLLIN);

	if (r == 0)
		r = recv(fd, data, n, 0);
	return r <= 0 ? -ECONNRESET : r;
}

/* -- keys -- */

static bool is_named(const struct login *l, const struct libssh2_agent_publickey *identity)
{
	for (size_t i = 0; i < l->n_keys; i++)
		if (l->keys[i].blob_len == identity->blob_len &&
			!memcmp(l->keys[i].blob, identity->blob, identity->blob_len))
			return true;
	return false;
}

/* What people know the key by: its comment, as far as that can be shown. */
static void put_name(const struct libssh2_agent_publickey *identity, char *ret, size_t size)
{
	snprintf(ret, size, "agent's key %s", identity->comment);
	for (char *c = ret; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			*c = '?';
}

static enum login_result try_identity(struct login *l, LIBSSH2_AGENT *agent,
									  struct libssh2_agent_publickey *identity)
{
	enum login_result result;
	char name[96], type[SSH_KEY_TYPE_MAX + 1];
	int r;

	put_name(identity, name, sizeof name);
	ssh_key_type(identity->blob, identity->blob_len, type);
	r = login_pass_over(l, name, type);
	if (r != 0)
		return r < 0 ? LOGIN_FAILED : LOGIN_REFUSED;
	SSH_AWAIT(l->s, l->s->login_stage, &r,
			  libssh2_agent_userauth(agent, l->target->user, identity));
	result = login_judge(l, r, r == LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED);
	return login_note_key(l, name, type, result);
}

/* Tries the keys that are named by the configuration, or those that are not. *n counts them. */
static enum login_result try_identities(struct login *l, LIBSSH2_AGENT *agent, bool named, int *n)
{
	struct libssh2_agent_publickey *identity = NULL, *before = NULL;
	enum login_result result;

	while (libssh2_agent_get_identity(agent, &identity, before) == 0) {
		before = identity;
		if (is_named(l, identity) != named)
			continue;
		(*n)++;
		result = try_identity(l, agent, identity);
		/* where more than one key is wanted, the next one may serve */
		if (result == LOGIN_DONE || result == LOGIN_FAILED ||
			(result == LOGIN_FURTHER && !login_allows(l, "publickey")))
			return result;
	}
	return LOGIN_REFUSED;
}

static enum login_result use(struct login *l, LIBSSH2_AGENT *agent)
{
	enum login_result result;
	int n = 0;

	libssh2_agent_set_identity_path(agent, l->target->agent_socket);
	if (libssh2_agent_connect(agent) < 0)
		return login_note(l, "no agent answers at %s", l->target->agent_socket) < 0 ? LOGIN_FAILED
																					: LOGIN_REFUSED;
	if (libssh2_agent_list_identities(agent) < 0)
		return login_note(l, "the agent gives no list of keys") < 0 ? LOGIN_FAILED : LOGIN_REFUSED;
	result = try_identities(l, agent, true, &n);
	if (result == LOGIN_REFUSED && !l->target->identities_only)
		result = try_identities(l, agent, false, &n);
	if (n == 0 && login_note(l, "the agent has no key that may be used") < 0)
		return LOGIN_FAILED;
	return result;
}

enum login_result login_by_agent(struct login *l)
{
	LIBSSH2_AGENT *agent;
	enum login_result result;

	if (!l->target->agent_socket)
		return login_note(l, "no agent") < 0 ? LOGIN_FAILED : LOGIN_REFUSED;
	agent = libssh2_agent_init(l->s->ssh);
	if (!agent) {
		error_oom();
		return LOGIN_FAILED;
	}
	result = use(l, agent);
	libssh2_agent_disconnect(agent);
	libssh2_agent_free(agent);
	return result;
}
