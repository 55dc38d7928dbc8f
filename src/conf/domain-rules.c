/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules of what many devices share: boot order, alias, address, ROM, security labels, the source of
 * a character device, the source of storage.
 */
#include "config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "conf/domain-rules.h"
#include "conf/value.h"
#include "conf/xml.h"

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

bool domain_os_is(const struct conf *c, const char *type)
{
	return node_text_is(node_child(c->root, "os/type"), type);
}

bool domain_arch_is_x86(const struct conf *c)
{
	const struct node *type = node_child(c->root, "os/type");

	return node_attr_is(type, "arch", "x86_64") || node_attr_is(type, "arch", "i686");
}

bool domain_is_virtio(const char *model)
{
	return model && (strcmp(model, "virtio") == 0 || strcmp(model, "virtio-transitional") == 0 ||
					 strcmp(model, "virtio-non-transitional") == 0);
}

const struct node *domain_earlier(const struct node *n, const char *attr)
{
	for (const struct node *o = node_child(n->parent, node_name(n)); o != n; o = node_next(o)) {
		if (is(o, attr, node_attr(n, attr)))
			return o;
	}
	return NULL;
}

int domain_check_no_virtio(const struct node *driver)
{
	static const char *const options[] = {"iommu", "ats", "packed"};

	for (size_t i = 0; i < 3; i++) {
		if (node_attr(driver, options[i]))
			return refuse_config("%s driver option is only supported for virtio devices",
								 options[i]);
	}
	if (node_attr(driver, "page_per_vq"))
		return refuse_config("page_per_vq option is only supported for virtio devices");
	return 0;
}

int rule_boot(struct conf *c, struct node *n)
{
	const char *loadparm = node_attr(n, "loadparm");
	CLEANUP_FREE char *upper = NULL;
	size_t len;

	(void)c;
	if (!loadparm)
		return 0;
	if (!(upper = strdup(loadparm)))
		return error_oom();
	len = strlen(upper);
	for (size_t i = 0; i < len; i++)
		upper[i] = (char)toupper((unsigned char)upper[i]);
	if (len < 1 || len > 8)
		return refuse_internal("loadparm value '%s' must be between 1 and 8 characters", upper);
	if (strspn(upper, ALNUM ". ") < len)
		return refuse_internal(
			"invalid loadparm value '%s', expecting chars in set of [a-zA-Z0-9.] "
			"and blank spaces",
			upper);
	return node_set(n, "loadparm", upper);
}

/* Only aliases that users may give are kept, others while the domain runs. */
int rule_alias(struct conf *c, struct node *n)
{
	const char *name = node_attr(n, "name");

	if (!name || (strncmp(name, "ua-", 3) == 0 && strspn(name, ALNUM "_-") == strlen(name)))
		return 0;
	if (!c->live)
		return node_set(n, "name", NULL);
	n->show = SHOW_LIVE;
	return 0;
}

static int pci_address(struct node *n)
{
	struct node *zpci = node_child(n, "zpci");

	if (common_pci_is_empty(n)) {
		node_set(n, "domain", NULL);
		node_set(n, "bus", NULL);
		node_set(n, "slot", NULL);
		node_set(n, "function", NULL);
	}
	if (zpci && node_attr(zpci, "uid") && !node_attr(zpci, "fid"))
		return node_set(zpci, "fid", "0x00000000");
	if (zpci && node_attr(zpci, "fid") && !node_attr(zpci, "uid"))
		return node_set(zpci, "uid", "0x0000");
	return 0;
}

int rule_usb_port(struct conf *c, struct node *n)
{
	const char *p = node_attr(n, "port");
	unsigned port[4] = {0}, depth = 0;
	char *end;

	(void)c;
	if (!p)
		return 0;
	for (; depth < 4; depth++) {
		unsigned long v = strtoul(p, &end, 10);

		if (end == p || v > UINT_MAX || memchr(p, '-', (size_t)(end - p)))
			break;
		port[depth] = (unsigned)v;
		if (!*end) {
			for (depth = 0; depth < 4 && port[depth];)
				depth++;
			return depth == 0   ? node_set(n, "port", NULL)
				   : depth == 1 ? node_setf(n, "port", "%u", port[0])
				   : depth == 2 ? node_setf(n, "port", "%u.%u", port[0], port[1])
				   : depth == 3
					   ? node_setf(n, "port", "%u.%u.%u", port[0], port[1], port[2])
					   : node_setf(n, "port", "%u.%u.%u.%u", port[0], port[1], port[2], port[3]);
		}
		p = *end == '.' ? end + 1 : end;
	}
	return refuse_internal("Cannot parse <address> 'port' attribute");
}

static int ccw_address(struct node *n)
{
	long long cssid = node_attr_num(n, "cssid", 0), ssid = node_attr_num(n, "ssid", 0);
	long long devno = node_attr_num(n, "devno", 0);

	if (cssid > 0xfe || ssid > 3 || devno > 0xffff)
		return refuse_internal("Invalid specification for virtio ccw address: cssid='0x%llx' "
							   "ssid='0x%llx' devno='0x%04llx'",
							   cssid, ssid, devno);
	if (n->nattrs != 4 && n->nattrs != 1)
		return refuse_internal("Invalid partial specification for virtio ccw address");
	if (n->nattrs == 4)
		return 0;
	return node_set(n, "cssid", "0x0") < 0 || node_set(n, "ssid", "0x0") < 0
			   ? -1
			   : node_set(n, "devno", "0x0000");
}

