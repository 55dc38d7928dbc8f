/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What clients ask about the host itself.
 */
#include "config.h"
#include "drivers/qemu/ops.h"
#include "drivers/qemu/qemu.h"

#include "drivers/qemu/host.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

int qemu_node_get_info(struct driver_conn *conn, struct rvirt_wire_node_get_info_ret *ret)
{
	CLEANUP_FREE struct host *h = NULL;

	(void)conn;
	if (host_read(&h) < 0)
		return -1;
	memcpy(ret->model, h->arch, sizeof ret->model);
	ret->memory = host_memory("MemTotal");
	ret->cpus = (int)h->online;
	ret->mhz = (int)h->mhz;
	ret->nodes = (int)h->n_cells;
	ret->sockets = (int)h->sockets;
	ret->cores = (int)(h->dies * h->cores);
	ret->threads = (int)h->threads;
	return 0;
}

int qemu_node_get_free_memory(struct driver_conn *conn, struct rvirt_wire_free_mem_ret *ret)
{
	(void)conn;
	ret->free_mem = host_memory("MemFree") * 1024;
	return 0;
}

int qemu_node_get_cells_free_memory(struct driver_conn *conn,
									const struct rvirt_wire_start_cell_maxcells_args *args,
									struct rvirt_wire_cells_ret *ret)
{
	static const char function[] = "virNodeGetCellsFreeMemory";
	CLEANUP_FREE struct host *h = NULL;
	unsigned start = (unsigned)args->start_cell;

	(void)conn;
	if (args_max(args->maxcells, 1024, "maxcells", "REMOTE_NODE_MAX_CELLS") < 0 ||
		args_positive(args->maxcells, "maxCells", function) < 0 ||
		args_not_negative(args->start_cell, "startCell", function) < 0 || host_read(&h) < 0)
		return -1;
	if (start >= h->n_cells)
		return error_set(FROM_NONE, ERR_INTERNAL_ERROR, "start cell %u out of range (0-%u)", start,
						 h->n_cells - 1);
	if (!(ret->cells = calloc(h->n_cells - start, sizeof *ret->cells)))
		return error_oom();
	for (unsigned i = start; i < h->n_cells && ret->n_cells < (unsigned)args->maxcells; i++)
		ret->cells[ret->n_cells++] = h->cells[i].free * 1024;
	return 0;
}

/* The number of parameters of a list, asked for by nparams of 0. */
static int list_size(int nparams, int have, int *ret_nparams)
{
	if (nparams == 0) {
		*ret_nparams = have;
		return 0;
	}
	if (nparams < have)
		return args_refuse(FROM_NONE, "virHostGetStats", "nparams",
						   "nparams in %s must be equal to %d", "virHostGetStats", have);
	return have;
}

int qemu_node_get_cpu_stats(struct driver_conn *conn,
							const struct rvirt_wire_cpu_num_nparams_flags_args *args,
							struct rvirt_wire_node_get_cpu_stats_ret *ret)
{
	static const char *const names[] = {"kernel", "user", "idle", "iowait"};
	struct host_times times;
	uint64_t values[4];
	int n;

	(void)conn;
	if (args_nparams(args->nparams, 16) < 0 || qemu_flags(args->flags, 0, "virHostCPUGetStats") < 0)
		return -1;
	n = list_size(args->nparams, 4, &ret->nparams);
	if (n <= 0)
		return n;
	if (!host_times(args->cpu_num, &times))
		return args_refuse(FROM_NONE, "virHostCPUGetStatsLinux", "cpuNum", "Invalid cpuNum in %s",
						   "virHostCPUGetStatsLinux");
	values[0] = times.kernel;
	values[1] = times.user;
	values[2] = times.idle;
	values[3] = times.iowait;
	if (!(ret->params = calloc(4, sizeof *ret->params)))
		return error_oom();
	for (; ret->n_params < 4; ret->n_params++) {
		ret->params[ret->n_params].value = values[ret->n_params];
		if (!(ret->params[ret->n_params].field = strdup(names[ret->n_params])))
			return error_oom();
	}
	return 0;
}

