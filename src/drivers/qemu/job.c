/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One operation at a time on a machine, others on other machines; and long ones, during which some
 * short ones go on.
 */
#include "config.h"
#include "drivers/qemu/qemu.h"

#include "base/fd.h"

#include <errno.h>

bool vm_wait(struct vm *vm, int64_t deadline_ms)
{
	struct timespec at = {.tv_sec = deadline_ms / 1000, .tv_nsec = deadline_ms % 1000 * 1000000};

	return pthread_cond_timedwait(&vm->changed, &vm->qemu->hub.lock, &at) != ETIMEDOUT;
}

static bool may_run(const struct vm *vm, enum vm_job job)
{
	return !vm->async || vm->allowed & 1u << job;
}

static int refuse(const struct vm *vm)
{
	const char *job = vm->job ? vm->job_owner : NULL;
	const char *async = vm->async ? vm->async_owner : NULL;

	return error_set(FROM_QEMU, ERR_OPERATION_TIMEOUT,
					 "cannot acquire state change lock (held by monitor=%s%s%s)",
					 job ? job : (async ? async : "nobody"), job && async ? " async=" : "",
					 job && async ? async : "");
}

/* Waits until there is no other job (and, for an asynchronous one, no other of these); nested: the
 * caller has the asynchronous job itself. 0 or -1. */
static int wait_for_turn(struct vm *vm, enum vm_job job, bool nested)
{
	int64_t deadline = now_ms() + VM_JOB_WAIT_MS;

	while (vm->job || (!nested && !may_run(vm, job)))
		if (!vm_wait(vm, deadline))
			return refuse(vm);
	return 0;
}

static int begin(struct vm *vm, enum vm_job job, const char *owner, bool nested)
{
	vm_ref(vm);
	if (wait_for_turn(vm, job, nested) < 0) {
		vm_unref(vm);
		return -1;
	}
	vm->job = job;
	vm->job_owner = owner;
	vm->job_since_ms = now_ms();
	return 0;
}

int vm_job_begin(struct vm *vm, enum vm_job job, const char *owner)
{
	return begin(vm, job, owner, false);
}

void vm_job_begin_end(struct vm *vm)
{
	vm_ref(vm);
	while (vm->job)
		pthread_cond_wait(&vm->changed, &vm->qemu->hub.lock);
	vm->job = VM_JOB_DESTROY;
	vm->job_owner = "end";
	vm->job_since_ms = now_ms();
}

void vm_job_end(struct vm *vm)
{
	vm->job = VM_JOB_NONE;
	vm->job_owner = NULL;
	pthread_cond_broadcast(&vm->changed);
	vm_unref(vm);
}

int vm_async_begin(struct vm *vm, enum vm_async async, unsigned allowed, const char *owner)
{
	int64_t deadline = now_ms() + VM_JOB_WAIT_MS;

	vm_ref(vm);
	while (vm->job || vm->async)
		if (!vm_wait(vm, deadline)) {
			refuse(vm);
			vm_unref(vm);
			return -1;
		}
	vm->async = async;
	vm->allowed = allowed;
	vm->async_owner = owner;
	vm->async_since_ms = now_ms();
	vm->abort_wanted = false;
	return 0;
}

void vm_async_end(struct vm *vm)
{
	vm->async = VM_ASYNC_NONE;
	vm->async_owner = NULL;
	vm->allowed = 0;
	vm->abort_wanted = false;
	pthread_cond_broadcast(&vm->changed);
	vm_unref(vm);
}

int vm_nested_begin(struct vm *vm)
{
	return begin(vm, VM_JOB_MODIFY, vm->async_owner, true);
}

int vm_async_call(struct vm *vm, const char *command, json_t *args, json_t **ret_value)
{
	int r;

	if (vm_nested_begin(vm) < 0) {
		json_decref(args);
		return -1;
	}
	r = vm_call(vm, command, args, ret_value);
	vm_job_end(vm);
	return r;
}

struct vm *vm_enter(struct qemu *q, const struct rvirt_wire_domain *dom, enum vm_job job,
					const char *owner)
{
	struct vm *vm = vm_find(q, dom);

	if (!vm || vm_job_begin(vm, job, owner) < 0)
		return NULL;
	if (!vm->removed)
		return vm;
	vm_job_end(vm);
	vm_find(q, dom); /* says that it is gone */
	return NULL;
}

void vm_leave(struct vm **vm)
{
	if (*vm)
		vm_job_end(*vm);
}
