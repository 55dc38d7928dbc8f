/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The machine of a command line: board, firmware, memory and its nodes, what SMBIOS says.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "conf/value.h"
#include "drivers/qemu/command-impl.h"

static bool machine_of(const struct line *l, struct qemu_machine *ret)
{
	return qemu_caps_machine(l->caps, child_attr(l->root, "os/type", "machine"), ret);
}

static bool has_cells(const struct line *l)
{
	return node_child(l->root, "cpu/numa/cell");
}

static bool is_pflash(const struct line *l)
{
	return child_is(l->root, "os/loader", "type", "pflash");
}

static void flash(struct line *l, unsigned number, const char *path, bool read_only)
{
	json_t *file = json_object(), *format = json_object();

	put(file, "driver", "file");
	put(file, "filename", path);
	putf(file, "node-name", "libvirt-pflash%u-storage", number);
	put_bool(file, "auto-read-only", true);
	put(file, "discard", "unmap");
	line_json(l, "-blockdev", file);
	putf(format, "node-name", "libvirt-pflash%u-format", number);
	put_bool(format, "read-only", read_only);
	put(format, "driver", "raw");
	putf(format, "file", "libvirt-pflash%u-storage", number);
	line_json(l, "-blockdev", format);
}

void command_firmware(struct line *l)
{
	const struct node *loader = node_child(l->root, "os/loader");
	const char *nvram = child_text(node_child(l->root, "os"), "nvram");

	if (!loader || !loader->text)
		return;
	if (!is_pflash(l)) {
		line_add(l, "-bios");
		line_add(l, loader->text);
		return;
	}
	flash(l, 0, loader->text, is(loader, "readonly", "yes"));
	if (nvram)
		flash(l, 1, nvram, false);
}

static void machine_features(const struct line *l, struct buf *b)
{
	const struct node *features = node_child(l->root, "features");
	const struct node *ioapic = node_child(features, "ioapic");
	const char *loader_secure = child_attr(l->root, "os/loader", "secure");

	opt(b, "vmport", child_attr(features, "vmport", "state"));
	if (child_attr(features, "smm", "state"))
		opt(b, "smm", child_attr(features, "smm", "state"));
	else if (text_is(loader_secure, "yes"))
		opt(b, "smm", "on");
	if (is(ioapic, "driver", "qemu"))
		opt(b, "kernel_irqchip", "split");
	else if (is(ioapic, "driver", "kvm"))
		opt(b, "kernel_irqchip", "on");
	opt(b, "dump-guest-core", child_is(l->root, "memory", "dumpCore", "on") ? "on" : "off");
	if (node_child(l->root, "memoryBacking/nosharepages"))
		opt(b, "mem-merge", "off");
}

void command_machine(struct line *l)
{
	const struct node *tcg = node_child(l->root, "features/tcg/tb-cache");
	struct qemu_machine machine = {0};
	struct buf b = {0}, accel = {0};

	machine_of(l, &machine);
	buf_puts(&b, child_attr(l->root, "os/type", "machine"));
	opt(&b, "usb", "off");
	machine_features(l, &b);
	if (machine.ram_id && !has_cells(l))
		opt(&b, "memory-backend", machine.ram_id);
	if (is_pflash(l)) {
		opt(&b, "pflash0", "libvirt-pflash0-format");
		if (child_text(node_child(l->root, "os"), "nvram"))
			opt(&b, "pflash1", "libvirt-pflash1-format");
	}
	line_buf(l, "-machine", &b);
	buf_puts(&accel, is(l->root, "type", "kvm") ? "kvm" : "tcg");
	if (tcg && node_num(tcg, 0))
		optf(&accel, "tb-size", "%lld", node_num(tcg, 0) / 1024);
	if (child_is(l->root, "features/kvm/dirty-ring", "state", "on"))
		opt(&accel, "dirty-ring-size", child_attr(l->root, "features/kvm/dirty-ring", "size"));
	line_buf(l, "-accel", &accel);
}

/* A backend of guest memory. */
/* On which of the host's nodes it lies: of a cell its own, else as all. Restrictive means that the
 * control group says it. */
