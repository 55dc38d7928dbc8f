/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Objects other than domains as command lines name them: networks, their ports, interfaces,
 * devices, secrets, filters and their bindings. A kind is a row; what commands do to one alike is
 * here.
 */
#ifndef SHELL_OBJECT_H
#define SHELL_OBJECT_H

#include "args.h"
#include "strings.h"

#include "base/cleanup.h"

enum object_type {
	OBJECT_NETWORK,
	OBJECT_INTERFACE,
	OBJECT_DEVICE,
	OBJECT_SECRET,
	OBJECT_NWFILTER,
	OBJECT_BINDING,
};

enum object_by {
	OBJECT_BY_UUID = 1,
	OBJECT_BY_NAME = 2,
	OBJECT_BY_MAC = 4,
	OBJECT_BY_WWN = 8,
	OBJECT_BY_ANY = 15
};

/* An object as calls name it, with room for the flags that follow in many calls' arguments. */
struct object {
	enum object_type type;
	const char *label; /* as the line names it; borrowed */
	union {
		struct rvirt_wire_net_flags_args net;
		struct rvirt_wire_iface_flags_args iface;
		struct rvirt_wire_device_name_flags_args dev;
		struct rvirt_wire_secret_flags_args secret;
		struct rvirt_wire_nwfilter_flags_args nwfilter;
		struct rvirt_wire_nwfilter_binding binding;
	} as;
};

/* Finds the object that option names: that of its kind if option is NULL. 0 with *ret to be
 * released by object_clear(), or -1 with the error reported. */
int object_find(struct shell *sh, const struct invocation *in, enum object_type type,
				const char *option, unsigned by, struct object *ret);
void object_clear(struct object *o);
#define CLEANUP_OBJECT CLEANUP(object_clear)

/* Its name; a secret's UUID, in text. */
const char *object_name(const struct object *o, char text[37]);

/* A call whose arguments are the object, or the object and flags. 0, or -1 with the library's error
 * set. */
int object_call(struct shell *sh, struct object *o, enum rvirt_proc proc, void *ret);
int object_call_flags(struct shell *sh, struct object *o, enum rvirt_proc proc, unsigned flags,
					  void *ret);

/* The names (the UUIDs) of all; flags are those of the call that lists them. 0, or -1 with the
 * library's error set. */
int object_names(struct shell *sh, enum object_type type, unsigned flags, struct strings *to);

/* Completes names; what: the type, and above OBJECT_WHAT the flags. */
#define OBJECT_WHAT(type, flags) ((unsigned)(type) | (unsigned)(flags) << 4)
void object_complete(struct shell *sh, const struct invocation *in, unsigned what,
					 struct strings *to);

#define ARG_NETWORK(flags_)                                                                        \
	{                                                                                              \
		"network", ARG_DATA, "name or UUID of the network", 0, object_complete,                    \
			OBJECT_WHAT(OBJECT_NETWORK, flags_)                                                    \
	}
#define ARG_INTERFACE(option_, help_)                                                              \
	{                                                                                              \
		option_, ARG_DATA, help_, 0, object_complete, OBJECT_WHAT(OBJECT_INTERFACE, 0)             \
	}
#define ARG_DEVICE                                                                                 \
	{                                                                                              \
		"device", ARG_DATA, "name of the device, or its WWNN,WWPN", 0, object_complete,            \
			OBJECT_WHAT(OBJECT_DEVICE, 0)                                                          \
	}
#define ARG_SECRET                                                                                 \
	{                                                                                              \
		"secret", ARG_DATA, "UUID of the secret", 0, object_complete,                              \
			OBJECT_WHAT(OBJECT_SECRET, 0)                                                          \
	}
#define ARG_NWFILTER                                                                               \
	{                                                                                              \
		"nwfilter", ARG_DATA, "name or UUID of the filter", 0, object_complete,                    \
			OBJECT_WHAT(OBJECT_NWFILTER, 0)                                                        \
	}
#define ARG_BINDING                                                                                \
	{                                                                                              \
		"binding", ARG_DATA, "device of the bound port", 0, object_complete,                       \
			OBJECT_WHAT(OBJECT_BINDING, 0)                                                         \
	}

/* -- commands that are rows: each run function finds its own by the command's name -- */

/* One call on one object. */
int object_act_run(struct shell *sh, const struct invocation *in);
/* An object made of the document in a file. */
int object_make_run(struct shell *sh, const struct invocation *in);
/* The document of an object. */
int object_dump_run(struct shell *sh, const struct invocation *in);
/* The document of an object in an editor. */
int object_edit_run(struct shell *sh, const struct invocation *in);

/* Says what was done to an object as the command's JSON. Returns 0. */
int object_done(struct shell *sh, const struct object *o, const char *result);

/* Marks and unmarks as autostarted: the call, and words for the object before its name. */
int object_autostart(struct shell *sh, const struct invocation *in, struct object *o,
					 enum rvirt_proc proc, const char *noun);

#endif
