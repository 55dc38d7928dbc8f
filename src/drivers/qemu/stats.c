/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Figures of disks, interfaces and memory of a running machine.
 */
#include "config.h"
#include "drivers/qemu/stats.h"

#include "drivers/network/tap.h"
#include "drivers/params.h"
#include "drivers/qemu/alias.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/ops.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* -- disks -- */

int disk_ask(struct vm *vm, struct disk_answers *ret_answers)
{
	*ret_answers = (struct disk_answers){0};
	if (vm_call(vm, "query-blockstats", NULL, &ret_answers->stats) < 0)
		return -1;
	return vm_call(vm, "query-block", NULL, &ret_answers->block);
}

void disk_answers_clear(struct disk_answers *answers)
{
	json_decref(answers->stats);
	json_decref(answers->block);
}

/* Whether QEMU means this device: it gives its name or the path of it, or of a part. */
static bool names(const char *qdev, const char *alias)
{
	size_t n = strlen(alias);
	const char *at;

	if (!qdev || !n)
		return false;
	if (*qdev != '/')
		return strcmp(qdev, alias) == 0;
	at = strstr(qdev, alias);
	return at && at[-1] == '/' && (at[n] == '/' || !at[n]);
}

json_t *disk_about(json_t *answer, const struct node *disk)
{
	json_t *element;
	size_t i;

	json_array_foreach(answer, i, element)
	{
		if (names(qmp_text(element, "qdev"), qemu_alias(disk)))
			return element;
	}
	return NULL;
}

/* The size of the image file as the host sees it: its end, and what it takes. */
static void measure(const char *path, struct disk_stats *s)
{
	struct stat st;

	if (!path || stat(path, &st) < 0)
		return;
	s->allocation = (unsigned long long)st.st_blocks * 512;
	s->physical = S_ISREG(st.st_mode) ? (unsigned long long)st.st_size : s->capacity;
	if (!S_ISREG(st.st_mode))
		s->allocation = s->physical;
}

void disk_stats(const struct disk_answers *answers, const struct node *disk,
				struct disk_stats *ret_stats)
{
	json_t *stats = json_object_get(disk_about(answers->stats, disk), "stats");
	json_t *image =
		json_object_get(json_object_get(disk_about(answers->block, disk), "inserted"), "image");

	*ret_stats = (struct disk_stats){
		.rd_req = qmp_int(stats, "rd_operations", 0),
		.rd_bytes = qmp_int(stats, "rd_bytes", 0),
		.rd_ns = qmp_int(stats, "rd_total_time_ns", 0),
		.wr_req = qmp_int(stats, "wr_operations", 0),
		.wr_bytes = qmp_int(stats, "wr_bytes", 0),
		.wr_ns = qmp_int(stats, "wr_total_time_ns", 0),
		.fl_req = qmp_int(stats, "flush_operations", 0),
		.fl_ns = qmp_int(stats, "flush_total_time_ns", 0),
		.capacity = qmp_ull(image, "virtual-size", 0),
	};
	ret_stats->allocation = qmp_ull(image, "actual-size", 0);
	ret_stats->physical = ret_stats->capacity;
	measure(child_attr(disk, "source", "file"), ret_stats);
}

/* The disk of that target or path; NULL with the error set. */
static struct node *find_disk(const struct domain_def *def, const char *path)
{
	const struct node *devices = node_child(def->root, "devices");

	NODE_EACH(disk, devices, "disk")
	{
		const struct node *source = node_child(disk, "source");

		if (child_is(disk, "target", "dev", path) || is(source, "file", path) ||
			is(source, "dev", path))
			return disk;
	}
	error_set(FROM_QEMU, ERR_INVALID_ARG, "invalid path: %s", path);
	return NULL;
}

/* Figures of one disk, or, path empty, of all together. 0 or -1. */
static int ask_disk(struct vm *vm, const char *path, struct disk_stats *ret)
{
	CLEANUP_DISK_ANSWERS struct disk_answers answers = {0};
	const struct node *disk;

	if (vm_check_active(vm) < 0 || (*path && !find_disk(vm->d.def, path)) ||
		disk_ask(vm, &answers) < 0 || vm_check_active(vm) < 0)
		return -1;
	if (*path) {
		if (!(disk = find_disk(vm->d.def, path)))
			return -1;
		disk_stats(&answers, disk, ret);
		return 0;
	}
	*ret = (struct disk_stats){0};
	NODE_EACH(each, node_child(vm->d.def->root, "devices"), "disk")
	{
		struct disk_stats s;

		disk_stats(&answers, each, &s);
		ret->rd_req += s.rd_req;
		ret->rd_bytes += s.rd_bytes;
		ret->rd_ns += s.rd_ns;
		ret->wr_req += s.wr_req;
		ret->wr_bytes += s.wr_bytes;
		ret->wr_ns += s.wr_ns;
		ret->fl_req += s.fl_req;
		ret->fl_ns += s.fl_ns;
	}
	return 0;
}

