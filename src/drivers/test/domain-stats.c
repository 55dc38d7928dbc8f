/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Statistics of many domains in one call.
 */
#include "config.h"
#include "drivers/args.h"
#include "drivers/params.h"
#include "drivers/test/domain.h"
#include "drivers/test/ops.h"

#include "base/error.h"

#include <stdio.h>

enum { STATS_ALL = RVIRT_DOMAIN_STATS_STATE | RVIRT_DOMAIN_STATS_IOTHREAD };

/* How the I/O threads poll that were added or told so. */
static void add_iothreads(struct params *params, const struct domain *d)
{
	static const char *const names[] = {"poll-max-ns", "poll-grow", "poll-shrink"};
	char name[48];

	if (!domain_active(d) || !test_own(d)->n_iothreads)
		return;
	params_uint(params, "iothread.count", (unsigned)test_own(d)->n_iothreads);
	for (size_t i = 0; i < test_own(d)->n_iothreads; i++) {
		const struct test_iothread *t = &test_own(d)->iothreads[i];

		snprintf(name, sizeof name, "iothread.%u.%s", t->id, names[0]);
		params_ull(params, name, t->poll_max_ns);
		snprintf(name, sizeof name, "iothread.%u.%s", t->id, names[1]);
		params_uint(params, name, t->poll_grow);
		snprintf(name, sizeof name, "iothread.%u.%s", t->id, names[2]);
		params_uint(params, name, t->poll_shrink);
	}
}

/* One domain's record, if it is among those that flags mean. 0, or -1 with NO_MEMORY. */
static int add(const struct domain *d, unsigned stats, unsigned flags,
			   struct rvirt_wire_ret_stats_ret *ret)
{
	struct rvirt_wire_domain_stats_record *r = &ret->ret_stats[ret->n_ret_stats];
	struct params params = {0};

	if (!domain_matches(d, flags & DOMAINS_LIST_FOR_STATS))
		return 0;
	ret->n_ret_stats++;
	if (domain_wire(d, &r->dom) < 0)
		return -1;
	if (stats & RVIRT_DOMAIN_STATS_STATE) {
		params_int(&params, "state.state", d->state);
		params_int(&params, "state.reason", d->reason);
	}
	if (stats & RVIRT_DOMAIN_STATS_IOTHREAD)
		add_iothreads(&params, d);
	return params_give(&params, &r->n_params, &r->params);
}

int test_connect_get_all_domain_stats(struct driver_conn *conn,
									  const struct rvirt_wire_doms_stats_flags_args *args,
									  struct rvirt_wire_ret_stats_ret *ret)
{
	TEST_LOCKED(node, conn);
	size_t max = args->n_doms ? args->n_doms : HASH_COUNT(node->domains.all);
	unsigned stats = args->stats ? args->stats : STATS_ALL;

	if (args_flags(FROM_TEST, args->flags,
				   DOMAINS_LIST_FOR_STATS | RVIRT_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT |
					   RVIRT_CONNECT_GET_ALL_DOMAINS_STATS_BACKING |
					   RVIRT_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS,
				   "testConnectGetAllDomainStats") < 0)
		return -1;
	if (args->flags & RVIRT_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS && stats & ~STATS_ALL)
		return error_set(FROM_TEST, ERR_ARGUMENT_UNSUPPORTED,
						 "Stats types bits 0x%x are not supported by this daemon",
						 stats & ~STATS_ALL);
	if (!(ret->ret_stats = calloc(max + 1, sizeof *ret->ret_stats)))
		return error_oom();
	if (!args->n_doms) {
		for (const struct domain *d = node->domains.all; d; d = d->hh.next)
			if (add(d, stats, args->flags, ret) < 0)
				return -1;
	}
	for (uint32_t i = 0; i < args->n_doms; i++) {
		const struct domain *d = domains_by_uuid(&node->domains, args->doms[i].uuid);

		if (d && add(d, stats, args->flags, ret) < 0)
			return -1;
	}
	return 0;
}
