/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The tables of x86 processors, made ready at their first use.
 */
#include "config.h"
#include "drivers/cpu/map.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static const struct cpu_feature features[] = {
#define FEATURE(name_, qemu_, source_, leaf_, subleaf_, reg_, bit_, migratable_)                   \
	{.name = (name_),                                                                              \
	 .qemu = (qemu_),                                                                              \
	 .source = CPU_SOURCE_##source_,                                                               \
	 .leaf = (leaf_),                                                                              \
	 .subleaf = (subleaf_),                                                                        \
	 .reg = CPU_##reg_,                                                                            \
	 .bit = (bit_),                                                                                \
	 .migratable = (migratable_)},
#include "drivers/cpu/x86-features.def"
#undef FEATURE
};

/* A row of the table of models as it is written. */
struct row {
	const char *name, *vendor;
	unsigned use;
	const char *signatures, *base, *changes, *removed;
};

static const struct row rows[] = {
#define ANY NULL
#define INTEL "Intel"
#define AMD "AMD"
#define HYGON "Hygon"
#define HOST CPU_DESCRIBES_HOST
#define GUEST CPU_DESCRIBES_GUEST
#define MODEL(...) {__VA_ARGS__},
#include "drivers/cpu/x86-models.def"
#undef MODEL
};

enum { N_MODELS = sizeof rows / sizeof rows[0], WORD_MAX = 32, ALL_STEPPINGS = 0xffff };

static struct cpu_model models[N_MODELS];

/* The next word of a row's text, which words has been checked to have room for. */
static bool next_word(const char **text, char word[WORD_MAX])
{
	size_t len;

	*text += strspn(*text, " ");
	len = strcspn(*text, " ");
	if (!len || len >= WORD_MAX)
		return false;
	memcpy(word, *text, len);
	word[len] = '\0';
	*text += len;
	return true;
}

/* "6/85" or "6/85:5-7" */
static void add_signature(struct cpu_model *m, const char *word)
{
	struct cpu_signature *s = &m->signatures[m->n_signatures++];
	char *end;

	s->family = (unsigned)strtoul(word, &end, 10);
	s->model = (unsigned)strtoul(end + 1, &end, 10);
	s->steppings = ALL_STEPPINGS;
	if (*end == ':') {
		unsigned from = (unsigned)strtoul(end + 1, &end, 10), to = from;

		if (*end == '-')
			to = (unsigned)strtoul(end + 1, &end, 10);
		s->steppings = (2u << to) - (1u << from);
	}
}

static const struct cpu_model *find(const char *name, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(models[i].name, name) == 0)
			return &models[i];
	return NULL;
}

static void put(struct cpu_set *s, const char *name, bool on)
{
	int i = cpu_feature_find(name);

	if (i >= 0)
		cpu_set_put(s, (size_t)i, on);
}

static void read_row(size_t i)
{
	const struct row *row = &rows[i];
	struct cpu_model *m = &models[i];
	const struct cpu_model *base = find(row->base, i);
	const char *text;
	char word[WORD_MAX];

	m->name = row->name;
	m->vendor = row->vendor;
	m->use = row->use;
	for (text = row->signatures; m->n_signatures < CPU_SIGNATURES_MAX && next_word(&text, word);)
		add_signature(m, word);
	if (base)
		m->features = base->features;
	for (text = row->changes; next_word(&text, word);)
		put(&m->features, word + 1, word[0] == '+');
	for (text = row->removed; next_word(&text, word);)
		put(&m->removed, word, true);
}

static void read_rows(void)
{
	for (size_t i = 0; i < N_MODELS; i++)
		read_row(i);
}

static void need(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, read_rows);
}

size_t cpu_n_models(void)
{
	return N_MODELS;
}

const struct cpu_model *cpu_model_at(size_t i)
{
	need();
	return &models[i];
}

const struct cpu_model *cpu_model_find(const char *name)
{
	need();
	return find(name, N_MODELS);
}

bool cpu_model_is_signature(const struct cpu_model *m, unsigned family, unsigned model,
							unsigned stepping)
{
	for (size_t i = 0; i < m->n_signatures; i++) {
		const struct cpu_signature *s = &m->signatures[i];

		if (s->family == family && s->model == model && (s->steppings >> (stepping & 15) & 1))
			return true;
	}
	return false;
}

size_t cpu_set_count(const struct cpu_set *s)
{
	size_t n = 0;

	for (size_t i = 0; i < CPU_SET_WORDS; i++)
		n += (size_t)__builtin_popcountll(s->w[i]);
	return n;
}

const struct cpu_feature *cpu_feature_at(size_t i)
{
	return &features[i];
}

int cpu_feature_find(const char *name)
{
	for (size_t i = 0; i < CPU_N_FEATURES; i++)
		if (strcmp(features[i].name, name) == 0)
			return (int)i;
	return -1;
}

int cpu_feature_find_qemu(const char *name)
{
	for (size_t i = 0; i < CPU_N_FEATURES; i++)
		if (strcmp(features[i].qemu, name) == 0)
			return (int)i;
	return cpu_feature_find(name);
}

const char *cpu_feature_to_qemu(const char *name)
{
	int i = cpu_feature_find(name);

	return i < 0 ? name : features[i].qemu;
}

static const char *const vendors[][2] = {
	{"GenuineIntel", INTEL}, {"AuthenticAMD", AMD}, {"HygonGenuine", HYGON}};

const char *cpu_vendor_of(const char *cpuid_name)
{
	for (size_t i = 0; i < sizeof vendors / sizeof vendors[0]; i++)
		if (strcmp(vendors[i][0], cpuid_name) == 0)
			return vendors[i][1];
	return NULL;
}

const char *cpu_vendor_find(const char *name)
{
	for (size_t i = 0; i < sizeof vendors / sizeof vendors[0]; i++)
		if (strcmp(vendors[i][1], name) == 0)
			return vendors[i][1];
	return NULL;
}
