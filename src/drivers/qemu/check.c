/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What this driver, or this binary of QEMU, can't do is refused by the name of its element before
 * anything is defined: nothing is dropped. To refuse an element or a value of an attribute: a row.
 */
#include "config.h"

#include "drivers/qemu/check.h"

/* Every element of such a name, at a place below the root. */
static const char *const elements[] = {
	"genid",
	"cputune/cachetune",
	"cputune/memorytune",
	"memtune/min_guarantee",
	"resource",
	"idmap",
	"keywrap",
	"launchSecurity",
	"bootloader",
	"os/acpi",
	"features/hap",
	"features/viridian",
	"features/privnet",
	"features/capabilities",
	"features/gic",
	"features/hpt",
	"features/htm",
	"features/nested-hv",
	"features/msrs",
	"features/ccf-assist",
	"features/xen",
	"features/cfpc",
	"features/sbbc",
	"features/ibs",
	"features/smm/tseg",
	"cpu/numa/interconnects",
	"cpu/numa/cell/cache",
	"on_lockfailure",
	"devices/lease",
	"devices/nvram",
	"devices/shmem",
	"devices/iommu",
	"devices/redirfilter",
	"devices/disk/auth",
	"devices/disk/encryption",
	"devices/disk/backenddomain",
	"devices/disk/geometry",
	"devices/disk/mirror",
	"devices/disk/transient",
	"devices/disk/driver/metadata_cache",
	"devices/disk/source/auth",
	"devices/disk/source/encryption",
	"devices/disk/source/reservations",
	"devices/disk/source/slices",
	"devices/disk/source/ssl",
	"devices/disk/source/cookies",
	"devices/disk/source/snapshot",
	"devices/disk/source/config",
	"devices/interface/backenddomain",
	"devices/interface/script",
	"devices/interface/downscript",
	"devices/interface/guest",
	"devices/interface/teaming",
	"devices/interface/coalesce",
	"devices/interface/portForward",
	"devices/interface/port",
	"devices/interface/backend",
	"devices/controller/pcihole64",
	"devices/hostdev/teaming",
	"devices/memory/target/label",
	"devices/memory/source",
	"devices/video/model/acceleration",
	"devices/smartcard/certificate",
	"devices/tpm/backend/encryption",
	"devices/tpm/backend/active_pcr_banks",
	"clock/timer/catchup",
	"devices/audio/input",
	"devices/audio/output",
	"devices/controller/target/node",
	"devices/filesystem/space_hard_limit",
	"devices/filesystem/space_soft_limit",
	"devices/graphics/channel",
};

/* Attributes and the values that are served; a row with none: the attribute is not served at all.
 */
