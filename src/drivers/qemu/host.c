/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host as /proc and /sys tell of it.
 */
#include "config.h"
#include "drivers/qemu/host.h"

#include "base/cleanup.h"
#include "base/error.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#define CPU_DIR "/sys/devices/system/cpu"
#define NODE_DIR "/sys/devices/system/node"

static void close_file(FILE *f)
{
	fclose(f);
}
DEFINE_CLEANUP(file, FILE *, close_file)

/* The first line of a small file, without its end; false if there is none. */
static bool read_line(const char *path, char *text, size_t size)
{
	CLEANUP(cleanup_file) FILE *f = fopen(path, "re");

	if (!f || !fgets(text, (int)size, f))
		return false;
	text[strcspn(text, "\n")] = '\0';
	return true;
}

static long long read_number(const char *path, long long missing)
{
	char text[64];

	return read_line(path, text, sizeof text) ? strtoll(text, NULL, 10) : missing;
}

static int cpu_number(unsigned cpu, const char *name, int missing)
{
	char path[256];

	snprintf(path, sizeof path, CPU_DIR "/cpu%u/topology/%s", cpu, name);
	return (int)read_number(path, missing);
}

/* In a list like "0-3,8". */
static bool list_has(const char *list, long number)
{
	while (*list) {
		char *end;
		long first = strtol(list, &end, 10), last = first;

		if (end == list)
			return false;
		if (*end == '-')
			last = strtol(end + 1, &end, 10);
		if (number >= first && number <= last)
			return true;
		list = *end == ',' ? end + 1 : end;
	}
	return false;
}

static void read_cpus(struct host *h)
{
	char online[512] = "", present[512] = "", path[256];

	read_line(CPU_DIR "/online", online, sizeof online);
	read_line(CPU_DIR "/present", present, sizeof present);
	for (unsigned i = 0; i < HOST_CPUS_MAX; i++) {
		struct host_cpu *cpu = &h->cpus[i];

		cpu->present = list_has(present, i);
		cpu->online = cpu->present && list_has(online, i);
		if (!cpu->present)
			continue;
		h->n_cpus = i + 1;
		h->online += cpu->online;
		cpu->socket = cpu_number(i, "physical_package_id", 0);
		cpu->die = cpu_number(i, "die_id", 0);
		cpu->core = cpu_number(i, "core_id", (int)i);
		snprintf(path, sizeof path, CPU_DIR "/cpu%u/topology/thread_siblings_list", i);
		if (!read_line(path, cpu->siblings, sizeof cpu->siblings))
			snprintf(cpu->siblings, sizeof cpu->siblings, "%u", i);
	}
}

/* A number in KiB from a file of lines "… NAME: 123 kB". */
static uint64_t read_memory(const char *path, const char *name)
{
	CLEANUP(cleanup_file) FILE *f = fopen(path, "re");
	char line[256], key[64];

	snprintf(key, sizeof key, "%s:", name);
	while (f && fgets(line, sizeof line, f)) {
		const char *at = strstr(line, key);

		if (at && (at == line || at[-1] == ' '))
			return strtoull(at + strlen(key), NULL, 10);
	}
	return 0;
}

uint64_t host_memory(const char *name)
{
	return read_memory("/proc/meminfo", name);
}

uint64_t host_cell_memory(unsigned cell, const char *name)
{
	char path[128];

	snprintf(path, sizeof path, NODE_DIR "/node%u/meminfo", cell);
	return read_memory(path, name);
}

static int compare_pages(const void *a, const void *b)
{
	const struct host_pages *x = a, *y = b;

	return x->size < y->size ? -1 : x->size > y->size;
}

