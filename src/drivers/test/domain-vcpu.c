/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A domain's virtual CPUs: how many, and on which of the host's they may run.
 */
#include "config.h"
#include "drivers/args.h"
#include "drivers/domains/threads.h"
#include "drivers/params.h"
#include "drivers/test/domain.h"
#include "drivers/test/ops.h"

#include "base/error.h"
#include "conf/value.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

int test_domain_get_max_vcpus(struct driver_conn *conn, const struct rvirt_wire_dom_args *args,
							  struct rvirt_wire_num_ret *ret)
{
	TEST_LOCKED(node, conn);
	struct domain *d = test_find(node, &args->dom);
	const struct domain_def *def = d ? domain_one_def(d, RVIRT_DOMAIN_AFFECT_LIVE, NULL) : NULL;

	if (!def)
		return -1;
	ret->num = (int)def->max_vcpus;
	return 0;
}

int test_domain_get_vcpus_flags(struct driver_conn *conn,
								const struct rvirt_wire_dom_flags_args *args,
								struct rvirt_wire_num_ret *ret)
{
	TEST_LOCKED(node, conn);
	struct domain *d;
	const struct domain_def *def;

	if (args_exclusive(args->flags, "virDomainGetVcpusFlags") < 0 ||
		args_flags(FROM_TEST, args->flags,
				   RVIRT_DOMAIN_AFFECT_LIVE | RVIRT_DOMAIN_AFFECT_CONFIG |
					   RVIRT_DOMAIN_VCPU_MAXIMUM,
				   "testDomainGetVcpusFlags") < 0 ||
		!(d = test_find(node, &args->dom)) || !(def = domain_one_def(d, args->flags, NULL)))
		return -1;
	ret->num = (int)(args->flags & RVIRT_DOMAIN_VCPU_MAXIMUM ? def->max_vcpus : def->vcpus);
	return 0;
}

static int check_maximum(const struct domain_def *def, unsigned n)
{
	if (!def || def->max_vcpus >= n)
		return 0;
	return error_set(FROM_TEST, ERR_INVALID_ARG, "requested cpu amount exceeds maximum (%u > %u)",
					 n, def->max_vcpus);
}

static int set_vcpus(struct driver_conn *conn, const struct rvirt_wire_domain *dom, unsigned n,
					 unsigned flags)
{
	TEST_LOCKED(node, conn);
	struct domain *d;
	struct domain_def *live, *config;
	bool maximum = flags & RVIRT_DOMAIN_VCPU_MAXIMUM;

	if (args_flags(FROM_TEST, flags,
				   RVIRT_DOMAIN_AFFECT_LIVE | RVIRT_DOMAIN_AFFECT_CONFIG |
					   RVIRT_DOMAIN_VCPU_MAXIMUM,
				   "testDomainSetVcpusFlags") < 0)
		return -1;
	if (n > TEST_MAX_VCPUS)
		return error_set(FROM_TEST, ERR_INVALID_ARG,
						 "requested cpu amount exceeds maximum supported amount (%u > %d)", n,
						 TEST_MAX_VCPUS);
	if (!(d = test_find(node, dom)) || domain_defs(d, flags, &live, &config) < 0 ||
		check_maximum(live, n) < 0 || (!maximum && check_maximum(config, n) < 0))
		return -1;
	if (live && domain_def_set_vcpus(live, n) < 0)
		return -1;
	if (!config)
		return 0;
	return maximum ? domain_def_set_max_vcpus(config, n) : domain_def_set_vcpus(config, n);
}

int test_domain_set_vcpus(struct driver_conn *conn, const struct rvirt_wire_dom_nvcpus_args *args)
{
	if (args_nonzero(args->nvcpus, "nvcpus", "virDomainSetVcpus") < 0)
		return -1;
	return set_vcpus(conn, &args->dom, args->nvcpus, RVIRT_DOMAIN_AFFECT_LIVE);
}

