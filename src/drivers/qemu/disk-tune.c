/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Limits for what the disks of a machine may do, while it runs and for its next start. Disks of a
 * group have one set of limits together.
 */
#include "config.h"
#include "drivers/domains/iotune.h"
#include "drivers/qemu/blockjob.h"
#include "drivers/qemu/command.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/ops.h"
#include "drivers/qemu/stats.h"
#include "drivers/qemu/tune.h"

#include <stdio.h>
#include <string.h>

typedef struct rvirt_wire_domain_set_block_io_tune_args set_args;

/* -- what is to be in force -- */

/* The name without its direction: limits that differ in that alone are set together. */
static const char *family_of(const char *name)
{
	static const char *const directions[] = {"total_", "read_", "write_"};

	for (size_t i = 0; i < sizeof directions / sizeof directions[0]; i++)
		if (starts(name, directions[i]))
			return name + strlen(directions[i]);
	return name;
}

static bool sets_family(const set_args *args, const char *name)
{
	for (uint32_t i = 0; i < args->n_params; i++)
		if (strcmp(family_of(args->params[i].field), family_of(name)) == 0)
			return true;
	return false;
}

static const char *group_of(const struct node *disk)
{
	return child_text(node_child(disk, "iotune"), "group_name");
}

/* Where the limits are that a call goes on from: the group's, if it names one that there is. */
static const struct node *find_old(const struct domain_def *def, const struct node *disk,
								   const set_args *args)
{
	const struct rvirt_wire_typed_param *group =
		params_find(args->params, args->n_params, "group_name");

	if (!group || text_is(group_of(disk), group->value.u.s))
		return disk;
	NODE_EACH(other, node_child(def->root, "devices"), "disk")
	{
		if (text_is(group_of(other), group->value.u.s))
			return other;
	}
	return disk;
}

/* A length that is taken away is 1 second as long as there is a limit for it. */
static int set_length(struct node *plan, const struct node *old, const char *name)
{
	const struct node *was = node_child(old, "iotune"), *tune = node_child(plan, "iotune");
	char limit[48], *end;

	snprintf(limit, sizeof limit, "%s", name);
	if (!(end = strstr(limit, "_length")) || !iotune_figure(was, name) || iotune_figure(tune, name))
		return 0;
	*end = '\0';
	if (!iotune_figure(tune, limit)) {
		if (!(end = strstr(limit, "_max")))
			return 0;
		*end = '\0';
	}
	return iotune_figure(tune, limit) ? iotune_set(plan, name, 1, NULL) : 0;
}

/* The disk with the limits that the call leads to; owned by the caller. NULL with NO_MEMORY. */
static struct node *make_plan(const struct node *disk, const struct node *old, const set_args *args)
{
	CLEANUP(cleanup_node) struct node *plan = node_copy(disk);
	const struct node *was = node_child(old, "iotune");

	if (!plan)
		return NULL;
	node_remove_all(plan, "iotune");
	for (size_t i = 0; i < IOTUNE_N; i++) {
		const char *name = iotune_rules[i].name, *text = child_text(was, name);
		bool is_text = iotune_rules[i].type == RVIRT_TYPED_PARAM_STRING;

		if (!sets_family(args, name) && text &&
			iotune_set(plan, name, iotune_figure(was, name), is_text ? text : NULL) < 0)
			return NULL;
	}
	for (uint32_t i = 0; i < args->n_params; i++)
		if (iotune_set_param(plan, &args->params[i]) < 0)
			return NULL;
	for (size_t i = 0; i < IOTUNE_N; i++)
		if (sets_family(args, iotune_rules[i].name) &&
			set_length(plan, old, iotune_rules[i].name) < 0)
			return NULL;
	return steal(&plan);
}

/* A limit for short is not below the one for long, and not without it. */
static int check_bursts(const struct node *plan)
{
	const struct node *tune = node_child(plan, "iotune");

	for (size_t i = 0; i < 6; i++) {
		const char *name = iotune_rules[i].name;
		unsigned long long value = iotune_figure(tune, name), most;
		char max[48];

		snprintf(max, sizeof max, "%s_max", name);
		if (!(most = iotune_figure(tune, max)))
			continue;
		if (!value)
			return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
							 "cannot reset '%s' when '%s' is set", name, max);
		if (most < value)
			return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
							 "value '%s' cannot be smaller than '%s'", max, name);
	}
	return 0;
}

/* The limits of plan are those of the disk, and of all of its group. */
static int take_over(struct domain_def *def, struct node *disk, const struct node *plan)
{
	const struct node *tune = node_child(plan, "iotune");
	const char *group = group_of(plan);

	NODE_EACH(other, node_child(def->root, "devices"), "disk")
	{
		if (other != disk && (!group || !text_is(group_of(other), group)))
			continue;
		node_remove_all(other, "iotune");
		if (tune && !store_graft(other, tune))
			return -1;
	}
	return 0;
}

/* -- setting -- */

static void tell(struct vm *vm, const set_args *args)
{
	struct params what = {0};

	params_string(&what, "blkdeviotune.disk", args->disk);
	for (uint32_t i = 0; i < args->n_params; i++) {
		const struct rvirt_wire_typed_param *p = &args->params[i];
		char name[64];

		snprintf(name, sizeof name, "blkdeviotune.%s", p->field);
		if (p->value.type == RVIRT_TYPED_PARAM_STRING)
			params_string(&what, name, p->value.u.s);
		else
			params_ull(&what, name, p->value.u.ul);
	}
	tune_tell(vm, &what);
}