/* The plain ones are what no huge ones take. */
static void read_pages(struct host_cell *cell, const char *dir)
{
	uint64_t huge = 0, plain = (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
	DIR *list = opendir(dir);
	struct dirent *entry;

	cell->n_pages = 1;
	while (list && (entry = readdir(list)) && cell->n_pages < HOST_PAGES_MAX) {
		struct host_pages *p = &cell->pages[cell->n_pages];
		char path[512];

		if (sscanf(entry->d_name, "hugepages-%lukB", &p->size) != 1)
			continue;
		snprintf(path, sizeof path, "%s/%s/nr_hugepages", dir, entry->d_name);
		p->total = (uint64_t)read_number(path, 0);
		snprintf(path, sizeof path, "%s/%s/free_hugepages", dir, entry->d_name);
		p->free = (uint64_t)read_number(path, 0);
		huge += p->total * p->size;
		cell->n_pages++;
	}
	if (list)
		closedir(list);
	cell->pages[0] = (struct host_pages){
		.size = plain, .total = (cell->memory - huge) / plain, .free = cell->free / plain};
	qsort(cell->pages, cell->n_pages, sizeof cell->pages[0], compare_pages);
}

static void read_cell(struct host *h, unsigned number)
{
	struct host_cell *cell = &h->cells[number];
	char path[128], cpus[512] = "";

	snprintf(path, sizeof path, NODE_DIR "/node%u/cpulist", number);
	cell->present = read_line(path, cpus, sizeof cpus);
	if (!cell->present)
		return;
	h->n_cells = number + 1;
	for (unsigned i = 0; i < h->n_cpus; i++)
		if (list_has(cpus, i))
			h->cpus[i].cell = (int)number;
	cell->memory = host_cell_memory(number, "MemTotal");
	cell->free = host_cell_memory(number, "MemFree");
	snprintf(path, sizeof path, NODE_DIR "/node%u/distance", number);
	read_line(path, cell->distances, sizeof cell->distances);
	snprintf(path, sizeof path, NODE_DIR "/node%u/hugepages", number);
	read_pages(cell, path);
}

static void read_cells(struct host *h)
{
	for (unsigned i = 0; i < HOST_CELLS_MAX; i++)
		read_cell(h, i);
	if (h->n_cells)
		return;
	h->n_cells = 1;
	h->cells[0].present = true;
	h->cells[0].memory = host_memory("MemTotal");
	h->cells[0].free = host_memory("MemFree");
	read_pages(&h->cells[0], "/sys/kernel/mm/hugepages");
}

static void read_cpuinfo(struct host *h)
{
	CLEANUP(cleanup_file) FILE *f = fopen("/proc/cpuinfo", "re");
	char line[4096];

	h->family = h->model = h->stepping = -1;
	while (f && fgets(line, sizeof line, f)) {
		const char *value = strchr(line, ':');

		if (!value)
			continue;
		value += strspn(value, ": \t");
		if (strncmp(line, "vendor_id", 9) == 0 && !h->vendor[0])
			snprintf(h->vendor, sizeof h->vendor, "%.*s", (int)strcspn(value, "\n"), value);
		else if (strncmp(line, "cpu MHz", 7) == 0 && !h->mhz)
			h->mhz = (unsigned)strtod(value, NULL);
		else if (strncmp(line, "cpu family", 10) == 0 && h->family < 0)
			h->family = atoi(value);
		else if (strncmp(line, "model\t", 6) == 0 && h->model < 0)
			h->model = atoi(value);
		else if (strncmp(line, "stepping", 8) == 0 && h->stepping < 0)
			h->stepping = atoi(value);
	}
}

/* How many different values the processors have that match. */
static unsigned count(const struct host *h, int cell, int socket, int die)
{
	bool seen[HOST_CPUS_MAX] = {false};
	unsigned n = 0;

	for (unsigned i = 0; i < h->n_cpus; i++) {
		const struct host_cpu *cpu = &h->cpus[i];
		int value = socket < 0 ? cpu->socket : die < 0 ? cpu->die : cpu->core;

		if (!cpu->online || (cell >= 0 && cpu->cell != cell) ||
			(socket >= 0 && cpu->socket != socket) || (die >= 0 && cpu->die != die) || value < 0 ||
			value >= HOST_CPUS_MAX || seen[value])
			continue;
		seen[value] = true;
		n++;
	}
	return n ? n : 1;
}

static void count_topology(struct host *h)
{
	const struct host_cpu *first = NULL;
	unsigned product;

	for (unsigned i = 0; i < h->n_cpus && !first; i++)
		first = h->cpus[i].online ? &h->cpus[i] : NULL;
	h->sockets = h->dies = h->threads = h->cores = 1;
	if (!first)
		return;
	h->sockets = count(h, first->cell, -1, -1);
	h->dies = count(h, -1, first->socket, -1);
	h->cores = count(h, -1, first->socket, first->die);
	h->threads = 0;
	for (unsigned i = 0; i < h->n_cpus; i++)
		h->threads += list_has(first->siblings, i);
	h->threads = h->threads ? h->threads : 1;
	product = h->n_cells * h->sockets * h->dies * h->cores * h->threads;
	if (product < h->online) { /* odd ones are said to be cores of one socket */
		h->sockets = h->dies = h->threads = 1;
		h->cores = h->online;
	}
}

int host_read(struct host **ret_host)
{
	struct host *h = calloc(1, sizeof *h);
	struct utsname name;

	if (!h)
		return error_oom();
	uname(&name);
	snprintf(h->arch, sizeof h->arch, "%.31s", name.machine);
	read_cpus(h);
	read_cells(h);
	read_cpuinfo(h);
	count_topology(h);
	*ret_host = h;
	return 0;
}

bool host_times(int cpu, struct host_times *ret)
{
	CLEANUP(cleanup_file) FILE *f = fopen("/proc/stat", "re");
	unsigned long long user, nice, system, idle, iowait, irq, softirq, tick;
	char line[512], key[24] = "cpu ";

	if (cpu >= 0)
		snprintf(key, sizeof key, "cpu%d ", cpu);
	tick = 1000000000ull / (unsigned long long)sysconf(_SC_CLK_TCK);
	while (f && fgets(line, sizeof line, f)) {
		if (strncmp(line, key, strlen(key)) != 0 ||
			sscanf(line + strlen(key), "%llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system,
				   &idle, &iowait, &irq, &softirq) != 7)
			continue;
		*ret = (struct host_times){.user = (user + nice) * tick,
								   .kernel = (system + irq + softirq) * tick,
								   .idle = idle * tick,
								   .iowait = iowait * tick};
		return true;
	}
	return false;
}
