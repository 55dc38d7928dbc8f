/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tells how a program ended. Knows nothing of how it was started or where it ran.
 */
#include "config.h"
#include "transport/ending.h"

#include "base/cleanup.h"
#include "base/error.h"

#include <string.h>

enum { SAID_MAX = 4096 };

void ending_hear(struct ending *e, const void *data, size_t n)
{
	if (buf_add(&e->said, data, n) == 0 && buf_len(&e->said) > SAID_MAX)
		buf_consume(&e->said, buf_len(&e->said) - SAID_MAX);
}

bool ending_is_failure(const struct ending *e)
{
	return e->known && (e->signal[0] || e->status != 0);
}

/* Is the '@' there a part of the frame that ssh draws around its warnings? */
static bool in_frame(const unsigned char *said, size_t i, size_t len)
{
	return (i > 0 && said[i - 1] == '@') || (i + 1 < len && said[i + 1] == '@');
}

/* What was said, as a line; owned by the caller. */
static char *said_line(const struct ending *e)
{
	CLEANUP_BUF struct buf line = {0};
	const unsigned char *at = buf_at(&e->said);
	bool gap = false;

	for (size_t i = 0; i < buf_len(&e->said); i++) {
		unsigned char c = at[i];

		if (c == '\n' || c == '\r') {
			gap = buf_len(&line) > 0;
			continue;
		}
		if (c == '@' && in_frame(at, i, buf_len(&e->said)))
			continue;
		if (gap && buf_puts(&line, "; ") < 0)
			return NULL;
		gap = false;
		if (c < ' ' || c == 127)
			c = '?';
		if (buf_add(&line, &c, 1) < 0)
			return NULL;
	}
	return buf_steal_text(&line);
}

static const char *advice(const struct ending *e, const char *said)
{
	if (!e->causes || !ending_is_failure(e) || e->signal[0])
		return NULL;
	for (const struct process_cause *c = e->causes; c->advice; c++)
		if ((c->status < 0 || c->status == e->status) && (!c->words || strstr(said, c->words)))
			return c->advice;
	return NULL;
}

static int put_end(const struct ending *e, const char *how, struct buf *text)
{
	if (!e->known)
		return buf_printf(text, "%s ended", how);
	if (e->signal[0])
		return buf_printf(text, "%s was ended by signal %s", how, e->signal);
	return buf_printf(text, "%s ended with exit status %d", how, e->status);
}

/* What is known, in one line; owned by the caller. NULL: nothing. */
static char *story(const struct ending *e, const char *how, bool ended)
{
	CLEANUP_FREE char *said = said_line(e);
	CLEANUP_BUF struct buf text = {0};
	const char *what_to_do = said ? advice(e, said) : NULL;

	if (!said || (!ended && !*said))
		return NULL;
	if (what_to_do) {
		const char *stage_end = strstr(what_to_do, ": ");

		if (buf_printf(&text, "%.*s: ", (int)(stage_end - what_to_do), what_to_do) < 0)
			return NULL;
		what_to_do = stage_end + 2;
	}
	if ((ended ? put_end(e, how, &text) : buf_printf(&text, "%s says", how)) < 0)
		return NULL;
	if (*said && buf_printf(&text, ": %s", said) < 0)
		return NULL;
	if (what_to_do && buf_printf(&text, "; %s", what_to_do) < 0)
		return NULL;
	return buf_steal_text(&text);
}

bool ending_explain(const struct ending *e, const char *how, bool ended)
{
	CLEANUP_FREE char *text = story(e, how, ended);
	bool failed = ending_is_failure(e);
	struct error error;

	if (text && !failed)
		error_suffix("%s", text);
	if (text && failed) {
		error_take(&error);
		free(error.message);
		error.message = steal(&text);
		error_give(&error);
	}
	return failed;
}

void ending_clear(struct ending *e)
{
	buf_clear(&e->said);
}
