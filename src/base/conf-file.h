/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The grammar of the configuration files that daemon and clients share with libvirt's:
 *     key = "text"    # or 'text', or """text of
 *                     # several lines"""; no escapes in any
 *     key = -5
 *     key = [ "one", 2, ]
 * A line or a ';' ends an entry. What keys mean is the caller's to know.
 */
#ifndef BASE_CONF_FILE_H
#define BASE_CONF_FILE_H

#include "base/cleanup.h"

#include <stddef.h>

#define CONF_FILE_MAX (1 << 20) /* bytes of a file that is read */

enum conf_type { CONF_INT, CONF_STRING, CONF_LIST };

struct conf_value {
	enum conf_type type;
	long long number;         /* CONF_INT */
	char *text;               /* CONF_STRING */
	struct conf_value *items; /* CONF_LIST: texts and numbers */
	size_t n_items;
};

struct conf_entry {
	char *key;
	int line;
	struct conf_value value;
};

struct conf_file {
	char *name; /* for errors: the path */
	struct conf_entry *entries;
	size_t n_entries;
};

/* Reads text of len bytes; name is for errors, which say "NAME:LINE: what" (ERR_CONF_SYNTAX). */
int conf_file_parse(const char *text, size_t len, const char *name, struct conf_file **ret_file);

/* Reads a file. One that cannot be read is ERR_SYSTEM_ERROR with errno in the error's int1. */
int conf_file_read(const char *path, struct conf_file **ret_file);

/* Reads directory/name unless *ret_file is there already; a file that does not exist is no error
 * and leaves it NULL. */
int conf_file_read_if_there(const char *directory, const char *name, struct conf_file **ret_file);

void conf_file_free(struct conf_file *file);
DEFINE_CLEANUP(conf_file, struct conf_file *, conf_file_free)
#define CLEANUP_CONF_FILE CLEANUP(cleanup_conf_file)

/* The entry of that key, the first where there are several; NULL if there is none. */
const struct conf_entry *conf_file_find(const struct conf_file *file, const char *key);

/* Sets ERR_CONF_SYNTAX "NAME:LINE: what". Returns -1. */
int conf_file_error(const struct conf_file *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
