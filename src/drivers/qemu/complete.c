/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a document leaves open and a PC has nevertheless: controllers, keyboard and mouse, a
 * balloon, the models and names of devices.
 */
#include "config.h"

#include <stdlib.h>

#include "drivers/qemu/define-impl.h"

#define ATTRS(...)                                                                                 \
	(const char *const[])                                                                          \
	{                                                                                              \
		__VA_ARGS__, NULL                                                                          \
	}

static int add_controller(struct defining *d, const char *type, const char *model)
{
	struct node *n = qemu_controller(d->devices, type, 0);

	if (n)
		return 0;
	n = define_add(d->devices, "controller", ATTRS("type", type, "index", "0"));
	return n && (!model || node_set(n, "model", model) == 0) ? 0 : -1;
}

static int add_root(struct defining *d, const char *model)
{
	const struct node *n = qemu_controller(d->devices, "pci", 0);

	if (n && !is(n, "model", model))
		return refuse("The PCI controller with index='0' must be model='%s' for this machine type, "
					  "but model='%s' was found instead",
					  model, node_attr(n, "model") ? node_attr(n, "model") : "(none)");
	return add_controller(d, "pci", model);
}

static const char *usb_model(const struct defining *d)
{
	if (d->board == BOARD_Q35 && qemu_caps_has(d->caps, "qemu-xhci"))
		return "qemu-xhci";
	return "piix3-uhci";
}

/* In the order in which they are added. */
static int add_controllers(struct defining *d)
{
	bool pci = d->board == BOARD_Q35 || d->board == BOARD_I440FX;

	if (pci && add_controller(d, "usb", NULL) < 0)
		return -1;
	if (d->board == BOARD_Q35 && add_controller(d, "sata", NULL) < 0)
		return -1;
	return !pci ? 0 : add_root(d, d->board == BOARD_Q35 ? "pcie-root" : "pci-root");
}

static int add_input(struct defining *d, const char *type)
{
	NODE_EACH(n, d->devices, "input")
	{
		if (is(n, "type", type) && is(n, "bus", "ps2"))
			return 0;
	}
	return define_add(d->devices, "input", ATTRS("type", type, "bus", "ps2")) ? 0 : -1;
}

static int add_audio(struct defining *d)
{
	const struct node *graphics = node_child(d->devices, "graphics");
	const char *type = "none";

	if (node_child(d->devices, "audio"))
		return 0;
	if (is(graphics, "type", "spice") || is(graphics, "type", "sdl") ||
		is(graphics, "type", "dbus"))
		type = node_attr(graphics, "type");
	return define_add(d->devices, "audio", ATTRS("id", "1", "type", type)) ? 0 : -1;
}

static int add_devices(struct defining *d)
{
	if (add_controllers(d) < 0)
		return -1;
	if (!node_child(d->devices, "memballoon") && d->board != BOARD_ISA &&
		!define_add(d->devices, "memballoon", ATTRS("model", "virtio")))
		return -1;
	if (add_input(d, "mouse") < 0 || add_input(d, "keyboard") < 0)
		return -1;
	return add_audio(d);
}

/* Guest cells say how much memory there is. */
static int set_memory(struct defining *d)
{
	struct node *memory = node_child(d->root, "memory");
	long long cells = 0, modules = 0;

	NODE_EACH(m, d->devices, "memory")
	modules += node_num(node_child(m, "target/size"), 0);
	NODE_EACH(cell, node_child(d->root, "cpu/numa"), "cell")
	cells += node_attr_num(cell, "memory", 0);
	return cells ? node_set_textf(memory, "%lld", cells + modules) : 0;
}

static int set_default_cpu(struct defining *d)
{
	struct node *cpu = node_need(d->root, "cpu"), *model = NULL;
	struct qemu_machine machine;

	if (!cpu || !qemu_caps_machine(d->caps, child_attr(d->root, "os/type", "machine"), &machine))
		return -1;
	if (!machine.default_cpu)
		return 0;
	model = node_need(cpu, "model");
	if (!model || node_set(cpu, "mode", "custom") < 0 || node_set(cpu, "match", "exact") < 0 ||
		node_set(cpu, "check", "none") < 0 || node_set_text(model, machine.default_cpu) < 0)
		return -1;
	return node_set(model, "fallback", "forbid");
}

