/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which events of a monitor a client wants: by name, or by a pattern of names.
 */
#ifndef DAEMON_EVENT_FILTER_H
#define DAEMON_EVENT_FILTER_H

#include <stdbool.h>

struct event_filter;

/* name NULL: all; regex: it is an extended regular expression, which may fit anywhere in a name.
 * NULL with the error set. */
struct event_filter *event_filter_new(const char *name, bool regex, bool no_case);
void event_filter_free(struct event_filter *f); /* NULL is allowed */

bool event_filter_fits(const struct event_filter *f, const char *name);

#endif
