/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Questions to guests' agents, one after the other.
 */
#include "config.h"
#include "drivers/qemu/guest.h"

#include "base/fd.h"
#include "drivers/qemu/device.h"

#include <string.h>

/* -- the turn -- */

int guest_turn_begin(struct vm *vm, const char *owner)
{
	int64_t deadline = now_ms() + VM_JOB_WAIT_MS;
	int r = 0;

	vm_ref(vm);
	while (vm->agent_owner && r == 0)
		if (!vm_wait(vm, deadline) && vm->agent_owner)
			r = error_set(FROM_QEMU, ERR_OPERATION_TIMEOUT,
						  "cannot acquire state change lock (held by agent=%s)", vm->agent_owner);
	if (r == 0 && guest_check(vm) == 0) {
		vm->agent_owner = owner;
		return 0;
	}
	vm_unref(vm);
	return -1;
}

void guest_turn_end(struct vm *vm)
{
	vm->agent_owner = NULL;
	pthread_cond_broadcast(&vm->changed);
	vm_unref(vm);
}

struct vm *guest_enter(struct qemu *q, const struct rvirt_wire_domain *dom, const char *owner)
{
	struct vm *vm = vm_find(q, dom);

	return vm && guest_turn_begin(vm, owner) == 0 ? vm : NULL;
}

void guest_leave(struct vm **vm)
{
	if (*vm)
		guest_turn_end(*vm);
}

/* -- the questions -- */

static int ask(struct vm *vm, json_t *request, int seconds, unsigned signs, json_t **ret_answer)
{
	struct agent_patience patience = {
		.sync_ms = AGENT_SYNC_MS, .answer_ms = AGENT_WAIT_MS, .signs = signs};
	struct agent *agent = vm->agent;
	int r;

	if (!request)
		return -1;
	if (guest_check(vm) < 0) {
		json_decref(request);
		return -1;
	}
	if (vm->agent_timeout >= 0 && vm->agent_timeout < AGENT_SYNC_MS / 1000)
		patience.sync_ms = vm->agent_timeout * 1000;
	if (seconds == RVIRT_DOMAIN_AGENT_RESPONSE_TIMEOUT_DEFAULT)
		patience.answer_ms = AGENT_SYNC_MS;
	else if (seconds >= 0 && seconds < AGENT_WAIT_MS / 1000)
		patience.answer_ms = seconds * 1000;
	agent_hold(agent);
	vm_unlocked(vm);
	r = agent_ask(agent, request, &patience, ret_answer);
	/* whoever closes it has the lock and waits for this */
	agent_release(agent);
	vm_locked(vm);
	return r;
}

int guest_call(struct vm *vm, const char *command, json_t *args, json_t **ret_value)
{
	CLEANUP_JSON json_t *answer = NULL;

	if (ask(vm, qmp_request(command, args), vm->agent_timeout, 0, &answer) < 0)
		return -1;
	return agent_check(command, answer, ret_value);
}

int guest_try(struct vm *vm, const char *command, json_t *args, json_t **ret_value)
{
	CLEANUP_JSON json_t *answer = NULL;
	const char *class;

	if (ask(vm, qmp_request(command, args), vm->agent_timeout, 0, &answer) < 0)
		return -1;
	class = qmp_error_class(answer);
	if (text_is(class, "CommandNotFound") || text_is(class, "CommandDisabled"))
		return 1;
	return agent_check(command, answer, ret_value);
}

int guest_call_until(struct vm *vm, const char *command, json_t *args, int seconds, unsigned signs)
{
	CLEANUP_JSON json_t *answer = NULL;

	if (ask(vm, qmp_request(command, args), seconds, signs, &answer) < 0)
		return -1;
	return answer ? agent_check(command, answer, NULL) : 0;
}

int guest_exchange(struct vm *vm, json_t *request, int seconds, json_t **ret_answer)
{
	const char *name = qmp_text(request, "execute");
	CLEANUP_FREE char *command = strdup(name ? name : "<unknown>");
	CLEANUP_JSON json_t *answer = NULL;

	if (!command) {
		json_decref(request);
		return error_oom();
	}
	if (ask(vm, request, seconds, 0, &answer) < 0 || agent_check(command, answer, NULL) < 0)
		return -1;
	*ret_answer = steal(&answer);
	return 0;
}

/* -- file systems -- */

static int count(struct vm *vm, const char *command, json_t *args, int *ret_n)
{
	CLEANUP_JSON json_t *value = NULL;

	if (guest_call(vm, command, args, &value) < 0)
		return -1;
	if (!json_is_integer(value))
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "malformed return value");
	if (ret_n)
		*ret_n = (int)json_integer_value(value);
	return 0;
}

static int freeze(struct vm *vm, char *const *mountpoints, size_t n, int *ret_n)
{
	json_t *list;

	if (n == 0)
		return count(vm, "guest-fsfreeze-freeze", NULL, ret_n);
	list = json_array();
	for (size_t i = 0; i < n; i++)
		if (json_array_append_new(list, json_string(mountpoints[i])) < 0) {
			json_decref(list);
			return error_set(FROM_QEMU, ERR_INVALID_ARG, "a mount point is no text in UTF-8");
		}
	return count(vm, "guest-fsfreeze-freeze-list", json_pack("{s:o}", "mountpoints", list), ret_n);
}

int guest_freeze(struct vm *vm, char *const *mountpoints, size_t n, int *ret_n)
{
	int r;

	if (guest_turn_begin(vm, "freeze") < 0)
		return -1;
	r = freeze(vm, mountpoints, n, ret_n);
	guest_turn_end(vm);
	return r;
}

int guest_thaw(struct vm *vm, int *ret_n)
{
	int r;

	if (guest_turn_begin(vm, "thaw") < 0)
		return -1;
	r = count(vm, "guest-fsfreeze-thaw", NULL, ret_n);
	guest_turn_end(vm);
	return r;
}
