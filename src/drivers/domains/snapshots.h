/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Snapshots of domains as every driver has them: what they say of themselves, what is asked about
 * their trees, and what a document that describes one again must keep to. Everything here wants the
 * driver locked.
 */
#ifndef DRIVERS_DOMAINS_SNAPSHOTS_H
#define DRIVERS_DOMAINS_SNAPSHOTS_H

#include "drivers/domains/domains.h"

/* -- one of them -- */

/* Whether its state is that: "running", "disk-snapshot" … */
bool snapshot_is(const struct moment *m, const char *state);

/* The state of a domain as its snapshots say it. */
const char *snapshot_state_of(const struct domain *d);

/* What ran goes on from it. */
bool snapshot_has_memory(const struct moment *m);

/* Its memory, or a disk, is in a file of its own. */
bool snapshot_is_external(const struct moment *m);

/* The snapshot of that name; NULL with NO_DOMAIN_SNAPSHOT set. */
struct placed_moment *snapshots_find(const struct domains *list, struct domain *d,
									 const char *name);

/* What travels of it. 0, or -1 with NO_MEMORY. */
int snapshot_wire(const struct placed_moment *t, const struct rvirt_wire_domain *dom,
				  struct rvirt_wire_domain_snapshot *ret);

/* -- answers -- */

/* args_flags() in the name of the driver's function; what is that without the driver. 0 or -1. */
int snapshots_flags(const struct domains *list, unsigned flags, unsigned known, const char *what);

#define SNAPSHOT_OP(op, function, args_type, ret_type)                                             \
	int function(const struct domains *list, const struct rvirt_wire_##args_type *args,            \
				 struct rvirt_wire_##ret_type *ret);
#include "drivers/domains/snapshots.def"

/* -- changes -- */

/* Refuse flags that exclude or need each other; those that a driver does not know are its own to
 * refuse. 0 or -1. */
int snapshots_check_create(unsigned flags);
int snapshots_check_delete(unsigned flags, enum moments_delete *ret_what);
int snapshots_check_revert(unsigned flags);

/* Puts a definition of a snapshot that there is or was, which it takes over, in its place. 0 with
 * the snapshot, or NULL with the error set. */
struct placed_moment *snapshots_redefine(struct domain *d, struct moment **m, unsigned flags);

#endif
