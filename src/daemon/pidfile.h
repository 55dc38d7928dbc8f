/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The file that says which process is the daemon; its lock keeps a second one away.
 */
#ifndef DAEMON_PIDFILE_H
#define DAEMON_PIDFILE_H

/* Makes the file, locks it and writes the process id. A descriptor that holds the lock, or -1 with
 * the error set: another process has it. */
int pidfile_take(const char *path);

/* Removes the file and gives up the lock. fd -1 is allowed. */
void pidfile_drop(const char *path, int fd);

#endif
