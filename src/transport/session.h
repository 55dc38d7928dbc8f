/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The daemon of this user's session, started by whoever wants it.
 */
#ifndef TRANSPORT_SESSION_H
#define TRANSPORT_SESSION_H

#include <stdbool.h>

/* Whether the user lets clients start it: LIBVIRT_AUTOSTART=0 says no. */
bool session_may_start(void);

/* Starts it in the background; it ends when nobody has used it for two minutes and no machine of it
 * runs. 0 when it listens; -1 with the error set, which is also what happens where another client
 * was quicker: connecting shows. */
int session_start(long long deadline_ms);

#endif
