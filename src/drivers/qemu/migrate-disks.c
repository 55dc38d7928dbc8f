/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Disks that the other host does not see: the destination's QEMU serves its own by NBD, the
 * source's mirrors into them until memory has followed.
 */
#include "config.h"
#include "drivers/qemu/migrate.h"

#include "base/fd.h"
#include "transport/uri.h"

#include <stdio.h>
#include <string.h>

enum { LOOK_MS = 200 };

/* -- which disk is which of QEMU's -- */

/* What query-block tells of a disk, found by the id of its device. NULL if QEMU has none. */
static json_t *find_block(json_t *blocks, const char *alias)
{
	json_t *block;
	size_t i;

	json_array_foreach(blocks, i, block)
	{
		const char *qdev = qmp_text(block, "qdev");
		const char *name = qdev ? strstr(qdev, alias) : NULL;
		char end = name ? name[strlen(alias)] : '\0';

		/* "virtio-disk0" or "/machine/peripheral/virtio-disk0/virtio-backend" */
		if (name && (name == qdev || name[-1] == '/') && (!end || end == '/'))
			return block;
	}
	return NULL;
}

static const char *alias_of(const struct node *disk)
{
	return node_attr(node_child(disk, "alias"), "name");
}

static const char *target_of(const struct node *disk)
{
	return node_attr(node_child(disk, "target"), "dev");
}

/* The image in a disk, and its node's name: borrowed from blocks. 0, or -1 with the error set. */
static int find_image(json_t *blocks, const struct node *disk, const json_t **ret_image,
					  const char **ret_node)
{
	const char *alias = alias_of(disk);
	const json_t *inserted = json_object_get(alias ? find_block(blocks, alias) : NULL, "inserted");
	const char *node = qmp_text(inserted, "node-name");

	if (!node)
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "QEMU has no image in disk '%s'",
						 target_of(disk));
	*ret_node = node;
	if (ret_image)
		*ret_image = json_object_get(inserted, "image");
	return 0;
}

int migrate_disk_capacity(struct vm *vm, const struct node *disk, uint64_t *ret_capacity)
{
	CLEANUP_JSON json_t *blocks = NULL;
	const json_t *image;
	const char *node;

	if (vm_async_call(vm, "query-block", NULL, &blocks) < 0 ||
		find_image(blocks, disk, &image, &node) < 0)
		return -1;
	*ret_capacity = qmp_ull(image, "virtual-size", 0);
	return 0;
}

/* -- the destination -- */

static int start_server(struct vm *vm, const char *host, int port)
{
	char text[8];

	snprintf(text, sizeof text, "%d", port);
	return vm_async_call(vm, "nbd-server-start",
						 json_pack("{s:{s:s, s:{s:s, s:s}}, s:s*}", "addr", "type", "inet", "data",
								   "host", host, "port", text, "tls-creds", migrate_tls_id(vm)),
						 NULL);
}

static int serve_disk(struct vm *vm, json_t *blocks, const struct node *disk)
{
	char name[128];
	const char *node;

	if (find_image(blocks, disk, NULL, &node) < 0)
		return -1;
	/* the source looks for it by this name, libvirt's too */
	snprintf(name, sizeof name, "drive-%s", alias_of(disk));
	return vm_async_call(vm, "block-export-add",
						 json_pack("{s:s, s:s, s:s, s:s, s:b}", "type", "nbd", "id", name, "name",
								   name, "node-name", node, "writable", true),
						 NULL);
}

int migrate_disks_serve(struct vm *vm, const struct migrate_wish *w, int *ret_port)
{
	CLEANUP_JSON json_t *blocks = NULL;
	const struct node *disk;
	int port = w->disks_port;

	if (!port && !(port = migrate_free_port()))
		return -1;
	if (vm_async_call(vm, "query-block", NULL, &blocks) < 0 ||
		start_server(vm, w->listen ? w->listen : "::", port) < 0)
		return -1;
	vm->migration->copies_disks = true;
	for (size_t i = 0; (disk = domain_def_device(vm->d.def, "disk", i)); i++)
		if (migrate_wish_copies(w, disk) && serve_disk(vm, blocks, disk) < 0)
			return -1;
	*ret_port = port;
	return 0;
}

