/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From settings to what GnuTLS needs of them. Everything that can be wrong with our own files is
 * found here, before a peer is bothered.
 */
#include "config.h"
#include "transport/tls-context.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

static const char default_priority[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

struct files {
	struct tls_certs ca, chain;
	struct tls_crls crls;
	gnutls_x509_privkey_t key;
};

static void files_clear(struct files *f)
{
	tls_certs_clear(&f->ca);
	tls_certs_clear(&f->chain);
	tls_crls_clear(&f->crls);
	cleanup_tls_key(&f->key);
}

static int read_files(const struct tls_settings *s, struct files *f)
{
	if (s->ca && tls_read_certs(s->ca, &f->ca) < 0)
		return error_prefix("CA certificate");
	if (s->crl && tls_read_crls(s->crl, &f->crls) < 0)
		return error_prefix("certificate revocation list");
	if (!s->cert)
		return 0;
	if (tls_read_certs(s->cert, &f->chain) < 0)
		return error_prefix("certificate");
	if (tls_read_key(s->key, &f->key) < 0)
		return error_prefix("private key");
	return 0;
}

static int check_files(const struct tls_settings *s, const struct files *f)
{
	time_t now = time(NULL);

	for (unsigned i = 0; i < f->ca.n; i++)
		if (tls_check_cert(s->ca, f->ca.list[i], TLS_CA, now) < 0)
			return -1;
	if (f->crls.n && tls_check_crls(s->crl, &f->crls, s->ca, &f->ca) < 0)
		return -1;
	if (!f->chain.n)
		return 0;
	for (unsigned i = 0; i < f->chain.n; i++)
		if (tls_check_cert(s->cert, f->chain.list[i], i ? TLS_CA : s->side, now) < 0)
			return -1;
	if (tls_check_key_mode(s->key) < 0)
		return -1;
	return f->ca.n ? tls_check_chain(s->cert, &f->chain, s->ca, &f->ca, &f->crls) : 0;
}

static int set_credentials(struct tls_context *ctx, const struct tls_settings *s,
						   const struct files *f)
{
	gnutls_certificate_credentials_t c;
	int r = gnutls_certificate_allocate_credentials(&ctx->credentials);

	if (r < 0)
		return error_set(FROM_RPC, ERR_GNUTLS_ERROR, "%s", gnutls_strerror(r));
	c = ctx->credentials;
	/* done already, and without a signature */
	gnutls_certificate_set_flags(c, GNUTLS_CERTIFICATE_SKIP_KEY_CERT_MATCH);
	if (f->ca.n)
		r = gnutls_certificate_set_x509_trust(c, f->ca.list, (int)f->ca.n);
	if (r >= 0 && f->crls.n)
		r = gnutls_certificate_set_x509_crl(c, f->crls.list, (int)f->crls.n);
	if (r >= 0 && f->chain.n)
		r = gnutls_certificate_set_x509_key(c, f->chain.list, (int)f->chain.n, f->key);
	return r < 0 ? error_set(FROM_RPC, ERR_SYSTEM_ERROR, "%s: %s", s->cert ? s->cert : s->ca,
							 gnutls_strerror(r))
				 : 0;
}

static int set_priority(struct tls_context *ctx, const char *text)
{
	const char *wrong = NULL;
	int r = gnutls_priority_init(&ctx->priorities, text ? text : default_priority, &wrong);

	if (r < 0)
		return error_set(FROM_RPC, ERR_INVALID_ARG,
						 "tls_priority '%s' is not understood from '%s': %s", text,
						 wrong ? wrong : "", gnutls_strerror(r));
	return 0;
}

static int describe(struct tls_context *ctx, const struct tls_settings *s, const struct files *f)
{
	CLEANUP_FREE char *dn = f->chain.n ? tls_cert_dn(f->chain.list[0]) : NULL;
	int n;

	if (dn)
		n = asprintf(&ctx->shown, "the certificate of '%s' in %s", dn, s->cert);
	else
		n = asprintf(&ctx->shown, "no certificate");
	if (n < 0) {
		ctx->shown = NULL;
		return error_oom();
	}
	ctx->ca = strdup(s->ca ? s->ca : "no CA file");
	ctx->priority = strdup(s->priority ? s->priority : default_priority);
	return ctx->ca && ctx->priority ? 0 : error_oom();
}

static int copy_list(char *const *from, char ***ret)
{
	size_t n = 0;
	char **list;

	if (!from)
		return 0;
	while (from[n])
		n++;
	*ret = list = calloc(n + 1, sizeof *list);
	for (size_t i = 0; list && i < n; i++)
		if (!(list[i] = strdup(from[i])))
			return error_oom();
	return list ? 0 : error_oom();
}

int tls_context_new(const struct tls_settings *s, struct tls_context **ret)
{
	CLEANUP(files_clear) struct files f = {0};
	CLEANUP_TLS_CONTEXT struct tls_context *ctx = calloc(1, sizeof *ctx);

	if (!ctx)
		return error_oom();
	*ctx = (struct tls_context){.refs = 1, .side = s->side, .no_verify = s->no_verify};
	if (read_files(s, &f) < 0)
		return -1;
	/* without it there is no handshake, so it is no matter of sanity */
	if (f.chain.n && tls_check_key(s->key, f.key, s->cert, f.chain.list[0]) < 0)
		return -1;
	if (!s->no_sanity && check_files(s, &f) < 0)
		return -1;
	if (set_priority(ctx, s->priority) < 0 || set_credentials(ctx, s, &f) < 0 ||
		describe(ctx, s, &f) < 0 || copy_list(s->allowed_dns, &ctx->allowed_dns) < 0)
		return -1;
	*ret = steal(&ctx);
	return 0;
}

struct tls_context *tls_context_ref(struct tls_context *ctx)
{
	if (ctx)
		ctx->refs++;
	return ctx;
}

void tls_context_unref(struct tls_context *ctx)
{
	if (!ctx || --ctx->refs)
		return;
	if (ctx->credentials)
		gnutls_certificate_free_credentials(ctx->credentials);
	if (ctx->priorities)
		gnutls_priority_deinit(ctx->priorities);
	for (char **p = ctx->allowed_dns; p && *p; p++)
		free(*p);
	free(ctx->allowed_dns);
	free(ctx->ca);
	free(ctx->priority);
	free(ctx->shown);
	free(ctx);
}
