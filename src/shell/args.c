/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Command lines. A line is cut into words with the quoting of a shell; words are given to the rows
 * of the command: options by name wherever they stand, the rest in the order of the rows.
 */
#include "config.h"
#include "args.h"

#include "base/cleanup.h"
#include "output.h"
#include "strings.h"
#include "table.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum token {
	TOKEN_ERROR,
	TOKEN_WORD,
	TOKEN_NEXT, /* the command ends here, another one may follow */
	TOKEN_END,
};

/* Where words come from: a text that is still to be cut, or an array. */
struct source {
	const char *text; /* NULL: words */
	char **words;
	size_t n_words;
	char quote; /* of the word that was cut last, left open */
};

struct reader {
	struct shell *sh; /* NULL: errors are not reported */
	struct source source;
	const struct cmd *cmd;
	struct invocation *in;
	uint64_t wanted; /* rows that take a word without a name */
	uint64_t seen;
	bool words_only; /* after "--" */
	bool missing;    /* the line ended where a value had to follow */
};

/* -- words -- */

static bool ends_word(char c)
{
	return c == ' ' || c == '\t' || c == ';' || c == '\n';
}

/* Cuts the next word; NULL if the text ends with a backslash. */
static char *cut_word(struct source *s)
{
	char *word = shell_alloc(strlen(s->text) + 1), *to = word;
	const char *at = s->text;
	char quote = 0;

	for (; *at && (quote || !ends_word(*at)); at++) {
		if ((*at == '\'' || *at == '"') && (!quote || quote == *at)) {
			quote = quote ? 0 : *at;
			continue;
		}
		if (*at == '\\' && quote != '\'') {
			if (!*++at) {
				free(word);
				return NULL;
			}
			if (*at == '\n')
				continue;
		}
		*to++ = *at;
	}
	s->text = at;
	s->quote = quote;
	return word;
}

static enum token next_in_text(struct shell *sh, struct source *s, char **ret_word)
{
	const char *at = s->text;

	while (*at == ' ' || *at == '\t' || (*at == '\\' && at[1] == '\n'))
		at += *at == '\\' ? 2 : 1;
	s->text = at;
	if (!*at)
		return TOKEN_END;
	if (*at == ';' || *at == '\n') {
		s->text++;
		return TOKEN_NEXT;
	}
	if (*at == '#') {
		s->text += strcspn(at, "\n");
		if (*s->text)
			s->text++;
		return TOKEN_NEXT;
	}
	*ret_word = cut_word(s);
	if (!*ret_word) {
		if (sh)
			out_refuse(sh, "dangling \\");
		return TOKEN_ERROR;
	}
	if (s->quote == '"' && sh) {
		free(*ret_word);
		*ret_word = NULL;
		out_refuse(sh, "missing \"");
		return TOKEN_ERROR;
	}
	return TOKEN_WORD;
}

static enum token next_word(struct shell *sh, struct source *s, char **ret_word)
{
	if (s->text)
		return next_in_text(sh, s, ret_word);
	if (s->n_words == 0)
		return TOKEN_END;
	*ret_word = shell_strdup(*s->words++);
	s->n_words--;
	return TOKEN_WORD;
}

void args_split(const char *line, struct strings *ret_words, char *ret_open)
{
	struct source s = {.text = line};

	for (;;) {
		char *word = NULL;

		switch (next_word(NULL, &s, &word)) {
		case TOKEN_WORD:
			strings_take(ret_words, word);
			/* a blank after the last word begins a new one, which is still empty */
			if (!s.quote && ends_word(*s.text) && !s.text[strspn(s.text, " \t")]) {
				strings_add(ret_words, "");
				*ret_open = 0;
				return;
			}
			break;
		case TOKEN_NEXT:
			strings_clear(ret_words);
			break;
		case TOKEN_ERROR:
		case TOKEN_END:
			if (ret_words->n == 0)
				strings_add(ret_words, "");
			*ret_open = s.quote;
			return;
		}
	}
}

void args_clear(struct invocation *in)
{
	for (size_t i = 0; i < in->n_values; i++)
		free(in->values[i].text);
	free(in->values);
	in->values = NULL;
	in->n_values = 0;
}

/* -- one command -- */

static const struct arg *rows_of(const struct cmd *cmd)
{
	static const struct arg none[] = {{NULL}};

	return cmd->args ? cmd->args : none;
}

/* Options that every command has. */
static const struct arg help_row = {"help", ARG_BOOL, "print help for this command"};
static const struct arg json_row = {"json", ARG_BOOL, "print the result as JSON"};

