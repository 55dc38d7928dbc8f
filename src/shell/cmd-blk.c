/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A domain's disks: domblklist, domblkinfo, domblkstat, domblkerror, domblkthreshold, blockresize.
 */
#include "config.h"

#include "domain.h"
#include "output.h"
#include "table.h"
#include "typed.h"
#include "xml.h"

#include <stdlib.h>
#include <string.h>

/* The disks of a definition. */
struct disks {
	xmlDoc *doc;
	xmlNode **at;
	size_t n;
};

static void disks_clear(struct disks *d)
{
	free(d->at);
	if (d->doc)
		xmlFreeDoc(d->doc);
}

static int disks_get(struct shell *sh, const struct rvirt_wire_domain *dom, unsigned flags,
					 struct disks *ret)
{
	CLEANUP_FREE char *xml = domain_xml(sh, dom, flags);

	if (!xml)
		return -1;
	if (!(ret->doc = xml_parse(xml, false)) ||
		xml_nodes(ret->doc, "/domain/devices/disk", &ret->at, &ret->n) < 0)
		return out_refuse(sh, "the host's XML of the domain cannot be read");
	return 0;
}

/* Where a disk's data come from; owned by the caller, NULL for an empty drive. */
static char *disk_source(xmlDoc *doc, xmlNode *disk)
{
	CLEANUP_FREE char *type = xml_string(doc, disk, "string(./@type)");
	CLEANUP_FREE char *space = NULL;
	int at[4];
	static const char *const parts[] = {"domain", "bus", "slot", "function"};

	if (!type || strcmp(type, "nvme") != 0)
		return xml_string(doc, disk,
						  "string(./source/@file|./source/@dev|./source/@dir|./source/@name|"
						  "./source/@volume|./source/@path)");
	space = xml_string(doc, disk, "string(./source/@namespace)");
	for (int i = 0; i < 4; i++) {
		CLEANUP_FREE char *path = shell_printf("string(./source/address/@%s)", parts[i]);
		CLEANUP_FREE char *number = xml_string(doc, disk, path);

		at[i] = number ? (int)strtol(number, NULL, 0) : 0;
	}
	return shell_printf("nvme://%04x:%02x:%02x.%d/%s", at[0], at[1], at[2], at[3],
						space ? space : "");
}

static int add_disk(struct shell *sh, const struct disks *disks, size_t i, bool details,
					struct table *table, json_t *all)
{
	CLEANUP_FREE char *type = xml_string(disks->doc, disks->at[i], "string(./@type)");
	CLEANUP_FREE char *device = xml_string(disks->doc, disks->at[i], "string(./@device)");
	CLEANUP_FREE char *target = xml_string(disks->doc, disks->at[i], "string(./target/@dev)");
	CLEANUP_FREE char *source = disk_source(disks->doc, disks->at[i]);
	const char *cells[] = {type, device, target, source ? source : "-"};

	if (!target || !type || !device)
		return out_refuse(sh, "unable to query block list");
	table_add(table, details ? cells : cells + 2);
	json_array_append_new(all, json_pack("{s:o, s:o, s:o, s:o}", "type", out_json_text(type),
										 "device", out_json_text(device), "target",
										 out_json_text(target), "source", out_json_text(source)));
	return 0;
}

static int domblklist_run(struct shell *sh, const struct invocation *in)
{
	static const char *const heads[] = {"Type", "Device", "Target", "Source"};
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP(disks_clear) struct disks disks = {0};
	CLEANUP_FREE char *text = NULL;
	bool details = args_given(in, "details");
	struct table *table;
	json_t *all;
	int rc = 0;

	if (domain_find(sh, in, BY_ANY, &dom) < 0 ||
		disks_get(sh, &dom, args_given(in, "inactive") ? RVIRT_DOMAIN_XML_INACTIVE : 0, &disks) < 0)
		return -1;
	table = details ? table_new(4, heads) : table_new(2, heads + 2);
	all = json_array();
	for (size_t i = 0; rc == 0 && i < disks.n; i++)
		rc = add_disk(sh, &disks, i, details, table, all);
	text = table_format(table, true);
	table_free(table);
	if (rc < 0) {
		json_decref(all);
		return -1;
	}
	out_text(sh, "%s", text);
	out_value(sh, json_pack("{s:o}", "disks", all));
	return 0;
}

/* A size in bytes, or for people; owned by the caller. */
static char *size_text(uint64_t bytes, bool human)
{
	char text[OUT_SIZE_TEXT];

	if (!human)
		return shell_printf("%llu", (unsigned long long)bytes);
	out_size_text(bytes, 3, text);
	return shell_strdup(text);
}

