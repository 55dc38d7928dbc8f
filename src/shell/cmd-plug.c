/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Disks and network interfaces plugged into domains and taken out, described by options:
 * attach-disk, detach-disk, attach-interface, detach-interface.
 */
#include "config.h"

#include "device.h"
#include "file.h"
#include "netif.h"
#include "output.h"
#include "table.h"
#include "xml.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* Prints a device's XML for --print-xml, or makes the change with it. */
static int print_or_change(struct shell *sh, const struct invocation *in,
						   const struct rvirt_wire_domain *dom, enum device_act act,
						   const char *what, const char *xml, unsigned flags)
{
	if (args_given(in, "print-xml")) {
		out_text(sh, "%s", xml);
		out_value(sh, json_pack("{s:o}", "xml", out_json_text(xml)));
		return 0;
	}
	if (device_change(sh, in, dom, act, xml, flags) < 0)
		return out_fail_at(sh, "Failed to %s %s", act == ATTACH ? "attach" : "detach",
						   *what == 'D' ? "disk" : "interface");
	out_note(sh, "%s %s successfully\n", what, act == ATTACH ? "attached" : "detached");
	return domain_done(sh, dom, act == ATTACH ? "attached" : "detached");
}

/* Numbers with separators such as 0000:01:0a.0. How many were read. */
static int read_address(const char *text, int base, unsigned long *ret)
{
	int n = 0;

	while (n < 4) {
		char *end;

		ret[n] = strtoul(text, &end, base);
		if (end == text)
			return -1;
		n++;
		if (!*end)
			return n;
		text = end + 1;
	}
	return -1;
}

/* TYPE:NUMBERS of a disk's --address. 0, or -1 with the error reported. */
static int put_address(struct shell *sh, FILE *to, const struct invocation *in, const char *text)
{
	const char *colon = strchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;
	unsigned long n[4] = {0};

#define IS(type) (len == strlen(type) && strncmp(text, type, len) == 0)
	if (IS("pci") && read_address(colon + 1, 16, n) == 4)
		fprintf(to,
				"  <address type='pci' domain='0x%04lx' bus='0x%02lx' slot='0x%02lx' "
				"function='0x%0lx'%s />\n",
				n[0], n[1], n[2], n[3],
				args_given(in, "multifunction") ? " multifunction='on'" : "");
	else if (IS("ccw") && read_address(colon + 1, 16, n) == 3)
		fprintf(to, "  <address type='ccw' cssid='0x%02lx' ssid='0x%01lx' devno='0x%04lx' />\n",
				n[0], n[1], n[2]);
	else if ((IS("scsi") || IS("ide") || IS("sata")) && read_address(colon + 1, 10, n) == 3)
		fprintf(to, "  <address type='drive' controller='%lu' bus='%lu' unit='%lu' />\n", n[0],
				n[1], n[2]);
	else if (IS("usb") && read_address(colon + 1, 10, n) == 2)
		fprintf(to, "  <address type='usb' bus='%lu' port='%lu' />\n", n[0], n[1]);
	else
		return out_refuse(sh, "Invalid address.");
#undef IS
	return 0;
}

static void put_source(FILE *to, const struct invocation *in, const char *type)
{
	static const char *const hosts[][2] = {{"transport", "source-host-transport"},
										   {"name", "source-host-name"},
										   {"socket", "source-host-socket"}};
	bool network = strcmp(type, "network") == 0, host = false;

	fputs("  <source", to);
	xml_put_attr(to, "protocol", args_text(in, "source-protocol"));
	xml_put_attr(to,
				 network                      ? "name"
				 : strcmp(type, "block") == 0 ? "dev"
											  : "file",
				 args_text(in, "source"));
	for (int i = 0; i < 3; i++)
		host = host || args_text(in, hosts[i][1]);
	if (!host) {
		fputs("/>\n", to);
		return;
	}
	fputs(">\n    <host", to);
	for (int i = 0; i < 3; i++)
		xml_put_attr(to, hosts[i][0], args_text(in, hosts[i][1]));
	fputs("/>\n  </source>\n", to);
}

