/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The life of a call object. How the answer comes is not known here.
 */
#include "config.h"
#include "lib/call.h"

#include "lib/futex.h"

#include <string.h>

struct rvirt_call *call_new(const struct wire_op *op)
{
	size_t size = sizeof(struct rvirt_call) + (op->ret ? op->ret->size : 0);
	/* calloc() of the C library passes by what was just freed */
	struct rvirt_call *call = malloc(size);

	if (!call) {
		error_oom();
		return NULL;
	}
	memset(call, 0, size);
	call->op = op;
	call->deadline_ms = -1;
	return call;
}

void call_free(struct rvirt_call *call)
{
	if (!call)
		return;
	wire_clear(call->op->ret, call->value);
	error_clear(&call->error);
	fds_clear(&call->ret_fds);
	free(call);
}

int call_finish(struct rvirt_call *call, void *ret)
{
	if (call->result < 0) {
		error_give(&call->error);
		return -1;
	}
	if (ret && call->op->ret) {
		memcpy(ret, call->value, call->op->ret->size);
		memset(call->value, 0, call->op->ret->size);
	}
	return 0;
}

void call_complete(struct rvirt_call *call, int result)
{
	call->result = result;
	if (result < 0)
		error_take(&call->error);
	if (atomic_exchange_explicit(&call->state, CALL_DONE, memory_order_acq_rel) == CALL_ASLEEP)
		futex_wake(&call->state);
}
