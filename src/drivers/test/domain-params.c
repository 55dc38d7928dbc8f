/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A domain's tunables as lists of parameters: scheduler, memory, block I/O, NUMA, CPU figures. A
 * caller that asks for none (nparams 0) is told how many there are.
 */
#include "config.h"
#include "drivers/args.h"
#include "drivers/params.h"
#include "drivers/test/domain.h"
#include "drivers/test/ops.h"

#include "base/error.h"
#include "conf/value.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { PARAMS_MAX = 16 };
enum { AFFECT = RVIRT_DOMAIN_AFFECT_LIVE | RVIRT_DOMAIN_AFFECT_CONFIG, STRING_OKAY = 4 };

static const struct param_rule scheduler_rules[] = {{"weight", RVIRT_TYPED_PARAM_UINT}, {0}};

int test_domain_get_scheduler_type(struct driver_conn *conn, const struct rvirt_wire_dom_args *args,
								   struct rvirt_wire_type_nparams_ret *ret)
{
	(void)conn;
	(void)args;
	if (!(ret->type = strdup("fair")))
		return error_oom();
	ret->nparams = 1;
	return 0;
}

static int get_scheduler(struct driver_conn *conn, const struct rvirt_wire_domain *dom, int nparams,
						 unsigned flags, const char *function, struct rvirt_wire_params_ret *ret)
{
	TEST_LOCKED(node, conn);
	struct params params = {0};

	if (args_nparams(nparams, PARAMS_MAX) < 0 ||
		args_there(nparams ? dom : NULL, "params", function) < 0)
		return -1;
	if (args_flags(FROM_TEST, flags, 0, "testDomainGetSchedulerParametersFlags") < 0 ||
		!test_find(node, dom))
		return -1;
	params_uint(&params, "weight", 50);
	return params_give(&params, &ret->n_params, &ret->params);
}

int test_domain_get_scheduler_parameters(struct driver_conn *conn,
										 const struct rvirt_wire_dom_nparams_args *args,
										 struct rvirt_wire_params_ret *ret)
{
	return get_scheduler(conn, &args->dom, args->nparams, 0, "virDomainGetSchedulerParameters",
						 ret);
}

int test_domain_get_scheduler_parameters_flags(struct driver_conn *conn,
											   const struct rvirt_wire_dom_nparams_flags_args *args,
											   struct rvirt_wire_params_ret *ret)
{
	if (args_nparams(args->nparams, PARAMS_MAX) < 0 ||
		args_exclusive(args->flags, "virDomainGetSchedulerParametersFlags") < 0)
		return -1;
	/* libvirt sets this flag itself, and then refuses it */
	return get_scheduler(conn, &args->dom, args->nparams, args->flags | STRING_OKAY,
						 "virDomainGetSchedulerParametersFlags", ret);
}

/* The weight is checked and forgotten. */
static int set_scheduler(struct driver_conn *conn, const struct rvirt_wire_domain *dom,
						 const struct rvirt_wire_typed_param *params, uint32_t n, unsigned flags,
						 const char *function)
{
	TEST_LOCKED(node, conn);

	if (args_there(n ? params : NULL, "params", function) < 0 ||
		args_flags(FROM_TEST, flags, 0, "testDomainSetSchedulerParametersFlags") < 0 ||
		params_check(params, n, scheduler_rules) < 0)
		return -1;
	return test_find(node, dom) ? 0 : -1;
}

int test_domain_set_scheduler_parameters(struct driver_conn *conn,
										 const struct rvirt_wire_dom_params_args *args)
{
	return set_scheduler(conn, &args->dom, args->params, args->n_params, 0,
						 "virDomainSetSchedulerParameters");
}

int test_domain_set_scheduler_parameters_flags(struct driver_conn *conn,
											   const struct rvirt_wire_dom_params_flags_args *args)
{
	return set_scheduler(conn, &args->dom, args->params, args->n_params, args->flags,
						 "virDomainSetSchedulerParametersFlags");
}

/* How many parameters are asked for: -1 with the error set, 0 for their count, which is then in
 * *ret_n. */
static int asked(const struct rvirt_wire_dom_nparams_flags_args *args, int all, const char *api,
				 const char *function, int32_t *ret_n)
{
	if (args_nparams(args->nparams, PARAMS_MAX) < 0 || args_exclusive(args->flags, api) < 0 ||
		args_flags(FROM_TEST, args->flags, AFFECT | STRING_OKAY, function) < 0)
		return -1;
	*ret_n = args->nparams ? 0 : all;
	return args->nparams;
}

static struct domain_def *getter(struct test_node *node,
								 const struct rvirt_wire_dom_nparams_flags_args *args)
{
	struct domain *d = test_find(node, &args->dom);

	return d ? domain_one_def(d, args->flags, NULL) : NULL;
}

