/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <domainCapabilities>: what a guest may have with one binary and machine. Only what this driver
 * does is named, whatever the binary could do beyond.
 */
#include "config.h"
#include "drivers/qemu/caps-ops.h"

#include "drivers/qemu/cpu.h"
#include "drivers/qemu/firmware.h"
#include "drivers/qemu/qmp.h"

#include <stdarg.h>
#include <string.h>

/* A value of an <enum> that is named if the binary has that type of device (NULL: always). */
struct choice {
	const char *value, *device;
};

static int open_element(struct buf *b, const char *name, bool supported)
{
	return buf_printf(b, "    <%s supported='%s'%s>\n", name, supported ? "yes" : "no",
					  supported ? "" : "/");
}

static int write_enum(struct buf *b, const struct qemu_caps *caps, const char *name,
					  const struct choice *choices)
{
	bool any = false;
	int rc = 0;

	for (const struct choice *c = choices; c->value; c++)
		any = any || !c->device || qemu_caps_has(caps, c->device);
	if (!any)
		return buf_printf(b, "      <enum name='%s'/>\n", name);
	rc |= buf_printf(b, "      <enum name='%s'>\n", name);
	for (const struct choice *c = choices; c->value; c++)
		if (!c->device || qemu_caps_has(caps, c->device))
			rc |= buf_printf(b, "        <value>%s</value>\n", c->value);
	return rc | buf_puts(b, "      </enum>\n");
}

#define CHOICES(...) ((const struct choice[]){__VA_ARGS__, {NULL, NULL}})

static int write_os(struct buf *b, const struct qemu_caps *caps, const struct qemu_machine *machine,
					const char *arch)
{
	CLEANUP_JSON json_t *images = firmware_images(arch, machine->name);
	size_t i;
	json_t *image;
	int rc = buf_puts(b, "  <os supported='yes'>\n    <enum name='firmware'");

	rc |= json_array_size(images) ? buf_puts(b, ">\n      <value>efi</value>\n    </enum>\n")
								  : buf_puts(b, "/>\n");
	rc |= buf_puts(b, "    <loader supported='yes'>\n");
	json_array_foreach(images, i, image) rc |=
		buf_printf(b, "      <value>%s</value>\n", json_string_value(image));
	rc |= write_enum(b, caps, "type", CHOICES({"rom", NULL}, {"pflash", NULL}));
	rc |= write_enum(b, caps, "readonly", CHOICES({"yes", NULL}, {"no", NULL}));
	if (strncmp(machine->name, "pc-q35", 6) == 0)
		rc |= write_enum(b, caps, "secure", CHOICES({"yes", NULL}, {"no", NULL}));
	else
		rc |= write_enum(b, caps, "secure", CHOICES({"no", NULL}));
	return rc | buf_puts(b, "    </loader>\n  </os>\n");
}

static int write_models(struct buf *b, const struct qemu_caps *caps, bool kvm)
{
	json_t *cpus = (json_t *)(uintptr_t)qemu_caps_cpus(caps, kvm), *cpu;
	const char *name;
	int rc = buf_puts(b, "    <mode name='custom' supported='yes'>\n");

	json_object_foreach(cpus, name, cpu)
	{
		const json_t *missing = json_object_get(cpu, "unavailable-features");
		const struct cpu_model *model = cpu_model_find(name);
		const char *usable = !json_is_array(missing)         ? "unknown"
							 : json_array_size(missing) == 0 ? "yes"
															 : "no";

		/* versions of models, and what documents have no name for */
		if (!model)
			continue;
		rc |= buf_printf(b, "      <model usable='%s'", usable);
		if (qmp_bool(cpu, "deprecated", false))
			rc |= buf_puts(b, " deprecated='yes'");
		rc |= buf_printf(b, " vendor='%s'>%s</model>\n", model->vendor ? model->vendor : "unknown",
						 name);
	}
	return rc | buf_puts(b, "    </mode>\n");
}

static int write_migratable(struct buf *b, const char *mode, const char *name)
{
	return buf_printf(b,
					  "    <mode name='%s' supported='yes'>\n"
					  "      <enum name='%s'>\n"
					  "        <value>on</value>\n"
					  "        <value>off</value>\n"
					  "      </enum>\n"
					  "    </mode>\n",
					  mode, name);
}

