/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What belongs to the connection and not to a driver. One function a procedure, and the table of
 * them.
 */
#include "config.h"
#include "daemon/session.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "daemon/auth.h"
#include "daemon/event-filter.h"

#include <rvirt/protocol.h>
#include <stdlib.h>
#include <string.h>

/* Features that clients ask for by number. */
enum {
	FEATURE_MIGRATION_P2P = 4,
	FEATURE_MIGRATION_V3 = 6,
	FEATURE_MIGRATE_CHANGE_PROTECTION = 7,
	FEATURE_FD_PASSING = 8,
	FEATURE_TYPED_PARAM_STRING = 9,
	FEATURE_PROGRAM_KEEPALIVE = 10,
	FEATURE_MIGRATION_OFFLINE = 12,
	FEATURE_MIGRATION_PARAMS = 13,
	FEATURE_REMOTE_EVENT_CALLBACK = 14,
	FEATURE_REMOTE_CLOSE_CALLBACK = 15,
	FEATURE_NETWORK_UPDATE_ORDER = 16,
};

struct driver_conn *session_open_driver(struct client *c, const void *args, char **ret_uri)
{
	const struct rvirt_wire_name_flags_args *a = args;
	const char *name = a->name && *a->name ? a->name : driver_default_name();
	unsigned flags =
		(a->flags & DRIVER_OPEN_READONLY) | (c->traits.readonly ? DRIVER_OPEN_READONLY : 0);
	CLEANUP_FREE char *uri = strdup(name);
	struct driver_conn *conn;

	if (!uri) {
		error_oom();
		return NULL;
	}
	conn = driver_open(c->host->drivers, name, flags, &c->events.sink);
	if (conn)
		*ret_uri = steal(&uri);
	return conn;
}

void session_opened(struct client *c, struct driver_conn *conn, char *uri)
{
	c->conn = conn;
	c->uri = uri;
	client_step(c, CLIENT_OPENED);
}

bool session_may_wait(const struct client *c, const struct wire_op *op, const void *args)
{
	const struct rvirt_wire_name_flags_args *a = args;

	return op->number == 1 && !c->conn && !driver_opens_at_once(a->name);
}

static int connect_open(struct client *c, const struct wire_op *op, const void *args, void *ret)
{
	struct driver_conn *conn;
	char *uri;

	(void)op, (void)ret;
	if (c->conn)
		return error_set(FROM_RPC, ERR_INTERNAL_ERROR, "connection already open");
	conn = session_open_driver(c, args, &uri);
	if (!conn)
		return -1;
	session_opened(c, conn, uri);
	return 0;
}

static int connect_close(struct client *c, const struct wire_op *op, const void *args, void *ret)
{
	(void)op, (void)args, (void)ret;
	client_step(c, CLIENT_ENDED);
	return 0;
}

static int connect_supports_feature(struct client *c, const struct wire_op *op, const void *args,
									void *ret)
{
	const struct rvirt_wire_feature_args *a = args;
	struct rvirt_wire_supported_ret *r = ret;

	(void)op;
	switch (a->feature) {
	case FEATURE_PROGRAM_KEEPALIVE:
		c->keepalive = true;
		r->supported = 1;
		return 0;
	case FEATURE_TYPED_PARAM_STRING:
	case FEATURE_REMOTE_EVENT_CALLBACK:
	case FEATURE_REMOTE_CLOSE_CALLBACK:
	case FEATURE_NETWORK_UPDATE_ORDER:
		r->supported = 1;
		break;
	case FEATURE_FD_PASSING:
		r->supported = c->passes_fds;
		break;
	}
	if (c->state != CLIENT_OPEN)
		return error_set(FROM_RPC, ERR_INTERNAL_ERROR, "hypervisor connection not open");
	switch (a->feature) {
	case FEATURE_MIGRATION_P2P:
	case FEATURE_MIGRATION_V3: /* asked before parameters are */
	case FEATURE_MIGRATE_CHANGE_PROTECTION:
	case FEATURE_MIGRATION_OFFLINE:
	case FEATURE_MIGRATION_PARAMS:
		r->supported =
			driver_supports(c->conn, wire_op_by_number(RVIRT_PROC_DOMAIN_MIGRATE_BEGIN3_PARAMS));
		break;
	}
	return 0;
}

static int connect_get_uri(struct client *c, const struct wire_op *op, const void *args, void *ret)
{
	struct rvirt_wire_uri_ret *r = ret;

	(void)op, (void)args;
	r->uri = strdup(c->uri);
	return r->uri ? 0 : error_oom();
}

static int connect_is_secure(struct client *c, const struct wire_op *op, const void *args,
							 void *ret)
{
	struct rvirt_wire_secure_ret *r = ret;

	(void)op, (void)args;
	r->secure = c->traits.secure;
	return 0;
}

/* The connection's close is the peer's own to notice; drivers here lose none of theirs. An identity
 * is what access rules would look at. */
