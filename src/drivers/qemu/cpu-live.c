/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What QEMU made of a guest's processor, before it runs.
 */
#include "config.h"
#include "drivers/qemu/cpu.h"

#include "base/buf.h"
#include "drivers/qemu/device.h"

#include <string.h>

/* Where the first virtual CPU stands. */
static const char path[] = "/machine/unattached/device[0]";

static bool is_word(const json_t *word, const struct cpu_feature *f)
{
	static const char *const registers[] = {"EAX", "EBX", "ECX", "EDX"};

	return f->source == CPU_SOURCE_CPUID && qmp_int(word, "cpuid-input-eax", -1) == f->leaf &&
		   qmp_int(word, "cpuid-input-ecx", 0) == f->subleaf &&
		   text_is(qmp_text(word, "cpuid-register"), registers[f->reg]);
}

static int ask_words(struct vm *vm, const char *property, struct cpu_set *ret_set)
{
	CLEANUP_JSON json_t *words = NULL;
	struct cpu_set set = {{0}};
	const json_t *word;
	size_t n;

	if (vm_call(vm, "qom-get", json_pack("{s:s, s:s}", "path", path, "property", property),
				&words) < 0)
		return -1;
	json_array_foreach(words, n, word)
	{
		uint32_t bits = (uint32_t)qmp_int(word, "features", 0);

		for (size_t i = 0; i < CPU_N_FEATURES; i++)
			if (is_word(word, cpu_feature_at(i)) && (bits >> cpu_feature_at(i)->bit & 1))
				cpu_set_put(&set, i, true);
	}
	*ret_set = set;
	return 0;
}

static bool has(const struct cpu_set *set, const char *name)
{
	int i = cpu_feature_find(name);

	return i >= 0 && cpu_set_has(set, (size_t)i);
}

/* Features of an MSR are asked for one by one, by guests that can read it. */
static int ask_msrs(struct vm *vm, struct cpu_set *set)
{
	if (!has(set, "arch-capabilities") && !has(set, "core-capability"))
		return 0;
	for (size_t i = 0; i < CPU_N_FEATURES; i++) {
		const struct cpu_feature *f = cpu_feature_at(i);
		CLEANUP_JSON json_t *value = NULL;

		if (f->source != CPU_SOURCE_MSR)
			continue;
		if (vm_call(vm, "qom-get", json_pack("{s:s, s:s}", "path", path, "property", f->qemu),
					&value) < 0)
			return -1;
		cpu_set_put(set, i, json_is_true(value));
	}
	return 0;
}

struct change {
	struct node *cpu;
	bool exact; /* nothing may change: it is gathered for the error */
	struct buf extra, missing;
};

static int change(struct change *c, const char *name, bool on)
{
	struct buf *b = on ? &c->extra : &c->missing;

	if (!c->exact)
		return cpu_put_policy(c->cpu, name, on ? "require" : "disable");
	return buf_printf(b, "%s%s", buf_len(b) ? "," : "", name);
}

static int apply(struct change *c, const struct cpu_set *enabled, const struct cpu_set *filtered)
{
	struct cpu_set wanted, unwanted = {{0}};
	bool own = !node_attr_is(c->cpu, "mode", "custom");

	if (cpu_features(c->cpu, CPU_EFFECTIVE, &wanted) < 0 ||
		(own && cpu_features(c->cpu, CPU_DISABLE, &unwanted) < 0))
		return -1;
	for (size_t i = 0; i < CPU_N_FEATURES; i++) {
		const char *name = cpu_feature_at(i)->name;
		bool on = cpu_set_has(enabled, i), want = cpu_set_has(&wanted, i);

		if (!want && (!own || cpu_set_has(&unwanted, i)) && on && change(c, name, true) < 0)
			return -1;
		if ((cpu_set_has(filtered, i) || (want && !on)) && change(c, name, false) < 0)
			return -1;
	}
	return cpu_disable_removed(c->cpu);
}

static int refuse(const struct change *c)
{
	const char *extra = (const char *)buf_at(&c->extra);
	const char *missing = (const char *)buf_at(&c->missing);

	if (extra && missing)
		return error_set(FROM_CPU, ERR_OPERATION_FAILED,
						 "guest CPU doesn't match specification: extra features: %s, missing "
						 "features: %s",
						 extra, missing);
	return error_set(FROM_CPU, ERR_OPERATION_FAILED,
					 "guest CPU doesn't match specification: %s features: %s",
					 extra ? "extra" : "missing", extra ? extra : missing);
}

/* A processor whose model is known here, or one that must be as it is said. */
static bool is_compared(const struct node *cpu)
{
	const struct node *model = node_child(cpu, "model");

	if (!cpu || !node_attr_is(cpu, "mode", "custom"))
		return node_attr_is(cpu, "check", "full");
	return model && model->text && cpu_model_find(model->text);
}

int qemu_cpu_learn(struct vm *vm)
{
	struct node *cpu = node_child(vm->d.def->root, "cpu");
	struct change c = {.cpu = cpu, .exact = node_attr_is(cpu, "check", "full")};
	struct cpu_set enabled, filtered;
	int res;

	if (!is_compared(cpu))
		return 0;
	if (ask_words(vm, "feature-words", &enabled) < 0 || ask_msrs(vm, &enabled) < 0 ||
		ask_words(vm, "filtered-features", &filtered) < 0)
		return -1;
	res = apply(&c, &enabled, &filtered);
	if (res == 0 && (buf_len(&c.extra) || buf_len(&c.missing)))
		res = refuse(&c);
	buf_clear(&c.extra);
	buf_clear(&c.missing);
	return res < 0 ? -1 : node_set(cpu, "check", "full");
}
