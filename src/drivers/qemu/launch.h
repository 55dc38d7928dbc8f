/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What stands around a machine's process: its folder, log, monitor's socket and command line. All
 * of it is called without the lock, by who has the machine's job.
 */
#ifndef DRIVERS_QEMU_LAUNCH_H
#define DRIVERS_QEMU_LAUNCH_H

#include "drivers/qemu/qemu.h"

struct launched {
	pid_t pid;      /* 0: there is none */
	int pidfd;      /* or -1; the caller's */
	int monitor_fd; /* connected; QEMU answers once it is ready */
	int log_fd;
	char *cgroup;              /* or NULL; the caller's, and so are these: */
	struct access_file *given; /* (access.h) */
	struct helper *helpers;    /* (helper.h) */
	off_t log_from;            /* what this process writes begins here */
};

#define LAUNCHED_NONE                                                                              \
	{                                                                                              \
		.pidfd = -1, .monitor_fd = -1, .log_fd = -1                                                \
	}

/* What is started: the definition as it was prepared, by which binary. */
struct launch {
	struct domain_def *def; /* gets what its interfaces are plugged into */
	const struct qemu_caps *caps;
	const char *incoming; /* what -incoming says, or NULL */
	const char *snapshot; /* what -loadvm says, or NULL */
};

/* The folder of a machine that is about to run under its id; owned by the caller. NULL with
 * NO_MEMORY. */
char *launch_dir(const struct vm *vm);

/* vm->dir is set. 0, or -1 with the error set, where there may be a process all the same.
 * launch_clean() removes what it made. */
int launch_process(struct vm *vm, const struct launch *how, struct launched *ret);

/* A socket that listens at a path. -1 with the error set. */
int launch_listen(const char *path);

/* Closes the monitor, if nobody took it, and the log. */
void launch_clear(struct launched *l);

/* The process has ended before it was a machine: sets the error to what it wrote. */
void launch_explain(const struct launched *l);

/* Removes the machine's folder. */
void launch_clean(struct vm *vm);

/* Where its monitor listens; owned by the caller. NULL with NO_MEMORY. */
char *launch_monitor_path(const struct vm *vm);

#endif
