/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A domain's memory: how much it has, may have, and what it is said to do with it.
 */
#include "config.h"
#include "drivers/args.h"
#include "drivers/test/domain.h"
#include "drivers/test/ops.h"

#include "base/error.h"

#include <stdio.h>

enum { MEMORY_STATS_MAX = 1024, MEMORY_PEEK_MAX = 4194304 };

static int set_maximum(struct domain_def *def, bool live, uint64_t memory)
{
	if (live)
		return error_set(FROM_TEST, ERR_OPERATION_INVALID,
						 "cannot resize the maximum memory on an active domain");
	return domain_change_max_memory(def, memory, FROM_TEST);
}

static int set_memory(struct driver_conn *conn, const struct rvirt_wire_domain *dom,
					  uint64_t memory, unsigned flags)
{
	TEST_LOCKED(node, conn);
	struct domain *d;
	struct domain_def *def;
	bool live;

	if (args_flags(FROM_TEST, flags,
				   RVIRT_DOMAIN_AFFECT_LIVE | RVIRT_DOMAIN_AFFECT_CONFIG | RVIRT_DOMAIN_MEM_MAXIMUM,
				   "testDomainSetMemoryFlags") < 0 ||
		!(d = test_find(node, dom)) || !(def = domain_one_def(d, flags, &live)))
		return -1;
	if (flags & RVIRT_DOMAIN_MEM_MAXIMUM)
		return set_maximum(def, live, memory);
	if (memory > def->memory)
		return error_set(FROM_TEST, ERR_INVALID_ARG, "cannot set memory higher than max memory");
	return domain_def_set_current_memory(def, memory);
}

int test_domain_set_memory(struct driver_conn *conn, const struct rvirt_wire_dom_memory_args *args)
{
	if (args_nonzero(args->memory, "memory", "virDomainSetMemory") < 0)
		return -1;
	return set_memory(conn, &args->dom, args->memory, RVIRT_DOMAIN_AFFECT_LIVE);
}

int test_domain_set_max_memory(struct driver_conn *conn,
							   const struct rvirt_wire_dom_memory_args *args)
{
	if (args_nonzero(args->memory, "memory", "virDomainSetMaxMemory") < 0)
		return -1;
	return set_memory(conn, &args->dom, args->memory, RVIRT_DOMAIN_MEM_MAXIMUM);
}

int test_domain_set_memory_flags(struct driver_conn *conn,
								 const struct rvirt_wire_dom_memory_flags_args *args)
{
	if (args_nonzero(args->memory, "memory", "virDomainSetMemoryFlags") < 0)
		return -1;
	return set_memory(conn, &args->dom, args->memory, args->flags);
}

static bool has_balloon(const struct domain_def *def)
{
	const struct node *balloon = domain_def_device(def, "memballoon", 0);

	return balloon && !node_attr_is(balloon, "model", "none");
}

int test_domain_memory_stats(struct driver_conn *conn,
							 const struct rvirt_wire_dom_max_stats_flags_args *args,
							 struct rvirt_wire_stats_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct domain *d;

	if (args->max_stats > MEMORY_STATS_MAX)
		return error_set(FROM_RPC, ERR_INTERNAL_ERROR, "maxStats > REMOTE_DOMAIN_MEMORY_STATS_MAX");
	if (!args->max_stats)
		return 0;
	if (args_flags(FROM_TEST, args->flags, 0, "testDomainMemoryStats") < 0 ||
		!(d = test_find_active(node, &args->dom)))
		return -1;
	if (!has_balloon(d->def))
		return 0;

	uint64_t now = d->def->current_memory;
	const struct rvirt_wire_domain_memory_stat all[] = {
		{6, now},     /* actual balloon */
		{0, 0},       /* swap in */
		{1, 0},       /* swap out */
		{2, 0},       /* major faults */
		{3, 0},       /* minor faults */
		{4, now / 2}, /* unused */
		{5, now},     /* available */
		{8, now / 2}, /* usable */
		{9, 627319920} /* last update */,
		{10, now / 8}, /* disk caches */
		{11, 0},       /* huge pages: allocated */
		{12, 0},       /* and failed to */
		{7, now / 2},  /* resident */
	};
	uint32_t n = sizeof all / sizeof all[0];

	if (!(ret->stats = calloc(n, sizeof *ret->stats)))
		return error_oom();
	for (; ret->n_stats < n && ret->n_stats < args->max_stats; ret->n_stats++)
		ret->stats[ret->n_stats] = all[ret->n_stats];
	return 0;
}

int test_domain_set_memory_stats_period(struct driver_conn *conn,
										const struct rvirt_wire_dom_period_flags_args *args)
{
	TEST_LOCKED(node, conn);
	struct domain *d;
	struct domain_def *def;
	struct node *stats;

	if (args_not_negative(args->period, "period", "virDomainSetMemoryStatsPeriod") < 0 ||
		args_flags(FROM_TEST, args->flags, RVIRT_DOMAIN_AFFECT_LIVE | RVIRT_DOMAIN_AFFECT_CONFIG,
				   "testDomainSetMemoryStatsPeriod") < 0 ||
		!(d = test_find(node, &args->dom)) || !(def = domain_one_def(d, args->flags, NULL)))
		return -1;
	if (!has_balloon(def))
		return error_set(FROM_TEST, ERR_INTERNAL_ERROR,
						 "No memory balloon device configured, can not set the collection period");
	if (!args->period) {
		node_remove_all(domain_def_device(def, "memballoon", 0), "stats");
		return 0;
	}
	stats = node_need(domain_def_device(def, "memballoon", 0), "stats");
	return stats ? node_setf(stats, "period", "%d", args->period) : -1;
}

int test_domain_memory_peek(struct driver_conn *conn,
							const struct rvirt_wire_domain_memory_peek_args *args,
							struct rvirt_wire_buffer_ret *ret)
{
	enum { PEEK_VIRTUAL = 1, PEEK_PHYSICAL = 2 };
	TEST_LOCKED(node, conn);

	if (args->size > MEMORY_PEEK_MAX)
		return error_set(FROM_RPC, ERR_INTERNAL_ERROR, "size > maximum buffer size");
	if (args->flags & PEEK_VIRTUAL && args->flags & PEEK_PHYSICAL)
		return args_refuse(FROM_DOMAIN, "virDomainMemoryPeek", "ctl",
						   "Flags 'VIR_MEMORY_VIRTUAL' and 'VIR_MEMORY_PHYSICAL' are mutually "
						   "exclusive");
	if (args_flags(FROM_TEST, args->flags, PEEK_VIRTUAL | PEEK_PHYSICAL, "testDomainMemoryPeek") <
		0)
		return -1;
	if (args->flags != PEEK_VIRTUAL && args->flags != PEEK_PHYSICAL)
		return error_set(FROM_TEST, ERR_INVALID_ARG,
						 "flags parameter must be VIR_MEMORY_VIRTUAL or VIR_MEMORY_PHYSICAL");
	if (!test_find_active(node, &args->dom))
		return -1;
	if (!(ret->buffer = malloc(args->size + 1)))
		return error_oom();
	for (; ret->n_buffer < args->size; ret->n_buffer++)
		ret->buffer[ret->n_buffer] = (uint8_t)(args->offset + ret->n_buffer);
	return 0;
}
