/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which devices are on a PCI bus, and the order in which they get their places. The rules and the
 * order are libvirt's, so that a domain has the same addresses under both.
 */
#include "config.h"

#include <stdlib.h>

#include "drivers/qemu/address-pci.h"

static unsigned controller_kind(const struct node *n, unsigned express, unsigned virtio)
{
	static const struct {
		const char *model;
		unsigned kind;
	} bridges[] = {{"pci-bridge", PCI_BRIDGE},
				   {"pcie-root-port", PCIE_ROOT_PORT | PCI_SHARED},
				   {"pcie-switch-upstream-port", PCIE_UPSTREAM},
				   {"pcie-switch-downstream-port", PCIE_DOWNSTREAM},
				   {"dmi-to-pci-bridge", DMI_BRIDGE},
				   {"pcie-to-pci-bridge", PCIE_BRIDGE}};
	const char *type = node_attr(n, "type"), *model = node_attr(n, "model");
	unsigned plain = PCI_DEVICE | PCI_AUTO;

	if (text_is(type, "pci")) {
		for (size_t i = 0; i < sizeof bridges / sizeof bridges[0]; i++)
			if (text_is(model, bridges[i].model))
				return bridges[i].kind;
		return 0;
	}
	if (text_is(type, "usb")) {
		if (text_is(model, "none"))
			return 0;
		return text_is(model, "qemu-xhci") || text_is(model, "nec-xhci") ? express : plain;
	}
	if (text_is(type, "sata") || text_is(type, "ide"))
		return plain;
	if (text_is(type, "scsi"))
		return text_is(model, "virtio-scsi") || text_is(model, "virtio-non-transitional") ? virtio
																						  : plain;
	if (text_is(type, "virtio-serial"))
		return is_transitional(model) ? plain : virtio;
	return 0;
}

static unsigned video_kind(const struct node *n, unsigned express, unsigned virtio)
{
	const char *type = child_attr(n, "model", "type");

	if (text_is(type, "none") || text_is(type, "ramfb"))
		return 0;
	if (text_is(type, "virtio"))
		return virtio;
	return text_is(type, "bochs") ? express : PCI_DEVICE | PCI_AUTO;
}

static unsigned interface_kind(const struct node *n, unsigned express, unsigned virtio)
{
	const char *model = child_attr(n, "model", "type");

	if (is(n, "type", "hostdev"))
		return express;
	if (text_is(model, "usb-net"))
		return 0;
	if (is_virtio(model))
		return is_transitional(model) ? PCI_DEVICE | PCI_AUTO : virtio;
	return text_is(model, "e1000e") ? express : PCI_DEVICE | PCI_AUTO;
}

unsigned pci_kind_of(const struct defining *d, const struct node *n)
{
	unsigned plain = PCI_DEVICE | PCI_AUTO;
	unsigned express = d->board == BOARD_Q35 ? PCIE_DEVICE | PCI_AUTO : plain, virtio = express;
	const char *model = node_attr(n, "model");

	if (is_transitional(model))
		virtio = plain;
	if (is_called(n, "controller"))
		return controller_kind(n, express, virtio);
	if (is_called(n, "interface"))
		return interface_kind(n, express, virtio);
	if (is_called(n, "video"))
		return video_kind(n, express, virtio);
	if (is_called(n, "disk"))
		return child_is(n, "target", "bus", "virtio") ? virtio : 0;
	if (is_called(n, "sound"))
		return text_is(model, "usb") || text_is(model, "sb16") || text_is(model, "pcspk") ? 0
																						  : plain;
	if (is_called(n, "hostdev"))
		return is(n, "type", "pci") || is(n, "type", "mdev") ? express
			   : is(n, "type", "scsi_host")                  ? virtio
															 : 0;
	if (is_called(n, "memballoon"))
		return text_is(model, "none") ? 0 : virtio;
	if (is_called(n, "watchdog"))
		return text_is(model, "i6300esb") ? plain : 0;
	if (is_called(n, "input"))
		return is(n, "bus", "virtio") ? virtio : 0;
	if (is_called(n, "serial"))
		return child_is(n, "target", "type", "pci-serial") ? plain : 0;
	if (is_called(n, "memory"))
		return starts(model, "virtio-") ? virtio : 0;
	if (is_called(n, "iommu"))
		return text_is(model, "virtio") ? PCIE_DEVICE : 0;
	if (is_called(n, "rng") || is_called(n, "vsock") || is_called(n, "filesystem"))
		return virtio;
	return is_called(n, "shmem") ? plain : 0;
}

