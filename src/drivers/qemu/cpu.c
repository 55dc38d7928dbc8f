/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a binary answered about processors as features and models; what a guest's becomes at its
 * start.
 */
#include "config.h"
#include "drivers/qemu/cpu.h"

#include "drivers/qemu/device.h"

#include <string.h>

static bool find_model(const void *context, const char *name, struct cpu_set *ret_blockers)
{
	const json_t *cpu = json_object_get(context, name), *feature;
	size_t i;

	if (!cpu)
		return false;
	memset(ret_blockers, 0, sizeof *ret_blockers);
	json_array_foreach(json_object_get(cpu, "unavailable-features"), i, feature)
	{
		const char *text = json_string_value(feature);
		int f = text ? cpu_feature_find_qemu(text) : -1;

		if (f >= 0)
			cpu_set_put(ret_blockers, (size_t)f, true);
	}
	return true;
}

struct cpu_models qemu_cpu_models(const struct qemu_caps *caps, bool kvm)
{
	return (struct cpu_models){.find = find_model, .context = qemu_caps_cpus(caps, kvm)};
}

/* The properties that are features; on: that are true. */
static void add_features(const json_t *model, bool on, struct cpu_set *set)
{
	json_t *props = json_object_get(model, "props"), *value;
	const char *name;

	json_object_foreach(props, name, value)
	{
		int f = json_is_boolean(value) ? cpu_feature_find_qemu(name) : -1;

		if (f >= 0 && (!on || json_is_true(value)))
			cpu_set_put(set, (size_t)f, true);
	}
}

bool qemu_cpu_known(const struct qemu_caps *caps, bool kvm, bool migratable,
					struct cpu_set *ret_set)
{
	const json_t *model = qemu_caps_max_cpu(caps, kvm, true);
	struct cpu_set set = {{0}}, stays = {{0}}, all = {{0}};

	if (!model)
		return false;
	add_features(model, false, &set);
	if (migratable) {
		add_features(model, true, &stays);
		add_features(qemu_caps_max_cpu(caps, kvm, false), true, &all);
		cpu_set_subtract(&all, &stays);
		cpu_set_subtract(&set, &all);
	}
	*ret_set = set;
	return true;
}

/* What QEMU gives at most. */
static bool most_of(const struct qemu_caps *caps, bool kvm, bool migratable, struct cpu_data *ret)
{
	const json_t *model = qemu_caps_max_cpu(caps, kvm, true);
	const json_t *props = json_object_get(model, "props");
	const char *vendor = qmp_text(props, "vendor");

	if (!props)
		return false;
	*ret = (struct cpu_data){.vendor = vendor ? cpu_vendor_of(vendor) : NULL,
							 .family = (unsigned)qmp_int(props, "family", 0),
							 .model = (unsigned)qmp_int(props, "model", 0),
							 .stepping = (unsigned)qmp_int(props, "stepping", 0),
							 .has_signature = true};
	add_features(model, true, &ret->features);
	if (!migratable)
		add_features(qemu_caps_max_cpu(caps, kvm, false), true, &ret->features);
	return true;
}

static void forbid_fallback(struct def *def)
{
	node_set(node_child(def->root, "model"), "fallback", "forbid");
}

/* What the host has, and what QEMU adds to it. */
static struct def *full_of(const struct def *most)
{
	static const struct cpu_wish any = {.models = NULL};
	CLEANUP(cleanup_def) struct def *def = NULL, *all = def_copy(most);
	struct cpu_data data;

	if (!all || !cpu_host_data(&data) || cpu_expand(all->root) < 0 ||
		!(def = cpu_decode(&data, &any)))
		return NULL;
	NODE_EACH(f, all->root, "feature")
	{
		if (node_attr_is(f, "policy", "require") &&
			cpu_put_policy(def->root, node_attr(f, "name"), "require") < 0)
			return NULL;
	}
	return steal(&def);
}

struct def *qemu_cpu_best(const struct qemu_caps *caps, bool kvm, enum qemu_cpu_kind kind)
{
	struct cpu_models models = qemu_cpu_models(caps, kvm);
	struct cpu_data data;
	struct def *def, *full;

	if (!most_of(caps, kvm, kind == QEMU_CPU_MIGRATABLE, &data))
		return NULL;
	if (!(def = cpu_decode(&data, &(struct cpu_wish){.models = &models}))) {
		error_reset();
		return NULL;
	}
	forbid_fallback(def);
	if (kind == QEMU_CPU_FULL && kvm && (full = full_of(def))) {
		def_free(def);
		def = full;
	}
	error_reset();
	return def;
}

struct def *qemu_cpu_of_host(void)
{
	static const struct cpu_wish wish = {.host = true};
	struct cpu_data data;
	struct def *def = cpu_host_data(&data) ? cpu_decode(&data, &wish) : NULL;

	if (!def)
		error_reset();
	return def;
}

/* -- a guest's -- */

static bool is_own_model(const struct node *cpu)
{
	return node_attr_is(cpu, "mode", "host-passthrough") || node_attr_is(cpu, "mode", "maximum");
}

