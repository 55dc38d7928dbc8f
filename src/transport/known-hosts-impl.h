/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the reader and the writer of known_hosts share.
 */
#ifndef TRANSPORT_KNOWN_HOSTS_IMPL_H
#define TRANSPORT_KNOWN_HOSTS_IMPL_H

#include <stddef.h>

enum { KNOWN_HOST_SALT = 20 }; /* bytes, as many as SHA1 has */

/* "|1|SALT|HASH" of a name, owned by the caller; salt has KNOWN_HOST_SALT bytes. NULL with the
 * error set. */
char *known_hosts_hash(const char *name, const unsigned char *salt);

/* Base64, owned by the caller; NULL with the error set. */
char *known_hosts_base64(const void *data, size_t len);

#endif
