/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Samples of domstats. A domain is the same in two samples if its UUID is; one that has begun anew
 * has smaller numbers than before, and no rates until the next sample.
 */
#include "config.h"
#include "sample.h"

#include "domain.h"
#include "output.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct {
	const char *word, *name;
} orders[SAMPLE_ORDERS] = {
	[SAMPLE_BY_CPU] = {"cpu", "CPU"},
	[SAMPLE_BY_MEMORY] = {"memory", "memory"},
	[SAMPLE_BY_NETWORK] = {"network", "network"},
	[SAMPLE_BY_DISK] = {"disk", "disk"},
	[SAMPLE_BY_NAME] = {"name", "name"},
};

/* -- taking -- */

static uint64_t number(const struct rvirt_wire_typed_param *p)
{
	switch (p->value.type) {
	case RVIRT_TYPED_PARAM_INT:
		return (uint64_t)p->value.u.i;
	case RVIRT_TYPED_PARAM_UINT:
		return p->value.u.ui;
	case RVIRT_TYPED_PARAM_LLONG:
		return (uint64_t)p->value.u.l;
	case RVIRT_TYPED_PARAM_ULLONG:
		return p->value.u.ul;
	}
	return 0;
}

/* Whether field is first, a number, and last: "net." … ".rx.bytes". */
static bool is_one_of(const char *field, const char *first, const char *last)
{
	size_t n = strlen(first);

	if (strncmp(field, first, n) != 0)
		return false;
	field += n;
	n = strspn(field, "0123456789");
	return n && strcmp(field + n, last) == 0;
}

static void take_param(struct sample_row *r, const struct rvirt_wire_typed_param *p)
{
	static const struct {
		const char *first, *last;
	} sums[SAMPLE_RATES] = {
		[SAMPLE_RX] = {"net.", ".rx.bytes"},
		[SAMPLE_TX] = {"net.", ".tx.bytes"},
		[SAMPLE_READ] = {"block.", ".rd.bytes"},
		[SAMPLE_WRITE] = {"block.", ".wr.bytes"},
	};

	const struct {
		const char *field;
		unsigned told;
		uint64_t *to;
	} fields[] = {
		{"cpu.time", SAMPLE_CPU, &r->cpu_ns},
		{"balloon.current", SAMPLE_MEMORY, &r->memory_kib},
		{"balloon.maximum", SAMPLE_MAX_MEMORY, &r->max_memory_kib},
		{"vcpu.current", SAMPLE_VCPUS, &r->vcpus},
	};

	if (strcmp(p->field, "state.state") == 0)
		r->state = (int)number(p);
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		if (strcmp(p->field, fields[i].field) != 0)
			continue;
		*fields[i].to = number(p);
		r->told |= fields[i].told;
	}
	for (int i = 0; i < SAMPLE_RATES; i++) {
		if (!is_one_of(p->field, sums[i].first, sums[i].last))
			continue;
		r->bytes[i] += number(p);
		r->told |= SAMPLE_BYTES << i;
	}
}

static int by_uuid(const void *a, const void *b)
{
	return memcmp(((const struct sample_row *)a)->uuid, ((const struct sample_row *)b)->uuid,
				  RVIRT_UUID_LEN);
}

int sample_take(struct shell *sh, struct sample *ret)
{
	struct rvirt_wire_doms_stats_flags_args args = {
		.stats = RVIRT_DOMAIN_STATS_STATE | RVIRT_DOMAIN_STATS_CPU_TOTAL |
				 RVIRT_DOMAIN_STATS_BALLOON | RVIRT_DOMAIN_STATS_VCPU |
				 RVIRT_DOMAIN_STATS_INTERFACE | RVIRT_DOMAIN_STATS_BLOCK,
		.flags = RVIRT_CONNECT_LIST_DOMAINS_ACTIVE};
	struct rvirt_wire_ret_stats_ret stats = {0};
	struct timespec now;

	if (rvirt_call_connect_get_all_domain_stats(sh->conn, &args, &stats) < 0)
		return -1;
	clock_gettime(CLOCK_MONOTONIC, &now);
	ret->at_ns = now.tv_sec * 1000000000LL + now.tv_nsec;
	ret->n = stats.n_ret_stats;
	ret->rows = shell_alloc((ret->n + 1) * sizeof(*ret->rows));
	for (size_t i = 0; i < ret->n; i++) {
		const struct rvirt_wire_domain_stats_record *record = &stats.ret_stats[i];
		struct sample_row *r = &ret->rows[i];

		*r = (struct sample_row){.name = shell_strdup(record->dom.name), .id = record->dom.id};
		memcpy(r->uuid, record->dom.uuid, sizeof r->uuid);
		for (uint32_t j = 0; j < record->n_params; j++)
			take_param(r, &record->params[j]);
	}
	if (ret->n)
		qsort(ret->rows, ret->n, sizeof(*ret->rows), by_uuid);
	rvirt_wire_clear(RVIRT_PROC_CONNECT_GET_ALL_DOMAIN_STATS, &stats);
	return 0;
}