int test_domain_set_vcpus_flags(struct driver_conn *conn,
								const struct rvirt_wire_dom_nvcpus_flags_args *args)
{
	static const char function[] = "virDomainSetVcpusFlags";

	if (args->flags & RVIRT_DOMAIN_VCPU_MAXIMUM && !(args->flags & RVIRT_DOMAIN_AFFECT_CONFIG))
		return args_refuse(FROM_DOMAIN, function, "ctl",
						   "Flag 'VIR_DOMAIN_AFFECT_CONFIG' is required by flag "
						   "'VIR_DOMAIN_VCPU_MAXIMUM'");
	if (args_either(args->flags, RVIRT_DOMAIN_VCPU_GUEST, "VIR_DOMAIN_VCPU_GUEST",
					RVIRT_DOMAIN_AFFECT_CONFIG, "VIR_DOMAIN_AFFECT_CONFIG", function) < 0)
		return -1;
	if (args_nonzero(args->nvcpus, "nvcpus", function) < 0)
		return -1;
	return set_vcpus(conn, &args->dom, args->nvcpus, args->flags);
}

/* The host's CPUs that a set of numbers (NULL: all of them) means. */
static void host_cpus(const struct test_node *node, const char *set, struct bits *ret)
{
	const struct test_info *info = &node->info;
	long n = (long)info->nodes * info->sockets * info->cores * info->threads;

	memset(ret, 0, sizeof *ret);
	if (set && (!*set || bits_parse(set, ret) == 0))
		return;
	for (int i = 0; i < n && i < VALUE_SET_MAX; i++)
		bits_put(ret, i, true);
}

/* Where a vcpu may run. */
static void vcpu_cpus(const struct test_node *node, const struct domain_def *def, unsigned vcpu,
					  struct bits *ret)
{
	host_cpus(node, domain_vcpu_set(def, vcpu), ret);
}

static int last_bit(const struct bits *b)
{
	int last = -1;

	for (int i = bits_next(b, 0); i >= 0; i = bits_next(b, i + 1))
		last = i;
	return last;
}

int test_domain_get_vcpus(struct driver_conn *conn,
						  const struct rvirt_wire_dom_maxinfo_maplen_args *args,
						  struct rvirt_wire_info_cpumaps_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct domain *d;
	struct bits cpus;
	uint32_t n;

	if (domain_maps_alloc(args->maxinfo, args->maplen, "maxinfo", &ret->n_cpumaps, &ret->cpumaps) <
			0 ||
		args_there(args->maxinfo ? args : NULL, "info", "virDomainGetVcpus") < 0 ||
		!(d = test_find(node, &args->dom)))
		return -1;
	if (!domain_active(d))
		return error_set(FROM_TEST, ERR_OPERATION_INVALID,
						 "cannot list vcpus for an inactive domain");
	n = (unsigned)args->maxinfo < d->def->vcpus ? (unsigned)args->maxinfo : d->def->vcpus;
	if (!(ret->info = calloc(n + 1, sizeof *ret->info)))
		return error_oom();
	for (uint32_t i = 0; i < n; i++, ret->n_info++) {
		vcpu_cpus(node, d->def, i, &cpus);
		ret->info[i] = (struct rvirt_wire_vcpu_info){
			.number = i, .state = 1, .cpu_time = test_clock_us() / 10, .cpu = last_bit(&cpus)};
		domain_map_put(&cpus, ret->cpumaps + (size_t)i * (size_t)args->maplen, args->maplen);
	}
	return 0;
}

int test_domain_get_vcpu_pin_info(struct driver_conn *conn,
								  const struct rvirt_wire_domain_get_vcpu_pin_info_args *args,
								  struct rvirt_wire_cpumaps_num_ret *ret)
{
	static const char function[] = "virDomainGetVcpuPinInfo";
	TEST_LOCKED(node, conn);
	struct domain *d;
	const struct domain_def *def;
	struct bits cpus;

	if (domain_maps_alloc(args->ncpumaps, args->maplen, "ncpumaps", &ret->n_cpumaps,
						  &ret->cpumaps) < 0 ||
		args_there(args->maplen ? args : NULL, "cpumaps", function) < 0 ||
		args_positive(args->ncpumaps, "ncpumaps", function) < 0 ||
		args_exclusive(args->flags, function) < 0 || !(d = test_find(node, &args->dom)) ||
		!(def = domain_one_def(d, args->flags, NULL)))
		return -1;
	for (; ret->num < args->ncpumaps && ret->num < (int)def->max_vcpus; ret->num++) {
		vcpu_cpus(node, def, (unsigned)ret->num, &cpus);
		domain_map_put(&cpus, ret->cpumaps + (size_t)ret->num * (size_t)args->maplen, args->maplen);
	}
	return 0;
}

