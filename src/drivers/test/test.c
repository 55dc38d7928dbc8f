/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The test driver itself: what it serves, and which host a connection gets.
 */
#include "config.h"
#include "drivers/test/test.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "drivers/test/node.h"
#include "drivers/test/ops.h"
#include "transport/uri.h"

#include <string.h>

/* The host of test:///default while somebody looks at it. */
struct test_state {
	pthread_mutex_t lock;
	struct test_node *node;
	struct test_node *model; /* what it is copied from, made when it is first needed */
	bool keep;
};

static bool claims(const struct uri *uri)
{
	return uri->driver && strcmp(uri->driver, "test") == 0;
}

static bool opens_at_once(const struct uri *uri)
{
	return strcmp(uri->path, "/default") == 0;
}

static void *state_new(struct driver_host *host, const struct driver_host_options *options)
{
	struct test_state *state = calloc(1, sizeof *state);

	(void)host;
	if (!state) {
		error_oom();
		return NULL;
	}
	pthread_mutex_init(&state->lock, NULL);
	state->keep = options && options->test_state_daemon;
	return state;
}

static void state_free(void *opaque)
{
	struct test_state *state = opaque;

	test_node_free(state->node);
	test_node_free(state->model);
	pthread_mutex_destroy(&state->lock);
	free(state);
}

/* The shared host with one more connection; NULL with the error set. */
static struct test_node *default_get(struct test_state *state)
{
	struct test_node *node;

	pthread_mutex_lock(&state->lock);
	if (!state->model)
		state->model = test_node_new_default();
	if (!state->node && state->model && (state->node = test_node_copy(state->model)))
		state->node->state = state;
	node = state->node;
	if (node)
		node->refs++;
	pthread_mutex_unlock(&state->lock);
	return node;
}

/* One connection less; the host goes with the last. */
static void node_put(struct test_node *node)
{
	struct test_state *state = node->state;

	if (!state) {
		test_node_free(node);
		return;
	}
	pthread_mutex_lock(&state->lock);
	if (--node->refs == 0 && !state->keep) {
		state->node = NULL;
		test_node_free(node);
	}
	pthread_mutex_unlock(&state->lock);
}

static int open_conn(void *opaque, const struct uri *uri, struct driver_sink *sink,
					 struct driver_conn **ret_conn)
{
	struct test_conn *conn;

	if (!*uri->path || strcmp(uri->path, "/") == 0)
		return error_set(FROM_TEST, ERR_INVALID_ARG,
						 "testOpen: supply a path or use test:///default");
	conn = calloc(1, sizeof *conn);
	if (!conn)
		return error_oom();
	conn->node = strcmp(uri->path, "/default") == 0 ? default_get(opaque)
													: test_node_new_from_file(uri->path);
	if (!conn->node) {
		free(conn);
		return -1;
	}
	conn->conn.sink = conn->member.sink = sink;
	hub_join(&conn->node->hub, &conn->member);
	*ret_conn = &conn->conn;
	return 0;
}

static void close_conn(struct driver_conn *opaque)
{
	struct test_conn *conn = (struct test_conn *)opaque;

	hub_leave(&conn->node->hub, &conn->member);
	node_put(conn->node);
	free(conn);
}

static bool waits(const struct wire_op *op, const void *args)
{
	switch (op->number) {
	case RVIRT_PROC_DOMAIN_SAVE:
	case RVIRT_PROC_DOMAIN_SAVE_FLAGS:
	case RVIRT_PROC_DOMAIN_RESTORE:
	case RVIRT_PROC_DOMAIN_RESTORE_FLAGS:
	case RVIRT_PROC_DOMAIN_SAVE_IMAGE_GET_XML_DESC:
	case RVIRT_PROC_DOMAIN_SAVE_IMAGE_DEFINE_XML:
	case RVIRT_PROC_DOMAIN_CORE_DUMP:
	case RVIRT_PROC_DOMAIN_CORE_DUMP_WITH_FORMAT:
		return true;
	/* to validate takes milliseconds, and one thread does it at a time */
	case RVIRT_PROC_DOMAIN_CREATE_XML:
		return ((const struct rvirt_wire_xml_desc_flags_args *)args)->flags &
			   RVIRT_DOMAIN_START_VALIDATE;
	case RVIRT_PROC_DOMAIN_DEFINE_XML_FLAGS:
		return ((const struct rvirt_wire_xml_flags_args *)args)->flags &
			   RVIRT_DOMAIN_DEFINE_VALIDATE;
	case RVIRT_PROC_STORAGE_POOL_DEFINE_XML:
		return ((const struct rvirt_wire_xml_flags_args *)args)->flags &
			   RVIRT_STORAGE_POOL_DEFINE_VALIDATE;
	case RVIRT_PROC_STORAGE_VOL_CREATE_XML:
		return ((const struct rvirt_wire_pool_xml_flags_args *)args)->flags &
			   RVIRT_STORAGE_VOL_CREATE_VALIDATE;
	case RVIRT_PROC_STORAGE_VOL_CREATE_XML_FROM:
		return ((const struct rvirt_wire_storage_vol_create_xml_from_args *)args)->flags &
			   RVIRT_STORAGE_VOL_CREATE_VALIDATE;
	default:
		return false;
	}
}

const struct driver test_driver = {
	.name = "test",
	.never_blocks = true,
	.waits = waits,
	.claims = claims,
	.opens_at_once = opens_at_once,
	.state_new = state_new,
	.state_free = state_free,
	.open = open_conn,
	.close = close_conn,
	.ops =
		{
#define OP(name) .name = test_##name,
#include "drivers/test/ops.def"
#undef OP
		},
};
