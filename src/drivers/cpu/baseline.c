/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The processor that several ones have in common.
 */
#include "config.h"
#include "drivers/cpu/cpu.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

void cpu_list_clear(struct cpu_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		def_free(list->defs[i]);
	free(list->defs);
	list->defs = NULL;
	list->n = 0;
}

int cpu_list_read(char *const *xml, size_t n, bool host, struct cpu_list *ret_list)
{
	const struct def_kind *kind = host ? def_kind_host_cpu() : def_kind_cpu();
	CLEANUP_CPU_LIST struct cpu_list list = {NULL, 0};

	if (!n)
		return error_set(FROM_CPU, ERR_INVALID_ARG, "no CPUs given");
	if (!(list.defs = calloc(n, sizeof *list.defs)))
		return error_oom();
	for (; list.n < n; list.n++)
		if (def_parse(kind, xml[list.n], 0, &list.defs[list.n]) < 0)
			return -1;
	*ret_list = list;
	list.defs = NULL;
	list.n = 0;
	return 0;
}

/* What the processors have in common, as far as it was gathered. */
struct common {
	struct cpu_data data;
	const struct cpu_model **models; /* different ones, up to NULL */
	size_t n_models;
	bool name_vendor; /* every one has said it */
};

static void add_model(struct common *c, const struct cpu_model *m)
{
	for (size_t i = 0; i < c->n_models; i++)
		if (c->models[i] == m)
			return;
	c->models[c->n_models++] = m;
}

/* The first processor's vendor counts if it is said, the others' also if their models have one. */
static int add_vendor(struct common *c, const char *said, const struct cpu_model *m, bool first)
{
	const char *name = said;

	if (!first && said && m->vendor && strcmp(said, m->vendor) != 0)
		return error_set(FROM_CPU, ERR_OPERATION_FAILED,
						 "CPU vendor %s of model %s differs from vendor %s", m->vendor, m->name,
						 said);
	if (!said)
		c->name_vendor = false;
	if (!said && !first)
		name = m->vendor;
	if (!name)
		return 0;
	if (!c->data.vendor) {
		if (!(c->data.vendor = cpu_vendor_find(name)))
			return error_set(FROM_CPU, ERR_OPERATION_FAILED, "Unknown CPU vendor %s", name);
		return 0;
	}
	return strcmp(c->data.vendor, name) == 0
			   ? 0
			   : error_set(FROM_CPU, ERR_OPERATION_FAILED, "CPU vendors do not match");
}

static int add_cpu(struct common *c, const struct def *def, bool first)
{
	struct cpu_set set;

	if (cpu_features(def->root, CPU_EFFECTIVE, &set) < 0)
		return -1;

	const struct cpu_model *m = cpu_model_find(def_text(def, "model"));

	if (!m || add_vendor(c, def_text(def, "vendor"), m, first) < 0)
		return -1;
	add_model(c, m);
	if (first)
		c->data.features = set;
	else
		cpu_set_intersect(&c->data.features, &set);
	return 0;
}

static struct def *describe(const struct common *c, const struct cpu_wish *wish)
{
	struct cpu_wish own = *wish;
	struct def *def;

	own.preferred = c->models;
	if (!(def = cpu_decode(&c->data, &own)))
		return NULL;
	if (c->n_models == 1 && node_text_is(node_child(def->root, "model"), c->models[0]->name))
		node_set(node_child(def->root, "model"), "fallback", "forbid");
	if (!c->name_vendor)
		node_remove_all(def->root, "vendor");
	return def;
}

struct def *cpu_baseline(const struct cpu_list *list, const char *arch, const struct cpu_set *known,
						 const struct cpu_wish *wish)
{
	CLEANUP_FREE const struct cpu_model **models = calloc(list->n + 1, sizeof(void *));
	struct common c = {.models = models, .name_vendor = true};
	int all;

	if (!models) {
		error_oom();
		return NULL;
	}
	for (size_t i = 0; i < list->n; i++) {
		if (!def_text(list->defs[i], "model")) {
			error_set(FROM_CPU, ERR_INVALID_ARG, "no CPU model specified at index %zu", i);
			return NULL;
		}
	}
	arch = arch ? arch : def_text(list->defs[0], "arch");
	if ((all = cpu_arch_known(arch)) < 0)
		return NULL;
	if (!all) {
		error_set(FROM_CPU, ERR_NO_SUPPORT, "cannot compute baseline CPU of %s architecture", arch);
		return NULL;
	}
	for (size_t i = 0; i < list->n; i++)
		if (add_cpu(&c, list->defs[i], i == 0) < 0)
			return NULL;
	if (known)
		cpu_set_intersect(&c.data.features, known);
	if (!cpu_set_count(&c.data.features)) {
		error_set(FROM_CPU, ERR_OPERATION_FAILED, "CPUs are incompatible");
		return NULL;
	}
	return describe(&c, wish);
}
