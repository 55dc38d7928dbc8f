/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A command of several words, split as a shell would but with no shell: quotes and backslashes, no
 * variables, no patterns, no operators.
 */
#ifndef TRANSPORT_WORDS_H
#define TRANSPORT_WORDS_H

/* The values that %h %p %r %n %s stand for; NULL: the URI has none, and a command that asks for it
 * is refused. */
struct word_values {
	const char *host, *port, *user, *given_host, *socket;
};

/* Splits text into an array of words that ends with NULL, owned by the caller (words_free()).
 *
 * Text without a blank is one word, taken as it stands. Otherwise words end at blanks outside
 * quotes; '…' is literal; in "…" a backslash keeps a following " or \ from meaning anything;
 * elsewhere it does so for any character. Then, in each word, quoted or not, %h %p %r %n %s become
 * the values, whatever these hold, and %% becomes %. -1 with ERR_INVALID_ARG for a quote that does
 * not end, no word, or an unknown %. */
int words_split(const char *text, const struct word_values *values, char ***ret_words);

void words_free(char **words);

#endif
