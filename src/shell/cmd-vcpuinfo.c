/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * vcpuinfo: where each virtual CPU of a domain runs, and where it may.
 */
#include "config.h"

#include "cpus.h"
#include "domain.h"
#include "output.h"
#include "table.h"
#include "xml.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define WIDTH 15        /* of labels */
#define MAX_VCPUS 16384 /* of a definition that is believed */

struct host_cpus {
	int n;       /* the host's CPUs */
	int map_len; /* bytes of a map with a bit for each */
	bool pretty;
};

static void show_affinity(struct shell *sh, json_t *object, const struct host_cpus *host,
						  const uint8_t *map, size_t len)
{
	CLEANUP_FREE char *ranges = cpus_text(map, len);

	out_text(sh, "%-*s ", WIDTH, "CPU Affinity:");
	if (host->pretty) {
		out_text(sh, "%s (out of %d)", ranges, host->n);
	} else {
		for (int i = 0; i < host->n; i++)
			out_text(sh, "%c", cpus_has(map, len, i) ? 'y' : '-');
	}
	out_text(sh, "\n");
	json_object_set_new(object, "affinity", json_string(ranges));
}

/* The part of maps that is about one virtual CPU. */
static const uint8_t *one_map(const uint8_t *maps, uint32_t n, const struct host_cpus *host,
							  size_t vcpu, size_t *ret_len)
{
	size_t at = vcpu * (size_t)host->map_len;

	*ret_len = at >= n ? 0 : n - at < (size_t)host->map_len ? n - at : (size_t)host->map_len;
	return *ret_len ? maps + at : maps;
}

static const char *vcpu_state(int state)
{
	static const char *const texts[] = {"offline", "running", "blocked"};

	return state >= 0 && state < 3 ? texts[state] : "no state";
}

static json_t *show_active(struct shell *sh, const struct rvirt_wire_info_cpumaps_ret *ret,
						   const struct host_cpus *host)
{
	json_t *all = json_array();

	for (uint32_t i = 0; i < ret->n_info; i++) {
		const struct rvirt_wire_vcpu_info *v = &ret->info[i];
		json_t *one = NULL;
		const uint8_t *map;
		size_t len;

		out_field(sh, &one, WIDTH, "VCPU:", "vcpu", json_integer(v->number), "%u", v->number);
		out_field(sh, &one, WIDTH, "CPU:", "cpu", json_integer(v->cpu), "%d", v->cpu);
		out_field(sh, &one, WIDTH, "State:", "state", json_string(vcpu_state(v->state)), "%s",
				  vcpu_state(v->state));
		if (v->cpu_time)
			out_field(sh, &one, WIDTH, "CPU time:", "cpu_time_ns",
					  json_integer((json_int_t)v->cpu_time), "%.1lfs", (double)v->cpu_time / 1e9);
		map = one_map(ret->cpumaps, ret->n_cpumaps, host, i, &len);
		show_affinity(sh, one, host, map, len);
		if (i + 1 < ret->n_info)
			out_text(sh, "\n");
		json_array_append_new(all, one);
	}
	return all;
}

/* Which virtual CPUs the definition turns on, as bools, owned by the caller; NULL with the error
 * reported. */
static bool *enabled_vcpus(struct shell *sh, const struct rvirt_wire_domain *dom, int *ret_max)
{
	CLEANUP_FREE char *text = NULL;
	CLEANUP_XML xmlDoc *doc = NULL;
	CLEANUP_FREE xmlNode **nodes = NULL;
	CLEANUP_FREE bool *enabled = NULL;
	size_t n_nodes = 0;
	int max, current, found = 0;

	if (!(text = domain_xml(sh, dom, RVIRT_DOMAIN_XML_INACTIVE)))
		return NULL;
	doc = xml_parse(text, true);
	max = doc ? xml_number(doc, NULL, "string(/domain/vcpu)") : -1;
	if (max < 0 || max > MAX_VCPUS) {
		out_refuse(sh, "Failed to retrieve maximum vcpu count");
		return NULL;
	}
	current = xml_number(doc, NULL, "string(/domain/vcpu/@current)");
	if (current <= 0)
		current = max;
	enabled = shell_alloc((size_t)max * sizeof(*enabled));
	if (xml_nodes(doc, "/domain/vcpus/vcpu", &nodes, &n_nodes) < 0 || n_nodes == 0) {
		for (int i = 0; i < current && i < max; i++)
			enabled[i] = true;
	} else {
		for (size_t i = 0; i < n_nodes; i++) {
			CLEANUP_FREE char *on = xml_string(doc, nodes[i], "string(@enabled)");
			int id = xml_number(doc, nodes[i], "string(@id)");

			if (on && strcmp(on, "yes") == 0 && id >= 0 && id < max && !enabled[id]) {
				enabled[id] = true;
				found++;
			}
		}
		if (found != current) {
			out_refuse(sh, "Failed to retrieve vcpu state bitmap");
			return NULL;
		}
	}
	*ret_max = max;
	return steal(&enabled);
}

