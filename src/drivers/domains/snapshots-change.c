/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What every driver refuses before it changes snapshots, and snapshots that are described again.
 */
#include "config.h"
#include "drivers/domains/snapshots.h"

#include "base/error.h"
#include "drivers/args.h"

#include <string.h>

int snapshots_check_create(unsigned flags)
{
	static const char function[] = "virDomainSnapshotCreateXML";
	static const char redefine[] = "VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE";

	if (flags & RVIRT_DOMAIN_SNAPSHOT_CREATE_CURRENT &&
		!(flags & RVIRT_DOMAIN_SNAPSHOT_CREATE_REDEFINE))
		return args_refuse(FROM_DOMAIN_SNAPSHOT, function, "ctl",
						   "Flag '%s' is required by flag "
						   "'VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT'",
						   redefine);
	if (args_either_of(FROM_DOMAIN_SNAPSHOT, flags, RVIRT_DOMAIN_SNAPSHOT_CREATE_REDEFINE, redefine,
					   RVIRT_DOMAIN_SNAPSHOT_CREATE_NO_METADATA,
					   "VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA", function) < 0)
		return -1;
	return args_either_of(FROM_DOMAIN_SNAPSHOT, flags, RVIRT_DOMAIN_SNAPSHOT_CREATE_REDEFINE,
						  redefine, RVIRT_DOMAIN_SNAPSHOT_CREATE_HALT,
						  "VIR_DOMAIN_SNAPSHOT_CREATE_HALT", function);
}

int snapshots_check_delete(unsigned flags, enum moments_delete *ret_what)
{
	if (args_either_of(FROM_DOMAIN_SNAPSHOT, flags, RVIRT_DOMAIN_SNAPSHOT_DELETE_CHILDREN,
					   "VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN",
					   RVIRT_DOMAIN_SNAPSHOT_DELETE_CHILDREN_ONLY,
					   "VIR_DOMAIN_SNAPSHOT_DELETE_CHILDREN_ONLY", "virDomainSnapshotDelete") < 0)
		return -1;
	if (flags & RVIRT_DOMAIN_SNAPSHOT_DELETE_CHILDREN)
		*ret_what = MOMENT_AND_CHILDREN;
	else
		*ret_what = flags & RVIRT_DOMAIN_SNAPSHOT_DELETE_CHILDREN_ONLY ? MOMENT_CHILDREN_ONLY
																	   : MOMENT_ALONE;
	return 0;
}

int snapshots_check_revert(unsigned flags)
{
	return args_either_of(FROM_DOMAIN_SNAPSHOT, flags, RVIRT_DOMAIN_SNAPSHOT_REVERT_RUNNING,
						  "VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING", RVIRT_DOMAIN_SNAPSHOT_REVERT_PAUSED,
						  "VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED", "virDomainRevertToSnapshot");
}

/* -- described again -- */

/* One that takes the place of old must be of the same kind of state. */
static int check_kind(const struct moment *m, const struct moment *old)
{
	if (snapshot_has_memory(old) != snapshot_has_memory(m))
		return error_set(FROM_DOMAIN_SNAPSHOT, ERR_INVALID_ARG,
						 "cannot change between online and offline snapshot state in snapshot %s",
						 moment_name(m));
	if (snapshot_is(old, "disk-snapshot") != snapshot_is(m, "disk-snapshot"))
		return error_set(FROM_DOMAIN_SNAPSHOT, ERR_INVALID_ARG,
						 "cannot change between disk only and full system in snapshot %s",
						 moment_name(m));
	return 0;
}

static int check(const struct domain *d, struct moment *m, const struct placed_moment *old,
				 unsigned flags)
{
	char uuid[UUID_TEXT_LEN];
	bool external = snapshot_is(m, "disk-snapshot") || snapshot_is_external(m);

	if (flags & RVIRT_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY && !snapshot_is(m, "disk-snapshot"))
		return error_set(FROM_DOMAIN_SNAPSHOT, ERR_INVALID_ARG,
						 "disk-only flag for snapshot %s requires disk-snapshot state",
						 moment_name(m));
	if (m->domain && memcmp(m->domain->uuid, d->uuid, UUID_LEN) != 0)
		return error_set(FROM_DOMAIN_SNAPSHOT, ERR_INVALID_ARG,
						 "definition for snapshot %s must use uuid %s", moment_name(m),
						 uuid_format(d->uuid, uuid));
	if (old && check_kind(m, old->m) < 0)
		return -1;
	if (!m->domain && old && old->m->domain && !(m->domain = domain_def_copy(old->m->domain)))
		return -1;
	return moment_align_snapshot(m, !external);
}

struct placed_moment *snapshots_redefine(struct domain *d, struct moment **m, unsigned flags)
{
	struct placed_moment *old = moments_find(&d->snapshots, moment_name(*m));

	if (moments_check_parent(&d->snapshots, *m) < 0 || check(d, *m, old, flags) < 0)
		return NULL;
	if (!old)
		return moments_add(&d->snapshots, m);
	return moments_replace(&d->snapshots, old, m) < 0 ? NULL : old;
}
