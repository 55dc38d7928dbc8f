/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads configuration files. Their grammar is libvirt's, which no library knows whole.
 */
#include "config.h"
#include "base/conf-file.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/fd.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* What is still to be read: at … end. */
struct parser {
	const char *at, *end;
	int line;
	struct conf_file *file;
};

static int syntax(const struct parser *p, const char *what)
{
	return conf_file_error(p->file, p->line, "%s", what);
}

/* The next character, 0 at the end. */
static char next(const struct parser *p)
{
	return p->at < p->end ? *p->at : 0;
}

static void skip_blanks(struct parser *p)
{
	while (next(p) == ' ' || next(p) == '\t')
		p->at++;
}

/* Blanks, comments and ends of lines. */
static void skip_lines(struct parser *p)
{
	for (;; p->at++) {
		if (next(p) == '#')
			p->at = memchr(p->at, '\n', (size_t)(p->end - p->at)) ?: p->end;
		if (next(p) == '\n')
			p->line++;
		else if (next(p) != ' ' && next(p) != '\t' && next(p) != '\r')
			return;
	}
}

/* The text up to quote, which is one character or three. */
static int parse_text(struct parser *p, const char *quote, char **ret)
{
	size_t n = strlen(quote);
	const char *close;

	p->at += n;
	close = memmem(p->at, (size_t)(p->end - p->at), quote, n);
	if (!close || (n == 1 && memchr(p->at, '\n', (size_t)(close - p->at))))
		return syntax(p, "unterminated string");
	if (memchr(p->at, 0, (size_t)(close - p->at)))
		return syntax(p, "a string has a NUL character");
	*ret = strndup(p->at, (size_t)(close - p->at));
	for (; p->at < close; p->at++)
		p->line += *p->at == '\n';
	p->at = close + n;
	return *ret ? 0 : error_oom();
}

static int parse_number(struct parser *p, long long *ret)
{
	bool negative = next(p) == '-';
	long long value = 0;

	if (negative || next(p) == '+')
		p->at++;
	if (!isdigit((unsigned char)next(p)))
		return syntax(p, "expecting a number");
	for (; isdigit((unsigned char)next(p)); p->at++) {
		int digit = next(p) - '0';

		if (__builtin_mul_overflow(value, 10LL, &value) ||
			__builtin_add_overflow(value, negative ? -digit : digit, &value))
			return syntax(p, "the number is too large");
	}
	*ret = value;
	return 0;
}

/* A text or a number. */
static int parse_scalar(struct parser *p, struct conf_value *value)
{
	char c = next(p);
	char quote[] = {c, 0};

	if (c == '"' || c == '\'') {
		bool tripled = p->end - p->at >= 3 && !memcmp(p->at, "\"\"\"", 3);

		value->type = CONF_STRING;
		return parse_text(p, tripled ? "\"\"\"" : quote, &value->text);
	}
	if (isdigit((unsigned char)c) || c == '-' || c == '+')
		return parse_number(p, &value->number);
	return syntax(p, "expecting a value");
}

/* Room for one more at the end of an array of n elements, zeroed; its size doubles when n is a
 * power of 2. */
static void *grow(void *array, size_t n, size_t size)
{
	char *grown = array;

	if ((n & (n - 1)) == 0) {
		grown = reallocarray(array, n ? 2 * n : 1, size);
		if (!grown) {
			error_oom();
			return NULL;
		}
	}
	memset(grown + n * size, 0, size);
	return grown;
}

static int parse_list(struct parser *p, struct conf_value *list)
{
	list->type = CONF_LIST;
	p->at++;
	for (skip_lines(p); next(p) != ']'; skip_lines(p)) {
		struct conf_value *items = grow(list->items, list->n_items, sizeof *items);

		if (!items)
			return -1;
		list->items = items;
		if (parse_scalar(p, &items[list->n_items++]) < 0)
			return -1;
		skip_lines(p);
		if (next(p) == ',')
			p->at++;
		else if (next(p) != ']')
			return syntax(p, "expecting a separator in list");
	}
	p->at++;
	return 0;
}

