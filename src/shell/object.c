/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Finding objects, and naming them.
 */
#include "config.h"
#include "object.h"

#include "domain.h"
#include "output.h"
#include "table.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* The kinds. To add one: its row, and its member of struct object. */
static const struct kind {
	const char *option, *missing; /* "failed to get network" */
	size_t size;                  /* of what names it in a call */
	size_t flags;                 /* where flags follow it; 0: nowhere */
	enum rvirt_proc by_name, by_uuid, by_mac, by_wwn, list;
} kinds[] = {
	[OBJECT_NETWORK] = {"network", "failed to get network", sizeof(struct rvirt_wire_network),
						offsetof(struct rvirt_wire_net_flags_args, flags),
						.by_name = RVIRT_PROC_NETWORK_LOOKUP_BY_NAME,
						.by_uuid = RVIRT_PROC_NETWORK_LOOKUP_BY_UUID,
						.list = RVIRT_PROC_CONNECT_LIST_ALL_NETWORKS},
	[OBJECT_INTERFACE] = {"interface", "failed to get interface",
						  sizeof(struct rvirt_wire_interface),
						  offsetof(struct rvirt_wire_iface_flags_args, flags),
						  .by_name = RVIRT_PROC_INTERFACE_LOOKUP_BY_NAME,
						  .by_mac = RVIRT_PROC_INTERFACE_LOOKUP_BY_MAC_STRING,
						  .list = RVIRT_PROC_CONNECT_LIST_ALL_INTERFACES},
	[OBJECT_DEVICE] = {"device", "Could not find matching device",
					   sizeof(struct rvirt_wire_node_device),
					   offsetof(struct rvirt_wire_device_name_flags_args, flags),
					   .by_name = RVIRT_PROC_NODE_DEVICE_LOOKUP_BY_NAME,
					   .by_wwn = RVIRT_PROC_NODE_DEVICE_LOOKUP_SCSI_HOST_BY_WWN,
					   .list = RVIRT_PROC_CONNECT_LIST_ALL_NODE_DEVICES},
	[OBJECT_SECRET] = {"secret", "failed to get secret", sizeof(struct rvirt_wire_secret),
					   offsetof(struct rvirt_wire_secret_flags_args, flags),
					   .by_uuid = RVIRT_PROC_SECRET_LOOKUP_BY_UUID,
					   .list = RVIRT_PROC_CONNECT_LIST_ALL_SECRETS},
	[OBJECT_NWFILTER] = {"nwfilter", "failed to get nwfilter", sizeof(struct rvirt_wire_nwfilter),
						 offsetof(struct rvirt_wire_nwfilter_flags_args, flags),
						 .by_name = RVIRT_PROC_NWFILTER_LOOKUP_BY_NAME,
						 .by_uuid = RVIRT_PROC_NWFILTER_LOOKUP_BY_UUID,
						 .list = RVIRT_PROC_CONNECT_LIST_ALL_NWFILTERS},
	[OBJECT_BINDING] = {"binding", "failed to get nwfilter binding",
						sizeof(struct rvirt_wire_nwfilter_binding), 0,
						.by_name = RVIRT_PROC_NWFILTER_BINDING_LOOKUP_BY_PORT_DEV,
						.list = RVIRT_PROC_CONNECT_LIST_ALL_NWFILTER_BINDINGS},
};

/* The ways to find one, in the order in which their answers count. */
struct search {
	struct rvirt_call *calls[4];
	size_t n;
};

static void ask(struct shell *sh, struct search *s, enum rvirt_proc proc, const void *args)
{
	s->calls[s->n++] = rvirt_call_send(sh->conn, proc, args);
}

/* "WWNN,WWPN" as two texts in copy. */
static bool split_wwn(char *copy, struct rvirt_wire_wwnn_wwpn_flags_args *ret)
{
	char *comma = strchr(copy, ',');

	if (!comma)
		return false;
	*comma = '\0';
	*ret = (struct rvirt_wire_wwnn_wwpn_flags_args){copy, comma + 1, 0};
	return true;
}

/* Sends all that may find it. -1 with the error reported if nothing can. */
static int search(struct shell *sh, const struct kind *k, const char *label, unsigned by,
				  struct search *s)
{
	CLEANUP_FREE char *copy = shell_strdup(label);
	struct rvirt_wire_wwnn_wwpn_flags_args wwn;
	struct rvirt_wire_name_args name = {borrow(label)};
	struct rvirt_wire_mac_args mac = {borrow(label)};
	struct rvirt_wire_uuid_args uuid;
	bool is_uuid = domain_parse_uuid(label, uuid.uuid);

