/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the two hosts of a migration tell each other through the client, who does not read it: an
 * XML document of libvirt's form. What is not needed here is passed over; what the other side says
 * must be understood and is not is refused. Pure.
 */
#ifndef DRIVERS_QEMU_MIGRATE_COOKIE_H
#define DRIVERS_QEMU_MIGRATE_COOKIE_H

#include "base/cleanup.h"
#include "conf/domain.h"
#include "drivers/qemu/migrate-stats.h"

enum { MIGRATE_DISKS_MAX = 256 };

struct migrate_disk {
	char *target;
	uint64_t capacity; /* bytes */
};

struct migrate_cookie {
	char *name;
	unsigned char uuid[UUID_LEN];
	char *hostname;
	unsigned char host_uuid[UUID_LEN];
	bool has_nbd;
	int nbd_port; /* 0: not said */
	struct migrate_disk *disks;
	size_t n_disks;
	struct domain_def *persistent; /* or NULL */
	struct migrate_stats *stats;   /* or NULL */
	json_t *caps;                  /* names that the writer's QEMU knows, for writing; or NULL */
};

/* Reads n bytes (0: an empty cookie). 0, or -1 with the error set. Released by _clear(). */
int migrate_cookie_parse(const void *data, size_t n, struct migrate_cookie *ret);

/* The document, owned by the caller, with its length, the NUL at its end counted as libvirt does. 0
 * or -1. */
int migrate_cookie_format(const struct migrate_cookie *c, uint32_t *ret_n, uint8_t **ret_data);

/* Adds a disk that is to be copied. 0, or -1 with the error set. */
int migrate_cookie_add_disk(struct migrate_cookie *c, const char *target, uint64_t capacity);

void migrate_cookie_clear(struct migrate_cookie *c);
#define CLEANUP_COOKIE CLEANUP(migrate_cookie_clear)

#endif
