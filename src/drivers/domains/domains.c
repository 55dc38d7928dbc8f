/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The list of domains, found by UUID, name and id, and the ways in which one changes its definition
 * and becomes active or inactive.
 */
#include "config.h"
/* a domain for which there is no memory in a table is not added: see insert() */
#define HASH_NONFATAL_OOM 1
#include "drivers/domains/domains.h"

#include "base/error.h"
#include "drivers/args.h"

#include <string.h>

struct domain *domains_by_uuid(const struct domains *list, const unsigned char uuid[UUID_LEN])
{
	struct domain *d;

	HASH_FIND(hh, list->all, uuid, UUID_LEN, d);
	return d;
}

struct domain *domains_find(const struct domains *list, const struct rvirt_wire_domain *dom)
{
	struct domain *d = domains_by_uuid(list, dom->uuid);
	char uuid[UUID_TEXT_LEN];

	if (!d)
		error_set(list->error_domain, ERR_NO_DOMAIN, "no domain with matching uuid '%s' (%s)",
				  uuid_format(dom->uuid, uuid), dom->name);
	return d;
}

struct domain *domains_by_name(const struct domains *list, const char *name)
{
	struct domain *d;

	HASH_FIND(hh_name, list->by_name, name, strlen(name), d);
	return d;
}

struct domain *domains_by_id(const struct domains *list, int id)
{
	struct domain *d;

	HASH_FIND(hh_id, list->by_id, &id, sizeof id, d);
	return d;
}

struct domain *domains_find_active(const struct domains *list, const struct rvirt_wire_domain *dom)
{
	struct domain *d = domains_find(list, dom);

	if (!d || domain_active(d))
		return d;
	error_set(FROM_DOMAIN, ERR_OPERATION_INVALID, "domain is not running");
	return NULL;
}

void domain_clear(struct domain *d)
{
	domain_def_free(steal(&d->def));
	domain_def_free(steal(&d->next));
	moments_clear(&d->snapshots);
	moments_clear(&d->checkpoints);
	free(steal(&d->name));
}

static void set_id(struct domains *list, struct domain *d, int id)
{
	if (d->id != -1)
		HASH_DELETE(hh_id, list->by_id, d);
	d->id = id;
	domain_def_set_id(d->def, id);
	if (id != -1)
		HASH_ADD(hh_id, list->by_id, id, sizeof d->id, d);
}

/* Puts it under its UUID and its name. 0, or -1 with NO_MEMORY. */
static int insert(struct domains *list, struct domain *d)
{
	HASH_ADD(hh, list->all, uuid, UUID_LEN, d);
	if (!d->hh.tbl)
		return error_oom();
	HASH_ADD_KEYPTR(hh_name, list->by_name, d->name, strlen(d->name), d);
	if (d->hh_name.tbl)
		return 0;
	HASH_DELETE(hh, list->all, d);
	return error_oom();
}

static struct domain *add_new(struct domains *list, struct domain_def **def)
{
	struct domain *d = list->make(list);

	if (!d)
		return NULL;
	memcpy(d->uuid, (*def)->uuid, UUID_LEN);
	d->id = -1;
	d->state = RVIRT_DOMAIN_SHUTOFF;
	if (!(d->name = strdup((*def)->name)) || insert(list, d) < 0) {
		error_oom();
		list->free(d);
		return NULL;
	}
	d->def = steal(def);
	return d;
}

static void assign(struct domain *d, struct domain_def **def, bool live)
{
	struct domain_def **place = &d->def;

	if (domain_active(d)) {
		place = &d->next;
	} else if (live && !d->next) {
		d->next = steal(&d->def);
	}
	domain_def_free(*place);
	*place = steal(def);
}

/* Whether a definition may take the place of that of d. 0 or -1. */
static int check_same(const struct domain *d, const struct domain_def *def, bool live)
{
	char uuid[UUID_TEXT_LEN];

	if (strcmp(d->name, def->name) != 0)
		return error_set(FROM_DOMAIN, ERR_OPERATION_FAILED,
						 "domain '%s' is already defined with uuid %s", d->name,
						 uuid_format(d->uuid, uuid));
	if (live && domain_active(d))
		return error_set(FROM_DOMAIN, ERR_OPERATION_INVALID, "domain '%s' is already active",
						 d->name);
	return 0;
}