static json_t *size_json(const struct rvirt_wire_domain_get_block_info_ret *info)
{
	return json_pack("{s:I, s:I, s:I}", "capacity", (json_int_t)info->capacity, "allocation",
					 (json_int_t)info->allocation, "physical", (json_int_t)info->physical);
}

static int get_size(struct shell *sh, const struct rvirt_wire_domain *dom, const char *device,
					struct rvirt_wire_domain_get_block_info_ret *ret)
{
	struct rvirt_wire_dom_path_flags_args args = {*dom, borrow(device), 0};

	return rvirt_call_domain_get_block_info(sh->conn, &args, ret) < 0 ? out_fail(sh) : 0;
}

static int add_size(struct shell *sh, const struct rvirt_wire_domain *dom,
					const struct disks *disks, size_t i, bool human, struct table *table,
					json_t *all)
{
	CLEANUP_FREE char *target = xml_string(disks->doc, disks->at[i], "string(./target/@dev)");
	CLEANUP_FREE char *source = xml_string(disks->doc, disks->at[i], "string(boolean(./source))");
	CLEANUP_FREE char *capacity = NULL, *allocation = NULL, *physical = NULL;
	struct rvirt_wire_domain_get_block_info_ret info = {0};
	json_t *one;

	if (source && strcmp(source, "true") == 0 && get_size(sh, dom, target ? target : "", &info) < 0)
		return -1;
	if (info.capacity || info.allocation || info.physical) {
		capacity = size_text(info.capacity, human);
		allocation = size_text(info.allocation, human);
		physical = size_text(info.physical, human);
	}
	table_add(table, (const char *[]){target ? target : "-", capacity ? capacity : "-",
									  allocation ? allocation : "-", physical ? physical : "-"});
	one = size_json(&info);
	json_object_set_new(one, "target", out_json_text(target));
	json_array_append_new(all, one);
	return 0;
}

static int show_sizes(struct shell *sh, const struct rvirt_wire_domain *dom, bool human)
{
	static const char *const heads[] = {"Target", "Capacity", "Allocation", "Physical"};
	CLEANUP(disks_clear) struct disks disks = {0};
	CLEANUP_FREE char *text = NULL;
	struct table *table;
	json_t *all;
	int rc = 0;

	if (disks_get(sh, dom, 0, &disks) < 0)
		return -1;
	table = table_new(4, heads);
	all = json_array();
	for (size_t i = 0; rc == 0 && i < disks.n; i++)
		rc = add_size(sh, dom, &disks, i, human, table, all);
	text = table_format(table, true);
	table_free(table);
	if (rc < 0) {
		json_decref(all);
		return -1;
	}
	out_text(sh, "%s", text);
	out_value(sh, json_pack("{s:o}", "disks", all));
	return 0;
}

static int domblkinfo_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP_FREE char *capacity = NULL, *allocation = NULL, *physical = NULL;
	struct rvirt_wire_domain_get_block_info_ret info = {0};
	bool human = args_given(in, "human");
	const char *device = args_text(in, "device");

	if (args_exclusive(sh, in, "all", "device") < 0 || domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	if (args_given(in, "all"))
		return show_sizes(sh, &dom, human);
	if (!device)
		return out_refuse(sh, "command 'domblkinfo' requires <device> option");
	if (get_size(sh, &dom, device, &info) < 0)
		return -1;
	capacity = size_text(info.capacity, human);
	allocation = size_text(info.allocation, human);
	physical = size_text(info.physical, human);
	out_text(sh, "%-15s %s\n", "Capacity:", capacity);
	out_text(sh, "%-15s %s\n", "Allocation:", allocation);
	out_text(sh, "%-15s %s\n", "Physical:", physical);
	out_value(sh, size_json(&info));
	return 0;
}

/* The figures of a disk in the order in which they are shown, with the names of the older call. */
static const struct {
	const char *name, *old, *human;
} figures[] = {
	{"rd_operations", "rd_req", "number of read operations:"},
	{"rd_bytes", "rd_bytes", "number of bytes read:"},
	{"wr_operations", "wr_req", "number of write operations:"},
	{"wr_bytes", "wr_bytes", "number of bytes written:"},
	{"errs", "errs", "error count:"},
	{"flush_operations", NULL, "number of flush operations:"},
	{"rd_total_times", NULL, "total duration of reads (ns):"},
	{"wr_total_times", NULL, "total duration of writes (ns):"},
	{"flush_total_times", NULL, "total duration of flushes (ns):"},
};
#define N_FIGURES (sizeof(figures) / sizeof(*figures))

static void print_figure(struct shell *sh, const char *device, bool human, size_t i,
						 const char *value)
{
	const char *name = human ? figures[i].human : figures[i].old ? figures[i].old : figures[i].name;

	out_text(sh, "%s %-*s %s\n", human ? "" : device, human ? 31 : 0, name, value);
}

