/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules of host devices.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "conf/domain-rules.h"
#include "conf/value.h"
#include "conf/xml.h"

/* The type of a host device, by its mode. */
int rule_hostdev(struct conf *c, struct node *n)
{
	static const char *const types[2][6] = {{"usb", "pci", "scsi", "scsi_host", "mdev", NULL},
											{"storage", "misc", "net", NULL}};
	const char *type = node_attr(n, "type");
	bool subsystem = is(n, "mode", "subsystem"), found = false;
	const xmlNode *source = xml_child(n->in, "source");

	(void)c;
	for (const char *const *t = types[!subsystem]; *t; t++)
		found = found || strcmp(*t, type) == 0;
	if (!found)
		return refuse_config("unknown host device source address type '%s'", type);
	if (!source)
		return refuse_xml("Missing <source> element in hostdev device");
	if (!subsystem)
		return 0;
	if (strcmp(type, "usb") != 0 && xmlHasProp(source, (const xmlChar *)"startupPolicy"))
		return refuse_config("Setting startupPolicy is only allowed for USB devices");
	if (node_attr(n, "sgio") && strcmp(type, "scsi") != 0)
		return refuse_xml("sgio is only supported for scsi host device");
	if (node_attr(n, "rawio") && strcmp(type, "scsi") != 0)
		return refuse_xml("rawio is only supported for scsi host device");
	return 0;
}

static int hostdev_model(struct node *n)
{
	const char *type = node_attr(n, "type"), *model = node_attr(n, "model");
	bool mdev = strcmp(type, "mdev") == 0;

	if (!model)
		return mdev ? error_set(FROM_XML, ERR_XML_ERROR,
								"Missing required attribute 'model' in element 'hostdev'")
					: 0;
	if (!mdev && strcmp(type, "scsi_host") != 0)
		return refuse_xml("'model' attribute in <hostdev> is only supported when type='%s'", type);
	if (mdev && (strcmp(model, "vfio-pci") == 0 || strcmp(model, "vfio-ccw") == 0 ||
				 strcmp(model, "vfio-ap") == 0))
		return 0;
	if (!mdev && strcmp(model, "default") == 0)
		return node_set(n, "model", NULL);
	if (!mdev && domain_is_virtio(model))
		return 0;
	return error_set(FROM_XML, ERR_XML_ERROR,
					 "Invalid value for attribute 'model' in element 'hostdev': '%s'.", model);
}

static int hostdev_usb(struct node *source)
{
	bool vendor = node_child(source, "vendor"), product = node_child(source, "product");
	struct node *address = node_child(source, "address");

	if (vendor && !product)
		return refuse_internal("missing product");
	if (product && !vendor)
		return refuse_internal("missing vendor");
	if (address && !node_attr_num(address, "bus", 0) && !node_attr_num(address, "device", 0))
		node_remove(address);
	return 0;
}

int rule_hostdev_source(struct conf *c, struct node *n)
{
	const char *wwpn = node_attr(n, "wwpn");
	const struct node *dev = n->parent;

	(void)c;
	if (hostdev_model(n->parent) < 0)
		return -1;
	if (is(dev, "type", "usb"))
		return hostdev_usb(n);
	if (is(dev, "type", "pci") && !node_child(n, "address")) {
		struct node *address = node_add(n, "address");

		return !address || node_set(address, "domain", "0x0000") < 0 ||
					   node_set(address, "bus", "0x00") < 0 || node_set(address, "slot", "0x00") < 0
				   ? -1
				   : node_set(address, "function", "0x0");
	}
	if (wwpn) {
		const char *p = wwpn + (strncmp(wwpn, "naa.", 4) == 0 ? 4 : 0);
		size_t digits;

		if (p == wwpn)
			return refuse_xml("malformed 'wwpn' value");
		p += strncmp(p, "0x", 2) == 0 ? 2 : 0;
		digits = strspn(p, "0123456789abcdefABCDEF");
		if (digits != 16 || p[digits])
			return refuse_xml("malformed 'wwpn' value");
	}
	return 0;
}

int rule_hostdev_scsi(struct conf *c, struct node *n)
{
	const struct node *auth = node_child(n, "auth"), *secret = node_child(auth, "secret");
	const char *type = node_attr(secret, "type");

	(void)c;
	if (hostdev_model(n->parent) < 0)
		return -1;
	if (!node_attr(n, "protocol")) {
		if (!node_attr(node_child(n, "adapter"), "name"))
			return refuse_xml("'adapter' name must be specified for scsi hostdev source");
		return 0;
	}
	if (node_count(n, "host") < 1)
		return refuse_xml("missing the host address for the iSCSI hostdev");
	if (node_count(n, "host") > 1)
		return refuse_xml("only one source host address may be specified for the iSCSI hostdev");
	node_set(node_child(n, "host"), "socket", NULL);
	if (!auth)
		return 0;
	if (!type || !strstr(" none volume ceph iscsi tls vtpm ", type))
		return refuse_config("invalid secret type %s", type ? type : "(null)");
	if (strcmp(type, "iscsi") != 0)
		return refuse_internal("hostdev invalid secret type '%s'", type);
	return 0;
}

static int usb_number(struct node *n, const char *name, const char *fmt, int most)
{
	const char *text = node_attr(n, name);
	int v;

	if (!text)
		return 0;
	if (value_parse_int(text, 0, &v) < 0)
		return error_set(
			FROM_XML, ERR_XML_ERROR,
			"Invalid value for attribute '%s' in element 'usbdev': '%s'. Expected integer "
			"value",
			name, text);
	if (most && v != -1 && (v & ~most))
		return refuse_internal("Invalid USB Class code 0x%x", (unsigned)v);
	if (v < 0)
		return node_set(n, name, NULL);
	return strcmp(fmt, "02") == 0 ? node_setf(n, name, "0x%02X", (unsigned)v)
								  : node_setf(n, name, "0x%04X", (unsigned)v);
}

int rule_usbdev(struct conf *c, struct node *n)
{
	const char *version = node_attr(n, "version");
	unsigned major, minor;
	char *end;

	(void)c;
	if (usb_number(n, "class", "02", 0xff) < 0 || usb_number(n, "vendor", "04", 0) < 0 ||
		usb_number(n, "product", "04", 0) < 0)
		return -1;
	if (!version)
		return 0;
	if (strcmp(version, "-1") == 0)
		return node_set(n, "version", NULL);
	major = (unsigned)strtoul(version, &end, 10);
	if (end == version || *end != '.' || value_parse_uint(end + 1, 10, &minor) < 0 ||
		major >= 100 || minor >= 100)
		return refuse_xml("Cannot parse USB device version %s", version);
	if (strlen(end + 1) == 1)
		minor *= 10;
	return node_setf(n, "version", "%u.%02u", major, minor);
}