int domains_check_add(const struct domains *list, const struct domain_def *def, bool live,
					  struct domain **ret)
{
	struct domain *d = domains_by_uuid(list, def->uuid);
	char uuid[UUID_TEXT_LEN];

	*ret = d;
	if (d)
		return check_same(d, def, live);
	if ((d = domains_by_name(list, def->name)))
		return error_set(FROM_DOMAIN, ERR_OPERATION_FAILED,
						 "domain '%s' already exists with uuid %s", d->name,
						 uuid_format(d->uuid, uuid));
	return 0;
}

struct domain *domains_add(struct domains *list, struct domain_def **def, bool live, bool *ret_new)
{
	struct domain *d;

	if (domains_check_add(list, *def, live, &d) < 0)
		return NULL;
	*ret_new = !d;
	if (!d)
		return add_new(list, def);
	assign(d, def, live);
	return d;
}

void domains_remove(struct domains *list, struct domain *d)
{
	if (d->id != -1)
		HASH_DELETE(hh_id, list->by_id, d);
	HASH_DELETE(hh_name, list->by_name, d);
	HASH_DELETE(hh, list->all, d);
	list->free(d);
}

void domains_clear(struct domains *list)
{
	while (list->all)
		domains_remove(list, list->all);
}

int domains_start(struct domains *list, struct domain *d, int reason)
{
	if (d->persistent && !d->next && !(d->next = domain_def_copy(d->def)))
		return -1;
	set_id(list, d, list->next_id++);
	domain_set_state(d, RVIRT_DOMAIN_RUNNING, reason);
	return 0;
}

void domains_take_id(struct domains *list, struct domain *d, int id)
{
	if (list->next_id <= id)
		list->next_id = id + 1;
	set_id(list, d, id);
}

void domains_shut(struct domains *list, struct domain *d, int reason)
{
	/* without it the domain is about to be removed: its last event tells the id it had */
	if (d->next) {
		set_id(list, d, -1);
		domain_def_free(d->def);
		d->def = steal(&d->next);
	}
	domain_set_state(d, RVIRT_DOMAIN_SHUTOFF, reason);
}

int domains_rename(struct domains *list, struct domain *d, const char *name)
{
	CLEANUP_FREE char *copy = strdup(name);

	if (!copy)
		return error_oom();
	if (domain_def_set_name(d->def, name) < 0)
		return -1;
	HASH_DELETE(hh_name, list->by_name, d);
	free(d->name);
	d->name = steal(&copy);
	HASH_ADD_KEYPTR(hh_name, list->by_name, d->name, strlen(d->name), d);
	return 0;
}

int domain_defs(struct domain *d, unsigned flags, struct domain_def **ret_live,
				struct domain_def **ret_config)
{
	bool active = domain_active(d);

	flags &= RVIRT_DOMAIN_AFFECT_LIVE | RVIRT_DOMAIN_AFFECT_CONFIG;
	if (!flags)
		flags = active ? RVIRT_DOMAIN_AFFECT_LIVE : RVIRT_DOMAIN_AFFECT_CONFIG;
	if (!active && flags & RVIRT_DOMAIN_AFFECT_LIVE)
		return error_set(FROM_DOMAIN, ERR_OPERATION_INVALID, "domain is not running");
	if (!d->persistent && flags & RVIRT_DOMAIN_AFFECT_CONFIG)
		return error_set(FROM_DOMAIN, ERR_OPERATION_INVALID,
						 "transient domains do not have any persistent config");
	*ret_live = flags & RVIRT_DOMAIN_AFFECT_LIVE ? d->def : NULL;
	*ret_config = !(flags & RVIRT_DOMAIN_AFFECT_CONFIG) ? NULL : active ? d->next : d->def;
	return 0;
}

struct domain_def *domain_one_def(struct domain *d, unsigned flags, bool *ret_live)
{
	struct domain_def *live, *config;

	if (args_exclusive(flags, "virDomainObjGetOneDefState") < 0 ||
		domain_defs(d, flags, &live, &config) < 0)
		return NULL;
	if (ret_live)
		*ret_live = live;
	return live ? live : config;
}

int domain_wire(const struct domain *d, struct rvirt_wire_domain *ret)
{
	if (!(ret->name = strdup(d->name)))
		return error_oom();
	memcpy(ret->uuid, d->uuid, UUID_LEN);
	ret->id = d->id;
	return 0;
}
