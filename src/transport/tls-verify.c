/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whether the peer is who it has to be. All of it happens inside the handshake, so that a peer who
 * is refused hears why.
 */
#include "config.h"
#include "transport/tls-context.h"

#include "base/error.h"

#include <string.h>

static const struct {
	unsigned status;
	gnutls_alert_description_t alert;
} alerts[] = {
	{GNUTLS_CERT_REVOKED, GNUTLS_A_CERTIFICATE_REVOKED},
	{GNUTLS_CERT_EXPIRED, GNUTLS_A_CERTIFICATE_EXPIRED},
	{GNUTLS_CERT_SIGNER_NOT_FOUND, GNUTLS_A_UNKNOWN_CA},
	{GNUTLS_CERT_INSECURE_ALGORITHM, GNUTLS_A_INSUFFICIENT_SECURITY},
};

static gnutls_alert_description_t alert_for(unsigned status)
{
	for (size_t i = 0; i < sizeof alerts / sizeof alerts[0]; i++)
		if (status & alerts[i].status)
			return alerts[i].alert;
	return GNUTLS_A_BAD_CERTIFICATE;
}

static const char *peer_words(const struct tls_context *ctx)
{
	return ctx->side == TLS_SERVER ? "the client" : "the server";
}

static int no_certificate(const struct tls_context *ctx)
{
	return error_set(FROM_RPC, ERR_AUTH_FAILED, "%s shows no certificate", peer_words(ctx));
}

static int read_leaf(const struct tls_context *ctx, gnutls_session_t session, gnutls_x509_crt_t crt)
{
	unsigned n = 0;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &n);
	int r;

	if (!chain || n == 0)
		return no_certificate(ctx);
	r = gnutls_x509_crt_import(crt, &chain[0], GNUTLS_X509_FMT_DER);
	if (r < 0)
		return error_set(FROM_RPC, ERR_AUTH_FAILED, "the certificate of %s cannot be read: %s",
						 peer_words(ctx), gnutls_strerror(r));
	return 0;
}

static int check_host(gnutls_x509_crt_t crt, const char *dn, const char *host)
{
	CLEANUP_FREE char *hosts = NULL;

	if (gnutls_x509_crt_check_hostname(crt, host))
		return 0;
	hosts = tls_cert_hosts(crt);
	return hosts
			   ? error_set(FROM_RPC, ERR_AUTH_FAILED,
						   "the certificate of '%s' is not for the host '%s' in the URI, but for: "
						   "%s (subjectAltName)",
						   dn, host, hosts)
			   : -1;
}

static const char *next_character(const char *p)
{
	do {
		p++;
	} while ((*p & 0xc0) == 0x80);
	return p;
}

bool tls_name_matches(const char *pattern, const char *name)
{
	/* where to go on when the last star has to take one character more */
	const char *after_star = NULL, *star_end = NULL;

	while (*name) {
		if (*pattern == '*') {
			after_star = ++pattern;
			star_end = name;
		} else if (*pattern == '?') {
			pattern++;
			name = next_character(name);
		} else if (*pattern == *name) {
			pattern++;
			name++;
		} else if (after_star) {
			pattern = after_star;
			name = star_end = next_character(star_end);
		} else {
			return false;
		}
	}
	return pattern[strspn(pattern, "*")] == 0;
}

static int check_dn(const struct tls_context *ctx, const char *dn)
{
	if (!ctx->allowed_dns)
		return 0;
	for (char **pattern = ctx->allowed_dns; *pattern; pattern++)
		if (tls_name_matches(*pattern, dn))
			return 0;
	return error_set(FROM_RPC, ERR_AUTH_FAILED, "'%s' is not in tls_allowed_dn_list", dn);
}

/* The chain: authority, signatures, times, revocation. */
static int check_chain(const struct tls_context *ctx, gnutls_session_t session, const char *dn,
					   gnutls_alert_description_t *ret_alert)
{
	unsigned status = 0;
	int r = gnutls_certificate_verify_peers2(session, &status);

	if (r < 0)
		return error_set(FROM_RPC, ERR_AUTH_FAILED,
						 "the certificate of '%s' cannot be verified: %s", dn, gnutls_strerror(r));
	if (status == 0)
		return 0;
	*ret_alert = alert_for(status);
	return error_set(FROM_RPC, ERR_AUTH_FAILED, "the certificate of '%s' %s, says %s", dn,
					 tls_status_words(status), ctx->ca);
}

/* What is said of a certificate here says so of authentication. */
static int check_fields(const struct tls_context *ctx, gnutls_x509_crt_t crt,
						gnutls_alert_description_t *ret_alert)
{
	CLEANUP_FREE char *why = NULL;
	enum tls_role role = ctx->side == TLS_SERVER ? TLS_CLIENT : TLS_SERVER;

	if (tls_check_cert(peer_words(ctx), crt, role, time(NULL)) == 0)
		return 0;
	if (gnutls_x509_crt_get_expiration_time(crt) < time(NULL))
		*ret_alert = GNUTLS_A_CERTIFICATE_EXPIRED;
	why = strdup(error_last()->message);
	return error_set(FROM_RPC, ERR_AUTH_FAILED, "%s", why ? why : "");
}

int tls_context_verify(const struct tls_context *ctx, gnutls_session_t session, const char *host,
					   gnutls_alert_description_t *ret_alert)
{
	CLEANUP_FREE char *dn = NULL;
	gnutls_x509_crt_t crt;
	int r;

	*ret_alert = GNUTLS_A_BAD_CERTIFICATE;
	if (gnutls_x509_crt_init(&crt) < 0)
		return error_oom();
	r = read_leaf(ctx, session, crt);
	if (r == 0 && !(dn = tls_cert_dn(crt)))
		r = -1;
	if (r == 0)
		r = check_fields(ctx, crt, ret_alert);
	if (r == 0)
		r = check_chain(ctx, session, dn, ret_alert);
	if (r == 0 && host)
		r = check_host(crt, dn, host);
	if (r == 0 && ctx->side == TLS_SERVER && check_dn(ctx, dn) < 0) {
		*ret_alert = GNUTLS_A_ACCESS_DENIED;
		r = -1;
	}
	gnutls_x509_crt_deinit(crt);
	return r;
}
