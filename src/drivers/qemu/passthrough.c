/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What clients say to QEMU itself, past all that is known here, and what it tells by itself.
 */
#include "config.h"
#include "drivers/qemu/event.h"
#include "drivers/qemu/ops.h"
#include "drivers/qemu/qemu.h"

#include <rvirt/fds.h>
#include <stdlib.h>
#include <string.h>

enum { FOR_PEOPLE = 1 }; /* flag: the command is one of the monitor that people type at */

static int set_result(struct rvirt_wire_domain_qemu_monitor_command_ret *ret, char *text)
{
	ret->result = text;
	return text ? 0 : error_oom();
}

/* fd: that QEMU gets a copy of, or -1. */
static int run_for_people(struct vm *vm, const char *command, int fd,
						  struct rvirt_wire_domain_qemu_monitor_command_ret *ret)
{
	CLEANUP_JSON json_t *answer = NULL;
	json_t *args = json_pack("{s:s}", "command-line", command);

	if (!args)
		return error_set(FROM_QEMU, ERR_INVALID_ARG, "the command is no text in UTF-8");
	if (vm_call_for(vm, "human-monitor-command", args, fd, VM_CALL_MS, &answer) < 0)
		return -1;
	if (!json_is_string(answer))
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR,
						 "human monitor command was missing return data");
	return set_result(ret, strdup(json_string_value(answer)));
}

static int run_raw(struct vm *vm, const char *command, int fd,
				   struct rvirt_wire_domain_qemu_monitor_command_ret *ret)
{
	json_error_t problem;
	json_t *request = json_loads(command, JSON_REJECT_DUPLICATES, &problem);
	CLEANUP_JSON json_t *answer = NULL;

	if (!json_is_object(request)) {
		json_decref(request);
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "cannot parse json %s: %s", command,
						 request ? "no object" : problem.text);
	}
	if (vm_exchange(vm, request, fd, &answer) < 0)
		return -1;
	return set_result(ret, json_dumps(answer, JSON_COMPACT));
}

static int run(struct driver_conn *conn,
			   const struct rvirt_wire_domain_qemu_monitor_command_args *args, int fd,
			   struct rvirt_wire_domain_qemu_monitor_command_ret *ret)
{
	QEMU_LOCKED(q, conn);

	if (qemu_flags(args->flags, FOR_PEOPLE, "qemuDomainQemuMonitorCommand") < 0)
		return -1;

	VM_JOB(vm, q, &args->dom, VM_JOB_QUERY);

	if (!vm || vm_check_active(vm) < 0)
		return -1;
	return (args->flags & FOR_PEOPLE ? run_for_people : run_raw)(vm, args->cmd, fd, ret);
}

int qemu_domain_qemu_monitor_command(struct driver_conn *conn,
									 const struct rvirt_wire_domain_qemu_monitor_command_args *args,
									 struct rvirt_wire_domain_qemu_monitor_command_ret *ret)
{
	return run(conn, args, -1, ret);
}

/* QEMU never gives a descriptor. */
int qemu_domain_qemu_monitor_command_with_files(
	struct driver_conn *conn, const struct rvirt_wire_domain_qemu_monitor_command_args *args,
	struct rvirt_wire_domain_qemu_monitor_command_ret *ret, const struct rvirt_fds *fds,
	struct rvirt_fds *ret_fds)
{
	(void)ret_fds;
	if (fds->n > 1)
		return error_set(FROM_QEMU, ERR_INVALID_ARG,
						 "at most 1 fd can be passed to qemu along with a command");
	return run(conn, args, fds->n ? fds->fd[0] : -1, ret);
}

void event_of_monitor(struct vm *vm, const char *name, const json_t *data, int64_t seconds,
					  int64_t microseconds)
{
	struct rvirt_wire_domain_qemu_monitor_event_msg m = {.seconds = seconds,
														 .micros = (uint32_t)microseconds};

	if (!vm->qemu->hub.members)
		return;
	m.event = strdup(name);
	if (data)
		m.details = json_dumps(data, JSON_COMPACT);
	if (m.event && (!data || m.details)) {
		vm_tell(vm, RVIRT_PROC_DOMAIN_QEMU_MONITOR_EVENT, &m, &m.dom);
	} else {
		free(m.event);
		free(m.details);
	}
}