static int pin_vcpu(struct driver_conn *conn, const struct rvirt_wire_domain *dom, unsigned vcpu,
					const uint8_t *map, uint32_t n_map)
{
	TEST_LOCKED(node, conn);
	CLEANUP_FREE char *set = domain_map_text(map, n_map);
	struct domain *d = set ? test_find(node, dom) : NULL;

	if (!d)
		return -1;
	if (!domain_active(d))
		return error_set(FROM_TEST, ERR_OPERATION_INVALID,
						 "cannot pin vcpus on an inactive domain");
	if (vcpu >= d->def->vcpus)
		return error_set(FROM_TEST, ERR_INVALID_ARG,
						 "requested vcpu '%d' is not present in the domain", (int)vcpu);
	return domain_pin_vcpu(d->def, vcpu, set);
}

int test_domain_pin_vcpu(struct driver_conn *conn,
						 const struct rvirt_wire_dom_vcpu_cpumap_args *args)
{
	if (args_there(args->n_cpumap ? args : NULL, "cpumap", "virDomainPinVcpu") < 0)
		return -1;
	return pin_vcpu(conn, &args->dom, args->vcpu, args->cpumap, args->n_cpumap);
}

int test_domain_pin_vcpu_flags(struct driver_conn *conn,
							   const struct rvirt_wire_domain_pin_vcpu_flags_args *args)
{
	if (args_there(args->n_cpumap ? args : NULL, "cpumap", "virDomainPinVcpuFlags") < 0 ||
		args_flags(FROM_TEST, args->flags, 0, "testDomainPinVcpuFlags") < 0)
		return -1;
	return pin_vcpu(conn, &args->dom, args->vcpu, args->cpumap, args->n_cpumap);
}

int test_domain_pin_emulator(struct driver_conn *conn,
							 const struct rvirt_wire_dom_cpumap_flags_args *args)
{
	TEST_LOCKED(node, conn);
	CLEANUP_FREE char *set = domain_map_text(args->cpumap, args->n_cpumap);
	struct domain *d;
	struct domain_def *def;

	if (!set ||
		args_flags(FROM_TEST, args->flags, RVIRT_DOMAIN_AFFECT_LIVE | RVIRT_DOMAIN_AFFECT_CONFIG,
				   "testDomainPinEmulator") < 0 ||
		!(d = test_find(node, &args->dom)) || !(def = domain_one_def(d, args->flags, NULL)))
		return -1;
	if (!*set)
		return error_set(FROM_TEST, ERR_INVALID_ARG, "Empty cpu list for pinning");
	return domain_pin_emulator(def, set);
}

int test_domain_get_emulator_pin_info(struct driver_conn *conn,
									  const struct rvirt_wire_dom_maplen_flags_args *args,
									  struct rvirt_wire_cpumaps_count_ret *ret)
{
	static const char function[] = "virDomainGetEmulatorPinInfo";
	TEST_LOCKED(node, conn);
	struct domain *d;
	const struct domain_def *def;
	struct bits cpus;

	if (args->maplen < 0 || args->maplen > DOMAIN_CPUMAPS_MAX)
		return error_set(FROM_RPC, ERR_INTERNAL_ERROR, "maplen > REMOTE_DOMAIN_CPUMAPS_MAX");
	if (args_there(args->maplen ? args : NULL, "cpumap", function) < 0 ||
		args_exclusive(args->flags, function) < 0 ||
		args_flags(FROM_TEST, args->flags, RVIRT_DOMAIN_AFFECT_LIVE | RVIRT_DOMAIN_AFFECT_CONFIG,
				   "testDomainGetEmulatorPinInfo") < 0 ||
		!(d = test_find(node, &args->dom)) || !(def = domain_one_def(d, args->flags, NULL)))
		return -1;
	if (!(ret->cpumaps = malloc((size_t)args->maplen)))
		return error_oom();
	host_cpus(node, domain_emulator_set(def), &cpus);
	domain_map_put(&cpus, ret->cpumaps, args->maplen);
	ret->n_cpumaps = (uint32_t)args->maplen;
	ret->count = 1;
	return 0;
}
