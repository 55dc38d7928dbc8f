/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The stages of reaching a daemon, one of which every failure names: docs/errors.md has them.
 */
#ifndef TRANSPORT_STAGE_H
#define TRANSPORT_STAGE_H

/* Puts "stage: " in front of the thread's error, unless it names a stage already or is about what
 * was asked for (a wrong URI) rather than about what happened. Returns -1. */
int stage_put(const char *stage);

#endif
