/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A domain's disks and network interfaces: what they are said to have done, and the limits set for
 * them.
 */
#include "config.h"
#include "drivers/args.h"
#include "drivers/params.h"
#include "drivers/test/domain.h"
#include "drivers/test/ops.h"

#include "base/error.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { PARAMS_MAX = 16, DISK_ERRORS_MAX = 256 };
enum { AFFECT = RVIRT_DOMAIN_AFFECT_LIVE | RVIRT_DOMAIN_AFFECT_CONFIG, STRING_OKAY = 4 };

struct node *test_domain_disk(const struct domain_def *def, const char *name)
{
	static const char *const sources[] = {"file", "dev", "dir"};

	NODE_EACH(disk, node_child(def->root, "devices"), "disk")
	{
		if (node_attr_is(node_child(disk, "target"), "dev", name))
			return disk;
		for (size_t i = 0; *name == '/' && i < sizeof sources / sizeof sources[0]; i++)
			if (node_attr_is(node_child(disk, "source"), sources[i], name))
				return disk;
	}
	return NULL;
}

static struct node *find_interface(const struct domain_def *def, const char *name)
{
	struct node *net = domain_def_find_device(def, "interface", name);

	if (!net)
		error_set(FROM_DOMAIN, ERR_INVALID_ARG, "'%s' is not a known interface", name);
	return net;
}

int test_domain_block_stats(struct driver_conn *conn, const struct rvirt_wire_dom_path_args *args,
							struct rvirt_wire_domain_block_stats_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct domain *d;
	int64_t now = (int64_t)test_clock_us();

	if (!*args->path)
		return error_set(FROM_TEST, ERR_OPERATION_UNSUPPORTED,
						 "summary statistics are not supported yet");
	if (!(d = test_find_active(node, &args->dom)))
		return -1;
	if (!test_domain_disk(d->def, args->path))
		return error_set(FROM_TEST, ERR_INVALID_ARG, "invalid path: %s", args->path);
	*ret = (struct rvirt_wire_domain_block_stats_ret){.rd_req = now / 10,
													  .rd_bytes = now / 20,
													  .wr_req = now / 30,
													  .wr_bytes = now / 40,
													  .errs = now / 2000000};
	return 0;
}

int test_domain_interface_stats(struct driver_conn *conn,
								const struct rvirt_wire_dom_device_args *args,
								struct rvirt_wire_domain_interface_stats_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct domain *d = test_find_active(node, &args->dom);
	int64_t now = (int64_t)test_clock_us();

	if (!d || !find_interface(d->def, args->device))
		return -1;
	*ret = (struct rvirt_wire_domain_interface_stats_ret){.rx_bytes = now / 10,
														  .rx_packets = now / 100,
														  .rx_errs = now / 1000000,
														  .rx_drop = now / 2000000,
														  .tx_bytes = now / 20,
														  .tx_packets = now / 110,
														  .tx_errs = now / 3000000,
														  .tx_drop = now / 4000000};
	return 0;
}

int test_domain_get_block_info(struct driver_conn *conn,
							   const struct rvirt_wire_dom_path_flags_args *args,
							   struct rvirt_wire_domain_get_block_info_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct domain *d;
	const struct node *disk;

	if (!*args->path)
		return args_refuse(FROM_DOMAIN, "virDomainGetBlockInfo", "disk",
						   "string disk in virDomainGetBlockInfo must not be empty");
	if (args_flags(FROM_TEST, args->flags, 0, "testDomainGetBlockInfo") < 0 ||
		!(d = test_find(node, &args->dom)))
		return -1;
	if (!(disk = test_domain_disk(d->def, args->path)))
		return error_set(FROM_TEST, ERR_INVALID_ARG, "invalid path %s not assigned to domain",
						 args->path);
	if (!node_child(disk, "source"))
		return error_set(FROM_TEST, ERR_INVALID_ARG,
						 "disk '%s' does not currently have a source assigned", args->path);
	ret->capacity = 1099506450432;
	ret->allocation = 1099511627776;
	ret->physical = 1099511627776;
	return 0;
}

