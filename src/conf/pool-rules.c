/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a table can't say of a storage pool: which parts of a source each type needs, and where its
 * volumes are found.
 */
#include "config.h"
#include "conf/pool.h"

#include <stdlib.h>

#include "conf/common-rules.h"
#include "conf/pool-format.h"
#include "conf/value.h"
#include "conf/xml.h"

#define refuse(...) error_set(FROM_STORAGE, ERR_XML_ERROR, __VA_ARGS__)

enum { HOST = 1, DEVICE = 2, DIR = 4, ADAPTER = 8, NAME = 16, IQN = 32 };

/* What a type needs of its source. NAME: a source without a name has the pool's. */
static unsigned needs(const char *type)
{
	static const struct {
		const char *type;
		unsigned needs;
	} rows[] = {
		{"fs", DEVICE},
		{"netfs", HOST | DIR},
		{"logical", NAME},
		{"disk", DEVICE},
		{"iscsi", HOST},
		{"iscsi-direct", HOST | IQN},
		{"scsi", ADAPTER},
		{"rbd", HOST | NAME},
		{"sheepdog", HOST | NAME},
		{"gluster", HOST | DIR | NAME},
		{"zfs", NAME},
		{"vstorage", NAME},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (strcmp(rows[i].type, type) == 0)
			return rows[i].needs;
	return 0;
}

static const struct node *source_name(const struct conf *c)
{
	const struct node *name = node_child(c->root, "source/name");

	return name && name->text ? name : NULL;
}

int rule_pool_name(struct conf *c, struct node *n)
{
	const struct node *source = source_name(c);

	if (!n->text && source && node_set_text(n, source->text) < 0)
		return -1;
	if (!n->text)
		return refuse("missing pool source name element");
	if (strchr(n->text, '/'))
		return refuse("name %s cannot contain '/'", n->text);
	return 0;
}

/* What only the pool says. */
int rule_pool_unread(struct conf *c, struct node *n)
{
	(void)c;
	node_remove(n);
	return 0;
}

/* Without doubled slashes, and without one at its end. */
static char *tidy_path(const char *path)
{
	char *text = value_path(path);
	size_t len = text ? strlen(text) : 0;

	if (len > 1 && text[len - 1] == '/')
		text[len - 1] = '\0';
	return text;
}

int rule_pool_source_dir(struct conf *c, struct node *n)
{
	const char *path = node_attr(n, "path");
	CLEANUP_FREE char *tidy = path ? tidy_path(path) : NULL;

	(void)c;
	return tidy ? node_set(n, "path", tidy) : 0;
}

/* An adapter without a type is named, and nothing else. */
int rule_pool_adapter(struct conf *c, struct node *n)
{
	static const char *const others[] = {"wwnn", "wwpn", "parent"};

	(void)c;
	if (node_attr(n, "type"))
		return 0;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		CLEANUP_FREE char *value = xml_attr(n->in, others[i]);

		if (value)
			return refuse("Use of 'wwnn', 'wwpn', and 'parent' attributes requires use of the "
						  "adapter 'type'");
	}
	if (xml_child(n->in, "parentaddr"))
		return refuse("Use of 'parentaddr' element requires use of the adapter 'type'");
	return node_attr(n, "name") ? node_set(n, "type", "scsi_host") : 0;
}

int rule_pool_parentaddr(struct conf *c, struct node *n)
{
	const char *text = node_attr(n, "unique_id");
	int id;

	(void)c;
	if (!text || value_parse_int(text, 10, &id) < 0 || id < 0)
		return refuse("Missing or invalid scsi adapter 'unique_id' value");
	return node_setf(n, "unique_id", "%d", id);
}

int rule_pool_auth(struct conf *c, struct node *n)
{
	const struct node *auth = node_child(n, "auth");

	(void)c;
	if (auth && !node_attr(auth, "type"))
		return error_set(FROM_STORAGE, ERR_CONFIG_UNSUPPORTED, "storage pool missing auth type");
	return 0;
}

int rule_pool_protocol(struct conf *c, struct node *n)
{
	const char *format = node_attr(node_child(n->parent, "format"), "type");

	(void)c;
	if (node_attr(n, "ver") && strcmp(format, "nfs") != 0 && strcmp(format, "auto") != 0)
		return error_set(FROM_STORAGE, ERR_CONFIG_UNSUPPORTED,
						 "storage pool protocol ver unsupported for pool type '%s'", format);
	return 0;
}

int rule_pool_cow(struct conf *c, struct node *n)
{
	if (node_attr(n, "state") && !is(c->root, "type", "fs") && !is(c->root, "type", "dir"))
		return error_set(FROM_STORAGE, ERR_NO_SUPPORT,
						 "cow feature may only be used for 'fs' and 'dir' pools");
	return 0;
}

static int check_fc(const struct node *a)
{
	const char *wwnn = node_attr(a, "parent_wwnn"), *wwpn = node_attr(a, "parent_wwpn");

	if (!node_attr(a, "wwnn") || !node_attr(a, "wwpn"))
		return refuse("'wwnn' and 'wwpn' must be specified for adapter type 'fchost'");
	if (common_check_wwn(node_attr(a, "wwnn")) < 0 || common_check_wwn(node_attr(a, "wwpn")) < 0)
		return -1;
	if (wwnn && !wwpn)
		return refuse("when providing parent_wwnn='%s', the parent_wwpn must also be provided",
					  wwnn);
	if (!wwnn && wwpn)
		return refuse("when providing parent_wwpn='%s', the parent_wwnn must also be provided",
					  wwpn);
	return common_check_wwn(wwnn) < 0 || common_check_wwn(wwpn) < 0
			   ? -1
			   : common_check_wwn(node_attr(a, "parent_fabric_wwn"));
}

