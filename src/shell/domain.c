/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Domains as command lines name them, and what most commands ask of one.
 */
#include "config.h"
#include "domain.h"

#include "output.h"
#include "strings.h"
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The calls that one name may need, by the order in which their answers count. */
struct lookup {
	struct rvirt_call *by_id, *by_uuid, *by_name;
};

bool domain_parse_uuid(const char *text, unsigned char ret[RVIRT_UUID_LEN])
{
	if (strlen(text) != OUT_UUID_SIZE - 1)
		return false;
	for (int i = 0; i < RVIRT_UUID_LEN; i++) {
		int digits = 0;
		unsigned byte;

		text += *text == '-';
		if (sscanf(text, "%2x%n", &byte, &digits) != 1 || digits != 2)
			return false;
		ret[i] = (unsigned char)byte;
		text += 2;
	}
	return !*text;
}

int domain_wait(struct rvirt_call *call, void *ret)
{
	return call ? rvirt_call_wait(call, ret) : -1;
}

static struct lookup send_lookup(struct shell *sh, const char *command, const char *name,
								 unsigned by)
{
	struct lookup l = {0};
	struct rvirt_wire_id_args id;
	struct rvirt_wire_uuid_args uuid;
	struct rvirt_wire_name_args as_name = {borrow(name)};

	if (by & BY_ID && args_parse_int(name, &id.id) == 0 && id.id >= 0) {
		out_debug(sh, SHELL_DEBUG, "%s: <domain> looks like ID\n", command);
		l.by_id = rvirt_call_send(sh->conn, RVIRT_PROC_DOMAIN_LOOKUP_BY_ID, &id);
	}
	if (by & BY_UUID && domain_parse_uuid(name, uuid.uuid)) {
		out_debug(sh, SHELL_DEBUG, "%s: <domain> trying as domain UUID\n", command);
		l.by_uuid = rvirt_call_send(sh->conn, RVIRT_PROC_DOMAIN_LOOKUP_BY_UUID, &uuid);
	}
	if (by & BY_NAME) {
		out_debug(sh, SHELL_DEBUG, "%s: <domain> trying as domain NAME\n", command);
		l.by_name = rvirt_call_send(sh->conn, RVIRT_PROC_DOMAIN_LOOKUP_BY_NAME, &as_name);
	}
	return l;
}

static int wait_lookup(struct shell *sh, struct lookup *l, const char *name,
					   struct rvirt_wire_domain *ret)
{
	struct rvirt_call *calls[] = {l->by_id, l->by_uuid, l->by_name};
	int found = -1;

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		struct rvirt_wire_dom_ret answer = {0};

		if (domain_wait(calls[i], &answer) < 0)
			continue;
		if (found < 0)
			*ret = answer.dom;
		else
			domain_clear(&answer.dom);
		found = 0;
	}
	if (found == 0)
		return 0;
	/* people know why from this line alone, programs want the code */
	if (sh->json)
		return out_fail_at(sh, "failed to get domain '%s'", name);
	return out_refuse(sh, "failed to get domain '%s'", name);
}

int domain_find(struct shell *sh, const struct invocation *in, unsigned by,
				struct rvirt_wire_domain *ret)
{
	struct lookup l;
	const char *name;

	if (args_get_text(sh, in, "domain", &name) < 0)
		return -1;
	out_debug(sh, SHELL_INFO, "%s: found option <domain>: %s\n", in->cmd->name, name);
	l = send_lookup(sh, in->cmd->name, name, by);
	return wait_lookup(sh, &l, name, ret);
}

int domain_find_all(struct shell *sh, const char *const *names, size_t n, unsigned by,
					struct rvirt_wire_domain **ret_domains)
{
	CLEANUP_FREE struct lookup *lookups = shell_alloc(n * sizeof(*lookups));
	struct rvirt_wire_domain *domains = shell_alloc(n * sizeof(*domains));
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		lookups[i] = send_lookup(sh, "unknown", names[i], by);
	while (found < n && wait_lookup(sh, &lookups[found], names[found], &domains[found]) == 0)
		found++;
	if (found == n) {
		*ret_domains = domains;
		return 0;
	}
	/* the answers that nobody asks for any more */
	for (size_t i = found + 1; i < n; i++) {
		struct rvirt_call *calls[] = {lookups[i].by_id, lookups[i].by_uuid, lookups[i].by_name};

		for (size_t j = 0; j < sizeof(calls) / sizeof(*calls); j++) {
			struct rvirt_wire_dom_ret answer = {0};

			if (domain_wait(calls[j], &answer) == 0)
				domain_clear(&answer.dom);
		}
	}
	while (found > 0)
		domain_clear(&domains[--found]);
	free(domains);
	return -1;
}

