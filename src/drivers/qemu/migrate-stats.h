/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is counted of a migration: from QEMU's words to those of the protocol and of the cookie.
 * Pure.
 */
#ifndef DRIVERS_QEMU_MIGRATE_STATS_H
#define DRIVERS_QEMU_MIGRATE_STATS_H

#include "base/buf.h"

#include <jansson.h>
#include <libxml/tree.h>
#include <rvirt/protocol.h>
#include <stdbool.h>
#include <stdint.h>

enum migrate_stat {
#define STAT(name, object, member) MIGRATE_STAT_##name,
#include "drivers/qemu/migrate-stats.def"
#undef STAT
	MIGRATE_N_STATS
};

struct migrate_stats {
	uint64_t values[MIGRATE_N_STATS];
	uint32_t present;   /* bit of each value that is known */
	uint64_t started;   /* milliseconds since 1970; 0: not yet */
	uint64_t elapsed;   /* milliseconds */
	uint64_t sent;      /* since 1970: when the source was done; 0: not known */
	int64_t time_delta; /* of the two clocks, with the way between */
	bool has_delta;
};

uint64_t migrate_clock(void); /* milliseconds since 1970 */

void migrate_stats_set(struct migrate_stats *s, enum migrate_stat stat, uint64_t value);

/* Takes over what query-migrate answers; the disks' are not touched where it has none. */
void migrate_stats_read(struct migrate_stats *s, const json_t *answer);

/* What DOMAIN_GET_JOB_STATS answers: operation is of enum rvirt_domain_job_operation. 0, or -1 with
 * NO_MEMORY. */
int migrate_stats_params(const struct migrate_stats *s, int operation, uint32_t *ret_n,
						 struct rvirt_wire_typed_param **ret_params);

/* The older form. */
void migrate_stats_info(const struct migrate_stats *s, int type,
						struct rvirt_wire_domain_get_job_info_ret *ret);

/* The element <statistics> of a cookie. */
int migrate_stats_write(const struct migrate_stats *s, struct buf *b);
void migrate_stats_parse(struct migrate_stats *s, const xmlNode *statistics);

#endif
