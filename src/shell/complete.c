/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What can come next on a command line.
 */
#include "config.h"
#include "complete.h"

#include "complete-value.h"
#include "file.h"
#include "strings.h"
#include "table.h"

#include "base/cleanup.h"

#include <stdlib.h>
#include <string.h>

static bool begins_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

static void add_commands(const char *start, struct strings *ret)
{
	CLEANUP_FREE const struct cmd **list = table_list(NULL);

	for (size_t i = 0; list[i]; i++)
		if (begins_with(list[i]->name, start))
			strings_add(ret, list[i]->name);
}

static bool is_seen(const struct invocation *in, const struct arg *arg)
{
	for (size_t i = 0; i < in->n_values; i++)
		if (in->values[i].arg == arg && arg->type != ARG_REST)
			return true;
	return false;
}

static void add_option(const char *name, const char *start, struct strings *ret)
{
	CLEANUP_FREE char *option = shell_printf("--%s", name);

	if (begins_with(option, start))
		strings_take(ret, steal(&option));
}

static void add_options(const struct invocation *in, const char *start, struct strings *ret)
{
	const struct arg *arg = in->cmd->args;

	for (; arg && arg->name; arg++)
		if (arg->type != ARG_ALIAS && !is_seen(in, arg))
			add_option(arg->name, start, ret);
	/* what every command has is offered to those who ask */
	if (*start) {
		add_option("help", start, ret);
		if (!in->json)
			add_option("json", start, ret);
	}
}

/* Values of arg that begin with start, each with before in front. */
static void add_values(struct shell *sh, const struct invocation *in, const struct arg *arg,
					   const char *before, const char *start, struct strings *ret, bool *ret_file)
{
	CLEANUP_STRINGS struct strings all = {0};
	bool silent = sh->silent;

	*ret_file = arg->complete == file_complete;
	sh->silent = true;
	if (arg->complete)
		arg->complete(sh, in, arg->what, &all);
	else
		complete_value(sh, in, arg, &all);
	sh->silent = silent;
	for (size_t i = 0; i < all.n; i++)
		if (begins_with(all.at[i], start))
			strings_take(ret, shell_printf("%s%s", before, all.at[i]));
}

/* "--name=start" */
static void add_after_equals(struct shell *sh, const struct invocation *in, const char *word,
							 struct strings *ret, bool *ret_file)
{
	const char *value = strchr(word, '=') + 1;
	CLEANUP_FREE char *before = shell_printf("%.*s", (int)(value - word), word);

	for (const struct arg *arg = in->cmd->args; arg && arg->name; arg++)
		if (strlen(arg->name) == strlen(before) - 3 &&
			strncmp(arg->name, before + 2, strlen(arg->name)) == 0)
			add_values(sh, in, arg, before, value, ret, ret_file);
}

void complete_words(struct shell *sh, char **words, size_t n, struct strings *ret, bool *ret_file)
{
	const struct cmd *cmd = table_find(words[0]);
	const char *last = words[n - 1];
	struct args_next next;

	*ret_file = false;
	if (n == 1) {
		add_commands(last, ret);
		return;
	}
	if (!cmd)
		return;
	args_expect(cmd, words + 1, n - 1, &next);
	if (next.arg)
		add_values(sh, &next.in, next.arg, "", last, ret, ret_file);
	if (next.arg && next.named)
		; /* only a value can stand here */
	else if (*last == '-' && strchr(last, '='))
		add_after_equals(sh, &next.in, last, ret, ret_file);
	else if (*last == '-' || (!ret->n && !*ret_file && !*last))
		add_options(&next.in, last, ret);
	args_clear(&next.in);
}
