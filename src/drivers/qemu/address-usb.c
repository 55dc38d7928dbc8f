/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Ports of USB controllers and hubs. A domain with more USB devices than ports gets hubs.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "drivers/qemu/define-impl.h"

enum { HUB_PORTS = 8, PORTS_MAX = 31, TIERS_MAX = 4, PLACES = 1024 };

/* Where a device can be plugged in. */
struct place {
	unsigned bus;
	char port[16]; /* "1", "1.4" */
	bool taken;
};

struct places {
	size_t count;
	struct place list[PLACES];
};

static bool on_usb(const struct node *n)
{
	if (is_called(n, "disk"))
		return child_is(n, "target", "bus", "usb");
	if (is_called(n, "input"))
		return is(n, "bus", "usb");
	if (is_called(n, "controller"))
		return is(n, "type", "ccid");
	if (is_called(n, "hostdev"))
		return is(n, "type", "usb");
	if (is_called(n, "redirdev"))
		return is(n, "bus", "usb");
	if (is_called(n, "serial"))
		return child_is(n, "target", "type", "usb-serial");
	if (is_called(n, "sound"))
		return is(n, "model", "usb");
	if (is_called(n, "interface"))
		return child_is(n, "model", "type", "usb-net");
	return is_called(n, "hub");
}

/* A companion has its ports counted with the controller that it belongs to. */
static unsigned ports_of(const struct node *n)
{
	static const struct {
		const char *model;
		unsigned ports;
	} models[] = {{"piix3-uhci", 2}, {"piix4-uhci", 2}, {"ehci", 6},      {"ich9-ehci1", 6},
				  {"pci-ohci", 3},   {"nec-xhci", 4},   {"qemu-xhci", 4}, {"vt82c686b-uhci", 2},
				  {"ich9-uhci1", 2}, {"ich9-uhci2", 2}, {"ich9-uhci3", 2}};
	long long ports = node_attr_num(n, "ports", 0);

	if (node_child(n, "master"))
		return 0;
	if (ports > 0)
		return ports < PORTS_MAX ? (unsigned)ports : PORTS_MAX;
	for (size_t i = 0; i < sizeof models / sizeof models[0]; i++)
		if (is(n, "model", models[i].model))
			return models[i].ports;
	return 0;
}

static int add_place(struct places *p, unsigned bus, const char *prefix, unsigned port)
{
	struct place *at = &p->list[p->count];

	if (p->count >= PLACES)
		return refuse("more than %d USB ports are not supported", PLACES);
	at->bus = bus;
	at->taken = false;
	if (snprintf(at->port, sizeof at->port, "%s%s%u", prefix, *prefix ? "." : "", port) >=
		(int)sizeof at->port)
		return refuse("USB port '%s.%u' is too deep", prefix, port);
	p->count++;
	return 0;
}

static struct place *find_place(struct places *p, unsigned bus, const char *port)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->list[i].bus == bus && strcmp(p->list[i].port, port) == 0)
			return &p->list[i];
	return NULL;
}

static int add_hub(struct places *p, const struct place *at)
{
	unsigned bus = at->bus;
	char port[sizeof at->port];

	memcpy(port, at->port, sizeof port);
	for (unsigned i = 1; i <= HUB_PORTS; i++)
		if (add_place(p, bus, port, i) < 0)
			return -1;
	return 0;
}

/* A port that is named must be there, and be free. */
static int take_named(struct places *p, const struct node *n)
{
	const struct node *a = node_child(n, "address");
	const char *port = node_attr(a, "port");
	unsigned bus = (unsigned)node_attr_num(a, "bus", 0);
	struct place *at = port ? find_place(p, bus, port) : NULL;

	if (!at)
		return error_set(FROM_QEMU, ERR_XML_ERROR,
						 "Requested USB port '%s' not present on USB bus %u", port ? port : "",
						 bus);
	if (at->taken)
		return error_set(FROM_QEMU, ERR_XML_ERROR, "Duplicate USB address bus %u port %s", bus,
						 port);
	at->taken = true;
	return is_called(n, "hub") ? add_hub(p, at) : 0;
}

static bool is_named(const struct node *n)
{
	return has_address(n, "usb") && child_attr(n, "address", "port");
}

static int set_address(struct node *n, const struct place *at)
{
	struct node *a = node_need(n, "address");

	if (!a || node_set(a, "type", "usb") < 0 || node_setf(a, "bus", "%u", at->bus) < 0)
		return -1;
	return node_set(a, "port", at->port);
}

static int take_free(struct places *p, struct node *n)
{
	const struct node *a = node_child(n, "address");
	long long bus = node_attr_num(a, "bus", -1);

	for (size_t i = 0; i < p->count; i++) {
		struct place *at = &p->list[i];

		if (at->taken || (bus >= 0 && at->bus != (unsigned)bus))
			continue;
		at->taken = true;
		if (set_address(n, at) < 0)
			return -1;
		return is_called(n, "hub") ? add_hub(p, at) : 0;
	}
	return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "No free USB ports");
}

/* Hubs that are missing for all to have a port. */
static int add_hubs(struct places *p, struct defining *d)
{
	size_t need = 0, have = 0;

	for (const struct node *n = d->devices->children; n; n = n->next)
		need += on_usb(n) && !is_named(n);
	for (size_t i = 0; i < p->count; i++)
		have += !p->list[i].taken;
	/* a hub takes a port and gives eight */
	for (; need > have && have > 0; have += HUB_PORTS - 1) {
		struct node *hub = node_add(d->devices, "hub");

		if (!hub || node_set(hub, "type", "usb") < 0 || take_free(p, hub) < 0)
			return -1;
	}
	return 0;
}

static int take_all(struct places *p, struct defining *d, const char *element, bool named)
{
	NODE_EACH(n, d->devices, element)
	{
		if (!on_usb(n) || is_named(n) != named)
			continue;
		if (named ? take_named(p, n) < 0 : take_free(p, n) < 0)
			return -1;
	}
	return 0;
}

int address_allot_usb(struct defining *d)
{
	static const char *const elements[] = {"hub",   "hostdev", "disk",  "controller", "interface",
										   "input", "serial",  "sound", "redirdev"};
	CLEANUP_FREE struct places *p = calloc(1, sizeof *p);
	size_t count = sizeof elements / sizeof elements[0];

	if (!p)
		return error_oom();
	NODE_EACH(n, d->devices, "controller")
	{
		unsigned ports = is(n, "type", "usb") ? ports_of(n) : 0;

		for (unsigned i = 1; i <= ports; i++)
			if (add_place(p, (unsigned)node_attr_num(n, "index", 0), "", i) < 0)
				return -1;
	}
	for (size_t i = 0; i < count; i++)
		if (take_all(p, d, elements[i], true) < 0)
			return -1;
	if (take_all(p, d, "hub", false) < 0 || add_hubs(p, d) < 0)
		return -1;
	for (size_t i = 1; i < count; i++)
		if (take_all(p, d, elements[i], false) < 0)
			return -1;
	return 0;
}
