/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The ssh that keeps a login: is it there, and how it is started.
 */
#include "config.h"
#include "transport/ssh-share.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "transport/capture.h"
#include "transport/redial.h"
#include "transport/ssh-args.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum {
	HELLO_MS = 2000,   /* how long a keeper may take to say hello */
	CONFIG_MS = 10000, /* how long ssh may take to tell its configuration */
	CONFIG_MAX = 64 * 1024,
	MUX_HELLO = 1, /* PROTOCOL.mux of OpenSSH */
};

struct search {
	struct share_search base;
	const struct uri *uri;
	const char *program;
	const struct process_cause *causes;
	bool user_checks; /* the user has a ServerAliveInterval of their own */
};

bool ssh_was_dropped(const char *text)
{
	/* what goes through another program breaks off for reasons of that program */
	return (strstr(text, "exchange_identification") || strstr(text, "Not allowed at this time")) &&
		   !strstr(text, "UNKNOWN port");
}

/* Is there an ssh that talks? SHARE_NOBODY, SHARE_FOREIGN (this includes one that is silent), or 0.
 */
static int look(struct share_search *s)
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
	for (long long until = share_deadline(s, HELLO_MS); have < sizeof hello;) {
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

/* What the user's configuration says of the destination; NULL if ssh does not tell. */
static char *ask_config(const struct search *s)
{
	CLEANUP_SSH_ARGS struct ssh_args a = {0};
	CLEANUP_BUF struct buf out = {0};

	if (ssh_args_begin(&a, s->program, s->uri) < 0)
		return NULL;
	ssh_args_add(&a, "-G");
	ssh_args_add(&a, "--");
	ssh_args_add(&a, uri_host(s->uri));
	if (capture_output(ssh_args_argv(&a), "ssh -G", CONFIG_MAX, share_deadline(&s->base, CONFIG_MS),
					   &out) < 0)
		return NULL;
	return buf_steal_text(&out);
}

/* Is the way free for a socket of ours? 0, or 1 if not: the user has one, or nobody knows. */
static int consult_config(struct search *s)
{
	CLEANUP_FREE char *config = ask_config(s), *path = NULL, *alive = NULL;

	if (!config) {
		error_reset();
		return share_refrain(&s->base, "ssh -G does not tell its configuration");
	}
	path = config_value(config, "controlpath");
	if (path && strcmp(path, "none") != 0) {
		log_debug("%s: the configuration's own ControlPath is used", s->base.how);
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

	snprintf(idle, sizeof idle, "ControlPersist=%d", s->base.settings->idle_s);
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
	if (process_open(ssh_args_argv(&a), s->base.how, s->causes, &ch) < 0)
		return -1;
	if (!process_wait(ch, s->base.deadline_ms, &status)) {
		error_set(FROM_REMOTE, ERR_OPERATION_TIMEOUT, "%s: no login in time", s->base.how);
	} else if (status != 0) {
		error_set(FROM_REMOTE, ERR_OPERATION_FAILED, "%s", s->base.how);
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
	int n = 0, r;

	while ((r = log_in(s, path)) < 0 && ssh_was_dropped(error_last()->message))
		if (redial_pause(n++, s->base.deadline_ms) < 0)
			break;
	return r;
}

/* Failures that an ssh without sharing would have too are the connection's. */
static int start(struct share_search *base, const char *path)
{
	struct search *s = (struct search *)base;
	const struct error *e;
	int r = consult_config(s);

	if (r != 0)
		return r;
	if (log_in_patiently(s, path) == 0)
		return 0;
	e = error_last();
	if (base->settings->mode == SHARE_ONLY || e->code == ERR_OPERATION_TIMEOUT ||
		is_known(s->causes, e->message))
		return -1;
	log_info("%s is not shared: %s", base->how, e->message);
	error_reset();
	return 1;
}

/* Is it ssh itself? Only of that it is known what its options mean. */
static bool is_ssh(const char *program)
{
	const char *slash = strrchr(program, '/');

	return !strcmp(slash ? slash + 1 : program, "ssh");
}

int ssh_share_find(const struct uri *uri, const char *program,
				   const struct share_settings *settings, const char *how,
				   const struct process_cause *causes, long long deadline_ms, char **ret_socket)
{
	struct search s = {
		.base = {.settings = settings,
				 .how = how,
				 .deadline_ms = deadline_ms,
				 .look = look,
				 .start = start},
		.uri = uri,
		.program = program,
		.causes = causes,
	};
	int r = 1;

	if (settings->mode == SHARE_ONLY || (settings->mode == SHARE_AUTO && is_ssh(program)))
		r = ssh_share_name(uri, program, "ssh", &s.base.name) < 0 ? -1 : share_find(&s.base);
	*ret_socket = r == 0 ? steal(&s.base.socket) : NULL;
	share_search_clear(&s.base);
	return r < 0 ? -1 : 0;
}
