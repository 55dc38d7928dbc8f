/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the host says of itself. Most of it never changes.
 */
#include "config.h"
#include "drivers/args.h"
#include "drivers/test/node.h"
#include "drivers/test/ops.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* Sets *ret to a copy of text. 0, or -1 with NO_MEMORY. */
static int give(const char *text, char **ret)
{
	*ret = strdup(text);
	return *ret ? 0 : error_oom();
}

int test_connect_get_type(struct driver_conn *conn, struct rvirt_wire_type_ret *ret)
{
	(void)conn;
	return give("TEST", &ret->type);
}

int test_connect_get_version(struct driver_conn *conn, struct rvirt_wire_hv_ver_ret *ret)
{
	(void)conn;
	ret->hv_ver = 2;
	return 0;
}

/* The version of libvirt whose answers these are: clients judge by it what they may ask. */
int test_connect_get_lib_version(struct driver_conn *conn, struct rvirt_wire_lib_ver_ret *ret)
{
	(void)conn;
	ret->lib_ver = 9000000;
	return 0;
}

static char host_name[256];

/* The host's name, in full where it is not in full already and can be looked up. */
static void find_host_name(void)
{
	struct addrinfo *info, hints = {.ai_flags = AI_CANONNAME, .ai_family = AF_UNSPEC};

	if (gethostname(host_name, sizeof host_name - 1) < 0)
		snprintf(host_name, sizeof host_name, "localhost");
	if (strncmp(host_name, "localhost", 9) == 0 || strchr(host_name, '.') ||
		getaddrinfo(host_name, NULL, &hints, &info) != 0)
		return;
	if (info->ai_canonname && strncmp(info->ai_canonname, "localhost", 9) != 0)
		snprintf(host_name, sizeof host_name, "%s", info->ai_canonname);
	freeaddrinfo(info);
}

/* Looked up once: a name server may take its time. */
int test_connect_get_hostname(struct driver_conn *conn, struct rvirt_wire_hostname_ret *ret)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)conn;
	pthread_once(&once, find_host_name);
	return give(host_name, &ret->hostname);
}

static int put_cells(struct buf *b, const struct test_node *node)
{
	int rc = buf_printf(b, "      <cells num='%d'>\n", node->n_cells);

	for (int i = 0; i < node->n_cells; i++) {
		uint64_t page = i == 1 ? 8 : 4;

		rc |= buf_printf(b,
						 "        <cell id='%d'>\n"
						 "          <memory unit='KiB'>%llu</memory>\n"
						 "          <pages unit='KiB' size='%llu'>%llu</pages>\n"
						 "          <pages unit='KiB' size='2048'>0</pages>\n"
						 "          <pages unit='KiB' size='1048576'>0</pages>\n"
						 "          <cpus num='8'>\n",
						 i, (unsigned long long)node->cells[i].memory, (unsigned long long)page,
						 (unsigned long long)(node->cells[i].memory / page));
		for (int cpu = 0; cpu < 8; cpu++)
			rc |= buf_printf(b,
							 "            <cpu id='%d' socket_id='%d' die_id='0' core_id='%d' "
							 "siblings='%d'/>\n",
							 i * 8 + cpu, i, cpu, i * 8 + cpu);
		rc |= buf_puts(b, "          </cpus>\n        </cell>\n");
	}
	return rc | buf_puts(b, "      </cells>\n");
}

static int put_guest(struct buf *b, const char *type)
{
	return buf_printf(b,
					  "  <guest>\n"
					  "    <os_type>%s</os_type>\n"
					  "    <arch name='i686'>\n"
					  "      <wordsize>32</wordsize>\n"
					  "      <emulator>/usr/bin/test-hv</emulator>\n"
					  "      <domain type='test'/>\n"
					  "    </arch>\n"
					  "    <features>\n"
					  "      <pae/>\n"
					  "      <nonpae/>\n"
					  "    </features>\n"
					  "  </guest>\n"
					  "\n",
					  type);
}

