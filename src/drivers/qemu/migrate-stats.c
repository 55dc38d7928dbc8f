/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The numbers of a migration. To add one: its row in migrate-stats.def.
 */
#include "config.h"
#include "drivers/qemu/migrate-stats.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "conf/xml.h"

#include <errno.h>
#include <inttypes.h>
#include <rvirt/constants.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct {
	const char *name, *object, *member;
} rows[] = {
#define STAT(name, object, member) {#name, object, member},
#include "drivers/qemu/migrate-stats.def"
#undef STAT
};

uint64_t migrate_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void migrate_stats_set(struct migrate_stats *s, enum migrate_stat stat, uint64_t value)
{
	s->values[stat] = value;
	s->present |= 1u << stat;
}

/* -- from QEMU -- */

static void read_one(struct migrate_stats *s, const json_t *answer, enum migrate_stat stat)
{
	const json_t *object = rows[stat].object ? json_object_get(answer, rows[stat].object) : answer;
	const json_t *value = json_object_get(object, rows[stat].member);

	if (json_is_integer(value))
		migrate_stats_set(s, stat, (uint64_t)json_integer_value(value));
}

/* QEMU counts it in millions of bits a second. */
static void read_speed(struct migrate_stats *s, const json_t *answer, const char *object,
					   enum migrate_stat stat)
{
	const json_t *mbps = json_object_get(json_object_get(answer, object), "mbps");

	if (json_is_number(mbps) && json_number_value(mbps) >= 0)
		migrate_stats_set(s, stat, (uint64_t)(json_number_value(mbps) * 1000000 / 8));
}

void migrate_stats_read(struct migrate_stats *s, const json_t *answer)
{
	for (int i = 0; i < MIGRATE_N_STATS; i++)
		read_one(s, answer, (enum migrate_stat)i);
	read_speed(s, answer, "ram", MIGRATE_STAT_memory_bps);
	read_speed(s, answer, "disk", MIGRATE_STAT_disk_bps);
}

/* -- to clients -- */

struct list {
	struct rvirt_wire_typed_param *at;
	uint32_t n;
	bool failed;
};

static void add(struct list *l, const char *name, int type, uint64_t value)
{
	struct rvirt_wire_typed_param *p = &l->at[l->n];

	p->field = strdup(name);
	p->value.type = type;
	if (type == RVIRT_TYPED_PARAM_INT)
		p->value.u.i = (int32_t)value;
	else
		p->value.u.ul = value;
	l->failed |= !p->field;
	l->n++;
}

static void sums(const struct migrate_stats *s, uint64_t *total, uint64_t *processed,
				 uint64_t *remaining)
{
	const uint64_t *v = s->values;

	*total = v[MIGRATE_STAT_memory_total] + v[MIGRATE_STAT_disk_total];
	*processed = v[MIGRATE_STAT_memory_processed] + v[MIGRATE_STAT_disk_processed];
	*remaining = v[MIGRATE_STAT_memory_remaining] + v[MIGRATE_STAT_disk_remaining];
}

static void add_stats(struct list *l, const struct migrate_stats *s, enum migrate_stat from,
					  enum migrate_stat to)
{
	for (int i = (int)from; i < (int)to; i++)
		if (s->present & 1u << i)
			add(l, rows[i].name,
				i == MIGRATE_STAT_auto_converge_throttle ? RVIRT_TYPED_PARAM_INT
														 : RVIRT_TYPED_PARAM_ULLONG,
				s->values[i]);
}

int migrate_stats_params(const struct migrate_stats *s, int operation, uint32_t *ret_n,
						 struct rvirt_wire_typed_param **ret_params)
{
	enum { OTHERS = 5 }; /* that are no rows */
	struct list l = {.at = calloc(MIGRATE_N_STATS + OTHERS, sizeof *l.at)};
	uint64_t total, processed, remaining;

	if (!l.at)
		return error_oom();
	sums(s, &total, &processed, &remaining);
	add(&l, "operation", RVIRT_TYPED_PARAM_INT, (uint64_t)operation);
	add(&l, "time_elapsed", RVIRT_TYPED_PARAM_ULLONG, s->elapsed);
	add_stats(&l, s, MIGRATE_STAT_downtime, MIGRATE_STAT_memory_total);
	add(&l, "data_total", RVIRT_TYPED_PARAM_ULLONG, total);
	add(&l, "data_processed", RVIRT_TYPED_PARAM_ULLONG, processed);
	add(&l, "data_remaining", RVIRT_TYPED_PARAM_ULLONG, remaining);
	add_stats(&l, s, MIGRATE_STAT_memory_total, MIGRATE_N_STATS);
	if (l.failed) {
		while (l.n > 0)
			free(l.at[--l.n].field);
		free(l.at);
		return error_oom();
	}
	*ret_n = l.n;
	*ret_params = l.at;
	return 0;
}

void migrate_stats_info(const struct migrate_stats *s, int type,
						struct rvirt_wire_domain_get_job_info_ret *ret)
{
	const uint64_t *v = s->values;

	*ret = (struct rvirt_wire_domain_get_job_info_ret){
		.type = type,
		.time_elapsed = s->elapsed,
		.mem_total = v[MIGRATE_STAT_memory_total],
		.mem_processed = v[MIGRATE_STAT_memory_processed],
		.mem_remaining = v[MIGRATE_STAT_memory_remaining],
		.file_total = v[MIGRATE_STAT_disk_total],
		.file_processed = v[MIGRATE_STAT_disk_processed],
		.file_remaining = v[MIGRATE_STAT_disk_remaining],
	};
	sums(s, &ret->data_total, &ret->data_processed, &ret->data_remaining);
}

/* -- the cookie -- */

int migrate_stats_write(const struct migrate_stats *s, struct buf *b)
{
	if (buf_printf(b,
				   "  <statistics>\n    <started>%" PRIu64 "</started>\n    <stopped>0</stopped>\n"
				   "    <sent>%" PRIu64 "</sent>\n",
				   s->started, s->sent) < 0 ||
		(s->has_delta && buf_printf(b, "    <delta>%" PRId64 "</delta>\n", s->time_delta) < 0) ||
		buf_printf(b, "    <time_elapsed>%" PRIu64 "</time_elapsed>\n", s->elapsed) < 0)
		return -1;
	for (int i = 0; i < MIGRATE_N_STATS; i++)
		if (s->present & 1u << i && buf_printf(b, "    <%s>%" PRIu64 "</%s>\n", rows[i].name,
											   s->values[i], rows[i].name) < 0)
			return -1;
	return buf_puts(b, "  </statistics>\n");
}

/* false if it is not there or no number. */
static bool number(const xmlNode *parent, const char *name, uint64_t *ret)
{
	const xmlNode *n = xml_child(parent, name);
	CLEANUP_FREE char *text = n ? xml_text(n) : NULL;
	char *end;

	if (!text || *text == '-')
		return false;
	errno = 0;
	*ret = strtoull(text, &end, 10);
	return !errno && end != text && !*end;
}

void migrate_stats_parse(struct migrate_stats *s, const xmlNode *statistics)
{
	uint64_t value;

	*s = (struct migrate_stats){0};
	number(statistics, "started", &s->started);
	number(statistics, "sent", &s->sent);
	number(statistics, "time_elapsed", &s->elapsed);
	for (int i = 0; i < MIGRATE_N_STATS; i++)
		if (number(statistics, rows[i].name, &value))
			migrate_stats_set(s, (enum migrate_stat)i, value);
}
