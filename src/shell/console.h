/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A guest's console at the terminal.
 */
#ifndef SHELL_CONSOLE_H
#define SHELL_CONSOLE_H

#include "args.h"

/* Connects the terminal with a domain's console (device NULL: the first one), until the escape
 * character is typed or one of the two ends. flags: RVIRT_DOMAIN_CONSOLE_… resume: starts the
 * paused guest once the console is there. 0, or -1 with the error reported. */
int console_run(struct shell *sh, const struct rvirt_wire_domain *dom, const char *device,
				unsigned flags, bool resume);

/* For commands that start a guest and have the options --console and --paused. The flags to start
 * it with: a guest whose console is asked for waits until that is there, so that no line is missed.
 * Then, when it has been started: connects, if that was asked for. 0, or -1 with the error
 * reported.
 */
unsigned console_start_flags(const struct invocation *in);
int console_after_start(struct shell *sh, const struct invocation *in,
						const struct rvirt_wire_domain *dom);

#endif