void domain_clear(struct rvirt_wire_domain *dom)
{
	struct rvirt_wire_dom_ret whole = {*dom};

	rvirt_wire_clear(RVIRT_PROC_DOMAIN_LOOKUP_BY_NAME, &whole);
	*dom = (struct rvirt_wire_domain){0};
}

json_t *domain_json(const struct rvirt_wire_domain *dom)
{
	return json_pack("{s:o, s:o, s:o}", "name", out_json_text(dom->name), "uuid",
					 out_json_uuid(dom->uuid), "id",
					 dom->id < 0 ? json_null() : json_integer(dom->id));
}

const char *domain_state_text(int state)
{
	static const char *const texts[] = {
		[RVIRT_DOMAIN_NOSTATE] = "no state",     [RVIRT_DOMAIN_RUNNING] = "running",
		[RVIRT_DOMAIN_BLOCKED] = "idle",         [RVIRT_DOMAIN_PAUSED] = "paused",
		[RVIRT_DOMAIN_SHUTDOWN] = "in shutdown", [RVIRT_DOMAIN_SHUTOFF] = "shut off",
		[RVIRT_DOMAIN_CRASHED] = "crashed",      [RVIRT_DOMAIN_PMSUSPENDED] = "pmsuspended",
	};

	return state >= 0 && state <= RVIRT_DOMAIN_PMSUSPENDED ? texts[state]
														   : texts[RVIRT_DOMAIN_NOSTATE];
}

const char *domain_reason_text(int state, int reason)
{
	static const char *const texts[RVIRT_DOMAIN_PMSUSPENDED + 1][16] = {
		[RVIRT_DOMAIN_RUNNING] = {NULL, "booted", "migrated", "restored", "from snapshot",
								  "unpaused", "migration canceled", "save canceled", "event wakeup",
								  "crashed", "post-copy", "post-copy failed"},
		[RVIRT_DOMAIN_PAUSED] = {NULL, "user", "migrating", "saving", "dumping", "I/O error",
								 "watchdog", "from snapshot", "shutting down", "creating snapshot",
								 "crashed", "starting up", "post-copy", "post-copy failed"},
		[RVIRT_DOMAIN_SHUTDOWN] = {NULL, "user"},
		[RVIRT_DOMAIN_SHUTOFF] = {NULL, "shutdown", "destroyed", "crashed", "migrated", "saved",
								  "failed", "from snapshot", "daemon"},
		[RVIRT_DOMAIN_CRASHED] = {NULL, "panicked"},
	};

	if (state < 0 || state > RVIRT_DOMAIN_PMSUSPENDED || reason < 0 || reason >= 16 ||
		!texts[state][reason])
		return "unknown";
	return texts[state][reason];
}

char *domain_xml(struct shell *sh, const struct rvirt_wire_domain *dom, unsigned flags)
{
	struct rvirt_wire_dom_flags_args args = domain_flags_args(dom, flags);
	struct rvirt_wire_xml_ret ret = {0};

	if (rvirt_call_domain_get_xml_desc(sh->conn, &args, &ret) < 0) {
		out_fail(sh);
		return NULL;
	}
	return ret.xml;
}

int domain_affect(struct shell *sh, const struct invocation *in, unsigned *ret_flags)
{
	if (args_exclusive(sh, in, "current", "live") < 0 ||
		args_exclusive(sh, in, "current", "config") < 0)
		return -1;
	*ret_flags = (args_given(in, "config") ? RVIRT_DOMAIN_AFFECT_CONFIG : 0) |
				 (args_given(in, "live") ? RVIRT_DOMAIN_AFFECT_LIVE : 0);
	return 0;
}

void domain_complete(struct shell *sh, const struct invocation *in, unsigned what,
					 struct strings *to)
{
	struct rvirt_wire_need_results_flags_args args = {1, what};
	struct rvirt_wire_domains_count_ret ret = {0};

	(void)in;
	/* a key at the prompt must not open a connection, which may ask for a password */
	if (sh->interactive ? !sh->conn || sh->lost : shell_need_connection(sh) < 0)
		return;
	if (rvirt_call_connect_list_all_domains(sh->conn, &args, &ret) < 0)
		return;
	for (uint32_t i = 0; i < ret.n_domains; i++)
		strings_add(to, ret.domains[i].name);
	rvirt_wire_clear(RVIRT_PROC_CONNECT_LIST_ALL_DOMAINS, &ret);
}

int domain_done(struct shell *sh, const struct rvirt_wire_domain *dom, const char *result)
{
	out_value(sh, json_pack("{s:o, s:o, s:s}", "name", out_json_text(dom->name), "uuid",
							out_json_uuid(dom->uuid), "result", result));
	return 0;
}
