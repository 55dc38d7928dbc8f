/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One side's view of TLS: its certificate and key, whom it trusts, how it encrypts. Many channels
 * share a context; it lives as long as one of them does, so a daemon can put a new one in its place
 * at any time.
 */
#ifndef TRANSPORT_TLS_CONTEXT_H
#define TRANSPORT_TLS_CONTEXT_H

#include "transport/tls-check.h"

#include <gnutls/gnutls.h>
#include <stdbool.h>

struct tls_settings {
	enum tls_role side; /* TLS_SERVER or TLS_CLIENT: ours */
	const char *ca;     /* paths; NULL: there is none */
	const char *crl;
	const char *cert, *key;
	const char *priority;     /* GnuTLS's; NULL: TLS 1.2 and 1.3 */
	bool no_verify;           /* the peer may be anybody */
	bool no_sanity;           /* our own files are not checked */
	char *const *allowed_dns; /* patterns of clients' names, NULL-terminated; NULL: all */
};

struct tls_context {
	unsigned refs;
	enum tls_role side;
	bool no_verify;
	char *ca, *priority; /* for errors */
	char *shown;         /* the same: what the peer gets to see of us */
	char **allowed_dns;
	gnutls_certificate_credentials_t credentials;
	gnutls_priority_t priorities;
};

/* Reads and checks the files. 0, or -1 with ERR_SYSTEM_ERROR (a file) or ERR_INVALID_ARG (the
 * priority string). */
int tls_context_new(const struct tls_settings *settings, struct tls_context **ret);

/* Not for several threads at a time. NULL is allowed. */
struct tls_context *tls_context_ref(struct tls_context *ctx);
void tls_context_unref(struct tls_context *ctx);
DEFINE_CLEANUP(tls_context, struct tls_context *, tls_context_unref)
#define CLEANUP_TLS_CONTEXT CLEANUP(cleanup_tls_context)

/* Whether the peer of a session in its handshake is who it has to be: its certificate verified, and
 * for that host (a name or address; on the client) or with an allowed name (on the server). 0, or
 * -1 with ERR_AUTH_FAILED and what to tell the peer. */
int tls_context_verify(const struct tls_context *ctx, gnutls_session_t session, const char *host,
					   gnutls_alert_description_t *ret_alert);

#endif
