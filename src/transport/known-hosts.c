/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads known_hosts line by line, and keeps the lines that are about the host that is asked for.
 * Whatever ssh would skip is skipped: a line that it cannot read is no reason to refuse a host, nor
 * to believe one.
 */
#include "config.h"
#include "transport/known-hosts.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "transport/known-hosts-impl.h"

#include <ctype.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { SSH_PORT = 22 };

/* A type of key, and of how many strings its bytes are made besides the type. */
struct key_type {
	const char *name;
	int n_strings;
};

static const struct key_type key_types[] = {
	{"ssh-ed25519", 1},
	{"ecdsa-sha2-nistp256", 2},
	{"ecdsa-sha2-nistp384", 2},
	{"ecdsa-sha2-nistp521", 2},
	{"ssh-rsa", 2},
	{"ssh-dss", 4},
	{"sk-ssh-ed25519@openssh.com", 2},
	{"sk-ecdsa-sha2-nistp256@openssh.com", 3},
};
/* To add one: a row. */

static const struct key_type *find_type(struct word name)
{
	for (size_t i = 0; i < sizeof key_types / sizeof key_types[0]; i++)
		if (word_is(name, key_types[i].name))
			return &key_types[i];
	return NULL;
}

/* Takes a string (length and bytes) off the front of *rest. */
static bool take_string(struct word *rest, struct word *ret)
{
	const unsigned char *p = (const unsigned char *)rest->at;
	size_t n;

	if (rest->len < 4)
		return false;
	n = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
	if (n > rest->len - 4)
		return false;
	*ret = (struct word){rest->at + 4, n};
	*rest = (struct word){rest->at + 4 + n, rest->len - 4 - n};
	return true;
}

const char *known_hosts_key_type(const void *key, size_t len)
{
	struct word rest = {key, len}, part;
	const struct key_type *type = take_string(&rest, &part) ? find_type(part) : NULL;

	if (!type)
		return NULL;
	for (int i = 0; i < type->n_strings; i++)
		if (!take_string(&rest, &part))
			return NULL;
	return rest.len ? NULL : type->name;
}

static void skip_blanks(struct word *line)
{
	while (line->len && (*line->at == ' ' || *line->at == '\t')) {
		line->at++;
		line->len--;
	}
}

/* Takes a word and the blanks behind it. */
static struct word take_word(struct word *line)
{
	struct word w = {line->at, 0};

	while (w.len < line->len && w.at[w.len] != ' ' && w.at[w.len] != '\t')
		w.len++;
	line->at += w.len;
	line->len -= w.len;
	skip_blanks(line);
	return w;
}

/* False if the line has a marker that ssh does not know. */
static bool take_marker(struct word *line, enum known_host_marker *ret)
{
	struct word marker;

	*ret = KNOWN_HOST_PLAIN;
	if (*line->at != '@')
		return true;
	marker = take_word(line);
	if (word_is(marker, "@cert-authority"))
		*ret = KNOWN_HOST_AUTHORITY;
	else if (word_is(marker, "@revoked"))
		*ret = KNOWN_HOST_IS_REVOKED;
	else
		return false;
	return line->len && *line->at != '@';
}

int known_hosts_rsa_bits(const void *key, size_t len)
{
	struct word rest = {key, len}, type, exponent, modulus;
	size_t bits;

	if (!take_string(&rest, &type) || !word_is(type, "ssh-rsa") || !take_string(&rest, &exponent) ||
		!take_string(&rest, &modulus))
		return 0;
	while (modulus.len && !*modulus.at) {
		modulus.at++;
		modulus.len--;
	}
	if (!modulus.len || modulus.len > INT_MAX / 8)
		return 0;
	bits = modulus.len * 8;
	for (unsigned char first = (unsigned char)*modulus.at; !(first & 0x80); first <<= 1)
		bits--;
	return (int)bits;
}

