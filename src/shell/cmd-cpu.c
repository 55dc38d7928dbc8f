/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a host can run: cpu-models, cpu-baseline, cpu-compare, their forms for one hypervisor,
 * domcapabilities; and formats that are not the host's own: domxml-from-native, domxml-to-native.
 */
#include "config.h"

#include "domain.h"
#include "file.h"
#include "output.h"
#include "strings.h"
#include "table.h"
#include "xml.h"

#include <stdlib.h>
#include <string.h>

/* An answer that is one text, which is freed here. */
static int show_text(struct shell *sh, const char *key, char *text)
{
	out_text(sh, "%s\n", text);
	out_value(sh, json_pack("{s:o}", key, out_json_text(text)));
	free(text);
	return 0;
}

static int models_run(struct shell *sh, const struct invocation *in)
{
	struct rvirt_wire_arch_need_results_flags_args args = {.need_results = 1};
	struct rvirt_wire_models_count_ret ret = {0};
	const char *arch;
	json_t *list;

	if (args_get_text(sh, in, "arch", &arch) < 0)
		return -1;
	args.arch = borrow(arch);
	if (rvirt_call_connect_get_cpu_model_names(sh->conn, &args, &ret) < 0)
		return out_fail_at(sh, "failed to get CPU model names");
	if (!ret.count)
		out_text(sh, "all CPU models are accepted\n");
	list = json_array();
	for (uint32_t i = 0; i < ret.n_models; i++) {
		out_text(sh, "%s\n", ret.models[i]);
		json_array_append_new(list, out_json_text(ret.models[i]));
	}
	out_value(sh, list);
	rvirt_wire_clear(RVIRT_PROC_CONNECT_GET_CPU_MODEL_NAMES, &ret);
	return 0;
}

/* The <cpu> elements of a file, those that domain capabilities have in <mode name='host-model'>
 * among them. 0, or -1 with the error reported. */
static int read_cpus(struct shell *sh, const char *path, struct strings *cpus)
{
	CLEANUP_FREE char *text = file_read(sh, path), *whole = NULL;
	CLEANUP_XML xmlDoc *doc = NULL;
	xmlNode **nodes = NULL;
	size_t n;

	if (!text)
		return -1;
	/* several elements may stand one after another */
	whole = shell_printf(
		"<container>%s</container>",
		strncmp(text, "<?xml", 5) == 0 && strstr(text, "?>") ? strstr(text, "?>") + 2 : text);
	doc = xml_parse(whole, true);
	if (!doc)
		return out_refuse(sh, "File '%s' is not well-formed XML", path);
	if (xml_nodes(doc,
				  "/container/cpu|/container/domain/cpu|/container/capabilities/host/cpu|"
				  "/container/domainCapabilities/cpu/mode[@name='host-model' and @supported='yes']",
				  &nodes, &n) < 0)
		return out_refuse(sh, "File '%s' is not well-formed XML", path);
	for (size_t i = 0; i < n; i++) {
		if (xmlStrEqual(nodes[i]->name, (const xmlChar *)"mode")) {
			xmlNodeSetName(nodes[i], (const xmlChar *)"cpu");
			xmlUnsetProp(nodes[i], (const xmlChar *)"name");
			xmlUnsetProp(nodes[i], (const xmlChar *)"supported");
		}
		strings_take(cpus, xml_format(doc, nodes[i]));
	}
	free((void *)nodes);
	if (!n)
		return out_refuse(sh,
						  "File '%s' does not contain any <cpu> element or valid domain XML, host "
						  "capabilities XML, or domain capabilities XML",
						  path);
	return 0;
}

static const struct args_bit baseline_bits[] = {
	{"features", RVIRT_CONNECT_BASELINE_CPU_EXPAND_FEATURES},
	{"migratable", RVIRT_CONNECT_BASELINE_CPU_MIGRATABLE},
	{NULL, 0},
};

static const struct args_bit compare_bits[] = {
	{"error", RVIRT_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE},
	{"validate", RVIRT_CONNECT_COMPARE_CPU_VALIDATE_XML},
	{NULL, 0},
};

static int baseline_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_STRINGS struct strings cpus = {0};
	struct rvirt_wire_xml_cpus_flags_args args = {.flags = args_bits(in, baseline_bits)};
	struct rvirt_wire_cpu_ret ret = {0};
	const char *path;

	if (args_get_text(sh, in, "file", &path) < 0 || read_cpus(sh, path, &cpus) < 0)
		return -1;
	args.n_xml_cpus = (uint32_t)cpus.n;
	args.xml_cpus = cpus.at;
	if (rvirt_call_connect_baseline_cpu(sh->conn, &args, &ret) < 0)
		return out_fail(sh);
	return show_text(sh, "cpu", ret.cpu);
}

/* Which hypervisor of the host a line asks about. */
struct target {
	const char *emulator, *arch, *machine, *virttype;
};

static int get_target(struct shell *sh, const struct invocation *in, const char *emulator,
					  struct target *ret)
{
	return args_get_text(sh, in, "virttype", &ret->virttype) < 0 ||
				   args_get_text(sh, in, emulator, &ret->emulator) < 0 ||
				   args_get_text(sh, in, "arch", &ret->arch) < 0 ||
				   args_get_text(sh, in, "machine", &ret->machine) < 0
			   ? -1
			   : 0;
}

