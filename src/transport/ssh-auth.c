/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One table of the ways to log in over ssh, with the words that people write for them.
 */
#include "config.h"
#include "transport/ssh-auth.h"

#include "base/error.h"

#include <stdbool.h>
#include <string.h>

struct word {
	const char *text;
	enum ssh_auth way;
};

/* The first of each is the one that libvirt's documentation has; the others are what people write.
 */
static const struct word uri_words[] = {
	{"agent", SSH_AUTH_AGENT},
	{"ssh-agent", SSH_AUTH_AGENT},
	{"privkey", SSH_AUTH_PRIVKEY},
	{"ssh-privkey", SSH_AUTH_PRIVKEY},
	{"publickey", SSH_AUTH_PRIVKEY},
	{"pubkey", SSH_AUTH_PRIVKEY},
	{"ssh-key", SSH_AUTH_PRIVKEY},
	{"key", SSH_AUTH_PRIVKEY},
	{"keyboard-interactive", SSH_AUTH_INTERACTIVE},
	{"keyboard_interactive", SSH_AUTH_INTERACTIVE},
	{"kbdinteractive", SSH_AUTH_INTERACTIVE},
	{"kbdint", SSH_AUTH_INTERACTIVE},
	{"password", SSH_AUTH_PASSWORD},
	{"ssh-password", SSH_AUTH_PASSWORD},
	{NULL, SSH_N_AUTH},
};

/* What ssh calls them: the agent's keys go before those in files. */
static const struct word ssh_words[] = {
	{"publickey", SSH_AUTH_AGENT},
	{"publickey", SSH_AUTH_PRIVKEY},
	{"keyboard-interactive", SSH_AUTH_INTERACTIVE},
	{"password", SSH_AUTH_PASSWORD},
	{NULL, SSH_N_AUTH},
};

int ssh_auth_has(const struct ssh_auth_list *list, enum ssh_auth way)
{
	for (int i = 0; i < list->n; i++)
		if (list->way[i] == way)
			return 1;
	return 0;
}

void ssh_auth_drop(struct ssh_auth_list *list, enum ssh_auth way)
{
	int kept = 0;

	for (int i = 0; i < list->n; i++)
		if (list->way[i] != way)
			list->way[kept++] = list->way[i];
	list->n = kept;
}

static void add(struct ssh_auth_list *list, enum ssh_auth way)
{
	if (!ssh_auth_has(list, way))
		list->way[list->n++] = way;
}

/* Adds every way that the word of n bytes stands for. False if there is none. */
static bool add_word(struct ssh_auth_list *list, const struct word *words, const char *text,
					 size_t n)
{
	bool found = false;

	for (const struct word *w = words; w->text; w++)
		if (strlen(w->text) == n && !strncasecmp(w->text, text, n)) {
			add(list, w->way);
			found = true;
		}
	return found;
}

int ssh_auth_from_uri(const char *text, struct ssh_auth_list *ret)
{
	struct ssh_auth_list list = {0};
	size_t n;

	for (; *text; text += n + (text[n] != '\0')) {
		n = strcspn(text, ",");
		if (!add_word(&list, uri_words, text, n))
			return error_set(
				FROM_URI, ERR_INVALID_ARG,
				"sshauth in the URI has '%.*s', which is none of agent, privkey, password, "
				"keyboard-interactive",
				(int)n, text);
	}
	*ret = list;
	return 0;
}

void ssh_auth_from_ssh(const char *text, struct ssh_auth_list *ret)
{
	struct ssh_auth_list list = {0};
	size_t n;

	for (; *text; text += n + (text[n] != '\0')) {
		n = strcspn(text, ",");
		add_word(&list, ssh_words, text, n);
	}
	*ret = list;
}

int ssh_auth_to_ssh(const struct ssh_auth_list *list, struct buf *out)
{
	const char *last = NULL;

	for (int i = 0; i < list->n; i++) {
		const struct word *w = ssh_words;

		while (w->way != list->way[i])
			w++;
		if (last && !strcmp(last, w->text))
			continue;
		if (buf_printf(out, "%s%s", last ? "," : "", w->text) < 0)
			return -1;
		last = w->text;
	}
	return 0;
}
