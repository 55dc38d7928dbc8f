/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The first console and the first serial port, which are one device of two names.
 */
#include "config.h"

#include <string.h>

#include "conf/domain-rules.h"

/* The first console of a full virtual machine is the first serial port, seen from outside: it is
 * written as that port is. */
static int alias_console(struct node *console, const struct node *serial)
{
	struct node *next, *copy;

	for (struct node *n = console->children; n; n = next) {
		next = n->next;
		if (strcmp(node_name(n), "target") != 0)
			node_remove(n);
	}
	for (const struct node *n = serial->children; n; n = n->next) {
		if (strcmp(node_name(n), "target") == 0)
			continue;
		if (!(copy = node_copy(n)))
			return -1;
		node_insert(console, copy, NULL);
	}
	if (node_set(console, "type", node_attr(serial, "type")) < 0)
		return -1;
	return node_set(node_child(console, "target"), "port",
					node_attr(node_child(serial, "target"), "port"));
}

static struct node *new_console(struct node *devices)
{
	struct node *n = node_add(devices, "console"), *target = n ? node_need(n, "target") : NULL;
	struct node *first = node_child(devices, "console");

	if (!target || node_set(target, "type", "serial") < 0)
		return NULL;
	if (first != n) {
		node_unlink(n);
		node_insert(devices, n, first);
	}
	return n;
}

static struct node *serial_of(struct node *devices, const struct node *console)
{
	struct node *n = node_add(devices, "serial"), *target;

	if (!n || node_set(n, "type", node_attr(console, "type")) < 0)
		return NULL;
	for (const struct node *s = console->children; s; s = s->next) {
		struct node *copy;

		if (strcmp(node_name(s), "target") == 0)
			continue;
		if (!(copy = node_copy(s)))
			return NULL;
		node_insert(n, copy, NULL);
	}
	target = node_need(n, "target");
	return target && node_set(target, "port", "0") == 0 ? n : NULL;
}

static bool has_console(const struct node *serial)
{
	const char *type = node_attr(node_child(serial, "target"), "type");

	return !type || (strcmp(type, "usb-serial") != 0 && strcmp(type, "pci-serial") != 0 &&
					 strcmp(type, "isa-debug") != 0);
}

int domain_complete_console(struct conf *c, struct node *devices)
{
	struct node *console = node_child(devices, "console"), *serial = node_child(devices, "serial");
	bool is_serial = is(node_child(console, "target"), "type", "serial");

	for (const struct node *n = console ? node_next(console) : NULL; n; n = node_next(n)) {
		if (is(node_child(n, "target"), "type", "serial"))
			return refuse_config("Only the first console can be a serial port");
	}
	if (!domain_os_is(c, "hvm"))
		return 0;
	if (is_serial && !serial && !(serial = serial_of(devices, console)))
		return -1;
	if (!is_serial && (!serial || !has_console(serial)))
		return 0;
	if (!is_serial && !(console = new_console(devices)))
		return -1;
	return alias_console(console, serial);
}
