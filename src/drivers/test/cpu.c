/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is asked about processors.
 */
#include "config.h"
#include "drivers/cpu/cpu.h"
#include "drivers/args.h"
#include "drivers/test/ops.h"

#include "base/error.h"

int test_connect_get_cpu_model_names(struct driver_conn *conn,
									 const struct rvirt_wire_arch_need_results_flags_args *args,
									 struct rvirt_wire_models_count_ret *ret)
{
	(void)conn;
	return cpu_model_names(FROM_TEST, "testConnectGetCPUModelNames", args, ret);
}

int test_connect_baseline_cpu(struct driver_conn *conn,
							  const struct rvirt_wire_xml_cpus_flags_args *args,
							  struct rvirt_wire_cpu_ret *ret)
{
	static const struct cpu_wish any = {.models = NULL};
	CLEANUP_CPU_LIST struct cpu_list list = {NULL, 0};
	CLEANUP(cleanup_def) struct def *cpu = NULL;

	(void)conn;
	if (args_flags(FROM_TEST, args->flags, RVIRT_CONNECT_BASELINE_CPU_EXPAND_FEATURES,
				   "testConnectBaselineCPU") < 0 ||
		args_there(args->xml_cpus, "xmlCPUs", "virConnectBaselineCPU") < 0 ||
		cpu_list_read(args->xml_cpus, args->n_xml_cpus, true, &list) < 0 ||
		!(cpu = cpu_baseline(&list, NULL, NULL, &any)) ||
		((args->flags & RVIRT_CONNECT_BASELINE_CPU_EXPAND_FEATURES) && cpu_expand(cpu->root) < 0))
		return -1;
	ret->cpu = def_format(cpu, 0);
	return ret->cpu ? 0 : -1;
}