void sample_clear(struct sample *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->rows[i].name);
	free(s->rows);
	*s = (struct sample){0};
}

void sample_rate(struct sample *s, const struct sample *before)
{
	double seconds = (double)(s->at_ns - before->at_ns) / 1e9;

	for (size_t i = 0; i < s->n; i++) {
		struct sample_row *r = &s->rows[i];
		const struct sample_row *old =
			before->n ? bsearch(r, before->rows, before->n, sizeof(*r), by_uuid) : NULL;

		if (!old || old->id != r->id || old->cpu_ns > r->cpu_ns || seconds <= 0)
			continue;
		r->rated = true;
		r->cpu_percent = (double)(r->cpu_ns - old->cpu_ns) / 1e7 / seconds;
		/* a device may have been taken out */
		for (int k = 0; k < SAMPLE_RATES; k++)
			if (r->bytes[k] > old->bytes[k])
				r->rates[k] = (double)(r->bytes[k] - old->bytes[k]) / seconds;
	}
}

/* -- showing -- */

static double weight(const struct sample_row *r, enum sample_order order)
{
	switch (order) {
	case SAMPLE_BY_CPU:
		return r->cpu_percent;
	case SAMPLE_BY_MEMORY:
		return (double)r->memory_kib;
	case SAMPLE_BY_NETWORK:
		return r->rates[SAMPLE_RX] + r->rates[SAMPLE_TX];
	case SAMPLE_BY_DISK:
		return r->rates[SAMPLE_READ] + r->rates[SAMPLE_WRITE];
	default:
		return 0;
	}
}

static int by_weight(const void *a, const void *b, void *opaque)
{
	const struct sample_row *x = *(const struct sample_row *const *)a;
	const struct sample_row *y = *(const struct sample_row *const *)b;
	enum sample_order order = *(enum sample_order *)opaque;
	double left = weight(x, order), right = weight(y, order);

	return left > right ? -1 : left < right ? 1 : strcmp(x->name, y->name);
}

const struct sample_row **sample_sorted(const struct sample *s, enum sample_order order)
{
	const struct sample_row **rows = shell_alloc((s->n + 1) * sizeof(*rows));

	for (size_t i = 0; i < s->n; i++)
		rows[i] = &s->rows[i];
	qsort_r(rows, s->n, sizeof(*rows), by_weight, &order);
	return rows;
}

const char *sample_state(const struct sample_row *r)
{
	return domain_state_text(r->state);
}

bool sample_is_rated(const struct sample_row *r, unsigned told)
{
	return r->rated && r->told & told;
}

/* A number, or null where the host does not tell it. */
static json_t *told_json(const struct sample_row *r, unsigned told, uint64_t value)
{
	return r->told & told ? json_integer((json_int_t)value) : json_null();
}

static json_t *rate_json(const struct sample_row *r, unsigned told, double value)
{
	return sample_is_rated(r, told) ? json_real(value) : json_null();
}

static json_t *row_json(const struct sample_row *r)
{
	static const char *const keys[SAMPLE_RATES] = {"rx_bytes", "tx_bytes", "read_bytes",
												   "written_bytes"};
	json_t *one = json_pack("{s:o, s:o, s:i, s:s}", "name", out_json_text(r->name), "uuid",
							out_json_uuid(r->uuid), "id", r->id, "state", sample_state(r));

	json_object_set_new(one, "cpu_percent", rate_json(r, SAMPLE_CPU, r->cpu_percent));
	json_object_set_new(one, "cpu_time_ns", told_json(r, SAMPLE_CPU, r->cpu_ns));
	json_object_set_new(one, "memory_kib", told_json(r, SAMPLE_MEMORY, r->memory_kib));
	json_object_set_new(one, "max_memory_kib", told_json(r, SAMPLE_MAX_MEMORY, r->max_memory_kib));
	json_object_set_new(one, "vcpus", told_json(r, SAMPLE_VCPUS, r->vcpus));
	for (int k = 0; k < SAMPLE_RATES; k++) {
		CLEANUP_FREE char *rate = shell_printf("%s_per_s", keys[k]);

		json_object_set_new(one, keys[k], told_json(r, SAMPLE_BYTES << k, r->bytes[k]));
		json_object_set_new(one, rate, rate_json(r, SAMPLE_BYTES << k, r->rates[k]));
	}
	return one;
}

json_t *sample_json(const struct sample *s, enum sample_order order)
{
	CLEANUP_FREE const struct sample_row **rows = sample_sorted(s, order);
	json_t *all = json_array();

	for (size_t i = 0; i < s->n; i++)
		json_array_append_new(all, row_json(rows[i]));
	return json_pack("{s:o}", "domains", all);
}

const char *sample_order_name(enum sample_order order)
{
	return orders[order].name;
}

const char *sample_order_word(enum sample_order order)
{
	return orders[order].word;
}

int sample_order_find(const char *word, enum sample_order *ret)
{
	for (int i = 0; i < SAMPLE_ORDERS; i++) {
		if (strcmp(word, orders[i].word) != 0)
			continue;
		*ret = (enum sample_order)i;
		return 0;
	}
	return -1;
}
