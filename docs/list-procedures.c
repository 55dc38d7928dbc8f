/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Prints docs/procedures.md: every procedure, who may call it, and which drivers have it. Runs at
 * build, on the tables themselves, so that the page can't lag behind.
 */
#include "config.h"

#include "drivers/driver.h"

#include <stdio.h>

static void print_head(const struct driver *const *drivers)
{
	printf("# Procedures\n\n"
		   "Made at build from the tables. *read-only*: a read-only connection may call it. "
		   "*connection*: answered by the daemon or the library itself. A driver without a mark "
		   "answers "
		   "\"not supported by the connection driver\".\n\n"
		   "| number | procedure | permission | read-only | connection |");
	for (const struct driver *const *d = drivers; *d; d++)
		printf(" %s |", (*d)->name);
	printf("\n|---|---|---|---|---|");
	for (const struct driver *const *d = drivers; *d; d++)
		printf("---|");
	printf("\n");
}

static void print_row(const struct wire_op *op, const struct driver *const *drivers)
{
	printf("| %d | %s | %s | %s | %s |", op->number, op->name, op->permission,
		   op->flags & WIRE_OP_READ ? "yes" : "", op->flags & WIRE_OP_SESSION ? "yes" : "");
	for (const struct driver *const *d = drivers; *d; d++)
		printf(" %s |", driver_has(*d, op) ? "yes" : "");
	printf("\n");
}

int main(void)
{
	const struct driver *const *drivers = driver_list();

	print_head(drivers);
	for (int n = 1; n < wire_n_ops; n++) {
		const struct wire_op *op = wire_op_by_number(n);

		if (op && !(op->flags & WIRE_OP_EVENT))
			print_row(op, drivers);
	}
	return 0;
}