static int accept_silently(struct client *c, const struct wire_op *op, const void *args, void *ret)
{
	(void)c, (void)op, (void)args, (void)ret;
	return 0;
}

static enum event_class class_of(const struct wire_op *op)
{
	switch (op->number) {
	case 313:
	case 314:
		return EVENT_NETWORK;
	case 368:
	case 369:
		return EVENT_POOL;
	case 374:
	case 375:
		return EVENT_NODE_DEVICE;
	case 380:
	case 381:
		return EVENT_SECRET;
	case 1005:
		return EVENT_MONITOR;
	default:
		return EVENT_DOMAIN;
	}
}

/* The forms with callback ids: their arguments are the event's number and, optional, the object. */
static int register_any(struct client *c, const struct wire_op *op, const void *args, void *ret)
{
	const struct wire_field *f = &op->args->fields[1];
	const void *object = *(void *const *)((const char *)args + f->offset);
	int id = events_register(c, class_of(op), *(const int32_t *)args, false, f->shape, object);

	if (id < 0)
		return -1;
	((struct rvirt_wire_callback_id_ret *)ret)->callback_id = id;
	return 0;
}

static int deregister_any(struct client *c, const struct wire_op *op, const void *args, void *ret)
{
	const struct rvirt_wire_callback_id_args *a = args;

	(void)ret;
	return events_deregister(c, class_of(op), a->callback_id, false);
}

static int register_monitor(struct client *c, const struct wire_op *op, const void *args, void *ret)
{
	enum { REGEX = 1, NO_CASE = 2 };
	const struct rvirt_wire_connect_domain_qemu_monitor_event_register_args *a = args;
	struct event_filter *filter;
	int id;

	if (a->flags & ~(unsigned)(REGEX | NO_CASE))
		return error_set(FROM_QEMU, ERR_INVALID_ARG,
						 "unsupported flags (0x%x) in function "
						 "virConnectDomainQemuMonitorEventRegister",
						 a->flags & ~(unsigned)(REGEX | NO_CASE));
	filter = event_filter_new(a->event, a->flags & REGEX, a->flags & NO_CASE);
	if (!filter)
		return -1;
	id = events_register_filtered(c, op->args->fields[0].shape, a->dom, filter);
	if (id < 0)
		return -1;
	((struct rvirt_wire_callback_id_ret *)ret)->callback_id = id;
	return 0;
}

static int register_legacy(struct client *c, const struct wire_op *op, const void *args, void *ret)
{
	const struct rvirt_wire_event_id_args *a = args;

	(void)op, (void)ret;
	return events_register(c, EVENT_DOMAIN, a->event_id, true, NULL, NULL) < 0 ? -1 : 0;
}

static int deregister_legacy(struct client *c, const struct wire_op *op, const void *args,
							 void *ret)
{
	const struct rvirt_wire_event_id_args *a = args;

	(void)op, (void)ret;
	return events_deregister(c, EVENT_DOMAIN, a->event_id, true);
}

/* The first form of all: lifecycle events only. */
static int register_lifecycle(struct client *c, const struct wire_op *op, const void *args,
							  void *ret)
{
	(void)op, (void)args, (void)ret;
	return events_register(c, EVENT_DOMAIN, 0, true, NULL, NULL) < 0 ? -1 : 0;
}

static int deregister_lifecycle(struct client *c, const struct wire_op *op, const void *args,
								void *ret)
{
	(void)op, (void)args, (void)ret;
	return events_deregister(c, EVENT_DOMAIN, 0, true);
}

/* To add one: SESSION in its row of ops.def, a function, and its row here. */
static const struct {
	int number;
	int (*call)(struct client *c, const struct wire_op *op, const void *args, void *ret);
} procedures[] = {
	{1, connect_open},
	{2, connect_close},
	{60, connect_supports_feature},
	{66, auth_list},
	{67, auth_refuse},
	{68, auth_refuse},
	{69, auth_refuse},
	{70, auth_refuse},
	{105, register_lifecycle},
	{106, deregister_lifecycle},
	{110, connect_get_uri},
	{149, connect_is_secure},
	{167, register_legacy},
	{168, deregister_legacy},
	{313, register_any},
	{314, deregister_any},
	{316, register_any},
	{317, deregister_any},
	{360, accept_silently},
	{361, accept_silently},
	{368, register_any},
	{369, deregister_any},
	{374, register_any},
	{375, deregister_any},
	{380, register_any},
	{381, deregister_any},
	{419, accept_silently},
	{1004, register_monitor},
	{1005, deregister_any},
};

int session_call(struct client *c, const struct wire_op *op, const void *args, void *ret)
{
	for (size_t i = 0; i < sizeof procedures / sizeof procedures[0]; i++)
		if (procedures[i].number == op->number)
			return procedures[i].call(c, op, args, ret);
	return error_set(FROM_RPC, ERR_NO_SUPPORT, "%s", op->name);
}