static const char *disk_type(const struct invocation *in)
{
	const char *type = args_text(in, "sourcetype"), *driver = args_text(in, "driver");
	struct stat st;

	if (type)
		return type;
	if (args_text(in, "source-protocol"))
		return "network";
	if (driver && (strcmp(driver, "file") == 0 || strcmp(driver, "tap") == 0))
		return "file";
	return args_text(in, "source") && stat(args_text(in, "source"), &st) == 0 && S_ISBLK(st.st_mode)
			   ? "block"
			   : "file";
}

static int put_disk(struct shell *sh, FILE *to, const struct invocation *in)
{
	static const char *const driver[][2] = {{"name", "driver"},
											{"type", "subdriver"},
											{"iothread", "iothread"},
											{"cache", "cache"},
											{"io", "io"}};
	const char *type = disk_type(in), *mode = args_text(in, "mode"), *text;
	bool any = false;

	fprintf(to, "<disk type='%s'", type);
	xml_put_attr(to, "device", args_text(in, "type"));
	fprintf(to, "%s>\n", args_given(in, "rawio") ? " rawio='yes'" : "");
	for (int i = 0; i < 5; i++)
		any = any || args_text(in, driver[i][1]);
	if (any) {
		fputs("  <driver", to);
		for (int i = 0; i < 5; i++)
			xml_put_attr(to, driver[i][0], args_text(in, driver[i][1]));
		fputs("/>\n", to);
	}
	put_source(to, in, type);
	fputs("  <target", to);
	xml_put_attr(to, "dev", args_text(in, "target"));
	xml_put_attr(to, "bus", args_text(in, "targetbus"));
	fputs("/>\n", to);
	if (mode)
		fprintf(to, "  <%s/>\n", mode);
	xml_put_element(to, "serial", args_text(in, "serial"));
	if ((text = args_text(in, "alias"))) {
		fputs("  <alias", to);
		xml_put_attr(to, "name", text);
		fputs("/>\n", to);
	}
	xml_put_element(to, "wwn", args_text(in, "wwn"));
	if ((text = args_text(in, "address")) && put_address(sh, to, in, text) < 0)
		return -1;
	fputs("</disk>\n", to);
	return 0;
}

/* What put writes, owned by the caller; NULL with the error reported. */
static char *make_xml(struct shell *sh, const struct invocation *in,
					  int (*put)(struct shell *sh, FILE *to, const struct invocation *in))
{
	char *xml = NULL;
	size_t size;
	FILE *to = open_memstream(&xml, &size);
	int rc = to ? put(sh, to, in) : out_refuse(sh, "out of memory");

	if (to)
		fclose(to);
	if (rc == 0)
		return xml;
	free(xml);
	return NULL;
}

static int check_disk(struct shell *sh, const struct invocation *in)
{
	const char *type = args_text(in, "sourcetype"), *mode = args_text(in, "mode");

	if (type && strcmp(type, "file") != 0 && strcmp(type, "block") != 0 &&
		strcmp(type, "network") != 0)
		return out_refuse(sh, "Unknown source type: '%s'", type);
	if (mode && strcmp(mode, "readonly") != 0 && strcmp(mode, "shareable") != 0)
		return out_refuse(sh, "No support for %s in command 'attach-disk'", mode);
	return 0;
}

static int attach_disk_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP_FREE char *xml = NULL;
	const char *source, *target;
	unsigned flags;

	if (device_affect(sh, in, &flags) < 0 || args_get_text(sh, in, "source", &source) < 0 ||
		args_get_text(sh, in, "target", &target) < 0 || check_disk(sh, in) < 0 ||
		!(xml = make_xml(sh, in, put_disk)) ||
		(!args_given(in, "print-xml") && domain_find(sh, in, BY_ANY, &dom) < 0))
		return -1;
	return print_or_change(sh, in, &dom, ATTACH, "Disk", xml, flags);
}

