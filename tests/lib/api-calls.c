/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What programs do with librvirt and no command of rvsh does: api-calls URI WHAT. Ends with status
 * 0 if all went as it must; else says what did not. pipeline      a thousand calls on their way
 * before the first answer is read threads       eight threads share the connection frozen PID the
 * daemon stands still: the call times out; it goes on: so does the connection silent PID    the
 * daemon stands still: pings find it out killed PID    the daemon is killed while a call waits
 *   events        a domain's events reach the handler
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <rvirt/rvirt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 1000, THREADS = 8, CALLS_EACH = 200, TIMED_OUT = 68, NO_DOMAIN = 42 };

static void fail(const char *what)
{
	printf("%s: %s\n", what, rvirt_last_error().message);
	exit(1);
}

static struct rvirt_conn *open_or_fail(const char *uri, const struct rvirt_open_options *options)
{
	struct rvirt_conn *conn = rvirt_open(uri, options);

	if (!conn)
		fail("open");
	return conn;
}

/* Look-ups of the domain and of nobody in turn: value and error must find the right call. */
static void pipeline(const char *uri)
{
	struct rvirt_conn *conn = open_or_fail(uri, NULL);
	struct rvirt_call *calls[MANY];

	for (int i = 0; i < MANY; i++) {
		struct rvirt_wire_name_args args = {.name = i % 2 ? (char[]){"test"} : (char[]){"nobody"}};

		calls[i] = rvirt_call_send(conn, RVIRT_PROC_DOMAIN_LOOKUP_BY_NAME, &args);
		if (!calls[i])
			fail("send");
	}
	for (int i = 0; i < MANY; i++) {
		struct rvirt_wire_dom_ret ret;
		int r = rvirt_call_wait(calls[i], &ret);

		if (i % 2 ? r < 0 || strcmp(ret.dom.name, "test") != 0
				  : r == 0 || rvirt_last_error().code != NO_DOMAIN)
			fail("wait");
		if (r == 0)
			rvirt_wire_clear(RVIRT_PROC_DOMAIN_LOOKUP_BY_NAME, &ret);
	}
	rvirt_close(conn);
}

static void *call_often(void *opaque)
{
	struct rvirt_domain *dom = rvirt_domain_by_name(opaque, "test");

	for (int i = 0; i < CALLS_EACH; i++) {
		struct rvirt_wire_domain_get_info_ret info;
		char *xml;

		if (rvirt_domain_info(dom, &info) < 0 || info.max_mem == 0)
			fail("info");
		xml = rvirt_domain_xml(dom, 0);
		if (!xml || !strstr(xml, "</domain>"))
			fail("xml");
		free(xml);
	}
	rvirt_domain_free(dom);
	return NULL;
}

static void threads(const char *uri)
{
	struct rvirt_conn *conn = open_or_fail(uri, NULL);
	pthread_t ids[THREADS];

	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&ids[i], NULL, call_often, conn) != 0)
			fail("thread");
	for (int i = 0; i < THREADS; i++)
		pthread_join(ids[i], NULL);
	rvirt_close(conn);
}

static void frozen(const char *uri, pid_t daemon)
{
	struct rvirt_conn *conn = open_or_fail(uri, &(struct rvirt_open_options){.call_timeout = 1});
	struct rvirt_wire_hostname_ret ret;
	int r;

	kill(daemon, SIGSTOP);
	r = rvirt_call_connect_get_hostname(conn, &ret);
	kill(daemon, SIGCONT);
	if (r == 0 || rvirt_last_error().code != TIMED_OUT)
		fail("no time-out");
	if (!rvirt_conn_is_alive(conn) || rvirt_call_connect_get_hostname(conn, &ret) < 0)
		fail("after it");
	free(ret.hostname);
	rvirt_close(conn);
}

static void silent(const char *uri, pid_t daemon)
{
	struct rvirt_conn *conn = open_or_fail(
		uri, &(struct rvirt_open_options){.keepalive_interval = 1, .keepalive_count = 1});
	struct rvirt_wire_hostname_ret ret;
	int r;

	kill(daemon, SIGSTOP);
	r = rvirt_call_connect_get_hostname(conn, &ret);
	kill(daemon, SIGCONT);
	if (r == 0 || !strstr(rvirt_last_error().message, "keepalive") || rvirt_conn_is_alive(conn))
		fail("not found out");
	rvirt_close(conn);
}

static void killed(const char *uri, pid_t daemon)
{
	struct rvirt_conn *conn = open_or_fail(uri, NULL);
	struct rvirt_wire_hostname_ret ret;
	struct rvirt_call *call;

	kill(daemon, SIGSTOP);
	call = rvirt_call_send(conn, RVIRT_PROC_CONNECT_GET_HOSTNAME, NULL);
	if (!call || rvirt_conn_flush(conn) < 0)
		fail("send");
	kill(daemon, SIGKILL);
	if (rvirt_call_wait(call, &ret) == 0 || !strstr(rvirt_last_error().message, "unix socket"))
		fail("no error that names the place");
	if (rvirt_call_connect_get_hostname(conn, &ret) == 0 || rvirt_conn_is_alive(conn))
		fail("still alive");
	rvirt_close(conn);
}

struct heard {
	struct rvirt_conn *conn;
	int suspended;
};

static void hear(int procedure, const void *msg, void *opaque)
{
	const struct rvirt_wire_domain_event_callback_lifecycle_msg *lifecycle = msg;
	struct heard *heard = opaque;

	if (procedure == RVIRT_PROC_DOMAIN_EVENT_CALLBACK_LIFECYCLE && lifecycle->msg.event == 3 &&
		strcmp(lifecycle->msg.dom.name, "test") == 0)
		heard->suspended++;
}

static void events(const char *uri)
{
	struct heard heard = {.conn = open_or_fail(uri, NULL)};
	struct rvirt_wire_event_id_dom_args args = {0};
	struct rvirt_wire_callback_id_ret id;
	struct rvirt_domain *dom = rvirt_domain_by_name(heard.conn, "test");

	rvirt_conn_set_event_handler(heard.conn, hear, &heard);
	if (rvirt_call_connect_domain_event_callback_register_any(heard.conn, &args, &id) < 0)
		fail("register");
	if (rvirt_domain_suspend(dom) < 0 || rvirt_domain_resume(dom) < 0)
		fail("suspend and resume");
	while (!heard.suspended) {
		struct pollfd fd = {0};

		fd.fd = rvirt_conn_poll_fd(heard.conn, &fd.events);
		if (poll(&fd, 1, 10000) == 0)
			fail("no event came");
		if (rvirt_conn_dispatch(heard.conn) < 0)
			fail("dispatch");
	}
	rvirt_domain_free(dom);
	rvirt_close(heard.conn);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*alone)(const char *uri);
		void (*with_daemon)(const char *uri, pid_t daemon);
	} rows[] = {
		{"pipeline", pipeline, NULL}, {"threads", threads, NULL}, {"events", events, NULL},
		{"frozen", NULL, frozen},     {"silent", NULL, silent},   {"killed", NULL, killed},
	};

	for (size_t i = 0; argc > 2 && i < sizeof rows / sizeof rows[0]; i++) {
		if (strcmp(rows[i].name, argv[2]) != 0)
			continue;
		if (rows[i].alone)
			rows[i].alone(argv[1]);
		else if (argc > 3)
			rows[i].with_daemon(argv[1], (pid_t)atoi(argv[3]));
		return 0;
	}
	printf("usage: api-calls URI pipeline|threads|events|frozen PID|silent PID|killed PID\n");
	return 2;
}