int qemu_domain_block_stats(struct driver_conn *conn, const struct rvirt_wire_dom_path_args *args,
							struct rvirt_wire_domain_block_stats_ret *ret)
{
	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_QUERY);
	struct disk_stats s;

	if (!vm || ask_disk(vm, args->path, &s) < 0)
		return -1;
	*ret = (struct rvirt_wire_domain_block_stats_ret){.rd_req = s.rd_req,
													  .rd_bytes = s.rd_bytes,
													  .wr_req = s.wr_req,
													  .wr_bytes = s.wr_bytes,
													  .errs = -1};
	return 0;
}

int qemu_domain_block_stats_flags(struct driver_conn *conn,
								  const struct rvirt_wire_domain_block_stats_flags_args *args,
								  struct rvirt_wire_params_nparams_ret *ret)
{
	enum { N_PARAMS = 8, STRING_OKAY = 4 };
	QEMU_LOCKED(q, conn);
	struct params params = {0};
	struct disk_stats s;

	if (qemu_flags(args->flags, STRING_OKAY, "qemuDomainBlockStatsFlags") < 0)
		return -1;

	VM_JOB(vm, q, &args->dom, VM_JOB_QUERY);

	if (!vm || ask_disk(vm, args->path, &s) < 0)
		return -1;
	if (!args->nparams) {
		ret->nparams = N_PARAMS;
		return 0;
	}
	params_llong(&params, "wr_bytes", s.wr_bytes);
	params_llong(&params, "wr_operations", s.wr_req);
	params_llong(&params, "rd_bytes", s.rd_bytes);
	params_llong(&params, "rd_operations", s.rd_req);
	params_llong(&params, "flush_operations", s.fl_req);
	params_llong(&params, "wr_total_times", s.wr_ns);
	params_llong(&params, "rd_total_times", s.rd_ns);
	params_llong(&params, "flush_total_times", s.fl_ns);
	return params_give_max(&params, args->nparams, &ret->n_params, &ret->params);
}

int qemu_domain_get_block_info(struct driver_conn *conn,
							   const struct rvirt_wire_dom_path_flags_args *args,
							   struct rvirt_wire_domain_get_block_info_ret *ret)
{
	QEMU_LOCKED(q, conn);
	struct disk_stats s;

	if (qemu_flags(args->flags, 0, "qemuDomainGetBlockInfo") < 0)
		return -1;

	VM_JOB(vm, q, &args->dom, VM_JOB_QUERY);

	if (!vm || ask_disk(vm, args->path, &s) < 0)
		return -1;
	ret->capacity = s.capacity;
	ret->allocation = s.allocation;
	ret->physical = s.physical;
	return 0;
}

/* -- interfaces -- */

int stats_read_interface(const struct node *interface, struct link_stats *ret)
{
	const char *name = child_attr(interface, "target", "dev");

	/* as libvirt has it: beside one of the host's, and where a device is its owner's own business
	 */
	if (is(interface, "type", "direct") || is(interface, "type", "ethernet"))
		return link_read_stats(name, ret);
	return network_tap_stats(name, ret);
}

int qemu_domain_interface_stats(struct driver_conn *conn,
								const struct rvirt_wire_dom_device_args *args,
								struct rvirt_wire_domain_interface_stats_ret *ret)
{
	QEMU_LOCKED(q, conn);
	const struct vm *vm = vm_find(q, &args->dom);
	const struct node *interface;
	struct link_stats s;

	if (!vm || vm_check_active(vm) < 0)
		return -1;
	interface = domain_def_find_device(vm->d.def, "interface", args->device);
	if (!interface || !child_attr(interface, "target", "dev"))
		return error_set(FROM_QEMU, ERR_INVALID_ARG, "invalid path, '%s' is not a known interface",
						 args->device);
	if (stats_read_interface(interface, &s) < 0)
		return -1;
	*ret = (struct rvirt_wire_domain_interface_stats_ret){
		.rx_bytes = (int64_t)s.rx_bytes,
		.rx_packets = (int64_t)s.rx_packets,
		.rx_errs = (int64_t)s.rx_errs,
		.rx_drop = (int64_t)s.rx_drop,
		.tx_bytes = (int64_t)s.tx_bytes,
		.tx_packets = (int64_t)s.tx_packets,
		.tx_errs = (int64_t)s.tx_errs,
		.tx_drop = (int64_t)s.tx_drop,
	};
	return 0;
}

/* -- memory -- */

/* What the guest's balloon driver tells, where it has told anything: the names, and what they are
 * in KiB. */