static int show_old_stats(struct shell *sh, const struct invocation *in,
						  const struct rvirt_wire_domain *dom, const char *device, bool human)
{
	struct rvirt_wire_dom_path_args args = {*dom, borrow(device)};
	struct rvirt_wire_domain_block_stats_ret stats;
	json_t *object;

	if (rvirt_call_domain_block_stats(sh->conn, &args, &stats) < 0)
		return out_fail_at(sh, "Failed to get block stats %s %s", args_text(in, "domain"), device);
	if (human)
		out_text(sh, "Device: %s\n", device);
	object = json_object();
	for (size_t i = 0; i < 5; i++) {
		const int64_t values[] = {stats.rd_req, stats.rd_bytes, stats.wr_req, stats.wr_bytes,
								  stats.errs};
		CLEANUP_FREE char *text = shell_printf("%lld", (long long)values[i]);

		if (values[i] < 0)
			continue;
		print_figure(sh, device, human, i, text);
		json_object_set_new(object, figures[i].name, json_integer(values[i]));
	}
	out_value(sh, object);
	return 0;
}

static void show_stats(struct shell *sh, const char *device, bool human,
					   const struct rvirt_wire_params_nparams_ret *ret)
{
	json_t *object = json_object();

	if (human)
		out_text(sh, "Device: %s\n", device);
	for (size_t i = 0; i < N_FIGURES; i++) {
		const struct rvirt_wire_typed_param *p =
			typed_find(ret->params, ret->n_params, figures[i].name);
		CLEANUP_FREE char *text = p ? typed_format(p) : NULL;

		if (p)
			print_figure(sh, device, human, i, text);
	}
	for (uint32_t i = 0; i < ret->n_params; i++) {
		const struct rvirt_wire_typed_param *p = &ret->params[i];
		CLEANUP_FREE char *text = typed_format(p);
		bool shown = false;

		for (size_t j = 0; j < N_FIGURES; j++)
			shown = shown || strcmp(figures[j].name, p->field) == 0;
		if (!shown)
			out_text(sh, "%s %s %s\n", human ? "" : device, p->field, text);
		json_object_set_new(object, p->field, typed_json(p));
	}
	out_value(sh, object);
}

static int domblkstat_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_domain_block_stats_flags_args args;
	struct rvirt_wire_params_nparams_ret ret = {0};
	bool human = args_given(in, "human");
	const char *device;

	if (domain_find(sh, in, BY_ANY, &dom) < 0 || args_get_text(sh, in, "device", &device) < 0)
		return -1;
	if (!device)
		device = "";
	args = (struct rvirt_wire_domain_block_stats_flags_args){dom, borrow(device), 0, 0};
	if (rvirt_call_domain_block_stats_flags(sh->conn, &args, &ret) < 0) {
		if (rvirt_last_error().code != RVIRT_ERR_NO_SUPPORT)
			return out_fail(sh);
		return show_old_stats(sh, in, &dom, device, human);
	}
	args.nparams = ret.nparams;
	rvirt_wire_clear(RVIRT_PROC_DOMAIN_BLOCK_STATS_FLAGS, &ret);
	if (rvirt_call_domain_block_stats_flags(sh->conn, &args, &ret) < 0)
		return out_fail_at(sh, "Failed to get block stats for domain '%s' device '%s'",
						   args_text(in, "domain"), device);
	show_stats(sh, device, human, &ret);
	rvirt_wire_clear(RVIRT_PROC_DOMAIN_BLOCK_STATS_FLAGS, &ret);
	return 0;
}

