/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Running the host's own tools.
 */
#ifndef DRIVERS_STORAGE_COMMAND_H
#define DRIVERS_STORAGE_COMMAND_H

/* Runs a program of the path with these arguments (the first is its name, NULL ends them) and waits
 * for its end. No shell is involved, and its input is empty. 0, or -1 with the error set: what it
 * wrote to stderr. */
int command_run(const char *const *argv);

#endif
