/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An authority, a server and a client for tests, made in a directory of their own.
 */
#ifndef UNIT_PKI_H
#define UNIT_PKI_H

#include <gnutls/x509.h>

/* Files NAME.pem and NAME-key.pem, for NAME ca, server (of host "localhost") and client. */
struct pki {
	char dir[64];
	char path[128]; /* of pki_file() */
};

void pki_make(struct pki *pki);
void pki_remove(struct pki *pki);

/* DIR/NAME, valid until the next call. */
const char *pki_file(struct pki *pki, const char *name);

#endif
