/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Processors of documents (conf/cpu.h) compared with each other and with what a host has. A
 * processor is the tree of its <cpu>, of a host if it has an <arch>. Errors are in libvirt's words.
 */
#ifndef DRIVERS_CPU_CPU_H
#define DRIVERS_CPU_CPU_H

#include "conf/cpu.h"
#include "drivers/cpu/map.h"
#include "drivers/driver.h"

/* What a guest's processor wants of a feature. */
enum cpu_policy { CPU_FORCE, CPU_REQUIRE, CPU_OPTIONAL, CPU_DISABLE, CPU_FORBID, CPU_N_POLICIES };

/* The features of one policy (those of its model are required), or, with CPU_EFFECTIVE, all that it
 * comes to have. 0, or -1 with the error set if it names what is not known. */
enum { CPU_EFFECTIVE = CPU_N_POLICIES };
int cpu_features(const struct node *cpu, unsigned policy, struct cpu_set *ret_set);

/* -- decode.c: from features to a model -- */

/* What there is to be described. */
struct cpu_data {
	struct cpu_set features;
	const char *vendor; /* as cpu_vendor_of() has it, or NULL */
	unsigned family, model, stepping;
	bool has_signature;
};

/* Models that a hypervisor has. blockers: sets *ret_blockers to what keeps it from having that
 * one, which it would have to be told to leave out; false if it does not have that model. */
struct cpu_models {
	bool (*find)(const void *context, const char *name, struct cpu_set *ret_blockers);
	const void *context;
};

struct cpu_wish {
	const struct cpu_models *models; /* NULL: all that are known */
	const struct cpu_model *
		*preferred;  /* up to NULL, or NULL; a single one is taken if it can be */
	bool host;       /* a host is described: nothing is taken away from a model */
	bool migratable; /* without features that can't migrate */
};

/* The model that needs the fewest words, as the guest's processor of conf/cpu.h (of a host, too:
 * what is required is what it has more). NULL with the error set. */
struct def *cpu_decode(const struct cpu_data *data, const struct cpu_wish *wish);

/* Feature of a processor; policy NULL: none is written. Sets the policy of one that is there. */
int cpu_put_policy(struct node *cpu, const char *name, const char *policy);
/* What the model had once is disabled, unless it is named. */
int cpu_disable_removed(struct node *cpu);
/* Makes of a guest's processor one of mode "custom" that says all it needs: of a wish for the
 * host's model (host, as cpu_decode() made it; NULL: unknown) that model, of what is optional
 * whether the host has it. 0, or -1 with the error set. */
int cpu_settle(struct node *cpu, const struct node *host);
/* Names all features of the model, in alphabetical order. */
int cpu_expand(struct node *cpu);
/* Leaves out features of which keep says no. */
void cpu_filter(struct node *cpu, bool (*keep)(const struct node *feature, const void *context),
				const void *context);

/* -- compare.c -- */

/* Compares a processor with a host's (NULL: unknown). 0 with one of enum rvirt_cpu_compare_result;
 * or -1 with the error set, which is CPU_INCOMPATIBLE for an incompatible one if fail. */
int cpu_compare(const struct node *host, const struct node *cpu, bool fail, int *ret_result);

/* -- baseline.c -- */

struct cpu_list {
	struct def **defs;
	size_t n;
};
void cpu_list_clear(struct cpu_list *list);
#define CLEANUP_CPU_LIST CLEANUP(cpu_list_clear)

/* Reads documents; host: of hosts only. 0, or -1 with the error set. */
int cpu_list_read(char *const *xml, size_t n, bool host, struct cpu_list *ret_list);

/* The processor that all of them are at least; arch NULL: the first one's. known (or NULL) is what
 * may be in it. NULL with the error set. */
struct def *cpu_baseline(const struct cpu_list *list, const char *arch, const struct cpu_set *known,
						 const struct cpu_wish *wish);

/* -- host.c -- */

/* What this host's processor says of itself. false if it is none that says anything. */
bool cpu_host_data(struct cpu_data *ret_data);
/* Frequency of its time stamp counter in Hz, 0 if that is not invariant or KVM does not know;
 * whether guests may have another. */
uint64_t cpu_host_tsc(bool *ret_scaling);

/* -- models.c -- */

/* CONNECT_GET_CPU_MODEL_NAMES; function is how an error names the call. */
int cpu_model_names(int domain, const char *function,
					const struct rvirt_wire_arch_need_results_flags_args *args,
					struct rvirt_wire_models_count_ret *ret);

/* Whether anything is known of the processors of that architecture: 1 all, 0 that there are some;
 * -1 with the error set. */
int cpu_arch_known(const char *arch);

#endif
