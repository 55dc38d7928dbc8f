/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Networks, storage pools, host interfaces and host devices: what these kinds of objects have in
 * common. Everything here wants the node locked.
 */
#ifndef DRIVERS_TEST_OBJECT_H
#define DRIVERS_TEST_OBJECT_H

#include "base/uuid.h"
#include "conf/def.h"
#include "drivers/test/node.h"

#include <libxml/tree.h>

enum { TEST_OBJECTS_MAX = 16384 };

struct test_object {
	struct test_object *next;
	char *name, *xml;     /* xml: of kinds without def */
	struct def *def;      /* what it is, or NULL */
	struct def *next_def; /* what it will be once it is stopped and started, or NULL */
	unsigned char uuid[UUID_LEN];
	bool active, persistent, autostart;
	unsigned types; /* a pool's type, as CONNECT_LIST_ALL_STORAGE_POOLS numbers it */
};

/* True if an element of a host's description is an object. */
bool test_object_is(const xmlNode *element);

/* Puts an element of a host's description in the list of its kind; others are passed over. xml is
 * what the object's description is from then on. 0, or -1 with the error set. */
int test_object_add(struct test_node *node, const xmlNode *element, const char *xml);

/* Copies of a list's objects, persistent. 0 with the list, or -1. */
int test_object_copy_list(const struct test_object *from, bool active,
						  struct test_object **ret_list);
void test_object_free_list(struct test_object **list);

/* Defines an object, or starts one from a document, by the rules that libvirt has for the case that
 * it exists; one of a kind without UUIDs gets the new definition. Takes *def over. 0 with the
 * object, which was not made active, or -1 with the error set. */
enum test_assign {
	TEST_ASSIGN_LIVE = 1,     /* what runs; the definition of one that is persistent is kept */
	TEST_ASSIGN_INACTIVE = 2, /* refused while it is active */
};
int test_object_assign(struct test_node *node, enum test_object_kind kind, struct def **def,
					   unsigned flags, struct test_object **ret_object);

/* What a persistent object will be when it is started again, and putting another in its place. */
struct def *test_object_next(const struct test_object *o);
void test_object_set_next(struct test_object *o, struct def **def);

void test_object_free_all(struct test_node *node);

struct test_object *test_object_by_name(struct test_node *node, enum test_object_kind kind,
										const char *name);
struct test_object *test_object_by_uuid(struct test_node *node, enum test_object_kind kind,
										const unsigned char uuid[UUID_LEN]);

/* Takes it out of the list and frees it. */
void test_object_remove(struct test_node *node, enum test_object_kind kind, struct test_object *o);

/* The flags of CONNECT_LIST_ALL_NETWORKS and its like. */
enum {
	TEST_OBJECT_INACTIVE = 1,
	TEST_OBJECT_ACTIVE = 2,
	TEST_OBJECT_PERSISTENT = 4,
	TEST_OBJECT_TRANSIENT = 8,
	TEST_OBJECT_AUTOSTART = 16,
	TEST_OBJECT_NO_AUTOSTART = 32,
	TEST_OBJECT_FILTERS = 63,
};

/* Whether the filters let it pass. */
bool test_object_matches(const struct test_object *o, unsigned flags);

int test_object_count(const struct test_node *node, enum test_object_kind kind, unsigned flags);

/* The names of those that pass, at most max, which limit names. 0 or -1. */
int test_object_names(const struct test_node *node, enum test_object_kind kind, unsigned flags,
					  int max, const char *limit, struct rvirt_wire_names_ret *ret);

#define TEST_OBJECT_EACH(o, node, kind)                                                            \
	for (struct test_object *o = (node)->objects[kind]; o; o = o->next)

/* Copies the texts that an answer wants. 0, or -1 with NO_MEMORY. */
int test_object_text(const char *text, char **ret);

#endif
