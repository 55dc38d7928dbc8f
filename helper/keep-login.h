/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The keeper of a login by libssh2.
 */
#ifndef HELPER_KEEP_LOGIN_H
#define HELPER_KEEP_LOGIN_H

#include "transport/uri.h"

/* Logs in where uri leads, asking by stdin and stdout as transport/keep.h has it, listens at path,
 * and goes to the background, where it serves until nobody has used it for share_idle seconds. The
 * exit status. */
int keep_login(const struct uri *uri, const char *path, long long deadline_ms);

#endif
