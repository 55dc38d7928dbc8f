/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How many virtual CPUs a domain has: setvcpus, vcpucount.
 */
#include "config.h"

#include "domain.h"
#include "output.h"
#include "table.h"
#include "xml.h"

static int setvcpus_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	unsigned flags, count = 0;
	int result;

	if (domain_affect(sh, in, &flags) < 0 || args_exclusive(sh, in, "guest", "config") < 0)
		return -1;
	if (args_given(in, "maximum") && !args_given(in, "config"))
		return out_refuse(sh, "Option --config is required by option --maximum");
	flags |= (args_given(in, "guest") ? RVIRT_DOMAIN_VCPU_GUEST : 0) |
			 (args_given(in, "maximum") ? RVIRT_DOMAIN_VCPU_MAXIMUM : 0) |
			 (args_given(in, "hotpluggable") ? RVIRT_DOMAIN_VCPU_HOTPLUGGABLE : 0);
	if (domain_find(sh, in, BY_ANY, &dom) < 0 || args_get_uint(sh, in, "count", &count) < 0)
		return -1;
	if (count == 0)
		return out_refuse(sh, "Can't set 0 processors for a VM");
	if (!flags && !args_given(in, "current")) {
		struct rvirt_wire_dom_nvcpus_args args = {dom, count};

		result = rvirt_call_domain_set_vcpus(sh->conn, &args);
	} else {
		struct rvirt_wire_dom_nvcpus_flags_args args = {dom, count, flags};

		result = rvirt_call_domain_set_vcpus_flags(sh->conn, &args);
	}
	if (result < 0)
		return out_fail(sh);
	out_value(sh, json_pack("{s:o, s:o, s:I}", "name", out_json_text(dom.name), "uuid",
							out_json_uuid(dom.uuid), "vcpus", (json_int_t)count));
	return 0;
}

static struct rvirt_call *send_count(struct shell *sh, const struct rvirt_wire_domain *dom,
									 unsigned flags)
{
	struct rvirt_wire_dom_flags_args args = domain_flags_args(dom, flags);

	return rvirt_call_send(sh->conn, RVIRT_PROC_DOMAIN_GET_VCPUS_FLAGS, &args);
}

/* From the definition, for hosts that cannot be asked. */
static int count_in_xml(struct shell *sh, const struct rvirt_wire_domain *dom, bool maximum)
{
	CLEANUP_FREE char *text = domain_xml(sh, dom, RVIRT_DOMAIN_XML_INACTIVE);
	CLEANUP_XML xmlDoc *doc = text ? xml_parse(text, true) : NULL;
	int count;

	if (!doc)
		return -1;
	count =
		xml_number(doc, NULL, maximum ? "string(/domain/vcpu)" : "string(/domain/vcpu/@current)");
	if (count < 0)
		out_refuse(sh, "Failed to retrieve %s vcpu count", maximum ? "maximum" : "current");
	return count;
}

/* Waits for send_count(). -1 with the error reported. */
static int wait_count(struct shell *sh, const struct rvirt_wire_domain *dom, unsigned flags,
					  struct rvirt_call *call)
{
	struct rvirt_wire_dom_args args = domain_args(dom);
	struct rvirt_wire_domain_get_info_ret info;
	struct rvirt_wire_num_ret ret;
	int code;

	if (domain_wait(call, &ret) == 0)
		return ret.num;
	code = rvirt_last_error().code;
	if (code != RVIRT_ERR_NO_SUPPORT && code != RVIRT_ERR_INVALID_ARG)
		return out_fail(sh);
	if (flags & RVIRT_DOMAIN_VCPU_GUEST)
		return out_fail_at(sh, "Failed to retrieve vCPU count from the guest");
	if (!(flags & (RVIRT_DOMAIN_AFFECT_LIVE | RVIRT_DOMAIN_AFFECT_CONFIG)) && dom->id >= 0)
		flags |= RVIRT_DOMAIN_AFFECT_LIVE;
	if (!(flags & RVIRT_DOMAIN_AFFECT_LIVE))
		return count_in_xml(sh, dom, flags & RVIRT_DOMAIN_VCPU_MAXIMUM);
	if (flags & RVIRT_DOMAIN_VCPU_MAXIMUM) {
		if (rvirt_call_domain_get_max_vcpus(sh->conn, &args, &ret) == 0)
			return ret.num;
	} else if (rvirt_call_domain_get_info(sh->conn, &args, &info) == 0) {
		return info.nr_virt_cpu;
	}
	return out_fail(sh);
}

struct count {
	const char *what, *which, *key;
	unsigned flags;
	struct rvirt_call *call;
	int value; /* 0: does not apply */
};

