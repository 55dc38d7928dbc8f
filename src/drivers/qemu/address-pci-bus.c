/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * PCI buses: what can be plugged where, what is taken, where the next one goes. The rules are
 * libvirt's, so that a domain has the same addresses under both.
 */
#include "config.h"

#include "drivers/qemu/address-pci.h"

static const struct {
	const char *model;
	unsigned kinds, first, last;
} models[] = {
	{"pci-root", PCI_DEVICE | PCI_BRIDGE | PCI_AUTO, 1, 31},
	{"pci-bridge", PCI_DEVICE | PCI_BRIDGE | PCI_AUTO, 1, 31},
	{"pcie-root", PCIE_DEVICE | PCIE_ROOT_PORT | DMI_BRIDGE, 1, 31},
	{"pcie-root-port", PCIE_DEVICE | PCIE_UPSTREAM | PCIE_BRIDGE | PCI_AUTO, 0, 0},
	{"pcie-switch-upstream-port", PCIE_DOWNSTREAM, 0, 31},
	{"pcie-switch-downstream-port", PCIE_DEVICE | PCIE_UPSTREAM | PCIE_BRIDGE | PCI_AUTO, 0, 0},
	{"dmi-to-pci-bridge", PCI_DEVICE | PCI_BRIDGE, 0, 31},
	{"pcie-to-pci-bridge", PCI_DEVICE | PCI_BRIDGE | PCI_AUTO, 1, 31},
};

int pci_bus_set_model(struct pci_bus *bus, const char *model)
{
	for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
		if (!text_is(model, models[i].model))
			continue;
		bus->model = models[i].model;
		bus->kinds = models[i].kinds;
		bus->first = models[i].first;
		bus->last = models[i].last;
		return 0;
	}
	return refuse("controller type='pci' model='%s' is not supported", model ? model : "(none)");
}

bool pci_slot_is_free(const struct pci_buses *b, unsigned bus, unsigned slot)
{
	return b->bus[bus].slot[slot].functions == 0;
}

bool pci_is_wanted(const struct node *n)
{
	const struct node *a = node_child(n, "address");

	return !a || (is(a, "type", "pci") && !node_attr(a, "slot"));
}

int pci_set_address(struct node *n, const struct pci_place *at)
{
	struct node *a = node_need(n, "address");

	if (!a || node_set(a, "type", "pci") < 0 || node_set(a, "domain", "0x0000") < 0 ||
		node_setf(a, "bus", "0x%02x", at->bus) < 0 || node_setf(a, "slot", "0x%02x", at->slot) < 0)
		return -1;
	return node_setf(a, "function", "0x%x", at->function);
}

static int add_bus(struct pci_buses *b, const char *model)
{
	if (b->count >= PCI_BUSES)
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "No more available PCI slots");
	return pci_bus_set_model(&b->bus[b->count++], model);
}

static bool any_bus_takes(const struct pci_buses *b, unsigned kind)
{
	for (unsigned i = 0; i < b->count; i++)
		if (b->bus[i].kinds & kind)
			return true;
	return false;
}

/* Adds what a device of that kind can be plugged into. */
static int grow(struct pci_buses *b, unsigned kind)
{
	bool express = text_is(b->bus[0].model, "pcie-root");

	if (!express && (kind & (PCI_DEVICE | PCI_BRIDGE)))
		return add_bus(b, "pci-bridge");
	if (express && (kind & (PCIE_DEVICE | PCIE_UPSTREAM | PCIE_BRIDGE)))
		return add_bus(b, "pcie-root-port");
	if (express && (kind & (PCI_DEVICE | PCI_BRIDGE))) {
		if (any_bus_takes(b, PCI_BRIDGE))
			return add_bus(b, "pci-bridge");
		return add_bus(b, "pcie-root-port") < 0 ? -1 : add_bus(b, "pcie-to-pci-bridge");
	}
	return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "No more available PCI slots");
}

