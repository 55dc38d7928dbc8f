/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pins in a definition, and sets of processors as they travel.
 */
#include "config.h"
#include "drivers/domains/threads.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

/* -- maps -- */

char *domain_map_text(const uint8_t *map, uint32_t n)
{
	struct bits b = {0};
	char *text;

	memcpy(b.b, map, n < sizeof b.b ? n : sizeof b.b);
	text = bits_text(&b);
	if (!text)
		error_oom();
	return text;
}

void domain_map_put(const struct bits *b, uint8_t *map, int len)
{
	memset(map, 0, (size_t)len);
	memcpy(map, b->b, (size_t)len < sizeof b->b ? (size_t)len : sizeof b->b);
}

int domain_map_give(const struct bits *b, uint32_t *ret_n, uint8_t **ret_map)
{
	uint32_t n = sizeof b->b;

	while (n > 0 && !b->b[n - 1])
		n--;
	if (!(*ret_map = malloc(n + 1)))
		return error_oom();
	memcpy(*ret_map, b->b, n);
	*ret_n = n;
	return 0;
}

int domain_maps_alloc(int n, int len, const char *argument, uint32_t *ret_n, uint8_t **ret_maps)
{
	if (n > DOMAIN_VCPUINFO_MAX)
		return error_set(FROM_RPC, ERR_INTERNAL_ERROR, "%s > REMOTE_VCPUINFO_MAX", argument);
	if (n < 0)
		return error_set(FROM_RPC, ERR_INTERNAL_ERROR, "%s must be non-negative", argument);
	if (len < 0 || (len && n > DOMAIN_CPUMAPS_MAX / len))
		return error_set(FROM_RPC, ERR_INTERNAL_ERROR, "%s * maplen > REMOTE_CPUMAPS_MAX",
						 argument);
	*ret_n = (uint32_t)n * (uint32_t)len;
	*ret_maps = calloc(*ret_n + 1, 1);
	return *ret_maps ? 0 : error_oom();
}

/* -- pins -- */

static struct node *find_pin(const struct domain_def *def, const char *element, const char *attr,
							 unsigned number)
{
	NODE_EACH(pin, node_child(def->root, "cputune"), element)
	{
		if (node_attr_num(pin, attr, -1) == (long long)number)
			return pin;
	}
	return NULL;
}

static const char *set_of(const struct domain_def *def, const struct node *pin)
{
	return node_attr(pin ? pin : node_child(def->root, "vcpu"), "cpuset");
}

const char *domain_vcpu_set(const struct domain_def *def, unsigned vcpu)
{
	return set_of(def, find_pin(def, "vcpupin", "vcpu", vcpu));
}

const char *domain_emulator_set(const struct domain_def *def)
{
	return set_of(def, node_child(def->root, "cputune/emulatorpin"));
}

const char *domain_iothread_set(const struct domain_def *def, unsigned id)
{
	return set_of(def, find_pin(def, "iothreadpin", "iothread", id));
}

static int pin(struct domain_def *def, const char *element, const char *attr, unsigned number,
			   const char *set)
{
	struct node *n = find_pin(def, element, attr, number), *tune;

	if (!n && (!(tune = node_need(def->root, "cputune")) || !(n = node_add(tune, element)) ||
			   node_setf(n, attr, "%u", number) < 0))
		return -1;
	return node_set(n, "cpuset", set);
}

int domain_pin_vcpu(struct domain_def *def, unsigned vcpu, const char *set)
{
	if (pin(def, "vcpupin", "vcpu", vcpu, set) < 0)
		return -1;
	node_sort(node_child(def->root, "cputune"), "vcpupin", node_compare_number, "vcpu");
	return 0;
}

int domain_pin_emulator(struct domain_def *def, const char *set)
{
	struct node *tune = node_need(def->root, "cputune");
	struct node *n = tune ? node_need(tune, "emulatorpin") : NULL;

	return n ? node_set(n, "cpuset", set) : -1;
}

int domain_pin_iothread(struct domain_def *def, unsigned id, const char *set)
{
	return pin(def, "iothreadpin", "iothread", id, set);
}
