/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Virtual CPUs as the guest sees them, which its agent turns on and off.
 */
#include "config.h"
#include "drivers/qemu/guest-info.h"
#include "drivers/qemu/ops.h"

#include "conf/value.h"
#include "drivers/params.h"

struct cpu {
	unsigned id;
	bool online, can_offline, changed;
};

struct cpus {
	struct cpu *list;
	size_t n;
};

static void cpus_clear(struct cpus *c)
{
	free(c->list);
}

#define CLEANUP_CPUS __attribute__((cleanup(cpus_clear)))

static int missing(const char *key)
{
	return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "'%s' missing in reply of guest-get-vcpus",
					 key);
}

static int take_cpu(const json_t *entry, struct cpu *ret)
{
	long long id = qmp_int(entry, "logical-id", -1);

	if (id < 0)
		return missing("logical-id");
	if (id >= VALUE_SET_MAX)
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR,
						 "vcpu id '%lld' reported by guest agent is out of range", id);
	if (!json_is_boolean(json_object_get(entry, "online")))
		return missing("online");
	/* one that says nothing of it can't be turned off */
	*ret = (struct cpu){.id = (unsigned)id,
						.online = qmp_bool(entry, "online", false),
						.can_offline = qmp_bool(entry, "can-offline", false)};
	return 0;
}

/* With the turn. */
static int get_cpus(struct vm *vm, struct cpus *ret)
{
	CLEANUP_JSON json_t *value = NULL;
	const json_t *list;

	if (guest_call(vm, "guest-get-vcpus", NULL, &value) < 0 ||
		!(list = guest_list(value, "guest-get-vcpus")))
		return -1;
	if (json_array_size(list) > VALUE_SET_MAX)
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "the guest agent lists %zu vCPUs",
						 json_array_size(list));
	if (!(ret->list = calloc(json_array_size(list) + 1, sizeof *ret->list)))
		return error_oom();
	for (; ret->n < json_array_size(list); ret->n++)
		if (take_cpu(json_array_get(list, ret->n), &ret->list[ret->n]) < 0)
			return -1;
	return 0;
}

/* An agent does the first ones of a list, and says how many; the others are asked for again. */
static int set_cpus(struct vm *vm, struct cpus *cpus)
{
	for (;;) {
		CLEANUP_JSON json_t *value = NULL;
		json_t *list = json_array();
		size_t wanted, done;

		for (size_t i = 0; i < cpus->n; i++)
			if (cpus->list[i].changed)
				json_array_append_new(list,
									  json_pack("{s:i, s:b}", "logical-id", (int)cpus->list[i].id,
												"online", (int)cpus->list[i].online));
		wanted = json_array_size(list);
		if (wanted == 0) {
			json_decref(list);
			return 0;
		}
		if (guest_call(vm, "guest-set-vcpus", json_pack("{s:o}", "vcpus", list), &value) < 0)
			return -1;
		if (!json_is_integer(value) || json_integer_value(value) <= 0 ||
			json_integer_value(value) > (json_int_t)wanted)
			return error_set(FROM_QEMU, ERR_INTERNAL_ERROR,
							 "guest agent returned malformed or invalid return value");
		done = (size_t)json_integer_value(value);
		for (size_t i = 0; i < cpus->n && done > 0; i++)
			if (cpus->list[i].changed) {
				cpus->list[i].changed = false;
				done--;
			}
	}
}

static size_t count_online(const struct cpus *cpus)
{
	size_t n = 0;

	for (size_t i = 0; i < cpus->n; i++)
		n += cpus->list[i].online;
	return n;
}

/* -- how many -- */

int guest_count_vcpus(struct qemu *q, const struct rvirt_wire_domain *dom, bool maximum, int *ret)
{
	CLEANUP_CPUS struct cpus cpus = {0};

	GUEST_TURN(vm, q, dom);

	if (!vm || get_cpus(vm, &cpus) < 0)
		return -1;
	*ret = (int)(maximum ? cpus.n : count_online(&cpus));
	return 0;
}

static void change(struct cpu *cpu, bool online)
{
	cpu->online = online;
	cpu->changed = true;
}

/* The first ones that can be turned off, or on; the guest's first CPU stays as long as another one
 * can go. */
