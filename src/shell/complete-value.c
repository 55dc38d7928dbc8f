/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Values by the names of options: words that are always the same, parts of the domain on the line,
 * parts of the host.
 *
 * To add some: a row of values[], of words or with a function.
 */
#include "config.h"
#include "complete-value.h"

#include "cpus.h"
#include "domain.h"
#include "keys.h"
#include "object.h"
#include "output.h"
#include "strings.h"
#include "table.h"
#include "xml.h"

#include "base/cleanup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARCHITECTURES                                                                              \
	"alpha armv6l armv7l armv7b aarch64 cris i686 ia64 lm32 m68k microblaze microblazeel mips "    \
	"mipsel mips64 mips64el openrisc parisc parisc64 ppc ppcle ppc64 ppc64le ppcemb riscv32 "      \
	"riscv64 s390 s390x sh4 sh4eb sparc sparc64 unicore32 x86_64 xtensa xtensaeb"
#define HYPERVISORS                                                                                \
	"qemu kqemu kvm xen lxc uml openvz test vmware hyperv vbox phyp parallels bhyve vz hvf"
#define PERF_EVENTS                                                                                \
	"cmt mbmt mbml cpu_cycles instructions cache_references cache_misses branch_instructions "     \
	"branch_misses bus_cycles stalled_cycles_frontend stalled_cycles_backend ref_cpu_cycles "      \
	"cpu_clock task_clock page_faults context_switches cpu_migrations page_faults_min "            \
	"page_faults_maj alignment_faults emulation_faults"
#define POOL_TYPES                                                                                 \
	"dir fs netfs logical disk iscsi iscsi-direct scsi mpath rbd sheepdog gluster zfs vstorage"
#define DISKS "/domain/devices/disk/target/@dev"
#define INTERFACES "/domain/devices/interface/target/@dev"

/* -- of the host -- */

/* Reads the host's or the domain's XML and adds what an expression finds. */
static void add_found(const char *xml, const char *xpath, struct strings *to)
{
	CLEANUP_XML xmlDoc *doc = xml ? xml_parse(xml, false) : NULL;
	CLEANUP_FREE xmlNode **nodes = NULL;
	size_t n = 0;

	if (!doc || xml_nodes(doc, xpath, &nodes, &n) < 0)
		return;
	for (size_t i = 0; i < n; i++) {
		char *text = xml_string(doc, nodes[i], "string(.)");

		if (text)
			strings_take(to, text);
	}
}

static void add_of_host(struct shell *sh, const char *xpath, struct strings *to)
{
	struct rvirt_wire_capabilities_ret ret = {0};

	if (rvirt_call_connect_get_capabilities(sh->conn, &ret) < 0)
		return;
	add_found(ret.capabilities, xpath, to);
	rvirt_wire_clear(RVIRT_PROC_CONNECT_GET_CAPABILITIES, &ret);
}

static void add_cells(struct shell *sh, const struct invocation *in, struct strings *to)
{
	(void)in;
	add_of_host(sh, "/capabilities/host/topology/cells/cell/@id", to);
}

static void add_page_sizes(struct shell *sh, const struct invocation *in, struct strings *to)
{
	CLEANUP_STRINGS struct strings kib = {0};

	(void)in;
	add_of_host(sh, "/capabilities/host/cpu/pages/@size", &kib);
	for (size_t i = 0; i < kib.n; i++) {
		unsigned long long size = strtoull(kib.at[i], NULL, 10);
		size_t unit = 0;

		for (; unit < 3 && size && size % 1024 == 0; unit++)
			size /= 1024;
		strings_take(to, shell_printf("%llu%s", size,
									  (const char *const[]){"KiB", "MiB", "GiB", "TiB"}[unit]));
	}
}

static void add_cpus(struct shell *sh, struct strings *to, bool online)
{
	struct rvirt_wire_node_get_cpu_map_args args = {1, 1, 0};
	struct rvirt_wire_cpumap_online_count_ret ret = {0};

	if (rvirt_call_node_get_cpu_map(sh->conn, &args, &ret) < 0)
		return;
	for (int i = 0; i < ret.count; i++)
		if (!online || cpus_has(ret.cpumap, ret.n_cpumap, i))
			strings_take(to, shell_printf("%d", i));
	rvirt_wire_clear(RVIRT_PROC_NODE_GET_CPU_MAP, &ret);
}

static void add_host_cpus(struct shell *sh, const struct invocation *in, struct strings *to)
{
	(void)in;
	add_cpus(sh, to, false);
}

