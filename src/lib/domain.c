/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Domains: handles that remember name, UUID and id, and the calls that people need most.
 */
#include "config.h"

#include "base/cleanup.h"
#include "base/error.h"

#include <rvirt/rvirt.h>
#include <string.h>

struct rvirt_domain {
	struct rvirt_conn *conn;
	struct rvirt_wire_domain wire;
};

/* A handle that takes over what came from the wire. */
static struct rvirt_domain *new_domain(struct rvirt_conn *conn, struct rvirt_wire_domain *wire)
{
	struct rvirt_domain *dom = malloc(sizeof *dom);

	if (!dom) {
		error_oom();
		return NULL;
	}
	dom->conn = conn;
	dom->wire = *wire;
	wire->name = NULL;
	return dom;
}

void rvirt_domain_free(struct rvirt_domain *dom)
{
	if (!dom)
		return;
	free(dom->wire.name);
	free(dom);
}

/* -- looking up -- */

static int new_domains(struct rvirt_conn *conn, struct rvirt_wire_domains_count_ret *found,
					   struct rvirt_domain ***ret)
{
	/* one more: an empty array is not NULL */
	struct rvirt_domain **doms = calloc((size_t)found->n_domains + 1, sizeof *doms);

	if (!doms)
		return error_oom();
	for (uint32_t i = 0; i < found->n_domains; i++) {
		doms[i] = new_domain(conn, &found->domains[i]);
		if (doms[i])
			continue;
		while (i > 0)
			rvirt_domain_free(doms[--i]);
		free(doms);
		return -1;
	}
	*ret = doms;
	return 0;
}

int rvirt_domain_list(struct rvirt_conn *conn, unsigned flags, struct rvirt_domain ***ret_domains,
					  size_t *ret_n)
{
	const struct rvirt_wire_need_results_flags_args args = {.need_results = 1, .flags = flags};
	struct rvirt_wire_domains_count_ret found;
	int r;

	if (rvirt_call_connect_list_all_domains(conn, &args, &found) < 0)
		return -1;
	r = new_domains(conn, &found, ret_domains);
	if (r == 0)
		*ret_n = found.n_domains;
	rvirt_wire_clear(RVIRT_PROC_CONNECT_LIST_ALL_DOMAINS, &found);
	return r;
}

/* The handle of a call that returned one; result is what the call returned. */
static struct rvirt_domain *returned(struct rvirt_conn *conn, int result,
									 struct rvirt_wire_dom_ret *ret)
{
	struct rvirt_domain *dom;

	if (result < 0)
		return NULL;
	dom = new_domain(conn, &ret->dom);
	free(ret->dom.name);
	return dom;
}

struct rvirt_domain *rvirt_domain_by_id(struct rvirt_conn *conn, int id)
{
	const struct rvirt_wire_id_args args = {.id = id};
	struct rvirt_wire_dom_ret ret;

	return returned(conn, rvirt_call_domain_lookup_by_id(conn, &args, &ret), &ret);
}

struct rvirt_domain *rvirt_domain_by_name(struct rvirt_conn *conn, const char *name)
{
	const struct rvirt_wire_name_args args = {.name = (char *)(uintptr_t)name};
	struct rvirt_wire_dom_ret ret;

	return returned(conn, rvirt_call_domain_lookup_by_name(conn, &args, &ret), &ret);
}

struct rvirt_domain *rvirt_domain_by_uuid(struct rvirt_conn *conn,
										  const unsigned char uuid[RVIRT_UUID_LEN])
{
	struct rvirt_wire_uuid_args args;
	struct rvirt_wire_dom_ret ret;

	memcpy(args.uuid, uuid, RVIRT_UUID_LEN);
	return returned(conn, rvirt_call_domain_lookup_by_uuid(conn, &args, &ret), &ret);
}

struct rvirt_domain *rvirt_domain_define(struct rvirt_conn *conn, const char *xml, unsigned flags)
{
	const struct rvirt_wire_xml_args plain = {.xml = (char *)(uintptr_t)xml};
	const struct rvirt_wire_xml_flags_args args = {.xml = plain.xml, .flags = flags};
	struct rvirt_wire_dom_ret ret;

	return returned(conn,
					flags ? rvirt_call_domain_define_xml_flags(conn, &args, &ret)
						  : rvirt_call_domain_define_xml(conn, &plain, &ret),
					&ret);
}

struct rvirt_domain *rvirt_domain_create_xml(struct rvirt_conn *conn, const char *xml,
											 unsigned flags)
{
	const struct rvirt_wire_xml_desc_flags_args args = {.xml_desc = (char *)(uintptr_t)xml,
														.flags = flags};
	struct rvirt_wire_dom_ret ret;

	return returned(conn, rvirt_call_domain_create_xml(conn, &args, &ret), &ret);
}

/* -- the handle -- */

struct rvirt_conn *rvirt_domain_conn(struct rvirt_domain *dom)
{
	return dom->conn;
}

const char *rvirt_domain_name(const struct rvirt_domain *dom)
{
	return dom->wire.name;
}