int test_connect_get_capabilities(struct driver_conn *conn, struct rvirt_wire_capabilities_ret *ret)
{
	const struct test_node *node = test_node_of(conn);
	CLEANUP_BUF struct buf b = {0};
	int rc = buf_puts(&b, "<capabilities>\n"
						  "\n"
						  "  <host>\n"
						  "    <cpu>\n"
						  "      <arch>i686</arch>\n"
						  "      <features>\n"
						  "        <pae/>\n"
						  "        <nonpae/>\n"
						  "      </features>\n"
						  "      <pages unit='KiB' size='4'/>\n"
						  "      <pages unit='KiB' size='8'/>\n"
						  "      <pages unit='KiB' size='2048'/>\n"
						  "      <pages unit='KiB' size='1048576'/>\n"
						  "    </cpu>\n"
						  "    <power_management/>\n"
						  "    <iommu support='no'/>\n");

	rc |= buf_puts(&b, "    <topology>\n");
	rc |= put_cells(&b, node);
	rc |= buf_puts(&b, "    </topology>\n");
	rc |= buf_puts(&b, "    <secmodel>\n"
					   "      <model>testSecurity</model>\n"
					   "      <doi></doi>\n"
					   "    </secmodel>\n"
					   "  </host>\n"
					   "\n");
	rc |= put_guest(&b, "hvm");
	rc |= put_guest(&b, "xen");
	rc |= buf_puts(&b, "</capabilities>\n");
	if (rc)
		return -1;
	ret->capabilities = buf_steal_text(&b);
	return ret->capabilities ? 0 : -1;
}

int test_connect_get_sysinfo(struct driver_conn *conn, const struct rvirt_wire_flags_args *args,
							 struct rvirt_wire_sysinfo_ret *ret)
{
	(void)conn;
	if (args_flags(FROM_TEST, args->flags, 0, "testConnectGetSysinfo") < 0)
		return -1;
	return give("<sysinfo type='smbios'>\n"
				"  <bios>\n"
				"    <entry name='vendor'>LENOVO</entry>\n"
				"    <entry name='version'>G4ETA1WW (2.61 )</entry>\n"
				"    <entry name='date'>05/07/2014</entry>\n"
				"    <entry name='release'>2.61</entry>\n"
				"  </bios>\n"
				"</sysinfo>\n",
				&ret->sysinfo);
}

int test_connect_get_max_vcpus(struct driver_conn *conn, const struct rvirt_wire_type_args *args,
							   struct rvirt_wire_max_vcpus_ret *ret)
{
	(void)conn;
	(void)args;
	ret->max_vcpus = TEST_MAX_VCPUS;
	return 0;
}

int test_node_get_info(struct driver_conn *conn, struct rvirt_wire_node_get_info_ret *ret)
{
	const struct test_info *info = &test_node_of(conn)->info;

	memcpy(ret->model, info->model, sizeof ret->model);
	ret->memory = info->memory;
	ret->cpus = info->cpus;
	ret->mhz = info->mhz;
	ret->nodes = info->nodes;
	ret->sockets = info->sockets;
	ret->cores = info->cores;
	ret->threads = info->threads;
	return 0;
}

int test_node_get_free_memory(struct driver_conn *conn, struct rvirt_wire_free_mem_ret *ret)
{
	const struct test_node *node = test_node_of(conn);

	for (int i = 0; i < node->n_cells; i++)
		ret->free_mem += node->cells[i].free;
	return 0;
}

int test_node_get_cells_free_memory(struct driver_conn *conn,
									const struct rvirt_wire_start_cell_maxcells_args *args,
									struct rvirt_wire_cells_ret *ret)
{
	static const char function[] = "virNodeGetCellsFreeMemory";
	const struct test_node *node = test_node_of(conn);
	int left;

