/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The pass-through to QEMU. Part of <rvirt/constants.h>.
 */
#ifndef RVIRT_CONSTANTS_QEMU_H
#define RVIRT_CONSTANTS_QEMU_H

enum rvirt_domain_qemu_monitor_command_flags {
	RVIRT_DOMAIN_QEMU_MONITOR_COMMAND_DEFAULT = 0,
	RVIRT_DOMAIN_QEMU_MONITOR_COMMAND_HMP = 1,
};

enum rvirt_domain_qemu_agent_command_timeout {
	RVIRT_DOMAIN_QEMU_AGENT_COMMAND_MIN = -2,
	RVIRT_DOMAIN_QEMU_AGENT_COMMAND_BLOCK = -2,
	RVIRT_DOMAIN_QEMU_AGENT_COMMAND_DEFAULT = -1,
	RVIRT_DOMAIN_QEMU_AGENT_COMMAND_NOWAIT = 0,
	RVIRT_DOMAIN_QEMU_AGENT_COMMAND_SHUTDOWN = 60,
};

enum rvirt_connect_domain_qemu_monitor_event_register_flags {
	RVIRT_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_REGEX = 1,
	RVIRT_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_NOCASE = 2,
};

#endif
