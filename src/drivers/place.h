/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where drivers keep what they keep, and how it is written: a file is written whole under another
 * name, and put in place when it is on the disk, so that whatever happens it is the old one or the
 * new one. Errors are of the domain that the caller gives.
 */
#ifndef DRIVERS_PLACE_H
#define DRIVERS_PLACE_H

#include "base/error.h"

enum place {
	PLACE_CONFIG, /* definitions: NAME below state_dir */
	PLACE_RUN,    /* what a start of the host ends: run/NAME */
	PLACE_LIB,    /* data that stays: lib/NAME */
	PLACE_LOG,    /* log/NAME */
	PLACE_CACHE,  /* what can be found out again: cache/NAME */
};

/* The folder of a driver of that name, which need not be there; owned by the caller. state_dir
 * NULL: the host's folders (/etc/rvirt/NAME …) for root, else the user's. NULL with NO_MEMORY. */
char *place_path(const char *state_dir, enum place place, const char *name);

/* Makes a folder, mode 0700, and those above, if they are missing. 0, or -1 with the error set. */
int place_make(enum error_domain domain, const char *path);

/* Puts text in place of a file's contents, mode 0600. 0, or -1 with the error set and the file as
 * it was. */
int place_write(enum error_domain domain, const char *path, const char *text);

/* The same of what may be gone after a start of the host: nothing is flushed to the disk. */
int place_write_volatile(enum error_domain domain, const char *path, const char *text);

/* Has what changed in the folder of that file reach the disk. 0, or -1 with the error set. */
int place_sync(enum error_domain domain, const char *path);

#endif
