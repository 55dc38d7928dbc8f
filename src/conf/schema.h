/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Documents against the RELAX NG schemas that libvirt publishes, with libxml2. It knows of no kind
 * of object: whose schema it is says the struct.
 */
#ifndef CONF_SCHEMA_H
#define CONF_SCHEMA_H

#include <libxml/relaxng.h>
#include <libxml/tree.h>
#include <pthread.h>

/* One schema of the process, to be made with SCHEMA(). It is parsed when it is first asked for and
 * kept; it may be used by several threads. */
struct schema {
	const char *const *files; /* where it may stand, the first that is there counts; then NULL */
	pthread_mutex_t lock;
	const char *file; /* where it was found */
	xmlRelaxNG *rules;
};

/* Where libvirt's schema of that name may stand. */
#define SCHEMA_FILES(name)                                                                         \
	{                                                                                              \
		PKGDATADIR "/schemas/" name, "/usr/share/libvirt/schemas/" name, NULL                      \
	}

#define SCHEMA(files_)                                                                             \
	{                                                                                              \
		.files = (files_), .lock = PTHREAD_MUTEX_INITIALIZER                                       \
	}

/* 0 if the document is as the schema says, or -1 with XML_INVALID_SCHEMA set (and what is wrong,
 * a line for each reason), or CONFIG_UNSUPPORTED if the schema is not on this host or the document
 * is too large for libxml2 to do it in a second. */
int schema_validate(struct schema *s, xmlDoc *doc);

/* Forgets what was parsed. */
void schema_clear(struct schema *s);

#endif