static void put_nodes(json_t *o, const struct line *l, const struct node *cell)
{
	static const char *const policies[][2] = {
		{"strict", "bind"}, {"preferred", "preferred"}, {"interleave", "interleave"}};
	const struct node *tune = node_child(l->root, "numatune"), *from = node_child(tune, "memory");
	const char *set, *mode;
	struct bits nodes;
	json_t *list;

	NODE_EACH(memnode, tune, "memnode")
	{
		if (cell && is(memnode, "cellid", node_attr(cell, "id")))
			from = memnode;
	}
	set = node_attr(from, "nodeset");
	mode = node_attr(from, "mode") ? node_attr(from, "mode") : "strict";
	if (!set || bits_parse(set, &nodes) < 0)
		return;
	for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
		if (strcmp(mode, policies[i][0]) != 0)
			continue;
		list = json_array();
		for (int n = bits_next(&nodes, 0); n >= 0; n = bits_next(&nodes, n + 1))
			json_array_append_new(list, json_integer(n));
		json_object_set_new(o, "host-nodes", list);
		put(o, "policy", policies[i][1]);
	}
}

static json_t *backend(const struct line *l, const char *id, unsigned long long kib,
					   const struct node *cell, const struct node *own)
{
	const struct node *backing = node_child(l->root, "memoryBacking");
	const char *source = child_attr(backing, "source", "type");
	const char *access = child_attr(backing, "access", "mode");
	const struct node *pages = node_child(backing, "hugepages"), *page = node_child(pages, "page");
	json_t *o = json_object();
	bool huge = pages && !own;

	access = node_attr(cell, "memAccess") ? node_attr(cell, "memAccess") : access;
	access = node_attr(own, "access") ? node_attr(own, "access") : access;
	if (text_is(source, "memfd") || (huge && !text_is(source, "file"))) {
		put(o, "qom-type", "memory-backend-memfd");
		if (huge)
			put_bool(o, "hugetlb", true);
		if (huge && node_attr_num(page, "size", 0))
			put_int(o, "hugetlbsize", node_attr_num(page, "size", 0) * 1024);
	} else if (text_is(source, "file")) {
		put(o, "qom-type", "memory-backend-file");
		putf(o, "mem-path", "%s/%s", l->env->dir, id);
		if (node_child(backing, "discard"))
			put_bool(o, "discard-data", true);
	} else {
		put(o, "qom-type", "memory-backend-ram");
	}
	put(o, "id", id);
	/* the name that the machine's memory has in a migration is the same for all kinds of it */
	if (!cell && !own && (text_is(source, "memfd") || text_is(source, "file") || huge))
		put_bool(o, "x-use-canonical-path-for-ramblock-id", false);
	if (access)
		put_bool(o, "share", text_is(access, "shared"));
	if (child_is(backing, "allocation", "mode", "immediate") || huge)
		put_bool(o, "prealloc", true);
	put_number(o, "prealloc-threads", node_child(backing, "allocation"), "threads");
	put_int(o, "size", (long long)(kib * 1024));
	put_nodes(o, l, cell);
	return o;
}

/* QEMU counts memory in MiB. */
static unsigned long long round_up(unsigned long long kib)
{
	return (kib + 1023) / 1024 * 1024;
}

static unsigned long long modules(const struct line *l)
{
	unsigned long long sum = 0;

	NODE_EACH(m, l->devices, "memory")
	sum += (unsigned long long)node_num(node_child(m, "target/size"), 0);
	return sum;
}

void command_memory(struct line *l)
{
	const struct node *backing = node_child(l->root, "memoryBacking");
	unsigned long long kib = round_up(l->def->memory - modules(l));
	const struct node *most = node_child(l->root, "maxMemory");
	struct qemu_machine machine = {0};

	if (is_pflash(l) && child_is(l->root, "os/loader", "secure", "yes"))
		line_addf(l, "-global", "driver=cfi.pflash01,property=secure,value=on");
	if (l->def->max_memory)
		line_addf(l, "-m", "size=%lluk,slots=%lld,maxmem=%lluk", kib,
				  node_attr_num(most, "slots", 0), round_up(l->def->max_memory));
	else
		line_addf(l, "-m", "%llu", kib / 1024);
	if (machine_of(l, &machine) && machine.ram_id && !has_cells(l))
		line_json(l, "-object", backend(l, machine.ram_id, kib, NULL, NULL));
	line_addf(l, "-overcommit", "mem-lock=%s", node_child(backing, "locked") ? "on" : "off");
}

