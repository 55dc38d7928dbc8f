/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The values of a command's options, and what they must look like.
 */
#include "config.h"
#include "args.h"

#include "output.h"
#include "strings.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* the numbers of the protocol's table of errors */
#define ERR_INVALID_ARG 8
#define ERR_OVERFLOW 82
#define FROM_NONE 0

static const struct value *find(const struct invocation *in, const char *name)
{
	for (size_t i = 0; i < in->n_values; i++)
		if (strcmp(in->values[i].arg->name, name) == 0)
			return &in->values[i];
	return NULL;
}

bool args_given(const struct invocation *in, const char *name)
{
	return find(in, name) != NULL;
}

const char *args_text(const struct invocation *in, const char *name)
{
	const struct value *value = find(in, name);

	return value && (*value->text || value->arg->flags & ARG_EMPTY) ? value->text : NULL;
}

int args_get_text(struct shell *sh, const struct invocation *in, const char *name, const char **ret)
{
	const struct value *value = find(in, name);

	if (value && !*value->text && !(value->arg->flags & ARG_EMPTY))
		return out_refuse(sh, "Failed to get option '%s': Option argument is empty", name);
	*ret = value ? value->text : NULL;
	return 0;
}

static int malformed(struct shell *sh, const struct value *value)
{
	return out_refuse(sh, "Numeric value '%s' for <%s> option is malformed or out of range",
					  value->text, value->arg->name);
}

int args_parse_int(const char *text, int *ret)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (errno || end == text || *end || n < INT_MIN || n > INT_MAX)
		return -1;
	*ret = (int)n;
	return 0;
}

unsigned args_bits(const struct invocation *in, const struct args_bit *bits)
{
	unsigned all = 0;

	for (; bits->option; bits++)
		if (args_given(in, bits->option))
			all |= bits->bit;
	return all;
}

int args_get_int(struct shell *sh, const struct invocation *in, const char *name, int *ret)
{
	const struct value *value = find(in, name);

	if (!value)
		return 0;
	return args_parse_int(value->text, ret) < 0 ? malformed(sh, value) : 1;
}

int args_get_timeout(struct shell *sh, const struct invocation *in, int *ret_ms)
{
	int seconds, rc = args_get_int(sh, in, "timeout", &seconds);

	if (rc <= 0)
		return rc;
	if (seconds < 1 || seconds > INT_MAX / 1000)
		return malformed(sh, find(in, "timeout"));
	*ret_ms = seconds * 1000;
	return 1;
}

/* A number without a sign, as strtoull() would read it. */
static int parse_unsigned(const char *text, char **ret_end, uint64_t *ret)
{
	uint64_t n;

	if (text[strspn(text, " \t\n\v\f\r")] == '-')
		return -1;
	errno = 0;
	n = strtoull(text, ret_end, 10);
	if (errno || *ret_end == text)
		return -1;
	*ret = n;
	return 0;
}

int args_get_uint(struct shell *sh, const struct invocation *in, const char *name, unsigned *ret)
{
	const struct value *value = find(in, name);
	uint64_t n;
	char *end;

	if (!value)
		return 0;
	if (parse_unsigned(value->text, &end, &n) < 0 || *end || n > UINT_MAX)
		return malformed(sh, value);
	*ret = (unsigned)n;
	return 1;
}

int args_get_ull(struct shell *sh, const struct invocation *in, const char *name, uint64_t *ret)
{
	const struct value *value = find(in, name);
	char *end;

	if (!value)
		return 0;
	return parse_unsigned(value->text, &end, ret) < 0 || *end ? malformed(sh, value) : 1;
}

int args_get_llong(struct shell *sh, const struct invocation *in, const char *name, int64_t *ret)
{
	const struct value *value = find(in, name);
	char *end;
	long long n;

	if (!value)
		return 0;
	errno = 0;
	n = strtoll(value->text, &end, 10);
	if (errno || end == value->text || *end)
		return malformed(sh, value);
	*ret = n;
	return 1;
}

/* What a unit multiplies by: "", b, byte, bytes, or one of KMGTPE alone, with iB (1024) or with B
 * (1000). 0: no such unit. */
static uint64_t unit_scale(const char *unit, uint64_t scale)
{
	static const char prefixes[] = "kmgtpe";
	const char *prefix;
	uint64_t base;

	if (!*unit)
		return scale;
	if (strcasecmp(unit, "b") == 0 || strcasecmp(unit, "byte") == 0 ||
		strcasecmp(unit, "bytes") == 0)
		return 1;
	prefix = strchr(prefixes, tolower((unsigned char)*unit));
	if (!prefix)
		return 0;
	if (!unit[1] || strcasecmp(unit + 1, "ib") == 0)
		base = 1024;
	else if (strcasecmp(unit + 1, "b") == 0)
		base = 1000;
	else
		return 0;
	for (scale = base; prefix > prefixes; prefix--)
		scale *= base;
	return scale;
}

int args_read_size(struct shell *sh, const struct invocation *in, const char *name, uint64_t scale,
				   uint64_t *ret_bytes)
{
	const struct value *value = find(in, name);
	uint64_t n;
	char *unit;

	if (!value)
		return 0;
	if (parse_unsigned(value->text, &unit, &n) < 0)
		return -1;
	scale = unit_scale(unit, scale);
	if (!scale)
		return out_cause(sh, ERR_INVALID_ARG, FROM_NONE, "invalid argument: unknown suffix '%s'",
						 unit);
	if (__builtin_mul_overflow(n, scale, ret_bytes))
		return out_cause(sh, ERR_OVERFLOW, FROM_NONE, "numerical overflow: value too large: %llu%s",
						 (unsigned long long)n, unit);
	return 1;
}

int args_get_size(struct shell *sh, const struct invocation *in, const char *name, uint64_t scale,
				  uint64_t *ret_bytes)
{
	int rc = args_read_size(sh, in, name, scale, ret_bytes);

	if (rc >= 0)
		return rc;
	return out_refuse(sh, "Scaled numeric value '%s' for <%s> option is malformed or out of range",
					  find(in, name)->text, name);
}

int args_get_fds(struct shell *sh, const struct invocation *in, struct rvirt_fds *ret)
{
	CLEANUP_STRINGS struct strings numbers = {0};
	const char *text;

	ret->n = 0;
	if (args_get_text(sh, in, "pass-fds", &text) < 0)
		return -1;
	if (text)
		strings_split(&numbers, text, ',');
	if (numbers.n > RVIRT_FDS_MAX)
		return out_refuse(sh, "too many file descriptors to send %zu, max is %d", numbers.n,
						  RVIRT_FDS_MAX);
	for (size_t i = 0; i < numbers.n; i++)
		if (args_parse_int(numbers.at[i], &ret->fd[ret->n++]) < 0)
			return out_refuse(sh, "Unable to parse FD number '%s'", numbers.at[i]);
	return 0;
}

const char *args_rest(const struct invocation *in, size_t *at)
{
	while (*at < in->n_values) {
		const struct value *value = &in->values[(*at)++];

		if (value->arg->type == ARG_REST)
			return value->text;
	}
	return NULL;
}

int args_exclusive(struct shell *sh, const struct invocation *in, const char *a, const char *b)
{
	if (args_given(in, a) && args_given(in, b))
		return out_refuse(sh, "Options --%s and --%s are mutually exclusive", a, b);
	return 0;
}
