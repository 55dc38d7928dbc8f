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

#define refuse(...) error_set(FROM_STORAGE, ERR_XML_ERROR, __VA_ARGS__)

enum { HOST = 1, HOSTS = 2, DEVICE = 4, DIR = 8, ADAPTER = 16, NAME = 32, IQN = 64, NAMED = 128 };

/* What a type needs of its source. NAMED: a source without a name has the pool's. */
static unsigned needs(const char *type)
{
	static const struct {
		const char *type;
		unsigned needs;
	} rows[] = {
		{"fs", DEVICE},           {"netfs", HOST | DIR},    {"logical", NAME | NAMED},
		{"disk", DEVICE},         {"iscsi", HOST | DEVICE}, {"iscsi-direct", HOST | DEVICE | IQN},
		{"scsi", ADAPTER},        {"rbd", HOSTS | NAME},    {"sheepdog", HOST | NAME},
		{"gluster", HOST | NAME}, {"zfs", NAME | NAMED},    {"vstorage", NAME},
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

/* How many hosts a source of this type may have. */
static int check_hosts(const struct node *source, unsigned need)
{
	size_t n = node_count(source, "host");

	if (need & HOST && n == 0)
		return refuse("missing storage pool source host name");
	if (need & HOST && n > 1)
		return refuse("Expected exactly one host for the storage pool");
	if (need & HOSTS && n == 0)
		return refuse("missing storage pool source host name");
	return 0;
}

/* The type of the pool that a source alone belongs to. */
int rule_pool_type(struct conf *c, struct node *n)
{
	return node_set(n, "type", c->data);
}

int rule_pool_source(struct conf *c, struct node *n)
{
	struct node *source = node_child(n, "source");
	unsigned need = needs(node_attr(c->root, "type"));
	const char *dir = node_attr(node_child(source, "dir"), "path");

	if (is(n, "type", "gluster") && !dir && node_set(node_need(source, "dir"), "path", "/") < 0)
		return -1;
	if (check_hosts(source, need) < 0)
		return -1;
	if (need & DIR && !dir)
		return refuse("missing storage pool source path");
	if (need & ADAPTER && !node_child(source, "adapter"))
		return refuse("missing storage pool source adapter");
	if (need & DEVICE && !node_child(source, "device"))
		return refuse("missing storage pool source device name");
	if (need & IQN && !node_attr(node_child(source, "initiator/iqn"), "name"))
		return error_set(FROM_STORAGE, ERR_CONFIG_UNSUPPORTED, "missing initiator IQN");
	return 0;
}

/* The names that the source and the pool give each other. */
static int complete_name(struct conf *c, unsigned need)
{
	struct node *source = node_child(c->root, "source");

	if (!(need & NAME) || source_name(c))
		return 0;
	if (!(need & NAMED))
		return refuse("missing storage pool source name");
	return node_set_text(node_need(source, "name"), node_child(c->root, "name")->text);
}

int rule_pool_target(struct conf *c, struct node *n)
{
	const char *type = node_attr(c->root, "type");
	bool logical = strcmp(type, "logical") == 0, zfs = strcmp(type, "zfs") == 0;
	struct node *path = node_need(n, "path");
	CLEANUP_FREE char *tidy = NULL;

	if (!path || complete_name(c, needs(type)) < 0)
		return -1;
	if (logical || zfs)
		return node_set_textf(path, "%s/%s", zfs ? "/dev/zvol" : "/dev", source_name(c)->text);
	if (!path->text)
		return refuse("missing storage pool target path");
	tidy = tidy_path(path->text);
	return tidy ? node_set_text(path, tidy) : error_oom();
}

int rule_pool(struct conf *c, struct node *n)
{
	(void)n;
	return complete_name(c, needs(node_attr(c->root, "type")));
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