void command_smp(struct line *l)
{
	const struct node *topology = node_child(l->root, "cpu/topology");
	struct buf b = {0};

	buf_printf(&b, "%u", l->def->vcpus);
	if (l->def->vcpus != l->def->max_vcpus)
		optf(&b, "maxcpus", "%u", l->def->max_vcpus);
	if (topology) {
		opt(&b, "sockets", node_attr(topology, "sockets"));
		opt(&b, "dies", node_attr(topology, "dies"));
		opt(&b, "cores", node_attr(topology, "cores"));
		opt(&b, "threads", node_attr(topology, "threads"));
	} else {
		optf(&b, "sockets", "%u", l->def->max_vcpus);
		opt(&b, "cores", "1");
		opt(&b, "threads", "1");
	}
	line_buf(l, "-smp", &b);
}

static void iothread(struct line *l, const char *id, const struct node *n)
{
	json_t *o = json_object();

	put(o, "qom-type", "iothread");
	putf(o, "id", "iothread%s", id);
	put_number(o, "thread-pool-min", n, "thread_pool_min");
	put_number(o, "thread-pool-max", n, "thread_pool_max");
	line_json(l, "-object", o);
}

/* The helpers of the thread that does what no I/O thread does. */
static void main_loop(struct line *l)
{
	const struct node *n = node_child(l->root, "defaultiothread");
	json_t *o;

	if (!n)
		return;
	o = json_object();
	put(o, "qom-type", "main-loop");
	put(o, "id", "main-loop");
	put_number(o, "thread-pool-min", n, "thread_pool_min");
	put_number(o, "thread-pool-max", n, "thread_pool_max");
	line_json(l, "-object", o);
}

/* Those that are listed, and as many more as the number says, by the lowest free numbers. */
static void iothreads(struct line *l)
{
	const struct node *list = node_child(l->root, "iothreadids");
	long long count = node_num(node_child(l->root, "iothreads"), 0), listed = 0;
	char id[24];

	NODE_EACH(n, list, "iothread")
	{
		iothread(l, node_attr(n, "id"), n);
		listed++;
	}
	for (long long next = 1; listed < count; next++) {
		bool taken = false;

		snprintf(id, sizeof id, "%lld", next);
		NODE_EACH(n, list, "iothread")
		taken = taken || is(n, "id", id);
		if (taken)
			continue;
		iothread(l, id, NULL);
		listed++;
	}
}

/* "0-1,4" as cpus=0-1,cpus=4. */
static void opt_cpus(struct buf *b, const char *set)
{
	CLEANUP_FREE char *copy = set ? strdup(set) : NULL;
	char *rest = copy, *part;

	while (rest && (part = strsep(&rest, ",")))
		opt(b, "cpus", part);
}

static void distances(struct line *l, const struct node *cell)
{
	NODE_EACH(s, node_child(cell, "distances"), "sibling")
	{
		line_addf(l, "-numa", "dist,src=%lld,dst=%lld,val=%lld", node_attr_num(cell, "id", 0),
				  node_attr_num(s, "id", 0), node_attr_num(s, "value", 0));
	}
}

void command_numa(struct line *l)
{
	const struct node *numa = node_child(l->root, "cpu/numa");

	iothreads(l);
	main_loop(l);
	NODE_EACH(cell, numa, "cell")
	{
		unsigned long long kib = round_up(node_attr_ull(cell, "memory", 0));
		struct buf b = {0};
		char id[32];

		snprintf(id, sizeof id, "ram-node%lld", node_attr_num(cell, "id", 0));
		if (kib)
			line_json(l, "-object", backend(l, id, kib, cell, NULL));
		buf_puts(&b, "node");
		opt(&b, "nodeid", node_attr(cell, "id"));
		opt_cpus(&b, node_attr(cell, "cpus"));
		if (kib)
			opt(&b, "memdev", id);
		line_buf(l, "-numa", &b);
	}
	NODE_EACH(cell, numa, "cell")
	distances(l, cell);
}

