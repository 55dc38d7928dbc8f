/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A stream out of memory.
 */
#include "config.h"
#include "drivers/stream.h"

#include "base/error.h"

#include <string.h>

struct memory {
	struct driver_stream head;
	const char *at;
	size_t left;
};

static ssize_t memory_read(struct driver_stream *s, void *data, size_t n, int64_t *ret_hole)
{
	struct memory *m = (struct memory *)s;

	(void)ret_hole;
	if (n > m->left)
		n = m->left;
	memcpy(data, m->at, n);
	m->at += n;
	m->left -= n;
	return (ssize_t)n;
}

static void memory_close(struct driver_stream *s)
{
	free(s);
}

struct driver_stream *driver_stream_from_memory(const void *data, size_t n)
{
	static const struct driver_stream_ops ops = {.read = memory_read, .close = memory_close};
	struct memory *m = malloc(sizeof *m);

	if (!m) {
		error_oom();
		return NULL;
	}
	*m = (struct memory){.head = {.ops = &ops}, .at = data, .left = n};
	return &m->head;
}
