/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The driver of secrets: its state and connections to it.
 */
#include "config.h"
#include "drivers/secret/secret.h"
#include "drivers/host-conn.h"

#include "drivers/object.h"
#include "drivers/place.h"
#include "drivers/secret/ops.h"
#include "transport/uri.h"

#include <string.h>

static struct secrets *of(struct driver_conn *conn)
{
	return host_conn_owner(conn);
}

struct secrets *secrets_lock(struct driver_conn *conn)
{
	hub_lock(&of(conn)->hub);
	return of(conn);
}

void secrets_unlock(struct secrets **s)
{
	hub_unlock(&(*s)->hub);
}

bool secret_is(const struct secret *s, const char *flag)
{
	return node_attr_is(s->def->root, flag, "yes");
}

int secret_usage(const struct def *def, const char **ret_id)
{
	static const char *const types[][2] = {{"none", NULL},   {"volume", "volume"},
										   {"ceph", "name"}, {"iscsi", "target"},
										   {"tls", "name"},  {"vtpm", "name"}};
	const struct node *usage = node_child(def->root, "usage"), *id = NULL;
	int type = 0;

	for (size_t i = 1; usage && i < sizeof types / sizeof types[0]; i++) {
		if (!node_attr_is(usage, "type", types[i][0]))
			continue;
		type = (int)i;
		id = node_child(usage, types[i][1]);
	}
	*ret_id = id && id->text ? id->text : "";
	return type;
}

void secret_free(struct secret *s)
{
	if (!s)
		return;
	if (s->value)
		explicit_bzero(s->value, s->value_len);
	free(s->value);
	def_free(s->def);
	free(s);
}

/* -- the state -- */

static void state_free(void *opaque)
{
	struct secrets *all = opaque;

	while (all->list) {
		struct secret *s = all->list;

		all->list = s->next;
		secret_free(s);
	}
	hub_clear(&all->hub);
	free(all->dir);
	free(all);
}

static void *state_new(struct driver_host *host, const struct driver_host_options *options)
{
	struct secrets *all = calloc(1, sizeof *all);

	(void)host;
	if (!all) {
		error_oom();
		return NULL;
	}
	hub_init(&all->hub);
	if (!options->daemon)
		return all;
	if (!(all->dir = place_path(options->state_dir, PLACE_CONFIG, "secrets"))) {
		state_free(all);
		return NULL;
	}
	secrets_load(all);
	return all;
}

/* -- connections -- */

static bool claims(const struct uri *uri)
{
	return strcmp(uri->driver, "secret") == 0;
}

/* What is changed is on the disk before it is answered. */
static bool waits(const struct wire_op *op, const void *args)
{
	(void)args;
	return !(op->flags & WIRE_OP_READ);
}

static int open_conn(void *opaque, const struct uri *uri, struct driver_sink *sink,
					 struct driver_conn **ret_conn)
{
	struct secrets *all = opaque;

	return host_conn_open("secret", FROM_SECRET, &all->hub, all, uri, sink, ret_conn);
}

int secret_op_connect_get_type(struct driver_conn *conn, struct rvirt_wire_type_ret *ret)
{
	(void)conn;
	return object_text("secret", &ret->type);
}

const struct driver secret_driver = {
	.name = "secret",
	.daemon_only = true,
	.secondary = true,
	.claims = claims,
	.waits = waits,
	.state_new = state_new,
	.state_free = state_free,
	.open = open_conn,
	.close = host_conn_close,
	.ops =
		{
#define OP(name) .name = secret_op_##name,
#include "drivers/secret/ops.def"
#undef OP
		},
};
