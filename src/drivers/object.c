/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Lists of objects other than domains.
 */
#include "config.h"
#include "drivers/object.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "drivers/args.h"

#include <string.h>

void object_free(struct object *o)
{
	free(o->name);
	def_free(o->def);
	def_free(o->next_def);
	if (o->own)
		o->own_free(o->own);
	free(o);
}

void object_append(struct object **list, struct object *o)
{
	while (*list)
		list = &(*list)->next;
	*list = o;
}

struct object *object_new(struct def **def)
{
	CLEANUP(cleanup_object) struct object *o = calloc(1, sizeof *o);

	if (!o) {
		error_oom();
		return NULL;
	}
	o->def = steal(def);
	if (object_text(def_name(o->def), &o->name) < 0)
		return NULL;
	def_uuid(o->def, o->uuid);
	return steal(&o);
}

static int refuse_twin(const struct object *o, const char *name, const char *element,
					   const char *already)
{
	char uuid[UUID_TEXT_LEN];

	return error_set((enum error_domain)o->def->kind->error_domain, ERR_OPERATION_FAILED,
					 "%s '%s' %s with uuid %s", element, name, already, uuid_format(o->uuid, uuid));
}

struct def *object_next(const struct object *o)
{
	return o->next_def ? o->next_def : o->def;
}

void object_set_next(struct object *o, struct def **def)
{
	struct def **at = o->active ? &o->next_def : &o->def;

	def_free(*at);
	*at = steal(def);
}

static void redefine(struct object *o, struct def **def, bool live)
{
	if (live && o->persistent && !o->next_def)
		o->next_def = steal(&o->def);
	if (live) {
		def_free(o->def);
		o->def = steal(def);
		return;
	}
	def_free(o->next_def);
	o->next_def = NULL;
	object_set_next(o, def);
	o->persistent = true;
}

int object_find_same(struct object *list, const struct def *def, unsigned flags,
					 struct object **ret_object)
{
	const char *name = def_name(def), *element = def->kind->root;
	struct object *named = object_by_name(list, name), *o;
	unsigned char uuid[UUID_LEN];

	o = def_uuid(def, uuid) ? object_by_uuid(list, uuid) : named;
	if (!o)
		return named ? refuse_twin(named, name, element, "already exists") : 0;
	if (strcmp(o->name, name) != 0)
		return refuse_twin(o, o->name, element, "is already defined");
	if ((flags & OBJECT_ASSIGN_INACTIVE) && o->active)
		return error_set((enum error_domain)def->kind->error_domain, ERR_OPERATION_INVALID,
						 "%s is already active as '%s'", element, name);
	*ret_object = o;
	return 1;
}

int object_assign(struct object **list, struct def **def, unsigned flags,
				  struct object **ret_object)
{
	struct object *o = NULL;
	unsigned char uuid[UUID_LEN];

	switch (object_find_same(*list, *def, flags, &o)) {
	case 1:
		if (def_uuid(*def, uuid)) {
			redefine(o, def, flags & OBJECT_ASSIGN_LIVE);
		} else {
			def_free(o->def);
			o->def = steal(def);
		}
		break;
	case 0:
		if (!(o = object_new(def)))
			return -1;
		o->persistent = !(flags & OBJECT_ASSIGN_LIVE);
		object_append(list, o);
		break;
	default:
		return -1;
	}
	*ret_object = o;
	return 0;
}

static struct object *copy(const struct object *from)
{
	CLEANUP(cleanup_object) struct object *o = calloc(1, sizeof *o);

	if (!o) {
		error_oom();
		return NULL;
	}
	memcpy(o->uuid, from->uuid, UUID_LEN);
	o->types = from->types;
	o->persistent = true;
	if (object_text(from->name, &o->name) < 0 || !(o->def = def_copy(from->def)))
		return NULL;
	return steal(&o);
}

int object_copy_list(const struct object *from, bool active, struct object **ret_list)
{
	struct object *list = NULL, **end = &list;

	for (; from; from = from->next, end = &(*end)->next) {
		if (!(*end = copy(from))) {
			object_free_list(&list);
			return -1;
		}
		(*end)->active = active;
	}
	*ret_list = list;
	return 0;
}

void object_free_list(struct object **list)
{
	struct object *o;

	while ((o = *list)) {
		*list = o->next;
		object_free(o);
	}
}

void object_remove(struct object **list, struct object *o)
{
	while (*list != o)
		list = &(*list)->next;
	*list = o->next;
	object_free(o);
}

struct object *object_by_name(struct object *list, const char *name)
{
	OBJECT_EACH(o, list)
	{
		if (strcmp(o->name, name) == 0)
			return o;
	}
	return NULL;
}

struct object *object_by_uuid(struct object *list, const unsigned char uuid[UUID_LEN])
{
	OBJECT_EACH(o, list)
	{
		if (memcmp(o->uuid, uuid, UUID_LEN) == 0)
			return o;
	}
	return NULL;
}

bool object_matches(const struct object *o, unsigned flags)
{
	static const unsigned groups[] = {
		OBJECT_ACTIVE | OBJECT_INACTIVE, OBJECT_PERSISTENT | OBJECT_TRANSIENT,
		OBJECT_AUTOSTART | OBJECT_NO_AUTOSTART, ~(unsigned)OBJECT_FILTERS};
	unsigned it = o->active ? OBJECT_ACTIVE : OBJECT_INACTIVE;

	it |= o->persistent ? OBJECT_PERSISTENT : OBJECT_TRANSIENT;
	it |= o->autostart ? OBJECT_AUTOSTART : OBJECT_NO_AUTOSTART;
	it |= o->types & ~(unsigned)OBJECT_FILTERS;
	for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
		if (flags & groups[i] && !(flags & groups[i] & it))
			return false;
	return true;
}

int object_count(const struct object *list, unsigned flags)
{
	int n = 0;

	for (const struct object *o = list; o; o = o->next) {
		n += object_matches(o, flags);
	}
	return n;
}

int object_names(const struct object *list, unsigned flags, int max, const char *limit,
				 struct rvirt_wire_names_ret *ret)
{
	if (args_max(max, OBJECTS_MAX, "maxnames", limit) < 0)
		return -1;
	if (!(ret->names = calloc((size_t)max + 1, sizeof *ret->names)))
		return error_oom();
	for (const struct object *o = list; o; o = o->next) {
		if (ret->n_names == (unsigned)max)
			break;
		if (!object_matches(o, flags))
			continue;
		if (object_text(o->name, &ret->names[ret->n_names]) < 0)
			return -1;
		ret->n_names++;
	}
	return 0;
}

int object_text(const char *text, char **ret)
{
	*ret = strdup(text);
	return *ret ? 0 : error_oom();
}
