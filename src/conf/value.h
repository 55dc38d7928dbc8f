/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The kinds of values that descriptions know: from any accepted spelling to the canonical one.
 * Results belong to the caller; NULL without an error set means: not such a value.
 */
#ifndef CONF_VALUE_H
#define CONF_VALUE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

struct row;

/* The greatest number in a set. */
#define VALUE_SET_MAX 16384

/* Whole numbers as strtol reads them, nothing behind. 0 or -1 (no error is set). */
int value_parse_ull(const char *text, int base, unsigned long long *ret_value);
int value_parse_int(const char *text, int base, int *ret_value);
int value_parse_uint(const char *text, int base, unsigned *ret_value);

char *value_number(const struct row *row, const char *text);
char *value_print(const struct row *row, unsigned long long v);
char *value_path(const char *text);
char *value_uuid(const char *text);

/* Sets: "0-3,^2,7" to "0-1,3,7". value_set() refuses an empty set as well, value_is_empty_set()
 * tells whether that was the reason. */
char *value_set(const char *text);
bool value_is_empty_set(const char *text);

/* A set as bits. 0 or -1 (no error is set). */
struct bits {
	unsigned char b[VALUE_SET_MAX / 8];
};
int bits_parse(const char *text, struct bits *ret_bits);
/* The next number from `from` on, or -1. */
int bits_next(const struct bits *b, int from);
bool bits_has(const struct bits *b, int i);
void bits_put(struct bits *b, int i, bool on);
bool bits_overlap(const struct bits *a, const struct bits *b);
void bits_add(struct bits *b, const struct bits *more);
bool bits_equal(const struct bits *a, const struct bits *b);
char *bits_text(const struct bits *b);

/* Multiplies by a unit (b, k, KiB, KB, M …; NULL or "": scale), up to limit. 0, or -1 with the
 * error set. */
int value_scale(unsigned long long *value, const char *unit, unsigned long long scale,
				unsigned long long limit);

/* The greatest unit that divides bytes: "MiB" and 4 for 4194304. */
unsigned long long value_pretty(unsigned long long bytes, const char **ret_unit);

/* Whether it is the name of an architecture. */
bool value_is_arch(const char *text);

/* A MAC address as six hexadecimal pairs. 0 or -1 (no error is set). */
int value_parse_mac(const char *text, unsigned char ret_mac[6]);

#endif
