/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a definition calls for of a control group. A controller that the host does not lend is an
 * error where something is to be done by it, and nobody's business else.
 */
#include "config.h"
#include "conf/value.h"
#include "drivers/domains/limits.h"
#include "drivers/qemu/cgroup.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/threads.h"
#include "drivers/qemu/tune.h"

#include <stdio.h>
#include <unistd.h>

/* -- processors -- */

static long long figure(const struct domain_def *def, const char *name)
{
	const struct node *tune = node_child(def->root, "cputune");

	return node_num(tune ? node_child(tune, name) : NULL, 0);
}

static bool has(const struct domain_def *def, const char *name)
{
	const struct node *tune = node_child(def->root, "cputune");

	return tune && node_child(tune, name);
}

bool tune_has_bandwidths(const struct domain_def *def)
{
	static const char *const names[] = {"period",         "quota",           "emulator_period",
										"emulator_quota", "iothread_period", "iothread_quota"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (has(def, names[i]))
			return true;
	return false;
}

static int set_cpu(const char *group, const struct domain_def *def)
{
	bool global = has(def, "global_period") || has(def, "global_quota");

	if ((global || tune_has_bandwidths(def)) && !cgroup_has(group, "cpu"))
		return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
						 "cgroup cpu is required for scheduler tuning");
	if (has(def, "shares")) {
		if (!cgroup_has(group, "cpu"))
			return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
							 "CPU tuning is not available on this host: the cgroup CPU controller "
							 "(version 2) is not mounted");
		if (cgroup_set_weight(group, (unsigned long long)figure(def, "shares")) < 0)
			return -1;
	}
	return global ? cgroup_set_bandwidth(group, (unsigned long long)figure(def, "global_period"),
										 figure(def, "global_quota"))
				  : 0;
}

static int bandwidth_of(const char *group, const struct domain_def *def, const char *name,
						const char *prefix)
{
	CLEANUP_FREE char *path = cgroup_of_threads(group, name);
	char period[32], quota[32];

	snprintf(period, sizeof period, "%speriod", prefix);
	snprintf(quota, sizeof quota, "%squota", prefix);
	if (!path)
		return -1;
	if (!has(def, period) && !has(def, quota))
		return 0;
	return cgroup_set_bandwidth(path, (unsigned long long)figure(def, period), figure(def, quota));
}

static int group_threads(const char *group, const struct domain_def *def,
						 const struct vm_threads *threads, const char *kind, const char *prefix)
{
	char name[32];

	for (size_t i = 0; i < threads->n; i++) {
		snprintf(name, sizeof name, "%s%u", kind, threads->list[i].number);
		if (cgroup_add_thread(group, name, threads->list[i].tid) < 0 ||
			bandwidth_of(group, def, name, prefix) < 0)
			return -1;
	}
	return 0;
}

int tune_bandwidths(const char *group, const struct domain_def *def, const struct vm_threads *vcpus,
					const struct vm_threads *iothreads)
{
	if (group_threads(group, def, vcpus, "vcpu", "") < 0 ||
		group_threads(group, def, iothreads, "iothread", "iothread_") < 0 ||
		cgroup_add_rest(group, "emulator") < 0)
		return -1;
	return bandwidth_of(group, def, "emulator", "emulator_");
}

/* -- memory -- */

static unsigned long long bytes_of(unsigned long long kib)
{
	return kib >= DOMAIN_NO_LIMIT ? CGROUP_NO_LIMIT : kib * 1024;
}

int tune_set_memory(const char *group, const struct domain_def *def)
{
	unsigned long long hard = domain_memory_limit(def, "hard_limit");
	unsigned long long both = domain_memory_limit(def, "swap_hard_limit");

	/* the kernel's limit of swap is without the memory */
	if (both < DOMAIN_NO_LIMIT && hard < DOMAIN_NO_LIMIT)
		both = both > hard ? both - hard : 0;
	if (cgroup_set_memory(group, "memory.max", bytes_of(hard)) < 0 ||
		cgroup_set_memory(group, "memory.high", bytes_of(domain_memory_limit(def, "soft_limit"))) <
			0)
		return -1;
	return cgroup_set_memory(group, "memory.swap.max", bytes_of(both));
}

/* -- disks -- */

int tune_set_io_list(const char *group, const struct domain_def *def)
{
	size_t n;
	const struct domain_blkio *rows = domain_blkio_rows(&n);

	NODE_EACH(device, node_child(def->root, "blkiotune"), "device")
	{
		for (size_t i = 0; i < n; i++) {
			const struct node *value = node_child(device, rows[i].element);

			if (value && cgroup_set_io(group, child_text(device, "path"), rows[i].element,
									   (unsigned long long)node_num(value, 0)) < 0)
				return -1;
		}
	}
	return 0;
}

static int set_blkio(const char *group, const struct domain_def *def)
{
	const struct node *tune = node_child(def->root, "blkiotune"), *weight;

	if (!tune)
		return 0;
	if (!cgroup_has(group, "io"))
		return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
						 "Block I/O tuning is not available on this host: the cgroup io controller "
						 "(version 2) is not mounted");
	weight = node_child(tune, "weight");
	if (weight && cgroup_set_io_weight(group, (unsigned)node_num(weight, 0)) < 0)
		return -1;
	return tune_set_io_list(group, def);
}

/* -- nodes of memory -- */

/* Those of a definition that the host does not have. */
static int check_nodes(const struct domain_def *def)
{
	const struct node *tune = node_child(def->root, "numatune");
	char path[64];

	for (const struct node *n = tune ? tune->children : NULL; n; n = n->next) {
		const char *set = node_attr(n, "nodeset");
		struct bits nodes;

		if (!set || bits_parse(set, &nodes) < 0)
			continue;
		for (int i = bits_next(&nodes, 0); i >= 0; i = bits_next(&nodes, i + 1)) {
			snprintf(path, sizeof path, "/sys/devices/system/node/node%d", i);
			if (access(path, F_OK) < 0)
				return error_set(FROM_NONE, ERR_CONFIG_UNSUPPORTED, "NUMA node %d is unavailable",
								 i);
		}
	}
	return 0;
}

static int set_nodes(const char *group, const struct domain_def *def)
{
	const struct node *memory = node_child(def->root, "numatune/memory");

	if (check_nodes(def) < 0)
		return -1;
	if (!is(memory, "mode", "restrictive") || !node_attr(memory, "nodeset"))
		return 0;
	if (!cgroup_has(group, "cpuset"))
		return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
						 "NUMA tuning by mode='restrictive' is not available on this host: the "
						 "cgroup cpuset controller (version 2) is not mounted");
	return cgroup_set_nodes(group, node_attr(memory, "nodeset"));
}

int tune_group(const char *group, const struct domain_def *def)
{
	if (set_nodes(group, def) < 0)
		return -1;
	if (node_child(def->root, "memtune")) {
		if (!cgroup_has(group, "memory"))
			return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
							 "Memory cgroup is not available on this host: the cgroup memory "
							 "controller (version 2) is not mounted");
		if (tune_set_memory(group, def) < 0)
			return -1;
	}
	return set_cpu(group, def) < 0 ? -1 : set_blkio(group, def);
}
