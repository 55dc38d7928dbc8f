/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The lines of domjobinfo. A number that the host does not tell has no line. To add one: a row.
 */
#include "config.h"
#include "job-show.h"

#include "output.h"
#include "typed.h"

#include <inttypes.h>
#include <string.h>

enum { LABEL = 17 };

enum form {
	PLAIN, /* a number */
	WIDE,  /* the same, in a column that is one wider */
	TIME,  /* milliseconds */
	SIZE,  /* bytes, with a unit that fits */
	SPEED, /* bytes a second; nothing where it is 0 */
	PAGES, /* pages a second */
	BYTES, /* bytes as they are */
	TEXT
};

/* Groups are shown whole, 0 for what is not told, if one of their first three is not 0. */
enum group { ALONE, DATA, MEMORY, DISK };

static const struct row {
	const char *param, *label;
	enum form form;
	enum group group;
	bool essential; /* of its group */
} rows[] = {
	{"time_elapsed_net", "Time elapsed w/o network:", TIME, ALONE, false},
	{"time_remaining", "Time remaining:", TIME, ALONE, false},
	{"data_processed", "Data processed:", SIZE, DATA, true},
	{"data_remaining", "Data remaining:", SIZE, DATA, true},
	{"data_total", "Data total:", SIZE, DATA, true},
	{"memory_processed", "Memory processed:", SIZE, MEMORY, true},
	{"memory_remaining", "Memory remaining:", SIZE, MEMORY, true},
	{"memory_total", "Memory total:", SIZE, MEMORY, true},
	{"memory_bps", "Memory bandwidth:", SPEED, MEMORY, false},
	{"memory_dirty_rate", "Dirty rate:", PAGES, MEMORY, false},
	{"memory_page_size", "Page size:", BYTES, MEMORY, false},
	{"memory_iteration", "Iteration:", PLAIN, MEMORY, false},
	{"memory_postcopy_requests", "Postcopy requests:", PLAIN, MEMORY, false},
	{"disk_processed", "File processed:", SIZE, DISK, true},
	{"disk_remaining", "File remaining:", SIZE, DISK, true},
	{"disk_total", "File total:", SIZE, DISK, true},
	{"disk_bps", "File bandwidth:", SPEED, DISK, false},
	{"memory_constant", "Constant pages:", PLAIN, ALONE, false},
	{"memory_normal", "Normal pages:", PLAIN, ALONE, false},
	{"memory_normal_bytes", "Normal data:", SIZE, ALONE, false},
	{"downtime", "Expected downtime:", TIME, ALONE, false},
	{"downtime_net", "Downtime w/o network:", TIME, ALONE, false},
	{"setup_time", "Setup time:", TIME, ALONE, false},
	{"compression_cache", "Compression cache:", SIZE, ALONE, false},
	{"compression_bytes", "Compressed data:", SIZE, ALONE, false},
	{"compression_pages", "Compressed pages:", WIDE, ALONE, false},
	{"compression_cache_misses", "Compression cache misses:", WIDE, ALONE, false},
	{"compression_overflow", "Compression overflows:", WIDE, ALONE, false},
	{"auto_converge_throttle", "Auto converge throttle:", WIDE, ALONE, false},
	{"disk_temp_used", "Temporary disk space use:", SIZE, ALONE, false},
	{"disk_temp_total", "Temporary disk space total:", SIZE, ALONE, false},
	{"errmsg", "Error message:", TEXT, ALONE, false},
};

struct job {
	struct shell *sh;
	int type;
	const struct rvirt_wire_typed_param *params;
	uint32_t n;
};

static const char *type_name(int type)
{
	static const char *const types[] = {"None",      "Bounded", "Unbounded",
										"Completed", "Failed",  "Cancelled"};

	return type >= 0 && type < 6 ? types[type] : "unknown";
}

static const char *operation_name(uint64_t operation)
{
	static const char *const names[] = {"Unknown",
										"Start",
										"Save",
										"Restore",
										"Incoming migration",
										"Outgoing migration",
										"Snapshot",
										"Snapshot revert",
										"Dump",
										"Backup",
										"Snapshot delete"};

	return operation < sizeof names / sizeof *names ? names[operation] : "unknown";
}

/* 0 if it is no number. */
static uint64_t number_of(const struct rvirt_wire_typed_param *p)
{
	if (p && p->value.type == RVIRT_TYPED_PARAM_ULLONG)
		return p->value.u.ul;
	if (p && p->value.type == RVIRT_TYPED_PARAM_INT && p->value.u.i > 0)
		return (uint64_t)p->value.u.i;
	return 0;
}

static uint64_t number(const struct job *job, const char *name)
{
	return number_of(typed_find(job->params, job->n, name));
}

static bool group_is_told(const struct job *job, enum group group)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].group == group && rows[i].essential && number(job, rows[i].param))
			return true;
	return false;
}

