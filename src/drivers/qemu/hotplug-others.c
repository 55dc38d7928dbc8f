/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Devices that come with something of the host that they stand on: the other end of a channel or
 * serial port, memory. What QEMU reads of a character device in a command is JSON, not so on its
 * command line.
 */
#include "config.h"
#include "drivers/qemu/hotplug-impl.h"

#include "drivers/qemu/alias.h"
#include "drivers/qemu/command.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/prepare.h"
#include "drivers/qemu/setup.h"

#include <stdlib.h>

/* -- the host's end of a character device -- */

static json_t *inet(const char *host, const char *port)
{
	return json_pack("{s:s, s:{s:s, s:s}}", "type", "inet", "data", "host", host ? host : "",
					 "port", port ? port : "0");
}

static json_t *socket_data(const struct node *n, const struct node *source, json_t *address)
{
	const struct node *reconnect = node_child(source, "reconnect");
	bool server = !is(source, "mode", "connect");
	json_t *data = json_pack("{s:o, s:b}", "addr", address, "server", server);

	if (server)
		json_object_set_new(data, "wait", json_false());
	else if (is(reconnect, "enabled", "yes"))
		json_object_set_new(data, "reconnect",
							json_integer(node_attr_num(reconnect, "timeout", 0)));
	if (child_is(n, "protocol", "type", "telnet"))
		json_object_set_new(data, "telnet", json_true());
	return data;
}

static json_t *udp_data(const struct node *n)
{
	const struct node *to = NULL, *from = NULL;

	NODE_EACH(source, n, "source")
	{
		if (is(source, "mode", "bind"))
			from = source;
		else
			to = source;
	}
	return json_pack(
		"{s:o, s:o}", "remote",
		inet(node_attr(to, "host") ? node_attr(to, "host") : "127.0.0.1", node_attr(to, "service")),
		"local", inet(node_attr(from, "host"), node_attr(from, "service")));
}

/* What the part of a SPICE client is called that speaks here. */
static const char *spice_part(const struct node *n)
{
	const char *name = child_attr(n, "target", "name");

	return is_called(n, "redirdev") || text_is(name, "com.redhat.spice.0")
			   ? is_called(n, "redirdev") ? "usbredir" : "vdagent"
			   : name;
}

/* The type by QEMU's name, and its data; NULL if it can't come to a running machine. */
static json_t *backend_data(const struct node *n, const char **ret_type)
{
	const struct node *source = node_child(n, "source");
	const char *type = node_attr(n, "type"), *path = node_attr(source, "path");

	*ret_type = type;
	if (text_is(type, "pty") || text_is(type, "null"))
		return json_object();
	if (text_is(type, "unix") || text_is(type, "tcp")) {
		*ret_type = "socket";
		return socket_data(n, source,
						   text_is(type, "unix")
							   ? json_pack("{s:s, s:{s:s}}", "type", "unix", "data", "path", path)
							   : inet(node_attr(source, "host"), node_attr(source, "service")));
	}
	if (text_is(type, "udp"))
		return udp_data(n);
	if (text_is(type, "file"))
		return json_pack("{s:s, s:b}", "out", path, "append", is(source, "append", "on"));
	if (text_is(type, "dev"))
		*ret_type = "serial";
	if (text_is(type, "dev") || text_is(type, "pipe"))
		return json_pack("{s:s}", "device", path);
	if (text_is(type, "spicevmc"))
		return json_pack("{s:s*}", "type", spice_part(n));
	if (text_is(type, "spiceport"))
		return json_pack("{s:s*}", "fqdn", node_attr(source, "channel"));
	return NULL;
}

/* Arguments of chardev-add; NULL with the error set. */
static json_t *chardev_json(const struct node *n)
{
	const struct node *log = node_child(n, "log");
	const char *type;
	CLEANUP_FREE char *id = NULL;
	json_t *data = backend_data(n, &type), *args;

	if (!data) {
		error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
				  "live attach of a character device of type '%s' is not supported",
				  node_attr(n, "type"));
		return NULL;
	}
	if (log) {
		json_object_set_new(data, "logfile", json_string(node_attr(log, "file")));
		json_object_set_new(data, "logappend", json_boolean(is(log, "append", "on")));
	}
	if (asprintf(&id, "char%s", qemu_alias(n)) < 0)
		id = NULL;
	args = json_pack("{s:s, s:{s:s, s:o}}", "id", id, "backend", "type", type, "data", data);
	if (!args)
		error_oom();
	return args;
}

int plug_chardev(struct plugging *p)
{
	CLEANUP_JSON json_t *answer = NULL;
	const char *model = child_attr(node_child(p->n, "target"), "model", "name");

	if (is_called(p->n, "serial") && !text_is(model, "usb-serial") && !text_is(model, "pci-serial"))
		return error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
						 "a serial port of model '%s' can't be hot plugged", model ? model : "");
	if (qemu_prepare_chardev(p->n, p->vm->dir) == 0 &&
		plug_step(p, PLUG_CHARDEV, chardev_json(p->n), &answer) == 0 &&
		(!qmp_text(answer, "pty") || setup_terminal(p->n, qmp_text(answer, "pty")) == 0) &&
		plug_device(p) == 0)
		return 0;
	plug_undo(p);
	return -1;
}

/* -- memory -- */

int hotplug_count_memory(struct domain_def *def, const struct node *memory, bool more)
{
	unsigned long long size = (unsigned long long)node_num(node_child(memory, "target/size"), 0);
	unsigned long long current = def->current_memory, all = def->memory;

	if (domain_def_set_memory(def, more ? all + size : all - size) < 0)
		return -1;
	return domain_def_set_current_memory(def, more ? current + size : current - size);
}

int plug_memory(struct plugging *p)
{
	if (!is(p->n, "model", "dimm"))
		return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
						 "live attach of memory of model '%s' is not supported",
						 node_attr(p->n, "model"));
	if (plug_step(p, PLUG_OBJECT, qemu_memory_json(p->def, p->vm->caps, p->n), NULL) == 0 &&
		plug_device(p) == 0)
		return 0;
	plug_undo(p);
	return -1;
}

/* -- a watchdog -- */

int plug_watchdog(struct plugging *p)
{
	const char *action = node_attr(p->n, "action");

	if (!is(p->n, "model", "i6300esb"))
		return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
						 "hotplug of watchdog of model %s is not supported",
						 node_attr(p->n, "model"));
	if (vm_call(p->vm, "watchdog-set-action",
				json_pack("{s:s}", "action", text_is(action, "dump") ? "pause" : action), NULL) < 0)
		return -1;
	return plug_device(p);
}