static int write_host_model(struct buf *b, const struct qemu_caps *caps, bool kvm)
{
	CLEANUP(cleanup_def) struct def *cpu = qemu_cpu_best(caps, kvm, QEMU_CPU_MOST);
	const struct node *vendor;
	int rc;

	if (!cpu)
		return buf_puts(b, "    <mode name='host-model' supported='no'/>\n");
	vendor = node_child(cpu->root, "vendor");
	rc = buf_puts(b, "    <mode name='host-model' supported='yes'>\n");
	rc |= buf_printf(b, "      <model fallback='forbid'>%s</model>\n",
					 node_child(cpu->root, "model")->text);
	if (vendor)
		rc |= buf_printf(b, "      <vendor>%s</vendor>\n", vendor->text);
	NODE_EACH(f, cpu->root, "feature")
	rc |= buf_printf(b, "      <feature policy='%s' name='%s'/>\n", node_attr(f, "policy"),
					 node_attr(f, "name"));
	return rc | buf_puts(b, "    </mode>\n");
}

static int write_cpu(struct buf *b, const struct qemu_caps *caps, bool kvm)
{
	int rc = buf_puts(b, "  <cpu>\n");

	if (kvm)
		rc |= write_migratable(b, "host-passthrough", "hostPassthroughMigratable");
	else
		rc |= buf_puts(b, "    <mode name='host-passthrough' supported='no'/>\n");
	rc |= write_migratable(b, "maximum", "maximumMigratable");
	rc |= write_host_model(b, caps, kvm);
	return rc | write_models(b, caps, kvm) | buf_puts(b, "  </cpu>\n");
}

static int write_devices(struct buf *b, const struct qemu_caps *caps, bool q35)
{
	int rc = buf_puts(b, "  <devices>\n");

	rc |= open_element(b, "disk", true);
	rc |= write_enum(b, caps, "diskDevice",
					 CHOICES({"disk", NULL}, {"cdrom", NULL}, {"floppy", NULL}, {"lun", NULL}));
	rc |= q35 ? write_enum(b, caps, "bus",
						   CHOICES({"fdc", NULL}, {"scsi", NULL}, {"virtio", "virtio-blk-pci"},
								   {"usb", "usb-storage"}, {"sata", "ich9-ahci"}))
			  : write_enum(b, caps, "bus",
						   CHOICES({"ide", NULL}, {"fdc", NULL}, {"scsi", NULL},
								   {"virtio", "virtio-blk-pci"}, {"usb", "usb-storage"},
								   {"sata", "ich9-ahci"}));
	rc |= write_enum(b, caps, "model",
					 CHOICES({"virtio", "virtio-blk-pci"},
							 {"virtio-transitional", "virtio-blk-pci-transitional"},
							 {"virtio-non-transitional", "virtio-blk-pci-non-transitional"}));
	rc |= buf_puts(b, "    </disk>\n");
	rc |= open_element(b, "graphics", true);
	rc |= write_enum(b, caps, "type",
					 CHOICES({"vnc", NULL}, {"spice", "chardev-spicevmc"}, {"egl-headless", NULL}));
	rc |= buf_puts(b, "    </graphics>\n");
	rc |= open_element(b, "video", true);
	rc |= write_enum(b, caps, "modelType",
					 CHOICES({"vga", "VGA"}, {"cirrus", "cirrus-vga"}, {"vmvga", "vmware-svga"},
							 {"qxl", "qxl"}, {"virtio", "virtio-gpu-pci"}, {"none", NULL},
							 {"bochs", "bochs-display"}, {"ramfb", "ramfb"}));
	rc |= buf_puts(b, "    </video>\n");
	rc |= open_element(b, "hostdev", true);
	rc |= write_enum(b, caps, "mode", CHOICES({"subsystem", NULL}));
	rc |= write_enum(
		b, caps, "startupPolicy",
		CHOICES({"default", NULL}, {"mandatory", NULL}, {"requisite", NULL}, {"optional", NULL}));
	rc |= write_enum(b, caps, "subsysType", CHOICES({"usb", "usb-host"}, {"pci", "vfio-pci"}));
	rc |= write_enum(b, caps, "capsType", CHOICES({NULL, NULL}));
	rc |= write_enum(b, caps, "pciBackend", CHOICES({NULL, NULL}));
	rc |= buf_puts(b, "    </hostdev>\n");
	rc |= open_element(b, "rng", qemu_caps_has(caps, "virtio-rng-pci"));
	rc |= write_enum(b, caps, "model",
					 CHOICES({"virtio", "virtio-rng-pci"},
							 {"virtio-transitional", "virtio-rng-pci-transitional"},
							 {"virtio-non-transitional", "virtio-rng-pci-non-transitional"}));
	rc |= write_enum(
		b, caps, "backendModel",
		CHOICES({"random", "rng-random"}, {"egd", "rng-egd"}, {"builtin", "rng-builtin"}));
	rc |= buf_puts(b, "    </rng>\n");
	rc |= open_element(b, "filesystem", true);
	rc |= write_enum(b, caps, "driverType",
					 CHOICES({"path", NULL}, {"virtiofs", "vhost-user-fs-device"}));
	rc |= buf_puts(b, "    </filesystem>\n");
	rc |= open_element(b, "tpm", true);
	rc |= write_enum(b, caps, "model", CHOICES({"tpm-tis", "tpm-tis"}, {"tpm-crb", "tpm-crb"}));
	rc |= write_enum(b, caps, "backendModel",
					 CHOICES({"passthrough", "tpm-passthrough"}, {"emulator", "tpm-emulator"}));
	rc |= buf_puts(b, "    </tpm>\n");
	rc |= open_element(b, "redirdev", qemu_caps_has(caps, "usb-redir"));
	if (qemu_caps_has(caps, "usb-redir"))
		rc |= write_enum(b, caps, "bus", CHOICES({"usb", NULL})) | buf_puts(b, "    </redirdev>\n");
	rc |= open_element(b, "channel", true);
	rc |= write_enum(b, caps, "type",
					 CHOICES({"pty", NULL}, {"unix", NULL}, {"spicevmc", "chardev-spicevmc"}));
	return rc | buf_puts(b, "    </channel>\n  </devices>\n");
}