int migrate_disks_stop(struct vm *vm)
{
	vm->migration->copies_disks = false;
	return vm_async_call(vm, "nbd-server-stop", NULL, NULL);
}

/* -- the source -- */

#define MIRROR "migration-" /* how names of mirrors begin */

/* The name of a disk's mirror: of the job and of the node that is its target. */
static void mirror_name(const struct node *disk, char name[128])
{
	snprintf(name, 128, MIRROR "%s", target_of(disk));
}

static int add_target(struct vm *vm, const struct migrate_wish *w, const struct node *disk,
					  const char *host, const char *port)
{
	char name[128], export[128];

	mirror_name(disk, name);
	snprintf(export, sizeof export, "drive-%s", alias_of(disk));
	return vm_async_call(vm, "blockdev-add",
						 json_pack("{s:s, s:s, s:{s:s, s:s, s:{s:s, s:s, s:s}, s:s*, s:s*}}",
								   "driver", "raw", "node-name", name, "file", "driver", "nbd",
								   "export", export, "server", "type", "inet", "host", host, "port",
								   port, "tls-creds", migrate_tls_id(vm), "tls-hostname",
								   migrate_tls_id(vm) ? w->tls_destination : NULL),
						 NULL);
}

static int start_mirror(struct vm *vm, const struct migrate_wish *w, json_t *blocks,
						const struct node *disk)
{
	bool increment = w->flags & RVIRT_MIGRATE_NON_SHARED_INC;
	bool waits = w->flags & RVIRT_MIGRATE_NON_SHARED_SYNCHRONOUS_WRITES;
	uint64_t speed = w->bandwidth ? w->bandwidth : vm->migration->max_speed;
	char name[128];
	const char *node;
	json_t *args;

	if (find_image(blocks, disk, NULL, &node) < 0)
		return -1;
	mirror_name(disk, name);
	args = json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:I}", "job-id", name, "device", node,
					 "target", name, "sync", increment ? "top" : "full", "auto-finalize", true,
					 "auto-dismiss", true, "speed", (json_int_t)(speed << 20));
	if (waits)
		json_object_set_new(args, "copy-mode", json_string("write-blocking"));
	return vm_async_call(vm, "blockdev-mirror", args, NULL);
}

/* How far the mirrors are: 1 all alike, 0 not yet, or -1 with the error set. */
static int look(struct vm *vm, const struct migrate_wish *w)
{
	CLEANUP_JSON json_t *jobs = NULL;
	struct migrate_stats *stats = &vm->migration->stats;
	uint64_t total = 0, done = 0;
	const struct node *disk;
	int ready = 1;

	if (vm_async_call(vm, "query-block-jobs", NULL, &jobs) < 0)
		return -1;
	for (size_t i = 0; (disk = domain_def_device(vm->d.def, "disk", i)); i++) {
		const json_t *job, *found = NULL;
		char name[128];
		size_t k;

		if (!migrate_wish_copies(w, disk))
			continue;
		mirror_name(disk, name);
		json_array_foreach(jobs, k, job) if (qmp_text(job, "device") &&
											 strcmp(qmp_text(job, "device"), name) == 0) found =
			job;
		if (!found)
			return error_set(FROM_QEMU, ERR_OPERATION_FAILED,
							 "migration of disk %s failed: see the log of the domain",
							 target_of(disk));
		total += qmp_ull(found, "len", 0);
		done += qmp_ull(found, "offset", 0);
		ready &= qmp_bool(found, "ready", false);
	}
	migrate_stats_set(stats, MIGRATE_STAT_disk_total, total);
	migrate_stats_set(stats, MIGRATE_STAT_disk_processed, done);
	migrate_stats_set(stats, MIGRATE_STAT_disk_remaining, total > done ? total - done : 0);
	return ready;
}

