/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host's device as a kind of definition, and its rules: mostly, that parts which carry their
 * kind in an attribute are written in an order of their own, each kind once.
 */
#include "config.h"
#include "conf/nodedev.h"

#include <stdlib.h>

#include "conf/common-rules.h"
#include "conf/nodedev-format.h" /* the rules that nodedev.fmt names: rule_NAME() */
#include "conf/schema.h"
#include "conf/value.h"
#include "conf/xml.h"

#define refuse_xml(...) error_set(FROM_NODEDEV, ERR_XML_ERROR, __VA_ARGS__)
#define refuse_config(...) error_set(FROM_NODEDEV, ERR_CONFIG_UNSUPPORTED, __VA_ARGS__)
#define refuse(...) error_set(FROM_NODEDEV, ERR_INTERNAL_ERROR, __VA_ARGS__)

#define NEW_DEVICE "new device"

const struct def_kind *def_kind_nodedev(void)
{
	static const char *const files[] = SCHEMA_FILES("nodedev.rng");
	static struct schema schema = SCHEMA(files);
	static const struct def_kind kind = {.root = "device",
										 .what = "(node_device_definition)",
										 .error_domain = FROM_NODEDEV,
										 .format = format_device,
										 .schema = &schema};

	return &kind;
}

int nodedev_parse_new(const char *xml, unsigned flags, struct def **ret_def)
{
	const struct def_kind *kind = def_kind_nodedev();
	CLEANUP(cleanup_xml_doc)
	xmlDoc *doc = def_read_xml(kind, xml, flags);
	xmlNode *device = doc ? xmlDocGetRootElement(doc) : NULL, *name;

	if (!doc)
		return -1;
	while ((name = (xmlNode *)(uintptr_t)xml_child(device, "name"))) {
		xmlUnlinkNode(name);
		xmlFreeNode(name);
	}
	if (!xmlNewChild(device, NULL, (const xmlChar *)"name", (const xmlChar *)NEW_DEVICE))
		return error_oom();
	return def_parse_node(kind, device, ret_def);
}

static const char *name_of(const struct conf *c)
{
	return common_text(c, "name");
}

/* The kinds of parts in the order of writing, each list for itself. */
static const char *const order[] = {"dev",
									"link",
									"readonly",
									"readwrite",
									"cap",
									"sta",
									"fc_host",
									"vport_ops",
									"fc_remote_port",
									"removable",
									"hotpluggable",
									"phys_function",
									"virt_functions",
									"pci-bridge",
									"cardbus-bridge",
									"mdev_types",
									"vpd",
									"rx",
									"tx",
									"sg",
									"tso",
									"gso",
									"gro",
									"lro",
									"rxvlan",
									"txvlan",
									"ntuple",
									"rxhash",
									"rdma",
									"txudptnl",
									"switchdev"};

static int rank(const char *kind)
{
	int n = sizeof order / sizeof *order;

	while (n-- && !(kind && strcmp(order[n], kind) == 0))
		;
	return n;
}

static int compare_rank(const struct node *a, const struct node *b, const char *attr)
{
	return rank(node_attr(a, attr)) - rank(node_attr(b, attr));
}

/* Puts the elements of that name in order, by the attribute with their kind; of each kind only the
 * first or the last stays, of no known kind none. */
static void tidy(struct node *n, const char *element, const char *attr, bool first)
{
	struct node *next;

	for (struct node *a = node_child(n, element); a; a = next) {
		bool drop = rank(node_attr(a, attr)) < 0;

		next = node_next(a);
		for (struct node *b = node_child(n, element); b && !drop && first && b != a;
			 b = node_next(b))
			drop = same(node_attr(a, attr), node_attr(b, attr));
		for (struct node *b = next; b && !drop && !first; b = node_next(b))
			drop = same(node_attr(a, attr), node_attr(b, attr));
		if (drop)
			node_remove(a);
	}
	node_sort(n, element, compare_rank, attr);
}

int rule_nodedev_devnode(struct conf *c, struct node *n)
{
	(void)c;
	return n->text ? 0 : node_set_text(n, "");
}

int rule_nodedev_devnodes(struct conf *c, struct node *n)
{
	struct node *kept = NULL, *next;

	(void)c;
	for (struct node *d = node_child(n, "devnode"); d; d = next) {
		next = node_next(d);
		if (!is(d, "type", "dev"))
			continue;
		node_remove(kept);
		kept = d;
	}
	node_sort(n, "devnode", compare_rank, "type");
	return 0;
}