static const struct {
	const char *name;
	int tag;
	bool count; /* no bytes */
} guest_rows[] = {
	{"stat-swap-in", RVIRT_DOMAIN_MEMORY_STAT_SWAP_IN, false},
	{"stat-swap-out", RVIRT_DOMAIN_MEMORY_STAT_SWAP_OUT, false},
	{"stat-major-faults", RVIRT_DOMAIN_MEMORY_STAT_MAJOR_FAULT, true},
	{"stat-minor-faults", RVIRT_DOMAIN_MEMORY_STAT_MINOR_FAULT, true},
	{"stat-free-memory", RVIRT_DOMAIN_MEMORY_STAT_UNUSED, false},
	{"stat-total-memory", RVIRT_DOMAIN_MEMORY_STAT_AVAILABLE, false},
	{"stat-available-memory", RVIRT_DOMAIN_MEMORY_STAT_USABLE, false},
	{"stat-disk-caches", RVIRT_DOMAIN_MEMORY_STAT_DISK_CACHES, false},
	{"stat-htlb-pgalloc", RVIRT_DOMAIN_MEMORY_STAT_HUGETLB_PGALLOC, true},
	{"stat-htlb-pgfail", RVIRT_DOMAIN_MEMORY_STAT_HUGETLB_PGFAIL, true},
};

struct tags {
	struct rvirt_wire_domain_memory_stat *stats;
	int n, max;
};

static void put(struct tags *t, int tag, unsigned long long value)
{
	if (t->n < t->max)
		t->stats[t->n++] = (struct rvirt_wire_domain_memory_stat){.tag = tag, .val = value};
}

/* With the balloon: how large it leaves the guest, and what the guest says. */
static int ask_balloon(struct vm *vm, const struct node *balloon, struct tags *t)
{
	CLEANUP_JSON json_t *actual = NULL, *guest = NULL;
	CLEANUP_FREE char *path = NULL;
	const json_t *stats;

	if (vm_call(vm, "query-balloon", NULL, &actual) < 0)
		return -1;
	put(t, RVIRT_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON, qmp_ull(actual, "actual", 0) / 1024);
	if (asprintf(&path, "/machine/peripheral/%s", qemu_alias(balloon)) < 0)
		return error_oom();
	if (vm_call(vm, "qom-get", json_pack("{s:s, s:s}", "path", path, "property", "guest-stats"),
				&guest) < 0)
		return -1;
	stats = json_object_get(guest, "stats");
	for (size_t i = 0; i < sizeof guest_rows / sizeof guest_rows[0]; i++) {
		/* what the guest does not tell is the greatest number, or -1 */
		const json_t *value = json_object_get(stats, guest_rows[i].name);
		double number = json_number_value(value);

		if (json_is_number(value) && number >= 0 && number < 18446744073709551615.0)
			put(t, guest_rows[i].tag,
				(unsigned long long)number / (guest_rows[i].count ? 1 : 1024));
	}
	put(t, RVIRT_DOMAIN_MEMORY_STAT_LAST_UPDATE, qmp_ull(guest, "last-update", 0));
	return 0;
}

/* KiB of the host's memory that the process holds. */
static unsigned long long resident(pid_t pid)
{
	unsigned long long size, pages = 0;
	char path[64];
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fscanf(file, "%llu %llu", &size, &pages) != 2)
		pages = 0;
	fclose(file);
	return pages * (unsigned long long)sysconf(_SC_PAGESIZE) / 1024;
}

int memory_stats(struct vm *vm, struct rvirt_wire_domain_memory_stat *stats, int n)
{
	const struct node *balloon = domain_def_device(vm->d.def, "memballoon", 0);
	struct tags t = {.stats = stats, .max = n};

	if (balloon && !is(balloon, "model", "none")) {
		if (ask_balloon(vm, balloon, &t) < 0 || vm_check_active(vm) < 0)
			return -1;
	} else {
		put(&t, RVIRT_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON, vm->d.def->memory);
	}
	put(&t, RVIRT_DOMAIN_MEMORY_STAT_RSS, resident(vm->pid));
	return t.n;
}

int qemu_domain_memory_stats(struct driver_conn *conn,
							 const struct rvirt_wire_dom_max_stats_flags_args *args,
							 struct rvirt_wire_stats_ret *ret)
{
	enum { STATS_MAX = 1024 };
	QEMU_LOCKED(q, conn);
	int n;

	if (args_max((int)args->max_stats, STATS_MAX, "maxStats", "1024") < 0 ||
		qemu_flags(args->flags, 0, "qemuDomainMemoryStats") < 0)
		return -1;

	VM_JOB(vm, q, &args->dom, VM_JOB_QUERY);

	if (!vm || vm_check_active(vm) < 0)
		return -1;
	ret->stats = calloc(args->max_stats + 1, sizeof *ret->stats);
	if (!ret->stats)
		return error_oom();
	n = memory_stats(vm, ret->stats, (int)args->max_stats);
	if (n < 0)
		return -1;
	ret->n_stats = (uint32_t)n;
	return 0;
}