static int wait_until_alike(struct vm *vm, const struct migrate_wish *w)
{
	for (;;) {
		int r = look(vm, w);

		if (r)
			return r < 0 ? -1 : 0;
		if (vm->abort_wanted)
			return error_set(FROM_QEMU, ERR_OPERATION_ABORTED,
							 "job 'migration out' canceled by client");
		vm_wait(vm, now_ms() + LOOK_MS);
	}
}

int migrate_disks_copy(struct vm *vm, const struct migrate_wish *w, const struct migrate_cookie *c)
{
	CLEANUP(cleanup_uri) struct uri *uri = NULL;
	CLEANUP_JSON json_t *blocks = NULL;
	const struct node *disk;
	const char *host = c->hostname;
	char port[8];

	if (!c->nbd_port)
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "the destination serves no disks");
	/* by the name by which memory goes there too */
	if (w->uri && uri_parse(w->uri, &uri) == 0 && uri->host)
		host = uri->host;
	snprintf(port, sizeof port, "%d", c->nbd_port);
	if (vm_async_call(vm, "query-block", NULL, &blocks) < 0)
		return -1;
	for (size_t i = 0; (disk = domain_def_device(vm->d.def, "disk", i)); i++) {
		if (!migrate_wish_copies(w, disk))
			continue;
		vm->migration->mirrors = true;
		if (add_target(vm, w, disk, host, port) < 0 || start_mirror(vm, w, blocks, disk) < 0)
			return -1;
	}
	return wait_until_alike(vm, w);
}

/* Asks all mirrors to end. How many there are, or -1 with the error set. */
static int cancel_mirrors(struct vm *vm, bool cancel, bool force)
{
	CLEANUP_JSON json_t *jobs = NULL;
	const json_t *job;
	size_t i;
	int n = 0;

	if (vm_async_call(vm, "query-block-jobs", NULL, &jobs) < 0)
		return -1;
	json_array_foreach(jobs, i, job)
	{
		const char *name = qmp_text(job, "device");

		if (!name || strncmp(name, MIRROR, strlen(MIRROR)) != 0)
			continue;
		n++;
		if (cancel &&
			vm_async_call(vm, "block-job-cancel",
						  json_pack("{s:s, s:b}", "device", name, "force", force), NULL) < 0)
			return -1;
	}
	return n;
}

static int wait_for_end(struct vm *vm)
{
	enum { END_MS = 60000 };
	int64_t deadline = now_ms() + END_MS;
	int n;

	while ((n = cancel_mirrors(vm, false, false)) > 0) {
		if (now_ms() > deadline)
			return error_set(FROM_QEMU, ERR_OPERATION_TIMEOUT, "the copies of disks do not end");
		vm_wait(vm, now_ms() + LOOK_MS / 10);
	}
	return n;
}

static void remove_targets(struct vm *vm)
{
	const struct node *disk;

	for (size_t i = 0; (disk = domain_def_device(vm->d.def, "disk", i)); i++) {
		char name[128];

		if (!target_of(disk))
			continue;
		mirror_name(disk, name);
		if (vm_async_call(vm, "blockdev-del", json_pack("{s:s}", "node-name", name), NULL) < 0)
			error_reset();
	}
}

static int end(struct vm *vm, bool force)
{
	if (!vm->migration->mirrors)
		return 0;
	vm->migration->mirrors = false;
	if (cancel_mirrors(vm, true, force) < 0 || wait_for_end(vm) < 0)
		return -1;
	remove_targets(vm);
	return 0;
}

int migrate_disks_finish(struct vm *vm)
{
	return end(vm, false);
}

void migrate_disks_cancel(struct vm *vm)
{
	if (vm_active(vm))
		end(vm, true);
}