int test_domain_get_disk_errors(struct driver_conn *conn,
								const struct rvirt_wire_dom_maxerrors_flags_args *args,
								struct rvirt_wire_errors_nerrors_ret *ret)
{
	enum { N_DISK_ERRORS = 3 };
	TEST_LOCKED(node, conn);
	const struct domain *d;

	if (args->maxerrors > DISK_ERRORS_MAX)
		return error_set(FROM_RPC, ERR_INTERNAL_ERROR, "maxerrors too large");
	if (args_flags(FROM_TEST, args->flags, 0, "testDomainGetDiskErrors") < 0 ||
		!(d = test_find_active(node, &args->dom)))
		return -1;
	if (!args->maxerrors) {
		ret->nerrors = (int)node_count(node_child(d->def->root, "devices"), "disk");
		return 0;
	}
	if (!(ret->errors = calloc(args->maxerrors, sizeof *ret->errors)))
		return error_oom();
	NODE_EACH(disk, node_child(d->def->root, "devices"), "disk")
	{
		struct rvirt_wire_domain_disk_error *e = &ret->errors[ret->n_errors];
		const char *name = node_attr(node_child(disk, "target"), "dev");

		if (ret->n_errors == args->maxerrors)
			break;
		if (!(e->disk = strdup(name ? name : "")))
			return error_oom();
		e->error = (int)(ret->n_errors % (N_DISK_ERRORS - 1)) + 1;
		ret->n_errors++;
	}
	ret->nerrors = (int)ret->n_errors;
	return 0;
}

/* One of the two file systems that a guest with a disk has. */
static int fill_fs(struct rvirt_wire_domain_fsinfo *fs, const char *mountpoint, const char *disk,
				   int number)
{
	fs->mountpoint = strdup(mountpoint);
	fs->fstype = strdup("ext4");
	fs->dev_aliases = calloc(1, sizeof *fs->dev_aliases);
	if (asprintf(&fs->name, "%s%d", disk, number) < 0)
		fs->name = NULL;
	if (!fs->mountpoint || !fs->fstype || !fs->dev_aliases || !fs->name ||
		!(fs->dev_aliases[0] = strdup(disk)))
		return error_oom();
	fs->n_dev_aliases = 1;
	return 0;
}

int test_domain_get_fsinfo(struct driver_conn *conn, const struct rvirt_wire_dom_flags_args *args,
						   struct rvirt_wire_info_count_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct domain *d;

	if (args_flags(FROM_TEST, args->flags, 0, "testDomainGetFSInfo") < 0 ||
		!(d = test_find_active(node, &args->dom)))
		return -1;
	NODE_EACH(disk, node_child(d->def->root, "devices"), "disk")
	{
		const char *name = node_attr(node_child(disk, "target"), "dev");

		if (!node_attr_is(disk, "device", "disk") || !name)
			continue;
		if (!(ret->info = calloc(2, sizeof *ret->info)))
			return error_oom();
		ret->n_info = ret->count = 2;
		return fill_fs(&ret->info[0], "/", name, 1) < 0 ||
					   fill_fs(&ret->info[1], "/boot", name, 2) < 0
				   ? -1
				   : 0;
	}
	return 0;
}

/* <bandwidth><inbound average=…/>, and the parameter's name for each. */
static const struct {
	const char *param, *element, *attr;
} bandwidths[] = {
	{"inbound.average", "inbound", "average"},   {"inbound.peak", "inbound", "peak"},
	{"inbound.burst", "inbound", "burst"},       {"inbound.floor", "inbound", "floor"},
	{"outbound.average", "outbound", "average"}, {"outbound.peak", "outbound", "peak"},
	{"outbound.burst", "outbound", "burst"},
};
enum { N_BANDWIDTHS = sizeof bandwidths / sizeof bandwidths[0] };