int rule_address(struct conf *c, struct node *n)
{
	const char *type = node_attr(n, "type");

	(void)c;
	if (strcmp(type, "pci") == 0)
		return pci_address(n);
	if (strcmp(type, "ccw") == 0)
		return ccw_address(n);
	if (strcmp(type, "virtio-s390") == 0)
		return refuse_xml("virtio-s390 bus doesn't have an address");
	return 0;
}

int rule_rom(struct conf *c, struct node *n)
{
	(void)c;
	if (node_attr_is(n, "enabled", "no") && (node_attr(n, "bar") || node_attr(n, "file")))
		return refuse_config("ROM tuning is not supported when ROM is disabled");
	return 0;
}

int rule_bytes(struct conf *c, struct node *n)
{
	(void)c;
	return n->text ? node_set(n, "unit", "bytes") : 0;
}

/* The label of a single source. Without a label it says nothing as long as relabelling is on. */
int rule_device_seclabel(struct conf *c, struct node *n)
{
	const char *model = node_attr(n, "model");
	struct node *label = node_child(n, "label");
	bool relabel = node_attr_is(n, "relabel", "yes");

	(void)c;
	for (const struct node *o = node_child(n->parent, "seclabel"); model && o != n;
		 o = node_next(o)) {
		if (node_attr_is(o, "model", model))
			return refuse_detail("seclabel for model %s is already provided", model);
	}
	if (label && label->text && strlen(label->text) >= 4096)
		node_set_text(label, NULL);
	if (label && label->text && !relabel)
		return refuse_xml("Cannot specify a label if relabelling is turned off. model=%s",
						  model ? model : "<null>");
	if (relabel && !(label && label->text))
		n->show |= SHOW_LIVE;
	return 0;
}

int rule_log(struct conf *c, struct node *n)
{
	(void)c;
	return node_attr(n, "file") ? 0 : node_set(n, "append", NULL);
}

int rule_unix_source(struct conf *c, struct node *n)
{
	(void)c;
	if (!node_attr(n, "path"))
		n->show |= SHOW_NEVER;
	return 0;
}

static unsigned default_port(const char *protocol)
{
	static const struct {
		const char *name;
		unsigned port;
	} ports[] = {{"http", 80},    {"https", 443},     {"ftp", 21},    {"ftps", 990},
				 {"tftp", 69},    {"sheepdog", 7000}, {"nbd", 10809}, {"ssh", 22},
				 {"iscsi", 3260}, {"gluster", 24007}, {"vxhs", 9999}};

	for (size_t i = 0; protocol && i < sizeof ports / sizeof *ports; i++) {
		if (strcmp(ports[i].name, protocol) == 0)
			return ports[i].port;
	}
	return 0;
}

int rule_storage_host(struct conf *c, struct node *n)
{
	const char *transport = node_attr(n, "transport"), *port = node_attr(n, "port");
	bool local = transport && strcmp(transport, "unix") == 0;
	/* a host device has its ports as they are */
	bool disk = strcmp(node_name(n->parent->parent), "hostdev") != 0;
	unsigned number = 0;

	(void)c;
	if (local && !node_attr(n, "socket"))
		return refuse_xml("missing socket for unix transport");
	if (!local && node_attr(n, "socket"))
		return refuse_xml("transport '%s' does not support socket attribute",
						  transport ? transport : "(null)");
	if (local)
		return node_set(n, "name", NULL) < 0 ? -1 : node_set(n, "port", NULL);
	if (!node_attr(n, "name"))
		return refuse_xml("missing name for host");
	if (port && value_parse_uint(port, 10, &number) < 0)
		return error_set(FROM_NONE, ERR_INVALID_ARG, "failed to parse port number '%s'", port);
	if (number > 0xffff)
		return error_set(FROM_NONE, ERR_INVALID_ARG, "port '%s' out of range", port);
	if (transport && strcmp(transport, "tcp") == 0)
		transport = NULL;
	if (number == 0 && !transport && disk)
		number = default_port(node_attr(n->parent, "protocol"));
	if (!transport || !disk)
		node_set(n, "transport", NULL);
	return number ? node_setf(n, "port", "%u", number) : node_set(n, "port", NULL);
}

int rule_slice(struct conf *c, struct node *n)
{
	const char *offset = node_attr(n, "offset"), *size = node_attr(n, "size");
	unsigned long long o, s;

	(void)c;
	if (!node_attr_is(n, "type", "storage") || node_child(n->parent, "slice") != n) {
		n->show |= SHOW_NEVER;
		return 0;
	}
	if (!offset || !*offset || !size || !*size)
		return refuse_xml("missing offset or size attribute of slice");
	if (value_parse_ull(offset, 10, &o) < 0)
		return refuse_xml("malformed value '%s' of 'offset' attribute of slice", offset);
	if (value_parse_ull(size, 10, &s) < 0)
		return refuse_xml("malformed value '%s' of 'size' attribute of slice", size);
	return node_setf(n, "offset", "%llu", o) < 0 ? -1 : node_setf(n, "size", "%llu", s);
}

