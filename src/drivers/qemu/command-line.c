/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The pieces of command lines: arguments, options in QEMU's own syntax and in JSON. Whatever a
 * document says stays inside of its value.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "drivers/qemu/command-impl.h"

void line_add(struct line *l, const char *text)
{
	char **more = l->argv;

	if (l->failed)
		return;
	if (l->argc + 2 > l->size) {
		more = realloc(l->argv, (l->size + 64) * sizeof *more);
		if (!more)
			goto oom;
		l->argv = more;
		l->size += 64;
	}
	l->argv[l->argc] = strdup(text);
	if (!l->argv[l->argc])
		goto oom;
	l->argv[++l->argc] = NULL;
	return;
oom:
	l->failed = true;
	error_oom();
}

void line_addf(struct line *l, const char *option, const char *fmt, ...)
{
	struct buf b = {0};
	va_list ap;

	va_start(ap, fmt);
	if (buf_vprintf(&b, fmt, ap) < 0)
		l->failed = true;
	va_end(ap);
	line_buf(l, option, &b);
}

void line_json(struct line *l, const char *option, json_t *value)
{
	CLEANUP_FREE char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;

	json_decref(value);
	if (!value || !text) {
		if (!l->failed && value)
			error_oom();
		l->failed = true;
		return;
	}
	line_add(l, option);
	line_add(l, text);
}

void line_buf(struct line *l, const char *option, struct buf *b)
{
	CLEANUP_FREE char *text = buf_steal_text(b);

	if (!text) {
		l->failed = true;
		return;
	}
	line_add(l, option);
	line_add(l, text);
}

void opt(struct buf *b, const char *key, const char *value)
{
	if (!value)
		return;
	buf_printf(b, "%s%s=", buf_len(b) ? "," : "", key);
	for (; *value; value++)
		buf_printf(b, *value == ',' ? "%c," : "%c", *value);
}

void optf(struct buf *b, const char *key, const char *fmt, ...)
{
	CLEANUP_FREE char *text = NULL;
	struct buf value = {0};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&value, fmt, ap);
	va_end(ap);
	text = buf_steal_text(&value);
	opt(b, key, text);
}

void put(json_t *o, const char *key, const char *value)
{
	if (value)
		json_object_set_new(o, key, json_string(value));
}

void putf(json_t *o, const char *key, const char *fmt, ...)
{
	CLEANUP_FREE char *text = NULL;
	struct buf value = {0};
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&value, fmt, ap);
	va_end(ap);
	text = buf_steal_text(&value);
	put(o, key, text);
}

void put_int(json_t *o, const char *key, long long value)
{
	json_object_set_new(o, key, json_integer(value));
}

void put_bool(json_t *o, const char *key, bool value)
{
	json_object_set_new(o, key, json_boolean(value));
}

void put_number(json_t *o, const char *key, const struct node *n, const char *attr)
{
	if (node_attr(n, attr))
		put_int(o, key, node_attr_num(n, attr, 0));
}

void put_onoff(json_t *o, const char *key, const struct node *n, const char *attr)
{
	if (node_attr(n, attr))
		put_bool(o, key, is(n, attr, "on") || is(n, attr, "yes"));
}

void put_virtio_driver(json_t *o, const char *base, const char *model)
{
	if (is_transitional(model))
		putf(o, "driver", "%s-transitional", base);
	else if (text_is(model, "virtio-non-transitional"))
		putf(o, "driver", "%s-non-transitional", base);
	else
		put(o, "driver", base);
}

void put_virtio_options(json_t *o, const struct node *driver)
{
	put_onoff(o, "iommu_platform", driver, "iommu");
	put_onoff(o, "ats", driver, "ats");
	put_onoff(o, "packed", driver, "packed");
	put_onoff(o, "page-per-vq", driver, "page_per_vq");
}

/* The bus of a controller by its number: "pci.3", "pcie.0". */
static void put_pci_bus(json_t *o, const struct line *l, long long bus)
{
	const struct node *controller = qemu_controller(l->devices, "pci", bus);

	if (controller && *qemu_alias(controller))
		put(o, "bus", qemu_alias(controller));
	else if (bus == 0)
		put(o, "bus", l->board == BOARD_Q35 ? "pcie.0" : "pci.0");
	else
		putf(o, "bus", "pci.%lld", bus);
}

void put_address(json_t *o, const struct line *l, const struct node *device)
{
	const struct node *a = node_child(device, "address");
	long long function = node_attr_num(a, "function", 0);
	const struct node *usb;

	if (is(a, "type", "pci")) {
		put_pci_bus(o, l, node_attr_num(a, "bus", 0));
		put_onoff(o, "multifunction", a, "multifunction");
		if (function)
			putf(o, "addr", "0x%llx.0x%llx", node_attr_num(a, "slot", 0), function);
		else
			putf(o, "addr", "0x%llx", node_attr_num(a, "slot", 0));
		put_number(o, "acpi-index", node_child(device, "acpi"), "index");
	} else if (is(a, "type", "usb")) {
		usb = qemu_controller(l->devices, "usb", node_attr_num(a, "bus", 0));
		putf(o, "bus", "%s.0", usb && *qemu_alias(usb) ? qemu_alias(usb) : "usb");
		put(o, "port", node_attr(a, "port"));
	} else if (is(a, "type", "virtio-serial")) {
		putf(o, "bus", "virtio-serial%lld.%lld", node_attr_num(a, "controller", 0),
			 node_attr_num(a, "bus", 0));
		put_int(o, "nr", node_attr_num(a, "port", 0));
	} else if (is(a, "type", "isa")) {
		put_number(o, "iobase", a, "iobase");
		put_number(o, "irq", a, "irq");
	} else if (is(a, "type", "ccid")) {
		putf(o, "bus", "ccid%lld.0", node_attr_num(a, "controller", 0));
	}
}

void put_alias(json_t *o, const struct node *device)
{
	if (*qemu_alias(device))
		put(o, "id", qemu_alias(device));
}

/* The number by which <os><boot dev=…> orders the first device of that kind; 0: none. */
static long long boot_by_os(const struct line *l, const struct node *device)
{
	const char *kind = is_called(device, "interface")   ? "network"
					   : is(device, "device", "cdrom")  ? "cdrom"
					   : is(device, "device", "floppy") ? "fd"
					   : is_called(device, "disk")      ? "hd"
														: NULL;
	long long order = 0;

	for (const struct node *o = node_child(l->devices, node_name(device)); kind && o != device;
		 o = node_next(o)) {
		const char *other = is_called(o, "interface")   ? "network"
							: is(o, "device", "cdrom")  ? "cdrom"
							: is(o, "device", "floppy") ? "fd"
														: "hd";

		if (strcmp(other, kind) == 0)
			return 0;
	}
	NODE_EACH(boot, node_child(l->root, "os"), "boot")
	{
		order++;
		if (kind && is(boot, "dev", kind))
			return order;
	}
	return 0;
}

long long boot_order(const struct line *l, const struct node *device)
{
	const struct node *boot = node_child(device, "boot");

	return boot ? node_attr_num(boot, "order", 0) : boot_by_os(l, device);
}

void put_boot(json_t *o, const struct line *l, const struct node *device)
{
	long long order = boot_order(l, device);

	if (order)
		put_int(o, "bootindex", order);
}

void put_rom(json_t *o, const struct node *device)
{
	const struct node *rom = node_child(device, "rom");

	if (is(rom, "enabled", "no"))
		put(o, "romfile", "");
	put(o, "romfile", node_attr(rom, "file"));
	if (node_attr(rom, "bar"))
		put_int(o, "rombar", is(rom, "bar", "on"));
}
