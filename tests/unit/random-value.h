/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Random values of any shape, for round trips.
 */
#ifndef TESTS_UNIT_RANDOM_VALUE_H
#define TESTS_UNIT_RANDOM_VALUE_H

#include "protocol/wire.h"

/* Fills the zeroed value; the same seed gives the same value. Released with wire_clear(). */
void random_value(const struct wire_shape *s, uint64_t seed, void *ret_value);

#endif
