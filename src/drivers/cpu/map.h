/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is known of x86 processors: features, models, vendors, by the names that documents have for
 * them. It knows nothing of documents or hosts.
 */
#ifndef DRIVERS_CPU_MAP_H
#define DRIVERS_CPU_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Features, a bit each. */
enum {
#define FEATURE(...) +1
	CPU_N_FEATURES = 0
#include "drivers/cpu/x86-features.def"
	,
#undef FEATURE
	CPU_SET_WORDS = (CPU_N_FEATURES + 63) / 64
};

struct cpu_set {
	uint64_t w[CPU_SET_WORDS];
};

static inline bool cpu_set_has(const struct cpu_set *s, size_t i)
{
	return s->w[i / 64] >> i % 64 & 1;
}

static inline void cpu_set_put(struct cpu_set *s, size_t i, bool on)
{
	uint64_t bit = (uint64_t)1 << i % 64;

	s->w[i / 64] = on ? s->w[i / 64] | bit : s->w[i / 64] & ~bit;
}

static inline void cpu_set_add(struct cpu_set *s, const struct cpu_set *more)
{
	for (size_t i = 0; i < CPU_SET_WORDS; i++)
		s->w[i] |= more->w[i];
}

static inline void cpu_set_subtract(struct cpu_set *s, const struct cpu_set *less)
{
	for (size_t i = 0; i < CPU_SET_WORDS; i++)
		s->w[i] &= ~less->w[i];
}

static inline void cpu_set_intersect(struct cpu_set *s, const struct cpu_set *other)
{
	for (size_t i = 0; i < CPU_SET_WORDS; i++)
		s->w[i] &= other->w[i];
}

size_t cpu_set_count(const struct cpu_set *s);

/* Where a processor says that it has a feature. */
enum cpu_source { CPU_SOURCE_CPUID, CPU_SOURCE_MSR };
enum cpu_register { CPU_EAX, CPU_EBX, CPU_ECX, CPU_EDX };

struct cpu_feature {
	const char *name, *qemu; /* qemu: what QEMU calls it */
	enum cpu_source source;
	uint32_t leaf, subleaf; /* leaf: of an MSR, its number */
	enum cpu_register reg;
	unsigned bit;
	bool migratable;
};

const struct cpu_feature *cpu_feature_at(size_t i);
/* The feature's place, or -1. */
int cpu_feature_find(const char *name);
int cpu_feature_find_qemu(const char *name);
/* QEMU's name of a feature, which is name itself where nothing else is known. */
const char *cpu_feature_to_qemu(const char *name);

enum { CPU_DESCRIBES_HOST = 1, CPU_DESCRIBES_GUEST = 2, CPU_SIGNATURES_MAX = 4 };

struct cpu_model {
	const char *name;
	const char *vendor; /* "Intel", or NULL: any */
	unsigned use;       /* CPU_DESCRIBES_… */
	struct cpu_signature {
		unsigned family, model;
		unsigned steppings; /* a bit each */
	} signatures[CPU_SIGNATURES_MAX];
	size_t n_signatures;
	struct cpu_set features;
	struct cpu_set removed; /* what it had once: a guest that has it has to say so */
};

/* Older models come first. */
size_t cpu_n_models(void);
const struct cpu_model *cpu_model_at(size_t i);
const struct cpu_model *cpu_model_find(const char *name); /* or NULL */
bool cpu_model_is_signature(const struct cpu_model *m, unsigned family, unsigned model,
							unsigned stepping);

/* "Intel" for "GenuineIntel"; NULL if it is not known. cpu_vendor_find() also says whether a
 * document's vendor is one: it returns the name itself. */
const char *cpu_vendor_of(const char *cpuid_name);
const char *cpu_vendor_find(const char *name);

#endif
