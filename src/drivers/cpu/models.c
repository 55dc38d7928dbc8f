/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The CPU models that a host of each architecture is said to know.
 */
#include "config.h"
#include "drivers/cpu/cpu.h"

#include "base/error.h"
#include "drivers/args.h"

#include <stdlib.h>
#include <string.h>

static const char *const ppc64[] = {"POWER6",  "POWER7",        "POWER8",        "POWER9",
									"POWER10", "POWERPC_e5500", "POWERPC_e6500", NULL};

enum known { NOTHING, X86, PPC64, ANY }; /* ANY: any model will do */

static const struct {
	const char *arch;
	enum known known;
} archs[] = {
	{"i686", X86},           {"x86_64", X86},           {"ppc64", PPC64},
	{"ppc64le", PPC64},      {"aarch64", ANY},          {"armv6l", ANY},
	{"armv7b", ANY},         {"armv7l", ANY},           {"s390", ANY},
	{"s390x", ANY},          {"alpha", NOTHING},        {"cris", NOTHING},
	{"ppcle", NOTHING},      {"lm32", NOTHING},         {"m68k", NOTHING},
	{"microblaze", NOTHING}, {"microblazeel", NOTHING}, {"mips", NOTHING},
	{"mipsel", NOTHING},     {"mips64", NOTHING},       {"mips64el", NOTHING},
	{"openrisc", NOTHING},   {"parisc", NOTHING},       {"parisc64", NOTHING},
	{"ppc", NOTHING},        {"ppcemb", NOTHING},       {"riscv32", NOTHING},
	{"riscv64", NOTHING},    {"sh4", NOTHING},          {"sh4eb", NOTHING},
	{"sparc", NOTHING},      {"sparc64", NOTHING},      {"unicore32", NOTHING},
	{"xtensa", NOTHING},     {"xtensaeb", NOTHING},     {"ia64", NOTHING},
};

/* -1 with no error if it is no architecture. */
static int known(const char *arch)
{
	for (size_t i = 0; i < sizeof archs / sizeof archs[0]; i++)
		if (strcmp(archs[i].arch, arch) == 0)
			return (int)archs[i].known;
	return -1;
}

static int refuse_arch(const char *arch)
{
	return error_set(FROM_CPU, ERR_NO_SUPPORT, "'%s' architecture is not supported by CPU driver",
					 arch);
}

int cpu_arch_known(const char *arch)
{
	int k = known(arch);

	return k <= NOTHING ? refuse_arch(arch) : k == X86;
}

static const char *name_at(enum known k, size_t i)
{
	if (k == X86)
		return i < cpu_n_models() ? cpu_model_at(i)->name : NULL;
	return k == PPC64 ? ppc64[i] : NULL;
}

int cpu_model_names(int domain, const char *function,
					const struct rvirt_wire_arch_need_results_flags_args *args,
					struct rvirt_wire_models_count_ret *ret)
{
	int k = known(args->arch);

	if (args_flags(domain, args->flags, 0, function) < 0)
		return -1;
	if (k < 0)
		return error_set((enum error_domain)domain, ERR_INVALID_ARG, "cannot find architecture %s",
						 args->arch);
	if (k == NOTHING)
		return refuse_arch(args->arch);
	while (name_at((enum known)k, (size_t)ret->count))
		ret->count++;
	if (!args->need_results || !ret->count)
		return 0;
	if (!(ret->models = calloc((size_t)ret->count, sizeof *ret->models)))
		return error_oom();
	for (; ret->n_models < (uint32_t)ret->count; ret->n_models++)
		if (!(ret->models[ret->n_models] = strdup(name_at((enum known)k, ret->n_models))))
			return error_oom();
	return 0;
}