const unsigned char *rvirt_domain_uuid(const struct rvirt_domain *dom)
{
	return dom->wire.uuid;
}

int rvirt_domain_id(const struct rvirt_domain *dom)
{
	return dom->wire.id;
}

struct rvirt_wire_domain rvirt_domain_wire(const struct rvirt_domain *dom)
{
	return dom->wire;
}

/* -- what changes a domain -- */

int rvirt_domain_start(struct rvirt_domain *dom, unsigned flags)
{
	const struct rvirt_wire_dom_args plain = {.dom = dom->wire};
	const struct rvirt_wire_dom_flags_args args = {.dom = dom->wire, .flags = flags};
	struct rvirt_wire_dom_ret ret;

	if (!flags)
		return rvirt_call_domain_create(dom->conn, &plain);
	if (rvirt_call_domain_create_with_flags(dom->conn, &args, &ret) < 0)
		return -1;
	free(ret.dom.name);
	return 0;
}

int rvirt_domain_suspend(struct rvirt_domain *dom)
{
	const struct rvirt_wire_dom_args args = {.dom = dom->wire};

	return rvirt_call_domain_suspend(dom->conn, &args);
}

int rvirt_domain_resume(struct rvirt_domain *dom)
{
	const struct rvirt_wire_dom_args args = {.dom = dom->wire};

	return rvirt_call_domain_resume(dom->conn, &args);
}

int rvirt_domain_shutdown(struct rvirt_domain *dom, unsigned flags)
{
	const struct rvirt_wire_dom_args plain = {.dom = dom->wire};
	const struct rvirt_wire_dom_flags_args args = {.dom = dom->wire, .flags = flags};

	return flags ? rvirt_call_domain_shutdown_flags(dom->conn, &args)
				 : rvirt_call_domain_shutdown(dom->conn, &plain);
}

int rvirt_domain_reboot(struct rvirt_domain *dom, unsigned flags)
{
	const struct rvirt_wire_dom_flags_args args = {.dom = dom->wire, .flags = flags};

	return rvirt_call_domain_reboot(dom->conn, &args);
}

int rvirt_domain_reset(struct rvirt_domain *dom)
{
	const struct rvirt_wire_dom_flags_args args = {.dom = dom->wire};

	return rvirt_call_domain_reset(dom->conn, &args);
}

int rvirt_domain_destroy(struct rvirt_domain *dom, unsigned flags)
{
	const struct rvirt_wire_dom_args plain = {.dom = dom->wire};
	const struct rvirt_wire_dom_flags_args args = {.dom = dom->wire, .flags = flags};

	return flags ? rvirt_call_domain_destroy_flags(dom->conn, &args)
				 : rvirt_call_domain_destroy(dom->conn, &plain);
}

int rvirt_domain_undefine(struct rvirt_domain *dom, unsigned flags)
{
	const struct rvirt_wire_dom_args plain = {.dom = dom->wire};
	const struct rvirt_wire_dom_flags_args args = {.dom = dom->wire, .flags = flags};

	return flags ? rvirt_call_domain_undefine_flags(dom->conn, &args)
				 : rvirt_call_domain_undefine(dom->conn, &plain);
}

int rvirt_domain_set_autostart(struct rvirt_domain *dom, int autostart)
{
	const struct rvirt_wire_dom_autostart_args args = {.dom = dom->wire, .autostart = autostart};

	return rvirt_call_domain_set_autostart(dom->conn, &args);
}

/* -- what is asked of a domain -- */

int rvirt_domain_state(struct rvirt_domain *dom, int *ret_state, int *ret_reason)
{
	const struct rvirt_wire_dom_flags_args args = {.dom = dom->wire};
	struct rvirt_wire_state_reason_ret ret;

	if (rvirt_call_domain_get_state(dom->conn, &args, &ret) < 0)
		return -1;
	*ret_state = ret.state;
	if (ret_reason)
		*ret_reason = ret.reason;
	return 0;
}

int rvirt_domain_info(struct rvirt_domain *dom, struct rvirt_wire_domain_get_info_ret *ret_info)
{
	const struct rvirt_wire_dom_args args = {.dom = dom->wire};

	return rvirt_call_domain_get_info(dom->conn, &args, ret_info);
}

char *rvirt_domain_xml(struct rvirt_domain *dom, unsigned flags)
{
	const struct rvirt_wire_dom_flags_args args = {.dom = dom->wire, .flags = flags};
	struct rvirt_wire_xml_ret ret;

	return rvirt_call_domain_get_xml_desc(dom->conn, &args, &ret) < 0 ? NULL : ret.xml;
}

int rvirt_domain_autostart(struct rvirt_domain *dom, int *ret_autostart)
{
	const struct rvirt_wire_dom_args args = {.dom = dom->wire};
	struct rvirt_wire_autostart_ret ret;

	if (rvirt_call_domain_get_autostart(dom->conn, &args, &ret) < 0)
		return -1;
	*ret_autostart = ret.autostart;
	return 0;
}
