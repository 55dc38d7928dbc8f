/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host as /proc and /sys tell of it: processors, memory, the cells that they belong to. Knows
 * nothing of QEMU.
 */
#ifndef DRIVERS_QEMU_HOST_H
#define DRIVERS_QEMU_HOST_H

#include <stdbool.h>
#include <stdint.h>

enum { HOST_CPUS_MAX = 1024, HOST_CELLS_MAX = 64, HOST_PAGES_MAX = 8, HOST_VENDOR_LEN = 16 };

struct host_cpu {
	bool present, online;
	int cell, socket, die, core;
	char siblings[64]; /* "0-1,4" */
};

struct host_pages {
	uint64_t size; /* KiB */
	uint64_t total, free;
};

struct host_cell {
	bool present;
	uint64_t memory, free; /* KiB */
	struct host_pages pages[HOST_PAGES_MAX];
	unsigned n_pages;
	char distances[256]; /* "10 21": to the cells in order */
};

struct host {
	char arch[32];
	char vendor[HOST_VENDOR_LEN]; /* "GenuineIntel", or empty */
	unsigned mhz;
	int family, model, stepping; /* -1: unknown */
	unsigned n_cpus, online;     /* n_cpus: one more than the highest number */
	struct host_cpu cpus[HOST_CPUS_MAX];
	unsigned n_cells;
	struct host_cell cells[HOST_CELLS_MAX];
	unsigned sockets, dies, cores, threads; /* sockets of a cell, dies of a socket … */
};

/* Reads it; what is not there is as if there were one cell and processors without relations. 0, or
 * -1 with NO_MEMORY. */
int host_read(struct host **ret_host);

/* A number of /proc/meminfo in KiB, 0 if it has none of that name. */
uint64_t host_memory(const char *name);
/* The same of one cell. */
uint64_t host_cell_memory(unsigned cell, const char *name);

/* Times of a processor (-1: of all) in nanoseconds. false if there is none. */
struct host_times {
	uint64_t user, kernel, idle, iowait;
};
bool host_times(int cpu, struct host_times *ret);

#endif