/* A device that the board has must be where the board has it. */
static int place_on_board(struct pci_buses *b, struct node *n, const struct pci_place *at,
						  const char *what)
{
	const struct node *a = node_child(n, "address");

	if (pci_is_wanted(n)) {
		if (pci_set_address(n, at) < 0)
			return -1;
	} else if (node_attr_num(a, "bus", 0) != at->bus || node_attr_num(a, "slot", 0) != at->slot ||
			   node_attr_num(a, "function", 0) != at->function) {
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "%s must have PCI address 0:0:%x.%u", what,
						 at->slot, at->function);
	}
	return pci_take(b, at, PCI_DEVICE);
}

/* The first video device goes where QEMU would put it: behind what the board has. */
static int place_video(struct pci_buses *b, const struct defining *d, unsigned slot, unsigned kind)
{
	struct node *video = node_child(d->devices, "video");
	struct pci_place at = {.slot = slot};

	if (!video || !pci_kind_of(d, video) || !pci_is_wanted(video))
		return 0;
	if (!pci_slot_is_free(b, 0, slot))
		return pci_take_next(b, video, pci_kind_of(d, video), 0);
	return pci_take(b, &at, kind) < 0 ? -1 : pci_set_address(video, &at);
}

static int place_i440fx(struct pci_buses *b, const struct defining *d)
{
	struct pci_place bridge = {.slot = 1}, ide = {.slot = 1, .function = 1};
	struct pci_place usb = {.slot = 1, .function = 2}, power = {.slot = 1, .function = 3};

	NODE_EACH(n, d->devices, "controller")
	{
		if (node_attr_num(n, "index", 0) != 0)
			continue;
		if (is(n, "type", "ide") && place_on_board(b, n, &ide, "Primary IDE controller") < 0)
			return -1;
		if (is(n, "type", "usb") && is(n, "model", "piix3-uhci") &&
			place_on_board(b, n, &usb, "PIIX3 USB controller at index 0") < 0)
			return -1;
	}
	if (pci_take(b, &bridge, PCI_DEVICE) < 0 || pci_take(b, &power, PCI_DEVICE) < 0)
		return -1;
	return place_video(b, d, 2, PCI_DEVICE);
}

static int place_if_free(struct pci_buses *b, struct node *n, unsigned slot)
{
	struct pci_place at = {.slot = slot};

	if (!pci_is_wanted(n) || !pci_slot_is_free(b, 0, slot))
		return 0;
	return pci_take(b, &at, PCIE_DEVICE) < 0 ? -1 : pci_set_address(n, &at);
}

static int place_q35(struct pci_buses *b, const struct defining *d)
{
	struct pci_place sata = {.slot = 0x1f, .function = 2};
	struct pci_place bridge = {.slot = 0x1f}, smbus = {.slot = 0x1f, .function = 3};

	NODE_EACH(n, d->devices, "controller")
	{
		if (is(n, "type", "sata") && node_attr_num(n, "index", 0) == 0 && pci_is_wanted(n) &&
			place_on_board(b, n, &sata, "Primary SATA controller") < 0)
			return -1;
		if (is(n, "model", "ich9-uhci1") &&
			(place_if_free(b, n, 0x1d) < 0 || place_if_free(b, n, 0x1a) < 0))
			return -1;
		if (is(n, "model", "dmi-to-pci-bridge") && place_if_free(b, n, 0x1e) < 0)
			return -1;
	}
	if (pci_take(b, &bridge, PCIE_DEVICE) < 0 || pci_take(b, &smbus, PCIE_DEVICE) < 0 ||
		place_video(b, d, 1, PCIE_DEVICE) < 0)
		return -1;
	NODE_EACH(n, d->devices, "sound")
	{
		if (is(n, "model", "ich9") && pci_is_wanted(n))
			return place_if_free(b, n, 0x1b);
	}
	return 0;
}