static void add_online_cpus(struct shell *sh, const struct invocation *in, struct strings *to)
{
	(void)in;
	add_cpus(sh, to, true);
}

static void add_keys(struct shell *sh, const struct invocation *in, struct strings *to)
{
	const char *name;

	(void)sh;
	(void)in;
	for (size_t i = 0; (name = keys_name(i)); i++)
		strings_add(to, name);
}

static void add_signals(struct shell *sh, const struct invocation *in, struct strings *to)
{
	(void)sh;
	(void)in;
	for (int i = 0; i <= 32; i++)
		strings_take(to, shell_printf("rt%d", i));
}

/* -- of the domain on the line -- */

static void add_of_domain(struct shell *sh, const struct invocation *in, const char *xpath,
						  struct strings *to)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP_FREE char *xml = NULL;

	if (!args_text(in, "domain") || domain_find(sh, in, BY_ANY, &dom) < 0)
		return;
	xml = domain_xml(sh, &dom, 0);
	add_found(xml, xpath, to);
}

static void add_vcpus(struct shell *sh, const struct invocation *in, struct strings *to)
{
	CLEANUP_STRINGS struct strings count = {0};

	add_of_domain(sh, in, "/domain/vcpu", &count);
	for (int i = 0; count.n && i < atoi(count.at[0]) && i < 4096; i++)
		strings_take(to, shell_printf("%d", i));
}

static void add_mountpoints(struct shell *sh, const struct invocation *in, struct strings *to)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_dom_flags_args args;
	struct rvirt_wire_info_count_ret ret = {0};

	if (!args_text(in, "domain") || domain_find(sh, in, BY_ANY, &dom) < 0)
		return;
	args = domain_flags_args(&dom, 0);
	if (rvirt_call_domain_get_fsinfo(sh->conn, &args, &ret) < 0)
		return;
	for (uint32_t i = 0; i < ret.n_info; i++)
		strings_add(to, ret.info[i].mountpoint);
	rvirt_wire_clear(RVIRT_PROC_DOMAIN_GET_FSINFO, &ret);
}

/* Both kinds are listed by calls with the same arguments, and answers of the same form. */
static void add_moments(struct shell *sh, const struct invocation *in, enum rvirt_proc proc,
						struct strings *to)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_dom_need_results_flags_args args = {.need_results = 1};
	struct rvirt_wire_snapshots_count_ret ret = {0};

	if (!args_text(in, "domain") || domain_find(sh, in, BY_ANY, &dom) < 0)
		return;
	args.dom = dom;
	if (domain_wait(rvirt_call_send(sh->conn, proc, &args), &ret) < 0)
		return;
	for (uint32_t i = 0; i < ret.n_snapshots; i++)
		strings_add(to, ret.snapshots[i].name);
	rvirt_wire_clear(proc, &ret);
}

static void add_snapshots(struct shell *sh, const struct invocation *in, struct strings *to)
{
	add_moments(sh, in, RVIRT_PROC_DOMAIN_LIST_ALL_SNAPSHOTS, to);
}

static void add_checkpoints(struct shell *sh, const struct invocation *in, struct strings *to)
{
	add_moments(sh, in, RVIRT_PROC_DOMAIN_LIST_ALL_CHECKPOINTS, to);
}

/* -- of the network on the line -- */

static void add_ports(struct shell *sh, const struct invocation *in, struct strings *to)
{
	CLEANUP_OBJECT struct object net = {.type = OBJECT_NETWORK};
	struct rvirt_wire_network_list_all_ports_args args = {.need_results = 1};
	struct rvirt_wire_ports_count_ret ret = {0};
	char text[37];

	if (!args_text(in, "network") ||
		object_find(sh, in, OBJECT_NETWORK, NULL, OBJECT_BY_ANY, &net) < 0)
		return;
	args.network = net.as.net.net;
	if (rvirt_call_network_list_all_ports(sh->conn, &args, &ret) < 0)
		return;
	for (uint32_t i = 0; i < ret.n_ports; i++)
		strings_add(to, out_uuid(ret.ports[i].uuid, text));
	rvirt_wire_clear(RVIRT_PROC_NETWORK_LIST_ALL_PORTS, &ret);
}

/* -- the table -- */

