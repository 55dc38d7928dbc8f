/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Where the files of commands meet; files.def names them.
 */
#include "config.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>

static const struct cmd *(*const table_files[])(void) = {
#define ROWS(name) cmd_##name##_rows,
#include "files.def"
#undef ROWS
};
#define N_FILES (sizeof(table_files) / sizeof(*table_files))

const struct cmd_group *table_groups(void)
{
	static const struct cmd_group groups[] = {
		{"domain", "Domain Management"},
		{"monitor", "Domain Monitoring"},
		{"host", "Host and Hypervisor"},
		{"network", "Networking"},
		{"interface", "Interface"},
		{"nodedev", "Node Device"},
		{"secret", "Secret"},
		{"filter", "Network Filter"},
		{"pool", "Storage Pool"},
		{"volume", "Storage Volume"},
		{"checkpoint", "Checkpoint"},
		{"snapshot", "Snapshot"},
		{"rvsh", "Rvsh itself"},
		{NULL},
	};

	return groups;
}

const struct cmd_group *table_find_group(const char *name)
{
	for (const struct cmd_group *g = table_groups(); g->keyword; g++)
		if (strcmp(g->keyword, name) == 0 || strcmp(g->name, name) == 0)
			return g;
	return NULL;
}

const struct cmd *table_find(const char *name)
{
	for (size_t i = 0; i < N_FILES; i++)
		for (const struct cmd *cmd = table_files[i](); cmd->name; cmd++)
			if (strcmp(cmd->name, name) == 0)
				return cmd;
	return NULL;
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct cmd *const *)a)->name, (*(const struct cmd *const *)b)->name);
}

const struct cmd **table_list(const struct cmd_group *group)
{
	const struct cmd **list = NULL;
	size_t n = 0;

	for (size_t i = 0; i < N_FILES; i++) {
		for (const struct cmd *cmd = table_files[i](); cmd->name; cmd++) {
			if (cmd->flags & CMD_HIDDEN || (group && strcmp(cmd->group, group->keyword) != 0))
				continue;
			list = shell_realloc(list, (n + 2) * sizeof(*list));
			list[n++] = cmd;
		}
	}
	if (!list)
		return shell_alloc(sizeof(*list));
	qsort(list, n, sizeof(*list), by_name);
	list[n] = NULL;
	return list;
}