static int choose(struct cpus *cpus, size_t n)
{
	size_t online = count_online(cpus);

	if (n > cpus->n)
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR,
						 "guest agent reports less cpu than requested");
	for (size_t i = 0; i < cpus->n && online < n; i++)
		if (!cpus->list[i].online) {
			change(&cpus->list[i], true);
			online++;
		}
	for (size_t i = 0; i < cpus->n && online > n; i++)
		if (cpus->list[i].online && cpus->list[i].can_offline && cpus->list[i].id != 0) {
			change(&cpus->list[i], false);
			online--;
		}
	return online == n ? 0 : error_set(FROM_QEMU, ERR_INVALID_ARG, "Cannot offline enough CPUs");
}

int guest_set_vcpus(struct qemu *q, const struct rvirt_wire_domain *dom, unsigned n)
{
	CLEANUP_CPUS struct cpus cpus = {0};

	GUEST_TURN(vm, q, dom);

	if (!vm)
		return -1;
	if (n > vm->d.def->vcpus)
		return error_set(FROM_QEMU, ERR_INVALID_ARG,
						 "requested vcpu count is greater than the count of enabled vcpus in the "
						 "domain: %u > %u",
						 n, vm->d.def->vcpus);
	return get_cpus(vm, &cpus) < 0 || choose(&cpus, n) < 0 ? -1 : set_cpus(vm, &cpus);
}

/* -- which -- */

static void add_set(struct params *p, const char *name, const struct bits *set)
{
	CLEANUP_FREE char *text = bits_text(set);

	if (text)
		params_string(p, name, text);
	else
		p->failed = true;
}

int qemu_domain_get_guest_vcpus(struct driver_conn *conn,
								const struct rvirt_wire_dom_flags_args *args,
								struct rvirt_wire_params64_ret *ret)
{
	CLEANUP_CPUS struct cpus cpus = {0};
	struct bits all = {0}, online = {0}, offlinable = {0};
	struct params p = {0};

	if (qemu_flags(args->flags, 0, "qemuDomainGetGuestVcpus") < 0)
		return -1;

	QEMU_LOCKED(q, conn);
	GUEST_TURN(vm, q, &args->dom);

	if (!vm || get_cpus(vm, &cpus) < 0)
		return -1;
	for (size_t i = 0; i < cpus.n; i++) {
		const struct cpu *cpu = &cpus.list[i];

		bits_put(&all, (int)cpu->id, true);
		bits_put(&online, (int)cpu->id, cpu->online);
		bits_put(&offlinable, (int)cpu->id, cpu->can_offline);
	}
	add_set(&p, "vcpus", &all);
	add_set(&p, "online", &online);
	add_set(&p, "offlinable", &offlinable);
	return params_give(&p, &ret->n_params, &ret->params);
}

static struct cpu *find_cpu(const struct cpus *cpus, int id)
{
	for (size_t i = 0; i < cpus->n; i++)
		if (cpus->list[i].id == (unsigned)id)
			return &cpus->list[i];
	return NULL;
}

static int choose_set(struct cpus *cpus, const struct bits *set, bool online)
{
	struct bits unknown = {0};
	bool any = false;

	for (int id = bits_next(set, 0); id >= 0; id = bits_next(set, id + 1)) {
		struct cpu *cpu = find_cpu(cpus, id);

		if (!cpu) {
			bits_put(&unknown, id, true);
			any = true;
		} else if (!online && !cpu->can_offline) {
			return error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED, "vCPU '%d' is not offlinable",
							 id);
		} else if (cpu->online != online) {
			change(cpu, online);
		}
	}
	if (any) {
		CLEANUP_FREE char *text = bits_text(&unknown);

		return error_set(FROM_QEMU, ERR_INVALID_ARG, "guest is missing vCPUs '%s'",
						 text ? text : "");
	}
	return 0;
}

int qemu_domain_set_guest_vcpus(struct driver_conn *conn,
								const struct rvirt_wire_dom_cpumap_state_flags_args *args)
{
	static const char function[] = "virDomainSetGuestVcpus";
	CLEANUP_CPUS struct cpus cpus = {0};
	struct bits set;

	if (args->state != 0 && args->state != 1)
		return args_refuse(FROM_QEMU, function, "state", "unsupported state value");
	if (qemu_flags(args->flags, 0, "qemuDomainSetGuestVcpus") < 0)
		return -1;
	if (bits_parse(args->cpumap, &set) < 0)
		return error_set(FROM_QEMU, ERR_INVALID_ARG, "Failed to parse bitmap '%s'", args->cpumap);

	QEMU_LOCKED(q, conn);
	GUEST_TURN(vm, q, &args->dom);

	if (!vm || get_cpus(vm, &cpus) < 0 || choose_set(&cpus, &set, args->state) < 0)
		return -1;
	return set_cpus(vm, &cpus);
}
