/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The lists of the host's objects other than domains.
 */
#include "config.h"
#include "drivers/test/object.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "conf/interface.h"
#include "conf/network.h"
#include "conf/nodedev.h"
#include "conf/xml.h"
#include "drivers/args.h"

#include <string.h>

/* The bit of a name in a list whose first has the bit first; 0 if it is not in it. */
static unsigned bit_of(const char *const *names, unsigned first, const char *name)
{
	for (; name && *names; names++, first <<= 1)
		if (strcmp(*names, name) == 0)
			return first;
	return 0;
}

static unsigned pool_type(const xmlNode *pool)
{
	static const char *const names[] = {"dir",     "fs",   "netfs",    "logical",      "disk",
										"iscsi",   "scsi", "mpath",    "rbd",          "sheepdog",
										"gluster", "zfs",  "vstorage", "iscsi-direct", NULL};
	CLEANUP_FREE char *type = xml_attr(pool, "type");

	return bit_of(names, 64, type);
}

static char *child_text(const xmlNode *n, const char *child)
{
	const xmlNode *c = xml_child(n, child);

	return c ? xml_text(c) : NULL;
}

/* The kinds, by enum test_object_kind: the name of the element, and the description that it has. To
 * add one: a row. */
static const struct object_kind {
	const char *element;
	const struct def_kind *(*conf)(void); /* or NULL */
} kinds[] = {
	[TEST_NETWORK] = {"network", def_kind_network},
	[TEST_POOL] = {"pool", NULL},
	[TEST_INTERFACE] = {"interface", def_kind_interface},
	[TEST_DEVICE] = {"device", def_kind_nodedev},
};

static int find_kind(const xmlNode *n)
{
	int kind = TEST_N_KINDS - 1;

	while (kind >= 0 && !xml_is(n, kinds[kind].element))
		kind--;
	return kind;
}

bool test_object_is(const xmlNode *element)
{
	return find_kind(element) >= 0;
}

static int read_uuid(struct object *o, const xmlNode *n)
{
	CLEANUP_FREE char *uuid = child_text(n, "uuid");

	if (!uuid)
		return uuid_generate(o->uuid);
	if (uuid_parse(uuid, o->uuid) < 0)
		return error_set(FROM_TEST, ERR_XML_ERROR, "malformed uuid element");
	return 0;
}

/* One whose description is kept as it was written. */
static int add_as_written(struct test_node *node, int kind, const xmlNode *element, const char *xml)
{
	CLEANUP(cleanup_object) struct object *o = calloc(1, sizeof *o);

	if (!o)
		return error_oom();
	o->types = pool_type(element);
	o->active = o->persistent = true;
	o->name = child_text(element, "name");
	if (!o->name || !*o->name)
		return error_set(FROM_TEST, ERR_NO_NAME, NULL);
	if (object_by_name(node->objects[kind], o->name))
		return error_set(FROM_TEST, ERR_OPERATION_FAILED, "two objects are named '%s'", o->name);
	if (read_uuid(o, element) < 0 || object_text(xml, &o->xml) < 0)
		return -1;
	object_append(&node->objects[kind], steal(&o));
	return 0;
}

int test_object_add(struct test_node *node, const xmlNode *element, const char *xml)
{
	CLEANUP(cleanup_def) struct def *def = NULL;
	int kind = find_kind(element);
	struct object *o;

	if (kind < 0)
		return 0;
	if (!kinds[kind].conf)
		return add_as_written(node, kind, element, xml);
	if (def_parse_node(kinds[kind].conf(), element, &def) < 0 ||
		object_assign(&node->objects[kind], &def, 0, &o) < 0)
		return -1;
	o->active = true;
	return 0;
}

void test_object_free_all(struct test_node *node)
{
	for (int kind = 0; kind < TEST_N_KINDS; kind++)
		object_free_list(&node->objects[kind]);
	object_free_list(&node->kept_interfaces);
}
