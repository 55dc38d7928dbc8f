/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Limits of memory and of disks in a definition.
 */
#include "config.h"
#include "drivers/domains/limits.h"

#include "base/buf.h"
#include "conf/value.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- memory -- */

static const struct param_rule memory_rules[] = {{"hard_limit", RVIRT_TYPED_PARAM_ULLONG},
												 {"soft_limit", RVIRT_TYPED_PARAM_ULLONG},
												 {"swap_hard_limit", RVIRT_TYPED_PARAM_ULLONG},
												 {0}};

unsigned long long domain_memory_limit(const struct domain_def *def, const char *name)
{
	const struct node *tune = node_child(def->root, "memtune");

	return (unsigned long long)node_num(tune ? node_child(tune, name) : NULL,
										(long long)DOMAIN_NO_LIMIT);
}

void domain_put_memory(struct params *params, const struct domain_def *def)
{
	for (const struct param_rule *r = memory_rules; r->name; r++)
		params_ull(params, r->name, domain_memory_limit(def, r->name));
}

int domain_check_memory_names(const struct rvirt_wire_typed_param *list, uint32_t n)
{
	return params_check(list, n, memory_rules);
}

int domain_check_memory(const struct rvirt_wire_typed_param *list, uint32_t n,
						const struct domain_def *def, enum error_domain from)
{
	const struct rvirt_wire_typed_param *hard = params_find(list, n, "hard_limit");
	const struct rvirt_wire_typed_param *swap = params_find(list, n, "swap_hard_limit");
	unsigned long long hard_limit, swap_limit;

	hard_limit = hard ? hard->value.u.ul : domain_memory_limit(def, "hard_limit");
	swap_limit = swap ? swap->value.u.ul : domain_memory_limit(def, "swap_hard_limit");
	if ((hard || swap) && hard_limit > swap_limit)
		return error_set(from, ERR_INVALID_ARG,
						 "memory hard_limit tunable value must be lower than or equal to "
						 "swap_hard_limit");
	return 0;
}

static int set_limit(struct domain_def *def, const char *name, unsigned long long value)
{
	char path[48], text[24];

	snprintf(path, sizeof path, "memtune/%s", name);
	snprintf(text, sizeof text, "%llu", value);
	return domain_def_set_text(def, path, value < DOMAIN_NO_LIMIT ? text : NULL);
}

int domain_set_memory(struct domain_def *def, const struct rvirt_wire_typed_param *list, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (set_limit(def, list[i].field, list[i].value.u.ul) < 0)
			return -1;
	return 0;
}

/* -- disks -- */

static const struct domain_blkio blkio_devices[] = {
	{"device_weight", "weight", true},
	{"device_read_iops_sec", "read_iops_sec", false},
	{"device_write_iops_sec", "write_iops_sec", false},
	{"device_read_bytes_sec", "read_bytes_sec", false},
	{"device_write_bytes_sec", "write_bytes_sec", false}};
enum { N_BLKIO_DEVICES = sizeof blkio_devices / sizeof blkio_devices[0] };

const struct domain_blkio *domain_blkio_rows(size_t *ret_n)
{
	*ret_n = N_BLKIO_DEVICES;
	return blkio_devices;
}

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

void domain_put_blkio(struct params *params, const struct domain_def *def, bool strings)
{
	params_uint(params, "weight", (unsigned)node_num(node_child(def->root, "blkiotune/weight"), 0));
	for (int i = 0; i < N_BLKIO_DEVICES && strings; i++)
		add_blkio_device(params, def, i);
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

int domain_check_blkio(const struct rvirt_wire_typed_param *list, uint32_t n)
{
	struct param_rule rules[N_BLKIO_DEVICES + 2] = {{"weight", RVIRT_TYPED_PARAM_UINT}};

	for (int i = 0; i < N_BLKIO_DEVICES; i++)
		rules[i + 1] = (struct param_rule){blkio_devices[i].param, RVIRT_TYPED_PARAM_STRING};
	return params_check(list, n, rules);
}

int domain_set_blkio(struct domain_def *def, const struct rvirt_wire_typed_param *list, uint32_t n)
{
	char weight[16];

	for (uint32_t i = 0; i < n; i++)
		if (list[i].value.type == RVIRT_TYPED_PARAM_STRING && set_blkio_device(NULL, &list[i]) < 0)
			return -1;
	for (uint32_t i = 0; i < n; i++) {
		if (list[i].value.type == RVIRT_TYPED_PARAM_STRING) {
			if (set_blkio_device(def, &list[i]) < 0)
				return -1;
			continue;
		}
		snprintf(weight, sizeof weight, "%u", list[i].value.u.ui);
		if (domain_def_set_text(def, "blkiotune/weight", list[i].value.u.ui ? weight : NULL) < 0)
			return -1;
	}
	return 0;
}