static void put_rate(FILE *to, const char *name, const struct netif_rate *rate)
{
	static const char *const parts[] = {"average", "peak", "burst", "floor"};
	const uint64_t values[] = {rate->average, rate->peak, rate->burst, rate->floor};

	fprintf(to, "    <%s", name);
	for (int i = 0; i < 4; i++)
		if (values[i])
			fprintf(to, " %s='%llu'", parts[i], (unsigned long long)values[i]);
	fputs("/>\n", to);
}

static int put_interface_source(struct shell *sh, FILE *to, const struct invocation *in)
{
	const char *type = args_text(in, "type"), *source = args_text(in, "source");
	unsigned long n[4];

	if (strcmp(type, "hostdev") == 0) {
		if (read_address(source, 16, n) != 4)
			return out_refuse(sh, "cannot parse pci address '%s' for network interface", source);
		fprintf(to,
				"  <source>\n    <address type='pci' domain='0x%.4lx' bus='0x%.2lx' slot='0x%.2lx' "
				"function='0x%.1lx'/>\n  </source>\n",
				n[0], n[1], n[2], n[3]);
		return 0;
	}
	if (strcmp(type, "direct") != 0 && strcmp(type, "network") != 0 && strcmp(type, "bridge") != 0)
		return out_refuse(sh, "No support for %s in command 'attach-interface'", type);
	fputs("  <source", to);
	xml_put_attr(to, strcmp(type, "direct") == 0 ? "dev" : type, source);
	xml_put_attr(to, "mode", args_text(in, "source-mode"));
	fputs("/>\n", to);
	return 0;
}

static int put_interface(struct shell *sh, FILE *to, const struct invocation *in)
{
	static const char *const parts[][3] = {{"target", "dev", "target"},
										   {"mac", "address", "mac"},
										   {"script", "path", "script"},
										   {"model", "type", "model"},
										   {"alias", "name", "alias"}};
	struct netif_rate inbound = {0}, outbound = {0};
	int has_in, has_out;

	if ((has_in = netif_rate(sh, in, "inbound", false, &inbound)) < 0 ||
		(has_out = netif_rate(sh, in, "outbound", false, &outbound)) < 0)
		return -1;
	fprintf(to, "<interface type='%s'%s>\n", args_text(in, "type"),
			args_given(in, "managed") ? " managed='yes'" : "");
	if (put_interface_source(sh, to, in) < 0)
		return -1;
	for (int i = 0; i < 5; i++) {
		if (!args_text(in, parts[i][2]))
			continue;
		fprintf(to, "  <%s", parts[i][0]);
		xml_put_attr(to, parts[i][1], args_text(in, parts[i][2]));
		fputs("/>\n", to);
	}
	if (has_in || has_out) {
		fputs("  <bandwidth>\n", to);
		if (has_in)
			put_rate(to, "inbound", &inbound);
		if (has_out)
			put_rate(to, "outbound", &outbound);
		fputs("  </bandwidth>\n", to);
	}
	fputs("</interface>\n", to);
	return 0;
}

