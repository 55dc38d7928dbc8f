/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Statistics of many machines in one call. A machine that is busy or hangs gives what is known
 * without it, where the caller asks for that.
 */
#include "config.h"
#include "drivers/qemu/stats.h"

#include "drivers/params.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/ops.h"
#include "drivers/qemu/perf.h"
#include "drivers/qemu/proc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	STATS_ASK = RVIRT_DOMAIN_STATS_BALLOON | RVIRT_DOMAIN_STATS_VCPU | RVIRT_DOMAIN_STATS_BLOCK |
				RVIRT_DOMAIN_STATS_IOTHREAD | RVIRT_DOMAIN_STATS_DIRTYRATE,
	STATS_ALL = RVIRT_DOMAIN_STATS_STATE | RVIRT_DOMAIN_STATS_CPU_TOTAL |
				RVIRT_DOMAIN_STATS_INTERFACE | RVIRT_DOMAIN_STATS_PERF | RVIRT_DOMAIN_STATS_MEMORY |
				RVIRT_DOMAIN_STATS_VM | STATS_ASK,
	FLAGS = DOMAINS_LIST_FOR_STATS | RVIRT_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT |
			RVIRT_CONNECT_GET_ALL_DOMAINS_STATS_BACKING |
			RVIRT_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS,
	NAME_MAX_LEN = 48,
};

void stats_put(struct params *p, unsigned long long value, const char *fmt, ...)
{
	char name[NAME_MAX_LEN];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(name, sizeof name, fmt, ap);
	va_end(ap);
	params_ull(p, name, value);
}

void stats_put_text(struct params *p, const char *group, unsigned i, const char *what,
					const char *text)
{
	char name[NAME_MAX_LEN];

	snprintf(name, sizeof name, "%s.%u.%s", group, i, what);
	params_string(p, name, text);
}

static void add_cpu(const struct vm *vm, struct params *p)
{
	struct proc_times times;

	if (!vm_active(vm) || !proc_cpu_times(vm->pid, &times))
		return;
	params_ull(p, "cpu.time", times.user_ns + times.system_ns);
	params_ull(p, "cpu.user", times.user_ns);
	params_ull(p, "cpu.system", times.system_ns);
	params_uint(p, "cpu.cache.monitor.count", 0);
	if (text_is(vm->d.def->type, "kvm"))
		return;
	params_ull(p, "cpu.haltpoll.success.time", 0);
	params_ull(p, "cpu.haltpoll.fail.time", 0);
}

static void add_interfaces(const struct vm *vm, struct params *p)
{
	const struct node *devices = node_child(vm->d.def->root, "devices");
	unsigned i = 0;

	if (!vm_active(vm))
		return;
	params_uint(p, "net.count", (unsigned)node_count(devices, "interface"));
	NODE_EACH(interface, devices, "interface")
	{
		const char *name = child_attr(interface, "target", "dev");
		struct link_stats s;

		if (name)
			stats_put_text(p, "net", i, "name", name);
		if (name && stats_read_interface(interface, &s) == 0) {
			stats_put(p, s.rx_bytes, "net.%u.rx.bytes", i);
			stats_put(p, s.rx_packets, "net.%u.rx.pkts", i);
			stats_put(p, s.rx_errs, "net.%u.rx.errs", i);
			stats_put(p, s.rx_drop, "net.%u.rx.drop", i);
			stats_put(p, s.tx_bytes, "net.%u.tx.bytes", i);
			stats_put(p, s.tx_packets, "net.%u.tx.pkts", i);
			stats_put(p, s.tx_errs, "net.%u.tx.errs", i);
			stats_put(p, s.tx_drop, "net.%u.tx.drop", i);
		}
		i++;
	}
}

static int add_balloon(struct vm *vm, bool asks, struct params *p)
{
	static const char *const names[RVIRT_DOMAIN_MEMORY_STAT_NR] = {
		[RVIRT_DOMAIN_MEMORY_STAT_SWAP_IN] = "balloon.swap_in",
		[RVIRT_DOMAIN_MEMORY_STAT_SWAP_OUT] = "balloon.swap_out",
		[RVIRT_DOMAIN_MEMORY_STAT_MAJOR_FAULT] = "balloon.major_fault",
		[RVIRT_DOMAIN_MEMORY_STAT_MINOR_FAULT] = "balloon.minor_fault",
		[RVIRT_DOMAIN_MEMORY_STAT_UNUSED] = "balloon.unused",
		[RVIRT_DOMAIN_MEMORY_STAT_AVAILABLE] = "balloon.available",
		[RVIRT_DOMAIN_MEMORY_STAT_RSS] = "balloon.rss",
		[RVIRT_DOMAIN_MEMORY_STAT_USABLE] = "balloon.usable",
		[RVIRT_DOMAIN_MEMORY_STAT_LAST_UPDATE] = "balloon.last-update",
		[RVIRT_DOMAIN_MEMORY_STAT_DISK_CACHES] = "balloon.disk_caches",
		[RVIRT_DOMAIN_MEMORY_STAT_HUGETLB_PGALLOC] = "balloon.hugetlb_pgalloc",
		[RVIRT_DOMAIN_MEMORY_STAT_HUGETLB_PGFAIL] = "balloon.hugetlb_pgfail",
	};
	struct rvirt_wire_domain_memory_stat stats[RVIRT_DOMAIN_MEMORY_STAT_NR];
	unsigned long long current = vm->d.def->current_memory;
	int n = asks ? memory_stats(vm, stats, RVIRT_DOMAIN_MEMORY_STAT_NR) : 0;

	if (n < 0)
		return -1;
	for (int i = 0; i < n; i++)
		if (stats[i].tag == RVIRT_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON)
			current = stats[i].val;
	params_ull(p, "balloon.current", current);
	params_ull(p, "balloon.maximum", vm->d.def->memory);
	for (int i = 0; i < n; i++)
		if (names[stats[i].tag])
			params_ull(p, names[stats[i].tag], stats[i].val);
	return 0;
}