/* All four counts, in one round trip. */
static int count_all(struct shell *sh, const struct rvirt_wire_domain *dom)
{
	struct count counts[] = {
		{"maximum", "config", "maximum_config",
		 RVIRT_DOMAIN_AFFECT_CONFIG | RVIRT_DOMAIN_VCPU_MAXIMUM},
		{"maximum", "live", "maximum_live", RVIRT_DOMAIN_AFFECT_LIVE | RVIRT_DOMAIN_VCPU_MAXIMUM},
		{"current", "config", "current_config", RVIRT_DOMAIN_AFFECT_CONFIG},
		{"current", "live", "current_live", RVIRT_DOMAIN_AFFECT_LIVE},
	};
	const size_t n = sizeof(counts) / sizeof(*counts);
	struct rvirt_wire_dom_args args = domain_args(dom);
	struct rvirt_wire_active_ret active = {0};
	struct rvirt_wire_persistent_ret persistent = {0};
	struct rvirt_call *is_active, *is_persistent;
	json_t *object = json_object();
	int result = 0;

	is_active = rvirt_call_send(sh->conn, RVIRT_PROC_DOMAIN_IS_ACTIVE, &args);
	is_persistent = rvirt_call_send(sh->conn, RVIRT_PROC_DOMAIN_IS_PERSISTENT, &args);
	for (size_t i = 0; i < n; i++)
		counts[i].call = send_count(sh, dom, counts[i].flags);
	domain_wait(is_active, &active);
	domain_wait(is_persistent, &persistent);
	for (size_t i = 0; i < n; i++) {
		bool applies =
			counts[i].flags & RVIRT_DOMAIN_AFFECT_LIVE ? active.active : persistent.persistent;
		struct rvirt_wire_num_ret ret;

		if (!applies)
			domain_wait(counts[i].call, &ret);
		else if ((counts[i].value = wait_count(sh, dom, counts[i].flags, counts[i].call)) < 0)
			result = -1;
	}
	for (size_t i = 0; result == 0 && i < n; i++) {
		if (counts[i].value > 0)
			out_text(sh, "%-12s %-12s %3d\n", counts[i].what, counts[i].which, counts[i].value);
		json_object_set_new(object, counts[i].key,
							counts[i].value > 0 ? json_integer(counts[i].value) : json_null());
	}
	if (result == 0)
		out_value(sh, object);
	else
		json_decref(object);
	return result;
}

static int vcpucount_run(struct shell *sh, const struct invocation *in)
{
	static const char *const exclusive[][2] = {
		{"live", "config"},    {"current", "live"}, {"current", "config"},
		{"active", "maximum"}, {"guest", "config"},
	};
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	bool maximum = args_given(in, "maximum"), active = args_given(in, "active");
	unsigned flags = (args_given(in, "live") ? RVIRT_DOMAIN_AFFECT_LIVE : 0) |
					 (args_given(in, "config") ? RVIRT_DOMAIN_AFFECT_CONFIG : 0) |
					 (maximum ? RVIRT_DOMAIN_VCPU_MAXIMUM : 0) |
					 (args_given(in, "guest") ? RVIRT_DOMAIN_VCPU_GUEST : 0);
	bool all = !flags && !active && !args_given(in, "current");
	int count;

	for (size_t i = 0; i < sizeof(exclusive) / sizeof(*exclusive); i++) {
		/* alone, --current is an old name of --active */
		if (exclusive[i][0][0] == 'c' && !maximum && !active)
			continue;
		if (args_exclusive(sh, in, exclusive[i][0], exclusive[i][1]) < 0)
			return -1;
	}
	if (domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	if (all)
		return count_all(sh, &dom);
	count = wait_count(sh, &dom, flags, send_count(sh, &dom, flags));
	if (count < 0)
		return -1;
	out_text(sh, "%d\n", count);
	out_value(sh, json_pack("{s:i}", "vcpus", count));
	return 0;
}

static const struct arg setvcpus_args[] = {
	ARG_DOMAIN_ANY(0),
	{"count", ARG_INT, "number of virtual CPUs", ARG_REQUIRED},
	{"maximum", ARG_BOOL, "set how many there can be, from the next boot on"},
	ARGS_AFFECT,
	{"guest", ARG_BOOL, "let the guest agent do it"},
	{"hotpluggable", ARG_BOOL, "CPUs that are added can be taken away again"},
	{NULL},
};
static const struct arg vcpucount_args[] = {
	ARG_DOMAIN_ANY(0),
	{"maximum", ARG_BOOL, "how many there can be"},
	{"active", ARG_BOOL, "how many are active"},
	{"live", ARG_BOOL, "of the running guest"},
	{"config", ARG_BOOL, "of the next boot"},
	{"current", ARG_BOOL, "now or of the next boot, by its state"},
	{"guest", ARG_BOOL, "ask the guest agent"},
	{NULL},
};

const struct cmd *cmd_vcpu_rows(void)
{
	static const struct cmd rows[] = {
		{"setvcpus", "domain", "change the number of virtual CPUs of a domain",
		 "Changes how many virtual CPUs the guest has, within its maximum.", setvcpus_args,
		 CMD_WRITES, setvcpus_run},
		{"vcpucount", "domain", "numbers of virtual CPUs of a domain",
		 "Shows how many virtual CPUs a domain has and can have.", vcpucount_args, 0,
		 vcpucount_run},
		{NULL},
	};

	return rows;
}