/* A domain that does not run has pinning only. */
static int show_inactive(struct shell *sh, const struct rvirt_wire_domain *dom,
						 const struct host_cpus *host, json_t **ret)
{
	CLEANUP_FREE bool *enabled = NULL;
	struct rvirt_wire_domain_get_vcpu_pin_info_args args;
	struct rvirt_wire_cpumaps_num_ret maps = {0};
	json_t *all;
	int max;

	enabled = enabled_vcpus(sh, dom, &max);
	if (!enabled)
		return -1;
	args = (struct rvirt_wire_domain_get_vcpu_pin_info_args){*dom, max, host->map_len,
															 RVIRT_DOMAIN_AFFECT_CONFIG};
	if (rvirt_call_domain_get_vcpu_pin_info(sh->conn, &args, &maps) < 0)
		return out_fail(sh);
	all = json_array();
	for (int i = 0; i < max; i++) {
		json_t *one = NULL;
		const uint8_t *map;
		size_t len;

		if (!enabled[i])
			continue;
		if (json_array_size(all))
			out_text(sh, "\n");
		out_field(sh, &one, WIDTH, "VCPU:", "vcpu", json_integer(i), "%d", i);
		out_field(sh, &one, WIDTH, "CPU:", "cpu", json_null(), "N/A");
		out_field(sh, &one, WIDTH, "State:", "state", json_null(), "N/A");
		out_text(sh, "%-*s %s\n", WIDTH, "CPU time", "N/A");
		map = one_map(maps.cpumaps, maps.n_cpumaps, host, (size_t)i, &len);
		show_affinity(sh, one, host, map, len);
		json_array_append_new(all, one);
	}
	rvirt_wire_clear(RVIRT_PROC_DOMAIN_GET_VCPU_PIN_INFO, &maps);
	*ret = all;
	return 0;
}

/* How many CPUs the host has, and what the domain is doing, in one round trip. */
static int ask_host(struct shell *sh, const struct rvirt_wire_domain *dom, struct host_cpus *host,
					struct rvirt_wire_domain_get_info_ret *ret_info)
{
	struct rvirt_wire_node_get_cpu_map_args map_args = {0};
	struct rvirt_wire_dom_args args = domain_args(dom);
	struct rvirt_wire_cpumap_online_count_ret map = {0};
	struct rvirt_wire_node_get_info_ret node = {0};
	struct rvirt_call *map_call, *info_call;
	int result = 0;

	map_call = rvirt_call_send(sh->conn, RVIRT_PROC_NODE_GET_CPU_MAP, &map_args);
	info_call = rvirt_call_send(sh->conn, RVIRT_PROC_DOMAIN_GET_INFO, &args);
	if (domain_wait(map_call, &map) == 0) {
		host->n = map.count;
		rvirt_wire_clear(RVIRT_PROC_NODE_GET_CPU_MAP, &map);
	} else if (rvirt_last_error().code != RVIRT_ERR_NO_SUPPORT ||
			   rvirt_call_node_get_info(sh->conn, &node) < 0) {
		result = out_fail(sh);
	} else {
		host->n = node.nodes * node.sockets * node.cores * node.threads;
	}
	host->map_len = (host->n + 7) / 8;
	if (domain_wait(info_call, ret_info) < 0 && result == 0)
		result = out_fail(sh);
	return result;
}

static int vcpuinfo_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_domain_get_info_ret info = {0};
	struct rvirt_wire_dom_maxinfo_maplen_args args;
	struct rvirt_wire_info_cpumaps_ret ret = {0};
	struct host_cpus host = {.pretty = args_given(in, "pretty")};
	json_t *all = NULL;

	if (domain_find(sh, in, BY_ANY, &dom) < 0 || ask_host(sh, &dom, &host, &info) < 0)
		return -1;
	args = (struct rvirt_wire_dom_maxinfo_maplen_args){dom, info.nr_virt_cpu, host.map_len};
	if (rvirt_call_domain_get_vcpus(sh->conn, &args, &ret) == 0) {
		all = show_active(sh, &ret, &host);
		rvirt_wire_clear(RVIRT_PROC_DOMAIN_GET_VCPUS, &ret);
	} else if (info.state != RVIRT_DOMAIN_SHUTOFF) {
		return out_fail(sh);
	} else if (show_inactive(sh, &dom, &host, &all) < 0) {
		return -1;
	}
	out_value(sh, json_pack("{s:o}", "vcpus", all));
	return 0;
}

static const struct arg vcpuinfo_args[] = {
	ARG_DOMAIN_ANY(0),
	{"pretty", ARG_BOOL, "print affinities as ranges"},
	{NULL},
};

const struct cmd *cmd_vcpuinfo_rows(void)
{
	static const struct cmd rows[] = {
		{"vcpuinfo", "domain", "virtual CPUs of a domain, one by one",
		 "Shows each virtual CPU of a domain: where it runs, and on which CPUs it may.",
		 vcpuinfo_args, 0, vcpuinfo_run},
		{NULL},
	};

	return rows;
}