static void print_size(const struct job *job, const char *label, uint64_t value, const char *per)
{
	char text[OUT_SIZE_TEXT];

	out_size_text(value, 3, text);
	out_text(job->sh, "%-*s %s%s\n", LABEL, label, text, per);
}

static void print_number(const struct job *job, const char *label, int width, uint64_t value,
						 const char *unit)
{
	out_text(job->sh, "%-*s %-*" PRIu64 "%s\n", LABEL, label, width, value, unit);
}

static void print_value(const struct job *job, const struct row *row,
						const struct rvirt_wire_typed_param *p)
{
	const char *label = row->label;
	uint64_t value = number_of(p);

	if (row->form == TIME)
		print_number(job, label, 12, value, " ms");
	else if (row->form == SIZE)
		print_size(job, label, value, "");
	else if (row->form == SPEED && value)
		print_size(job, label, value, "/s");
	else if (row->form == PAGES)
		print_number(job, label, 12, value, " pages/s");
	else if (row->form == BYTES)
		print_number(job, label, 12, value, " bytes");
	else if (row->form == PLAIN || row->form == WIDE)
		print_number(job, label, row->form == WIDE ? 13 : 12, value, "");
	else if (row->form == TEXT && p->value.type == RVIRT_TYPED_PARAM_STRING)
		out_text(job->sh, "%-*s %s\n", LABEL, label, p->value.u.s);
}

static void print_row(const struct job *job, struct row row)
{
	const struct rvirt_wire_typed_param *p = typed_find(job->params, job->n, row.param);

	if (strcmp(row.param, "time_remaining") == 0 && job->type != RVIRT_DOMAIN_JOB_BOUNDED)
		return;
	if (strcmp(row.param, "downtime") == 0 && job->type == RVIRT_DOMAIN_JOB_COMPLETED)
		row.label = "Total downtime:";
	if (row.group != ALONE && !group_is_told(job, row.group))
		return;
	if (p || row.essential)
		print_value(job, &row, p);
}

static bool has_numbers(int type, enum job_show how)
{
	return how == JOB_SHOW_ANY || type == RVIRT_DOMAIN_JOB_BOUNDED ||
		   type == RVIRT_DOMAIN_JOB_UNBOUNDED ||
		   (type == RVIRT_DOMAIN_JOB_COMPLETED && how == JOB_SHOW_COMPLETED);
}

static void print(const struct job *job, enum job_show how)
{
	out_text(job->sh, "%-*s %-12s\n", LABEL, "Job type:", type_name(job->type));
	if (job->type == RVIRT_DOMAIN_JOB_NONE)
		return;
	out_text(job->sh, "%-*s %-12s\n", LABEL,
			 "Operation:", operation_name(number(job, "operation")));
	if (!has_numbers(job->type, how))
		return;
	print_number(job, "Time elapsed:", 12, number(job, "time_elapsed"), " ms");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		print_row(job, rows[i]);
}

static void print_raw(const struct job *job)
{
	out_text(job->sh, "Job type: %d\n\n", job->type);
	for (uint32_t i = 0; i < job->n; i++) {
		char *text = typed_format(&job->params[i]);

		out_text(job->sh, "%s: %s\n", job->params[i].field, text);
		free(text);
	}
}

void job_show(struct shell *sh, int type, const struct rvirt_wire_typed_param *params, uint32_t n,
			  enum job_show how)
{
	const struct job job = {sh, type, params, n};
	json_t *object = json_pack("{s:s}", "type", type_name(type));

	if (how == JOB_SHOW_RAW)
		print_raw(&job);
	else
		print(&job, how);
	for (uint32_t i = 0; i < n; i++)
		json_object_set_new(object, params[i].field, typed_json(&params[i]));
	out_value(sh, object);
}

static struct rvirt_wire_typed_param param(const char *name, uint64_t value)
{
	return (struct rvirt_wire_typed_param){
		.field = (char *)(uintptr_t)name,
		.value = {.type = RVIRT_TYPED_PARAM_ULLONG, .u.ul = value}};
}

void job_show_old(struct shell *sh, const struct rvirt_wire_domain_get_job_info_ret *job)
{
	const struct rvirt_wire_typed_param params[] = {
		param("time_elapsed", job->time_elapsed),
		param("time_remaining", job->time_remaining),
		param("data_total", job->data_total),
		param("data_processed", job->data_processed),
		param("data_remaining", job->data_remaining),
		param("memory_total", job->mem_total),
		param("memory_processed", job->mem_processed),
		param("memory_remaining", job->mem_remaining),
		param("disk_total", job->file_total),
		param("disk_processed", job->file_processed),
		param("disk_remaining", job->file_remaining),
	};

	job_show(sh, job->type, params, sizeof params / sizeof *params, JOB_SHOW_USUAL);
}