/* A model that is known here: QEMU's others are as QEMU has them. */
static bool is_described(const struct node *cpu)
{
	const struct node *model = node_child(cpu, "model");

	return node_attr_is(cpu, "mode", "host-model") ||
		   (model && model->text && cpu_model_find(model->text));
}

static int check_forbidden(const struct node *cpu, const struct node *host)
{
	NODE_EACH(f, cpu, "feature")
	{
		if (!node_attr_is(f, "policy", "forbid"))
			continue;
		NODE_EACH(h, host, "feature")
		{
			if (node_attr_is(h, "name", node_attr(f, "name")) &&
				!node_attr_is(h, "policy", "disable"))
				return error_set(FROM_CPU, ERR_CPU_INCOMPATIBLE,
								 "Host CPU provides forbidden feature '%s'", node_attr(f, "name"));
		}
	}
	return 0;
}

/* What counts bandwidth and is the kernel's own is nothing for guests. */
static bool is_for_guests(const struct node *feature, const void *context)
{
	static const char *const not [] = {"cmt", "mbm_total", "mbm_local", "osxsave", "ospke"};

	(void)context;
	for (size_t i = 0; i < sizeof not / sizeof not [0]; i++)
		if (node_attr_is(feature, "name", not [i]))
			return false;
	return true;
}

void qemu_cpu_filter(struct node *cpu)
{
	cpu_filter(cpu, is_for_guests, NULL);
}

/* What QEMU does not know is not there without being said. */
static bool is_to_be_said(const struct node *feature, const void *context)
{
	int i = cpu_feature_find(node_attr(feature, "name"));

	return (!node_attr_is(feature, "policy", "disable") &&
			!node_attr_is(feature, "policy", "forbid")) ||
		   i < 0 || cpu_set_has(context, (size_t)i);
}

/* A model that the binary lacks, in words that it has. */
static int translate(struct node *cpu, const struct qemu_caps *caps, bool kvm)
{
	struct node *model = node_child(cpu, "model"), *own;
	const struct cpu_model *m = cpu_model_find(model->text);
	struct cpu_models models = qemu_cpu_models(caps, kvm);
	CLEANUP(cleanup_def) struct def *def = NULL;
	struct cpu_data data = {.vendor = m ? m->vendor : NULL};

	if (json_object_get(qemu_caps_cpus(caps, kvm), model->text))
		return 0;
	if (!m || node_attr_is(model, "fallback", "forbid"))
		return error_set(FROM_CPU, ERR_CONFIG_UNSUPPORTED,
						 "CPU model %s is not supported by hypervisor", model->text);
	if (m->n_signatures) {
		data.has_signature = true;
		data.family = m->signatures[0].family;
		data.model = m->signatures[0].model;
		while (!(m->signatures[0].steppings >> data.stepping & 1))
			data.stepping++;
	}
	if (cpu_features(cpu, CPU_EFFECTIVE, &data.features) < 0 ||
		!(def = cpu_decode(&data, &(struct cpu_wish){.models = &models})))
		return -1;
	NODE_EACH(f, cpu, "feature")
	{
		if (cpu_put_policy(def->root, node_attr(f, "name"), node_attr(f, "policy")) < 0)
			return -1;
	}
	own = node_child(def->root, "model");
	node_remove_all(cpu, "feature");
	NODE_EACH(f, def->root, "feature")
	{
		if (cpu_put_policy(cpu, node_attr(f, "name"), node_attr(f, "policy")) < 0)
			return -1;
	}
	return node_set_text(model, own->text);
}

static int settle(struct node *cpu, const struct qemu_caps *caps, bool kvm, const struct node *full)
{
	CLEANUP(cleanup_def) struct def *host = qemu_cpu_best(caps, kvm, QEMU_CPU_MIGRATABLE);
	int unused;

	if (node_attr_is(cpu, "check", "partial") && is_described(cpu) &&
		cpu_compare(full, cpu, true, &unused) < 0)
		return -1;
	if (is_described(cpu) &&
		(cpu_settle(cpu, host ? host->root : NULL) < 0 || translate(cpu, caps, kvm) < 0))
		return -1;
	return node_set(node_child(cpu, "model"), "fallback", "forbid");
}

int qemu_cpu_prepare(struct node *root, const struct qemu_caps *caps)
{
	struct node *cpu = node_child(root, "cpu"), *model = node_child(cpu, "model");
	CLEANUP(cleanup_def) struct def *full = NULL;
	bool kvm = is(root, "type", "kvm");
	struct cpu_set known;

	if (!cpu || (node_attr_is(cpu, "mode", "custom") && !(model && model->text)))
		return 0;
	full = qemu_cpu_best(caps, kvm, QEMU_CPU_FULL);
	if (!node_attr_is(cpu, "check", "none") && full && check_forbidden(cpu, full->root) < 0)
		return -1;
	if (!is_own_model(cpu) && settle(cpu, caps, kvm, full ? full->root : NULL) < 0)
		return -1;
	qemu_cpu_filter(cpu);
	if (qemu_cpu_known(caps, kvm, false, &known))
		cpu_filter(cpu, is_to_be_said, &known);
	return 0;
}
