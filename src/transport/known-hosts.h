/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * OpenSSH's files of known host keys (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"): what they say of one
 * host, and how a key is added. Keys are in the form of the wire (RFC 4253, 6.6), bytes that begin
 * with their type. Knows nothing of connections, nor of what is to be done about a verdict.
 */
#ifndef TRANSPORT_KNOWN_HOSTS_H
#define TRANSPORT_KNOWN_HOSTS_H

#include "base/buf.h"
#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>

#define KNOWN_HOSTS_MAX (16 << 20) /* bytes of a file that is read */

enum known_host_verdict {
	KNOWN_HOST_OK,         /* the key is there */
	KNOWN_HOST_UNKNOWN,    /* no key is there */
	KNOWN_HOST_OTHER_TYPE, /* only keys of other types are there: never to be taken for unknown */
	KNOWN_HOST_CHANGED,    /* another key of the same type is there */
	KNOWN_HOST_REVOKED,    /* the key is marked @revoked */
};

enum known_host_marker { KNOWN_HOST_PLAIN, KNOWN_HOST_AUTHORITY, KNOWN_HOST_IS_REVOKED };

/* A line that is about the host. */
struct known_host {
	char *file;
	int line;
	enum known_host_marker marker;
	bool by_plain_name; /* is about the host on port 22, where another port was asked for */
	const char *type;
	unsigned char *key;
	size_t len;
};

/* What is known of a host. */
struct known_hosts {
	char *name;  /* as in the files: HOST or [HOST]:PORT */
	char *plain; /* HOST, also looked for where name has a port; or NULL */
	struct known_host *entries;
	size_t n_entries;
};

/* Nothing is known yet of host on port (0 and 22: no port is part of the name). An alias stands for
 * itself and has port 0. NULL with NO_MEMORY. */
struct known_hosts *known_hosts_new(const char *host, int port);
void known_hosts_free(struct known_hosts *known);
DEFINE_CLEANUP(known_hosts, struct known_hosts *, known_hosts_free)
#define CLEANUP_KNOWN_HOSTS CLEANUP(cleanup_known_hosts)

/* Adds what text (of file) says of the host. Lines that ssh would not understand are skipped, as
 * ssh does. 0, or -1 with NO_MEMORY. */
int known_hosts_read_text(struct known_hosts *known, const char *text, size_t len,
						  const char *file);

/* Adds what the file says of the host. One that does not exist says nothing, and neither does one
 * that cannot be read, with a warning. -1 with ERR_OVERFLOW for one that is too long. */
int known_hosts_read_file(struct known_hosts *known, const char *file);

/* What is known of this key. *ret_entry (may be NULL): the line that says so, NULL if none does. */
enum known_host_verdict known_hosts_check(const struct known_hosts *known, const void *key,
										  size_t len, const struct known_host **ret_entry);

/* True if an authority for the host's certificates is there. */
bool known_hosts_has_authority(const struct known_hosts *known);

/* Appends algorithms (names of host key algorithms, with commas between) in the order to offer them
 * in: those of known keys first, as ssh does. */
int known_hosts_order(const struct known_hosts *known, const char *algorithms, struct buf *out);

/* Appends a line to file (a key of this name, the name hashed where hash is set), unless another
 * process has just done so. The file is locked meanwhile and never rewritten; it is made if it is
 * not there, and so is ~/.ssh. 0, or -1 with the error set, naming the file. */
int known_hosts_add(const char *file, const char *name, const void *key, size_t len, bool hash);

/* The type in the key's bytes, such as "ssh-ed25519"; NULL if they are no whole key of a type that
 * ssh knows. */
const char *known_hosts_key_type(const void *key, size_t len);

/* The size of an RSA key; 0 for a key of another type. */
int known_hosts_rsa_bits(const void *key, size_t len);

/* "SHA256:…" as ssh prints it, owned by the caller; NULL with the error set. */
char *known_hosts_fingerprint(const void *key, size_t len);

#endif