int qemu_node_get_memory_stats(struct driver_conn *conn,
							   const struct rvirt_wire_nparams_cell_num_flags_args *args,
							   struct rvirt_wire_node_get_memory_stats_ret *ret)
{
	static const char *const names[][2] = {
		{"total", "MemTotal"}, {"free", "MemFree"}, {"buffers", "Buffers"}, {"cached", "Cached"}};
	bool all = args->cell_num < 0;
	int want = all ? 4 : 2, n;

	(void)conn;
	if (args_nparams(args->nparams, 16) < 0 || qemu_flags(args->flags, 0, "virHostMemGetStats") < 0)
		return -1;
	n = list_size(args->nparams, want, &ret->nparams);
	if (n <= 0)
		return n;
	if (!all && !host_cell_memory((unsigned)args->cell_num, "MemTotal"))
		return args_refuse(FROM_NONE, "virHostMemGetStats", "cellNum",
						   "cellNum in %s must be less than or equal to %d", "virHostMemGetStats",
						   0);
	if (!(ret->params = calloc((size_t)n, sizeof *ret->params)))
		return error_oom();
	for (; ret->n_params < (unsigned)n; ret->n_params++) {
		const char *const *name = names[ret->n_params];

		ret->params[ret->n_params].value =
			all ? host_memory(name[1]) : host_cell_memory((unsigned)args->cell_num, name[1]);
		if (!(ret->params[ret->n_params].field = strdup(name[0])))
			return error_oom();
	}
	return 0;
}

int qemu_node_get_cpu_map(struct driver_conn *conn,
						  const struct rvirt_wire_node_get_cpu_map_args *args,
						  struct rvirt_wire_cpumap_online_count_ret *ret)
{
	CLEANUP_FREE struct host *h = NULL;
	unsigned len;

	(void)conn;
	if (qemu_flags(args->flags, 0, "virHostCPUGetMap") < 0 || host_read(&h) < 0)
		return -1;
	len = (h->n_cpus + 7) / 8;
	if (args->need_map) {
		if (!(ret->cpumap = calloc(1, len)))
			return error_oom();
		ret->n_cpumap = len;
		for (unsigned i = 0; i < h->n_cpus; i++)
			if (h->cpus[i].online)
				ret->cpumap[i / 8] = (__typeof__(*ret->cpumap))(ret->cpumap[i / 8] | 1 << i % 8);
	}
	ret->online = args->need_online ? h->online : 0;
	ret->count = (int)h->n_cpus;
	return 0;
}

static uint64_t free_pages(const struct host_cell *cell, unsigned size)
{
	for (unsigned i = 0; i < cell->n_pages; i++)
		if (cell->pages[i].size == size)
			return cell->pages[i].free;
	return 0;
}

int qemu_node_get_free_pages(struct driver_conn *conn,
							 const struct rvirt_wire_node_get_free_pages_args *args,
							 struct rvirt_wire_counts_ret *ret)
{
	CLEANUP_FREE struct host *h = NULL;
	uint64_t n = (uint64_t)args->n_pages * args->cell_count;

	(void)conn;
	if (qemu_flags(args->flags, 0, "virHostMemGetFreePages") < 0)
		return -1;
	if (n > 1024)
		return error_set(FROM_RPC, ERR_INTERNAL_ERROR,
						 "the result won't fit into REMOTE_NODE_MAX_CELLS");
	if (host_read(&h) < 0)
		return -1;
	if (args->start_cell < 0 || (uint64_t)args->start_cell + args->cell_count > h->n_cells)
		return error_set(FROM_NONE, ERR_INTERNAL_ERROR, "start cell %d out of range (0-%u)",
						 args->start_cell, h->n_cells - 1);
	if (n && !(ret->counts = calloc(n, sizeof *ret->counts)))
		return error_oom();
	for (unsigned cell = 0; cell < args->cell_count; cell++)
		for (unsigned i = 0; i < args->n_pages; i++)
			ret->counts[ret->n_counts++] =
				free_pages(&h->cells[(unsigned)args->start_cell + cell], args->pages[i]);
	return 0;
}

int qemu_node_get_security_model(struct driver_conn *conn, struct rvirt_wire_model_doi_ret *ret)
{
	(void)conn;
	/* two empty texts, each with its end: there is none */
	ret->model = calloc(1, 1);
	ret->doi = calloc(1, 1);
	if (!ret->model || !ret->doi)
		return error_oom();
	ret->n_model = ret->n_doi = 1;
	return 0;
}