static int attach_interface_run(struct shell *sh, const struct invocation *in)
{
	static const char *const types[] = {"network",  "bridge",    "direct", "hostdev", "user",
										"ethernet", "vhostuser", "server", "client",  "mcast",
										"internal", "udp",       "vdpa",   "null",    "vds"};
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP_FREE char *xml = NULL;
	const char *type, *source;
	unsigned flags;
	bool known = false;

	if (device_affect(sh, in, &flags) < 0 || args_get_text(sh, in, "type", &type) < 0 ||
		args_get_text(sh, in, "source", &source) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		known = known || strcmp(type, types[i]) == 0;
	if (!known)
		return out_refuse(sh, "No support for %s in command 'attach-interface'", type);
	if (!(xml = make_xml(sh, in, put_interface)) ||
		(!args_given(in, "print-xml") && domain_find(sh, in, BY_ANY, &dom) < 0))
		return -1;
	return print_or_change(sh, in, &dom, ATTACH, "Interface", xml, flags);
}

/* The definition in which a device is looked for: the next one's, if that alone is to change. */
static xmlDoc *definition(struct shell *sh, const struct rvirt_wire_domain *dom, unsigned flags)
{
	CLEANUP_FREE char *xml =
		domain_xml(sh, dom,
				   flags & RVIRT_DOMAIN_AFFECT_CONFIG && !(flags & RVIRT_DOMAIN_AFFECT_LIVE)
					   ? RVIRT_DOMAIN_XML_INACTIVE
					   : 0);

	return xml ? xml_parse(xml, true) : NULL;
}

static int detach_disk_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP_XML xmlDoc *doc = NULL;
	CLEANUP_FREE xmlNode **nodes = NULL;
	CLEANUP_FREE char *xml = NULL;
	const char *target;
	unsigned flags;
	size_t n = 0;

	if (device_affect(sh, in, &flags) < 0 || domain_find(sh, in, BY_ANY, &dom) < 0 ||
		args_get_text(sh, in, "target", &target) < 0 || !(doc = definition(sh, &dom, flags)) ||
		xml_nodes(doc, "/domain/devices/disk", &nodes, &n) < 0)
		return -1;
	for (size_t i = 0; !xml && i < n; i++) {
		CLEANUP_FREE char *dev = xml_string(doc, nodes[i], "string(./target/@dev)");
		CLEANUP_FREE char *path = xml_string(doc, nodes[i], "string(./source/@file|./source/@dev)");

		if ((dev && strcmp(dev, target) == 0) || (path && strcmp(path, target) == 0))
			xml = xml_format(doc, nodes[i]);
	}
	if (!xml)
		return out_refuse(sh, "No disk found whose source path or target is %s", target);
	return print_or_change(sh, in, &dom, DETACH, "Disk", xml, flags);
}

static int detach_interface_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP_XML xmlDoc *doc = NULL;
	CLEANUP_FREE xmlNode **nodes = NULL;
	CLEANUP_FREE char *xml = NULL;
	const char *type, *mac;
	xmlNode *found = NULL;
	size_t n = 0, of_type = 0, hits = 0;
	unsigned flags;

	if (device_affect(sh, in, &flags) < 0 || domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	if (args_get_text(sh, in, "type", &type) < 0 || args_get_text(sh, in, "mac", &mac) < 0)
		return out_refuse(sh, "Failed to detach interface");
	if (!(doc = definition(sh, &dom, flags)) ||
		xml_nodes(doc, "/domain/devices/interface", &nodes, &n) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		CLEANUP_FREE char *its_type = xml_string(doc, nodes[i], "string(./@type)");
		CLEANUP_FREE char *its_mac = xml_string(doc, nodes[i], "string(./mac/@address)");

		if (!its_type || strcmp(its_type, type) != 0)
			continue;
		of_type++;
		if (mac && (!its_mac || strcasecmp(mac, its_mac) != 0))
			continue;
		found = nodes[i];
		hits++;
	}
	if (!of_type)
		out_refuse(sh, "No interface found whose type is %s", type);
	else if (!mac && of_type > 1)
		out_refuse(sh, "Domain has %zu interfaces. Please specify which one to detach using --mac",
				   of_type);
	else if (!hits)
		out_refuse(sh, "No interface with MAC address %s was found", mac);
	else if (hits > 1)
		out_refuse(sh,
				   "Domain has multiple interfaces matching MAC address %s. You must use "
				   "detach-device and specify the device pci address to remove it.",
				   mac);
	if (hits != 1)
		return args_given(in, "print-xml") ? -1 : out_refuse(sh, "Failed to detach interface");
	xml = xml_format(doc, found);
	return print_or_change(sh, in, &dom, DETACH, "Interface", xml, flags);
}

#define ARG_PRINT                                                                                  \
	{                                                                                              \
		"print-xml", ARG_BOOL, "print the XML instead"                                             \
	}
