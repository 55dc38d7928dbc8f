/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From a domain's definition to QEMU's command line. It asks nobody and touches nothing: what must
 * be found out or made before is in the environment, and in the definition (prepare.h).
 */
#ifndef DRIVERS_QEMU_COMMAND_H
#define DRIVERS_QEMU_COMMAND_H

#include "conf/domain.h"
#include "drivers/qemu/caps.h"

/* What an interface is connected to: descriptors, which the process inherits by their numbers. */
struct qemu_backend {
	const int *taps, *vhosts;
	size_t n_taps, n_vhosts; /* none: by its type, QEMU does it itself */
};

/* What a command line has from its host and not from the definition. */
struct qemu_command_env {
	/* where this run of the domain has its sockets and files */
	const char *dir;
	/* the monitor: a socket that listens already and is inherited, or (-1) a path */
	int monitor_fd;
	const char *monitor_path;
	/* by the order of the definition's interfaces; NULL: none has any */
	const struct qemu_backend *interfaces;
	size_t n_interfaces;
	int vsock_fd;         /* of /dev/vhost-vsock, or -1 */
	const char *incoming; /* what -incoming says ("defer"), or NULL */
	const char *snapshot; /* what -loadvm says, or NULL */
	bool no_sandbox;
};

/* Belongs to the caller, texts too. */
struct qemu_command {
	char **argv; /* NULL-terminated; argv[0] is the binary's path */
	size_t argc;
};

/* def has been defined, aliased and prepared. 0, or -1 with the error set. */
int qemu_command_build(const struct domain_def *def, const struct qemu_caps *caps,
					   const struct qemu_command_env *env, struct qemu_command *ret_command);
void qemu_command_clear(struct qemu_command *command);
#define CLEANUP_QEMU_COMMAND CLEANUP(qemu_command_clear)

/* Pieces for live changes: what -device, -netdev, -object and -blockdev would say of one device of
 * a definition, as arguments for device_add, netdev_add, object-add and blockdev-add. Each gives a
 * new value, or NULL with the error set. */
json_t *qemu_device_json(const struct domain_def *def, const struct qemu_caps *caps,
						 const struct qemu_command_env *env, const struct node *device);
json_t *qemu_netdev_json(const struct node *interface, const struct qemu_backend *backend);
/* What must be added by object-add before the device. */
json_t *qemu_rng_json(const struct node *rng);
json_t *qemu_memory_json(const struct domain_def *def, const struct qemu_caps *caps,
						 const struct node *memory);

/* The names of a disk's nodes: the image file, and its content. */
enum { QEMU_NODE_NAME_LEN = 40 };
const char *qemu_node_storage(unsigned index, char name[QEMU_NODE_NAME_LEN]);
const char *qemu_node_format(unsigned index, char name[QEMU_NODE_NAME_LEN]);
/* The number in the names of a store's nodes; 0: it has none, which is also what sets none. A store
 * is a disk itself, its <mirror>, or a <backingStore> of one. 0 or -1. */
unsigned qemu_store_index(const struct node *store);
int qemu_store_set_index(struct node *store, unsigned index);
/* The two nodes of store. A file is opened for writing when a node above wants to.
 */
json_t *qemu_storage_json(const struct node *disk, const struct node *store);
json_t *qemu_format_json(const struct node *disk, const struct node *store, bool read_only);
/* Nothing is in the drive. */
bool qemu_disk_is_empty(const struct node *disk);
/* The node that the disk's device uses, and the filter that copies what is read, which is that node
 * if the disk has copy_on_read. */
const char *qemu_disk_top(const struct node *disk, char name[QEMU_NODE_NAME_LEN]);
json_t *qemu_copy_on_read_json(const struct node *disk);
/* Arguments of block_set_io_throttle, which must be called once QEMU runs and has an image in the
 * disk; without <iotune> they take all limits away. */
json_t *qemu_throttle_json(const struct node *disk);
/* QEMU's name of a limit; NULL: it has none. */
const char *qemu_throttle_name(const char *limit);

#endif