int pci_take(struct pci_buses *b, const struct pci_place *at, unsigned kind)
{
	struct pci_bus *bus = &b->bus[at->bus < PCI_BUSES ? at->bus : 0];

	if (at->bus >= PCI_BUSES || at->slot >= PCI_SLOTS || at->function >= PCI_FUNCTIONS)
		return error_set(FROM_QEMU, ERR_XML_ERROR, "Invalid PCI address 0000:%02x:%02x.%x", at->bus,
						 at->slot, at->function);
	while (b->trial && at->bus >= b->count)
		if (grow(b, kind) < 0)
			return -1;
	if (at->bus >= b->count)
		return error_set(
			FROM_QEMU, ERR_XML_ERROR,
			"Invalid PCI address 0000:%02x:%02x.%x. Only PCI buses up to %u are available", at->bus,
			at->slot, at->function, b->count - 1);
	if (at->slot < bus->first || at->slot > bus->last)
		return error_set(FROM_QEMU, ERR_XML_ERROR,
						 "Invalid PCI address 0000:%02x:%02x.%x. slot must be >= %u and <= %u",
						 at->bus, at->slot, at->function, bus->first, bus->last);
	if (bus->slot[at->slot].functions & 1u << at->function)
		return error_set(FROM_QEMU, ERR_XML_ERROR,
						 "Attempted double use of PCI Address 0000:%02x:%02x.%x", at->bus, at->slot,
						 at->function);
	if (!bus->slot[at->slot].functions)
		bus->slot[at->slot].shared = kind & PCI_SHARED;
	bus->slot[at->slot].functions |= (unsigned char)(1u << at->function);
	return 0;
}

/* A free function of a bus for the kind; false if there is none. */
static bool find_on_bus(const struct pci_bus *bus, unsigned kind, unsigned function,
						struct pci_place *at)
{
	for (at->slot = bus->first; at->slot <= bus->last; at->slot++) {
		unsigned taken = bus->slot[at->slot].functions;

		at->function = function;
		if (!taken)
			return true;
		if (!(kind & PCI_SHARED) || !bus->slot[at->slot].shared)
			continue;
		for (at->function = 0; at->function < PCI_FUNCTIONS; at->function++)
			if (!(taken & 1u << at->function))
				return true;
	}
	return false;
}

static bool find(const struct pci_buses *b, unsigned kind, unsigned function, struct pci_place *at)
{
	for (at->bus = 0; at->bus < b->count; at->bus++) {
		const struct pci_bus *bus = &b->bus[at->bus];

		if ((bus->kinds & kind & PCI_KINDS) && (!(kind & PCI_AUTO) || (bus->kinds & PCI_AUTO)) &&
			find_on_bus(bus, kind, function, at))
			return true;
	}
	return false;
}

int pci_take_next(struct pci_buses *b, struct node *n, unsigned kind, unsigned function)
{
	struct pci_place at;

	if (!find(b, kind, function, &at)) {
		if (!b->trial)
			return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "No more available PCI slots");
		if (grow(b, kind) < 0)
			return -1;
		if (!find(b, kind, function, &at))
			return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "No more available PCI slots");
	}
	if (pci_take(b, &at, kind) < 0)
		return -1;
	return b->trial || !n ? 0 : pci_set_address(n, &at);
}

static int set_models(struct pci_buses *b, const struct defining *d)
{
	const char *rest = d->board == BOARD_Q35 ? "pcie-root-port" : "pci-bridge";

	NODE_EACH(n, d->devices, "controller")
	{
		long long index = node_attr_num(n, "index", 0);

		if (!is(n, "type", "pci"))
			continue;
		if (index < 0 || index >= PCI_BUSES)
			return refuse("controller type='pci' index='%lld' is not supported: at most %d buses",
						  index, PCI_BUSES);
		if (pci_bus_set_model(&b->bus[index], node_attr(n, "model")) < 0)
			return -1;
		if (b->count <= (unsigned)index)
			b->count = (unsigned)index + 1;
	}
	for (unsigned i = 1; i < b->count; i++)
		if (!b->bus[i].model && pci_bus_set_model(&b->bus[i], rest) < 0)
			return -1;
	return 0;
}

/* What the board has: its place is taken when the board is looked at. */
static bool is_on_board(const struct defining *d, const struct node *n)
{
	if (d->board != BOARD_I440FX || !is_called(n, "controller") ||
		node_attr_num(n, "index", 0) != 0)
		return false;
	return is(n, "type", "ide") || (is(n, "type", "usb") && is(n, "model", "piix3-uhci"));
}

int pci_buses_collect(struct pci_buses *b, const struct defining *d)
{
	if (set_models(b, d) < 0)
		return -1;
	for (const struct node *n = d->devices->children; n; n = n->next) {
		const struct node *a = node_child(n, "address");
		struct pci_place at = {.bus = (unsigned)node_attr_num(a, "bus", 0),
							   .slot = (unsigned)node_attr_num(a, "slot", 0),
							   .function = (unsigned)node_attr_num(a, "function", 0)};

		if (!is(a, "type", "pci") || pci_is_wanted(n) || is_on_board(d, n))
			continue;
		if (node_attr_num(a, "domain", 0) != 0)
			return error_set(FROM_QEMU, ERR_XML_ERROR,
							 "Invalid PCI address: only PCI domain 0 is available");
		if (pci_take(b, &at, pci_kind_of(d, n)) < 0)
			return -1;
	}
	return 0;
}