int rule_nodedev_parent(struct conf *c, struct node *n)
{
	static const char *const ids[] = {"wwnn", "wwpn", "fabric_wwn"};
	const char *wwnn = node_attr(n, "wwnn"), *wwpn = node_attr(n, "wwpn");

	(void)c;
	if (wwnn && !wwpn)
		return refuse_xml("when providing parent wwnn='%s', the wwpn must also be provided", wwnn);
	if (wwpn && !wwnn)
		return refuse_xml("when providing parent wwpn='%s', the wwnn must also be provided", wwpn);
	for (size_t i = 0; i < 3; i++)
		node_show(n, ids[i], SHOW_NEVER);
	return 0;
}

/* Those that only the host itself finds can't be read. */
int rule_nodedev_type(struct conf *c, struct node *n)
{
	static const struct {
		const char *name;
		int number;
	} found[] = {{"fc_host", 9},     {"vports", 10}, {"scsi_generic", 11},
				 {"mdev_types", 13}, {"vdpa", 17},   {"vpd", 21}};

	for (size_t i = 0; i < sizeof found / sizeof *found; i++) {
		if (is(n, "type", found[i].name))
			return refuse("unknown capability type '%d' for '%s'", found[i].number, name_of(c));
	}
	return 0;
}

int rule_nodedev_device_api(struct conf *c, struct node *n)
{
	(void)c;
	if (!n->text)
		return refuse_xml("missing device API for mediated device type '%s'",
						  node_attr(n->parent, "id"));
	return 0;
}

int rule_nodedev_instances(struct conf *c, struct node *n)
{
	unsigned v;

	(void)c;
	if (!n->text || value_parse_uint(n->text, 10, &v) < 0)
		return refuse_xml("missing number of available instances for mediated device type '%s'",
						  node_attr(n->parent, "id"));
	return node_set_textf(n, "%u", v);
}

int rule_nodedev_vpd_fields(struct conf *c, struct node *n)
{
	const char *access = node_attr(n, "access");

	(void)c;
	if (!access && xmlHasProp(n->in, (const xmlChar *)"access"))
		return refuse_xml("VPD fields access type parsing has failed");
	if (access && rank(access) < 0)
		return refuse_xml("Unsupported VPD field access type specified %s", access);
	return 0;
}

int rule_nodedev_vpd_field(struct conf *c, struct node *n)
{
	const char *index = node_attr(n, "index");

	(void)c;
	if (!n->text || !index || strlen(index) > 1) {
		n->show |= SHOW_NEVER;
		return 0;
	}
	/* what comes later stands in the place of the first */
	NODE_EACH(o, n->parent, node_name(n))
	{
		if (o == n || !is(o, "index", index))
			continue;
		n->show |= SHOW_NEVER;
		return node_set_text(o, n->text);
	}
	return 0;
}

int rule_nodedev_class(struct conf *c, struct node *n)
{
	int v;

	if (!n->text)
		return 0;
	if (value_parse_int(n->text, 16, &v) < 0 || v > 0xffffff)
		return refuse("invalid PCI class supplied for '%s'", name_of(c));
	return v < 0 ? node_set_text(n, NULL) : node_set_textf(n, "0x%.6x", (unsigned)v);
}

int rule_nodedev_pci_part(struct conf *c, struct node *n)
{
	const char *most = node_attr(n, "maxCount");
	struct node *address = node_child(n, "address");
	unsigned v = 0;

	(void)c;
	if (most && value_parse_uint(most, 10, &v) < 0)
		return refuse_xml("Malformed 'maxCount' parameter");
	if (is(n, "type", "phys_function")) {
		if (!address)
			return refuse_xml("Missing address in 'phys_function' capability");
		while (node_next(address))
			node_remove(node_next(address));
	}
	if (is(n, "type", "mdev_types") && !node_child(n, "type"))
		n->show |= SHOW_NEVER;
	if (is(n, "type", "vpd"))
		tidy(n, "fields", "access", false);
	return v ? node_setf(n, "maxCount", "%u", v) : node_set(n, "maxCount", NULL);
}

int rule_nodedev_pci_order(struct conf *c, struct node *n)
{
	struct node *bridge = NULL, *next;

	(void)c;
	/* a device has one type of header */
	for (struct node *p = node_child(n, "capability"); p; p = next) {
		next = node_next(p);
		if (!is(p, "type", "pci-bridge") && !is(p, "type", "cardbus-bridge"))
			continue;
		if (bridge)
			node_remove(p);
		else
			bridge = p;
	}
	tidy(n, "capability", "type", false);
	return 0;
}

