/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The oracle of the wire: remote.x compiled by rpcgen, run by libtirpc. Kept apart from our own
 * structs, whose names it shares.
 */
#ifndef TESTS_UNIT_ORACLE_H
#define TESTS_UNIT_ORACLE_H

#include <stddef.h>

/* Decodes n bytes as the shape of that name and encodes the value again. The length written to out
 * (of size bytes), or -1 if the oracle refuses the bytes or knows no such shape. */
long oracle_recode(const char *shape, const void *data, size_t n, void *out, size_t size);

#endif
