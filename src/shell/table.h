/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The commands: a row beside each one's function says its name, arguments, flags and help. Parsing,
 * usage, completion and the manual's list come from these rows.
 */
#ifndef SHELL_TABLE_H
#define SHELL_TABLE_H

#include "args.h"

enum cmd_flag {
	CMD_LOCAL = 1,  /* needs no connection */
	CMD_WRITES = 2, /* changes something on the host */
	CMD_HIDDEN = 4, /* not in help */
	CMD_BARE = 8,   /* read by programs: no empty line follows */
};

struct cmd {
	const char *name;  /* NULL ends a list of rows */
	const char *group; /* the keyword of a row of table_groups() */
	const char *help;  /* one line */
	const char *desc;  /* more, or NULL */
	const struct arg *args;
	unsigned flags;
	int (*run)(struct shell *sh,
			   const struct invocation *in); /* 0, or -1 with the error reported */
};

struct cmd_group {
	const char *keyword; /* NULL ends the list */
	const char *name;
};

/* The rows of each file of commands: cmd_NAME_rows() for each line of files.def. */
#define ROWS(name) const struct cmd *cmd_##name##_rows(void);
#include "files.def"
#undef ROWS

const struct cmd_group *table_groups(void);

/* A group by its keyword or its name; NULL if there is none. */
const struct cmd_group *table_find_group(const char *name);

const struct cmd *table_find(const char *name);

/* The commands of a group (NULL: of all), hidden ones left out, by name; NULL-terminated, freed by
 * the caller. */
const struct cmd **table_list(const struct cmd_group *group);

#endif
