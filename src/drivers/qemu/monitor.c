/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The way to a machine's monitor: calls without the lock, and work in threads of its own.
 */
#include "config.h"
#include "drivers/qemu/qemu.h"

#include "base/log.h"

#include <signal.h>
#include <string.h>

void vm_unlocked(struct vm *vm)
{
	hub_unlock(&vm->qemu->hub);
}

void vm_locked(struct vm *vm)
{
	hub_lock(&vm->qemu->hub);
}

/* The monitor, which stays as long as the call, without the lock; NULL with the error set. */
static struct qmp *begin_call(struct vm *vm)
{
	struct qmp *monitor = vm->monitor;

	if (!monitor || !vm_active(vm)) {
		error_set(FROM_DOMAIN, ERR_OPERATION_INVALID, "domain is not running");
		return NULL;
	}
	vm->calls++;
	vm_unlocked(vm);
	return monitor;
}

static void end_call(struct vm *vm)
{
	vm_locked(vm);
	if (--vm->calls == 0)
		pthread_cond_broadcast(&vm->changed);
}

int vm_exchange(struct vm *vm, json_t *request, int fd, json_t **ret_answer)
{
	struct qmp *monitor = begin_call(vm);
	int r;

	if (!monitor) {
		json_decref(request);
		return -1;
	}
	r = qmp_exchange(monitor, request, fd, VM_CALL_MS, ret_answer);
	end_call(vm);
	return r;
}

int vm_call_for(struct vm *vm, const char *command, json_t *args, int fd, int timeout_ms,
				json_t **ret_value)
{
	struct qmp *monitor = begin_call(vm);
	int r;

	if (!monitor) {
		json_decref(args);
		return -1;
	}
	r = fd < 0 ? qmp_call(monitor, command, args, timeout_ms, ret_value)
			   : qmp_call_fd(monitor, command, args, fd, timeout_ms, ret_value);
	end_call(vm);
	return r;
}

int vm_call(struct vm *vm, const char *command, json_t *args, json_t **ret_value)
{
	return vm_call_for(vm, command, args, -1, VM_CALL_MS, ret_value);
}

int vm_connect(struct vm *vm, int fd, int timeout_ms)
{
	struct qmp *monitor = NULL;
	int r;

	vm->hung_up = false;
	vm_unlocked(vm);
	r = qmp_open(vm->qemu->loop, fd, &vm_events, vm, timeout_ms, &monitor);
	vm_locked(vm);
	if (r < 0)
		return -1;
	vm->monitor = monitor;
	return 0;
}

void vm_disconnect(struct vm *vm)
{
	struct qmp *monitor = steal(&vm->monitor);

	if (!monitor)
		return;
	while (vm->calls)
		pthread_cond_wait(&vm->changed, &vm->qemu->hub.lock);
	vm_unlocked(vm);
	qmp_close(monitor);
	vm_locked(vm);
}

/* -- threads -- */

struct task {
	struct vm *vm;
	void (*work)(struct vm *vm);
};

static void *run_task(void *opaque)
{
	struct task *task = opaque;
	struct qemu *q = task->vm->qemu;

	task->work(task->vm);
	hub_lock(&q->hub);
	vm_unref(task->vm);
	hub_unlock(&q->hub);
	/* events are told by now: nothing is left but to say so */
	hub_lock(&q->hub);
	if (--q->n_tasks == 0)
		pthread_cond_broadcast(&q->tasks_done);
	hub_unlock(&q->hub);
	free(task);
	return NULL;
}

void vm_task(struct vm *vm, void (*work)(struct vm *vm))
{
	struct task *task = vm->qemu->ending ? NULL : malloc(sizeof *task);
	sigset_t all, before;
	pthread_attr_t attr;
	pthread_t thread;
	int r;

	if (!task)
		return;
	*task = (struct task){.vm = vm, .work = work};
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	vm_ref(vm);
	vm->qemu->n_tasks++;
	r = pthread_create(&thread, &attr, run_task, task);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	if (r == 0)
		return;
	log_error("domain %s: cannot start a thread: %s", vm->d.name, strerror(r));
	vm->qemu->n_tasks--;
	vm_unref(vm);
	free(task);
}
