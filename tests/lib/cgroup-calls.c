/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The code that works with control groups, as a program of its own for a guest whose kernel has all
 * their controllers: a process with two threads is put into a group, and the kernel is asked what
 * it has taken. Prints a line for each step, and "done".
 */
#include "config.h"

#include "base/error.h"
#include "base/fd.h"
#include "drivers/qemu/cgroup.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char *group;

static void must(int r, const char *what)
{
	if (r == 0) {
		printf("ok %s\n", what);
		return;
	}
	printf("FAILED %s: %s\n", what, error_last()->message);
	exit(1);
}

/* The file's text begins so. */
static void has(const char *name, const char *text)
{
	char path[256], *found;

	snprintf(path, sizeof path, "%s/%s", group, name);
	found = fd_read_file(path, 4096, NULL);
	if (!found || strncmp(found, text, strlen(text)) != 0) {
		printf("FAILED %s has '%s', not '%s'\n", name, found ? found : "nothing", text);
		exit(1);
	}
	free(found);
	printf("ok %s is %s\n", name, text);
}

static void *spin(void *opaque)
{
	*(volatile pid_t *)opaque = (pid_t)syscall(SYS_gettid);
	for (volatile unsigned long n = 0;; n++)
		;
	return NULL;
}

/* A process with a thread that computes, whose id it writes where both can see it. */
static pid_t start(volatile pid_t *thread)
{
	int join = cgroup_open(group);
	pid_t pid = fork();
	pthread_t t;

	if (pid)
		return pid;
	if (write(join, "0", 1) != 1 || pthread_create(&t, NULL, spin, (void *)thread) != 0)
		_exit(1);
	for (;;)
		pause();
}

/* Until the kernel has held the thread back. */
static void wait_for_throttling(void)
{
	char path[256];

	snprintf(path, sizeof path, "%s/vcpu0/cpu.stat", group);
	for (int i = 0; i < 1000; i++) {
		char *text = fd_read_file(path, 4096, NULL);
		const char *at = text ? strstr(text, "nr_throttled ") : NULL;
		bool held = at && strtoul(strchr(at, ' '), NULL, 10) > 0;

		free(text);
		if (held) {
			printf("ok the thread is held back\n");
			return;
		}
		usleep(10000);
	}
	printf("FAILED the thread is not held back\n");
	exit(1);
}

int main(int argc, char **argv)
{
	volatile pid_t *thread =
		mmap(NULL, sizeof *thread, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	static const char *const controllers[] = {"cpu", "cpuset", "memory", "io"};
	struct cgroup_times times;
	unsigned long long n;
	char text[256];
	pid_t pid;

	if (!(group = cgroup_make("machine")))
		return printf("FAILED no group\n"), 1;
	for (size_t i = 0; i < sizeof controllers / sizeof controllers[0]; i++)
		must(cgroup_has(group, controllers[i]) ? 0 : -1, controllers[i]);
	must(cgroup_set_weight(group, 300), "weight");
	must(cgroup_set_memory(group, "memory.max", 64 << 20), "memory.max");
	must(cgroup_set_memory(group, "memory.high", 32 << 20), "memory.high");
	must(cgroup_set_nodes(group, "0"), "nodes");
	must(cgroup_set_bandwidth(group, 50000, 40000), "bandwidth");
	for (int i = 1; i < argc; i++)
		must(cgroup_set_io(group, argv[i], "read_iops_sec", 100), "disk");
	pid = start(thread);
	while (!*thread)
		usleep(1000);
	must(cgroup_add_thread(group, "vcpu0", *thread), "a thread's group");
	must(cgroup_add_rest(group, "emulator"), "the rest's group");
	snprintf(text, sizeof text, "%s/vcpu0", group);
	must(cgroup_set_bandwidth(text, 100000, 1000), "a thread's bandwidth");
	has("cpu.weight", "300");
	has("cpu.max", "40000 50000");
	has("memory.max", "67108864");
	has("memory.high", "33554432");
	has("cpuset.mems", "0");
	if (argc > 1)
		has("io.max", "254:0 rbps=max wbps=max riops=100");
	has("vcpu0/cpu.max", "1000 100000");
	snprintf(text, sizeof text, "%d\n", (int)*thread);
	has("vcpu0/cgroup.threads", text);
	snprintf(text, sizeof text, "%d\n", (int)pid);
	has("emulator/cgroup.threads", text);
	has("cgroup.procs", text);
	must(cgroup_get_memory(group, "memory.max", &n), "reading");
	wait_for_throttling();
	must(cgroup_get_times(group, &times), "times");
	must(times.total_ns ? 0 : -1, "that they pass");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	cgroup_remove(group);
	must(access(group, F_OK) < 0 ? 0 : -1, "that it goes");
	printf("done\n");
	return 0;
}
