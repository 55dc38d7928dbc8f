/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Sets of CPUs.
 */
#include "config.h"
#include "cpus.h"

#include "output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CPUS = 16384 };

bool cpus_has(const uint8_t *map, size_t len, int cpu)
{
	return (size_t)cpu / 8 < len && map[cpu / 8] & 1 << cpu % 8;
}

char *cpus_text(const uint8_t *map, size_t len)
{
	int bits = (int)len * 8;
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		return shell_strdup("");
	for (int first = 0, last; first < bits; first = last + 1) {
		last = first;
		if (!cpus_has(map, len, first))
			continue;
		while (last + 1 < bits && cpus_has(map, len, last + 1))
			last++;
		fprintf(to, "%s%d", ftell(to) > 0 ? "," : "", first);
		if (last > first)
			fprintf(to, "-%d", last);
	}
	fclose(to);
	return text;
}

/* A number of a CPU; the place behind it. NULL if there is none. */
static const char *number(const char *at, int *ret)
{
	char *end;
	long n;

	if (*at < '0' || *at > '9')
		return NULL;
	n = strtol(at, &end, 10);
	if (n >= MAX_CPUS)
		return NULL;
	*ret = (int)n;
	return end;
}

static void put(struct cpus_map *map, int cpu, bool on)
{
	if (on)
		map->bits[cpu / 8] |= (uint8_t)(1 << cpu % 8);
	else
		map->bits[cpu / 8] &= (uint8_t) ~(1 << cpu % 8);
}

/* The CPUs of a list; *ret_last is the greatest that it names. 0 or -1. */
static int parse(const char *list, struct cpus_map *map, int *ret_last)
{
	*ret_last = -1;
	for (const char *at = list; *at || at == list; at += *at == ',') {
		bool on = *at != '^';
		int first, last;

		if (!(at = number(at + !on, &first)))
			return -1;
		last = first;
		if (on && *at == '-' && !(at = number(at + 1, &last)))
			return -1;
		if (last < first || (*at && *at != ','))
			return -1;
		for (int i = first; i <= last; i++)
			put(map, i, on);
		*ret_last = last > *ret_last ? last : *ret_last;
	}
	return 0;
}

int cpus_parse(struct shell *sh, const char *list, int cpus, struct cpus_map *ret)
{
	struct cpus_map map = {.n = (size_t)(cpus + 7) / 8};
	bool any = false;
	int last = -1;

	for (int i = 0; i < cpus && strcmp(list, "r") == 0; i++)
		put(&map, last = i, true);
	if (last < 0 && parse(list, &map, &last) < 0) {
		out_cause(sh, RVIRT_ERR_INVALID_ARG, RVIRT_FROM_NONE,
				  "invalid argument: Failed to parse bitmap '%s'", list);
		return out_refuse(sh, "Invalid cpulist '%s'", list);
	}
	for (size_t i = 0; i < sizeof(map.bits); i++)
		any = any || map.bits[i];
	if (!any)
		return out_refuse(sh, "Invalid cpulist '%s'", list);
	if (last >= cpus)
		return out_refuse(sh, "CPU %d in cpulist '%s' exceed the maxcpu %d", last, list, cpus);
	*ret = map;
	return 0;
}

int cpus_of_host(struct shell *sh)
{
	struct rvirt_wire_node_get_cpu_map_args args = {0};
	struct rvirt_wire_cpumap_online_count_ret map = {0};
	struct rvirt_wire_node_get_info_ret info;

	if (rvirt_call_node_get_cpu_map(sh->conn, &args, &map) == 0) {
		int n = map.count < MAX_CPUS ? map.count : MAX_CPUS;

		rvirt_wire_clear(RVIRT_PROC_NODE_GET_CPU_MAP, &map);
		return n;
	}
	if (rvirt_call_node_get_info(sh->conn, &info) < 0)
		return out_fail(sh);
	return info.cpus < MAX_CPUS ? info.cpus : MAX_CPUS;
}
