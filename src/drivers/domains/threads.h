/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The threads of a domain as its definition has them: on which of the host's processors virtual
 * CPUs, I/O threads and the rest may run, and which I/O threads there are.
 */
#ifndef DRIVERS_DOMAINS_THREADS_H
#define DRIVERS_DOMAINS_THREADS_H

#include "conf/domain.h"
#include "conf/value.h"

#include <stdint.h>

enum { DOMAIN_VCPUINFO_MAX = 16384, DOMAIN_CPUMAPS_MAX = 8388608, DOMAIN_CPUMAP_MAX = 2048 };

/* -- sets of processors as bytes -- */

/* A map that came in as the text of a set, owned by the caller; NULL with the error set. */
char *domain_map_text(const uint8_t *map, uint32_t n);

/* Writes the first len bytes of a set. */
void domain_map_put(const struct bits *b, uint8_t *map, int len);

/* As few bytes as hold it. 0 or -1. */
int domain_map_give(const struct bits *b, uint32_t *ret_n, uint8_t **ret_map);

/* Room for n maps of len bytes, which argument names in an error. 0, or -1 with the error set. */
int domain_maps_alloc(int n, int len, const char *argument, uint32_t *ret_n, uint8_t **ret_maps);

/* -- pins -- */

/* The set of a thread: its own pin's, else that of all virtual CPUs; NULL: any. */
const char *domain_vcpu_set(const struct domain_def *def, unsigned vcpu);
const char *domain_emulator_set(const struct domain_def *def);
const char *domain_iothread_set(const struct domain_def *def, unsigned id);

/* Pins it to a set. 0, or -1 with NO_MEMORY. */
int domain_pin_vcpu(struct domain_def *def, unsigned vcpu, const char *set);
int domain_pin_emulator(struct domain_def *def, const char *set);
int domain_pin_iothread(struct domain_def *def, unsigned id, const char *set);

/* -- I/O threads: error_domain is the driver's -- */

/* The thread of the list, or NULL without an error. */
struct node *domain_iothread(const struct domain_def *def, unsigned id);

int domain_add_iothread(struct domain_def *def, unsigned id, int error_domain);

/* The checks of the removal alone: it is there. And that, together with its pin. */
int domain_check_iothread(const struct domain_def *def, unsigned id);
int domain_delete_iothread(struct domain_def *def, unsigned id);

#endif
