/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Replaces the signs. Values come from the URI too, so what goes into a shell's command is checked.
 */
#include "config.h"
#include "transport/ssh-expand.h"

#include "base/account.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"

#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* The user's home as ssh has it: that of the account. */
static char *home_directory(void)
{
	char *home = account_user_home(geteuid());

	if (!home)
		error_set(FROM_RPC, ERR_SYSTEM_ERROR,
				  "ssh configuration: user %d has no home to find files in", (int)geteuid());
	return home;
}

static int put_number(struct buf *out, long number)
{
	return buf_printf(out, "%ld", number);
}

static int put_text(struct buf *out, char sign, const char *value)
{
	return value ? buf_puts(out, value)
				 : error_set(FROM_RPC, ERR_CONFIG_UNSUPPORTED,
							 "ssh configuration: %%%c is not known without ssh", sign);
}

static int put_host_name(struct buf *out, bool whole)
{
	char name[HOST_NAME_MAX + 1] = "";

	gethostname(name, sizeof name - 1);
	if (!whole)
		name[strcspn(name, ".")] = '\0';
	return buf_puts(out, name);
}

static int put_home(struct buf *out)
{
	CLEANUP_FREE char *home = home_directory();

	return home ? buf_puts(out, home) : -1;
}

static int put_own_name(struct buf *out)
{
	CLEANUP_FREE char *name = account_user_name(geteuid());

	return put_text(out, 'u', name);
}

/* The value of %sign. */
static int put_sign(struct buf *out, char sign, const struct ssh_tokens *t)
{
	switch (sign) {
	case '%':
		return buf_puts(out, "%");
	case 'h':
		return put_text(out, sign, t->host);
	case 'n':
		return put_text(out, sign, t->typed_host);
	case 'k':
		return put_text(out, sign, t->known_as);
	case 'r':
		return put_text(out, sign, t->user);
	case 'C':
		return put_text(out, sign, t->hash);
	case 'p':
		return put_number(out, t->port);
	case 'i':
		return put_number(out, (long)geteuid());
	case 'd':
		return put_home(out);
	case 'u':
		return put_own_name(out);
	case 'l':
		return put_host_name(out, true);
	case 'L':
		return put_host_name(out, false);
	default:
		return error_set(FROM_RPC, ERR_CONFIG_UNSUPPORTED,
						 "ssh configuration: %%%c in a file name or a command is not known here; "
						 "use +ssh instead of +libssh2",
						 sign ? sign : ' ');
	}
}

/* Replaces ${NAME} at *text and moves behind it. */
static int put_variable(struct buf *out, const char **text)
{
	size_t n = strcspn(*text + 2, "}");
	CLEANUP_FREE char *name = strndup(*text + 2, n);
	const char *value = name ? getenv(name) : NULL;

	if (!name)
		return error_oom();
	if ((*text)[n + 2] != '}' || !value)
		return error_set(FROM_RPC, ERR_CONFIG_UNSUPPORTED,
						 "ssh configuration: the variable '%s' is not set", name);
	*text += n + 2;
	return buf_puts(out, value);
}

char *ssh_expand_file(const char *text, const struct ssh_tokens *tokens)
{
	CLEANUP_BUF struct buf out = {0};

	if (*text == '~' && (text[1] == '/' || !text[1])) {
		if (put_home(&out) < 0)
			return NULL;
		text++;
	}
	for (; *text; text++) {
		int r;

		if (*text == '%')
			r = put_sign(&out, *++text, tokens);
		else if (text[0] == '$' && text[1] == '{')
			r = put_variable(&out, &text);
		else
			r = buf_add(&out, text, 1);
		if (r < 0)
			return NULL;
	}
	return buf_steal_text(&out);
}

/* Has the value only characters that are themselves to a shell? */
static bool is_plain(const char *value)
{
	for (; *value; value++)
		if (!isalnum((unsigned char)*value) && !strchr("._-~+:%@/", *value))
			return false;
	return true;
}

char *ssh_expand_command(const char *text, const struct ssh_tokens *tokens)
{
	CLEANUP_BUF struct buf out = {0};

	for (; *text; text++) {
		CLEANUP_BUF struct buf value = {0};

		if (*text != '%') {
			if (buf_add(&out, text, 1) < 0)
				return NULL;
			continue;
		}
		if (buf_puts(&value, "") < 0 || put_sign(&value, *++text, tokens) < 0)
			return NULL;
		if (!is_plain((char *)buf_at(&value))) {
			error_set(
				FROM_RPC, ERR_INVALID_ARG,
				"ssh configuration: ProxyCommand has %%%c, and '%s' may mean something else to "
				"a shell",
				*text, (char *)buf_at(&value));
			return NULL;
		}
		if (buf_puts(&out, (char *)buf_at(&value)) < 0)
			return NULL;
	}
	return buf_steal_text(&out);
}
