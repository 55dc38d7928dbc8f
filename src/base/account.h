/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Names and homes of users and groups, safe with threads.
 */
#ifndef BASE_ACCOUNT_H
#define BASE_ACCOUNT_H

#include <sys/types.h>

/* Each gives a text owned by the caller, or NULL if there is no such account or no memory; no error
 * is set: the caller has another way, or says what it lacks. */
char *account_user_name(uid_t uid);
char *account_user_home(uid_t uid);
char *account_group_name(gid_t gid);

/* What is called name ("": itself) in the folder of this user that an environment variable names,
 * or else in the one called in_home in the home, as the XDG Base Directory Specification has it.
 * Owned by the caller; NULL with NO_MEMORY. */
char *account_path(const char *variable, const char *in_home, const char *name);

/* Where this user's configuration is, and where the sockets of this user's own daemons are. */
char *account_config_home(void);
char *account_socket_dir(void);

#endif
