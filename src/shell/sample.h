/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the running domains take at one moment, and how fast since the moment before.
 */
#ifndef SHELL_SAMPLE_H
#define SHELL_SAMPLE_H

#include "shell.h"
#include "strings.h"

#include "base/cleanup.h"

#include <stddef.h>
#include <stdint.h>

struct json_t;

/* Rates in the order in which they are shown. */
enum sample_rate { SAMPLE_RX, SAMPLE_TX, SAMPLE_READ, SAMPLE_WRITE, SAMPLE_RATES };

/* What a host may tell or not; after these a bit for each rate. */
enum sample_told {
	SAMPLE_CPU = 1,
	SAMPLE_MEMORY = 2,
	SAMPLE_MAX_MEMORY = 4,
	SAMPLE_VCPUS = 8,
	SAMPLE_BYTES = 16
};

struct sample_row {
	char *name;
	unsigned char uuid[RVIRT_UUID_LEN];
	int id, state;
	unsigned told; /* enum sample_told */
	uint64_t cpu_ns, memory_kib, max_memory_kib, vcpus;
	uint64_t bytes[SAMPLE_RATES]; /* since the domain began */

	bool rated; /* the sample before had it too, so that these are known */
	double cpu_percent, rates[SAMPLE_RATES];
};

/* Zeroed: an empty one. */
struct sample {
	struct sample_row *rows; /* by UUID */
	size_t n;
	int64_t at_ns;
};

enum sample_order {
	SAMPLE_BY_CPU,
	SAMPLE_BY_MEMORY,
	SAMPLE_BY_NETWORK,
	SAMPLE_BY_DISK,
	SAMPLE_BY_NAME,
	SAMPLE_ORDERS
};

/* Asks the host, in one call. 0, or -1 with the library's error set. */
int sample_take(struct shell *sh, struct sample *ret);
void sample_clear(struct sample *s);

/* Fills in what can be known with the sample before. */
void sample_rate(struct sample *s, const struct sample *before);

/* The rows in an order, the most first; names from a on, also where the rest is equal. The array is
 * the caller's. */
const struct sample_row **sample_sorted(const struct sample *s, enum sample_order order);

/* Whether a rate is known: told is SAMPLE_CPU, or SAMPLE_BYTES << enum sample_rate for the
 * others. */
bool sample_is_rated(const struct sample_row *r, unsigned told);

const char *sample_state(const struct sample_row *r);
struct json_t *sample_json(const struct sample *s, enum sample_order order);

/* "CPU" for people, "cpu" on command lines, and the order of such a word: 0 or -1. */
const char *sample_order_name(enum sample_order order);
const char *sample_order_word(enum sample_order order);
int sample_order_find(const char *word, enum sample_order *ret);

#endif
