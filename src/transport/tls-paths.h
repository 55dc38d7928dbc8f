/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where the certificates are if nobody says so: libvirt's places, so that what is set up serves
 * here untouched.
 */
#ifndef TRANSPORT_TLS_PATHS_H
#define TRANSPORT_TLS_PATHS_H

#include "base/cleanup.h"

#define TLS_SYSTEM_DIR "/etc/pki"

/* crl is NULL where there is no such file. */
struct tls_paths {
	char *ca, *crl, *cert, *key;
};

/* The files of one side: "client" or "server" is in their names.
 *   directory   all of them are there (pkipath of the URI); else NULL
 *   home        of a user: what is in HOME/.pki/libvirt comes before the system's; NULL for root
 *   system      TLS_SYSTEM_DIR
 * The certificate of a place is taken with its key or not at all. 0, or -1 with NO_MEMORY set. */
int tls_paths_find(const char *side, const char *directory, const char *home, const char *system,
				   struct tls_paths *ret);

/* The home of the user that has one; NULL for root, whose certificates are the system's. */
const char *tls_paths_home(void);

void tls_paths_clear(struct tls_paths *paths);
#define CLEANUP_TLS_PATHS CLEANUP(tls_paths_clear)

#endif
