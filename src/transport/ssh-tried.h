/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What ssh tried in order to log in.
 */
#ifndef TRANSPORT_SSH_TRIED_H
#define TRANSPORT_SSH_TRIED_H

#include "transport/uri.h"

/* Puts behind the thread's error as whom, and with which keys, ssh has tried to log in: it says
 * nothing of that itself. */
void ssh_tried_explain(const struct uri *uri);

#endif
