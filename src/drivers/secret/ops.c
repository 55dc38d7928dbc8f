/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Secrets are listed, found, defined, given a value, read, and removed.
 */
#include "config.h"
#include "drivers/secret/ops.h"
#include "drivers/args.h"
#include "drivers/object.h"
#include "drivers/secret/secret.h"

#include <rvirt/constants.h>

#include <string.h>

static int give(const struct secret *s, struct rvirt_wire_secret *ret)
{
	const char *id;

	memcpy(ret->uuid, s->uuid, UUID_LEN);
	ret->usage_type = secret_usage(s->def, &id);
	return object_text(id, &ret->usage_id);
}

static struct secret *by_uuid(const struct secrets *all, const unsigned char uuid[UUID_LEN])
{
	struct secret *s = all->list;

	while (s && memcmp(s->uuid, uuid, UUID_LEN) != 0)
		s = s->next;
	return s;
}

/* What is for nothing is not found by it. */
static struct secret *by_usage(const struct secrets *all, int type, const char *id)
{
	for (struct secret *s = all->list; s; s = s->next) {
		const char *own;

		if (secret_usage(s->def, &own) == type && type && strcmp(own, id) == 0)
			return s;
	}
	return NULL;
}

/* NULL with the error set. */
static struct secret *find(const struct secrets *all, const unsigned char uuid[UUID_LEN])
{
	struct secret *s = by_uuid(all, uuid);
	char text[UUID_TEXT_LEN];

	if (!s)
		error_set(FROM_SECRET, ERR_NO_SECRET, "no secret with matching uuid '%s'",
				  uuid_format(uuid, text));
	return s;
}

/* -- lists -- */

int secret_op_connect_num_of_secrets(struct driver_conn *conn, struct rvirt_wire_num_ret *ret)
{
	SECRETS_LOCKED(all, conn);

	for (const struct secret *s = all->list; s; s = s->next)
		ret->num++;
	return 0;
}

int secret_op_connect_list_secrets(struct driver_conn *conn,
								   const struct rvirt_wire_maxuuids_args *args,
								   struct rvirt_wire_uuids_ret *ret)
{
	SECRETS_LOCKED(all, conn);
	char text[UUID_TEXT_LEN];

	if (args_max(args->maxuuids, SECRETS_MAX, "maxuuids", "REMOTE_SECRET_LIST_MAX") < 0)
		return -1;
	if (!(ret->uuids = calloc((size_t)args->maxuuids + 1, sizeof *ret->uuids)))
		return error_oom();
	for (const struct secret *s = all->list; s && ret->n_uuids < (unsigned)args->maxuuids;
		 s = s->next)
		if (object_text(uuid_format(s->uuid, text), &ret->uuids[ret->n_uuids++]) < 0)
			return -1;
	return 0;
}

enum {
	EPHEMERAL = 1,
	NO_EPHEMERAL = 2,
	PRIVATE = 4,
	NO_PRIVATE = 8,
	ALL_FILTERS = 15,
};

static bool passes(const struct secret *s, uint32_t flags)
{
	uint32_t own = (secret_is(s, "ephemeral") ? EPHEMERAL : NO_EPHEMERAL) |
				   (secret_is(s, "private") ? PRIVATE : NO_PRIVATE);

	return (!(flags & (EPHEMERAL | NO_EPHEMERAL)) || (flags & own & (EPHEMERAL | NO_EPHEMERAL))) &&
		   (!(flags & (PRIVATE | NO_PRIVATE)) || (flags & own & (PRIVATE | NO_PRIVATE)));
}

int secret_op_connect_list_all_secrets(struct driver_conn *conn,
									   const struct rvirt_wire_need_results_flags_args *args,
									   struct rvirt_wire_secrets_count_ret *ret)
{
	SECRETS_LOCKED(all, conn);

	if (args_flags(FROM_SECRET, args->flags, ALL_FILTERS, "secretConnectListAllSecrets") < 0)
		return -1;
	for (const struct secret *s = all->list; s; s = s->next)
		ret->count += passes(s, args->flags);
	if (!args->need_results)
		return 0;
	if (!(ret->secrets = calloc(ret->count + 1, sizeof *ret->secrets)))
		return error_oom();
	for (const struct secret *s = all->list; s; s = s->next)
		if (passes(s, args->flags) && give(s, &ret->secrets[ret->n_secrets++]) < 0)
			return -1;
	return 0;
}

