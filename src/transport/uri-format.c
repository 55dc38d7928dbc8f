/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Writes a URI back, and shows how one is read.
 */
#include "config.h"
#include "transport/uri.h"

static int put_uri(struct buf *out, const struct uri *uri)
{
	if (buf_printf(out, "%s://", uri->scheme) < 0)
		return -1;
	if (uri->raw_user && buf_printf(out, "%s@", uri->raw_user) < 0)
		return -1;
	if (uri->raw_host && buf_puts(out, uri->raw_host) < 0)
		return -1;
	if (uri->port && buf_printf(out, ":%d", uri->port) < 0)
		return -1;
	if (buf_puts(out, uri->raw_path) < 0)
		return -1;
	if (uri->query && buf_printf(out, "?%s", uri->query) < 0)
		return -1;
	return uri->fragment ? buf_printf(out, "#%s", uri->fragment) : 0;
}

char *uri_format(const struct uri *uri)
{
	CLEANUP_BUF struct buf out = {0};

	return put_uri(&out, uri) < 0 ? NULL : buf_steal_text(&out);
}

/* A value in a line of output: it must not make a line of its own. */
static int put_visible(struct buf *out, const char *text)
{
	for (; *text; text++) {
		bool control = (unsigned char)*text < ' ' || *text == 127;

		if ((control ? buf_printf(out, "%%%02X", *text) : buf_add(out, text, 1)) < 0)
			return -1;
	}
	return 0;
}

static int put_line(struct buf *out, const char *key, const char *value)
{
	if (!value)
		return 0;
	if (buf_printf(out, "%s=", key) < 0 || put_visible(out, value) < 0)
		return -1;
	return buf_puts(out, "\n");
}

static int put_param(struct buf *out, const struct uri_pair *p)
{
	if (buf_puts(out, "param=") < 0 || put_visible(out, p->name) < 0)
		return -1;
	return put_line(out, "", p->value);
}

static int put_parts(struct buf *out, const struct uri *uri)
{
	if (put_line(out, "scheme", uri->scheme) < 0 || put_line(out, "driver", uri->driver) < 0 ||
		put_line(out, "transport", uri->transport) < 0 || put_line(out, "user", uri->user) < 0 ||
		put_line(out, "server", uri->host) < 0)
		return -1;
	if (uri->port && buf_printf(out, "port=%d\n", uri->port) < 0)
		return -1;
	if (put_line(out, "path", *uri->path ? uri->path : NULL) < 0 ||
		put_line(out, "query", uri->query) < 0 || put_line(out, "fragment", uri->fragment) < 0)
		return -1;
	for (size_t i = 0; i < uri->n_params; i++)
		if (put_param(out, &uri->params[i]) < 0)
			return -1;
	return put_line(out, "name", uri->name);
}

int uri_describe(const char *text, struct buf *out)
{
	CLEANUP_URI struct uri *uri = NULL;
	CLEANUP_FREE char *back = NULL;

	if (uri_parse(text, &uri) < 0 || put_parts(out, uri) < 0)
		return -1;
	back = uri_format(uri);
	return back ? put_line(out, "out", back) : -1;
}
