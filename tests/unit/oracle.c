/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The oracle: one row a shape, with rpcgen's function for it.
 */
#include "config.h"
#include "oracle.h"

#include <rpc/rpc.h>

#include "tests/unit/remote-oracle.h"

#include "protocol/shapes.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	size_t size;
	xdrproc_t run;
} rows[] = {
#define SHAPE(name) {#name, sizeof(name), (xdrproc_t)xdr_##name},
	WIRE_SHAPES(SHAPE)
#undef SHAPE
};

long oracle_recode(const char *shape, const void *data, size_t n, void *out, size_t size)
{
	size_t row = 0, n_rows = sizeof rows / sizeof rows[0];
	XDR in, back;
	void *value;
	long written = -1;

	while (row < n_rows && strcmp(rows[row].name, shape) != 0)
		row++;
	if (row == n_rows)
		return -1;
	value = calloc(1, rows[row].size);
	xdrmem_create(&in, (char *)(uintptr_t)data, (u_int)n, XDR_DECODE);
	xdrmem_create(&back, out, (u_int)size, XDR_ENCODE);
	if (rows[row].run(&in, value) && xdr_getpos(&in) == n && rows[row].run(&back, value))
		written = (long)xdr_getpos(&back);
	xdr_free(rows[row].run, value);
	free(value);
	return written;
}
