/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Processors compared with this host's and with what a binary gives, and what several have in
 * common.
 */
#include "config.h"
#include "drivers/qemu/cpu.h"
#include "drivers/qemu/ops.h"

#include <rvirt/constants.h>

int qemu_connect_get_cpu_model_names(struct driver_conn *conn,
									 const struct rvirt_wire_arch_need_results_flags_args *args,
									 struct rvirt_wire_models_count_ret *ret)
{
	(void)conn;
	return cpu_model_names(FROM_QEMU, "qemuConnectGetCPUModelNames", args, ret);
}

enum {
	COMPARE_FLAGS =
		RVIRT_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE | RVIRT_CONNECT_COMPARE_CPU_VALIDATE_XML,
	BASELINE_FLAGS =
		RVIRT_CONNECT_BASELINE_CPU_EXPAND_FEATURES | RVIRT_CONNECT_BASELINE_CPU_MIGRATABLE
};

static int compare(const struct def *host, const char *xml, uint32_t flags, int *ret_result)
{
	CLEANUP(cleanup_def) struct def *cpu = NULL;
	bool validate = flags & RVIRT_CONNECT_COMPARE_CPU_VALIDATE_XML;

	if (def_parse(def_kind_cpu(), xml, validate ? DEF_VALIDATE : 0, &cpu) < 0)
		return -1;
	return cpu_compare(host ? host->root : NULL, cpu->root,
					   flags & RVIRT_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE, ret_result);
}

int qemu_connect_compare_cpu(struct driver_conn *conn, const struct rvirt_wire_xml_flags_args *args,
							 struct rvirt_wire_result_ret *ret)
{
	CLEANUP(cleanup_def) struct def *host = NULL;

	(void)conn;
	if (qemu_flags(args->flags, COMPARE_FLAGS, "qemuConnectCompareCPU") < 0)
		return -1;
	host = qemu_cpu_of_host();
	return compare(host, args->xml, args->flags, &ret->result);
}

int qemu_connect_compare_hypervisor_cpu(
	struct driver_conn *conn, const struct rvirt_wire_connect_compare_hypervisor_cpu_args *args,
	struct rvirt_wire_result_ret *ret)
{
	CLEANUP_QEMU_CAPS struct qemu_caps *caps = NULL;
	CLEANUP(cleanup_def) struct def *host = NULL;
	struct qemu_machine machine;
	bool kvm;

	if (qemu_flags(args->flags, COMPARE_FLAGS, "qemuConnectCompareHypervisorCPU") < 0 ||
		!(caps = qemu_caps_pick(qemu_of(conn), args->emulator, args->arch, args->machine,
								args->virttype, &machine, &kvm)))
		return -1;
	if (!(host = qemu_cpu_best(caps, kvm, QEMU_CPU_MOST)))
		return error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
						 "QEMU '%s' does not support reporting CPU model for virttype '%s'",
						 qemu_caps_path(caps), kvm ? "kvm" : "qemu");
	return compare(host, args->xml_cpu, args->flags, &ret->result);
}

int qemu_connect_baseline_cpu(struct driver_conn *conn,
							  const struct rvirt_wire_xml_cpus_flags_args *args,
							  struct rvirt_wire_cpu_ret *ret)
{
	const struct cpu_wish wish = {.migratable =
									  args->flags & RVIRT_CONNECT_BASELINE_CPU_MIGRATABLE};
	CLEANUP_CPU_LIST struct cpu_list list = {NULL, 0};
	CLEANUP(cleanup_def) struct def *cpu = NULL;

	(void)conn;
	if (qemu_flags(args->flags, BASELINE_FLAGS, "qemuConnectBaselineCPU") < 0 ||
		args_there(args->xml_cpus, "xmlCPUs", "virConnectBaselineCPU") < 0 ||
		cpu_list_read(args->xml_cpus, args->n_xml_cpus, true, &list) < 0 ||
		!(cpu = cpu_baseline(&list, NULL, NULL, &wish)))
		return -1;
	qemu_cpu_filter(cpu->root);
	if ((args->flags & RVIRT_CONNECT_BASELINE_CPU_EXPAND_FEATURES) && cpu_expand(cpu->root) < 0)
		return -1;
	ret->cpu = def_format(cpu, 0);
	return ret->cpu ? 0 : -1;
}

int qemu_connect_baseline_hypervisor_cpu(
	struct driver_conn *conn, const struct rvirt_wire_connect_baseline_hypervisor_cpu_args *args,
	struct rvirt_wire_cpu_ret *ret)
{
	bool migratable = args->flags & RVIRT_CONNECT_BASELINE_CPU_MIGRATABLE, kvm, told;
	CLEANUP_CPU_LIST struct cpu_list list = {NULL, 0};
	CLEANUP_QEMU_CAPS struct qemu_caps *caps = NULL;
	CLEANUP(cleanup_def) struct def *cpu = NULL;
	struct qemu_machine machine;
	struct cpu_models models;
	struct cpu_set known;

	if (qemu_flags(args->flags, BASELINE_FLAGS, "qemuConnectBaselineHypervisorCPU") < 0 ||
		args_there(args->xml_cpus, "xmlCPUs", "virConnectBaselineHypervisorCPU") < 0 ||
		cpu_list_read(args->xml_cpus, args->n_xml_cpus, false, &list) < 0 ||
		!(caps = qemu_caps_pick(qemu_of(conn), args->emulator, args->arch, args->machine,
								args->virttype, &machine, &kvm)))
		return -1;
	told = qemu_cpu_known(caps, kvm, migratable, &known);
	models = qemu_cpu_models(caps, kvm);
	cpu = cpu_baseline(&list, qemu_caps_arch(caps), told ? &known : NULL,
					   &(struct cpu_wish){.models = &models, .migratable = migratable && !told});
	if (!cpu || node_set(node_child(cpu->root, "model"), "fallback", "forbid") < 0 ||
		((args->flags & RVIRT_CONNECT_BASELINE_CPU_EXPAND_FEATURES) && cpu_expand(cpu->root) < 0))
		return -1;
	ret->cpu = def_format(cpu, 0);
	return ret->cpu ? 0 : -1;
}
