/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Controllers of a command line: bridges first, so that all others have a bus.
 */
#include "config.h"

#include "drivers/qemu/command-impl.h"

static void put_pci(json_t *o, const struct line *l, const struct node *n)
{
	const struct node *target = node_child(n, "target");

	put(o, "driver", child_attr(n, "model", "name"));
	put_number(o, "chassis_nr", target, "chassisNr");
	put_number(o, "port", target, "port");
	put_number(o, "chassis", target, "chassis");
	put_onoff(o, "hotplug", target, "hotplug");
	put_alias(o, n);
	put_address(o, l, n);
}

static void put_usb(json_t *o, const struct line *l, const struct node *n)
{
	/* libvirt's name of a model, and QEMU's, where they differ */
	static const char *const drivers[][2] = {{"piix3-uhci", "piix3-usb-uhci"},
											 {"piix4-uhci", "piix4-usb-uhci"},
											 {"ehci", "usb-ehci"},
											 {"ich9-ehci1", "ich9-usb-ehci1"},
											 {"ich9-uhci1", "ich9-usb-uhci1"},
											 {"ich9-uhci2", "ich9-usb-uhci2"},
											 {"ich9-uhci3", "ich9-usb-uhci3"},
											 {"vt82c686b-uhci", "vt82c686b-usb-uhci"},
											 {"nec-xhci", "nec-usb-xhci"},
											 {"qemu-xhci", "qemu-xhci"},
											 {"pci-ohci", "pci-ohci"}};
	const struct node *master = node_child(n, "master");

	for (size_t i = 0; i < sizeof drivers / sizeof drivers[0]; i++)
		if (is(n, "model", drivers[i][0]))
			put(o, "driver", drivers[i][1]);
	put_number(o, "p2", n, "ports");
	put_number(o, "p3", n, "ports");
	if (master) {
		long long index = node_attr_num(n, "index", 0);

		if (index)
			putf(o, "masterbus", "usb%lld.0", index);
		else
			put(o, "masterbus", "usb.0");
		put_number(o, "firstport", master, "startport");
	} else {
		put_alias(o, n);
	}
	put_address(o, l, n);
}

static void put_scsi(json_t *o, const struct line *l, const struct node *n)
{
	static const char *const drivers[][2] = {
		{"lsilogic", "lsi"},    {"lsisas1068", "mptsas1068"}, {"lsisas1078", "megasas"},
		{"vmpvscsi", "pvscsi"}, {"buslogic", "buslogic"},     {"am53c974", "am53c974"},
		{"dc390", "dc-390"},    {"ncr53c90", "ncr53c90"}};
	const struct node *driver = node_child(n, "driver");
	const char *model = node_attr(n, "model");

	if (text_is(model, "virtio-scsi") || is_virtio(model)) {
		put_virtio_driver(o, "virtio-scsi-pci", model);
		if (node_attr(driver, "iothread"))
			putf(o, "iothread", "iothread%s", node_attr(driver, "iothread"));
		put_onoff(o, "ioeventfd", driver, "ioeventfd");
		put_virtio_options(o, driver);
		put_number(o, "num_queues", driver, "queues");
		put_number(o, "cmd_per_lun", driver, "cmd_per_lun");
		put_number(o, "max_sectors", driver, "max_sectors");
	}
	for (size_t i = 0; i < sizeof drivers / sizeof drivers[0]; i++)
		if (text_is(model, drivers[i][0]))
			put(o, "driver", drivers[i][1]);
	put_alias(o, n);
	put_address(o, l, n);
}

static const char *floppy_boot(const struct node *disk)
{
	return child_is(disk, "address", "unit", "1") ? "bootindexB" : "bootindexA";
}

/* The order in which floppy disks are booted from. */
static void put_floppies(json_t *o, const struct line *l)
{
	NODE_EACH(disk, l->devices, "disk")
	{
		if (is(disk, "device", "floppy") && boot_order(l, disk))
			put_int(o, floppy_boot(disk), boot_order(l, disk));
	}
}

/* The same where the board has the controller. */
static void global_floppies(struct line *l)
{
	NODE_EACH(disk, l->devices, "disk")
	{
		if (is(disk, "device", "floppy") && boot_order(l, disk))
			line_addf(l, "-global", "isa-fdc.%s=%lld", floppy_boot(disk), boot_order(l, disk));
	}
}

json_t *device_controller(const struct line *l, const struct node *n)
{
	const char *type = node_attr(n, "type");
	json_t *o = json_object();

	if (text_is(type, "pci")) {
		put_pci(o, l, n);
	} else if (text_is(type, "usb")) {
		put_usb(o, l, n);
	} else if (text_is(type, "scsi")) {
		put_scsi(o, l, n);
	} else if (text_is(type, "virtio-serial")) {
		put_virtio_driver(o, "virtio-serial-pci", node_attr(n, "model"));
		put_virtio_options(o, node_child(n, "driver"));
		put_alias(o, n);
		put_number(o, "max_ports", n, "ports");
		put_number(o, "vectors", n, "vectors");
		put_address(o, l, n);
	} else {
		put(o, "driver",
			text_is(type, "sata")  ? "ahci"
			: text_is(type, "fdc") ? "isa-fdc"
			: text_is(type, "ide") ? "piix3-ide"
								   : "usb-ccid");
		if (text_is(type, "fdc"))
			put_floppies(o, l);
		else
			put_alias(o, n);
		put_address(o, l, n);
	}
	return o;
}

/* The board has it already. */
static bool is_on_board(const struct line *l, const struct node *n)
{
	const char *type = node_attr(n, "type");
	bool first = node_attr_num(n, "index", 0) == 0;

	if (text_is(type, "pci"))
		return first;
	if (text_is(type, "ide"))
		return first && l->board != BOARD_Q35;
	if (text_is(type, "sata"))
		return first && l->board == BOARD_Q35;
	if (text_is(type, "fdc"))
		return l->board != BOARD_Q35;
	return text_is(type, "usb") && is(n, "model", "none");
}

void command_controllers(struct line *l)
{
	static const char *const order[] = {"pci",  "usb",           "scsi", "ide",
										"sata", "virtio-serial", "ccid", "fdc"};

	for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
		NODE_EACH(n, l->devices, "controller")
		{
			bool companion = node_child(n, "master");

			/* companions need the controller whose ports they have */
			if (is(n, "type", order[i]) && !companion && !is_on_board(l, n))
				line_json(l, "-device", device_controller(l, n));
		}
		NODE_EACH(n, l->devices, "controller")
		{
			if (is(n, "type", order[i]) && node_child(n, "master"))
				line_json(l, "-device", device_controller(l, n));
		}
	}
	if (l->board != BOARD_Q35)
		global_floppies(l);
}
