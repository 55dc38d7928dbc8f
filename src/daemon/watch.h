/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A descriptor in the loop, for as long as somebody wants to know that it is readable.
 */
#ifndef DAEMON_WATCH_H
#define DAEMON_WATCH_H

#include <uv.h>

struct stream_watch;

/* Calls ready(opaque) again and again while fd, which is borrowed, is readable. NULL with the error
 * set. */
struct stream_watch *watch_new(uv_loop_t *loop, int fd, void (*ready)(void *opaque), void *opaque);

/* It is not called any more; fd may be closed then. */
void watch_free(struct stream_watch *w);

#endif