static struct domain_def *setter(struct test_node *node,
								 const struct rvirt_wire_dom_params_flags_args *args,
								 const struct param_rule *rules, const char *function)
{
	struct domain *d;
	char api[64];

	/* testDomainX is the driver's part of virDomainX */
	snprintf(api, sizeof api, "vir%s", function + strlen("test"));
	if (args_there(args->n_params ? args : NULL, "params", api) < 0 ||
		args_flags(FROM_TEST, args->flags, AFFECT, function) < 0 ||
		params_check(args->params, args->n_params, rules) < 0 || !(d = test_find(node, &args->dom)))
		return NULL;
	return domain_one_def(d, args->flags, NULL);
}

/* Memory limits in KiB; this much is no limit. */
static const unsigned long long no_limit = 9007199254740991;
static const struct param_rule memory_rules[] = {{"hard_limit", RVIRT_TYPED_PARAM_ULLONG},
												 {"soft_limit", RVIRT_TYPED_PARAM_ULLONG},
												 {"swap_hard_limit", RVIRT_TYPED_PARAM_ULLONG},
												 {0}};

static unsigned long long limit_of(const struct domain_def *def, const char *name)
{
	const struct node *tune = node_child(def->root, "memtune");

	return (unsigned long long)node_num(tune ? node_child(tune, name) : NULL, (long long)no_limit);
}

int test_domain_get_memory_parameters(struct driver_conn *conn,
									  const struct rvirt_wire_dom_nparams_flags_args *args,
									  struct rvirt_wire_params_nparams_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct domain_def *def;
	struct params params = {0};
	int n = asked(args, 3, "virDomainGetMemoryParameters", "testDomainGetMemoryParameters",
				  &ret->nparams);

	if (n <= 0)
		return n;
	if (!(def = getter(node, args)))
		return -1;
	for (const struct param_rule *r = memory_rules; r->name; r++)
		params_ull(&params, r->name, limit_of(def, r->name));
	return params_give_max(&params, n, &ret->n_params, &ret->params);
}

static int set_limit(struct domain_def *def, const char *name, unsigned long long value)
{
	char path[48], text[24];

	snprintf(path, sizeof path, "memtune/%s", name);
	snprintf(text, sizeof text, "%llu", value);
	return domain_def_set_text(def, path, value < no_limit ? text : NULL);
}

int test_domain_set_memory_parameters(struct driver_conn *conn,
									  const struct rvirt_wire_dom_params_flags_args *args)
{
	TEST_LOCKED(node, conn);
	struct domain_def *def = setter(node, args, memory_rules, "testDomainSetMemoryParameters");
	const struct rvirt_wire_typed_param *hard, *swap;
	const struct domain *d;
	unsigned long long hard_limit, swap_limit;

	if (!def || !(d = test_find(node, &args->dom)))
		return -1;
	hard = params_find(args->params, args->n_params, "hard_limit");
	swap = params_find(args->params, args->n_params, "swap_hard_limit");
	hard_limit = hard ? hard->value.u.ul : limit_of(d->def, "hard_limit");
	swap_limit = swap ? swap->value.u.ul : limit_of(d->def, "swap_hard_limit");
	if ((hard || swap) && hard_limit > swap_limit)
		return error_set(FROM_TEST, ERR_INVALID_ARG,
						 "memory hard_limit tunable value must be lower than or equal to "
						 "swap_hard_limit");
	for (uint32_t i = 0; i < args->n_params; i++)
		if (set_limit(def, args->params[i].field, args->params[i].value.u.ul) < 0)
			return -1;
	return 0;
}

/* A device's figures in <blkiotune><device>, and the parameter's name for each. */
static const struct {
	const char *param, *element;
} blkio_devices[] = {{"device_weight", "weight"},
					 {"device_read_iops_sec", "read_iops_sec"},
					 {"device_write_iops_sec", "write_iops_sec"},
					 {"device_read_bytes_sec", "read_bytes_sec"},
					 {"device_write_bytes_sec", "write_bytes_sec"}};
enum { N_BLKIO_DEVICES = sizeof blkio_devices / sizeof blkio_devices[0] };

/* Adds "path,value,path,value" of one figure. */
static void add_blkio_device(struct params *params, const struct domain_def *def, int i)
{
	CLEANUP_BUF struct buf b = {0};

	NODE_EACH(device, node_child(def->root, "blkiotune"), "device")
	{
		const struct node *path = node_child(device, "path");
		const struct node *value = node_child(device, blkio_devices[i].element);

		if (path && value && node_num(value, 0) &&
			buf_printf(&b, "%s%s,%s", buf_len(&b) ? "," : "", path->text, value->text) < 0)
			params->failed = true;
	}
	params_string(params, blkio_devices[i].param, buf_len(&b) ? (char *)buf_at(&b) : "");
}

