/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where the threads of a machine run, and by which scheduler, from its start on.
 */
#include "config.h"
#include "drivers/domains/threads.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/threads.h"
#include "drivers/qemu/tune.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

/* What of a definition is about threads. */
static bool says_anything(const struct domain_def *def)
{
	static const char *const elements[] = {"vcpupin",       "emulatorpin", "iothreadpin",
										   "emulatorsched", "vcpusched",   "iothreadsched"};
	const struct node *tune = node_child(def->root, "cputune");

	if (node_attr(node_child(def->root, "vcpu"), "cpuset") || tune_has_bandwidths(def))
		return true;
	for (size_t i = 0; tune && i < sizeof elements / sizeof elements[0]; i++)
		if (node_child(tune, elements[i]))
			return true;
	return false;
}

/* -- processors -- */

static int place(pid_t tid, const char *set)
{
	struct bits cpus;

	if (!set || bits_parse(set, &cpus) < 0)
		host_cpus(&cpus);
	return thread_set_cpus(tid, &cpus);
}

/* All threads of the process, before some of them get places of their own. */
static int place_all(pid_t pid, const char *set)
{
	struct dirent *entry;
	char path[64];
	int r = 0;
	DIR *dir;

	snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
	if (!(dir = opendir(path)))
		return error_errno(FROM_QEMU, errno, "cannot look at the threads of process %d", (int)pid);
	while (r == 0 && (entry = readdir(dir))) {
		pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);

		/* one that has ended meanwhile need not be anywhere */
		if (tid > 0 && place(tid, set) < 0 && faccessat(dirfd(dir), entry->d_name, F_OK, 0) == 0)
			r = -1;
	}
	closedir(dir);
	return r;
}

/* -- schedulers -- */

static const struct {
	const char *name;
	int policy;
} policies[] = {
	{"batch", SCHED_BATCH}, {"idle", SCHED_IDLE}, {"fifo", SCHED_FIFO}, {"rr", SCHED_RR}};

static int schedule(pid_t tid, const struct node *n)
{
	struct sched_param p = {.sched_priority = (int)node_attr_num(n, "priority", 0)};

	for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
		if (!is(n, "scheduler", policies[i].name))
			continue;
		if (sched_setscheduler(tid, policies[i].policy, &p) < 0)
			return error_errno(FROM_NONE, errno, "Cannot set scheduler parameters for pid %d",
							   (int)tid);
	}
	return 0;
}

static int schedule_one(const struct domain_def *def, const char *element, const char *attr,
						const struct vm_thread *t)
{
	NODE_EACH(n, node_child(def->root, "cputune"), element)
	{
		if (node_attr_num(n, attr, -1) == (long long)t->number)
			return schedule(t->tid, n);
	}
	return 0;
}

/* -- */

static int tune_vcpus(const struct domain_def *def, const struct vm_threads *threads)
{
	for (size_t i = 0; i < threads->n; i++) {
		const struct vm_thread *t = &threads->list[i];

		if (place(t->tid, domain_vcpu_set(def, t->number)) < 0 ||
			schedule_one(def, "vcpusched", "vcpus", t) < 0)
			return -1;
	}
	return 0;
}

static int tune_iothreads(const struct domain_def *def, const struct vm_threads *threads)
{
	for (size_t i = 0; i < threads->n; i++) {
		const struct vm_thread *t = &threads->list[i];

		if (place(t->tid, domain_iothread_set(def, t->number)) < 0 ||
			schedule_one(def, "iothreadsched", "iothreads", t) < 0)
			return -1;
	}
	return 0;
}

int tune_threads(struct vm *vm)
{
	CLEANUP_VM_THREADS struct vm_threads vcpus = {0}, iothreads = {0};
	const struct node *emulator;

	if (!says_anything(vm->d.def))
		return 0;
	if (vm_vcpu_threads(vm, &vcpus) < 0 ||
		(node_child(vm->d.def->root, "iothreads") && vm_iothreads(vm, &iothreads) < 0) ||
		vm_check_active(vm) < 0)
		return -1;
	emulator = node_child(vm->d.def->root, "cputune/emulatorsched");
	if (place_all(vm->pid, domain_emulator_set(vm->d.def)) < 0 ||
		tune_vcpus(vm->d.def, &vcpus) < 0 || tune_iothreads(vm->d.def, &iothreads) < 0)
		return -1;
	if (emulator && schedule(vm->pid, emulator) < 0)
		return -1;
	return tune_has_bandwidths(vm->d.def)
			   ? tune_bandwidths(vm->cgroup, vm->d.def, &vcpus, &iothreads)
			   : 0;
}
