/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The lists of the host's objects other than domains.
 */
#include "config.h"
#include "drivers/test/object.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "conf/xml.h"
#include "drivers/test/args.h"

#include <string.h>

static void object_free(struct test_object *o)
{
	free(o->name);
	free(o->xml);
	free(o->detail);
	free(o);
}

DEFINE_CLEANUP(test_object, struct test_object *, object_free)

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

static unsigned device_caps(const xmlNode *device)
{
	static const char *const names[] = {
		"system",      "pci",        "usb_device", "usb",     "net",       "scsi_host",
		"scsi_target", "scsi",       "storage",    "fc_host", "vport_ops", "scsi_generic",
		"drm",         "mdev_types", "mdev",       "ccw",     "css",       "vdpa",
		"ap_card",     "ap_queue",   "ap_matrix",  "vpd",     NULL};
	unsigned caps = 0;

	for (const xmlNode *n = xml_child(device, "capability"); n; n = xml_next(n)) {
		CLEANUP_FREE char *type = xml_attr(n, "type");

		caps |= bit_of(names, 1, type) | device_caps(n);
	}
	return caps;
}

static char *child_text(const xmlNode *n, const char *child)
{
	const xmlNode *c = xml_child(n, child);

	return c ? xml_text(c) : NULL;
}

static char *child_attr(const xmlNode *n, const char *child, const char *attr)
{
	const xmlNode *c = xml_child(n, child);

	return c ? xml_attr(c, attr) : NULL;
}

/* Reads what is particular to the kind of an element; -1 if it is of no kind. */
static int read_kind(struct test_object *o, const xmlNode *n)
{
	if (xml_is(n, "network")) {
		o->detail = child_attr(n, "bridge", "name");
		return TEST_NETWORK;
	}
	if (xml_is(n, "pool")) {
		o->types = pool_type(n);
		return TEST_POOL;
	}
	if (xml_is(n, "interface")) {
		o->detail = child_attr(n, "mac", "address");
		return TEST_INTERFACE;
	}
	if (xml_is(n, "device")) {
		o->types = device_caps(n);
		o->detail = child_text(n, "parent");
		return TEST_DEVICE;
	}
	return -1;
}

static int read_uuid(struct test_object *o, const xmlNode *n)
{
	CLEANUP_FREE char *uuid = child_text(n, "uuid");

	if (!uuid)
		return uuid_generate(o->uuid);
	if (uuid_parse(uuid, o->uuid) < 0)
		return error_set(FROM_TEST, ERR_XML_ERROR, "malformed uuid element");
	return 0;
}

/* Puts it at the end of the list of its kind. */
static void append(struct test_node *node, enum test_object_kind kind, struct test_object *o)
{
	struct test_object **at = &node->objects[kind];

	while (*at)
		at = &(*at)->next;
	*at = o;
}

int test_object_add(struct test_node *node, const xmlNode *element, const char *xml)
{
	CLEANUP(cleanup_test_object) struct test_object *o = calloc(1, sizeof *o);
	int kind;

	if (!o)
		return error_oom();
	kind = read_kind(o, element);
	if (kind < 0)
		return 0;
	o->active = o->persistent = true;
	o->name = kind == TEST_INTERFACE ? xml_attr(element, "name") : child_text(element, "name");
	if (!o->name || !*o->name)
		return error_set(FROM_TEST, ERR_NO_NAME, NULL);
	if (test_object_by_name(node, (enum test_object_kind)kind, o->name))
		return error_set(FROM_TEST, ERR_OPERATION_FAILED, "two objects are named '%s'", o->name);
	if (read_uuid(o, element) < 0 || test_object_text(xml, &o->xml) < 0)
		return -1;
	append(node, (enum test_object_kind)kind, steal(&o));
	return 0;
}

int test_object_add_copy(struct test_node *node, enum test_object_kind kind,
						 const struct test_object *from)
{
	CLEANUP(cleanup_test_object) struct test_object *o = calloc(1, sizeof *o);

	if (!o)
		return error_oom();
	memcpy(o->uuid, from->uuid, UUID_LEN);
	o->types = from->types;
	o->active = o->persistent = true;
	if (test_object_text(from->name, &o->name) < 0 || test_object_text(from->xml, &o->xml) < 0 ||
		(from->detail && test_object_text(from->detail, &o->detail) < 0))
		return -1;
	append(node, kind, steal(&o));
	return 0;
}

void test_object_remove(struct test_node *node, enum test_object_kind kind, struct test_object *o)
{
	struct test_object **at = &node->objects[kind];

	while (*at != o)
		at = &(*at)->next;
	*at = o->next;
	object_free(o);
}

void test_object_free_all(struct test_node *node)
{
	for (int kind = 0; kind < TEST_N_KINDS; kind++)
		while (node->objects[kind])
			test_object_remove(node, (enum test_object_kind)kind, node->objects[kind]);
}

struct test_object *test_object_by_name(struct test_node *node, enum test_object_kind kind,
										const char *name)
{
	TEST_OBJECT_EACH(o, node, kind)
	{
		if (strcmp(o->name, name) == 0)
			return o;
	}
	return NULL;
}

struct test_object *test_object_by_uuid(struct test_node *node, enum test_object_kind kind,
										const unsigned char uuid[UUID_LEN])
{
	TEST_OBJECT_EACH(o, node, kind)
	{
		if (memcmp(o->uuid, uuid, UUID_LEN) == 0)
			return o;
	}
	return NULL;
}

bool test_object_matches(const struct test_object *o, unsigned flags)
{
	static const unsigned groups[] = {
		TEST_OBJECT_ACTIVE | TEST_OBJECT_INACTIVE, TEST_OBJECT_PERSISTENT | TEST_OBJECT_TRANSIENT,
		TEST_OBJECT_AUTOSTART | TEST_OBJECT_NO_AUTOSTART, ~(unsigned)TEST_OBJECT_FILTERS};
	unsigned it = o->active ? TEST_OBJECT_ACTIVE : TEST_OBJECT_INACTIVE;

	it |= o->persistent ? TEST_OBJECT_PERSISTENT : TEST_OBJECT_TRANSIENT;
	it |= o->autostart ? TEST_OBJECT_AUTOSTART : TEST_OBJECT_NO_AUTOSTART;
	it |= o->types & ~(unsigned)TEST_OBJECT_FILTERS;
	for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
		if (flags & groups[i] && !(flags & groups[i] & it))
			return false;
	return true;
}

int test_object_count(const struct test_node *node, enum test_object_kind kind, unsigned flags)
{
	int n = 0;

	TEST_OBJECT_EACH(o, node, kind)
	{
		n += test_object_matches(o, flags);
	}
	return n;
}

int test_object_names(const struct test_node *node, enum test_object_kind kind, unsigned flags,
					  int max, const char *limit, struct rvirt_wire_names_ret *ret)
{
	if (test_args_max(max, TEST_OBJECTS_MAX, "maxnames", limit) < 0)
		return -1;
	if (!(ret->names = calloc((size_t)max + 1, sizeof *ret->names)))
		return error_oom();
	TEST_OBJECT_EACH(o, node, kind)
	{
		if (ret->n_names == (unsigned)max)
			break;
		if (!test_object_matches(o, flags))
			continue;
		if (test_object_text(o->name, &ret->names[ret->n_names]) < 0)
			return -1;
		ret->n_names++;
	}
	return 0;
}

int test_object_text(const char *text, char **ret)
{
	*ret = strdup(text);
	return *ret ? 0 : error_oom();
}