int domcaps_write(struct buf *b, const struct qemu_caps *caps, const struct qemu_machine *machine,
				  const char *arch, bool kvm)
{
	int rc = buf_printf(b,
						"<domainCapabilities>\n"
						"  <path>%s</path>\n"
						"  <domain>%s</domain>\n"
						"  <machine>%s</machine>\n"
						"  <arch>%s</arch>\n"
						"  <vcpu max='%d'/>\n"
						"  <iothreads supported='%s'/>\n",
						qemu_caps_path(caps), kvm ? "kvm" : "qemu", machine->name, arch,
						machine->max_cpus, qemu_caps_has(caps, "iothread") ? "yes" : "no");

	rc |= write_os(b, caps, machine, arch) | write_cpu(b, caps, kvm);
	rc |= buf_puts(b, "  <memoryBacking supported='yes'>\n    <enum name='sourceType'>\n"
					  "      <value>file</value>\n      <value>anonymous</value>\n"
					  "      <value>memfd</value>\n    </enum>\n  </memoryBacking>\n");
	rc |= write_devices(b, caps, strncmp(machine->name, "pc-q35", 6) == 0);
	return rc | buf_puts(b, "  <features>\n"
							"    <gic supported='no'/>\n"
							"    <vmcoreinfo supported='yes'/>\n"
							"    <genid supported='no'/>\n"
							"    <backingStoreInput supported='yes'/>\n"
							"    <backup supported='no'/>\n"
							"    <sev supported='no'/>\n"
							"    <sgx supported='no'/>\n"
							"    <hyperv supported='yes'>\n"
							"      <enum name='features'>\n"
							"        <value>spinlocks</value>\n"
							"        <value>vendor_id</value>\n"
							"      </enum>\n"
							"    </hyperv>\n"
							"  </features>\n"
							"</domainCapabilities>\n");
}
