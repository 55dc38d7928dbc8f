/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tells a transport parameter that was spelt wrongly from one that is the far driver's own. A wrong
 * guess breaks a URI that works elsewhere, so short names must match but for separators, and longer
 * ones may be off by a letter or two.
 */
#include "config.h"
#include "transport/uri.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { LONGEST = 32 }; /* no transport parameter is as long */

static const char *const names[] = {
#define URI_PARAM(id, name, kind) name,
#include "transport/uri-params.def"
#undef URI_PARAM
};

/* The name in lower case without separators; its length, or 0 if it is too long to resemble one. */
static size_t normalise(const char *name, char ret[LONGEST])
{
	size_t n = 0;

	for (; *name; name++) {
		if (strchr("_-.", *name))
			continue;
		if (n == LONGEST - 1)
			return 0;
		ret[n++] = (char)tolower((unsigned char)*name);
	}
	ret[n] = 0;
	return n;
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	a = a < b ? a : b;
	return a < c ? a : c;
}

/* Letters to change, insert, remove or swap with their neighbour to turn a into b. */
static unsigned distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned d[LONGEST][LONGEST];

	for (size_t i = 0; i <= a_len; i++)
		d[i][0] = (unsigned)i;
	for (size_t j = 0; j <= b_len; j++)
		d[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a_len; i++)
		for (size_t j = 1; j <= b_len; j++) {
			d[i][j] =
				min3(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d[i][j] = min3(d[i][j], d[i - 2][j - 2] + 1, d[i][j]);
		}
	return d[a_len][b_len];
}

static bool resembles(const char *given, size_t given_len, const char *name)
{
	char known[LONGEST];
	size_t known_len = normalise(name, known);

	if (!strcmp(given, known))
		return true;
	if (known_len < 5 || given_len < 4)
		return false;
	if (given_len < known_len && !strncmp(given, known, given_len))
		return true;
	return distance(given, given_len, known, known_len) <= (known_len < 10 ? 1 : 2);
}

const char *uri_near_miss(const char *name)
{
	char given[LONGEST];
	size_t len = normalise(name, given);

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (!strcasecmp(name, names[i]))
			return NULL;
	for (size_t i = 0; len && i < sizeof names / sizeof names[0]; i++)
		if (resembles(given, len, names[i]))
			return names[i];
	return NULL;
}
