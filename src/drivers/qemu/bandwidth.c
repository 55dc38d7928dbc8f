/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <bandwidth> of interfaces: what a machine receives is what its tap device sends.
 */
#include "config.h"
#include "drivers/qemu/bandwidth.h"

#include "drivers/domains/limits.h"
#include "drivers/network/rate.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/ops.h"
#include "drivers/qemu/tune.h"

#include <string.h>

int bandwidth_check(const struct node *interface)
{
	const struct node *bandwidth = node_child(interface, "bandwidth");

	if (node_child(bandwidth, "outbound"))
		return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
						 "<outbound> of <bandwidth> is not supported: only what a machine receives "
						 "can be limited");
	if (node_attr(node_child(bandwidth, "inbound"), "floor"))
		return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
						 "floor of <bandwidth> is not supported: no bandwidth is set aside");
	return 0;
}

int bandwidth_apply(const struct node *interface)
{
	const struct node *in = node_child(interface, "bandwidth/inbound");
	struct rate rate = {.average = node_attr_ull(in, "average", 0),
						.peak = node_attr_ull(in, "peak", 0),
						.burst = node_attr_ull(in, "burst", 0)};

	return rate_set(child_attr(interface, "target", "dev"), &rate);
}

/* -- parameters -- */

static const struct {
	const char *name, *element, *attr;
} rows[] = {{"inbound.average", "bandwidth/inbound", "average"},
			{"inbound.peak", "bandwidth/inbound", "peak"},
			{"inbound.burst", "bandwidth/inbound", "burst"},
			{"inbound.floor", "bandwidth/inbound", "floor"},
			{"outbound.average", "bandwidth/outbound", "average"},
			{"outbound.peak", "bandwidth/outbound", "peak"},
			{"outbound.burst", "bandwidth/outbound", "burst"}};
enum { N_ROWS = sizeof rows / sizeof rows[0] };

static struct node *find(const struct domain_def *def, const char *name)
{
	struct node *n = domain_def_find_device(def, "interface", name);

	if (!n)
		error_set(FROM_QEMU, ERR_INVALID_ARG, "'%s' is not a known interface", name);
	return n;
}

int qemu_domain_get_interface_parameters(
	struct driver_conn *conn, const struct rvirt_wire_domain_get_interface_parameters_args *args,
	struct rvirt_wire_params_nparams_ret *ret)
{
	QEMU_LOCKED(q, conn);
	struct params params = {0};
	const struct domain_def *def;
	const struct node *interface;
	struct vm *vm;

	if (args_nparams(args->nparams, DOMAIN_PARAMS_MAX) < 0 ||
		args_exclusive(args->flags, "virDomainGetInterfaceParameters") < 0 ||
		qemu_flags(args->flags, TUNE_AFFECT | TUNE_STRING_OKAY,
				   "qemuDomainGetInterfaceParameters") < 0 ||
		!(vm = vm_find(q, &args->dom)) ||
		!(def = domain_one_def(&vm->d, args->flags & TUNE_AFFECT, NULL)))
		return -1;
	if (!args->nparams) {
		ret->nparams = N_ROWS;
		return 0;
	}
	if (!(interface = find(def, args->device)))
		return -1;
	for (int i = 0; i < N_ROWS; i++)
		params_uint(
			&params, rows[i].name,
			(unsigned)node_attr_ull(node_child(interface, rows[i].element), rows[i].attr, 0));
	return params_give_max(&params, args->nparams, &ret->n_params, &ret->params);
}

/* Only of what has a tap device. */
static int check_type(const struct node *interface)
{
	if (is(interface, "type", "network") || is(interface, "type", "bridge"))
		return 0;
	return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
					 "setting bandwidth on interfaces of type '%s' is not supported",
					 node_attr(interface, "type"));
}

/* What is given of the rate that is received; without an average there is none. */
static int keep(struct node *interface,
				const struct rvirt_wire_domain_set_interface_parameters_args *args)
{
	const struct rvirt_wire_typed_param *average =
		params_find(args->params, args->n_params, "inbound.average");
	struct node *bandwidth = node_child(interface, "bandwidth"), *in;

	if (!average)
		return 0;
	if (bandwidth)
		node_remove(bandwidth);
	if (!average->value.u.ui)
		return 0;
	if (!(bandwidth = node_need(interface, "bandwidth")) || !(in = node_need(bandwidth, "inbound")))
		return -1;
	for (int i = 0; i < N_ROWS; i++) {
		const struct rvirt_wire_typed_param *t =
			params_find(args->params, args->n_params, rows[i].name);

		if (t && t->value.u.ui && node_setf(in, rows[i].attr, "%u", t->value.u.ui) < 0)
			return -1;
	}
	return 0;
}

static int check_params(const struct rvirt_wire_domain_set_interface_parameters_args *args)
{
	struct param_rule rules[N_ROWS + 1] = {0};

	for (int i = 0; i < N_ROWS; i++)
		rules[i] = (struct param_rule){rows[i].name, RVIRT_TYPED_PARAM_UINT};
	if (params_check(args->params, args->n_params, rules) < 0)
		return -1;
	for (uint32_t i = 0; i < args->n_params; i++) {
		const struct rvirt_wire_typed_param *t = &args->params[i];
		bool served = starts(t->field, "inbound.") && strcmp(t->field, "inbound.floor") != 0;

		if (!served && t->value.u.ui)
			return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
							 "%s is not supported: only what a machine receives can be limited",
							 t->field);
	}
	return 0;
}

int qemu_domain_set_interface_parameters(
	struct driver_conn *conn, const struct rvirt_wire_domain_set_interface_parameters_args *args)
{
	struct domain_def *live, *config;
	struct node *now = NULL, *next = NULL;

	if (args_positive((int)args->n_params, "nparams", "virDomainSetInterfaceParameters") < 0 ||
		qemu_flags(args->flags, TUNE_AFFECT, "qemuDomainSetInterfaceParameters") < 0)
		return -1;

	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_MODIFY);

	if (!vm || domain_defs(&vm->d, args->flags, &live, &config) < 0 ||
		(live && (!(now = find(live, args->device)) || check_type(now) < 0)) ||
		(config && (!(next = find(config, args->device)) || check_type(next) < 0)) ||
		check_params(args) < 0)
		return -1;
	if (now && (keep(now, args) < 0 || bandwidth_apply(now) < 0 || vm_save_status(vm) < 0))
		return -1;
	if (!next)
		return 0;
	return keep(next, args) < 0 ? -1 : vm_save_config(vm);
}
