/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Numbers, amounts, sets, paths, addresses: reading what people write, writing one spelling.
 */
#include "config.h"
#include "conf/value.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/uuid.h"
#include "conf/format.h"

static int parse(const char *text, int base, bool minus, unsigned long long *ret_value)
{
	char *end;

	errno = 0;
	*ret_value = strtoull(text, &end, base);
	if (errno || end == text || *end)
		return -1;
	return !minus && memchr(text, '-', (size_t)(end - text)) ? -1 : 0;
}

int value_parse_ull(const char *text, int base, unsigned long long *ret_value)
{
	return parse(text, base, false, ret_value);
}

static int parse_ll(const char *text, int base, long long *ret_value)
{
	char *end;

	errno = 0;
	*ret_value = strtoll(text, &end, base);
	return errno || end == text || *end ? -1 : 0;
}

int value_parse_int(const char *text, int base, int *ret_value)
{
	long long v;

	if (parse_ll(text, base, &v) < 0 || v < INT_MIN || v > INT_MAX)
		return -1;
	*ret_value = (int)v;
	return 0;
}

int value_parse_uint(const char *text, int base, unsigned *ret_value)
{
	unsigned long long v;

	if (value_parse_ull(text, base, &v) < 0 || v > UINT_MAX)
		return -1;
	*ret_value = (unsigned)v;
	return 0;
}

/* A 32 bit number for which -1 (and no less) may stand for the greatest. */
static int parse_uint_wrapped(const char *text, int base, unsigned long long *ret_value)
{
	long long v;

	if (parse_ll(text, base, &v) < 0 || v > UINT_MAX || v < -(long long)UINT_MAX)
		return -1;
	*ret_value = (unsigned)v;
	return 0;
}

static char *print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static char *print(const char *fmt, ...)
{
	struct buf b = {0};
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = buf_vprintf(&b, fmt, ap);
	va_end(ap);
	return rc == 0 ? buf_steal_text(&b) : NULL;
}

char *value_print(const struct row *row, unsigned long long v)
{
	int width = row->as && row->as[0] ? atoi(row->as + 1) : 0;

	switch (row->as ? row->as[0] : 'd') {
	case 'x':
		return print("0x%0*llx", width, v);
	case 'X':
		return print("0x%0*llX", width, v);
	case 'o':
		return print("%0*llo", width, v);
	default:
		return print("%llu", v);
	}
}

char *value_number(const struct row *row, const char *text)
{
	int base = (int)row->base;
	unsigned long long u = 0;
	long long s = 0;
	unsigned w = 0;
	int i = 0, rc = -1;

	switch (row->type) {
	case VALUE_INT:
		rc = value_parse_int(text, base, &i);
		if (rc == 0 && (!row->as || i < 0))
			return print("%d", i);
		u = (unsigned)i;
		break;
	case VALUE_LL:
		return parse_ll(text, base, &s) < 0 ? NULL : print("%lld", s);
	case VALUE_UINT:
		rc = value_parse_uint(text, base, &w);
		u = w;
		break;
	case VALUE_UINTW:
		rc = parse_uint_wrapped(text, base, &u);
		break;
	case VALUE_ULLW:
		rc = parse(text, base, true, &u);
		break;
	default:
		rc = value_parse_ull(text, base, &u);
		break;
	}
	return rc < 0 ? NULL : value_print(row, u);
}

char *value_path(const char *text)
{
	const char *scheme = strstr(text, "://"), *in = text;
	char *clean = strdup(text), *out = clean;

	if (!clean || (scheme && strchr(text, '/') > scheme))
		return clean;
	if (strncmp(in, "//", 2) == 0 && in[2] != '/') {
		in += 2;
		out += 2;
	}
	while (*in) {
		if (*in != '/') {
			*out++ = *in++;
			continue;
		}
		in += strspn(in, "/");
		if (*in || out == clean)
			*out++ = '/';
	}
	*out = '\0';
	return clean;
}

char *value_uuid(const char *text)
{
	unsigned char uuid[UUID_LEN];
	char *out;

	if (uuid_parse(text, uuid) < 0 || !(out = malloc(UUID_TEXT_LEN)))
		return NULL;
	return uuid_format(uuid, out);
}

bool bits_has(const struct bits *b, int i)
{
	return i >= 0 && i < VALUE_SET_MAX && (b->b[i / 8] >> (i % 8) & 1);
}

void bits_put(struct bits *b, int i, bool on)
{
	unsigned char bit = (unsigned char)(1u << (i % 8));

	b->b[i / 8] = on ? b->b[i / 8] | bit : b->b[i / 8] & (unsigned char)~bit;
}

/* A text may name the same thousands again and again: whole bytes at once. */
static void put_range(struct bits *b, int first, int last, bool on)
{
	for (; first <= last && first % 8; first++)
		bits_put(b, first, on);
	if (last - first >= 8) {
		size_t bytes = (size_t)(last - first) / 8;

		memset(&b->b[first / 8], on ? 0xff : 0, bytes);
		first += (int)bytes * 8;
	}
	for (; first <= last; first++)
		bits_put(b, first, on);
}

int bits_next(const struct bits *b, int from)
{
	for (int i = from < 0 ? 0 : from; i < VALUE_SET_MAX; i++) {
		if (i % 8 == 0 && !b->b[i / 8])
			i += 7;
		else if (bits_has(b, i))
			return i;
	}
	return -1;
}