static const struct {
	const char *place, *attr;
	const char *served[12];
} values[] = {
	{"os/smbios", "mode", {"emulate", "sysinfo"}},
	{"os/bios", "useserial", {"no"}},
	{"os/nvram", "type", {NULL}},
	{"seclabel", "type", {"none"}},
	{"vcpu", "placement", {"static"}},
	{"numatune/memory", "placement", {"default", "static"}},
	{"clock/timer", "mode", {NULL}},
	{"clock/timer", "name", {"rtc", "pit", "hpet", "tsc", "kvmclock", "hypervclock"}},
	{"devices/disk", "type", {"file", "block", "network", "volume", "dir"}},
	{"devices/disk", "sgio", {NULL}},
	{"devices/disk", "rawio", {"no"}},
	{"devices/disk/driver", "name", {"qemu"}},
	{"devices/disk/driver",
	 "type",
	 {"raw", "qcow2", "fat", "qcow", "qed", "vmdk", "vdi", "vpc", "vhd"}},
	{"devices/disk/source", "protocol", {"nbd"}},
	{"devices/disk/source", "tls", {"no"}},
	{"devices/disk/source", "mode", {"host"}},
	{"devices/disk/target", "bus", {"virtio", "scsi", "ide", "sata", "usb", "fdc"}},
	{"devices/controller",
	 "type",
	 {"pci", "usb", "scsi", "ide", "sata", "virtio-serial", "ccid", "fdc"}},
	{"devices/disk/target", "tray", {"closed"}},
	{"devices/filesystem/driver", "wrpolicy", {NULL}},
	{"devices/filesystem/driver", "format", {NULL}},
	{"devices/interface", "trustGuestRxFilters", {"no"}},
	{"devices/filesystem", "type", {"mount"}},
	{"devices/filesystem/driver", "type", {"path", "virtiofs"}},
	{"devices/interface",
	 "type",
	 {"user", "bridge", "network", "direct", "ethernet", "mcast", "client", "server", "udp",
	  "hostdev"}},
	{"devices/interface/model",
	 "type",
	 {"virtio", "virtio-transitional", "virtio-non-transitional", "e1000", "e1000e", "rtl8139",
	  "ne2k_pci", "pcnet", "usb-net", "vmxnet3"}},
	{"devices/serial/target", "type", {"isa-serial", "usb-serial", "pci-serial", "isa-debug"}},
	{"devices/console/target", "type", {"serial", "virtio"}},
	{"devices/channel/target", "type", {"virtio"}},
	{"devices/smartcard", "mode", {"passthrough"}},
	{"devices/graphics", "type", {"vnc", "spice", "egl-headless"}},
	{"devices/graphics", "tlsPort", {NULL}},
	{"devices/graphics/listen", "type", {"none", "address", "socket"}},
	{"devices/graphics", "defaultMode", {"insecure"}},
	{"devices/audio", "type", {"none", "spice", "alsa", "pulseaudio", "sdl", "oss", "file"}},
	{"devices/sound", "model", {"es1370", "ac97", "ich6", "ich9", "usb", "sb16"}},
	{"devices/video/model",
	 "type",
	 {"vga", "cirrus", "vmvga", "qxl", "virtio", "none", "bochs", "ramfb"}},
	{"devices/video/driver", "name", {"qemu"}},
	{"devices/hostdev", "mode", {"subsystem"}},
	{"devices/hostdev", "type", {"pci", "usb"}},
	{"devices/memballoon",
	 "model",
	 {"virtio", "virtio-transitional", "virtio-non-transitional", "none"}},
	{"devices/watchdog", "model", {"i6300esb", "ib700"}},
	{"devices/panic", "model", {"isa"}},
	{"devices/tpm", "model", {"tpm-tis", "tpm-crb"}},
	{"devices/tpm/backend", "type", {"passthrough", "external", "emulator"}},
	{"devices/memory", "model", {"dimm"}},
	{"devices/input", "type", {"mouse", "tablet", "keyboard", "passthrough", "evdev"}},
	{"devices/input", "bus", {"ps2", "usb", "virtio", "none"}},
};

/* Calls for every element at the place, which has several where it stands for a list. 0 or -1. */
static int each(const struct node *n, const char *place, size_t row,
				int (*call)(const struct node *n, size_t row))
{
	size_t len = strcspn(place, "/");

	for (const struct node *c = n->children; c; c = c->next) {
		if (strncmp(node_name(c), place, len) != 0 || node_name(c)[len])
			continue;
		if (place[len] ? each(c, place + len + 1, row, call) < 0 : call(c, row) < 0)
			return -1;
	}
	return 0;
}

/* What libvirt writes of each guest that runs, so that it comes along when one migrates: the place
 * where all guests are. */
static bool is_usual_resource(const struct node *n)
{
	return strcmp(node_name(n), "resource") == 0 && n->children == n->last &&
		   node_text_is(node_child(n, "partition"), "/machine");
}

static int refuse_element(const struct node *n, size_t row)
{
	(void)row;
	if (is_usual_resource(n))
		return 0;
	return refuse("<%s> in <%s> is not supported by the QEMU driver", node_name(n),
				  node_name(n->parent));
}

static int check_value(const struct node *n, size_t row)
{
	const char *value = node_attr(n, values[row].attr);

	if (!value)
		return 0;
	for (size_t i = 0; values[row].served[i]; i++)
		if (strcmp(values[row].served[i], value) == 0)
			return 0;
	return refuse("%s='%s' of <%s> is not supported by the QEMU driver", values[row].attr, value,
				  node_name(n));
}

int check_domain(const struct defining *d)
{
	for (size_t i = 0; i < sizeof elements / sizeof elements[0]; i++)
		if (each(d->root, elements[i], 0, refuse_element) < 0)
			return -1;
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
		if (each(d->root, values[i].place, i, check_value) < 0)
			return -1;
	return check_machine(d) < 0 ? -1 : check_devices(d);
}