/* The function of a part of a USB 2 controller, or -1. */
static int usb2_function(const struct node *n)
{
	static const struct {
		const char *model;
		int function;
	} parts[] = {{"ich9-ehci1", 7}, {"ich9-uhci1", 0}, {"ich9-uhci2", 1}, {"ich9-uhci3", 2}};

	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		if (is(n, "type", "usb") && is(n, "model", parts[i].model))
			return parts[i].function;
	return -1;
}

/* All parts of a USB 2 controller share a slot. */
static int place_usb2(struct pci_buses *b, const struct defining *d, struct node *n, int function)
{
	NODE_EACH(other, d->devices, "controller")
	{
		const struct node *a = node_child(other, "address");
		struct pci_place at = {.bus = (unsigned)node_attr_num(a, "bus", 0),
							   .slot = (unsigned)node_attr_num(a, "slot", 0),
							   .function = (unsigned)function};

		if (usb2_function(other) < 0 || pci_is_wanted(other) ||
			node_attr_num(other, "index", 0) != node_attr_num(n, "index", 0))
			continue;
		if (pci_take(b, &at, pci_kind_of(d, n)) < 0)
			return -1;
		return b->trial ? 0 : pci_set_address(n, &at);
	}
	return pci_take_next(b, n, pci_kind_of(d, n), (unsigned)function);
}

/* Those of one element name that have no address yet; of controllers, the bridges or the others. */
static int place_all(struct pci_buses *b, const struct defining *d, const char *element,
					 bool bridges)
{
	NODE_EACH(n, d->devices, element)
	{
		unsigned kind = pci_kind_of(d, n);
		int function = usb2_function(n);

		if (!kind || !pci_is_wanted(n) || is(n, "type", "pci") != bridges)
			continue;
		if (is_called(n, "controller") && is(n, "type", "ide") && node_attr_num(n, "index", 0) == 0)
			continue;
		if (function >= 0 ? place_usb2(b, d, n, function) < 0 : pci_take_next(b, n, kind, 0) < 0)
			return -1;
	}
	return 0;
}

static int place_hostdevs(struct pci_buses *b, const struct defining *d)
{
	NODE_EACH(n, d->devices, "hostdev")
	{
		if (pci_kind_of(d, n) && pci_is_wanted(n) && pci_take_next(b, n, pci_kind_of(d, n), 0) < 0)
			return -1;
	}
	return 0;
}

static int place_devices(struct pci_buses *b, const struct defining *d)
{
	static const char *const before[] = {"filesystem", "interface", "sound", "controller", "disk"};
	static const char *const behind[] = {"memballoon", "rng",    "watchdog", "video", "shmem",
										 "input",      "serial", "iommu",    "vsock", "memory"};

	if (place_all(b, d, "controller", true) < 0)
		return -1;
	for (size_t i = 0; i < sizeof before / sizeof before[0]; i++)
		if (place_all(b, d, before[i], false) < 0)
			return -1;
	if (place_hostdevs(b, d) < 0)
		return -1;
	for (size_t i = 0; i < sizeof behind / sizeof behind[0]; i++)
		if (place_all(b, d, behind[i], false) < 0)
			return -1;
	return 0;
}

static int place_board(struct pci_buses *b, const struct defining *d)
{
	return d->board == BOARD_Q35 ? place_q35(b, d) : place_i440fx(b, d);
}

static bool is_full(const struct pci_buses *b)
{
	for (unsigned i = 0; i < b->count; i++)
		for (unsigned s = b->bus[i].first; s <= b->bus[i].last; s++)
			if (!b->bus[i].slot[s].functions)
				return false;
	return true;
}

/* Bridges for all buses that the trial needed. */
static int add_bridges(struct pci_buses *b, struct defining *d)
{
	for (unsigned i = 1; i < b->count; i++) {
		struct node *n = qemu_controller(d->devices, "pci", i);

		if (n)
			continue;
		n = node_add(d->devices, "controller");
		if (!n || node_set(n, "type", "pci") < 0 || node_setf(n, "index", "%u", i) < 0 ||
			node_set(n, "model", b->bus[i].model) < 0)
			return -1;
		if (pci_take_next(b, n, pci_kind_of(d, n), 0) < 0)
			return -1;
	}
	return 0;
}

