/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Opening a connection by URI, closing it, and what can be asked of it without a call.
 */
#include "config.h"
#include "lib/conn.h"

#include "base/fd.h"
#include "lib/auth.h"
#include "lib/gate.h"
#include "lib/local.h"
#include "transport/client-conf.h"
#include "transport/open.h"

#include <pthread.h>
#include <string.h>

enum { CONNECT_TIMEOUT_S = 30, PING_INTERVAL_S = 5, PING_COUNT = 5 };

/* -- processes -- */

/* How many forks lie between this process and the one that loaded the library. */
static unsigned generation;

static void count_fork(void)
{
	generation++;
}

__attribute__((constructor)) static void watch_forks(void)
{
	pthread_atfork(NULL, NULL, count_fork);
}

int conn_check_process(const struct rvirt_conn *conn)
{
	if (conn->generation == generation)
		return 0;
	return error_set(FROM_RPC, ERR_INVALID_CONN,
					 "this process: the connection was opened by its parent, who alone may use it");
}

/* -- opening -- */

static int64_t connect_deadline(const struct uri *uri, int option_s)
{
	int64_t timeout_ms = uri_connect_timeout_ms(uri);

	if (option_s < 0)
		return -1;
	if (option_s > 0)
		timeout_ms = option_s * 1000LL;
	else if (timeout_ms < 0)
		timeout_ms = CONNECT_TIMEOUT_S * 1000;
	return now_ms() + timeout_ms;
}

static int open_remote(struct rvirt_conn *conn, const struct rvirt_open_options *options)
{
	struct asker asker = {.fn = options->auth ? auth_ask : NULL,
						  .opaque = (void *)(uintptr_t)options};
	struct transport_options reach = {
		.readonly = conn->readonly,
		.deadline_ms = connect_deadline(conn->uri, options->connect_timeout),
		.asker = &asker,
	};
	const struct remote_options ro = {
		.call_timeout_ms = options->call_timeout > 0 ? options->call_timeout * 1000LL : -1,
		.ping_interval_ms = options->keepalive_interval < 0 ? -1
							: options->keepalive_interval   ? options->keepalive_interval * 1000LL
															: PING_INTERVAL_S * 1000,
		.ping_count = options->keepalive_count > 0 ? options->keepalive_count : PING_COUNT,
	};
	struct channel *ch;

	if (client_conf_fill(conn->uri) < 0)
		return -1;
	if (transport_open(conn->uri, &reach, &ch) < 0)
		return transport_explain(conn->uri);
	conn->remote = remote_new(ch, &ro);
	if (!conn->remote) {
		channel_close(ch);
		return -1;
	}
	if (reach.deadline_ms >= 0)
		reach.deadline_ms += asker.spent_ms;
	if (remote_open(conn->remote, conn->uri->name, options->flags, reach.deadline_ms) == 0)
		return 0;
	return transport_explain(conn->uri);
}

static int choose_uri(const char *text, unsigned flags, struct rvirt_conn *conn)
{
	CLEANUP_FREE char *chosen = NULL;

	if (client_conf_uri(text, !(flags & RVIRT_OPEN_NO_ALIASES), &chosen) < 0 ||
		uri_parse(chosen, &conn->uri) < 0)
		return -1;
	conn->daemon_chooses = (!text || !*text) && !*conn->uri->name;
	return 0;
}

static int open_conn(struct rvirt_conn *conn, const char *text,
					 const struct rvirt_open_options *options)
{
	if (options->flags & ~(unsigned)(RVIRT_OPEN_READONLY | RVIRT_OPEN_NO_ALIASES))
		return error_set(FROM_NONE, ERR_INVALID_ARG, "open flags 0x%x", options->flags);
	conn->readonly = options->flags & RVIRT_OPEN_READONLY;
	if (choose_uri(text, options->flags, conn) < 0)
		return -1;
	return local_claims(conn->uri) ? local_open(conn->uri, options->flags, &conn->local)
								   : open_remote(conn, options);
}

static void free_conn(struct rvirt_conn *conn)
{
	if (conn->generation != generation) {
		remote_forget(conn->remote);
	} else {
		driver_close(conn->local);
		remote_free(conn->remote);
	}
	uri_free(conn->uri);
	free(conn);
}

struct rvirt_conn *rvirt_open(const char *uri, const struct rvirt_open_options *options)
{
	static const struct rvirt_open_options defaults;
	struct rvirt_conn *conn = calloc(1, sizeof *conn);
	struct error cause;

	if (!conn) {
		error_oom();
		return NULL;
	}
	conn->generation = generation;
	if (open_conn(conn, uri, options ? options : &defaults) == 0)
		return conn;
	error_take(&cause);
	free_conn(conn);
	error_give(&cause);
	return NULL;
}

void rvirt_close(struct rvirt_conn *conn)
{
	if (!conn)
		return;
	if (conn->remote && conn->generation == generation)
		remote_say_goodbye(conn->remote);
	free_conn(conn);
}

/* -- what is known without a call -- */

char *rvirt_conn_uri(struct rvirt_conn *conn)
{
	struct rvirt_wire_uri_ret ret;

	if (!conn->daemon_chooses)
		return uri_format(conn->uri);
	return gate_call(conn, RVIRT_PROC_CONNECT_GET_URI, NULL, &ret) < 0 ? NULL : ret.uri;
}

int rvirt_conn_is_alive(struct rvirt_conn *conn)
{
	if (conn_check_process(conn) < 0) {
		error_reset();
		return 0;
	}
	return conn->local || !remote_is_broken(conn->remote);
}

int rvirt_conn_is_secure(struct rvirt_conn *conn)
{
	return conn->local || transport_is_secure(conn->uri);
}

const char *rvirt_conn_how(struct rvirt_conn *conn)
{
	return conn->local ? "in this process" : remote_how(conn->remote);
}

int rvirt_conn_poll_fd(struct rvirt_conn *conn, short *ret_events)
{
	return conn->local ? -1 : remote_poll_fd(conn->remote, ret_events);
}

int rvirt_conn_dispatch(struct rvirt_conn *conn)
{
	if (conn_check_process(conn) < 0)
		return -1;
	return conn->local ? 0 : remote_dispatch(conn->remote);
}

int rvirt_conn_flush(struct rvirt_conn *conn)
{
	if (conn_check_process(conn) < 0)
		return -1;
	return conn->local ? 0 : remote_flush(conn->remote);
}

void rvirt_conn_set_event_handler(struct rvirt_conn *conn, rvirt_event_fn fn, void *opaque)
{
	if (conn->remote)
		remote_set_event_handler(conn->remote, fn, opaque);
}
