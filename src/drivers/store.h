/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Definitions that survive the daemon: a file for each definition and for each object that is
 * active, and a link for each that starts by itself. Functions that can fail return 0, or -1 with
 * an error of the kind's domain set.
 */
#ifndef DRIVERS_STORE_H
#define DRIVERS_STORE_H

#include "conf/def.h"

struct store {
	const struct def_kind *kind;
	char *config_dir, *run_dir; /* owned */
};

/* The folders of a driver (place.h). */
int store_init(struct store *s, const char *state_dir, const char *driver,
			   const struct def_kind *kind);
void store_clear(struct store *s);

/* Keeps a definition; keeps what is active (def NULL: it is not any more); keeps that it starts by
 * itself. */
int store_save(const struct store *s, const struct def *def);
int store_save_active(const struct store *s, const char *name, const struct def *def);
int store_save_autostart(const struct store *s, const char *name, bool autostart);

/* Removes what is kept of a definition. */
void store_forget(const struct store *s, const char *name);

bool store_autostarts(const struct store *s, const char *name);

/* Calls each() with the definitions that are kept, or with what is active; it may take *def over.
 * What can't be read is logged and passed over. */
typedef void store_each_fn(void *opaque, struct def **def);
int store_each(const struct store *s, bool active, store_each_fn *each, void *opaque);

#endif