/* Reads "TYPE BASE64 …" into the entry. False if it is no key. */
static bool read_key(struct word line, struct known_host *entry)
{
	struct word type = take_word(&line), text = take_word(&line);
	gnutls_datum_t raw;

	/* ssh takes a CR at the end of a line for a part of the key, and its decoder skips it */
	while (text.len && text.at[text.len - 1] == '\r')
		text.len--;
	if (!find_type(type) || !known_hosts_decode(text, &raw))
		return false;
	entry->type = known_hosts_key_type(raw.data, raw.size);
	if (entry->type && word_is(type, entry->type)) {
		entry->key = malloc(raw.size);
		entry->len = raw.size;
		if (entry->key)
			memcpy(entry->key, raw.data, raw.size);
	} else {
		entry->type = NULL;
	}
	gnutls_free(raw.data);
	return entry->type != NULL;
}

static int keep(struct known_hosts *known, struct known_host *entry, const char *file)
{
	struct known_host *more;

	entry->file = strdup(file);
	more = reallocarray(known->entries, known->n_entries + 1, sizeof *more);
	if (more)
		known->entries = more;
	if (!more || !entry->file || !entry->key) {
		free(entry->file);
		free(entry->key);
		return error_oom();
	}
	known->entries[known->n_entries++] = *entry;
	return 0;
}

static int read_line(struct known_hosts *known, struct word line, const char *file, int number)
{
	struct known_host entry = {.line = number};
	struct word hosts;
	int fits;

	skip_blanks(&line);
	if (!line.len || *line.at == '#' || !take_marker(&line, &entry.marker))
		return 0;
	hosts = take_word(&line);
	if (!line.len || !hosts.len)
		return 0;
	fits = known_hosts_matches(hosts, known->name);
	if (fits == 0) {
		fits = known_hosts_matches(hosts, known->plain);
		entry.by_plain_name = true;
	}
	if (fits <= 0)
		return fits;
	return read_key(line, &entry) ? keep(known, &entry, file) : 0;
}

int known_hosts_read_text(struct known_hosts *known, const char *text, size_t len, const char *file)
{
	int number = 0;

	while (len) {
		const char *end = memchr(text, '\n', len);
		struct word line = {text, end ? (size_t)(end - text) : len};
		size_t used = line.len + (end != NULL);

		line.len = strnlen(line.at, line.len); /* ssh's lines end at a NUL too */
		if (read_line(known, line, file, ++number) < 0)
			return -1;
		text += used;
		len -= used;
	}
	return 0;
}

int known_hosts_read_file(struct known_hosts *known, const char *file)
{
	size_t len;
	CLEANUP_FREE char *text = fd_read_regular_file(file, KNOWN_HOSTS_MAX, &len);
	const struct error *e = error_last();
	struct stat st;

	if (text)
		return known_hosts_read_text(known, text, len, file);
	if (e->code == ERR_OVERFLOW || e->code == ERR_NO_MEMORY)
		return -1;
	/* people write /dev/null where they mean no file */
	if (stat(file, &st) == 0 && !S_ISCHR(st.st_mode))
		log_warning("host key: %s", e->message);
	error_reset();
	return 0;
}

struct known_hosts *known_hosts_new(const char *host, int port)
{
	CLEANUP_KNOWN_HOSTS struct known_hosts *known = calloc(1, sizeof *known);

	if (!known)
		goto no_memory;
	if (port == 0 || port == SSH_PORT) {
		known->name = strdup(host);
	} else {
		known->plain = strdup(host);
		if (!known->plain || asprintf(&known->name, "[%s]:%d", host, port) < 0)
			known->name = NULL;
	}
	if (known->name)
		return steal(&known);
no_memory:
	error_oom();
	return NULL;
}

void known_hosts_free(struct known_hosts *known)
{
	if (!known)
		return;
	for (size_t i = 0; i < known->n_entries; i++) {
		free(known->entries[i].file);
		free(known->entries[i].key);
	}
	free(known->entries);
	free(known->name);
	free(known->plain);
	free(known);
}

static bool has_key(const struct known_host *entry, const void *key, size_t len)
{
	return entry->len == len && !memcmp(entry->key, key, len);
}