int rule_cookies(struct conf *c, struct node *n)
{
	(void)c;
	NODE_EACH(a, n, "cookie")
	{
		const char *name = node_attr(a, "name"), *value = a->text;
		size_t len = value ? strlen(value) : 0;

		if (!value)
			return refuse_xml("missing value for cookie '%s'", name);
		if (strpbrk(name, " ,;\"\\()/:<>=?@[]{}\t"))
			return error_set(FROM_STORAGE, ERR_XML_ERROR,
							 "cookie name '%s' contains invalid characters", name);
		if ((value[0] == '"' && value[len - 1] != '"') ||
			strcspn(value + (value[0] == '"'), " ,;\"\\") < len - (value[0] == '"' ? 2 : 0))
			return error_set(FROM_STORAGE, ERR_XML_ERROR,
							 "value of cookie '%s' contains invalid characters", name);
	}
	NODE_EACH(a, n, "cookie")
	{
		for (const struct node *b = node_next(a); b; b = node_next(b)) {
			if (node_attr_is(b, "name", node_attr(a, "name")))
				return error_set(FROM_STORAGE, ERR_XML_ERROR, "duplicate cookie '%s'",
								 node_attr(a, "name"));
		}
	}
	return 0;
}

int rule_reservations(struct conf *c, struct node *n)
{
	struct node *source = node_child(n, "source");
	const char *type = node_attr(source, "type"), *path = node_attr(source, "path");
	const char *mode = node_attr(source, "mode");
	bool unmanaged = node_attr_is(n, "managed", "no");

	(void)c;
	if (unmanaged || type || path || mode) {
		if (!type)
			return refuse_xml("missing connection type for <reservations/>");
		if (!path)
			return refuse_xml("missing path for <reservations/>");
		if (!mode)
			return refuse_xml("missing connection mode for <reservations/>");
	}
	if (type && strcmp(type, "unix") != 0)
		return refuse_xml("unsupported connection type for <reservations/>: %s", type);
	if (mode && strcmp(mode, "client") != 0)
		return refuse_xml("unsupported connection mode for <reservations/>: %s", mode);
	if (unmanaged && source)
		source->show = 0;
	return 0;
}

int rule_network_source(struct conf *c, struct node *n)
{
	const char *protocol = node_attr(n, "protocol"), *name = node_attr(n, "name");

	(void)c;
	if (!name && strcmp(protocol, "nbd") != 0)
		return refuse_xml("missing name for disk source");
	if (name && (strcmp(protocol, "gluster") == 0 || strcmp(protocol, "rbd") == 0) &&
		(!strchr(name, '/') || *name == '/'))
		return refuse_xml("can't split path '%s' into pool name and image name", name);
	return 0;
}

static int volume_source(struct node *n)
{
	const char *pool = node_attr(n, "pool"), *volume = node_attr(n, "volume");
	const char *mode = node_attr(n, "mode");

	if (!pool && !volume)
		return node_set(n, "mode", NULL);
	if (!pool || !volume)
		return refuse_xml("'pool' and 'volume' must be specified together for 'pool' type source");
	if (mode && strcmp(mode, "host") != 0 && strcmp(mode, "direct") != 0)
		return refuse_config("unknown source mode '%s' for volume type disk", mode);
	return 0;
}

/* An empty path is as good as none. */
static void drop_empty(struct node *n, const char *name)
{
	if (node_attr_is(n, name, ""))
		node_set(n, name, NULL);
}

int rule_source(struct conf *c, struct node *n)
{
	const char *type = node_attr(n->parent, "type");

	(void)c;
	if (strcmp(type, "network") == 0) {
		drop_empty(n, "name");
		return node_set(n, "startupPolicy", node_attr(n, "startupPolicy"));
	}
	if (strcmp(type, "volume") == 0)
		return volume_source(n);
	if (strcmp(type, "nvme") == 0 && !node_attr_is(n, "type", "pci"))
		return refuse_xml("unsupported source type '%s'", node_attr(n, "type"));
	if (strcmp(type, "vhostuser") == 0 && !node_attr_is(n, "type", "unix"))
		return refuse_xml("invalid 'type' attribute for vhostuser disk source");
	drop_empty(n, "file");
	drop_empty(n, "dev");
	drop_empty(n, "dir");
	return 0;
}

/* Without a type the chain ends here. */
int rule_backing(struct conf *c, struct node *n)
{
	const struct node *format = node_child(n, "format");

	(void)c;
	if (!node_attr(n, "type"))
		return 0;
	if (!node_attr(format, "type"))
		return refuse_xml("missing disk backing store format");
	if (!node_child(n, "source"))
		return refuse_xml("missing disk backing store source");
	return 0;
}
