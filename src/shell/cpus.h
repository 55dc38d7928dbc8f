/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Sets of CPUs: as lists such as 0-3,^2 and as maps with a bit for each.
 */
#ifndef SHELL_CPUS_H
#define SHELL_CPUS_H

#include "shell.h"

#include <stddef.h>
#include <stdint.h>

struct cpus_map {
	uint8_t bits[2048]; /* as many as the protocol carries */
	size_t n;           /* bytes that matter */
};

/* Reads a list ("r": all CPUs) of a host that has cpus of them. 0, or -1 with the error reported.
 */
int cpus_parse(struct shell *sh, const char *list, int cpus, struct cpus_map *ret);

/* "0-3,7", owned by the caller. */
char *cpus_text(const uint8_t *map, size_t len);

/* Whether a CPU is in a map that may be shorter. */
bool cpus_has(const uint8_t *map, size_t len, int cpu);

/* How many CPUs the host has; -1 with the error reported. */
int cpus_of_host(struct shell *sh);

#endif
