/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The CPU models that a host of each architecture is said to know.
 */
#include "config.h"
#include "drivers/args.h"
#include "drivers/test/ops.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

static const char *const x86[] = {
	"486",
	"pentium",
	"pentium2",
	"pentium3",
	"pentiumpro",
	"coreduo",
	"n270",
	"core2duo",
	"qemu32",
	"kvm32",
	"cpu64-rhel5",
	"cpu64-rhel6",
	"qemu64",
	"kvm64",
	"Conroe",
	"Penryn",
	"Nehalem",
	"Nehalem-IBRS",
	"Westmere",
	"Westmere-IBRS",
	"SandyBridge",
	"SandyBridge-IBRS",
	"IvyBridge",
	"IvyBridge-IBRS",
	"Haswell-noTSX",
	"Haswell-noTSX-IBRS",
	"Haswell",
	"Haswell-IBRS",
	"Broadwell-noTSX",
	"Broadwell-noTSX-IBRS",
	"Broadwell",
	"Broadwell-IBRS",
	"Skylake-Client",
	"Skylake-Client-IBRS",
	"Skylake-Client-noTSX-IBRS",
	"Skylake-Server",
	"Skylake-Server-IBRS",
	"Skylake-Server-noTSX-IBRS",
	"Cascadelake-Server",
	"Cascadelake-Server-noTSX",
	"Icelake-Client",
	"Icelake-Client-noTSX",
	"Icelake-Server",
	"Icelake-Server-noTSX",
	"Cooperlake",
	"Snowridge",
	"athlon",
	"phenom",
	"Opteron_G1",
	"Opteron_G2",
	"Opteron_G3",
	"Opteron_G4",
	"Opteron_G5",
	"EPYC",
	"EPYC-IBPB",
	"EPYC-Rome",
	"EPYC-Milan",
	"Dhyana",
	NULL,
};
static const char *const ppc64[] = {"POWER6",  "POWER7",        "POWER8",        "POWER9",
									"POWER10", "POWERPC_e5500", "POWERPC_e6500", NULL};
/* any model will do */
static const char *const any[] = {NULL};

static const struct {
	const char *arch;
	const char *const *models; /* NULL: nothing is known of its CPUs */
} archs[] = {
	{"i686", x86},          {"x86_64", x86},    {"ppc64", ppc64},   {"ppc64le", ppc64},
	{"aarch64", any},       {"armv6l", any},    {"armv7b", any},    {"armv7l", any},
	{"s390", any},          {"s390x", any},     {"alpha", NULL},    {"cris", NULL},
	{"ppcle", NULL},        {"lm32", NULL},     {"m68k", NULL},     {"microblaze", NULL},
	{"microblazeel", NULL}, {"mips", NULL},     {"mipsel", NULL},   {"mips64", NULL},
	{"mips64el", NULL},     {"openrisc", NULL}, {"parisc", NULL},   {"parisc64", NULL},
	{"ppc", NULL},          {"ppcemb", NULL},   {"riscv32", NULL},  {"riscv64", NULL},
	{"sh4", NULL},          {"sh4eb", NULL},    {"sparc", NULL},    {"sparc64", NULL},
	{"unicore32", NULL},    {"xtensa", NULL},   {"xtensaeb", NULL},
};

static int give_models(const char *const *models, bool wanted,
					   struct rvirt_wire_models_count_ret *ret)
{
	while (models[ret->count])
		ret->count++;
	if (!wanted || !ret->count)
		return 0;
	if (!(ret->models = calloc((size_t)ret->count, sizeof *ret->models)))
		return error_oom();
	for (; ret->n_models < (uint32_t)ret->count; ret->n_models++)
		if (!(ret->models[ret->n_models] = strdup(models[ret->n_models])))
			return error_oom();
	return 0;
}

int test_connect_get_cpu_model_names(struct driver_conn *conn,
									 const struct rvirt_wire_arch_need_results_flags_args *args,
									 struct rvirt_wire_models_count_ret *ret)
{
	(void)conn;
	if (args_flags(FROM_TEST, args->flags, 0, "testConnectGetCPUModelNames") < 0)
		return -1;
	for (size_t i = 0; i < sizeof archs / sizeof archs[0]; i++) {
		if (strcmp(archs[i].arch, args->arch) != 0)
			continue;
		if (archs[i].models)
			return give_models(archs[i].models, args->need_results, ret);
		return error_set(FROM_CPU, ERR_NO_SUPPORT,
						 "'%s' architecture is not supported by CPU driver", args->arch);
	}
	return error_set(FROM_TEST, ERR_INVALID_ARG, "cannot find architecture %s", args->arch);
}
