/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * QEMU names its threads; the kernel says and changes where they may run.
 */
#include "config.h"
#include "drivers/qemu/threads.h"

#include "base/fd.h"
#include "drivers/qemu/device.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

void vm_threads_clear(struct vm_threads *t)
{
	free(t->list);
	*t = (struct vm_threads){0};
}

static int allocate(const json_t *answer, struct vm_threads *ret)
{
	*ret = (struct vm_threads){.list = calloc(json_array_size(answer) + 1, sizeof *ret->list)};
	return ret->list ? 0 : error_oom();
}

static int by_number(const void *a, const void *b)
{
	const struct vm_thread *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

int vm_vcpu_threads(struct vm *vm, struct vm_threads *ret)
{
	CLEANUP_JSON json_t *answer = NULL;
	const json_t *entry;
	size_t i;

	*ret = (struct vm_threads){0};
	if (vm_call(vm, "query-cpus-fast", NULL, &answer) < 0 || allocate(answer, ret) < 0)
		return -1;
	json_array_foreach(answer, i, entry)
	{
		ret->list[ret->n++] =
			(struct vm_thread){.number = (unsigned)qmp_int(entry, "cpu-index", (long long)i),
							   .tid = (pid_t)qmp_int(entry, "thread-id", 0)};
	}
	qsort(ret->list, ret->n, sizeof *ret->list, by_number);
	return 0;
}

int vm_iothreads(struct vm *vm, struct vm_threads *ret)
{
	CLEANUP_JSON json_t *answer = NULL;
	const json_t *entry;
	size_t i;

	*ret = (struct vm_threads){0};
	if (vm_call(vm, "query-iothreads", NULL, &answer) < 0 || allocate(answer, ret) < 0)
		return -1;
	json_array_foreach(answer, i, entry)
	{
		const char *id = qmp_text(entry, "id");

		if (!starts(id, "iothread"))
			continue;
		ret->list[ret->n++] =
			(struct vm_thread){.number = (unsigned)strtoul(id + strlen("iothread"), NULL, 10),
							   .tid = (pid_t)qmp_int(entry, "thread-id", 0),
							   .poll_max_ns = qmp_ull(entry, "poll-max-ns", 0),
							   .poll_grow = qmp_ull(entry, "poll-grow", 0),
							   .poll_shrink = qmp_ull(entry, "poll-shrink", 0)};
	}
	return 0;
}

const struct vm_thread *vm_thread_find(const struct vm_threads *t, unsigned number)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->list[i].number == number)
			return &t->list[i];
	return NULL;
}

/* -- processors -- */

int thread_set_cpus(pid_t tid, const struct bits *cpus)
{
	if (sched_setaffinity(tid, sizeof cpus->b, (const cpu_set_t *)(const void *)cpus->b) == 0)
		return 0;
	return error_errno(FROM_NONE, errno, "cannot set CPU affinity on process %d", (int)tid);
}

int thread_get_cpus(pid_t tid, struct bits *ret_cpus)
{
	memset(ret_cpus, 0, sizeof *ret_cpus);
	if (sched_getaffinity(tid, sizeof ret_cpus->b, (cpu_set_t *)(void *)ret_cpus->b) == 0)
		return 0;
	return error_errno(FROM_NONE, errno, "cannot get CPU affinity of process %d", (int)tid);
}

void host_cpus(struct bits *ret_cpus)
{
	CLEANUP_FREE char *text = fd_read_file("/sys/devices/system/cpu/online", 4096, NULL);
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	if (text)
		text[strcspn(text, "\n")] = '\0';
	if (text && bits_parse(text, ret_cpus) == 0)
		return;
	memset(ret_cpus, 0, sizeof *ret_cpus);
	for (int i = 0; i < n && i < VALUE_SET_MAX; i++)
		bits_put(ret_cpus, i, true);
}
