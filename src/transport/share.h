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

/* Removes sockets from the directory on which nobody listens any more. */
void share_sweep(const char *directory);

/* The search for a keeper, in share-find.c. */
struct share_search {
	const struct share_settings *settings;
	const char *how;       /* the host is reached, for messages */
	long long deadline_ms; /* as transport_open() has it */
	struct share_name name;
	char *directory, *socket; /* set by share_find(), released by share_search_clear() */

	/* Is there a keeper at the socket that answers? 0, SHARE_NOBODY or SHARE_FOREIGN. */
	int (*look)(struct share_search *s);
	/* Logs in, and leaves a keeper that listens at path. 0; 1 if there is to be none, and
	 * share_refrain() was told why; -1 with the error set. */
	int (*start)(struct share_search *s, const char *path);
};

/* 0 if there is a keeper at s->socket, which look() has seen or start() has started; 1 if not: the
 * connection is not to be shared; -1 with the error set. One process starts it, others wait. */
int share_find(struct share_search *s);
void share_search_clear(struct share_search *s);

/* Not shared, for a reason: 1, or with SHARE_ONLY -1 with an error. */
int share_refrain(const struct share_search *s, const char *why);

/* The earlier of the deadline and ms from now. */
long long share_deadline(const struct share_search *s, int ms);

#endif
