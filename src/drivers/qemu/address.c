/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Addresses on buses that only count: ports of virtio-serial controllers, slots for memory.
 */
#include "config.h"

#include "drivers/qemu/define-impl.h"

/* Ports that a controller has where it does not say. */
enum { SERIAL_PORTS = 31 };

static bool port_is_taken(const struct defining *d, long long controller, long long port)
{
	static const char *const elements[] = {"channel", "console"};

	for (size_t i = 0; i < 2; i++) {
		NODE_EACH(n, d->devices, elements[i])
		{
			const struct node *a = node_child(n, "address");

			if (is(a, "type", "virtio-serial") && node_attr_num(a, "controller", 0) == controller &&
				node_attr_num(a, "port", 0) == port)
				return true;
		}
	}
	return false;
}

/* The lowest free port of a controller from 1 on, or -1. */
static long long free_port(const struct defining *d, const struct node *controller)
{
	long long index = node_attr_num(controller, "index", 0);
	long long ports = node_attr_num(controller, "ports", SERIAL_PORTS);

	for (long long port = 1; port < ports; port++)
		if (!port_is_taken(d, index, port))
			return port;
	return -1;
}

static int set_port(struct node *n, long long controller, long long port)
{
	struct node *a = node_need(n, "address");

	if (!a || node_set(a, "type", "virtio-serial") < 0 ||
		node_setf(a, "controller", "%lld", controller) < 0)
		return -1;
	if (!node_attr(a, "bus") && node_set(a, "bus", "0") < 0)
		return -1;
	return node_setf(a, "port", "%lld", port);
}

/* On the first controller with a free port, by number; a new one if there is none. */
static int allot_port(struct defining *d, struct node *n)
{
	struct node *controller;
	long long port, index = 0;

	for (; (controller = qemu_controller(d->devices, "virtio-serial", index)); index++)
		if ((port = free_port(d, controller)) >= 0)
			return set_port(n, index, port);
	controller = node_add(d->devices, "controller");
	if (!controller || node_set(controller, "type", "virtio-serial") < 0 ||
		node_setf(controller, "index", "%lld", index) < 0)
		return -1;
	return set_port(n, index, 1);
}

static int allot_ports(struct defining *d)
{
	NODE_EACH(n, d->devices, "channel")
	{
		const struct node *a = node_child(n, "address");
		long long index = node_attr_num(a, "controller", 0), port;

		if (!child_is(n, "target", "type", "virtio"))
			continue;
		if (!a) {
			if (allot_port(d, n) < 0)
				return -1;
		} else if (is(a, "type", "virtio-serial") && node_attr_num(a, "port", 0) == 0) {
			port = free_port(d, qemu_controller(d->devices, "virtio-serial", index));
			if (port < 0)
				return refuse("virtio-serial controller %lld has no free port", index);
			if (set_port(n, index, port) < 0)
				return -1;
		}
	}
	return 0;
}

static bool slot_is_taken(const struct defining *d, long long slot)
{
	NODE_EACH(n, d->devices, "memory")
	{
		if (has_address(n, "dimm") && node_attr_num(node_child(n, "address"), "slot", -1) == slot)
			return true;
	}
	return false;
}

static int allot_memory_slots(struct defining *d)
{
	long long slots = node_attr_num(node_child(d->root, "maxMemory"), "slots", 0);

	NODE_EACH(n, d->devices, "memory")
	{
		struct node *a;
		long long slot = 0;

		if ((!is(n, "model", "dimm") && !is(n, "model", "nvdimm")) || node_child(n, "address"))
			continue;
		while (slot_is_taken(d, slot))
			slot++;
		if (slot >= slots)
			return refuse("no free memory device slot available");
		a = node_add(n, "address");
		if (!a || node_set(a, "type", "dimm") < 0 || node_setf(a, "slot", "%lld", slot) < 0)
			return -1;
	}
	return 0;
}

int address_allot(struct defining *d)
{
	if (allot_ports(d) < 0 || address_allot_pci(d) < 0 || address_allot_usb(d) < 0)
		return -1;
	return allot_memory_slots(d);
}
