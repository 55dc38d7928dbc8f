/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * No call is made for what the definition does not have: each is a round trip before the guest's
 * first byte.
 */
#include "config.h"
#include "drivers/qemu/setup.h"

#include "drivers/qemu/alias.h"
#include "drivers/qemu/command.h"
#include "drivers/qemu/cpu.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/guest.h"
#include "drivers/qemu/perf.h"
#include "drivers/qemu/tune.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* -- terminals -- */

static bool is_terminal(const struct node *n)
{
	bool character = is_called(n, "serial") || is_called(n, "console") || is_called(n, "channel") ||
					 is_called(n, "parallel");

	return character && is(n, "type", "pty");
}

static bool has_terminals(const struct domain_def *def)
{
	for (const struct node *n = node_child(def->root, "devices")->children; n; n = n->next)
		if (is_terminal(n))
			return true;
	return false;
}

/* The path of the terminal of that device among what QEMU lists, or NULL. */
static const char *terminal_of(const json_t *list, const char *alias)
{
	const json_t *entry;
	size_t i;

	json_array_foreach(list, i, entry)
	{
		const char *label = qmp_text(entry, "label"), *file = qmp_text(entry, "filename");

		if (starts(label, "char") && strcmp(label + 4, alias) == 0 && starts(file, "pty:"))
			return file + 4;
	}
	return NULL;
}

int setup_terminal(struct node *n, const char *path)
{
	struct node *source = node_need(n, "source");

	if (!source || node_set(source, "path", path) < 0)
		return -1;
	node_show(source, "path", SHOW_LIVE);
	if (!is_called(n, "console"))
		return 0;
	if (node_set(n, "tty", path) < 0)
		return -1;
	node_show(n, "tty", SHOW_LIVE);
	return 0;
}

static int find_terminals(struct vm *vm)
{
	CLEANUP_JSON json_t *list = NULL;

	if (!has_terminals(vm->d.def))
		return 0;
	if (vm_call(vm, "query-chardev", NULL, &list) < 0)
		return -1;
	for (struct node *n = node_child(vm->d.def->root, "devices")->children; n; n = n->next) {
		const char *path = is_terminal(n) ? terminal_of(list, qemu_alias(n)) : NULL;

		if (path && setup_terminal(n, path) < 0)
			return -1;
	}
	return 0;
}

/* -- secrets, which stand in no command line -- */

static int set_password(struct vm *vm, const char *protocol, const char *password,
						const char *connected)
{
	json_t *args = json_pack("{s:s, s:s}", "protocol", protocol, "password", password);

	if (args && connected)
		json_object_set_new(args, "connected", json_string(connected));
	return args ? vm_call(vm, "set_password", args, NULL) : error_oom();
}

/* until: a time as documents have it, in UTC; NULL: for ever. */
static int set_expiry(struct vm *vm, const char *protocol, const char *until)
{
	struct tm tm = {0};
	char text[32] = "never";
	json_t *args;

	if (until && !strptime(until, "%Y-%m-%dT%H:%M:%S", &tm))
		return error_set(FROM_QEMU, ERR_XML_ERROR, "cannot parse password validity time '%s'",
						 until);
	if (until)
		snprintf(text, sizeof text, "%lld", (long long)timegm(&tm));
	args = json_pack("{s:s, s:s}", "protocol", protocol, "time", text);
	return args ? vm_call(vm, "expire_password", args, NULL) : error_oom();
}

int setup_password(struct vm *vm, const struct node *graphics)
{
	const char *password = node_attr(graphics, "passwd");
	const char *until = node_attr(graphics, "passwdValidTo");
	bool spice = is(graphics, "type", "spice");
	const char *protocol = spice ? "spice" : "vnc";

	if (!password || (!spice && !is(graphics, "type", "vnc")))
		return 0;
	if (set_password(vm, protocol, password, spice ? node_attr(graphics, "connected") : NULL) < 0)
		return -1;
	return set_expiry(vm, protocol, until);
}

static int set_passwords(struct vm *vm)
{
	NODE_EACH(n, node_child(vm->d.def->root, "devices"), "graphics")
	{
		if (setup_password(vm, n) < 0)
			return -1;
	}
	return 0;
}

/* -- limits -- */

static int set_throttles(struct vm *vm)
{
	NODE_EACH(disk, node_child(vm->d.def->root, "devices"), "disk")
	{
		if (node_child(disk, "iotune") && !qemu_disk_is_empty(disk) &&
			vm_call(vm, "block_set_io_throttle", qemu_throttle_json(disk), NULL) < 0)
			return -1;
	}
	return 0;
}

/* Links that are down. */
static int set_links(struct vm *vm)
{
	NODE_EACH(n, node_child(vm->d.def->root, "devices"), "interface")
	{
		json_t *args;

		if (!child_is(n, "link", "state", "down"))
			continue;
		args = json_pack("{s:s, s:b}", "name", qemu_alias(n), "up", 0);
		if (!args)
			return error_oom();
		if (vm_call(vm, "set_link", args, NULL) < 0)
			return -1;
	}
	return 0;
}

/* Memory that the guest gets less of than it could. */
static int set_balloon(struct vm *vm)
{
	const struct domain_def *def = vm->d.def;
	const struct node *balloon = domain_def_device(def, "memballoon", 0);
	json_t *args;

	if (!balloon || is(balloon, "model", "none") || def->current_memory >= def->memory)
		return 0;
	args = json_pack("{s:I}", "value", (json_int_t)def->current_memory * 1024);
	return args ? vm_call(vm, "balloon", args, NULL) : error_oom();
}

/* A guest that is to end instead of starting again is to say so. */
static int set_actions(struct vm *vm)
{
	const char *on_reboot = vm->d.def->on_reboot;

	if (!on_reboot || strcmp(on_reboot, "destroy") != 0)
		return 0;
	return vm_call(vm, "set-action", json_pack("{s:s}", "reboot", "shutdown"), NULL);
}

int setup_guest(struct vm *vm)
{
	guest_begin(vm);
	return qemu_cpu_learn(vm) < 0 || tune_threads(vm) < 0 || perf_start(vm) < 0 ||
				   set_actions(vm) < 0 || find_terminals(vm) < 0 || set_passwords(vm) < 0 ||
				   set_throttles(vm) < 0 || set_links(vm) < 0 || set_balloon(vm) < 0
			   ? -1
			   : 0;
}