static int hypervisor_baseline_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_STRINGS struct strings cpus = {0};
	struct rvirt_wire_connect_baseline_hypervisor_cpu_args args;
	struct rvirt_wire_cpu_ret ret = {0};
	struct target t = {0};
	const char *path, *model;

	if (get_target(sh, in, "emulator", &t) < 0 || args_get_text(sh, in, "file", &path) < 0 ||
		args_get_text(sh, in, "model", &model) < 0 || args_exclusive(sh, in, "file", "model") < 0)
		return -1;
	if (!path && !model)
		return out_refuse(sh, "Either --file or --model must be provided");
	if (model)
		strings_take(&cpus, shell_printf("<cpu><model>%s</model></cpu>", model));
	else if (read_cpus(sh, path, &cpus) < 0)
		return -1;
	args = (struct rvirt_wire_connect_baseline_hypervisor_cpu_args){
		borrow(t.emulator), borrow(t.arch), borrow(t.machine),           borrow(t.virttype),
		(uint32_t)cpus.n,   cpus.at,        args_bits(in, baseline_bits)};
	if (rvirt_call_connect_baseline_hypervisor_cpu(sh->conn, &args, &ret) < 0)
		return out_fail(sh);
	return show_text(sh, "cpu", ret.cpu);
}

/* Says what a comparison told; which: "host" or "hypervisor". */
static int show_result(struct shell *sh, const char *path, const char *which, int result)
{
	static const char *const words[] = {"incompatible", "identical", "superset"};

	out_value(sh, result >= 0 && result <= 2 ? json_pack("{s:s}", "result", words[result])
											 : json_null());
	if (result == RVIRT_CPU_COMPARE_IDENTICAL)
		out_text(sh, "CPU described in %s is identical to %s CPU\n", path, which);
	else if (result == RVIRT_CPU_COMPARE_SUPERSET)
		out_text(sh, "%s CPU is a superset of CPU described in %s\n",
				 strcmp(which, "host") == 0 ? "Host"
											: "The CPU provided by hypervisor on the host is",
				 path);
	else
		return out_refuse(sh, "CPU described in %s is incompatible with %s CPU", path, which);
	return 0;
}

static int compare_run(struct shell *sh, const struct invocation *in)
{
	bool hypervisor = strcmp(in->cmd->name, "cpu-compare") != 0;
	const char *which = hypervisor ? "hypervisor" : "host", *path;
	unsigned flags = args_bits(in, compare_bits);
	CLEANUP_STRINGS struct strings cpus = {0};
	struct rvirt_wire_result_ret ret = {0};
	struct target t = {0};
	int result;

	if ((hypervisor && get_target(sh, in, "emulator", &t) < 0) ||
		args_get_text(sh, in, "file", &path) < 0 || read_cpus(sh, path, &cpus) < 0)
		return -1;
	if (hypervisor)
		result = rvirt_call_connect_compare_hypervisor_cpu(
			sh->conn,
			&(struct rvirt_wire_connect_compare_hypervisor_cpu_args){
				borrow(t.emulator), borrow(t.arch), borrow(t.machine), borrow(t.virttype),
				cpus.at[0], flags},
			&ret);
	else
		result = rvirt_call_connect_compare_cpu(
			sh->conn, &(struct rvirt_wire_xml_flags_args){cpus.at[0], flags}, &ret);
	if (result < 0)
		return out_fail_at(sh, "Failed to compare %s CPU with %s", which, path);
	return show_result(sh, path, which, ret.result);
}

static int domcapabilities_run(struct shell *sh, const struct invocation *in)
{
	struct rvirt_wire_connect_get_domain_capabilities_args args;
	struct rvirt_wire_capabilities_ret ret = {0};
	struct target t = {0};

	if (get_target(sh, in, "emulatorbin", &t) < 0)
		return -1;
	args = (struct rvirt_wire_connect_get_domain_capabilities_args){
		borrow(t.emulator), borrow(t.arch), borrow(t.machine), borrow(t.virttype), 0};
	if (rvirt_call_connect_get_domain_capabilities(sh->conn, &args, &ret) < 0)
		return out_fail_at(sh, "failed to get emulator capabilities");
	return show_text(sh, "capabilities", ret.capabilities);
}

/* -- formats of others -- */

static int from_native_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_FREE char *config = NULL;
	struct rvirt_wire_connect_domain_xml_from_native_args args = {0};
	struct rvirt_wire_domain_xml_ret ret = {0};
	const char *format, *path;

	if (args_get_text(sh, in, "format", &format) < 0 ||
		args_get_text(sh, in, "config", &path) < 0 || !(config = file_read(sh, path)))
		return -1;
	args.native_format = borrow(format);
	args.native_config = config;
	if (rvirt_call_connect_domain_xml_from_native(sh->conn, &args, &ret) < 0)
		return out_fail(sh);
	return show_text(sh, "xml", ret.domain_xml);
}

