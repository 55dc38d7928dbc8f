/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From a set of features to the model that describes it best, as libvirt chooses it: of the models
 * of the same vendor, newest first, one with the real processor's signature before others, then the
 * one with the fewest words.
 */
#include "config.h"
#include "drivers/cpu/cpu.h"

#include "base/error.h"

#include <string.h>

struct candidate {
	const struct cpu_model *model; /* NULL: none yet */
	struct cpu_set extra, disabled;
	size_t words, penalty; /* penalty: of words, for what is disabled */
	bool signature;
};

/* Of features that a model has too much, libvirt counts the first half, each of them for one more
 * than the one before, from 2 on. */
static void weigh(struct candidate *c, bool host)
{
	size_t enabled = cpu_set_count(&c->extra), disabled = cpu_set_count(&c->disabled);
	size_t counted = host ? 0 : (disabled + 1) / 2;

	for (size_t i = 0; i < counted; i++)
		c->penalty += 2 + i;
	c->words = enabled + disabled - counted + c->penalty;
}

static bool try(const struct cpu_model *m, const struct cpu_data *data, const struct cpu_wish *wish,
				struct candidate *ret)
{
	struct candidate c = {.model = m, .extra = data->features, .disabled = m->features};
	struct cpu_set blockers = {{0}}, removed = m->removed;

	if (wish->models && !wish->models->find(wish->models->context, m->name, &blockers))
		return false;
	if (data->vendor && m->vendor && strcmp(data->vendor, m->vendor) != 0)
		return false;
	if (!(m->use & (wish->host ? CPU_DESCRIBES_HOST : CPU_DESCRIBES_GUEST)))
		return false;
	cpu_set_subtract(&c.extra, &m->features);
	cpu_set_subtract(&c.disabled, &data->features);
	cpu_set_subtract(&blockers, &c.extra);
	cpu_set_add(&c.disabled, &blockers);
	if (!wish->host) {
		cpu_set_subtract(&removed, &c.extra);
		cpu_set_add(&c.disabled, &removed);
	} else if (cpu_set_count(&c.disabled)) {
		return false;
	}
	c.signature =
		data->has_signature && cpu_model_is_signature(m, data->family, data->model, data->stepping);
	weigh(&c, wish->host);
	*ret = c;
	return true;
}

static bool is_preferred(const struct cpu_wish *wish, const struct cpu_model *m)
{
	for (const struct cpu_model **p = wish->preferred; p && *p; p++)
		if (*p == m)
			return true;
	return false;
}

static bool is_better(const struct candidate *c, const struct candidate *best,
					  const struct cpu_wish *wish)
{
	if (!best->model || c->signature != best->signature)
		return !best->model || c->signature;
	return c->words < best->words || (c->words == best->words && c->penalty < best->penalty) ||
		   (is_preferred(wish, c->model) && c->penalty < best->penalty);
}

/* Some early processors with TSX have it broken. */
static void drop_broken(struct cpu_data *data)
{
	static const char *const tsx[] = {"hle", "rtm"};
	unsigned m = data->model;

	if (data->family != 6 || !data->vendor || strcmp(data->vendor, "Intel") != 0 ||
		!((m == 63 && data->stepping < 4) || m == 60 || m == 69 || m == 70))
		return;
	for (size_t i = 0; i < 2; i++)
		cpu_set_put(&data->features, (size_t)cpu_feature_find(tsx[i]), false);
}

static int put_all(struct node *cpu, const struct cpu_set *set, const char *policy,
				   const struct cpu_wish *wish)
{
	for (size_t i = 0; i < CPU_N_FEATURES; i++) {
		const struct cpu_feature *f = cpu_feature_at(i);

		if (cpu_set_has(set, i) && (f->migratable || !wish->migratable) &&
			cpu_put_policy(cpu, f->name, policy) < 0)
			return -1;
	}
	return 0;
}

static struct def *describe(const struct candidate *c, const struct cpu_data *data,
							const struct cpu_wish *wish)
{
	CLEANUP(cleanup_def) struct def *def = cpu_def_new(c->model->name);
	struct cpu_set missing = c->model->features, removed = c->disabled;
	struct node *vendor;

	if (!def)
		return NULL;
	if (data->vendor &&
		(!(vendor = node_add(def->root, "vendor")) || node_set_text(vendor, data->vendor) < 0))
		return NULL;
	/* what it had once comes last */
	cpu_set_intersect(&removed, &c->model->removed);
	cpu_set_subtract(&removed, &missing);
	missing = c->disabled;
	cpu_set_subtract(&missing, &removed);
	if (put_all(def->root, &c->extra, "require", wish) < 0 ||
		put_all(def->root, &missing, "disable", wish) < 0 ||
		put_all(def->root, &removed, "disable", wish) < 0)
		return NULL;
	return steal(&def);
}

struct def *cpu_decode(const struct cpu_data *from, const struct cpu_wish *wish)
{
	struct candidate best = {.model = NULL}, c;
	struct cpu_data data = *from;
	const struct cpu_model **p = wish->preferred;
	const struct cpu_model *only = p && p[0] && !p[1] ? p[0] : NULL;

	drop_broken(&data);
	for (size_t i = cpu_n_models(); i-- > 0;) {
		const struct cpu_model *m = cpu_model_at(i);

		if (!try(m, &data, wish, &c) || (m != only && !is_better(&c, &best, wish)))
			continue;
		best = c;
		if (m == only)
			break;
	}
	if (!best.model) {
		error_set(FROM_CPU, ERR_INTERNAL_ERROR, "Cannot find suitable CPU model for given data");
		return NULL;
	}
	return describe(&best, &data, wish);
}
