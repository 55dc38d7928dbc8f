/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whether the first field of a line of known_hosts is about a host: patterns, or a hash.
 */
#include "config.h"
#include "transport/known-hosts-impl.h"

#include "base/cleanup.h"
#include "base/error.h"

#include <ctype.h>
#include <gnutls/crypto.h>
#include <stdint.h>
#include <stdio.h>

enum { MAX_PATTERN = 1023 };

char *known_hosts_base64(const void *data, size_t len)
{
	/* GnuTLS reads it and does not change it */
	gnutls_datum_t raw = {(unsigned char *)(uintptr_t)data, (unsigned)len}, text = {0};
	char *copy;

	if (len > UINT32_MAX || gnutls_base64_encode2(&raw, &text) < 0) {
		error_oom();
		return NULL;
	}
	copy = strndup((char *)text.data, text.size);
	gnutls_free(text.data);
	if (!copy)
		error_oom();
	return copy;
}

bool known_hosts_decode(struct word text, gnutls_datum_t *ret)
{
	gnutls_datum_t raw = {(unsigned char *)(uintptr_t)text.at, (unsigned)text.len};

	*ret = (gnutls_datum_t){0};
	return text.len && gnutls_base64_decode2(&raw, ret) >= 0;
}

char *known_hosts_hash(const char *name, const unsigned char *salt)
{
	CLEANUP_FREE char *salt_text = known_hosts_base64(salt, KNOWN_HOST_SALT), *hash_text = NULL;
	unsigned char hash[20];
	char *text;
	int r;

	if (!salt_text)
		return NULL;
	r = gnutls_hmac_fast(GNUTLS_MAC_SHA1, salt, KNOWN_HOST_SALT, name, strlen(name), hash);
	if (r < 0) {
		error_set(FROM_RPC, ERR_GNUTLS_ERROR, "cannot hash a host's name: %s", gnutls_strerror(r));
		return NULL;
	}
	hash_text = known_hosts_base64(hash, sizeof hash);
	if (!hash_text)
		return NULL;
	if (asprintf(&text, "|1|%s|%s", salt_text, hash_text) < 0) {
		error_oom();
		return NULL;
	}
	return text;
}

/* Does "|1|SALT|HASH" stand for this name? -1 with the error set. */
static int matches_hash(struct word hashed, const char *name)
{
	const char *end;
	struct word salt;
	gnutls_datum_t raw;
	char *again = NULL;
	bool usable, same;

	if (hashed.len < 3 || memcmp(hashed.at, "|1|", 3) != 0)
		return 0;
	end = memchr(hashed.at + 3, '|', hashed.len - 3);
	if (!end)
		return 0;
	salt = (struct word){hashed.at + 3, (size_t)(end - hashed.at - 3)};
	if (!known_hosts_decode(salt, &raw))
		return 0;
	usable = raw.size == KNOWN_HOST_SALT;
	if (usable)
		again = known_hosts_hash(name, raw.data);
	gnutls_free(raw.data);
	if (usable && !again)
		return -1;
	same = usable && word_is(hashed, again);
	free(again);
	return same;
}

/* Does the pattern with '*' and '?' stand for the whole name? Letters are alike in either case. */
static bool matches_pattern(struct word pattern, const char *name)
{
	size_t p = 0, star = SIZE_MAX;
	const char *after_star = NULL;

	while (*name) {
		if (p < pattern.len && pattern.at[p] == '*') {
			star = ++p;
			after_star = name;
		} else if (p < pattern.len &&
				   (pattern.at[p] == '?' ||
					tolower((unsigned char)pattern.at[p]) == tolower((unsigned char)*name))) {
			p++;
			name++;
		} else if (star != SIZE_MAX) {
			p = star;
			name = ++after_star;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.at[p] == '*')
		p++;
	return p == pattern.len;
}

/* Patterns with commas between; one with '!' that fits rules the line out. */
static bool matches_list(struct word list, const char *name)
{
	bool found = false;

	while (list.len) {
		const char *comma = memchr(list.at, ',', list.len);
		struct word one = {list.at, comma ? (size_t)(comma - list.at) : list.len};
		size_t used = one.len + (comma != NULL);
		bool negated = one.len && *one.at == '!';

		list = (struct word){list.at + used, list.len - used};
		if (negated)
			one = (struct word){one.at + 1, one.len - 1};
		if (one.len >= MAX_PATTERN)
			return false; /* ssh gives such a line up, whatever else is in it */
		if (!matches_pattern(one, name))
			continue;
		if (negated)
			return false;
		found = true;
	}
	return found;
}

int known_hosts_matches(struct word hosts, const char *name)
{
	if (!name)
		return 0;
	return *hosts.at == '|' ? matches_hash(hosts, name) : matches_list(hosts, name);
}
