/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Splits a command into words and puts values into them, one word at a time: no value can become a
 * word of its own, and no shell sees any.
 */
#include "config.h"
#include "transport/words.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"

#include <string.h>

enum { MAX_WORDS = 256 };

static const char blanks[] = " \t\r\n";

DEFINE_CLEANUP(words, char **, words_free)

void words_free(char **words)
{
	for (char **w = words; w && *w; w++)
		free(*w);
	free(words);
}

static int refuse(const char *what)
{
	return error_set(FROM_URI, ERR_INVALID_ARG, "the URI's command %s", what);
}

static int put_value(struct buf *word, char key, const struct word_values *v)
{
	const char *value;

	switch (key) {
	case '%':
		value = "%";
		break;
	case 'h':
		value = v->host;
		break;
	case 'p':
		value = v->port;
		break;
	case 'r':
		value = v->user;
		break;
	case 'n':
		value = v->given_host;
		break;
	case 's':
		value = v->socket;
		break;
	default:
		return refuse("has a % that is none of %h %p %r %n %s %%");
	}
	if (!value)
		return error_set(FROM_URI, ERR_INVALID_ARG,
						 "the URI's command asks for %%%c, which the URI lacks", key);
	return buf_puts(word, value);
}

/* The word with its values. */
static char *fill(const char *raw, const struct word_values *v)
{
	CLEANUP_BUF struct buf word = {0};

	for (; *raw; raw++)
		if ((*raw == '%' ? put_value(&word, *++raw, v) : buf_add(&word, raw, 1)) < 0)
			return NULL;
	return buf_steal_text(&word);
}

/* Takes the quotes and backslashes off the word at *text, up to its end. */
static int unquote(const char **text, struct buf *word)
{
	const char *c = *text;
	char quote = 0;

	for (; *c && (quote || !strchr(blanks, *c)); c++) {
		if (*c == quote) {
			quote = 0;
			continue;
		}
		if (!quote && (*c == '\'' || *c == '"')) {
			quote = *c;
			continue;
		}
		if (*c == '\\' && (!quote || (quote == '"' && c[1] && strchr("\"\\", c[1]))) && !*++c)
			return refuse("ends with a backslash");
		if (buf_add(word, c, 1) < 0)
			return -1;
	}
	*text = c;
	return quote ? refuse("has a quote that does not end") : 0;
}

static int add_word(char **words, size_t n, const char **text, const struct word_values *v)
{
	CLEANUP_BUF struct buf raw = {0};
	CLEANUP_FREE char *word = NULL;

	if (n == MAX_WORDS)
		return refuse("has too many words");
	if (unquote(text, &raw) < 0)
		return -1;
	word = buf_steal_text(&raw);
	if (!word)
		return -1;
	words[n] = fill(word, v);
	return words[n] ? 0 : -1;
}

int words_split(const char *text, const struct word_values *values, char ***ret_words)
{
	CLEANUP(cleanup_words) char **words = calloc(MAX_WORDS + 1, sizeof *words);

	if (!words)
		return error_oom();
	if (*text && !strpbrk(text, blanks)) {
		words[0] = strdup(text);
		if (!words[0])
			return error_oom();
		*ret_words = steal(&words);
		return 0;
	}
	for (size_t n = 0;; n++) {
		text += strspn(text, blanks);
		if (!*text)
			break;
		if (add_word(words, n, &text, values) < 0)
			return -1;
	}
	if (!words[0] || !*words[0])
		return refuse("names no program");
	*ret_words = steal(&words);
	return 0;
}
