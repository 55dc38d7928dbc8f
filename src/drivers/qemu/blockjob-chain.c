/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The images of a disk, which stand on each other: by number, by name, and how they change.
 */
#include "config.h"
#include "drivers/qemu/blockjob.h"

#include "base/log.h"
#include "drivers/qemu/command.h"
#include "drivers/qemu/device.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *store_format(const struct node *store)
{
	const char *format = child_attr(store, is_called(store, "disk") ? "driver" : "format", "type");

	return format ? format : "raw";
}

const char *store_path(const struct node *store)
{
	const char *file = child_attr(store, "source", "file");

	return file ? file : child_attr(store, "source", "dev");
}

struct node *store_below(const struct node *store)
{
	struct node *below = node_child(store, "backingStore");

	return below && node_attr(below, "type") ? below : NULL;
}

struct node *store_find(struct node *disk, unsigned index)
{
	struct node *store = disk;

	while (store && qemu_store_index(store) != index)
		store = store_below(store);
	return store;
}

/* -- what clients call them -- */

/* "vda[1]": the number. 1, 0 if it is no such name, -1 with the error set. */
static int read_number(const struct node *disk, const char *name, unsigned *ret)
{
	const char *target = child_attr(disk, "target", "dev"), *bracket = strrchr(name, '[');
	unsigned long number;
	char *end;

	if (!bracket || bracket == name || strchr(name, '/') || bracket[1] < '0' || bracket[1] > '9')
		return 0;
	errno = 0;
	number = strtoul(bracket + 1, &end, 10);
	if (errno || number > UINT32_MAX || strcmp(end, "]") != 0)
		return 0;
	if (strlen(target) != (size_t)(bracket - name) ||
		strncmp(target, name, (size_t)(bracket - name)) != 0)
		return error_set(FROM_QEMU, ERR_INVALID_ARG,
						 "requested target '%.*s' does not match target '%s'",
						 (int)(bracket - name), name, target);
	*ret = (unsigned)number;
	return 1;
}

static struct node *not_found(const struct node *disk, const struct node *from, const char *name,
							  int by_number, unsigned number)
{
	const char *target = child_attr(disk, "target", "dev"), *path = from ? store_path(from) : NULL;

	if (by_number)
		error_set(FROM_QEMU, ERR_INVALID_ARG,
				  "could not find backing store index '%u' in chain for '%s'", number, target);
	else if (!name)
		error_set(FROM_QEMU, ERR_INVALID_ARG, "could not find base image in chain for '%s'",
				  target);
	else if (path)
		error_set(FROM_QEMU, ERR_INVALID_ARG,
				  "could not find image '%s' beneath '%s' in chain for '%s'", name, path, target);
	else
		error_set(FROM_QEMU, ERR_INVALID_ARG, "could not find image '%s' in chain for '%s'", name,
				  target);
	return NULL;
}

/* Whether a client means this one by a path: as the definition has it, or as the image above has
 * it, which may be relative. */
static bool is_meant(const struct node *above, const struct node *store, const char *name)
{
	const char *path = store_path(store), *top = above ? store_path(above) : NULL;
	const char *slash = top ? strrchr(top, '/') : NULL;
	size_t n = slash ? (size_t)(slash - top) + 1 : 0;

	if (!path)
		return false;
	return strcmp(path, name) == 0 ||
		   (n && strncmp(path, top, n) == 0 && strcmp(path + n, name) == 0);
}

struct node *store_lookup(struct node *disk, struct node *from, const char *name,
						  struct node **ret_above)
{
	struct node *above = from, *store = from ? store_below(from) : disk;
	unsigned number = 0;
	int by_number = name ? read_number(disk, name, &number) : 0;

	if (by_number < 0)
		return NULL;
	if (!from)
		above = NULL;
	for (; store; above = store, store = store_below(store))
		if (by_number ? qemu_store_index(store) == number
			: name    ? is_meant(above, store, name)
					  : !store_below(store))
			break;
	if (!store)
		return not_found(disk, from, name, by_number, number);
	if (ret_above)
		*ret_above = above;
	return store;
}