static int parse_key(struct parser *p, char **ret)
{
	const char *start = p->at;

	if (!isalpha((unsigned char)next(p)))
		return syntax(p, "expecting a name");
	while (isalnum((unsigned char)next(p)) || next(p) == '_')
		p->at++;
	*ret = strndup(start, (size_t)(p->at - start));
	return *ret ? 0 : error_oom();
}

static int parse_entry(struct parser *p)
{
	struct conf_file *file = p->file;
	struct conf_entry *entries = grow(file->entries, file->n_entries, sizeof *entries);
	struct conf_entry *entry;
	int r;

	if (!entries)
		return -1;
	file->entries = entries;
	entry = &entries[file->n_entries++];
	entry->line = p->line;
	if (parse_key(p, &entry->key) < 0)
		return -1;
	skip_blanks(p);
	if (next(p) != '=')
		return syntax(p, "expecting an assignment");
	p->at++;
	skip_blanks(p);
	r = next(p) == '[' ? parse_list(p, &entry->value) : parse_scalar(p, &entry->value);
	if (r < 0)
		return -1;
	skip_blanks(p);
	if (p->at < p->end && !strchr("\r\n;#", next(p)))
		return syntax(p, "expecting a separator");
	if (next(p) == ';')
		p->at++;
	return 0;
}

int conf_file_parse(const char *text, size_t len, const char *name, struct conf_file **ret_file)
{
	CLEANUP_CONF_FILE struct conf_file *file = calloc(1, sizeof *file);
	struct parser p = {.at = text, .end = text + len, .line = 1, .file = file};

	if (!file)
		return error_oom();
	file->name = strdup(name);
	if (!file->name)
		return error_oom();
	for (skip_lines(&p); p.at < p.end; skip_lines(&p))
		if (parse_entry(&p) < 0)
			return -1;
	*ret_file = steal(&file);
	return 0;
}

int conf_file_read(const char *path, struct conf_file **ret_file)
{
	CLEANUP_FREE char *text = NULL;
	size_t len;

	text = fd_read_file(path, CONF_FILE_MAX, &len);
	return text ? conf_file_parse(text, len, path, ret_file) : -1;
}

static void clear_value(struct conf_value *v)
{
	for (size_t i = 0; i < v->n_items; i++)
		free(v->items[i].text);
	free(v->items);
	free(v->text);
}

void conf_file_free(struct conf_file *file)
{
	if (!file)
		return;
	for (size_t i = 0; i < file->n_entries; i++) {
		free(file->entries[i].key);
		clear_value(&file->entries[i].value);
	}
	free(file->entries);
	free(file->name);
	free(file);
}

const struct conf_entry *conf_file_find(const struct conf_file *file, const char *key)
{
	for (size_t i = 0; i < file->n_entries; i++)
		if (!strcmp(file->entries[i].key, key))
			return &file->entries[i];
	return NULL;
}

int conf_file_error(const struct conf_file *file, int line, const char *fmt, ...)
{
	CLEANUP_BUF struct buf what = {0};
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = buf_vprintf(&what, fmt, ap);
	va_end(ap);
	if (r < 0)
		return -1;
	return error_set(FROM_CONF, ERR_CONF_SYNTAX, "%s:%d: %s", file->name, line,
					 (char *)buf_at(&what));
}

int conf_file_read_if_there(const char *directory, const char *name, struct conf_file **ret_file)
{
	CLEANUP_FREE char *path = NULL;

	if (*ret_file)
		return 0;
	if (asprintf(&path, "%s/%s", directory, name) < 0) {
		path = NULL;
		return error_oom();
	}
	if (conf_file_read(path, ret_file) == 0)
		return 0;
	if (error_last()->int1 != ENOENT && error_last()->int1 != ENOTDIR)
		return -1;
	error_reset();
	return 0;
}
