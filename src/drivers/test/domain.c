/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The list of domains, found by UUID, name and id, and the ways in which one changes its definition
 * and becomes active or inactive.
 */
#include "config.h"
/* a domain for which there is no memory in a table is not added: see insert() */
#define HASH_NONFATAL_OOM 1
#include "drivers/test/domain.h"

#include "base/error.h"
#include "drivers/test/args.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

struct test_domain *test_domain_by_uuid(struct test_node *node, const unsigned char uuid[UUID_LEN])
{
	struct test_domain *d;

	HASH_FIND(hh, node->domains, uuid, UUID_LEN, d);
	return d;
}

struct test_domain *test_domain_find(struct test_node *node, const struct rvirt_wire_domain *dom)
{
	struct test_domain *d = test_domain_by_uuid(node, dom->uuid);
	char uuid[UUID_TEXT_LEN];

	if (!d)
		error_set(FROM_TEST, ERR_NO_DOMAIN, "no domain with matching uuid '%s' (%s)",
				  uuid_format(dom->uuid, uuid), dom->name);
	return d;
}

struct test_domain *test_domain_by_name(struct test_node *node, const char *name)
{
	struct test_domain *d;

	HASH_FIND(hh_name, node->by_name, name, strlen(name), d);
	return d;
}

struct test_domain *test_domain_by_id(struct test_node *node, int id)
{
	struct test_domain *d;

	HASH_FIND(hh_id, node->by_id, &id, sizeof id, d);
	return d;
}

struct test_domain *test_domain_find_active(struct test_node *node,
											const struct rvirt_wire_domain *dom)
{
	struct test_domain *d = test_domain_find(node, dom);

	if (!d || test_domain_active(d))
		return d;
	error_set(FROM_DOMAIN, ERR_OPERATION_INVALID, "domain is not running");
	return NULL;
}

static void domain_free(struct test_domain *d)
{
	domain_def_free(d->def);
	domain_def_free(d->next);
	test_moments_clear(&d->snapshots);
	test_moments_clear(&d->checkpoints);
	free(d->iothreads);
	free(d->name);
	free(d);
}

DEFINE_CLEANUP(test_domain, struct test_domain *, domain_free)

static void set_id(struct test_node *node, struct test_domain *d, int id)
{
	if (d->id != -1)
		HASH_DELETE(hh_id, node->by_id, d);
	d->id = id;
	domain_def_set_id(d->def, id);
	if (id != -1)
		HASH_ADD(hh_id, node->by_id, id, sizeof d->id, d);
}

/* Puts it under its UUID and its name. 0, or -1 with NO_MEMORY. */
static int insert(struct test_node *node, struct test_domain *d)
{
	HASH_ADD(hh, node->domains, uuid, UUID_LEN, d);
	if (!d->hh.tbl)
		return error_oom();
	HASH_ADD_KEYPTR(hh_name, node->by_name, d->name, strlen(d->name), d);
	if (d->hh_name.tbl)
		return 0;
	HASH_DELETE(hh, node->domains, d);
	return error_oom();
}

static struct test_domain *add_new(struct test_node *node, struct domain_def **def)
{
	CLEANUP(cleanup_test_domain) struct test_domain *d = calloc(1, sizeof *d);

	if (!d || !(d->name = strdup((*def)->name))) {
		error_oom();
		return NULL;
	}
	memcpy(d->uuid, (*def)->uuid, UUID_LEN);
	d->id = -1;
	d->state = RVIRT_DOMAIN_SHUTOFF;
	d->seconds = 627319920;
	if (insert(node, d) < 0)
		return NULL;
	d->def = steal(def);
	return steal(&d);
}

static void assign(struct test_domain *d, struct domain_def **def, bool live)
{
	struct domain_def **place = &d->def;

	if (test_domain_active(d)) {
		place = &d->next;
	} else if (live && !d->next) {
		d->next = steal(&d->def);
	}
	domain_def_free(*place);
	*place = steal(def);
}

/* Whether a definition may take the place of that of d. 0 or -1. */
static int check_same(const struct test_domain *d, const struct domain_def *def, bool live)
{
	char uuid[UUID_TEXT_LEN];

	if (strcmp(d->name, def->name) != 0)
		return error_set(FROM_DOMAIN, ERR_OPERATION_FAILED,
						 "domain '%s' is already defined with uuid %s", d->name,
						 uuid_format(d->uuid, uuid));
	if (live && test_domain_active(d))
		return error_set(FROM_DOMAIN, ERR_OPERATION_INVALID, "domain '%s' is already active",
						 d->name);
	return 0;
}