/* How much a plain line says of a key of this type. */
static enum known_host_verdict line_verdict(const struct known_host *e, const char *type,
											const void *key, size_t len)
{
	if (has_key(e, key, len))
		return KNOWN_HOST_OK;
	return type && !strcmp(type, e->type) ? KNOWN_HOST_CHANGED : KNOWN_HOST_OTHER_TYPE;
}

/* What the lines say that are about the name itself, or about the plain one. */
static enum known_host_verdict verdict_of(const struct known_hosts *known, bool plain,
										  const void *key, size_t len,
										  const struct known_host **ret_entry)
{
	const char *type = known_hosts_key_type(key, len);
	enum known_host_verdict verdict = KNOWN_HOST_UNKNOWN, v;

	*ret_entry = NULL;
	for (size_t i = 0; i < known->n_entries; i++) {
		const struct known_host *e = &known->entries[i];

		if (e->by_plain_name != plain || e->marker == KNOWN_HOST_AUTHORITY)
			continue;
		if (e->marker == KNOWN_HOST_IS_REVOKED) {
			if (!has_key(e, key, len))
				continue;
			*ret_entry = e;
			return KNOWN_HOST_REVOKED;
		}
		v = line_verdict(e, type, key, len);
		if (verdict != KNOWN_HOST_OK &&
			(v == KNOWN_HOST_OK || verdict == KNOWN_HOST_UNKNOWN ||
			 (v == KNOWN_HOST_CHANGED && verdict == KNOWN_HOST_OTHER_TYPE))) {
			verdict = v;
			*ret_entry = e;
		}
	}
	return verdict;
}

enum known_host_verdict known_hosts_check(const struct known_hosts *known, const void *key,
										  size_t len, const struct known_host **ret_entry)
{
	const struct known_host *entry, *by_plain_name;
	enum known_host_verdict verdict = verdict_of(known, false, key, len, &entry), v;

	/* the name without the port may vouch for a key or revoke it, and says nothing else against one
	 */
	if (verdict == KNOWN_HOST_UNKNOWN && known->plain) {
		v = verdict_of(known, true, key, len, &by_plain_name);
		if (v == KNOWN_HOST_OK || v == KNOWN_HOST_REVOKED) {
			verdict = v;
			entry = by_plain_name;
		}
	}
	if (ret_entry)
		*ret_entry = entry;
	return verdict;
}

bool known_hosts_has_authority(const struct known_hosts *known)
{
	for (size_t i = 0; i < known->n_entries; i++)
		if (known->entries[i].marker == KNOWN_HOST_AUTHORITY)
			return true;
	return false;
}

/* Is there a key that an algorithm signs with? */
static bool has_key_for(const struct known_hosts *known, struct word algorithm)
{
	if (word_is(algorithm, "rsa-sha2-256") || word_is(algorithm, "rsa-sha2-512"))
		algorithm = (struct word){"ssh-rsa", strlen("ssh-rsa")};
	for (size_t i = 0; i < known->n_entries; i++)
		if (known->entries[i].marker == KNOWN_HOST_PLAIN &&
			word_is(algorithm, known->entries[i].type))
			return true;
	return false;
}

/* Appends those of the algorithms for which a key is known, or those for which none is. */
static int put_algorithms(const struct known_hosts *known, const char *list, bool with_key,
						  struct buf *out)
{
	while (*list) {
		struct word one = {list, strcspn(list, ",")};

		list += one.len + (list[one.len] == ',');
		if (!one.len || has_key_for(known, one) != with_key)
			continue;
		if ((buf_len(out) && buf_puts(out, ",") < 0) || buf_add(out, one.at, one.len) < 0)
			return -1;
	}
	return 0;
}

int known_hosts_order(const struct known_hosts *known, const char *algorithms, struct buf *out)
{
	struct word best = {algorithms, strcspn(algorithms, ",")};

	if (has_key_for(known, best))
		return buf_puts(out, algorithms);
	return put_algorithms(known, algorithms, true, out) < 0
			   ? -1
			   : put_algorithms(known, algorithms, false, out);
}