static const struct {
	const char *command; /* the beginning of its name, "" for all */
	const char *option;
	const char *words; /* with a blank between them; or an expression on the domain's XML */
	void (*add)(struct shell *sh, const struct invocation *in, struct strings *to);
} values[] = {
	{"attach-interface", "source-mode", "server client", NULL},
	{"blkdeviotune", "device", DISKS, NULL},
	{"block", "base", DISKS, NULL},
	{"block", "path", DISKS, NULL},
	{"block", "top", DISKS, NULL},
	{"blockcopy", "format",
	 "raw dir bochs cloop dmg iso vpc vdi fat vhd ploop cow qcow qcow2 qed vmdk", NULL},
	{"change-media", "path", DISKS, NULL},
	{"detach-disk", "target", DISKS, NULL},
	{"detach-interface", "mac", "/domain/devices/interface/mac/@address", NULL},
	{"domblk", "dev", DISKS, NULL},
	{"domblk", "device", DISKS, NULL},
	{"domfs", "mountpoint", NULL, add_mountpoints},
	{"domhostname", "source", "lease agent", NULL},
	{"domif-setlink", "state", "up down", NULL},
	{"domif", "interface", INTERFACES, NULL},
	{"domifaddr", "source", "lease agent arp", NULL},
	{"dompmsuspend", "target", "mem disk hybrid", NULL},
	{"dump", "format", "elf kdump-zlib kdump-lzo kdump-snappy win-dmp", NULL},
	{"migrate", "migrate-disks", DISKS, NULL},
	{"migrate", "comp-methods", "mt xbzrle", NULL},
	{"numatune", "mode", "strict preferred interleave restrictive", NULL},
	{"perf", "enable", PERF_EVENTS, NULL},
	{"perf", "disable", PERF_EVENTS, NULL},
	{"send-key", "codeset", "linux xt atset1 atset2 atset3 os_x xt_kbd usb win32 qnum", NULL},
	{"send-key", "keycode", NULL, add_keys},
	{"send-process-signal", "signame",
	 "nop hup int quit ill trap abrt bus fpe kill usr1 segv usr2 pipe alrm term stkflt chld cont "
	 "stop tstp ttin ttou urg xcpu xfsz vtalrm prof winch poll pwr sys",
	 add_signals},
	{"set-lifecycle-action", "type", "poweroff reboot crash", NULL},
	{"set-lifecycle-action", "action",
	 "destroy restart rename-restart preserve coredump-destroy coredump-restart", NULL},
	{"snapshot-", "from", NULL, add_snapshots},
	{"snapshot-", "snapshotname", NULL, add_snapshots},
	{"checkpoint-", "from", NULL, add_checkpoints},
	{"checkpoint-", "checkpointname", NULL, add_checkpoints},
	{"net-port-", "port", NULL, add_ports},
	{"undefine", "storage", DISKS, NULL},
	{"setvcpu", "vcpulist", NULL, add_vcpus},
	{"vcpupin", "vcpu", NULL, add_vcpus},
	{"domdirtyrate-calc", "mode", "page-sampling dirty-bitmap dirty-ring", NULL},
	{"nodecpustats", "cpu", NULL, add_online_cpus},
	{"nodesuspend", "target", "mem disk hybrid", NULL},
	{"nodedev-detach", "driver", "default kvm vfio xen", NULL},
	{"maxvcpus", "type", HYPERVISORS, NULL},
	{"pool-", "type", POOL_TYPES, NULL},
	{"find-storage-pool-sources", "type", POOL_TYPES, NULL},
	{"vol-wipe", "algorithm", "zero nnsa dod bsi gutmann schneier pfitzner7 pfitzner33 random trim",
	 NULL},
	{"", "arch", ARCHITECTURES, NULL},
	{"", "virttype", HYPERVISORS, NULL},
	{"", "cpulist", NULL, add_host_cpus},
	{"", "cellno", NULL, add_cells},
	{"", "pagesize", NULL, add_page_sizes},
};

static void add_words(const char *words, struct strings *to)
{
	for (; *words; words += strspn(words, " ")) {
		size_t n = strcspn(words, " ");

		strings_take(to, shell_printf("%.*s", (int)n, words));
		words += n;
	}
}

/* A key at the prompt must not open a connection, which may ask for a password. */
static bool may_ask(struct shell *sh)
{
	return sh->interactive ? sh->conn && !sh->lost : shell_need_connection(sh) == 0;
}

void complete_value(struct shell *sh, const struct invocation *in, const struct arg *arg,
					struct strings *to)
{
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		const char *words = values[i].words;

		if (strcmp(arg->name, values[i].option) != 0 ||
			strncmp(in->cmd->name, values[i].command, strlen(values[i].command)) != 0)
			continue;
		if (words && *words != '/')
			add_words(words, to);
		else if (words && may_ask(sh))
			add_of_domain(sh, in, words, to);
		if (values[i].add && may_ask(sh))
			values[i].add(sh, in, to);
		return;
	}
}
