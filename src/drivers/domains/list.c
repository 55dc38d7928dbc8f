/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Counting and listing domains.
 */
#include "config.h"
#include "drivers/args.h"
#include "drivers/domains/domains.h"

#include "base/error.h"

#include <string.h>

/* The filters that are true of a domain. */
static unsigned filters_of(const struct domain *d)
{
	unsigned f = moments_count(&d->snapshots) ? RVIRT_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT
											  : RVIRT_CONNECT_LIST_DOMAINS_NO_SNAPSHOT;

	f |= moments_count(&d->checkpoints) ? RVIRT_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT
										: RVIRT_CONNECT_LIST_DOMAINS_NO_CHECKPOINT;
	f |= domain_active(d) ? RVIRT_CONNECT_LIST_DOMAINS_ACTIVE : RVIRT_CONNECT_LIST_DOMAINS_INACTIVE;
	f |= d->persistent ? RVIRT_CONNECT_LIST_DOMAINS_PERSISTENT
					   : RVIRT_CONNECT_LIST_DOMAINS_TRANSIENT;
	f |= d->managed_save ? RVIRT_CONNECT_LIST_DOMAINS_MANAGEDSAVE
						 : RVIRT_CONNECT_LIST_DOMAINS_NO_MANAGEDSAVE;
	f |= d->autostart ? RVIRT_CONNECT_LIST_DOMAINS_AUTOSTART
					  : RVIRT_CONNECT_LIST_DOMAINS_NO_AUTOSTART;
	switch (d->state) {
	case RVIRT_DOMAIN_RUNNING:
		return f | RVIRT_CONNECT_LIST_DOMAINS_RUNNING;
	case RVIRT_DOMAIN_PAUSED:
		return f | RVIRT_CONNECT_LIST_DOMAINS_PAUSED;
	case RVIRT_DOMAIN_SHUTOFF:
		return f | RVIRT_CONNECT_LIST_DOMAINS_SHUTOFF;
	default:
		return f | RVIRT_CONNECT_LIST_DOMAINS_OTHER;
	}
}

bool domain_matches(const struct domain *d, unsigned flags)
{
	static const unsigned groups[] = {
		RVIRT_CONNECT_LIST_DOMAINS_ACTIVE | RVIRT_CONNECT_LIST_DOMAINS_INACTIVE,
		RVIRT_CONNECT_LIST_DOMAINS_PERSISTENT | RVIRT_CONNECT_LIST_DOMAINS_TRANSIENT,
		RVIRT_CONNECT_LIST_DOMAINS_RUNNING | RVIRT_CONNECT_LIST_DOMAINS_PAUSED |
			RVIRT_CONNECT_LIST_DOMAINS_SHUTOFF | RVIRT_CONNECT_LIST_DOMAINS_OTHER,
		RVIRT_CONNECT_LIST_DOMAINS_MANAGEDSAVE | RVIRT_CONNECT_LIST_DOMAINS_NO_MANAGEDSAVE,
		RVIRT_CONNECT_LIST_DOMAINS_AUTOSTART | RVIRT_CONNECT_LIST_DOMAINS_NO_AUTOSTART,
		RVIRT_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT | RVIRT_CONNECT_LIST_DOMAINS_NO_SNAPSHOT,
		RVIRT_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT | RVIRT_CONNECT_LIST_DOMAINS_NO_CHECKPOINT,
	};
	unsigned true_of_it = filters_of(d);

	for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
		if (flags & groups[i] && !(flags & groups[i] & true_of_it))
			return false;
	return true;
}

static unsigned count(const struct domains *list, unsigned flags)
{
	unsigned n = 0;

	for (const struct domain *d = list->all; d; d = d->hh.next)
		n += domain_matches(d, flags);
	return n;
}

int domains_num(const struct domains *list)
{
	return (int)HASH_CNT(hh_id, list->by_id);
}

int domains_num_defined(const struct domains *list)
{
	return (int)(HASH_COUNT(list->all) - HASH_CNT(hh_id, list->by_id));
}

int domains_list_ids(const struct domains *list, const struct rvirt_wire_maxids_args *args,
					 struct rvirt_wire_ids_ret *ret)
{
	if (args_max(args->maxids, DOMAINS_LIST_MAX, "maxids", "REMOTE_DOMAIN_LIST_MAX") < 0)
		return -1;
	if (!(ret->ids = calloc((size_t)args->maxids + 1, sizeof *ret->ids)))
		return error_oom();
	for (const struct domain *d = list->by_id; d; d = d->hh_id.next) {
		if (ret->n_ids == (unsigned)args->maxids)
			break;
		ret->ids[ret->n_ids++] = d->id;
	}
	return 0;
}

int domains_list_defined(const struct domains *list, const struct rvirt_wire_maxnames_args *args,
						 struct rvirt_wire_names_ret *ret)
{
	if (args_max(args->maxnames, DOMAINS_LIST_MAX, "maxnames", "REMOTE_DOMAIN_LIST_MAX") < 0)
		return -1;
	if (!(ret->names = calloc((size_t)args->maxnames + 1, sizeof *ret->names)))
		return error_oom();
	for (const struct domain *d = list->all; d; d = d->hh.next) {
		if (domain_active(d))
			continue;
		if (ret->n_names == (unsigned)args->maxnames)
			break;
		if (!(ret->names[ret->n_names] = strdup(d->name)))
			return error_oom();
		ret->n_names++;
	}
	return 0;
}

int domains_list_all(const struct domains *list,
					 const struct rvirt_wire_need_results_flags_args *args,
					 struct rvirt_wire_domains_count_ret *ret)
{
	ret->count = count(list, args->flags);
	if (ret->count > DOMAINS_LIST_MAX)
		return error_set(FROM_RPC, ERR_RPC, "Too many domains '%u' for limit '%d'", ret->count,
						 DOMAINS_LIST_MAX);
	if (!args->need_results || !ret->count)
		return 0;
	if (!(ret->domains = calloc(ret->count, sizeof *ret->domains)))
		return error_oom();
	for (const struct domain *d = list->all; d; d = d->hh.next) {
		if (!domain_matches(d, args->flags))
			continue;
		if (domain_wire(d, &ret->domains[ret->n_domains]) < 0)
			return -1;
		ret->n_domains++;
	}
	return 0;
}
