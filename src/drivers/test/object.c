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
#include "drivers/test/args.h"

#include <string.h>

static void object_free(struct test_object *o)
{
	free(o->name);
	free(o->xml);
	def_free(o->def);
	def_free(o->next_def);
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

static struct test_object *object_new(struct def **def)
{
	CLEANUP(cleanup_test_object) struct test_object *o = calloc(1, sizeof *o);

	if (!o) {
		error_oom();
		return NULL;
	}
	o->def = steal(def);
	if (test_object_text(def_name(o->def), &o->name) < 0)
		return NULL;
	def_uuid(o->def, o->uuid);
	return steal(&o);
}

static int refuse_twin(const struct test_object *o, const char *name, const char *element,
					   const char *already)
{
	char uuid[UUID_TEXT_LEN];

	return error_set((enum error_domain)o->def->kind->error_domain, ERR_OPERATION_FAILED,
					 "%s '%s' %s with uuid %s", element, name, already, uuid_format(o->uuid, uuid));
}

struct def *test_object_next(const struct test_object *o)
{
	return o->next_def ? o->next_def : o->def;
}

void test_object_set_next(struct test_object *o, struct def **def)
{
	struct def **at = o->active ? &o->next_def : &o->def;

	def_free(*at);
	*at = steal(def);
}

static void redefine(struct test_object *o, struct def **def, bool live)
{
	if (live && o->persistent && !o->next_def)
		o->next_def = steal(&o->def);
	if (live) {
		def_free(o->def);
		o->def = steal(def);
		return;
	}
	def_free(o->next_def);
	o->next_def = NULL;
	test_object_set_next(o, def);
	o->persistent = true;
}

/* 1 with the object that is redefined, 0 if there is none yet, -1 with the error set. */
static int find_same(struct test_node *node, enum test_object_kind kind, const struct def *def,
					 unsigned flags, struct test_object **ret_object)
{
	const char *name = def_name(def), *element = kinds[kind].element;
	struct test_object *named = test_object_by_name(node, kind, name), *o;
	unsigned char uuid[UUID_LEN];

	o = def_uuid(def, uuid) ? test_object_by_uuid(node, kind, uuid) : named;
	if (!o)
		return named ? refuse_twin(named, name, element, "already exists") : 0;
	if (strcmp(o->name, name) != 0)
		return refuse_twin(o, o->name, element, "is already defined");
	if ((flags & TEST_ASSIGN_INACTIVE) && o->active)
		return error_set((enum error_domain)def->kind->error_domain, ERR_OPERATION_INVALID,
						 "%s is already active as '%s'", element, name);
	*ret_object = o;
	return 1;
}

int test_object_assign(struct test_node *node, enum test_object_kind kind, struct def **def,
					   unsigned flags, struct test_object **ret_object)
{
	struct test_object *o = NULL;
	unsigned char uuid[UUID_LEN];

	switch (find_same(node, kind, *def, flags, &o)) {
	case 1:
		if (def_uuid(*def, uuid)) {
			redefine(o, def, flags & TEST_ASSIGN_LIVE);
		} else {
			def_free(o->def);
			o->def = steal(def);
		}
		break;
	case 0:
		if (!(o = object_new(def)))
			return -1;
		o->persistent = !(flags & TEST_ASSIGN_LIVE);
		append(node, kind, o);
		break;
	default:
		return -1;
	}
	*ret_object = o;
	return 0;
}

/* One whose description is kept as it was written. */
static int add_as_written(struct test_node *node, int kind, const xmlNode *element, const char *xml)
{
	CLEANUP(cleanup_test_object) struct test_object *o = calloc(1, sizeof *o);

	if (!o)
		return error_oom();
	o->types = pool_type(element);
	o->active = o->persistent = true;
	o->name = child_text(element, "name");
	if (!o->name || !*o->name)
		return error_set(FROM_TEST, ERR_NO_NAME, NULL);
	if (test_object_by_name(node, (enum test_object_kind)kind, o->name))
		return error_set(FROM_TEST, ERR_OPERATION_FAILED, "two objects are named '%s'", o->name);
	if (read_uuid(o, element) < 0 || test_object_text(xml, &o->xml) < 0)
		return -1;
	append(node, (enum test_object_kind)kind, steal(&o));
	return 0;
}

int test_object_add(struct test_node *node, const xmlNode *element, const char *xml)
{
	CLEANUP(cleanup_def) struct def *def = NULL;
	int kind = find_kind(element);
	struct test_object *o;

	if (kind < 0)
		return 0;
	if (!kinds[kind].conf)
		return add_as_written(node, kind, element, xml);
	if (def_parse_node(kinds[kind].conf(), element, &def) < 0 ||
		test_object_assign(node, (enum test_object_kind)kind, &def, 0, &o) < 0)
		return -1;
	o->active = true;
	return 0;
}

static struct test_object *copy(const struct test_object *from)
{
	CLEANUP(cleanup_test_object) struct test_object *o = calloc(1, sizeof *o);

	if (!o) {
		error_oom();
		return NULL;
	}
	memcpy(o->uuid, from->uuid, UUID_LEN);
	o->types = from->types;
	o->persistent = true;
	if (test_object_text(from->name, &o->name) < 0 ||
		(from->def && !(o->def = def_copy(from->def))) ||
		(from->xml && test_object_text(from->xml, &o->xml) < 0))
		return NULL;
	return steal(&o);
}

int test_object_copy_list(const struct test_object *from, bool active,
						  struct test_object **ret_list)
{
	struct test_object *list = NULL, **end = &list;

	for (; from; from = from->next, end = &(*end)->next) {
		if (!(*end = copy(from))) {
			test_object_free_list(&list);
			return -1;
		}
		(*end)->active = active;
	}
	*ret_list = list;
	return 0;
}

void test_object_free_list(struct test_object **list)
{
	struct test_object *o;

	while ((o = *list)) {
		*list = o->next;
		object_free(o);
	}
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
		test_object_free_list(&node->objects[kind]);
	test_object_free_list(&node->kept_interfaces);
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
