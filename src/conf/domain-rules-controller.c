/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules of controllers, and of the devices that need or exclude one.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "conf/domain-rules.h"

/* What may follow a type, as a word list with blanks around each. */
static const char *controller_models(const char *type)
{
	static const char *const models[][2] = {
		{"scsi", " auto buslogic lsilogic lsisas1068 vmpvscsi ibmvscsi virtio-scsi lsisas1078 "
				 "virtio-transitional virtio-non-transitional ncr53c90 dc390 am53c974 "},
		{"usb", " piix3-uhci piix4-uhci ehci ich9-ehci1 ich9-uhci1 ich9-uhci2 ich9-uhci3 "
				"vt82c686b-uhci pci-ohci nec-xhci qusb1 qusb2 qemu-xhci none "},
		{"pci",
		 " pci-root pcie-root pci-bridge dmi-to-pci-bridge pcie-to-pci-bridge pcie-root-port "
		 "pcie-switch-upstream-port pcie-switch-downstream-port pci-expander-bus "
		 "pcie-expander-bus "},
		{"ide", " piix3 piix4 ich6 "},
		{"virtio-serial", " virtio virtio-transitional virtio-non-transitional "},
	};

	for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
		if (strcmp(models[i][0], type) == 0)
			return models[i][1];
	}
	return "";
}

static int usb_controller(struct node *n)
{
	const char *model = node_attr(n, "model");
	struct node *master = node_child(n, "master");
	static const char *const companions[] = {"ich9-uhci1", "ich9-uhci2", "ich9-uhci3"};

	if (is(n, "model", "none")) {
		node_remove_all(n, "alias");
		node_remove_all(n, "master");
		node_remove_all(n, "acpi");
		node_remove_all(n, "address");
		master = NULL;
	}
	for (int i = 0; model && !master && i < 3; i++) {
		if (strcmp(model, companions[i]) == 0)
			return node_setf(node_need(n, "master"), "startport", "%d", 2 * i);
	}
	return 0;
}

int rule_controller(struct conf *c, struct node *n)
{
	const char *type = node_attr(n, "type"), *model = node_attr(n, "model");
	struct node *target = node_child(n, "target"), *node = node_child(target, "node");
	char word[64];

	(void)c;
	snprintf(word, sizeof word, " %s ", model ? model : "");
	if (model && (!*model || strchr(model, ' ') || !strstr(controller_models(type), word)))
		return refuse_config("Unknown model type '%s'", model);
	if (node && node_num(node, 0) < 0)
		return refuse_xml("invalid NUMA node in target");
	return strcmp(type, "usb") == 0 ? usb_controller(n) : 0;
}

int rule_usb_controllers(struct conf *c, struct node *n)
{
	bool none = false, other = false, master = false;

	(void)c;
	NODE_EACH(usb, n, "controller")
	{
		if (!is(usb, "type", "usb"))
			continue;
		if (is(usb, "model", "none") ? other || none : none)
			return refuse_detail(
				"Can't add another USB controller: USB is disabled for this domain");
		none = none || is(usb, "model", "none");
		other = other || !is(usb, "model", "none");
		master = master || !node_child(usb, "master");
	}
	if (other && !master)
		return refuse_detail("No master USB controller specified");
	return 0;
}

int rule_devices(struct conf *c, struct node *n)
{
	bool none = false;

	NODE_EACH(usb, n, "controller")
	none = none || (is(usb, "type", "usb") && is(usb, "model", "none"));
	if (node_count(n, "tpm") > 2)
		return refuse_xml(
			"a maximum of two TPM devices is supported, one of them being a TPM Proxy "
			"device");
	NODE_EACH(input, n, "input")
	{
		if (none && is(input, "bus", "usb"))
			return refuse_config("Can't add USB input device. USB bus is disabled");
	}
	NODE_EACH(dev, n, "hostdev")
	{
		if (none && is(dev, "type", "usb"))
			return refuse_config("Can't add host USB device: USB is disabled in this host");
	}
	if (none && node_child(n, "hub"))
		return refuse_config("Can't add USB hub: USB is disabled for this domain");
	NODE_EACH(v, n, "video")
	{
		if (is(node_child(v, "model"), "primary", "yes") && node_child(n, "video") != v) {
			struct node *first = node_child(n, "video");

			node_unlink(v);
			node_insert(n, v, first);
			break;
		}
	}
	(void)c;
	return 0;
}