static int domblkerror_run(struct shell *sh, const struct invocation *in)
{
	static const char *const texts[] = {"no error", "unspecified error", "no space"};
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_dom_maxerrors_flags_args args;
	struct rvirt_wire_errors_nerrors_ret ret = {0};
	json_t *object;

	if (domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	args = (struct rvirt_wire_dom_maxerrors_flags_args){dom, 0, 0};
	if (rvirt_call_domain_get_disk_errors(sh->conn, &args, &ret) < 0)
		return out_fail(sh);
	args.maxerrors = ret.nerrors > 0 ? (unsigned)ret.nerrors : 0;
	rvirt_wire_clear(RVIRT_PROC_DOMAIN_GET_DISK_ERRORS, &ret);
	if (args.maxerrors && rvirt_call_domain_get_disk_errors(sh->conn, &args, &ret) < 0)
		return out_fail(sh);
	object = json_object();
	if (!ret.n_errors)
		out_text(sh, "No errors found\n");
	for (uint32_t i = 0; i < ret.n_errors; i++) {
		int error = ret.errors[i].error;
		const char *text = error >= 0 && error < 3 ? texts[error] : "unknown";

		out_text(sh, "%s: %s\n", ret.errors[i].disk, text);
		json_object_set_new(object, ret.errors[i].disk, json_string(text));
	}
	out_value(sh, object);
	rvirt_wire_clear(RVIRT_PROC_DOMAIN_GET_DISK_ERRORS, &ret);
	return 0;
}

static int domblkthreshold_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_domain_set_block_threshold_args args;
	uint64_t bytes = 0;
	const char *dev;

	if (args_get_text(sh, in, "dev", &dev) < 0 ||
		args_get_size(sh, in, "threshold", 1, &bytes) < 0 || domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	args = (struct rvirt_wire_domain_set_block_threshold_args){dom, borrow(dev), bytes, 0};
	if (rvirt_call_domain_set_block_threshold(sh->conn, &args) < 0)
		return out_fail(sh);
	return domain_done(sh, &dom, "threshold set");
}

static int blockresize_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_domain_block_resize_args args;
	uint64_t bytes = 0;
	const char *path;

	if (args_get_text(sh, in, "path", &path) < 0 || args_get_size(sh, in, "size", 1024, &bytes) < 0)
		return -1;
	if (domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	args = (struct rvirt_wire_domain_block_resize_args){dom, borrow(path), bytes / 1024, 0};
	/* the unit of the older hosts, as long as it fits */
	if (bytes % 1024) {
		args.size = bytes;
		args.flags = RVIRT_DOMAIN_BLOCK_RESIZE_BYTES;
	}
	if (rvirt_call_domain_block_resize(sh->conn, &args) < 0)
		return out_fail_at(sh, "Failed to resize block device '%s'", path);
	out_note(sh, "Block device '%s' is resized", path);
	return domain_done(sh, &dom, "resized");
}

#define ACTIVE RVIRT_CONNECT_LIST_DOMAINS_ACTIVE

static const struct arg domblklist_args[] = {
	ARG_DOMAIN_ANY(0),
	{"inactive", ARG_BOOL, "of the definition for the next boot"},
	{"details", ARG_BOOL, "with type and device"},
	{NULL},
};
static const struct arg domblkinfo_args[] = {
	ARG_DOMAIN_ANY(0),
	{"device", ARG_STRING, "target or source of a disk"},
	{"human", ARG_BOOL, "sizes with units"},
	{"all", ARG_BOOL, "of all disks"},
	{NULL},
};
static const struct arg domblkstat_args[] = {
	ARG_DOMAIN_ANY(ACTIVE),
	{"device", ARG_STRING, "target or source of a disk; without it of all together", ARG_EMPTY},
	{"human", ARG_BOOL, "say what each number is"},
	{NULL},
};
static const struct arg domblkerror_args[] = {ARG_DOMAIN_ANY(ACTIVE), {NULL}};
static const struct arg domblkthreshold_args[] = {
	ARG_DOMAIN_ANY(ACTIVE),
	{"dev", ARG_DATA, "target of a disk, or of a part of its chain"},
	{"threshold", ARG_INT, "bytes unless it has a unit", ARG_REQUIRED},
	{NULL},
};
static const struct arg blockresize_args[] = {
	ARG_DOMAIN_ANY(ACTIVE),
	{"path", ARG_DATA, "target or source of a disk"},
	{"size", ARG_INT, "new size, KiB unless it has a unit", ARG_REQUIRED},
	{NULL},
};

const struct cmd *cmd_blk_rows(void)
{
	static const struct cmd rows[] = {
		{"domblklist", "monitor", "disks of a domain", "Lists the disks of a domain.",
		 domblklist_args, 0, domblklist_run},
		{"domblkinfo", "monitor", "sizes of a domain's disk",
		 "Shows how large a disk is for the guest, and what it takes on the host.", domblkinfo_args,
		 0, domblkinfo_run},
		{"domblkstat", "monitor", "statistics of a domain's disk",
		 "Shows what a running guest does with a disk.", domblkstat_args, 0, domblkstat_run},
		{"domblkerror", "monitor", "errors of a domain's disks",
		 "Shows which disks of a running guest had errors.", domblkerror_args, 0, domblkerror_run},
		{"domblkthreshold", "domain", "be told when a disk is written so far",
		 "Asks for an event once the guest writes beyond so many bytes of a disk.",
		 domblkthreshold_args, CMD_WRITES, domblkthreshold_run},
		{"blockresize", "domain", "resize a disk of a domain",
		 "Makes the disk of a running guest larger or smaller.", blockresize_args, CMD_WRITES,
		 blockresize_run},
		{NULL},
	};

	return rows;
}
