/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A poll handle that frees itself once the loop has let it go.
 */
#include "config.h"
#include "daemon/watch.h"

#include "base/error.h"

#include <stdlib.h>

struct stream_watch {
	uv_poll_t poll;
	void (*ready)(void *opaque);
	void *opaque;
};

static void polled(uv_poll_t *poll, int status, int events)
{
	struct stream_watch *w = (struct stream_watch *)poll;

	/* what went wrong is found by whoever reads */
	(void)status, (void)events;
	w->ready(w->opaque);
}

struct stream_watch *watch_new(uv_loop_t *loop, int fd, void (*ready)(void *opaque), void *opaque)
{
	struct stream_watch *w = malloc(sizeof *w);
	int r;

	if (!w) {
		error_oom();
		return NULL;
	}
	r = uv_poll_init(loop, &w->poll, fd);
	if (r < 0) {
		free(w);
		error_set(FROM_STREAMS, ERR_SYSTEM_ERROR, "cannot wait for a stream: %s", uv_strerror(r));
		return NULL;
	}
	w->ready = ready;
	w->opaque = opaque;
	uv_poll_start(&w->poll, UV_READABLE, polled);
	return w;
}

static void closed(uv_handle_t *handle)
{
	free(handle);
}

void watch_free(struct stream_watch *w)
{
	uv_close((uv_handle_t *)&w->poll, closed);
}
