/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A counter of a process is one for each of its threads, and each counts for the threads that this
 * one starts.
 */
#include "config.h"
#include "drivers/qemu/perf.h"

#include "base/fd.h"
#include "drivers/domains/limits.h"
#include "drivers/qemu/ops.h"
#include "drivers/qemu/tune.h"

#include <dirent.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What the kernel calls them; those of the processors' caches (cmt, mbmt, mbml) are gone from it.
 */
static const struct {
	const char *name;
	unsigned type, config;
} rows[] = {
	{"cpu_cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES},
	{"instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS},
	{"cache_references", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_REFERENCES},
	{"cache_misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES},
	{"branch_instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_INSTRUCTIONS},
	{"branch_misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES},
	{"bus_cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BUS_CYCLES},
	{"stalled_cycles_frontend", PERF_TYPE_HARDWARE, PERF_COUNT_HW_STALLED_CYCLES_FRONTEND},
	{"stalled_cycles_backend", PERF_TYPE_HARDWARE, PERF_COUNT_HW_STALLED_CYCLES_BACKEND},
	{"ref_cpu_cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_REF_CPU_CYCLES},
	{"cpu_clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK},
	{"task_clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK},
	{"page_faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS},
	{"context_switches", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES},
	{"cpu_migrations", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS},
	{"page_faults_min", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MIN},
	{"page_faults_maj", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MAJ},
	{"alignment_faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_ALIGNMENT_FAULTS},
	{"emulation_faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_EMULATION_FAULTS},
};
enum { N_ROWS = sizeof rows / sizeof rows[0], THREADS_MAX = 256 };

struct perf {
	struct {
		int fds[THREADS_MAX];
		size_t n;
	} open[N_ROWS];
};

static int row_of(const char *name)
{
	for (int i = 0; i < N_ROWS; i++)
		if (strcmp(rows[i].name, name) == 0)
			return i;
	return -1;
}

static int open_one(int row, pid_t tid)
{
	struct perf_event_attr attr = {
		.type = rows[row].type, .size = sizeof attr, .config = rows[row].config, .inherit = 1};

	return (int)syscall(SYS_perf_event_open, &attr, tid, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

static void close_all(struct perf *perf, int row)
{
	while (perf->open[row].n)
		close(perf->open[row].fds[--perf->open[row].n]);
}

void perf_disable(struct vm *vm, const char *name)
{
	int row = row_of(name);

	if (vm->perf && row >= 0)
		close_all(vm->perf, row);
}

/* One for each thread; one that has ended meanwhile counts nothing. */
static int open_all(struct perf *perf, int row, pid_t pid)
{
	char path[64];
	struct dirent *entry;
	DIR *dir;
	int fd, r = 0;

	snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
	if (!(dir = opendir(path)))
		return error_errno(FROM_QEMU, errno, "cannot look at the threads of process %d", (int)pid);
	while (r == 0 && (entry = readdir(dir)) && perf->open[row].n < THREADS_MAX) {
		pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (tid <= 0)
			continue;
		fd = open_one(row, tid);
		if (fd >= 0)
			perf->open[row].fds[perf->open[row].n++] = fd;
		else if (errno != ESRCH)
			r = error_errno(FROM_PERF, errno, "unable to open host cpu perf event for %s",
							rows[row].name);
	}
	closedir(dir);
	if (r < 0)
		close_all(perf, row);
	return r;
}

int perf_enable(struct vm *vm, const char *name)
{
	int row = row_of(name);

	if (row < 0)
		return error_set(FROM_PERF, ERR_ARGUMENT_UNSUPPORTED,
						 "unable to enable host cpu perf event for %s", name);
	if (!vm->perf && !(vm->perf = calloc(1, sizeof *vm->perf)))
		return error_oom();
	return vm->perf->open[row].n ? 0 : open_all(vm->perf, row, vm->pid);
}

void perf_stop(struct vm *vm)
{
	for (int i = 0; vm->perf && i < N_ROWS; i++)
		close_all(vm->perf, i);
	free(steal(&vm->perf));
}

int perf_start(struct vm *vm)
{
	const char *const *names = domain_perf_names();

	if (!node_child(vm->d.def->root, "perf"))
		return 0;
	for (; *names; names++)
		if (domain_perf_enabled(vm->d.def, *names) && perf_enable(vm, *names) < 0)
			return -1;
	return 0;
}

void perf_put(const struct vm *vm, struct params *params)
{
	char name[48];

	for (int i = 0; vm->perf && i < N_ROWS; i++) {
		unsigned long long sum = 0, value;

		if (!vm->perf->open[i].n)
			continue;
		for (size_t j = 0; j < vm->perf->open[i].n; j++)
			if (read(vm->perf->open[i].fds[j], &value, sizeof value) == sizeof value)
				sum += value;
		snprintf(name, sizeof name, "perf.%s", rows[i].name);
		params_ull(params, name, sum);
	}
}

/* -- calls -- */

int qemu_domain_get_perf_events(struct driver_conn *conn,
								const struct rvirt_wire_dom_flags_args *args,
								struct rvirt_wire_params64_ret *ret)
{
	QEMU_LOCKED(q, conn);
	struct params params = {0};
	const struct domain_def *def;
	struct vm *vm;

	if (qemu_flags(args->flags, TUNE_AFFECT | TUNE_STRING_OKAY, "qemuDomainGetPerfEvents") < 0 ||
		args_exclusive(args->flags, "virDomainGetPerfEvents") < 0 ||
		!(vm = vm_find(q, &args->dom)) ||
		!(def = domain_one_def(&vm->d, args->flags & TUNE_AFFECT, NULL)))
		return -1;
	domain_put_perf(&params, def);
	return params_give(&params, &ret->n_params, &ret->params);
}

/* One by one: what was done before one fails stays. */
static int set_live(struct vm *vm, const struct rvirt_wire_typed_param *list, uint32_t n)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < n; i++) {
		if (!list[i].value.u.b)
			perf_disable(vm, list[i].field);
		else
			r = perf_enable(vm, list[i].field);
		if (r == 0)
			r = domain_set_perf(vm->d.def, &list[i], 1);
	}
	return vm_save_status(vm) < 0 ? -1 : r;
}

int qemu_domain_set_perf_events(struct driver_conn *conn,
								const struct rvirt_wire_dom_params64_flags_args *args)
{
	struct domain_def *live, *config;

	if (args_there(args->n_params ? args : NULL, "params", "virDomainSetPerfEvents") < 0 ||
		qemu_flags(args->flags, TUNE_AFFECT, "qemuDomainSetPerfEvents") < 0 ||
		domain_check_perf(args->params, args->n_params) < 0)
		return -1;

	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_MODIFY);

	if (!vm || domain_defs(&vm->d, args->flags, &live, &config) < 0 ||
		(live && set_live(vm, args->params, args->n_params) < 0))
		return -1;
	if (!config)
		return 0;
	return domain_set_perf(config, args->params, args->n_params) < 0 ? -1 : vm_save_config(vm);
}
