/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Ctrl-C, for commands that wait for long and have something to put in order when they are stopped.
 */
#ifndef SHELL_INTERRUPT_H
#define SHELL_INTERRUPT_H

#include <signal.h>
#include <stdbool.h>

/* What signals did before. */
struct interrupt {
	struct sigaction old[2];
};

/* From here on SIGINT and SIGTERM end no program; whether one came is asked by interrupt_came(). */
void interrupt_begin(struct interrupt *i);
bool interrupt_came(void);

/* Signals do again what they did before interrupt_begin(). */
void interrupt_end(const struct interrupt *i);

#endif