struct test_domain *test_domain_add(struct test_node *node, struct domain_def **def, bool live,
									bool *ret_new)
{
	struct test_domain *d = test_domain_by_uuid(node, (*def)->uuid);
	char uuid[UUID_TEXT_LEN];

	*ret_new = !d;
	if (d) {
		if (check_same(d, *def, live) < 0)
			return NULL;
		assign(d, def, live);
		return d;
	}
	if ((d = test_domain_by_name(node, (*def)->name))) {
		error_set(FROM_DOMAIN, ERR_OPERATION_FAILED, "domain '%s' already exists with uuid %s",
				  d->name, uuid_format(d->uuid, uuid));
		return NULL;
	}
	return add_new(node, def);
}

void test_domain_remove(struct test_node *node, struct test_domain *d)
{
	if (d->id != -1)
		HASH_DELETE(hh_id, node->by_id, d);
	HASH_DELETE(hh_name, node->by_name, d);
	HASH_DELETE(hh, node->domains, d);
	domain_free(d);
}

void test_domain_free_all(struct test_node *node)
{
	while (node->domains)
		test_domain_remove(node, node->domains);
}

void test_domain_set_state(struct test_domain *d, int state, int reason)
{
	d->state = state;
	d->reason = reason;
}

int test_domain_start(struct test_node *node, struct test_domain *d, int reason)
{
	if (d->persistent && !d->next && !(d->next = domain_def_copy(d->def)))
		return -1;
	set_id(node, d, node->next_id++);
	test_domain_set_state(d, RVIRT_DOMAIN_RUNNING, reason);
	d->managed_save = false;
	return 0;
}

void test_domain_shut(struct test_node *node, struct test_domain *d, int reason)
{
	/* without it the domain is about to be removed: its last event tells the id it had */
	if (d->next) {
		set_id(node, d, -1);
		domain_def_free(d->def);
		d->def = steal(&d->next);
	}
	test_domain_set_state(d, RVIRT_DOMAIN_SHUTOFF, reason);
}

void test_domain_stop(struct test_node *node, struct test_domain *d, int reason, int detail)
{
	test_domain_shut(node, d, reason);
	test_domain_event(node, d, RVIRT_DOMAIN_EVENT_STOPPED, detail);
	if (!d->persistent)
		test_domain_remove(node, d);
}

int test_domain_set_name(struct test_node *node, struct test_domain *d, const char *name)
{
	CLEANUP_FREE char *copy = strdup(name);

	if (!copy)
		return error_oom();
	if (domain_def_set_name(d->def, name) < 0)
		return -1;
	HASH_DELETE(hh_name, node->by_name, d);
	free(d->name);
	d->name = steal(&copy);
	HASH_ADD_KEYPTR(hh_name, node->by_name, d->name, strlen(d->name), d);
	return 0;
}

void test_domain_event(struct test_node *node, const struct test_domain *d, int event, int detail)
{
	struct rvirt_wire_domain_event_callback_lifecycle_msg m = {
		.msg = {.event = event, .detail = detail}};

	if (node->conns && test_domain_wire(d, &m.msg.dom) == 0)
		test_event_queue(node, RVIRT_PROC_DOMAIN_EVENT_CALLBACK_LIFECYCLE, &m);
}

uint64_t test_clock_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

int test_domain_defs(struct test_domain *d, unsigned flags, struct domain_def **ret_live,
					 struct domain_def **ret_config)
{
	bool active = test_domain_active(d);

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

struct domain_def *test_domain_def(struct test_domain *d, unsigned flags, bool *ret_live)
{
	struct domain_def *live, *config;

	if (test_args_exclusive(flags, "virDomainObjGetOneDefState") < 0 ||
		test_domain_defs(d, flags, &live, &config) < 0)
		return NULL;
	if (ret_live)
		*ret_live = live;
	return live ? live : config;
}

int test_domain_wire(const struct test_domain *d, struct rvirt_wire_domain *ret)
{
	if (!(ret->name = strdup(d->name)))
		return error_oom();
	memcpy(ret->uuid, d->uuid, UUID_LEN);
	ret->id = d->id;
	return 0;
}
