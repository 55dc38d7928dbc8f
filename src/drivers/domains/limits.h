/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a definition allows a domain of the host's memory, disks and nodes, and which counters watch
 * it, as lists of parameters. Errors that are a driver's own are set in its error domain.
 */
#ifndef DRIVERS_DOMAINS_LIMITS_H
#define DRIVERS_DOMAINS_LIMITS_H

#include "base/error.h"
#include "conf/domain.h"
#include "drivers/params.h"

enum {
	DOMAIN_N_MEMORY_PARAMS = 3,
	DOMAIN_N_BLKIO_PARAMS = 6,
	DOMAIN_N_NUMA_PARAMS = 2,
	DOMAIN_PARAMS_MAX = 16, /* that a call may ask for */
};

/* -- <memtune>: KiB; DOMAIN_NO_LIMIT is none -- */

#define DOMAIN_NO_LIMIT 9007199254740991ULL

/* hard_limit, soft_limit, swap_hard_limit */
unsigned long long domain_memory_limit(const struct domain_def *def, const char *name);
void domain_put_memory(struct params *params, const struct domain_def *def);

/* The names and types; and that the hard limit is not above that with swap, once they are in force
 * beside what def has. 0, or -1 with the error set. */
int domain_check_memory_names(const struct rvirt_wire_typed_param *list, uint32_t n);
int domain_check_memory(const struct rvirt_wire_typed_param *list, uint32_t n,
						const struct domain_def *def, enum error_domain from);
int domain_set_memory(struct domain_def *def, const struct rvirt_wire_typed_param *list,
					  uint32_t n);

/* -- <blkiotune> -- */

/* A device's figure: the element's name ("read_iops_sec") follows from that of the parameter. */
struct domain_blkio {
	const char *param, *element;
	bool is_weight;
};
const struct domain_blkio *domain_blkio_rows(size_t *ret_n);

/* strings: the caller can take the lists of devices. */
void domain_put_blkio(struct params *params, const struct domain_def *def, bool strings);

/* Names, types and the lists themselves; 0, or -1 with the error set. */
int domain_check_blkio(const struct rvirt_wire_typed_param *list, uint32_t n);
int domain_set_blkio(struct domain_def *def, const struct rvirt_wire_typed_param *list, uint32_t n);

/* -- <numatune> -- */

void domain_put_numa(struct params *params, const struct domain_def *def, bool strings);

/* What a call wants; mode -1 and set NULL: as it is. */
struct domain_numa {
	int mode;
	char *set; /* in canonical spelling, owned */
};
void domain_numa_clear(struct domain_numa *numa);

/* Reads a list whose names and types it checks. 0, or -1 with the error set. */
int domain_check_numa(const struct rvirt_wire_typed_param *list, uint32_t n);
int domain_read_numa(const struct rvirt_wire_typed_param *list, uint32_t n, enum error_domain from,
					 struct domain_numa *ret);
/* Whether a running domain has another mode. */
bool domain_numa_differs(const struct domain_def *def, const struct domain_numa *want);
int domain_set_numa(struct domain_def *def, const struct domain_numa *want);

/* -- <perf> -- */

/* The names of all counters in their order; NULL at the end. */
const char *const *domain_perf_names(void);
bool domain_perf_enabled(const struct domain_def *def, const char *name);
void domain_put_perf(struct params *params, const struct domain_def *def);
int domain_check_perf(const struct rvirt_wire_typed_param *list, uint32_t n);
int domain_set_perf(struct domain_def *def, const struct rvirt_wire_typed_param *list, uint32_t n);

#endif
