/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The daemon's configuration: config.def as a struct, and reading a file into it.
 */
#ifndef DAEMON_DAEMON_CONFIG_H
#define DAEMON_DAEMON_CONFIG_H

#include <stdbool.h>

/* A FLAG or NUMBER is an int, a TEXT may be NULL, a LIST is NULL-terminated, or NULL where it is
 * not set. */
struct config {
#define CONFIG_SECTION(title)
#define CONFIG_FLAG(key, ...) int key;
#define CONFIG_NUMBER(key, ...) int key;
#define CONFIG_TEXT(key, ...) char *key;
#define CONFIG_LIST(key, ...) char **key;
#include "daemon/config.def"
#undef CONFIG_SECTION
#undef CONFIG_FLAG
#undef CONFIG_NUMBER
#undef CONFIG_TEXT
#undef CONFIG_LIST
};

/* The defaults, changed by the file at path. path NULL: the first of SYSCONFDIR/rvirt/rvirtd.conf
 * and SYSCONFDIR/libvirt/libvirtd.conf that exists, or none. Warns once of keys that are set and
 * have no effect. 0, or -1 with the error set: "FILE:LINE: what". */
int config_read(const char *path, struct config *ret);
void config_clear(struct config *config);

/* Takes what can change in a running daemon from fresh. */
void config_reload(struct config *config, struct config *fresh);

#endif
