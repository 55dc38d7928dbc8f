/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files of ssh keys, as far as can be read without their passphrase.
 */
#ifndef TRANSPORT_SSH_KEY_H
#define TRANSPORT_SSH_KEY_H

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>

enum { SSH_KEY_TYPE_MAX = 63 };

struct ssh_key {
	const char *path; /* borrowed */
	char *private;    /* the file's text; NULL: it is not there, or cannot be read */
	size_t private_len;
	bool encrypted;
	bool exposed;        /* others can read it: ssh would not take it */
	unsigned char *blob; /* the public key as on the wire; NULL: not known without the passphrase */
	size_t blob_len;
	char type[SSH_KEY_TYPE_MAX + 1]; /* "" if it is not known */
};

/* Reads the key at path and, where the file does not tell it, the public half from path.pub. What
 * cannot be read is left out. 0, or -1 with NO_MEMORY. */
int ssh_key_read(const char *path, struct ssh_key *ret);

/* Overwrites what is secret and frees. */
void ssh_key_clear(struct ssh_key *key);
#define CLEANUP_SSH_KEY CLEANUP(ssh_key_clear)

/* "ssh-ed25519 AAAA…", owned by the caller; NULL with the error set. */
char *ssh_key_text(const void *blob, size_t len);

/* Copies the type in a public key or certificate, "" if it is none. */
void ssh_key_type(const void *blob, size_t len, char ret[SSH_KEY_TYPE_MAX + 1]);

#endif