int test_domain_get_blkio_parameters(struct driver_conn *conn,
									 const struct rvirt_wire_dom_nparams_flags_args *args,
									 struct rvirt_wire_params_nparams_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct domain_def *def;
	struct params params = {0};
	int n = asked(args, 1 + N_BLKIO_DEVICES, "virDomainGetBlkioParameters",
				  "testDomainGetBlkioParameters", &ret->nparams);

	if (n <= 0)
		return n;
	if (!(def = getter(node, args)))
		return -1;
	params_uint(&params, "weight",
				(unsigned)node_num(node_child(def->root, "blkiotune/weight"), 0));
	for (int i = 0; i < N_BLKIO_DEVICES && args->flags & STRING_OKAY; i++)
		add_blkio_device(&params, def, i);
	return params_give_max(&params, n, &ret->n_params, &ret->params);
}

/* The <device> of a path, made if need be; NULL with NO_MEMORY. */
static struct node *blkio_device(struct domain_def *def, const char *path)
{
	struct node *tune = node_need(def->root, "blkiotune"), *device, *name;

	NODE_EACH(found, tune, "device")
	{
		if (node_text_is(node_child(found, "path"), path))
			return found;
	}
	device = tune ? node_add(tune, "device") : NULL;
	name = device ? node_add(device, "path") : NULL;
	return name && node_set_text(name, path) == 0 ? device : NULL;
}

/* 0 is as good as none; a device without a figure is left out. */
static int set_blkio_figure(struct domain_def *def, const char *path, const char *element,
							unsigned long long value)
{
	struct node *device = blkio_device(def, path), *n;

	if (!device)
		return -1;
	if (value)
		return (n = node_need(device, element)) ? node_set_textf(n, "%llu", value) : -1;
	node_remove_all(device, element);
	if (!device->children->next)
		node_remove(device);
	return 0;
}

/* Reads "path,value,path,value"; def NULL: only checks. 0 or -1. */
static int set_blkio_device(struct domain_def *def, const struct rvirt_wire_typed_param *t)
{
	CLEANUP_FREE char *copy = strdup(t->value.u.s);
	char *rest = copy, *path, *number;
	const char *element = t->field + strlen("device_");
	unsigned long long value, max = ULLONG_MAX;

	if (!copy)
		return error_oom();
	if (strcmp(element, "weight") == 0 || strstr(element, "iops"))
		max = UINT_MAX;
	while (rest && *rest) {
		path = strsep(&rest, ",");
		number = strsep(&rest, ",");
		/* a number with something behind it */
		if (!number || !*path ||
			(isdigit((unsigned char)*number) && number[strspn(number, "0123456789")]))
			return error_set(FROM_DOMAIN, ERR_INVALID_ARG, "unable to parse blkio device '%s' '%s'",
							 t->field, t->value.u.s);
		if (value_parse_ull(number, 10, &value) < 0 || value > max)
			return error_set(FROM_DOMAIN, ERR_INVALID_ARG,
							 "invalid value '%s' for parameter '%s' of device '%s'", number,
							 t->field, path);
		if (def && set_blkio_figure(def, path, element, value) < 0)
			return -1;
	}
	return 0;
}

int test_domain_set_blkio_parameters(struct driver_conn *conn,
									 const struct rvirt_wire_dom_params_flags_args *args)
{
	static const struct param_rule rules[] = {{"weight", RVIRT_TYPED_PARAM_UINT},
											  {"device_weight", RVIRT_TYPED_PARAM_STRING},
											  {"device_read_iops_sec", RVIRT_TYPED_PARAM_STRING},
											  {"device_write_iops_sec", RVIRT_TYPED_PARAM_STRING},
											  {"device_read_bytes_sec", RVIRT_TYPED_PARAM_STRING},
											  {"device_write_bytes_sec", RVIRT_TYPED_PARAM_STRING},
											  {0}};
	TEST_LOCKED(node, conn);
	struct domain_def *def = setter(node, args, rules, "testDomainSetBlkioParameters");
	char weight[16];

	if (!def)
		return -1;
	for (uint32_t i = 0; i < args->n_params; i++)
		if (args->params[i].value.type == RVIRT_TYPED_PARAM_STRING &&
			set_blkio_device(NULL, &args->params[i]) < 0)
			return -1;
	for (uint32_t i = 0; i < args->n_params; i++) {
		const struct rvirt_wire_typed_param *t = &args->params[i];

		if (t->value.type == RVIRT_TYPED_PARAM_STRING) {
			if (set_blkio_device(def, t) < 0)
				return -1;
			continue;
		}
		snprintf(weight, sizeof weight, "%u", t->value.u.ui);
		if (domain_def_set_text(def, "blkiotune/weight", t->value.u.ui ? weight : NULL) < 0)
			return -1;
	}
	return 0;
}
