/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Processes that outlive the daemon: starting one as another user, recognizing it later, ending it.
 * It knows nothing of machines.
 */
#ifndef DRIVERS_QEMU_PROC_H
#define DRIVERS_QEMU_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct proc_spec {
	char *const *argv; /* argv[0] is a path */
	char *const *env;
	const int *fds; /* that it inherits under the same numbers */
	size_t n_fds;
	int log_fd;    /* its standard output and error */
	int cgroup_fd; /* cgroup.procs of the cgroup that it joins, or -1 */
	bool drop;     /* runs as uid, gid and the groups of that user */
	uid_t uid;
	gid_t gid;
};

/* Starts it in a session of its own, with nothing else inherited. 0 with its id and a pidfd (or -1
 * where the kernel has none), or -1 with the error set: also where it could not be executed. */
int proc_start(const struct proc_spec *spec, pid_t *ret_pid, int *ret_pidfd);

/* When it was started, in ticks since the host was: with the id it names one process. 0: there is
 * none (one that has ended and was not waited for is none). */
unsigned long long proc_start_time(pid_t pid);

/* The process that was started then, by a pidfd; -1, without an error, if it is gone. */
int proc_open(pid_t pid, unsigned long long start_time);

/* Waits until it has ended, at most so long; reaps it if it is a child. true if it has. */
bool proc_wait(pid_t pid, int pidfd, int timeout_ms);

/* Processor time that it has used, by where it was spent; false, with zeros, if it is gone. */
struct proc_times {
	uint64_t user_ns, system_ns;
};
bool proc_cpu_times(pid_t pid, struct proc_times *ret_times);

/* Both together, of the process and of one of its threads. */
uint64_t proc_cpu_ns(pid_t pid);
uint64_t proc_thread_ns(pid_t pid, pid_t thread);

/* On which processor a thread runs, or has run last; 0 if it has ended. */
int proc_thread_processor(pid_t pid, pid_t thread);

/* How long a thread has waited for a processor; 0 where the kernel does not say. */
uint64_t proc_thread_delay_ns(pid_t pid, pid_t thread);

#endif
