/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The command crl: the list of certificates that are no longer to be believed. What was revoked
 * once stays so.
 */
#include "config.h"
#include "pki.h"

#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

DEFINE_CLEANUP(crl, gnutls_x509_crl_t, gnutls_x509_crl_deinit)
#define CLEANUP_CRL CLEANUP(cleanup_crl)

/* The last serial number of a list, and its next one. RFC 5280: it grows, and has at most 20
 * bytes. */
static void next_number(gnutls_x509_crl_t old, unsigned char number[8])
{
	unsigned char last[20];
	size_t len = sizeof last;

	memset(number, 0, 8);
	if (gnutls_x509_crl_get_number(old, last, &len, NULL) == 0)
		for (size_t i = 0; i < 8 && i < len; i++)
			number[7 - i] = last[len - 1 - i];
	for (int i = 7; i >= 0 && ++number[i] == 0; i--)
		;
}

/* Takes over what the old list of the same authority holds. */
static int copy_entries(const struct pki_ca *ca, const char *path, const struct tls_crls *old,
						gnutls_x509_crl_t crl, unsigned char number[8])
{
	struct tls_certs authority = {.list = (gnutls_x509_crt_t[]){ca->crt}, .n = 1};
	int r = 0;

	memset(number, 0, 8);
	number[7] = 1;
	if (!old->n)
		return 0;
	if (old->n > 1)
		return error_set(FROM_RPC, ERR_SYSTEM_ERROR,
						 "%s holds %u lists; only one is kept here: move the file away", path,
						 old->n);
	if (tls_check_crls(path, old, "the authority's certificate", &authority) < 0)
		return error_suffix("move the file away to begin a new one");
	next_number(old->list[0], number);
	for (int i = 0; r >= 0 && i < gnutls_x509_crl_get_crt_count(old->list[0]); i++) {
		unsigned char serial[64];
		size_t len = sizeof serial;
		time_t when;

		r = gnutls_x509_crl_get_crt_serial(old->list[0], (unsigned)i, serial, &len, &when);
		if (r == 0)
			r = gnutls_x509_crl_set_crt_serial(crl, serial, len, when);
	}
	return pki_result(r, path);
}

static bool has(gnutls_x509_crl_t crl, gnutls_x509_crt_t crt)
{
	unsigned char serial[64], listed[64];
	size_t len = sizeof serial;

	if (gnutls_x509_crt_get_serial(crt, serial, &len) < 0)
		return false;
	for (int i = 0; i < gnutls_x509_crl_get_crt_count(crl); i++) {
		size_t n = sizeof listed;

		if (gnutls_x509_crl_get_crt_serial(crl, (unsigned)i, listed, &n, NULL) == 0 && n == len &&
			!memcmp(listed, serial, n))
			return true;
	}
	return false;
}

/* The file of a certificate: what was given, or the copy of the one with that number. */
static char *find(const struct pki *pki, const char *cert)
{
	CLEANUP_FREE char *dir = pki_path(pki, PKI_ISSUED);
	struct stat st;
	char *path;

	if (!dir)
		return NULL;
	if (stat(cert, &st) < 0 && errno == ENOENT &&
		strspn(cert, "0123456789abcdef") == strlen(cert) && *cert) {
		if (asprintf(&path, "%s/%s.pem", dir, cert) >= 0)
			return path;
	} else if ((path = strdup(cert))) {
		return path;
	}
	error_oom();
	return NULL;
}

static int revoke_cert(const struct pki *pki, const struct pki_ca *ca, gnutls_x509_crl_t crl,
					   const char *cert)
{
	CLEANUP_FREE char *path = find(pki, cert), *dn = NULL;
	CLEANUP_TLS_CERTS struct tls_certs certs = {0};

	if (!path || tls_read_certs(path, &certs) < 0 || !(dn = tls_cert_dn(certs.list[0])))
		return -1;
	if (!gnutls_x509_crt_check_issuer(certs.list[0], ca->crt))
		return error_set(FROM_RPC, ERR_INVALID_ARG,
						 "%s: the certificate of '%s' is not of this authority, which can't revoke "
						 "it",
						 path, dn);
	if (has(crl, certs.list[0])) {
		printf("%-20s %s\n", "revoked already", dn);
		return 0;
	}
	printf("%-20s %s\n", "revoked", dn);
	return pki_result(gnutls_x509_crl_set_crt(crl, certs.list[0], time(NULL)), path);
}

/* A list that is too old makes every connection fail: it lives as long as the authority, unless
 * somebody is there to renew it. */
static int finish(const struct pki *pki, const struct pki_ca *ca, gnutls_x509_crl_t crl,
				  const unsigned char number[8])
{
	time_t now = time(NULL), end = gnutls_x509_crt_get_expiration_time(ca->crt);
	unsigned char id[64];
	size_t len = sizeof id;
	int r = gnutls_x509_crl_set_version(crl, 2);

	if (pki->days && now + (time_t)pki->days * 86400 < end)
		end = now + (time_t)pki->days * 86400;
	if (r == 0)
		r = gnutls_x509_crl_set_this_update(crl, now);
	if (r == 0)
		r = gnutls_x509_crl_set_next_update(crl, end);
	if (r == 0)
		r = gnutls_x509_crl_set_number(crl, number, 8);
	if (r == 0 && gnutls_x509_crt_get_subject_key_id(ca->crt, id, &len, NULL) == 0)
		r = gnutls_x509_crl_set_authority_key_id(crl, id, len);
	if (r == 0)
		r = gnutls_x509_crl_sign2(crl, ca->crt, ca->key, GNUTLS_DIG_UNKNOWN, 0);
	return pki_result(r, "cannot sign the revocation list");
}

int pki_cmd_crl(const struct pki *pki, const char *const *args)
{
	CLEANUP(pki_blob_clear)
	struct pki_blob blob = {.what = "revocation list", .mode = 0644, .force = true};
	CLEANUP_PKI_CA struct pki_ca ca = {0};
	CLEANUP_TLS_CRLS struct tls_crls old = {0};
	CLEANUP_CRL gnutls_x509_crl_t crl = NULL;
	unsigned char number[8];

	blob.path = pki_path(pki, PKI_CRL);
	if (!blob.path || pki_ca_open(pki, &ca) < 0)
		return 1;
	if ((access(blob.path, F_OK) == 0 || errno != ENOENT) && tls_read_crls(blob.path, &old) < 0)
		return 1;
	if (pki_result(gnutls_x509_crl_init(&crl), "cannot make a revocation list") < 0 ||
		copy_entries(&ca, blob.path, &old, crl, number) < 0)
		return 1;
	for (; *args; args++)
		if (revoke_cert(pki, &ca, crl, *args) < 0)
			return 1;
	if (finish(pki, &ca, crl, number) < 0 ||
		pki_result(gnutls_x509_crl_export2(crl, GNUTLS_X509_FMT_PEM, &blob.pem), blob.path) < 0)
		return 1;
	return pki_store(&blob, 1) < 0;
}