int test_domain_get_interface_parameters(
	struct driver_conn *conn, const struct rvirt_wire_domain_get_interface_parameters_args *args,
	struct rvirt_wire_params_nparams_ret *ret)
{
	TEST_LOCKED(node, conn);
	struct domain *d;
	const struct domain_def *def;
	const struct node *net, *bandwidth;
	struct params params = {0};

	if (args_nparams(args->nparams, PARAMS_MAX) < 0 ||
		args_flags(FROM_TEST, args->flags, AFFECT | STRING_OKAY,
				   "testDomainGetInterfaceParameters") < 0)
		return -1;
	if (!args->nparams) {
		ret->nparams = N_BANDWIDTHS;
		return 0;
	}
	if (!(d = test_find(node, &args->dom)) || !(def = domain_one_def(d, args->flags, NULL)) ||
		!(net = find_interface(def, args->device)))
		return -1;
	bandwidth = node_child(net, "bandwidth");
	for (int i = 0; i < N_BANDWIDTHS; i++)
		params_uint(
			&params, bandwidths[i].param,
			(unsigned)node_attr_num(bandwidth ? node_child(bandwidth, bandwidths[i].element) : NULL,
									bandwidths[i].attr, 0));
	return params_give_max(&params, args->nparams, &ret->n_params, &ret->params);
}

/* Puts what the parameters say of one direction in place of what was there; a direction without
 * average and floor is none. */
static int set_direction(struct node *net, const char *element,
						 const struct rvirt_wire_domain_set_interface_parameters_args *args)
{
	struct node *bandwidth = node_child(net, "bandwidth"), *n;
	unsigned values[N_BANDWIDTHS] = {0};
	bool said = false, useful = false;

	for (int i = 0; i < N_BANDWIDTHS; i++) {
		const struct rvirt_wire_typed_param *t =
			params_find(args->params, args->n_params, bandwidths[i].param);
		bool main_figure =
			strcmp(bandwidths[i].attr, "average") == 0 || strcmp(bandwidths[i].attr, "floor") == 0;

		if (!t || strcmp(bandwidths[i].element, element) != 0)
			continue;
		values[i] = t->value.u.ui;
		said = said || main_figure;
		useful = useful || (main_figure && values[i]);
	}
	if (bandwidth && (useful || said))
		node_remove_all(bandwidth, element);
	/* one that was set to nothing stays as an empty element */
	if (!useful)
		return said && !node_need(net, "bandwidth") ? -1 : 0;
	if (!(bandwidth = node_need(net, "bandwidth")) || !(n = node_need(bandwidth, element)))
		return -1;
	for (int i = 0; i < N_BANDWIDTHS; i++)
		if (values[i] && strcmp(bandwidths[i].element, element) == 0 &&
			node_setf(n, bandwidths[i].attr, "%u", values[i]) < 0)
			return -1;
	return 0;
}

int test_domain_set_interface_parameters(
	struct driver_conn *conn, const struct rvirt_wire_domain_set_interface_parameters_args *args)
{
	struct param_rule rules[N_BANDWIDTHS + 1] = {0};
	TEST_LOCKED(node, conn);
	struct domain *d;
	const struct domain_def *def;
	struct node *net;

	for (int i = 0; i < N_BANDWIDTHS; i++)
		rules[i] = (struct param_rule){bandwidths[i].param, RVIRT_TYPED_PARAM_UINT};
	if (args_there(args->n_params ? args : NULL, "params", "virDomainSetInterfaceParameters") < 0 ||
		args_flags(FROM_TEST, args->flags, AFFECT, "testDomainSetInterfaceParameters") < 0 ||
		params_check(args->params, args->n_params, rules) < 0 ||
		!(d = test_find(node, &args->dom)) || !(def = domain_one_def(d, args->flags, NULL)) ||
		!(net = find_interface(def, args->device)))
		return -1;
	return set_direction(net, "inbound", args) < 0 || set_direction(net, "outbound", args) < 0 ? -1
																							   : 0;
}
