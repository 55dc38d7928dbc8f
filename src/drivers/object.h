/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Objects of the host that have a name and a definition, in the lists of a driver: networks, pools,
 * interfaces, devices. Each list is of one kind, and the caller guards it.
 */
#ifndef DRIVERS_OBJECT_H
#define DRIVERS_OBJECT_H

#include "base/uuid.h"
#include "conf/def.h"
#include "drivers/driver.h"

#include <stdbool.h>

enum { OBJECTS_MAX = 16384 };

struct object {
	struct object *next;
	char *name;
	struct def *def;      /* what it is */
	struct def *next_def; /* what it will be once it is stopped and started, or NULL */
	unsigned char uuid[UUID_LEN];
	bool active, persistent, autostart;
	unsigned types; /* a pool's type, as CONNECT_LIST_ALL_STORAGE_POOLS numbers it */
	void *own;      /* what the driver has beside, freed by own_free; or NULL */
	void (*own_free)(void *own);
};

void object_free(struct object *o);
DEFINE_CLEANUP(object, struct object *, object_free)

/* Takes *def over; its name and UUID are the object's. NULL with NO_MEMORY. */
struct object *object_new(struct def **def);

/* Puts it at the end of a list. */
void object_append(struct object **list, struct object *o);

/* Copies of a list's objects, persistent. 0 with the list, or -1. */
int object_copy_list(const struct object *from, bool active, struct object **ret_list);
void object_free_list(struct object **list);

/* Defines an object, or starts one from a document, by the rules that libvirt has for the case that
 * it exists; one of a kind without UUIDs gets the new definition. Takes *def over. 0 with the
 * object, which was not made active, or -1 with the error set. */
enum object_assign {
	OBJECT_ASSIGN_LIVE = 1,     /* what runs; the definition of one that is persistent is kept */
	OBJECT_ASSIGN_INACTIVE = 2, /* refused while it is active */
};
int object_assign(struct object **list, struct def **def, unsigned flags,
				  struct object **ret_object);

/* Whether object_assign() would refuse: 1 with the object that is redefined, 0 if there is none
 * yet, -1 with the error set. */
int object_find_same(struct object *list, const struct def *def, unsigned flags,
					 struct object **ret_object);

/* What a persistent object will be when it is started again, and putting another in its place. */
struct def *object_next(const struct object *o);
void object_set_next(struct object *o, struct def **def);

struct object *object_by_name(struct object *list, const char *name);
struct object *object_by_uuid(struct object *list, const unsigned char uuid[UUID_LEN]);

/* Takes it out of the list and frees it. */
void object_remove(struct object **list, struct object *o);

/* The flags of CONNECT_LIST_ALL_NETWORKS and its like. */
enum {
	OBJECT_INACTIVE = 1,
	OBJECT_ACTIVE = 2,
	OBJECT_PERSISTENT = 4,
	OBJECT_TRANSIENT = 8,
	OBJECT_AUTOSTART = 16,
	OBJECT_NO_AUTOSTART = 32,
	OBJECT_FILTERS = 63,
};

/* Whether the filters let it pass. */
bool object_matches(const struct object *o, unsigned flags);

int object_count(const struct object *list, unsigned flags);

/* The names of those that pass, at most max, which limit names. 0 or -1. */
int object_names(const struct object *list, unsigned flags, int max, const char *limit,
				 struct rvirt_wire_names_ret *ret);

#define OBJECT_EACH(o, list) for (struct object *o = (list); o; o = o->next)

/* Copies the texts that an answer wants. 0, or -1 with NO_MEMORY. */
int object_text(const char *text, char **ret);

#endif