static int to_native_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP_FREE char *xml = NULL;
	struct rvirt_wire_connect_domain_xml_to_native_args args = {0};
	struct rvirt_wire_native_config_ret ret = {0};
	const char *format, *domain, *path;

	if (args_exclusive(sh, in, "domain", "xml") < 0 ||
		args_get_text(sh, in, "format", &format) < 0 ||
		args_get_text(sh, in, "domain", &domain) < 0 || args_get_text(sh, in, "xml", &path) < 0)
		return -1;
	if (domain && domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	if (!domain && !path)
		return out_refuse(sh, "need either domain or domain XML");
	xml = domain ? domain_xml(sh, &dom, RVIRT_DOMAIN_XML_SECURE | RVIRT_DOMAIN_XML_MIGRATABLE)
				 : file_read(sh, path);
	if (!xml)
		return -1;
	args.native_format = borrow(format);
	args.domain_xml = xml;
	if (rvirt_call_connect_domain_xml_to_native(sh->conn, &args, &ret) < 0)
		return out_fail(sh);
	return show_text(sh, "config", ret.native_config);
}

static const struct arg models_args[] = {
	{"arch", ARG_DATA, "an architecture, such as x86_64"},
	{NULL},
};

/* clang-format off */
#define ARGS_TARGET(emulator_)                                                                     \
	{"virttype", ARG_STRING, "kind of hypervisor, such as kvm"},                        \
	{emulator_, ARG_STRING, "path of the emulator"},                                    \
	{"arch", ARG_STRING, "architecture of the guest"},                                  \
	{"machine", ARG_STRING, "kind of machine"}
#define ARG_CPU_FILE {"file", ARG_DATA, "file with the XML of CPUs", 0, file_complete}
#define ARGS_BASELINE                                                                              \
	{"features", ARG_BOOL, "name the features that the model implies"},                            \
	{"migratable", ARG_BOOL, "without features that stand in the way of migrations"}
#define ARGS_COMPARE                                                                               \
	{"error", ARG_BOOL, "fail if the CPU is incompatible"},                                        \
	{"validate", ARG_BOOL, "check the XML against the schema"}
/* clang-format on */

static const struct arg baseline_args[] = {ARG_CPU_FILE, ARGS_BASELINE, {NULL}};
static const struct arg compare_args[] = {ARG_CPU_FILE, ARGS_COMPARE, {NULL}};
static const struct arg hypervisor_baseline_args[] = {
	{"file", ARG_STRING, "file with the XML of CPUs", 0, file_complete},
	ARGS_TARGET("emulator"),
	ARGS_BASELINE,
	{"model", ARG_STRING, "a model of CPU instead of a file"},
	{NULL},
};
static const struct arg hypervisor_compare_args[] = {
	ARG_CPU_FILE, ARGS_TARGET("emulator"), ARGS_COMPARE, {NULL}};
static const struct arg domcapabilities_args[] = {ARGS_TARGET("emulatorbin"), {NULL}};
static const struct arg from_native_args[] = {
	{"format", ARG_DATA, "the other format"},
	{"config", ARG_DATA, "file in that format", 0, file_complete},
	{NULL},
};
static const struct arg to_native_args[] = {
	{"format", ARG_DATA, "the other format"},
	{"domain", ARG_STRING, "name, id or UUID of the domain", 0, domain_complete},
	{"xml", ARG_STRING, "file with the XML of a domain", 0, file_complete},
	{NULL},
};

const struct cmd *cmd_cpu_rows(void)
{
	static const struct cmd rows[] = {
		{"cpu-models", "host", "models of CPU of an architecture",
		 "Lists the models of CPU that the host knows.", models_args, 0, models_run},
		{"cpu-baseline", "host", "CPU that several hosts can offer",
		 "Prints the CPU with what all CPUs of a file have in common.", baseline_args, 0,
		 baseline_run},
		{"cpu-compare", "host", "compare a CPU with the host's",
		 "Says whether the host's CPU can do what the CPU of a file can.", compare_args, 0,
		 compare_run},
		{"hypervisor-cpu-baseline", "host", "CPU that several hypervisors can offer",
		 "Prints the CPU with what all CPUs of a file have in common, as far as a hypervisor of "
		 "the host offers it.",
		 hypervisor_baseline_args, 0, hypervisor_baseline_run},
		{"hypervisor-cpu-compare", "host", "compare a CPU with a hypervisor's",
		 "Says whether a hypervisor of the host offers what the CPU of a file can do.",
		 hypervisor_compare_args, 0, compare_run},
		{"domcapabilities", "host", "what domains can have",
		 "Prints the XML of what a hypervisor of the host offers to domains.", domcapabilities_args,
		 0, domcapabilities_run},
		{"domxml-from-native", "domain", "XML of a configuration of a hypervisor",
		 "Prints the XML of a domain that a hypervisor's own configuration describes.",
		 from_native_args, 0, from_native_run},
		{"domxml-to-native", "domain", "a hypervisor's configuration from XML",
		 "Prints the hypervisor's own configuration for a domain, or for the XML of a file.",
		 to_native_args, 0, to_native_run},
		{NULL},
	};

	return rows;
}
