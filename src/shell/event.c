/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Waiting for events. The library calls back while it waits for an answer or dispatches; here a
 * descriptor is waited for, so that a key or a time ends it.
 */
#include "config.h"
#include "event.h"

#include "domain.h"
#include "interrupt.h"
#include "output.h"
#include "table.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_TYPES = 64 };

struct waiting {
	struct shell *sh;
	const struct event_class *c;
	const struct event_type *type; /* NULL: all */
	void *handle;                  /* of the only object whose events count, or NULL */
	bool loop, timestamp;
	bool old; /* the host knows no callback ids */
	int count;
	json_t *events;
};

void event_print_time(struct shell *sh)
{
	struct timespec now;
	struct tm tm;
	char text[32];

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
	out_text(sh, "%s.%03ld+0000: ", text, now.tv_nsec / 1000000);
}

/* The type of an event that is waited for, or NULL. */
static const struct event_type *wanted(const struct waiting *w, int procedure)
{
	for (const struct event_type *t = w->type ? w->type : w->c->types; t->name; t++) {
		if ((int)(w->old ? t->old : t->proc) == procedure)
			return t;
		if (w->type)
			break;
	}
	return NULL;
}

/* Whether an event of an old host, which has no filter, is of the domain that is looked at. */
static bool is_of(const struct waiting *w, const void *msg)
{
	const struct rvirt_wire_domain *dom = msg, *one = w->handle;

	return !w->old || !one || memcmp(dom->uuid, one->uuid, sizeof dom->uuid) == 0;
}

static void on_event(int procedure, const void *msg, void *opaque)
{
	struct waiting *w = opaque;
	CLEANUP_FREE char *text = NULL;
	char buf[OUT_UUID_SIZE];
	const struct event_type *t = wanted(w, procedure);
	const char *name, *detail;

	if (!t || (!w->loop && w->count) || !is_of(w, msg))
		return;
	name = t->describe(w->old ? msg : (const char *)msg + t->offset, buf, &text);
	detail = text;
	if (w->timestamp)
		event_print_time(w->sh);
	if (w->c->is_domain) {
		out_text(w->sh, "event '%s' for domain '%s'%s\n", t->name, name, text ? text : "");
		/* past what parts it from the name: ": ", ":\n", ":" alone or " " */
		if (detail && *(detail += strspn(detail, ":")))
			detail++;
	} else {
		out_text(w->sh, "event '%s' for %s %s%s%s\n", t->name, w->c->noun, name, text ? ": " : "",
				 text ? text : "");
	}
	fflush(stdout);
	json_array_append_new(w->events,
						  json_pack("{s:s, s:o, s:o}", "event", t->name, "name",
									out_json_text(name), "detail", out_json_text(detail)));
	w->count++;
}

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

const char *event_wait(struct shell *sh, bool loop, const int *count, int timeout_ms)
{
	struct rvirt_conn *conn = sh->conn;
	long long end = now_ms() + timeout_ms;

	while (!interrupt_came() && (loop || !*count)) {
		struct pollfd p = {.fd = -1};
		long long left = timeout_ms ? end - now_ms() : 1000;

		if (left <= 0)
			return "event loop timed out\n";
		p.fd = rvirt_conn_poll_fd(conn, &p.events);
		/* not longer than a second: the connection pings when it is dispatched */
		if (poll(&p, 1, left < 1000 ? (int)left : 1000) < 0 && errno != EINTR)
			break;
		if (p.fd >= 0 && rvirt_conn_dispatch(conn) < 0)
			return NULL;
	}
	return interrupt_came() ? "event loop interrupted\n" : "";
}

static int finish(struct waiting *w, const char *how)
{
	out_text(w->sh, "%sevents received: %d\n", how, w->count);
	out_value(w->sh, json_pack("{s:O}", "events", w->events));
	return w->count ? 0 : -1;
}

/* Whether the host is from before callback ids, when events could be asked for only by type. */
static bool is_old(struct waiting *w)
{
	enum { CALLBACK_IDS = 14 };
	struct rvirt_wire_feature_args args = {CALLBACK_IDS};
	struct rvirt_wire_supported_ret ret = {.supported = 1};

	if (!w->c->is_domain)
		return false;
	return rvirt_call_connect_supports_feature(w->sh->conn, &args, &ret) == 0 && !ret.supported;
}

