/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Channels between hosts and guests: which of them somebody in the guest has opened, and the
 * connection to the agent, which is there as long as its channel is open.
 */
#include "config.h"
#include "drivers/qemu/guest.h"

#include "base/log.h"
#include "drivers/qemu/alias.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/event.h"

#include <string.h>

static bool is_virtio_channel(const struct node *n)
{
	return n && is_called(n, "channel") && child_is(n, "target", "type", "virtio");
}

/* Whether it is the agent's, at an end that can be connected to. */
static bool is_agent(const struct node *n)
{
	return is_virtio_channel(n) && child_is(n, "target", "name", "org.qemu.guest_agent.0") &&
		   is(n, "type", "unix");
}

static struct node *find_agent(const struct domain_def *def)
{
	NODE_EACH(n, node_child(def->root, "devices"), "channel")
	{
		if (is_agent(n))
			return n;
	}
	return NULL;
}

int guest_check(const struct vm *vm)
{
	if (vm->d.state != RVIRT_DOMAIN_RUNNING)
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID, "domain is not running");
	if (vm->agent_broken)
		return error_set(FROM_QEMU, ERR_AGENT_UNRESPONSIVE,
						 "QEMU guest agent is not available due to an error");
	if (vm->agent)
		return 0;
	return find_agent(vm->d.def)
			   ? error_set(FROM_QEMU, ERR_AGENT_UNRESPONSIVE, "QEMU guest agent is not connected")
			   : error_set(FROM_QEMU, ERR_ARGUMENT_UNSUPPORTED,
						   "QEMU guest agent is not configured");
}

/* -- the connection -- */

/* In the thread that reads. A connection that came after this one is another one's end. */
static void closed(void *opaque, const char *why)
{
	struct vm *vm = opaque;

	hub_lock(&vm->qemu->hub);
	log_debug("domain %s: guest agent: %s", vm->d.name, why);
	if (vm->agent && agent_state(vm->agent) != AGENT_OPEN) {
		vm->agent_broken = agent_state(vm->agent) == AGENT_BROKEN;
		agent_close(steal(&vm->agent));
	}
	hub_unlock(&vm->qemu->hub);
}

static const struct qmp_handler handler = {.closed = closed};

/* Waits for nobody. */
static void connect_agent(struct vm *vm, const struct node *n)
{
	const char *path = child_attr(n, "source", "path");
	int fd;

	vm->agent_broken = false;
	if (vm->agent || vm->dying || !path)
		return;
	fd = qmp_connect(path);
	if (fd < 0 || agent_open(vm->qemu->loop, fd, &handler, vm, &vm->agent) < 0) {
		log_warning("domain %s: cannot connect to the guest agent: %s", vm->d.name,
					error_last()->message);
		error_reset();
	}
}

void guest_disconnect(struct vm *vm)
{
	struct agent *agent = steal(&vm->agent);

	vm->agent_broken = false;
	if (!agent)
		return;
	vm_unlocked(vm);
	agent_close(agent);
	vm_locked(vm);
}

void guest_see(struct vm *vm, enum agent_sign sign)
{
	agent_see(vm->agent, sign);
}

/* -- the state -- */

static void tell(struct vm *vm, bool open, int reason)
{
	struct rvirt_wire_domain_event_callback_agent_lifecycle_msg m = {
		.state = open ? RVIRT_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_CONNECTED
					  : RVIRT_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_DISCONNECTED,
		.reason = reason,
	};

	vm_tell(vm, RVIRT_PROC_DOMAIN_EVENT_CALLBACK_AGENT_LIFECYCLE, &m, &m.dom);
}

/* false: it was so before. */
static bool set_state(struct node *n, bool open)
{
	struct node *target = node_child(n, "target");
	const char *state = open ? "connected" : "disconnected";

	if (is(target, "state", state) || node_set(target, "state", state) < 0)
		return false;
	node_show(target, "state", SHOW_LIVE);
	return true;
}

void guest_begin(struct vm *vm)
{
	NODE_EACH(n, node_child(vm->d.def->root, "devices"), "channel")
	{
		if (is_virtio_channel(n) && set_state(n, false) && is_agent(n))
			tell(vm, false, RVIRT_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_DOMAIN_STARTED);
	}
}

/* Whether QEMU's list says that the channel's other end is open. */
static bool is_open(const json_t *list, const char *alias)
{
	const json_t *entry;
	size_t i;

	json_array_foreach(list, i, entry)
	{
		const char *label = qmp_text(entry, "label");

		if (starts(label, "char") && strcmp(label + 4, alias) == 0)
			return qmp_bool(entry, "frontend-open", false);
	}
	return false;
}

int guest_find(struct vm *vm)
{
	CLEANUP_JSON json_t *list = NULL;

	if (node_count(node_child(vm->d.def->root, "devices"), "channel") == 0)
		return 0;
	if (vm_call(vm, "query-chardev", NULL, &list) < 0)
		return -1;
	NODE_EACH(n, node_child(vm->d.def->root, "devices"), "channel")
	{
		bool open = is_open(list, qemu_alias(n));

		if (!is_virtio_channel(n))
			continue;
		if (set_state(n, open) && is_agent(n))
			tell(vm, open, RVIRT_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_CHANNEL);
		if (open && is_agent(n))
			connect_agent(vm, n);
	}
	return vm_check_active(vm);
}

void event_port(struct vm *vm, const json_t *data)
{
	const char *alias = qmp_text(data, "id");
	struct node *n = alias ? qemu_alias_find(vm->d.def, alias) : NULL;
	bool open = qmp_bool(data, "open", false);

	if (!is_virtio_channel(n))
		return;
	if (set_state(n, open))
		vm_save_status(vm);
	if (!is_agent(n))
		return;
	if (open)
		connect_agent(vm, n);
	else
		agent_close(steal(&vm->agent));
	vm->agent_broken = false;
	tell(vm, open, RVIRT_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_REASON_CHANNEL);
}