/* Finds out how many buses are needed, with one place left for what may be added later. */
static int try_places(struct pci_buses *b, struct defining *d)
{
	unsigned before;

	b->trial = true;
	if (pci_buses_collect(b, d) < 0)
		return -1;
	before = b->count;
	if (place_board(b, d) < 0)
		return -1;
	if (d->board == BOARD_I440FX && !is_full(b) &&
		pci_take_next(b, NULL, PCI_DEVICE | PCI_AUTO, 0) < 0)
		return -1;
	if (place_devices(b, d) < 0)
		return -1;
	if (d->board == BOARD_Q35 && before <= 1 && b->count > before &&
		pci_take_next(b, NULL, PCIE_DEVICE | PCI_AUTO, 0) < 0)
		return -1;
	return add_bridges(b, d);
}

/* What a bridge is called, and the numbers that tell it from others. */
static int name_bridge(struct node *n)
{
	static const char *const names[][2] = {{"pci-bridge", "pci-bridge"},
										   {"dmi-to-pci-bridge", "i82801b11-bridge"},
										   {"pcie-to-pci-bridge", "pcie-pci-bridge"},
										   {"pcie-root-port", "pcie-root-port"},
										   {"pcie-switch-upstream-port", "x3130-upstream"},
										   {"pcie-switch-downstream-port", "xio3130-downstream"}};
	const char *model = node_attr(n, "model"), *index = node_attr(n, "index");
	const struct node *a = node_child(n, "address");
	bool port = text_is(model, "pcie-root-port"), down = starts(model, "pcie-switch-down");
	long long place = node_attr_num(a, "slot", 0);
	struct node *m, *target;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (!text_is(model, names[i][0]) || child_attr(n, "model", "name"))
			continue;
		m = node_need(n, "model");
		if (!m || node_set(m, "name", names[i][1]) < 0)
			return -1;
	}
	if (!port && !down && !text_is(model, "pci-bridge"))
		return 0;
	target = node_need(n, "target");
	if (!target)
		return -1;
	if (!port && !down)
		return node_attr(target, "chassisNr") ? 0 : node_set(target, "chassisNr", index);
	if (port)
		place = place * PCI_FUNCTIONS + node_attr_num(a, "function", 0);
	if (!node_attr(target, "chassis") && node_set(target, "chassis", index) < 0)
		return -1;
	return node_attr(target, "port") ? 0 : node_setf(target, "port", "0x%llx", place);
}

/* Function 0 says that others are there. */
static int mark_shared_slots(const struct pci_buses *b, const struct defining *d)
{
	for (struct node *n = d->devices->children; n; n = n->next) {
		struct node *a = node_child(n, "address");
		unsigned bus = (unsigned)node_attr_num(a, "bus", 0);
		unsigned slot = (unsigned)node_attr_num(a, "slot", 0);

		if (is(a, "type", "pci") && node_attr_num(a, "function", 0) == 0 &&
			!node_attr(a, "multifunction") && b->bus[bus].slot[slot].functions > 1 &&
			node_set(a, "multifunction", "on") < 0)
			return -1;
	}
	return 0;
}

int address_allot_pci(struct defining *d)
{
	CLEANUP_FREE struct pci_buses *trial = calloc(1, sizeof *trial),
								  *real = calloc(1, sizeof *real);

	if (!trial || !real)
		return error_oom();
	if (d->board != BOARD_Q35 && d->board != BOARD_I440FX)
		return 0;
	if (try_places(trial, d) < 0 || pci_buses_collect(real, d) < 0 || place_board(real, d) < 0 ||
		place_devices(real, d) < 0 || mark_shared_slots(real, d) < 0)
		return -1;
	NODE_EACH(n, d->devices, "controller")
	{
		if (is(n, "type", "pci") && name_bridge(n) < 0)
			return -1;
	}
	return 0;
}
