/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the reader and the writer of known_hosts share.
 */
#ifndef TRANSPORT_KNOWN_HOSTS_IMPL_H
#define TRANSPORT_KNOWN_HOSTS_IMPL_H

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { KNOWN_HOST_SALT = 20 }; /* bytes, as many as SHA1 has */

/* A piece of a line. */
struct word {
	const char *at;
	size_t len;
};

static inline bool word_is(struct word w, const char *text)
{
	return w.len == strlen(text) && !memcmp(w.at, text, w.len);
}

/* Does the first field of a line, patterns with commas between or a hash, stand for the name? NULL
 * stands for nothing. 1, 0, or -1 with the error set. */
int known_hosts_matches(struct word hosts, const char *name);

/* "|1|SALT|HASH" of a name, owned by the caller; salt has KNOWN_HOST_SALT bytes. NULL with the
 * error set. */
char *known_hosts_hash(const char *name, const unsigned char *salt);

/* Base64, owned by the caller; NULL with the error set. */
char *known_hosts_base64(const void *data, size_t len);

/* Decodes it; the caller frees ret->data with gnutls_free(). False if it is no base64. */
bool known_hosts_decode(struct word text, gnutls_datum_t *ret);

#endif