static int set_cpu(struct defining *d)
{
	struct node *cpu = node_child(d->root, "cpu");
	const char *mode = node_attr(cpu, "mode");
	bool custom = !mode || strcmp(mode, "custom") == 0,
		 own = !custom && !is(cpu, "mode", "host-model");

	if (custom && !child_text(cpu, "model"))
		return set_default_cpu(d);
	if (text_is(mode, "host-passthrough") && !node_attr(cpu, "migratable") &&
		node_set(cpu, "migratable", "on") < 0)
		return -1;
	if (node_attr(cpu, "check"))
		return 0;
	if (own || (custom && is(d->root, "type", "qemu")))
		return node_set(cpu, "check", "none");
	return node_set(cpu, "check", "partial");
}

static int complete_disks(struct defining *d)
{
	NODE_EACH(disk, d->devices, "disk")
	{
		struct node *driver = node_need(disk, "driver");

		if (!driver)
			return -1;
		if (!node_attr(driver, "name") && node_set(driver, "name", "qemu") < 0)
			return -1;
		if (!node_attr(driver, "type") &&
			node_set(driver, "type", is(disk, "type", "dir") ? "fat" : "raw") < 0)
			return -1;
	}
	return 0;
}

static int complete_interfaces(struct defining *d)
{
	NODE_EACH(n, d->devices, "interface")
	{
		struct node *model;

		if (is(n, "type", "hostdev") || child_attr(n, "model", "type"))
			continue;
		model = node_need(n, "model");
		if (!model || node_set(model, "type", "rtl8139") < 0)
			return -1;
	}
	return 0;
}

static int complete_serials(struct defining *d)
{
	NODE_EACH(n, d->devices, "serial")
	{
		struct node *target = node_need(n, "target");

		if (!target)
			return -1;
		if (!node_attr(target, "type") && node_set(target, "type", "isa-serial") < 0)
			return -1;
	}
	return 0;
}

static int complete_small(struct defining *d)
{
	NODE_EACH(n, d->devices, "panic")
	{
		if (!node_attr(n, "model") && node_set(n, "model", "isa") < 0)
			return -1;
	}
	NODE_EACH(n, d->devices, "tpm")
	{
		struct node *backend = node_child(n, "backend");

		if (!node_attr(n, "model") && node_set(n, "model", "tpm-tis") < 0)
			return -1;
		if (is(backend, "type", "emulator") && !node_attr(backend, "version") &&
			node_set(backend, "version", "2.0") < 0)
			return -1;
	}
	NODE_EACH(n, d->devices, "vsock")
	{
		if (!node_attr(n, "model") && node_set(n, "model", "virtio") < 0)
			return -1;
	}
	return 0;
}

int complete_before(struct defining *d)
{
	if (add_devices(d) < 0 || set_memory(d) < 0 || set_cpu(d) < 0)
		return -1;
	if (complete_disks(d) < 0 || complete_interfaces(d) < 0 || complete_serials(d) < 0)
		return -1;
	return complete_small(d);
}

static int set_serial_models(struct defining *d)
{
	NODE_EACH(n, d->devices, "serial")
	{
		struct node *target = node_child(n, "target"), *model;
		const char *type = node_attr(target, "type");

		/* the one that a console stands for has just been made */
		if (!type && node_set(target, "type", type = "isa-serial") < 0)
			return -1;
		if (child_attr(target, "model", "name"))
			continue;
		model = node_need(target, "model");
		if (!model ||
			node_set(model, "name", text_is(type, "isa-debug") ? "isa-debugcon" : type) < 0)
			return -1;
	}
	return 0;
}

static int set_controller_models(struct defining *d)
{
	NODE_EACH(n, d->devices, "controller")
	{
		const char *model = node_attr(n, "model");
		bool automatic = !model || strcmp(model, "auto") == 0;

		if (is(n, "type", "scsi") && automatic && qemu_caps_has(d->caps, "lsi53c895a") &&
			node_set(n, "model", "lsilogic") < 0)
			return -1;
		if (is(n, "type", "usb") && !model && node_set(n, "model", usb_model(d)) < 0)
			return -1;
	}
	return 0;
}

static int set_videos(struct defining *d)
{
	NODE_EACH(n, d->devices, "video")
	{
		struct node *model = node_child(n, "model");

		if (is(model, "type", "qxl") && !node_attr(model, "vgamem") &&
			node_set(model, "vgamem", "16384") < 0)
			return -1;
	}
	return 0;
}

int complete_after(struct defining *d)
{
	if (set_controller_models(d) < 0 || set_serial_models(d) < 0)
		return -1;
	return set_videos(d);
}
