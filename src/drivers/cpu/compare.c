/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whether a host has what a processor is.
 */
#include "config.h"
#include "drivers/cpu/cpu.h"

#include "base/buf.h"
#include "base/error.h"

#include <string.h>

#include <rvirt/constants.h>

/* Why it is incompatible, for the error. */
static int say(struct buf *why, const char *what, const struct cpu_set *set)
{
	const char *separator = ": ";
	int rc = buf_puts(why, what);

	for (size_t i = 0; i < CPU_N_FEATURES; i++) {
		if (!cpu_set_has(set, i))
			continue;
		rc |= buf_puts(why, separator) | buf_puts(why, cpu_feature_at(i)->name);
		separator = ", ";
	}
	return rc < 0 ? -1 : RVIRT_CPU_COMPARE_INCOMPATIBLE;
}

static bool is_x86(const char *arch)
{
	return strcmp(arch, "x86_64") == 0 || strcmp(arch, "i686") == 0;
}

/* The parts of a document that may differ before any feature is looked at. 1, or what
 * cpu_compare() is to say. */
static int compare_names(const struct node *host, const struct node *cpu, struct buf *why)
{
	const struct node *arch = node_child(cpu, "arch"), *vendor = node_child(cpu, "vendor");
	const struct node *own = node_child(host, "vendor");

	if (arch && !is_x86(arch->text))
		return buf_printf(why, "CPU arch %s does not match host arch", arch->text) < 0
				   ? -1
				   : RVIRT_CPU_COMPARE_INCOMPATIBLE;
	if (vendor && vendor->text && !(own && node_text_is(own, vendor->text)))
		return buf_printf(why, "host CPU vendor does not match required CPU vendor %s",
						  vendor->text) < 0
				   ? -1
				   : RVIRT_CPU_COMPARE_INCOMPATIBLE;
	return 1;
}

/* A result, or -1 with the error set. */
static int compare(const struct node *host, const struct node *cpu, struct buf *why)
{
	struct cpu_set has, of[CPU_N_POLICIES], rest;
	int res = compare_names(host, cpu, why);

	if (res != 1)
		return res;
	if (cpu_features(host, CPU_EFFECTIVE, &has) < 0)
		return -1;
	for (unsigned i = 0; i < CPU_N_POLICIES; i++)
		if (cpu_features(cpu, i, &of[i]) < 0)
			return -1;
	cpu_set_intersect(&of[CPU_FORBID], &has);
	if (cpu_set_count(&of[CPU_FORBID]))
		return say(why, "Host CPU provides forbidden features", &of[CPU_FORBID]);
	cpu_set_subtract(&of[CPU_REQUIRE], &of[CPU_FORCE]);
	cpu_set_subtract(&of[CPU_REQUIRE], &of[CPU_OPTIONAL]);
	cpu_set_subtract(&of[CPU_REQUIRE], &of[CPU_DISABLE]);
	rest = of[CPU_REQUIRE];
	cpu_set_subtract(&rest, &has);
	if (cpu_set_count(&rest))
		return say(why, "Host CPU does not provide required features", &rest);
	rest = has;
	for (unsigned i = 0; i < CPU_FORBID; i++)
		cpu_set_subtract(&rest, &of[i]);
	if (!cpu_set_count(&rest))
		return RVIRT_CPU_COMPARE_IDENTICAL;
	if (node_attr_is(cpu, "match", "strict"))
		return say(why, "Host CPU does not strictly match guest CPU: Extra features", &rest);
	return RVIRT_CPU_COMPARE_SUPERSET;
}

int cpu_compare(const struct node *host, const struct node *cpu, bool fail, int *ret_result)
{
	CLEANUP_BUF struct buf why = {0};
	int res = RVIRT_CPU_COMPARE_INCOMPATIBLE;

	if (!host || !node_child(host, "model"))
		buf_puts(&why, "unknown host CPU");
	else if ((res = compare(host, cpu, &why)) < 0)
		return -1;
	if (res == RVIRT_CPU_COMPARE_INCOMPATIBLE && fail)
		return error_set(FROM_CPU, ERR_CPU_INCOMPATIBLE, "%s", (const char *)buf_at(&why));
	*ret_result = res;
	return 0;
}