/* -- changes -- */

struct node *store_graft(struct node *parent, const struct node *n)
{
	struct node *copy = node_add(parent, node_name(n));

	if (!copy)
		return NULL;
	copy->show = n->show;
	for (size_t i = 0; i < n->nattrs; i++) {
		if (node_set(copy, n->attrs[i].name, n->attrs[i].value) < 0)
			return NULL;
		node_show(copy, n->attrs[i].name, n->attrs[i].show);
	}
	if (n->text && node_set_text(copy, n->text) < 0)
		return NULL;
	for (const struct node *child = n->children; child; child = child->next)
		if (!store_graft(copy, child))
			return NULL;
	return copy;
}

int store_put_below(struct node *store, const struct node *below)
{
	/* below may be a part of what goes */
	CLEANUP(cleanup_node) struct node *kept = below ? node_copy(below) : NULL;
	struct node *end;

	if (below && !kept)
		return error_oom();
	node_remove_all(store, "backingStore");
	if (kept)
		return store_graft(store, kept) ? 0 : -1;
	if (!(end = node_add(store, "backingStore")))
		return -1;
	end->show |= SHOW_LIVE;
	return 0;
}

int store_become(struct node *disk, const struct node *store)
{
	CLEANUP(cleanup_node) struct node *kept = node_copy(store);
	const char *type = kept ? node_attr(kept, "type") : NULL;
	const struct node *source = kept ? node_child(kept, "source") : NULL;
	struct node *driver;

	if (!kept || !source)
		return error_oom();
	node_remove_all(disk, "source");
	if (node_set(disk, "type", type) < 0 || !(driver = node_need(disk, "driver")) ||
		node_set(driver, "type", store_format(kept)) < 0 || !store_graft(disk, source))
		return -1;
	return qemu_store_set_index(disk, qemu_store_index(kept));
}

/* -- nodes -- */

static bool has_number(const struct node *disk, unsigned index)
{
	const struct node *mirror = node_child(disk, "mirror");

	for (const struct node *store = disk; store; store = store_below(store))
		if (qemu_store_index(store) == index)
			return true;
	return mirror && has_number(mirror, index);
}

/* What can't be removed is of no use to anybody: it stays until the machine ends. */
static void drop(struct vm *vm, const char *name)
{
	if (vm_call(vm, "blockdev-del", json_pack("{s:s}", "node-name", name), NULL) < 0)
		log_debug("domain %s: %s", vm->d.name, error_last()->message);
	error_reset();
}

void store_drop_nodes(struct vm *vm, const struct node *before, const struct node *after)
{
	const struct node *mirror = node_child(before, "mirror");
	char name[QEMU_NODE_NAME_LEN];

	if (mirror)
		store_drop_nodes(vm, mirror, after);
	for (const struct node *store = before; store; store = store_below(store)) {
		unsigned index = qemu_store_index(store);

		if (!index || has_number(after, index))
			continue;
		drop(vm, qemu_node_format(index, name));
		drop(vm, qemu_node_storage(index, name));
	}
}

static int add(struct vm *vm, json_t *node)
{
	return node ? vm_call(vm, "blockdev-add", node, NULL) : -1;
}

int store_add_nodes(struct vm *vm, const struct node *disk, const struct node *store)
{
	bool read_only = !is_called(store, "mirror") && !is_called(store, "disk");
	char name[QEMU_NODE_NAME_LEN];
	struct error cause;

	if (add(vm, qemu_storage_json(disk, store)) < 0)
		return -1;
	if (add(vm, qemu_format_json(disk, store, read_only)) == 0)
		return 0;
	error_take(&cause);
	drop(vm, qemu_node_storage(qemu_store_index(store), name));
	error_give(&cause);
	return -1;
}
