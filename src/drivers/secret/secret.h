/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The secrets of this host: a document each, and a value that is kept beside it, in files that
 * nobody else reads, unless the document says that it is ephemeral. One lock, the hub's, guards
 * all; it is held while a file is written, for secrets change seldom.
 */
#ifndef DRIVERS_SECRET_SECRET_H
#define DRIVERS_SECRET_SECRET_H

#include "base/error.h"
#include "conf/secret.h"
#include "drivers/driver.h"
#include "drivers/hub.h"

#include <stdbool.h>

extern const struct driver secret_driver;

enum { SECRETS_MAX = 16384, SECRET_VALUE_MAX = 65536 };

struct secret {
	struct secret *next;
	unsigned char uuid[UUID_LEN];
	struct def *def;
	unsigned char *value; /* or NULL */
	size_t value_len;
};

struct secrets {
	struct hub hub;
	struct secret *list;
	char *dir; /* of both files; NULL: nothing is kept */
};

/* Locks the secrets of a connection for the caller's scope; what has happened is told afterwards.
 */
struct secrets *secrets_lock(struct driver_conn *conn);
void secrets_unlock(struct secrets **s);
#define SECRETS_LOCKED(name, conn)                                                                 \
	__attribute__((cleanup(secrets_unlock))) struct secrets *name = secrets_lock(conn)

bool secret_is(const struct secret *s, const char *flag); /* "ephemeral", "private" */
/* What it is for: the number of its type, and the name, "" if there is none. */
int secret_usage(const struct def *def, const char **ret_id);

void secret_free(struct secret *s);

/* -- store.c: what is kept on disk; 0, or -1 with the error set -- */

int secret_save_def(const struct secrets *all, const struct secret *s);
int secret_save_value(const struct secrets *all, const struct secret *s);
/* Removes both. */
int secret_forget(const struct secrets *all, const struct secret *s);
/* Reads all; what can't be read is logged and passed over. */
void secrets_load(struct secrets *all);

#endif
