/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which pools can't be there at the same time, since they would manage the same storage.
 */
#include "config.h"
#include "conf/pool.h"

#include <stdio.h>
#include <string.h>

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static const char *text(const struct def *def, const char *place)
{
	const struct node *n = node_child(def->root, place);

	return n ? n->text : NULL;
}

static const char *attr(const struct def *def, const char *place, const char *name)
{
	return node_attr(node_child(def->root, place), name);
}

static bool same_path(const struct def *a, const struct def *b)
{
	return same(text(a, "target/path"), text(b, "target/path"));
}

/* The port counts only if the new pool names one. */
static bool same_host(const struct def *a, const struct def *b)
{
	const struct node *one = node_child(a->root, "source"), *other = node_child(b->root, "source");
	const char *port = attr(b, "source/host", "port");

	if (node_count(one, "host") != 1 && node_count(other, "host") != 1)
		return false;
	return same(attr(a, "source/host", "name"), attr(b, "source/host", "name")) &&
		   (!port || same(attr(a, "source/host", "port"), port));
}

static bool same_share(const struct def *a, const struct def *b)
{
	return same(attr(a, "source/dir", "path"), attr(b, "source/dir", "path")) && same_host(a, b);
}

static bool same_name(const struct def *a, const struct def *b)
{
	return same(text(a, "source/name"), text(b, "source/name"));
}

static bool same_volume(const struct def *a, const struct def *b)
{
	return same_name(a, b) && same_share(a, b);
}

static bool common_device(const struct def *a, const struct def *b)
{
	NODE_EACH(one, node_child(a->root, "source"), "device")
	{
		NODE_EACH(other, node_child(b->root, "source"), "device")
		{
			if (same(node_attr(one, "path"), node_attr(other, "path")))
				return true;
		}
	}
	return false;
}

static bool same_iscsi(const struct def *a, const struct def *b)
{
	static const char iqn[] = "source/initiator/iqn";

	return common_device(a, b) && same(attr(a, iqn, "name"), attr(b, iqn, "name"));
}

/* The number in "host5", "scsi_host5" or "fc_host5", or -1. */
static int host_number(const char *name)
{
	unsigned n;
	int end = 0;

	if (!name)
		return -1;
	if (strncmp(name, "scsi_", 5) == 0)
		name += 5;
	else if (strncmp(name, "fc_", 3) == 0)
		name += 3;
	return sscanf(name, "host%9u%n", &n, &end) == 1 && end && !name[end] ? (int)n : -1;
}

static bool same_adapter(const struct def *a, const struct def *b)
{
	static const char place[] = "source/adapter";
	bool one = same(attr(a, place, "type"), "fc_host"),
		 other = same(attr(b, place, "type"), "fc_host");
	int number;

	if (one && other)
		return same(attr(a, place, "wwnn"), attr(b, place, "wwnn")) &&
			   same(attr(a, place, "wwpn"), attr(b, place, "wwpn"));
	number = host_number(attr(a, place, one ? "parent" : "name"));
	return number >= 0 && number == host_number(attr(b, place, other ? "parent" : "name"));
}

static bool always(const struct def *a, const struct def *b)
{
	(void)a;
	(void)b;
	return true;
}

/* By type, how two pools are compared. Types of the same family are compared with each other. */
static const struct type {
	const char *name;
	int family;
	bool (*same)(const struct def *a, const struct def *b);
} types[] = {
	{"dir", 1, same_path},      {"netfs", 2, same_share},      {"gluster", 3, same_volume},
	{"scsi", 4, same_adapter},  {"iscsi", 5, same_iscsi},      {"fs", 6, common_device},
	{"disk", 6, common_device}, {"logical", 6, common_device}, {"zfs", 6, common_device},
	{"sheepdog", 7, same_host}, {"mpath", 8, always},          {"vstorage", 9, same_name},
};

static const struct type *type_of(const struct def *def)
{
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (node_attr_is(def->root, "type", types[i].name))
			return &types[i];
	return NULL;
}

bool pool_conflicts(const struct def *a, const struct def *b)
{
	const struct type *one = type_of(a), *other = type_of(b);

	return one && other && one->family == other->family && !same(def_name(a), def_name(b)) &&
		   one->same(a, b);
}
