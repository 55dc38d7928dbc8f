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
#include "conf/pool.h"
#include "conf/xml.h"
#include "drivers/test/storage.h"

#include <string.h>

/* The kinds, by enum test_object_kind: the name of the element, and the description that it has. To
 * add one: a row. */
static const struct object_kind {
	const char *element;
	const struct def_kind *(*conf)(void);
} kinds[] = {
	[TEST_NETWORK] = {"network", def_kind_network},
	[TEST_POOL] = {"pool", def_kind_pool},
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

struct object *test_object_add(struct test_node *node, const xmlNode *element)
{
	CLEANUP(cleanup_def) struct def *def = NULL;
	int kind = find_kind(element);
	struct object *o;

	if (def_parse_node(kinds[kind].conf(), element, &def) < 0 ||
		(kind == TEST_POOL ? test_pool_assign(node, &def, 0, &o)
						   : object_assign(&node->objects[kind], &def, 0, &o)) < 0)
		return NULL;
	o->active = true;
	return o;
}

void test_object_free_all(struct test_node *node)
{
	for (int kind = 0; kind < TEST_N_KINDS; kind++)
		object_free_list(&node->objects[kind]);
	object_free_list(&node->kept_interfaces);
}