bool bits_overlap(const struct bits *a, const struct bits *b)
{
	for (size_t i = 0; i < sizeof a->b; i++) {
		if (a->b[i] & b->b[i])
			return true;
	}
	return false;
}

void bits_add(struct bits *b, const struct bits *more)
{
	for (size_t i = 0; i < sizeof b->b; i++)
		b->b[i] |= more->b[i];
}

bool bits_equal(const struct bits *a, const struct bits *b)
{
	return memcmp(a->b, b->b, sizeof a->b) == 0;
}

static int take_number(const char **p, int *ret_value)
{
	unsigned long v;
	char *end;

	if (!isdigit((unsigned char)**p))
		return -1;
	errno = 0;
	v = strtoul(*p, &end, 10);
	if (errno || v >= VALUE_SET_MAX)
		return -1;
	*p = end + strspn(end, " \t\n\r\f\v");
	*ret_value = (int)v;
	return 0;
}

int bits_parse(const char *text, struct bits *ret_bits)
{
	const char *p = text + strspn(text, " \t\n\r\f\v");

	memset(ret_bits, 0, sizeof *ret_bits);
	if (!*p)
		return -1;
	while (*p) {
		bool off = *p == '^';
		int first, last;

		p += off;
		if (take_number(&p, &first) < 0)
			return -1;
		last = first;
		if (*p == '-' && !off) {
			p++;
			p += strspn(p, " \t\n\r\f\v");
			if (take_number(&p, &last) < 0 || last < first)
				return -1;
		}
		put_range(ret_bits, first, last, !off);
		if (*p == ',') {
			p++;
			p += strspn(p, " \t\n\r\f\v");
		} else if (*p) {
			return -1;
		}
	}
	return 0;
}

char *bits_text(const struct bits *b)
{
	struct buf out = {0};

	if (buf_puts(&out, "") < 0)
		return NULL;
	for (int i = bits_next(b, 0), last; i >= 0; i = bits_next(b, last + 1)) {
		for (last = i; bits_has(b, last + 1);)
			last++;
		if (buf_printf(&out, "%s%d", buf_len(&out) ? "," : "", i) < 0 ||
			(last > i && buf_printf(&out, "-%d", last) < 0)) {
			buf_clear(&out);
			return NULL;
		}
	}
	return buf_steal_text(&out);
}

char *value_set(const char *text)
{
	struct bits b;

	return bits_parse(text, &b) < 0 || bits_next(&b, 0) < 0 ? NULL : bits_text(&b);
}

bool value_is_empty_set(const char *text)
{
	struct bits b;

	return bits_parse(text, &b) == 0 && bits_next(&b, 0) < 0;
}

static int unknown_unit(const char *unit)
{
	return error_set(FROM_NONE, ERR_INVALID_ARG, "unknown suffix '%s'", unit);
}

int value_scale(unsigned long long *value, const char *unit, unsigned long long scale,
				unsigned long long limit)
{
	static const char steps[] = "kmgtpe";
	const char *step;
	unsigned base;

	if (!unit || !*unit) {
		unit = "";
	} else if (strcasecmp(unit, "b") == 0 || strcasecmp(unit, "byte") == 0 ||
			   strcasecmp(unit, "bytes") == 0) {
		scale = 1;
	} else {
		if (!unit[1] || strcasecmp(unit + 1, "iB") == 0)
			base = 1024;
		else if (strcasecmp(unit + 1, "b") == 0)
			base = 1000;
		else
			return unknown_unit(unit);
		if (!(step = strchr(steps, tolower((unsigned char)*unit))))
			return unknown_unit(unit);
		scale = 1;
		for (const char *s = steps; s <= step; s++)
			scale *= base;
	}
	if (*value > limit / scale)
		return error_set(FROM_NONE, ERR_OVERFLOW, "value too large: %llu%s", *value, unit);
	*value *= scale;
	return 0;
}

unsigned long long value_pretty(unsigned long long bytes, const char **ret_unit)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
	size_t i = 0;

	for (; bytes && bytes % 1024 == 0 && i < 5; i++)
		bytes /= 1024;
	*ret_unit = units[i];
	return bytes;
}

int value_parse_mac(const char *text, unsigned char ret_mac[6])
{
	for (int i = 0; i < 6; i++) {
		char *end;
		unsigned long v;

		if (!isxdigit((unsigned char)*text))
			return -1;
		v = strtoul(text, &end, 16);
		if (end - text > 2 || v > 0xff || (i < 5 && *end != ':') || (i == 5 && *end > ' '))
			return -1;
		ret_mac[i] = (unsigned char)v;
		text = end + 1;
	}
	return 0;
}

bool value_is_arch(const char *text)
{
	static const char *const arches[] = {
		"alpha",    "armv6l",  "armv7l",    "armv7b",   "aarch64",    "cris",
		"i686",     "ia64",    "lm32",      "m68k",     "microblaze", "microblazeel",
		"mips",     "mipsel",  "mips64",    "mips64el", "openrisc",   "parisc",
		"parisc64", "ppc",     "ppcle",     "ppc64",    "ppc64le",    "ppcemb",
		"riscv32",  "riscv64", "s390",      "s390x",    "sh4",        "sh4eb",
		"sparc",    "sparc64", "unicore32", "x86_64",   "xtensa",     "xtensaeb"};

	for (size_t i = 0; i < sizeof arches / sizeof *arches; i++)
		if (strcmp(arches[i], text) == 0)
			return true;
	return false;
}