int secret_op_secret_lookup_by_uuid(struct driver_conn *conn,
									const struct rvirt_wire_uuid_args *args,
									struct rvirt_wire_secret_ret *ret)
{
	SECRETS_LOCKED(all, conn);
	const struct secret *s = find(all, args->uuid);

	return s ? give(s, &ret->secret) : -1;
}

int secret_op_secret_lookup_by_usage(struct driver_conn *conn,
									 const struct rvirt_wire_usage_type_usage_id_args *args,
									 struct rvirt_wire_secret_ret *ret)
{
	SECRETS_LOCKED(all, conn);
	const struct secret *s = by_usage(all, args->usage_type, args->usage_id);

	if (s)
		return give(s, &ret->secret);
	return error_set(FROM_SECRET, ERR_NO_SECRET, "no secret with matching usage '%s'",
					 args->usage_id);
}

int secret_op_secret_get_xml_desc(struct driver_conn *conn,
								  const struct rvirt_wire_secret_flags_args *args,
								  struct rvirt_wire_xml_ret *ret)
{
	SECRETS_LOCKED(all, conn);
	const struct secret *s;

	if (args_flags(FROM_SECRET, args->flags, 0, "secretGetXMLDesc") < 0 ||
		!(s = find(all, args->secret.uuid)))
		return -1;
	ret->xml = def_format(s->def, 0);
	return ret->xml ? 0 : -1;
}

/* -- definitions -- */

static void tell(struct secrets *all, const struct secret *s, int event)
{
	struct rvirt_wire_secret_event_lifecycle_msg m = {.event = event};

	if (all->hub.members && give(s, &m.secret) == 0)
		hub_tell(&all->hub, RVIRT_PROC_SECRET_EVENT_LIFECYCLE, &m);
}

/* Whether a secret may become what def says, and no other is for the same. 0 or -1. */
static int check_same(const struct secrets *all, const struct secret *s, const struct def *def,
					  const unsigned char uuid[UUID_LEN])
{
	const char *id, *own;
	int type = secret_usage(def, &id);
	char text[UUID_TEXT_LEN];
	const struct secret *other;

	if (s) {
		secret_usage(s->def, &own);
		if (strcmp(id, own) != 0)
			return error_set(FROM_SECRET, ERR_INTERNAL_ERROR,
							 "a secret with UUID %s is already defined for use with %s",
							 uuid_format(uuid, text), *own ? own : "(null)");
		if (secret_is(s, "private") && !node_attr_is(def->root, "private", "yes"))
			return error_set(FROM_SECRET, ERR_INTERNAL_ERROR,
							 "cannot change private flag on existing secret");
	} else if ((other = by_usage(all, type, id))) {
		return error_set(FROM_SECRET, ERR_INTERNAL_ERROR,
						 "a secret with UUID %s already defined for use with %s",
						 uuid_format(other->uuid, text), id);
	}
	return 0;
}

/* Puts on disk what a secret has become, or takes it away. */
static int keep(const struct secrets *all, const struct secret *s, bool was_kept, bool is_new)
{
	if (secret_is(s, "ephemeral"))
		return was_kept ? secret_forget(all, s) : 0;
	if (!was_kept && !is_new && secret_save_value(all, s) < 0)
		return -1;
	return secret_save_def(all, s);
}

static int redefine(const struct secrets *all, struct secret *s, struct def **def)
{
	bool was_kept = !secret_is(s, "ephemeral");
	struct def *old = s->def;

	s->def = steal(def);
	if (keep(all, s, was_kept, false) == 0) {
		def_free(old);
		return 0;
	}
	def_free(s->def);
	s->def = old;
	return -1;
}

/* NULL with the error set. */
static struct secret *add(struct secrets *all, struct def **def, const unsigned char *uuid)
{
	struct secret **last = &all->list, *s;
	size_t n = 0;

