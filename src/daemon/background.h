/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Into the background, in two steps: who started the daemon waits until it serves.
 */
#ifndef DAEMON_BACKGROUND_H
#define DAEMON_BACKGROUND_H

/* Before there are threads. Returns in the background process: a descriptor for background_ready(),
 * or -1 with the error set. The process before waits and ends with 0 when the daemon is ready, else
 * with 1. */
int background_enter(void);

/* Lets the first process end, and leaves its terminal and directory. fd -1: nothing to do. */
void background_ready(int fd);

#endif