/* In libvirt's order. Of caches' counters (memory) and of the accelerator (vm) nothing is known. */
static int add_groups(struct vm *vm, unsigned stats, unsigned flags, bool asks, struct params *p)
{
	bool backing = flags & RVIRT_CONNECT_GET_ALL_DOMAINS_STATS_BACKING;

	if (stats & RVIRT_DOMAIN_STATS_STATE) {
		params_int(p, "state.state", vm->d.state);
		params_int(p, "state.reason", vm->d.reason);
	}
	if (stats & RVIRT_DOMAIN_STATS_CPU_TOTAL)
		add_cpu(vm, p);
	if (stats & RVIRT_DOMAIN_STATS_BALLOON && add_balloon(vm, asks, p) < 0)
		return -1;
	if (stats & RVIRT_DOMAIN_STATS_VCPU && stats_add_vcpus(vm, asks, p) < 0)
		return -1;
	if (stats & RVIRT_DOMAIN_STATS_INTERFACE)
		add_interfaces(vm, p);
	if (stats & RVIRT_DOMAIN_STATS_BLOCK && stats_add_disks(vm, asks, backing, p) < 0)
		return -1;
	if (stats & RVIRT_DOMAIN_STATS_PERF)
		perf_put(vm, p);
	if (stats & RVIRT_DOMAIN_STATS_IOTHREAD && asks && stats_add_iothreads(vm, p) < 0)
		return -1;
	if (stats & RVIRT_DOMAIN_STATS_DIRTYRATE && asks && stats_add_dirty_rate(vm, p) < 0)
		return -1;
	return 0;
}

/* One machine's record, with a job where it has to be asked. A machine that ends meanwhile, or with
 * NOWAIT is busy, tells what it can without. 0, or -1 with NO_MEMORY. */
static int add(struct vm *vm, unsigned stats, unsigned flags,
			   struct rvirt_wire_domain_stats_record *ret)
{
	struct params params = {0};
	bool busy = flags & RVIRT_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT && vm->job != VM_JOB_NONE;
	bool asks = stats & STATS_ASK && vm_active(vm) && !busy &&
				vm_job_begin(vm, VM_JOB_QUERY, __func__) == 0;
	int r = domain_wire(&vm->d, &ret->dom);

	if (r == 0 && add_groups(vm, stats, flags, asks && vm_active(vm), &params) < 0)
		error_reset();
	if (asks)
		vm_job_end(vm);
	return params_give(&params, &ret->n_params, &ret->params) < 0 ? -1 : r;
}

/* The machines that are meant, with a reference each: the lock is released while one is asked. 0
 * or -1. */
static int choose(struct qemu *q, const struct rvirt_wire_doms_stats_flags_args *args,
				  struct vm ***ret_vms, size_t *ret_n)
{
	size_t max = args->n_doms ? args->n_doms : HASH_COUNT(q->domains.all), n = 0;
	struct vm **vms = calloc(max + 1, sizeof(struct vm *));

	if (!vms)
		return error_oom();
	for (struct domain *d = q->domains.all; d && !args->n_doms; d = d->hh.next)
		if (domain_matches(d, args->flags & DOMAINS_LIST_FOR_STATS))
			vms[n++] = vm_of(d);
	for (uint32_t i = 0; i < args->n_doms; i++) {
		struct domain *d = domains_by_uuid(&q->domains, args->doms[i].uuid);

		if (d && domain_matches(d, args->flags & DOMAINS_LIST_FOR_STATS))
			vms[n++] = vm_of(d);
	}
	for (size_t i = 0; i < n; i++)
		vm_ref(vms[i]);
	*ret_vms = vms;
	*ret_n = n;
	return 0;
}

int qemu_connect_get_all_domain_stats(struct driver_conn *conn,
									  const struct rvirt_wire_doms_stats_flags_args *args,
									  struct rvirt_wire_ret_stats_ret *ret)
{
	QEMU_LOCKED(q, conn);
	unsigned stats = args->stats ? args->stats : STATS_ALL;
	CLEANUP_FREE struct vm **vms = NULL;
	size_t n = 0;
	int r = 0;

	if (qemu_flags(args->flags, FLAGS, "qemuConnectGetAllDomainStats") < 0)
		return -1;
	if (args->flags & RVIRT_CONNECT_GET_ALL_DOMAINS_STATS_ENFORCE_STATS && stats & ~STATS_ALL)
		return error_set(FROM_QEMU, ERR_ARGUMENT_UNSUPPORTED,
						 "Stats types bits 0x%x are not supported by this daemon",
						 stats & ~STATS_ALL);
	if (choose(q, args, &vms, &n) < 0)
		return -1;
	ret->ret_stats = calloc(n + 1, sizeof *ret->ret_stats);
	if (!ret->ret_stats)
		r = error_oom();
	for (size_t i = 0; i < n; i++) {
		if (r == 0 && !vms[i]->removed)
			r = add(vms[i], stats, args->flags, &ret->ret_stats[ret->n_ret_stats++]);
		vm_unref(vms[i]);
	}
	return r;
}