json_t *device_memory(const struct line *l, const struct node *n)
{
	json_t *o = json_object();

	put(o, "driver", is(n, "model", "dimm") ? "pc-dimm" : node_attr(n, "model"));
	if (child_text(node_child(n, "target"), "node"))
		put_int(o, "node", node_num(node_child(n, "target/node"), 0));
	putf(o, "memdev", "mem%s", qemu_alias(n));
	put_alias(o, n);
	if (has_address(n, "dimm")) {
		put_int(o, "slot", node_attr_num(node_child(n, "address"), "slot", 0));
		put_number(o, "addr", node_child(n, "address"), "base");
	} else {
		put_address(o, l, n);
	}
	return o;
}

json_t *object_memory(const struct line *l, const struct node *n)
{
	unsigned long long kib = (unsigned long long)node_num(node_child(n, "target/size"), 0);
	char id[80];

	snprintf(id, sizeof id, "mem%s", qemu_alias(n));
	return backend(l, id, kib, NULL, n);
}

void command_memory_devices(struct line *l)
{
	NODE_EACH(n, l->devices, "memory")
	{
		line_json(l, "-object", object_memory(l, n));
		line_json(l, "-device", device_memory(l, n));
	}
}

/* What of <sysinfo> is an entry of which table, and of which name there. */
static void smbios(struct line *l, const struct node *table, int type, const char *const names[][2])
{
	struct buf b = {0};

	if (!table)
		return;
	buf_printf(&b, "type=%d", type);
	for (size_t i = 0; names[i][0]; i++) {
		NODE_EACH(entry, table, "entry")
		{
			if (is(entry, "name", names[i][0]))
				opt(&b, names[i][1], entry->text ? entry->text : "");
		}
	}
	line_buf(l, "-smbios", &b);
}

void command_smbios(struct line *l)
{
	static const char *const bios[][2] = {{"vendor", "vendor"},
										  {"version", "version"},
										  {"date", "date"},
										  {"release", "release"},
										  {0}};
	static const char *const sys[][2] = {{"manufacturer", "manufacturer"},
										 {"product", "product"},
										 {"version", "version"},
										 {"serial", "serial"},
										 {"uuid", "uuid"},
										 {"sku", "sku"},
										 {"family", "family"},
										 {0}};
	static const char *const board[][2] = {{"manufacturer", "manufacturer"},
										   {"product", "product"},
										   {"version", "version"},
										   {"serial", "serial"},
										   {"asset", "asset"},
										   {"location", "location"},
										   {0}};
	static const char *const chassis[][2] = {{"manufacturer", "manufacturer"},
											 {"version", "version"},
											 {"serial", "serial"},
											 {"asset", "asset"},
											 {"sku", "sku"},
											 {0}};
	struct buf oem = {0};

	NODE_EACH(info, l->root, "sysinfo")
	{
		if (!is(info, "type", "smbios") || !child_is(l->root, "os/smbios", "mode", "sysinfo"))
			continue;
		smbios(l, node_child(info, "bios"), 0, bios);
		smbios(l, node_child(info, "system"), 1, sys);
		NODE_EACH(b, info, "baseBoard")
		smbios(l, b, 2, board);
		smbios(l, node_child(info, "chassis"), 3, chassis);
		if (!node_child(info, "oemStrings"))
			continue;
		buf_puts(&oem, "type=11");
		NODE_EACH(entry, node_child(info, "oemStrings"), "entry")
		opt(&oem, "value", entry->text ? entry->text : "");
		line_buf(l, "-smbios", &oem);
	}
	NODE_EACH(info, l->root, "sysinfo")
	{
		NODE_EACH(entry, info, "entry")
		{
			struct buf b = {0};

			if (!is(info, "type", "fwcfg"))
				continue;
			opt(&b, "name", node_attr(entry, "name"));
			opt(&b, node_attr(entry, "file") ? "file" : "string",
				node_attr(entry, "file") ? node_attr(entry, "file") : entry->text);
			line_buf(l, "-fw_cfg", &b);
		}
	}
}