/* Asks for the events: 0 with *ret set, or -1 with the library's error set. */
static int begin(struct waiting *w, const struct event_type *type, int32_t *ret)
{
	struct {
		int32_t id;
		void *handle;
	} args = {(int32_t)(type - w->c->types), w->handle};
	struct rvirt_wire_event_id_args old = {args.id};
	struct rvirt_wire_callback_id_ret registered = {.callback_id = args.id};
	int rc;

	if (w->old)
		rc = rvirt_call_connect_domain_event_register_any(w->sh->conn, &old);
	else
		rc = domain_wait(rvirt_call_send(w->sh->conn, w->c->begin, &args), &registered);
	if (rc == 0)
		*ret = registered.callback_id;
	return rc;
}

/* Takes back what begin() gave. */
static int end(struct waiting *w, int32_t id)
{
	struct rvirt_wire_callback_id_args gone = {id};
	struct rvirt_wire_event_id_args old = {id};

	if (w->old)
		return rvirt_call_connect_domain_event_deregister_any(w->sh->conn, &old);
	return domain_wait(rvirt_call_send(w->sh->conn, w->c->end, &gone), NULL);
}

/* Registers, waits, and takes back what was registered. As event_wait(). */
static const char *wait_registered(struct waiting *w, int timeout_ms)
{
	const struct event_type *type = w->type ? w->type : w->c->types;
	int32_t ids[MAX_TYPES];
	const char *how;
	size_t n = 0;

	w->old = is_old(w);
	if (begin(w, type, &ids[n++]) < 0)
		return NULL;
	/* an older host knows fewer types */
	while (!w->type && (++type)->name && n < MAX_TYPES)
		if (begin(w, type, &ids[n]) == 0)
			n++;
	how = event_wait(w->sh, w->loop, &w->count, timeout_ms);
	for (size_t i = 0; how && i < n; i++)
		if (end(w, ids[i]) < 0)
			how = NULL;
	return how;
}

static int run(struct waiting *w, int timeout_ms)
{
	struct interrupt old;
	const char *how;
	int rc;

	interrupt_begin(&old);
	rvirt_conn_set_event_handler(w->sh->conn, on_event, w);
	if (rvirt_conn_poll_fd(w->sh->conn, &(short){0}) < 0)
		/* nobody else is in this process to cause any */
		how = event_wait(w->sh, w->loop, &w->count, timeout_ms);
	else
		how = wait_registered(w, timeout_ms);
	rvirt_conn_set_event_handler(w->sh->conn, NULL, NULL);
	interrupt_end(&old);
	rc = how ? finish(w, how) : out_fail(w->sh);
	json_decref(w->events);
	return rc;
}

static const struct event_type *find_type(const struct event_type *t, const char *name)
{
	while (t->name && strcmp(t->name, name) != 0)
		t++;
	return t->name ? t : NULL;
}

static int list(struct shell *sh, const struct event_class *c)
{
	json_t *names = json_array();

	for (const struct event_type *t = c->types; t->name; t++) {
		out_text(sh, "%s\n", t->name);
		json_array_append_new(names, json_string(t->name));
	}
	out_value(sh, json_pack("{s:o}", "types", names));
	return 0;
}

int event_prepare(struct shell *sh, const struct invocation *in, const struct event_class *c)
{
	const char *name;

	if (args_given(in, "list"))
		return list(sh, c);
	if (args_get_text(sh, in, "event", &name) < 0)
		return -1;
	if (!name && !args_given(in, "all"))
		return out_refuse(sh, c->is_domain ? "one of --list, --all, or --event <type> is required"
										   : "either --list or --event <type> is required");
	if (name && !find_type(c->types, name))
		return out_refuse(sh, "unknown event type %s", name);
	return 1;
}

int event_run(struct shell *sh, const struct invocation *in, const struct event_class *c,
			  void *handle)
{
	struct waiting w = {.sh = sh, .c = c, .handle = handle};
	const char *name = args_text(in, "event");
	int timeout_ms = 0;

	if (name)
		w.type = find_type(c->types, name);
	if (args_get_timeout(sh, in, &timeout_ms) < 0)
		return -1;
	w.loop = args_given(in, "loop");
	w.timestamp = args_given(in, "timestamp");
	w.events = json_array();
	return run(&w, timeout_ms);
}

void event_complete(const struct event_type *types, struct strings *to)
{
	for (; types->name; types++)
		strings_add(to, types->name);
}
