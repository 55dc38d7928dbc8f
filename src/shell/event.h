/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Waiting for events of a host and printing them, as the commands net-event and its like do.
 */
#ifndef SHELL_EVENT_H
#define SHELL_EVENT_H

#include "args.h"
#include "strings.h"

/* A type of event: text is what follows the object's name, made of the event's message. */
struct event_type {
	const char *name; /* NULL ends the list */
	enum rvirt_proc proc;
	/* the object's name (a text of the message or in buf), and in *ret_text the rest of the line,
	 * freed by the caller; that of a domain's event begins with what parts it from the name */
	const char *(*describe)(const void *msg, char buf[37], char **ret_text);
	enum rvirt_proc old; /* the event of hosts from before callback ids, which is described alike */
	size_t offset;       /* of what describe() is given in the event of the others */
};

/* What a command can wait for. Its events are numbered as the types stand. */
struct event_class {
	const char *noun; /* "network" */
	const struct event_type *types;
	enum rvirt_proc begin, end; /* CONNECT_…_EVENT_(DE)REGISTER_ANY */
	bool is_domain;             /* lines are virsh's of domains: the name in quotes */
};

/* Checks the options, and does what --list asks for: 1 if events are to be waited for, 0 when all
 * is done, -1 with the error reported. */
int event_prepare(struct shell *sh, const struct invocation *in, const struct event_class *c);

/* Waits for --event with --loop, --timeout and --timestamp; only of the object that a call names by
 * handle, if it is given. */
int event_run(struct shell *sh, const struct invocation *in, const struct event_class *c,
			  void *handle);

/* Waits until *count, which the event handler of the connection counts, is more than 0, with loop
 * until the time is over (0: none) or a key ends it. How it ended: a line to print, "" for an
 * event; NULL with the library's error set. */
const char *event_wait(struct shell *sh, bool loop, const int *count, int timeout_ms);

/* The time now, before a line of an event. */
void event_print_time(struct shell *sh);

/* Completes the names of the types of a NULL-terminated list. */
void event_complete(const struct event_type *types, struct strings *to);

/* The rows of all such commands: --event, and how to wait. */
#define ARG_EVENT(complete_)                                                                       \
	{                                                                                              \
		"event", ARG_STRING, "type of event to wait for", 0, complete_                             \
	}
#define ARGS_EVENT_WAIT                                                                            \
	{"loop", ARG_BOOL, "wait for more than one event"},                                            \
		{"timeout", ARG_INT, "seconds after which to give up"},                                    \
		{"list", ARG_BOOL, "list the types of events"},                                            \
	{                                                                                              \
		"timestamp", ARG_BOOL, "print when each event came"                                        \
	}
#define ARGS_EVENT(complete_) ARG_EVENT(complete_), ARGS_EVENT_WAIT

#endif