static const struct arg attach_disk_args[] = {
	ARG_DOMAIN_ANY(0),
	{"source", ARG_DATA, "file, device or network name of the host", ARG_EMPTY, file_complete},
	{"target", ARG_DATA, "name of the disk in the guest"},
	{"targetbus", ARG_STRING, "bus that it is on"},
	{"driver", ARG_STRING, "the hypervisor's driver"},
	{"subdriver", ARG_STRING, "format, such as raw or qcow2"},
	{"iothread", ARG_STRING, "id of an I/O thread"},
	{"cache", ARG_STRING, "how the host caches it"},
	{"io", ARG_STRING, "how the host reads and writes it"},
	{"type", ARG_STRING, "disk, cdrom, floppy or lun"},
	{"shareable", ARG_ALIAS, "mode=shareable"},
	{"mode", ARG_STRING, "readonly or shareable"},
	{"sourcetype", ARG_STRING, "file, block or network"},
	{"serial", ARG_STRING, "serial number"},
	{"wwn", ARG_STRING, "world wide name"},
	{"alias", ARG_STRING, "alias of one's own"},
	{"rawio", ARG_BOOL, "let the guest use raw SCSI commands"},
	{"address", ARG_STRING, "address in the guest, such as pci:0000.00.0a.0"},
	{"multifunction", ARG_BOOL, "with a PCI address: one of several functions"},
	ARG_PRINT,
	{"source-protocol", ARG_STRING, "protocol of a network disk"},
	{"source-host-name", ARG_STRING, "its host"},
	{"source-host-transport", ARG_STRING, "how the host is reached"},
	{"source-host-socket", ARG_STRING, "socket of the host"},
	ARG_PERSISTENT,
	ARGS_AFFECT,
	{NULL},
};
static const struct arg attach_interface_args[] = {
	ARG_DOMAIN_ANY(0),
	{"type", ARG_DATA, "network, bridge, direct or hostdev"},
	{"source", ARG_DATA, "the network, bridge, device or PCI address"},
	{"target", ARG_STRING, "name of the interface on the host"},
	{"mac", ARG_STRING, "MAC address"},
	{"script", ARG_STRING, "script that sets it up"},
	{"model", ARG_STRING, "model that the guest sees"},
	{"alias", ARG_STRING, "alias of one's own"},
	{"inbound", ARG_STRING, "average,peak,burst,floor of what comes in"},
	{"outbound", ARG_STRING, "average,peak,burst of what goes out"},
	ARG_PERSISTENT,
	ARGS_AFFECT,
	ARG_PRINT,
	{"managed", ARG_BOOL, "let the host take and give back a PCI device"},
	{"source-mode", ARG_STRING, "mode of the source"},
	{NULL},
};
static const struct arg detach_disk_args[] = {
	ARG_DOMAIN_ANY(0), {"target", ARG_DATA, "target or source of a disk"},
	ARG_PERSISTENT,    ARGS_AFFECT,
	ARG_PRINT,         {NULL}};
static const struct arg detach_interface_args[] = {ARG_DOMAIN_ANY(0),
												   {"type", ARG_DATA, "type of an interface"},
												   {"mac", ARG_STRING, "its MAC address"},
												   ARG_PERSISTENT,
												   ARGS_AFFECT,
												   ARG_PRINT,
												   {NULL}};

const struct cmd *cmd_plug_rows(void)
{
	static const struct cmd rows[] = {
		{"attach-disk", "domain", "plug in a disk", "Plugs a disk into a domain.", attach_disk_args,
		 CMD_WRITES, attach_disk_run},
		{"detach-disk", "domain", "take out a disk", "Takes a disk out of a domain.",
		 detach_disk_args, CMD_WRITES, detach_disk_run},
		{"attach-interface", "domain", "plug in a network interface",
		 "Plugs a network interface into a domain.", attach_interface_args, CMD_WRITES,
		 attach_interface_run},
		{"detach-interface", "domain", "take out a network interface",
		 "Takes a network interface out of a domain.", detach_interface_args, CMD_WRITES,
		 detach_interface_run},
		{NULL},
	};

	return rows;
}
