/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Procedures by name, with arguments and results as JSON: what a program needs that has no C types.
 */
#include "config.h"
#include "lib/gate.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "protocol/ops.h"

#include <pthread.h>
#include <string.h>

static const struct wire_op *find_op(const char *procedure)
{
	const struct wire_op *op = wire_op_by_name(procedure);

	if (!op || op->flags & WIRE_OP_EVENT) {
		error_set(FROM_RPC, ERR_INVALID_ARG, "there is no procedure '%s'", procedure);
		return NULL;
	}
	return op;
}

/* A zeroed value of a shape; one byte for none. */
static void *new_value(const struct wire_shape *s)
{
	void *value = calloc(1, s ? s->size : 1);

	if (!value)
		error_oom();
	return value;
}

/* stream NULL: the procedure opens none. */
static char *call_json(struct rvirt_conn *conn, const char *procedure, const char *json,
					   struct rvirt_stream **ret_stream)
{
	const struct wire_op *op = find_op(procedure);
	CLEANUP_FREE void *args = NULL;
	CLEANUP_FREE void *ret = NULL;
	struct rvirt_stream *stream = NULL;
	char *text = NULL;
	int result;

	if (!op)
		return NULL;
	args = new_value(op->args);
	ret = new_value(op->ret);
	if (!args || !ret || wire_from_json(op->args, json ? json : "{}", args) < 0)
		return NULL;
	result = ret_stream ? gate_open_stream(conn, (enum rvirt_proc)op->number,
										   op->args ? args : NULL, ret, &stream)
						: gate_call(conn, (enum rvirt_proc)op->number, op->args ? args : NULL, ret);
	if (result == 0)
		text = wire_to_json(op->ret, ret);
	wire_clear(op->args, args);
	wire_clear(op->ret, ret);
	if (text && ret_stream)
		*ret_stream = stream;
	else
		rvirt_stream_free(stream);
	return text;
}

char *rvirt_call_json(struct rvirt_conn *conn, const char *procedure, const char *json)
{
	return call_json(conn, procedure, json, NULL);
}

char *rvirt_call_json_stream(struct rvirt_conn *conn, const char *procedure, const char *json,
							 struct rvirt_stream **ret_stream)
{
	return call_json(conn, procedure, json, ret_stream);
}

void rvirt_wire_clear(enum rvirt_proc procedure, void *ret)
{
	const struct wire_op *op = wire_op_by_number((int)procedure);

	if (op)
		wire_clear(op->flags & WIRE_OP_EVENT ? op->args : op->ret, ret);
}

/* -- names -- */

static pthread_once_t names_once = PTHREAD_ONCE_INIT;
static const char **names;

static void list_names(void)
{
	size_t n = 0;
	const char **list = calloc((size_t)wire_n_ops + 1, sizeof *list);

	if (!list)
		return;
	for (int i = 0; i < wire_n_ops; i++)
		if (wire_ops[i].number && !(wire_ops[i].flags & WIRE_OP_EVENT))
			list[n++] = wire_ops[i].name;
	names = list;
}

__attribute__((destructor)) static void free_names(void)
{
	free(names);
}

const char *const *rvirt_procedure_names(void)
{
	static const char *const none[] = {NULL};

	pthread_once(&names_once, list_names);
	return names ? names : none;
}