static int set_live(struct vm *vm, const set_args *args)
{
	struct node *disk = blockjob_disk(vm, args->disk);
	CLEANUP(cleanup_node) struct node *plan = NULL;

	if (!disk)
		return -1;
	if (!(plan = make_plan(disk, find_old(vm->d.def, disk, args), args)))
		return error_oom();
	if (check_bursts(plan) < 0 ||
		vm_call(vm, "block_set_io_throttle", qemu_throttle_json(plan), NULL) < 0 ||
		vm_check_active(vm) < 0 || take_over(vm->d.def, disk, plan) < 0 || vm_save_status(vm) < 0)
		return -1;
	tell(vm, args);
	return 0;
}

static int set_config(struct vm *vm, struct domain_def *config, const set_args *args)
{
	struct node *disk = domain_def_find_device(config, "disk", args->disk);
	CLEANUP(cleanup_node) struct node *plan = NULL;

	if (!disk)
		return error_set(FROM_QEMU, ERR_INVALID_ARG,
						 "missing persistent configuration for disk '%s'", args->disk);
	if (!(plan = make_plan(disk, find_old(config, disk, args), args)) ||
		take_over(config, disk, plan) < 0)
		return error_oom();
	return vm_save_config(vm);
}

/* What a call says by itself must not contradict itself. */
static int check_args(const set_args *args)
{
	if (params_check(args->params, args->n_params, iotune_rules) < 0)
		return -1;
	return iotune_check_amounts(args->params, args->n_params, FROM_QEMU);
}

/* On a disk of its own, for only what the call says counts. */
static int check_directions(const struct domain_def *def, const set_args *args)
{
	const struct node *any = domain_def_device(def, "disk", 0);
	CLEANUP(cleanup_node) struct node *plan = any ? node_copy(any) : NULL;

	if (!plan)
		return 0;
	node_remove_all(plan, "iotune");
	for (uint32_t i = 0; i < args->n_params; i++)
		if (iotune_set_param(plan, &args->params[i]) < 0)
			return -1;
	return iotune_check_directions(node_child(plan, "iotune"), FROM_QEMU);
}

int qemu_domain_set_block_io_tune(struct driver_conn *conn, const set_args *args)
{
	struct domain_def *live, *config;

	if (qemu_flags(args->flags, TUNE_AFFECT, "qemuDomainSetBlockIoTune") < 0 ||
		args_positive((int)args->n_params, "nparams", "virDomainSetBlockIoTune") < 0 ||
		check_args(args) < 0)
		return -1;

	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_MODIFY);

	if (!vm || domain_defs(&vm->d, args->flags & TUNE_AFFECT, &live, &config) < 0 ||
		check_directions(vm->d.def, args) < 0)
		return -1;
	if (live && set_live(vm, args) < 0)
		return -1;
	return config ? set_config(vm, config, args) : 0;
}

/* -- asking -- */

/* The disk with the limits that QEMU says it has; owned by the caller. NULL with the error set. */
static struct node *ask_live(struct vm *vm, const char *path)
{
	CLEANUP_JSON json_t *blocks = NULL;
	CLEANUP(cleanup_node) struct node *copy = NULL;
	const json_t *inserted;
	const struct node *disk;

	if (!blockjob_disk(vm, path) || vm_call(vm, "query-block", NULL, &blocks) < 0 ||
		vm_check_active(vm) < 0 || !(disk = blockjob_disk(vm, path)))
		return NULL;
	inserted = json_object_get(disk_about(blocks, disk), "inserted");
	if (!inserted) {
		error_set(FROM_QEMU, ERR_OPERATION_INVALID, "disk '%s' is empty", path);
		return NULL;
	}
	if (!(copy = node_copy(disk))) {
		error_oom();
		return NULL;
	}
	for (size_t i = 0; i < IOTUNE_N; i++) {
		const char *name = iotune_rules[i].name, *key = qemu_throttle_name(name);

		if (key && iotune_set(copy, name, qmp_ull(inserted, key, 0), NULL) < 0)
			return NULL;
	}
	return iotune_set(copy, "group_name", 0,
					  qmp_text(inserted, "group") ? qmp_text(inserted, "group") : "") < 0
			   ? NULL
			   : steal(&copy);
}

int qemu_domain_get_block_io_tune(struct driver_conn *conn,
								  const struct rvirt_wire_domain_get_block_io_tune_args *args,
								  struct rvirt_wire_domain_get_block_io_tune_ret *ret)
{
	CLEANUP(cleanup_node) struct node *asked = NULL;
	struct domain_def *live, *config;
	const struct node *disk;

	if (args_nparams(args->nparams, IOTUNE_PARAMS_MAX) < 0 ||
		args_exclusive(args->flags, "virDomainGetBlockIoTune") < 0 ||
		qemu_flags(args->flags, TUNE_AFFECT | TUNE_STRING_OKAY, "qemuDomainGetBlockIoTune") < 0)
		return -1;

	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_QUERY);

	if (!vm || domain_defs(&vm->d, args->flags & TUNE_AFFECT, &live, &config) < 0)
		return -1;
	if (!args->nparams) {
		ret->nparams = IOTUNE_N;
		return 0;
	}
	if (args_there(args->disk, "disk", "virDomainGetBlockIoTune") < 0)
		return -1;
	if (live)
		disk = asked = ask_live(vm, args->disk);
	else if (!(disk = domain_def_find_device(config, "disk", args->disk)))
		error_set(FROM_QEMU, ERR_INVALID_ARG, "disk '%s' was not found in the domain config",
				  args->disk);
	return disk ? iotune_give(node_child(disk, "iotune"), args->nparams, args->flags,
							  &ret->n_params, &ret->params)
				: -1;
}
