/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Connections to one destination share one login, across processes: a keeper holds it and listens
 * on a socket in a directory of the user's own. Here is what every kind of keeper needs: what the
 * user wants, where its socket is, and that only one process at a time logs in.
 */
#ifndef TRANSPORT_SHARE_H
#define TRANSPORT_SHARE_H

#include "base/cleanup.h"
#include "transport/uri.h"

#include <stdbool.h>

enum share_mode {
	SHARE_NO,   /* a login for each connection */
	SHARE_AUTO, /* one login, unless anything is in the way of that */
	SHARE_ONLY, /* what is in the way is an error */
};

struct share_settings {
	enum share_mode mode;
	int idle_s; /* a keeper that nobody uses ends after so long */
};

/* Reads share and share_idle of the URI, else of the client's configuration file, else auto and 60.
 * -1 with the error set for what is wrong there. */
int share_settings_read(const struct uri *uri, struct share_settings *ret);

/* The mode that text names; -1 if none. */
int share_mode_parse(const char *text, enum share_mode *ret);

/* The user's directory for sockets, made if it is not there: rvirt in $XDG_RUNTIME_DIR, else in
 * /run/user/UID, ~/.cache or, as rvirt-UID, /tmp, whichever is the first that can hold a socket's
 * path. It belongs to this user alone; where the first is not so, there is none: NULL, without the
 * error set, and the log says why. Owned by the caller. */
char *share_directory(void);

enum { SHARE_NAME_LEN = 24 };

/* The name of the socket in that directory for a destination that these texts tell from every
 * other; kind is its first letters, at most 4. */
struct share_name {
	char text[SHARE_NAME_LEN + 1];
};

struct share_hash;
struct share_hash *share_hash_new(const char *kind);
void share_hash_text(struct share_hash *h, const char *text);
/* What file is at path: another one, or a changed one, makes another name. */
void share_hash_file(struct share_hash *h, const char *path);
/* Releases h. */
struct share_name share_hash_end(struct share_hash *h);

/* Connects to the keeper's socket at path, non-blocking: the descriptor; -1 if nobody listens there
 * (SHARE_NOBODY) or the socket or who listens is not this user's (SHARE_FOREIGN). No error is set.
 */
enum { SHARE_NOBODY = -1, SHARE_FOREIGN = -2 };
int share_connect(const char *path);

/* The right to log in and then keep: one process at a time has it for a name. */
struct share_lock {
	char *path;
	int fd;
};
#define SHARE_LOCK_INIT                                                                            \
	{                                                                                              \
		NULL, -1                                                                                   \
	}

/* 0 if got, 1 if another process has it, -1 if there is no such thing to be had. */
int share_lock_try(struct share_lock *lock, const char *directory, const struct share_name *name);
void share_lock_release(struct share_lock *lock);
#define CLEANUP_SHARE_LOCK CLEANUP(share_lock_release)

/* Waits a little, some longer than others: for what another process is doing. */
void share_pause(void);

/* Removes sockets from the directory on which nobody listens any more. */
void share_sweep(const char *directory);

#endif