/* The rows of all commands are shown by virsh's names of types. */
static bool takes_value(const struct arg *arg)
{
	return arg->type != ARG_BOOL && arg->type != ARG_ALIAS;
}

static void add_value(struct reader *r, const struct arg *arg, char *text)
{
	struct invocation *in = r->in;

	in->values = shell_realloc(in->values, (in->n_values + 1) * sizeof(*in->values));
	in->values[in->n_values++] = (struct value){arg, text};
	if (r->sh && arg != &json_row)
		out_debug(r->sh, SHELL_INFO, "%s: %s(%s): %s\n", r->cmd->name, arg->name,
				  text ? "optdata" : "bool", text ? text : "(none)");
}

/* The row of option --name. An alias "--x" for "name=value" gives *value its text. */
static const struct arg *find_option(struct reader *r, const char *name, char **value)
{
	CLEANUP_FREE char *target = NULL;
	const struct arg *rows = rows_of(r->cmd);

	if (strcmp(name, help_row.name) == 0)
		return &help_row;
	for (size_t i = 0; rows[i].name; i++) {
		if (strcmp(rows[i].name, name) != 0)
			continue;
		if (rows[i].type == ARG_ALIAS) {
			char *fixed;

			target = shell_strdup(rows[i].help);
			name = target;
			fixed = strchr(target, '=');
			if (!fixed)
				continue;
			*fixed = '\0';
			if (*value) {
				if (r->sh)
					out_refuse(r->sh, "invalid '=' after option --%s", rows[i].name);
				return NULL;
			}
			*value = shell_strdup(fixed + 1);
			continue;
		}
		if (r->seen & 1ULL << i && rows[i].type != ARG_REST) {
			if (r->sh)
				out_refuse(r->sh, "option --%s already seen", name);
			return NULL;
		}
		r->seen |= 1ULL << i;
		if (rows[i].type != ARG_REST)
			r->wanted &= ~(1ULL << i);
		return &rows[i];
	}
	if (strcmp(name, json_row.name) == 0)
		return &json_row;
	if (r->sh && strcmp(r->cmd->name, "help") != 0)
		out_refuse(r->sh, "command '%s' doesn't support option --%s", r->cmd->name, name);
	return NULL;
}

/* Reads "--name", "--name=value" or "--name value"; word is the first of them. */
static int read_option(struct reader *r, char *word)
{
	char *equals = strchr(word + 2, '=');
	CLEANUP_FREE char *value = equals ? shell_strdup(equals + 1) : NULL;
	const struct arg *arg;

	if (equals)
		*equals = '\0';
	arg = find_option(r, word + 2, &value);
	if (!arg)
		return strcmp(r->cmd->name, "help") == 0 ? 0 : -1;
	if (!takes_value(arg)) {
		if (value) {
			if (r->sh)
				out_refuse(r->sh, "invalid '=' after option --%s", arg->name);
			return -1;
		}
		if (arg == &json_row) {
			r->in->json = true;
			if (r->sh)
				r->sh->json = true;
		}
		add_value(r, arg, NULL);
		return 0;
	}
	if (!value) {
		switch (next_word(r->sh, &r->source, &value)) {
		case TOKEN_WORD:
			break;
		case TOKEN_ERROR:
			return -1;
		case TOKEN_NEXT:
		case TOKEN_END:
			r->missing = true;
			if (r->sh)
				out_refuse(r->sh, "expected syntax: --%s <%s>", arg->name,
						   arg->type == ARG_INT ? "number" : "string");
			else
				add_value(r, arg, shell_strdup(""));
			return -1;
		}
	}
	add_value(r, arg, steal(&value));
	return 0;
}

/* The row that takes the next word without a name; NULL if none is left. */
static const struct arg *next_row(struct reader *r)
{
	size_t i;

	if (!r->wanted)
		return NULL;
	i = (size_t)__builtin_ctzll(r->wanted);
	if (rows_of(r->cmd)[i].type != ARG_REST)
		r->wanted &= ~(1ULL << i);
	r->seen |= 1ULL << i;
	return &rows_of(r->cmd)[i];
}

static bool is_option(const char *word)
{
	return word[0] == '-' && word[1] == '-' && isalnum((unsigned char)word[2]);
}

/* Takes word. */
static int read_word(struct reader *r, char *word)
{
	const struct arg *arg;
	int result = 0;

	if (!r->words_only && is_option(word)) {
		result = read_option(r, word);
	} else if (!r->words_only && strcmp(word, "--") == 0) {
		r->words_only = true;
	} else if ((arg = next_row(r))) {
		add_value(r, arg, word);
		return 0;
	} else if (strcmp(r->cmd->name, "help") != 0) {
		if (r->sh)
			out_refuse(r->sh, "unexpected data '%s'", word);
		result = -1;
	}
	free(word);
	return result;
}