	if (args_max(args->maxcells, 1024, "maxcells", "REMOTE_NODE_MAX_CELLS") < 0 ||
		args_positive(args->maxcells, "maxCells", function) < 0 ||
		args_not_negative(args->start_cell, "startCell", function) < 0)
		return -1;
	if (args->start_cell >= node->n_cells)
		return error_set(FROM_TEST, ERR_INVALID_ARG, "Range exceeds available cells");
	left = node->n_cells - args->start_cell;
	if (left > args->maxcells)
		left = args->maxcells;
	if (!(ret->cells = calloc((size_t)left, sizeof *ret->cells)))
		return error_oom();
	for (; ret->n_cells < (unsigned)left; ret->n_cells++)
		ret->cells[ret->n_cells] = node->cells[args->start_cell + (int)ret->n_cells].memory;
	return 0;
}

int test_node_get_cpu_stats(struct driver_conn *conn,
							const struct rvirt_wire_cpu_num_nparams_flags_args *args,
							struct rvirt_wire_node_get_cpu_stats_ret *ret)
{
	static const struct {
		const char *name;
		uint64_t value;
	} stats[] = {{"user", 9797400000},
				 {"kernel", 34678723400000},
				 {"idle", 87264900000},
				 {"iowait", 763600000}};
	int n = sizeof stats / sizeof stats[0];

	(void)conn;
	if (args_nparams(args->nparams, 16) < 0)
		return -1;
	if (args->cpu_num < -1)
		return args_refuse(FROM_DOMAIN, "virNodeGetCPUStats", "cpuNum",
						   "cpuNum in virNodeGetCPUStats only accepts -1 as a negative value");
	if (args_flags(FROM_TEST, args->flags, 0, "testNodeGetCPUStats") < 0)
		return -1;
	if (!args->nparams) {
		ret->nparams = n;
		return 0;
	}
	if (args->nparams < n)
		n = args->nparams;
	if (!(ret->params = calloc((size_t)n, sizeof *ret->params)))
		return error_oom();
	for (; ret->n_params < (uint32_t)n; ret->n_params++) {
		ret->params[ret->n_params].value = stats[ret->n_params].value;
		if (give(stats[ret->n_params].name, &ret->params[ret->n_params].field) < 0)
			return -1;
	}
	return 0;
}

int test_node_get_free_pages(struct driver_conn *conn,
							 const struct rvirt_wire_node_get_free_pages_args *args,
							 struct rvirt_wire_counts_ret *ret)
{
	uint64_t n = (uint64_t)args->n_pages * args->cell_count;
	uint32_t pages = 6;

	(void)conn;
	if (args_flags(FROM_TEST, args->flags, 0, "testNodeGetFreePages") < 0)
		return -1;
	if (n > 1024)
		return error_set(FROM_RPC, ERR_INTERNAL_ERROR,
						 "the result won't fit into REMOTE_NODE_MAX_CELLS");
	if (n && !(ret->counts = calloc(n, sizeof *ret->counts)))
		return error_oom();
	for (; ret->n_counts < n; ret->n_counts++)
		ret->counts[ret->n_counts] = pages = pages * 2 + 7;
	return 0;
}

int test_node_get_cpu_map(struct driver_conn *conn,
						  const struct rvirt_wire_node_get_cpu_map_args *args,
						  struct rvirt_wire_cpumap_online_count_ret *ret)
{
	(void)conn;
	if (args_flags(FROM_TEST, args->flags, 0, "testNodeGetCPUMap") < 0)
		return -1;
	if (args->need_map) {
		ret->cpumap = malloc(1);
		if (!ret->cpumap)
			return error_oom();
		ret->cpumap[0] = 0x15;
		ret->n_cpumap = 1;
	}
	ret->online = args->need_online ? 3 : 0;
	ret->count = 8;
	return 0;
}

int test_node_get_security_model(struct driver_conn *conn, struct rvirt_wire_model_doi_ret *ret)
{
	static const char model[] = "testSecurity";

	(void)conn;
	ret->model = calloc(1, sizeof model);
	ret->doi = calloc(1, 1);
	if (!ret->model || !ret->doi)
		return error_oom();
	ret->n_model = sizeof model;
	ret->n_doi = 1;
	memcpy(ret->model, model, sizeof model);
	return 0;
}