int rule_nodedev_iommu(struct conf *c, struct node *n)
{
	(void)c;
	if (!node_child(n, "address"))
		n->show |= SHOW_NEVER;
	return 0;
}

int rule_nodedev_numa(struct conf *c, struct node *n)
{
	(void)c;
	return node_attr_num(n, "node", 0) < 0 ? node_set(n, "node", NULL) : 0;
}

/* Only the first of each kind is read. */
int rule_nodedev_link(struct conf *c, struct node *n)
{
	(void)c;
	for (const struct node *o = node_child(n->parent, "link"); o != n; o = node_next(o)) {
		if (same(node_attr(o, "validity"), node_attr(n, "validity")))
			return node_set(n, "validity", NULL);
	}
	return 0;
}

int rule_nodedev_links(struct conf *c, struct node *n)
{
	(void)c;
	tidy(n, "link", "validity", true);
	NODE_EACH(l, n, "link")
	{
		if (node_attr_num(l, "port", 0) < 0)
			node_set(l, "port", NULL);
	}
	return 0;
}

int rule_nodedev_features(struct conf *c, struct node *n)
{
	(void)c;
	tidy(n, "feature", "name", true);
	return 0;
}

int rule_nodedev_host_part(struct conf *c, struct node *n)
{
	if (!is(n, "type", "fc_host") && !is(n, "type", "vport_ops"))
		return refuse("unknown SCSI host capability type '%s' for '%s'", node_attr(n, "type"),
					  name_of(c));
	return 0;
}

int rule_nodedev_host_order(struct conf *c, struct node *n)
{
	const struct node *host = node_child(n, "host");

	if ((!host || !host->text) && strcmp(name_of(c), NEW_DEVICE) != 0)
		return refuse("no SCSI host ID supplied for '%s'", name_of(c));
	tidy(n, "capability", "type", false);
	return 0;
}

int rule_nodedev_target_part(struct conf *c, struct node *n)
{
	if (!is(n, "type", "fc_remote_port"))
		return refuse("unknown SCSI target capability type '%s' for '%s'", node_attr(n, "type"),
					  name_of(c));
	return 0;
}

int rule_nodedev_target_order(struct conf *c, struct node *n)
{
	(void)c;
	tidy(n, "capability", "type", false);
	return 0;
}

int rule_nodedev_storage_part(struct conf *c, struct node *n)
{
	if (!is(n, "type", "removable") && !is(n, "type", "hotpluggable"))
		return refuse("unknown storage capability type '%s' for '%s'", node_attr(n, "type"),
					  name_of(c));
	return 0;
}

int rule_nodedev_media(struct conf *c, struct node *n)
{
	struct node *available = node_child(n, "media_available");

	(void)c;
	return available ? node_set_text(available, node_text_is(available, "1") ? "1" : "0") : 0;
}

int rule_nodedev_storage_order(struct conf *c, struct node *n)
{
	struct node *size = node_child(n, "size");
	bool removable = false;

	NODE_EACH(p, n, "capability")
	removable = removable || is(p, "type", "removable");
	tidy(n, "capability", "type", false);
	if (removable)
		node_remove(size);
	else if (!size || !size->text)
		return refuse("no size supplied for '%s'", name_of(c));
	return 0;
}

int rule_nodedev_drm(struct conf *c, struct node *n)
{
	static const char *const types[] = {"primary", "control", "render"};

	for (size_t i = 0; i < 3; i++) {
		if (node_text_is(n, types[i]))
			return 0;
	}
	return refuse_config("unknown drm type '%s' for '%s'", n->text ? n->text : "(null)",
						 name_of(c));
}

int rule_nodedev_attr(struct conf *c, struct node *n)
{
	(void)c;
	if (!node_attr(n, "name") || !node_attr(n, "value"))
		n->show |= SHOW_NEVER;
	return 0;
}

int rule_nodedev_ap_domain(struct conf *c, struct node *n)
{
	unsigned v;

	if (!n->text)
		return refuse_config("missing ap-domain value for '%s'", name_of(c));
	if (value_parse_uint(n->text, 0, &v) < 0)
		return refuse_config("invalid ap-domain value '%s' for '%s'", n->text, name_of(c));
	if (v > 255)
		return refuse_config("ap-domain value '%s' is out of range for '%s'", n->text, name_of(c));
	return node_set_textf(n, "0x%04x", v);
}

int rule_nodedev_types_part(struct conf *c, struct node *n)
{
	(void)c;
	if (!node_child(n, "type"))
		n->show |= SHOW_NEVER;
	return 0;
}
