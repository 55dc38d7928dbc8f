/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules of character devices, and of others that have the source of one.
 */
#include "config.h"

#include <string.h>

#include "conf/domain-rules.h"

int rule_database(struct conf *c, struct node *n)
{
	(void)c;
	return n->text && *n->text != '/' ? refuse_xml("expecting absolute path: %s", n->text) : 0;
}

int rule_smartcard(struct conf *c, struct node *n)
{
	(void)c;
	if (is(n, "mode", "host-certificates") && node_count(n, "certificate") != 3)
		return refuse_xml("host-certificates mode needs exactly three certificates");
	node_remove_all(node_child(n, "source"), "seclabel");
	return 0;
}

/* Two sources at most: where to listen comes first. */
static int udp_sources(struct node *n)
{
	struct node *first = node_child(n, "source"), *second = first ? node_next(first) : NULL;

	if (!is(n, "type", "udp"))
		return 0;
	if (second && node_next(second))
		return refuse_xml("only two source elements are allowed for character device");
	for (struct node *s = first; s; s = node_next(s)) {
		if (!node_attr(s, "host") && !node_attr(s, "service"))
			s->show |= SHOW_NEVER;
	}
	if (second && is(first, "mode", node_attr(second, "mode"))) {
		node_remove(first->show & SHOW_NEVER ? first : second);
	} else if (second && is(first, "mode", "connect")) {
		node_unlink(first);
		node_insert(n, first, NULL);
	}
	return 0;
}

int rule_chardev(struct conf *c, struct node *n)
{
	const struct node *target = node_child(n, "target");

	(void)c;
	if (udp_sources(n) < 0)
		return -1;
	if (is(n, "type", "spicevmc") &&
		!(strcmp(node_name(n), "channel") == 0 && is(target, "type", "virtio")))
		return refuse_config("spicevmc device type only supports virtio");
	return 0;
}

int rule_serial(struct conf *c, struct node *n)
{
	const struct node *address = node_child(n, "address");

	if (rule_chardev(c, n) < 0)
		return -1;
	if (is(node_child(n, "target"), "type", "usb-serial") && node_attr(address, "type") &&
		!is(address, "type", "usb"))
		return refuse_config("usb-serial requires address of usb type");
	return 0;
}

int rule_redirdev(struct conf *c, struct node *n)
{
	const struct node *address = node_child(n, "address");
	struct node *source = node_child(n, "source");

	(void)c;
	if (udp_sources(n) < 0)
		return -1;
	node_remove_all(source, "seclabel");
	if (is(n, "type", "dbus") && !node_attr(source, "channel")) {
		source = node_need(n, "source");
		if (!source || node_set(source, "channel", "org.qemu.usbredir") < 0)
			return -1;
	}
	if (node_attr(address, "type") && !is(address, "type", "usb"))
		return refuse_xml("Invalid address for a USB device");
	return 0;
}

int rule_rng(struct conf *c, struct node *n)
{
	struct node *backend = node_child(n, "backend");

	(void)c;
	node_remove_all(node_child(backend, "source"), "seclabel");
	return udp_sources(backend);
}