	if (k->by_wwn && (by & OBJECT_BY_WWN) && split_wwn(copy, &wwn)) {
		if (strlen(wwn.wwnn) != 16 || strlen(wwn.wwpn) != 16)
			return out_cause(sh, RVIRT_ERR_INTERNAL_ERROR, RVIRT_FROM_NONE,
							 "internal error: Malformed wwn: %s",
							 strlen(wwn.wwnn) != 16 ? wwn.wwnn : wwn.wwpn);
		ask(sh, s, k->by_wwn, &wwn);
		return 0;
	}
	if (k->by_uuid && (by & OBJECT_BY_UUID) && is_uuid)
		ask(sh, s, k->by_uuid, &uuid);
	if (k->by_name && (by & OBJECT_BY_NAME))
		ask(sh, s, k->by_name, &name);
	if (k->by_mac && (by & OBJECT_BY_MAC) && strlen(label) == sizeof "00:00:00:00:00:00" - 1)
		ask(sh, s, k->by_mac, &mac);
	if (s->n == 0 && !k->by_name) {
		out_refuse(sh, "%s '%s'", k->missing, label);
		return out_cause(sh, RVIRT_ERR_INVALID_ARG, RVIRT_FROM_NONE,
						 "'%s' is no UUID, which is what names it", label);
	}
	return 0;
}

int object_find(struct shell *sh, const struct invocation *in, enum object_type type,
				const char *option, unsigned by, struct object *ret)
{
	const struct kind *k = &kinds[type];
	struct search s = {0};
	bool found = false;
	const char *label;

	if (args_get_text(sh, in, option ? option : k->option, &label) < 0 ||
		search(sh, k, label, by, &s) < 0)
		return -1;
	for (size_t i = 0; i < s.n; i++) {
		struct object answer = {.type = type, .label = label};

		if (domain_wait(s.calls[i], &answer.as) < 0)
			continue;
		if (found)
			object_clear(&answer);
		else
			*ret = answer;
		found = true;
	}
	if (found)
		return 0;
	return s.n ? out_fail_at(sh, "%s '%s'", k->missing, label)
			   : out_refuse(sh, "%s '%s'", k->missing, label);
}

void object_clear(struct object *o)
{
	const struct kind *k = &kinds[o->type];

	if (o->label)
		rvirt_wire_clear(k->by_name ? k->by_name : k->by_uuid, &o->as);
	*o = (struct object){.type = o->type};
}

const char *object_name(const struct object *o, char text[37])
{
	switch (o->type) {
	case OBJECT_NETWORK:
		return o->as.net.net.name;
	case OBJECT_INTERFACE:
		return o->as.iface.iface.name;
	case OBJECT_DEVICE:
		return o->as.dev.name;
	case OBJECT_SECRET:
		return out_uuid(o->as.secret.secret.uuid, text);
	case OBJECT_NWFILTER:
		return o->as.nwfilter.nwfilter.name;
	case OBJECT_BINDING:
		break;
	}
	return o->as.binding.portdev;
}

int object_call(struct shell *sh, struct object *o, enum rvirt_proc proc, void *ret)
{
	return domain_wait(rvirt_call_send(sh->conn, proc, &o->as), ret);
}

int object_call_flags(struct shell *sh, struct object *o, enum rvirt_proc proc, unsigned flags,
					  void *ret)
{
	struct rvirt_wire_nwfilter_binding_get_xml_desc_args binding = {o->as.binding, flags};

	if (o->type == OBJECT_BINDING)
		return domain_wait(rvirt_call_send(sh->conn, proc, &binding), ret);
	*(uint32_t *)((char *)&o->as + kinds[o->type].flags) = flags;
	return object_call(sh, o, proc, ret);
}

int object_names(struct shell *sh, enum object_type type, unsigned flags, struct strings *to)
{
	const struct kind *k = &kinds[type];
	struct rvirt_wire_need_results_flags_args args = {1, flags};
	/* every list's answer begins alike: how many, and an array of what names them */
	struct rvirt_wire_nets_count_ret ret = {0};

	if (domain_wait(rvirt_call_send(sh->conn, k->list, &args), &ret) < 0)
		return -1;
	for (uint32_t i = 0; i < ret.n_nets; i++) {
		struct object o = {.type = type};
		char text[OUT_UUID_SIZE];

		memcpy(&o.as, (const char *)ret.nets + i * k->size, k->size);
		strings_add(to, object_name(&o, text));
	}
	rvirt_wire_clear(k->list, &ret);
	return 0;
}

void object_complete(struct shell *sh, const struct invocation *in, unsigned what,
					 struct strings *to)
{
	(void)in;
	if (sh->interactive ? !sh->conn || sh->lost : shell_need_connection(sh) < 0)
		return;
	object_names(sh, (enum object_type)(what & 15), what >> 4, to);
}

int object_done(struct shell *sh, const struct object *o, const char *result)
{
	char text[OUT_UUID_SIZE];

	out_value(
		sh, json_pack("{s:o, s:s}", "name", out_json_text(object_name(o, text)), "result", result));
	return 0;
}

int object_autostart(struct shell *sh, const struct invocation *in, struct object *o,
					 enum rvirt_proc proc, const char *noun)
{
	bool on = !args_given(in, "disable");
	const char *mark = on ? "mark" : "unmark";

	/* the number stands where flags do */
	if (object_call_flags(sh, o, proc, on, NULL) < 0)
		return out_fail_at(sh, "failed to %s %s %s as autostarted", mark, noun, o->label);
	out_note(sh, "%c%s %s %sed as autostarted\n", *noun - 'a' + 'A', noun + 1, o->label, mark);
	return object_done(sh, o, on ? "autostart on" : "autostart off");
}
