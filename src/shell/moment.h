/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the commands on snapshots and on checkpoints share: both are moments of a domain, kept in
 * trees. The protocol has the same shapes for both under two names; those of snapshots are used.
 */
#ifndef SHELL_MOMENT_H
#define SHELL_MOMENT_H

#include "domain.h"

#include <libxml/tree.h>
#include <stdio.h>

struct moment_kind {
	const char *word;   /* "snapshot" */
	const char *option; /* "snapshotname" */
	const char *root;   /* "domainsnapshot" */
	const char *spec;   /* the attribute of a disk that says what is done with it */
	enum rvirt_proc lookup, create, xml, parent, delete, list, list_children;
	unsigned secure, redefine, descendants; /* flags; the first two of xml and create */
};

/* The kind of a command, by its name. */
const struct moment_kind *moment_kind_of(const struct invocation *in);

bool moment_is_snapshot(const struct moment_kind *kind);

/* --current of the commands on snapshots. */
#define ARG_CURRENT                                                                                \
	{                                                                                              \
		"current", ARG_BOOL, "the current snapshot"                                                \
	}

/* A moment and what its document says of it. */
struct moment {
	struct rvirt_wire_domain_snapshot it;
	xmlDoc *doc;
	char *name, *parent, *state;
	long long created; /* seconds since 1970; -1: not said */
};
void moment_clear(struct moment *m);
#define CLEANUP_MOMENT CLEANUP(moment_clear)
void moment_clear_wire(struct rvirt_wire_domain_snapshot *it);

/* Finds a moment by name. 0 with ret->it filled in, or -1 with the error reported. */
int moment_lookup(struct shell *sh, const struct moment_kind *kind,
				  const struct rvirt_wire_domain *dom, const char *name, struct moment *ret);

/* The moment that a line means: by its option, or with --current the current snapshot. */
int moment_find(struct shell *sh, const struct invocation *in, const char *option,
				const struct rvirt_wire_domain *dom, struct moment *ret);

/* A moment's document, owned by the caller; NULL with the library's error set. */
char *moment_xml(struct shell *sh, const struct moment_kind *kind, const struct moment *m,
				 unsigned flags);

/* The same in two steps, so that many can be under way: asks, and waits for the document, from
 * which it fills in what is shown of a moment. 0, or -1 with the error reported. */
struct rvirt_call *moment_send_xml(struct shell *sh, const struct moment_kind *kind,
								   const struct moment *m, unsigned flags);
int moment_wait_details(struct shell *sh, struct rvirt_call *call, struct moment *m);

/* Makes one. 0 with ret->it filled in, or -1 with the library's error set. */
int moment_create(struct shell *sh, const struct moment_kind *kind,
				  const struct rvirt_wire_domain *dom, const char *xml, unsigned flags,
				  struct moment *ret);

/* A call about one, without an answer. 0, or -1 with the library's error set. */
int moment_call(struct shell *sh, enum rvirt_proc proc, const struct moment *m, unsigned flags);

/* Adds <name> and <description> of a line to a document that begins. */
void moment_put_name(FILE *to, const struct invocation *in);

#endif