static int check_adapter(const struct node *source)
{
	const struct node *a = node_child(source, "adapter");
	bool name = node_attr(a, "name"), parent = node_child(a, "parentaddr");

	if (!node_attr(a, "type"))
		return refuse("missing storage pool source adapter");
	if (is(a, "type", "fc_host"))
		return check_fc(a);
	if (!name && !parent)
		return refuse("Either 'name' or 'parent' must be specified for the 'scsi_host' adapter");
	if (name && parent)
		return refuse("Both 'name' and 'parent' cannot be specified for the 'scsi_host' adapter");
	return 0;
}

/* The type of the pool that a source alone belongs to. */
int rule_pool_type(struct conf *c, struct node *n)
{
	return node_set(n, "type", c->data);
}

/* A source that wants a name has the pool's. */
static int complete_name(struct conf *c, unsigned need)
{
	if (!(need & NAME) || source_name(c))
		return 0;
	return node_set_text(node_need(node_child(c->root, "source"), "name"),
						 node_child(c->root, "name")->text);
}

int rule_pool_source(struct conf *c, struct node *n)
{
	struct node *source = node_child(n, "source");
	unsigned need = needs(node_attr(c->root, "type"));
	const char *dir = node_attr(node_child(source, "dir"), "path");

	if (is(n, "type", "gluster") && !dir && node_set(node_need(source, "dir"), "path", "/") < 0)
		return -1;
	if (need & HOST && node_count(source, "host") == 0)
		return refuse("missing storage pool source host name");
	if (need & DIR && !node_attr(node_child(source, "dir"), "path"))
		return refuse("missing storage pool source path");
	if (complete_name(c, need) < 0 || (need & ADAPTER && check_adapter(source) < 0))
		return -1;
	if (need & DEVICE && !node_child(source, "device"))
		return refuse("missing storage pool source device name");
	return 0;
}

int rule_pool_target(struct conf *c, struct node *n)
{
	const char *type = node_attr(c->root, "type");
	bool logical = strcmp(type, "logical") == 0, zfs = strcmp(type, "zfs") == 0;
	struct node *path = node_need(n, "path");
	CLEANUP_FREE char *tidy = NULL;

	if (!path)
		return -1;
	if (logical || zfs)
		return node_set_textf(path, "%s/%s", zfs ? "/dev/zvol" : "/dev", source_name(c)->text);
	if (!path->text)
		return refuse("missing storage pool target path");
	tidy = tidy_path(path->text);
	return tidy ? node_set_text(path, tidy) : error_oom();
}

static const char fs_uri[] = "http://libvirt.org/schemas/storagepool/fs/1.0";

/* The first of n and what follows that is such an element in the namespace of mount options. */
static const xmlNode *of_fs(const xmlNode *n, const char *name)
{
	while (n && !(xml_is(n, name) && n->ns && xmlStrEqual(n->ns->href, (const xmlChar *)fs_uri)))
		n = n->next;
	return n;
}

/* What a file system is mounted with. */
static int read_mount_options(struct node *n)
{
	const xmlNode *options = of_fs(n->in->children, "mount_opts");
	const xmlNode *o = options ? of_fs(options->children, "option") : NULL;
	unsigned count = 0;

	for (; o; o = of_fs(o->next, "option")) {
		CLEANUP_FREE char *name = xml_attr(o, "name");
		struct node *option;

		if (!name)
			return refuse("no fs mount option name specified");
		if (count++ == FORMAT_LIST_MAX)
			return error_set(FROM_STORAGE, ERR_CONFIG_UNSUPPORTED, "more than %u elements '%s'",
							 FORMAT_LIST_MAX, "option");
		if (!(option = node_need(n, "fs:mount_opts")) ||
			!(option = node_add(option, "fs:option")) || node_set(option, "name", name) < 0 ||
			node_set(n, "xmlns:fs", fs_uri) < 0)
			return -1;
	}
	return 0;
}

int rule_pool(struct conf *c, struct node *n)
{
	const char *type = node_attr(n, "type");

	(void)c;
	if (needs(type) & IQN && !node_attr(node_child(n, "source/initiator/iqn"), "name"))
		return error_set(FROM_STORAGE, ERR_CONFIG_UNSUPPORTED, "missing initiator IQN");
	return strcmp(type, "fs") == 0 || strcmp(type, "netfs") == 0 ? read_mount_options(n) : 0;
}

int pool_set_amounts(struct def *def, unsigned long long capacity, unsigned long long allocation,
					 unsigned long long available)
{
	return node_set_textf(node_child(def->root, "capacity"), "%llu", capacity) < 0 ||
				   node_set_textf(node_child(def->root, "allocation"), "%llu", allocation) < 0 ||
				   node_set_textf(node_child(def->root, "available"), "%llu", available) < 0
			   ? -1
			   : 0;
}