	for (; *last; last = &(*last)->next)
		n++;
	if (n >= SECRETS_MAX) {
		error_set(FROM_SECRET, ERR_OPERATION_FAILED, "there are %d secrets already", SECRETS_MAX);
		return NULL;
	}
	if (!(s = calloc(1, sizeof *s))) {
		error_oom();
		return NULL;
	}
	memcpy(s->uuid, uuid, UUID_LEN);
	s->def = steal(def);
	if (keep(all, s, false, true) < 0) {
		secret_free(s);
		return NULL;
	}
	*last = s;
	return s;
}

int secret_op_secret_define_xml(struct driver_conn *conn,
								const struct rvirt_wire_xml_flags_args *args,
								struct rvirt_wire_secret_ret *ret)
{
	SECRETS_LOCKED(all, conn);
	CLEANUP(cleanup_def) struct def *def = NULL;
	bool validate = args->flags & RVIRT_SECRET_DEFINE_VALIDATE;
	unsigned char uuid[UUID_LEN];
	struct secret *s;

	if (args_flags(FROM_SECRET, args->flags, RVIRT_SECRET_DEFINE_VALIDATE, "secretDefineXML") < 0 ||
		def_parse(def_kind_secret(), args->xml, validate ? DEF_VALIDATE : 0, &def) < 0)
		return -1;
	def_uuid(def, uuid);
	s = by_uuid(all, uuid);
	if (check_same(all, s, def, uuid) < 0)
		return -1;
	if (s ? redefine(all, s, &def) < 0 : !(s = add(all, &def, uuid)))
		return -1;
	tell(all, s, RVIRT_SECRET_EVENT_DEFINED);
	return give(s, &ret->secret);
}

int secret_op_secret_undefine(struct driver_conn *conn, const struct rvirt_wire_secret_args *args)
{
	SECRETS_LOCKED(all, conn);
	struct secret *s = find(all, args->secret.uuid), **at = &all->list;

	if (!s || (!secret_is(s, "ephemeral") && secret_forget(all, s) < 0))
		return -1;
	tell(all, s, RVIRT_SECRET_EVENT_UNDEFINED);
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	secret_free(s);
	return 0;
}

/* -- values -- */

int secret_op_secret_set_value(struct driver_conn *conn,
							   const struct rvirt_wire_secret_value_flags_args *args)
{
	SECRETS_LOCKED(all, conn);
	struct rvirt_wire_secret_event_value_changed_msg m = {0};
	struct secret *s, with;

	if (args_flags(FROM_SECRET, args->flags, 0, "secretSetValue") < 0 ||
		args_there(args->value, "value", "virSecretSetValue") < 0 ||
		!(s = find(all, args->secret.uuid)))
		return -1;
	with = *s;
	if (!(with.value = malloc(args->n_value)))
		return error_oom();
	memcpy(with.value, args->value, args->n_value);
	with.value_len = args->n_value;
	if (!secret_is(s, "ephemeral") && secret_save_value(all, &with) < 0) {
		explicit_bzero(with.value, with.value_len);
		free(with.value);
		return -1;
	}
	if (s->value)
		explicit_bzero(s->value, s->value_len);
	free(s->value);
	s->value = with.value;
	s->value_len = with.value_len;
	if (all->hub.members && give(s, &m.secret) == 0)
		hub_tell(&all->hub, RVIRT_PROC_SECRET_EVENT_VALUE_CHANGED, &m);
	return 0;
}

/* A private one is only for the daemon itself. */
int secret_op_secret_get_value(struct driver_conn *conn,
							   const struct rvirt_wire_secret_flags_args *args,
							   struct rvirt_wire_value_ret *ret)
{
	SECRETS_LOCKED(all, conn);
	char text[UUID_TEXT_LEN];
	const struct secret *s;

	if (args_flags(FROM_SECRET, args->flags, 0, "secretGetValue") < 0 ||
		!(s = find(all, args->secret.uuid)))
		return -1;
	if (secret_is(s, "private"))
		return error_set(FROM_SECRET, ERR_INVALID_SECRET, "secret is private");
	if (!s->value)
		return error_set(FROM_SECRET, ERR_NO_SECRET, "secret '%s' does not have a value",
						 uuid_format(s->uuid, text));
	if (!(ret->value = malloc(s->value_len + 1)))
		return error_oom();
	memcpy(ret->value, s->value, s->value_len);
	ret->n_value = (uint32_t)s->value_len;
	return 0;
}
