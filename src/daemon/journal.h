/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * journald as an output of the log. Its library is the daemon's alone: a client need not load it.
 */
#ifndef DAEMON_JOURNAL_H
#define DAEMON_JOURNAL_H

#include "base/log.h"

/* 0, or -1 with the error set if this host has no journal. */
int journal_check(void);

/* log_output.write; program is the identifier. */
void journal_write(enum log_level level, const char *program, const char *file, const char *text);

#endif