static void begin_command(struct reader *r, const struct cmd *cmd, struct invocation *in)
{
	const struct arg *rows = rows_of(cmd);

	r->cmd = cmd;
	r->in = in;
	in->cmd = cmd;
	r->wanted = r->seen = 0;
	r->words_only = false;
	for (size_t i = 0; rows[i].name; i++)
		if (takes_value(&rows[i]) && !(rows[i].flags & ARG_NAMED))
			r->wanted |= 1ULL << i;
}

static bool is_required(const struct arg *arg)
{
	return arg->type == ARG_DATA || arg->flags & ARG_REQUIRED;
}

/* Refuses a command that lacks what it requires; turns one with --help into the help of it. */
static int end_command(struct reader *r)
{
	struct invocation *in = r->in;
	const struct arg *rows = rows_of(r->cmd);
	int result = 0;

	for (size_t i = 0; i < in->n_values; i++) {
		if (in->values[i].arg != &help_row)
			continue;
		args_clear(in);
		in->cmd = table_find("help");
		add_value(r, in->cmd->args, shell_strdup(r->cmd->name));
		return 0;
	}
	for (size_t i = 0; rows[i].name; i++) {
		if (!is_required(&rows[i]) || r->seen & 1ULL << i)
			continue;
		result = out_refuse(r->sh,
							rows[i].type == ARG_INT ? "command '%s' requires --%s option"
													: "command '%s' requires <%s> option",
							r->cmd->name, rows[i].name);
	}
	return result;
}

/* Reads words up to the end of one command. *ret_end: the line ends too. */
static int read_command(struct reader *r, struct invocation *in, bool *ret_end)
{
	for (;;) {
		char *word = NULL;
		enum token token = next_word(r->sh, &r->source, &word);

		if (token == TOKEN_ERROR)
			return -1;
		if (token != TOKEN_WORD) {
			*ret_end = token == TOKEN_END;
			return r->cmd ? end_command(r) : 0;
		}
		if (r->cmd) {
			if (read_word(r, word) < 0)
				return -1;
			continue;
		}
		if (*word == '#') {
			/* in an array of words, a comment takes them all */
			free(word);
			r->source.n_words = 0;
			continue;
		}
		if (!table_find(word)) {
			out_refuse(r->sh, "unknown command: '%s'", word);
			free(word);
			return -1;
		}
		begin_command(r, table_find(word), in);
		free(word);
	}
}

static int read_line(struct shell *sh, struct source source, struct invocation **ret_first)
{
	struct invocation *first = NULL, **last = &first;
	struct reader r = {.sh = sh, .source = source};
	bool end = false;

	sh->json = sh->json_always;
	while (!end) {
		struct invocation *in = shell_alloc(sizeof(*in));

		r.cmd = NULL;
		*last = in;
		if (read_command(&r, in, &end) < 0) {
			args_free(first);
			return -1;
		}
		if (r.cmd) {
			last = &in->next;
		} else {
			*last = NULL;
			args_free(in);
		}
	}
	*ret_first = first;
	return 0;
}

int args_parse_line(struct shell *sh, const char *line, struct invocation **ret_first)
{
	if (!*line)
		return -1;
	return read_line(sh, (struct source){.text = line}, ret_first);
}

int args_parse_words(struct shell *sh, char **words, size_t n, struct invocation **ret_first)
{
	return read_line(sh, (struct source){.words = words, .n_words = n}, ret_first);
}

void args_free(struct invocation *first)
{
	while (first) {
		struct invocation *next = first->next;

		args_clear(first);
		free(first);
		first = next;
	}
}

void args_expect(const struct cmd *cmd, char **words, size_t n, struct args_next *ret)
{
	struct reader r = {.source = {.words = words, .n_words = n}};
	struct value *last;
	char *word;

	*ret = (struct args_next){0};
	begin_command(&r, cmd, &ret->in);
	/* all but the last are finished; the last may still become anything */
	while (r.source.n_words > 1 && next_word(NULL, &r.source, &word) == TOKEN_WORD)
		read_word(&r, word);
	last = ret->in.n_values ? &ret->in.values[ret->in.n_values - 1] : NULL;
	if (r.source.n_words == 0 && last && last->text) {
		/* an option's name stood before it, and took it */
		ret->arg = last->arg;
		ret->named = true;
	} else if (r.source.n_words == 1 && (r.words_only || *words[n - 1] != '-')) {
		ret->arg = next_row(&r);
	}
}
