/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What has to be true of a certificate before it is worth connecting with it. GnuTLS and the peer
 * would find out too, but neither would say which file is at fault.
 */
#include "config.h"
#include "transport/tls-check.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_PURPOSES = 64 }; /* that are looked at */

/* Sets the error "FROM: the certificate of 'DN' …". */
static int wrong(const char *from, gnutls_x509_crt_t crt, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int wrong(const char *from, gnutls_x509_crt_t crt, const char *fmt, ...)
{
	CLEANUP_FREE char *dn = tls_cert_dn(crt), *what = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&what, fmt, ap);
	va_end(ap);
	if (n < 0) {
		what = NULL;
		return error_oom();
	}
	return dn ? error_set(FROM_RPC, ERR_SYSTEM_ERROR, "%s: the certificate of '%s' %s", from, dn,
						  what)
			  : -1;
}

static void date_text(time_t when, char *ret, size_t size)
{
	struct tm tm;

	if (!gmtime_r(&when, &tm) || !strftime(ret, size, "%F %T UTC", &tm))
		snprintf(ret, size, "an unknown date");
}

static int check_times(const char *from, gnutls_x509_crt_t crt, time_t now)
{
	time_t start = gnutls_x509_crt_get_activation_time(crt);
	time_t end = gnutls_x509_crt_get_expiration_time(crt);
	char date[40];

	if (start == (time_t)-1 || end == (time_t)-1)
		return wrong(from, crt, "does not say when it is valid (notBefore, notAfter)");
	if (start > now) {
		date_text(start, date, sizeof date);
		return wrong(from, crt, "is not valid before %s (notBefore); is the clock right?", date);
	}
	if (end < now) {
		date_text(end, date, sizeof date);
		return wrong(from, crt, "expired on %s (notAfter)", date);
	}
	return 0;
}

static int check_authority(const char *from, gnutls_x509_crt_t crt, enum tls_role role)
{
	unsigned critical, is_ca = 0;
	int path_length;
	int r = gnutls_x509_crt_get_basic_constraints(crt, &critical, &is_ca, &path_length);

	if (r < 0 && r != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
		return wrong(from, crt, "has basicConstraints that cannot be read: %s", gnutls_strerror(r));
	if (role == TLS_CA && !is_ca)
		return wrong(from, crt, "is not that of an authority (basicConstraints: no CA)");
	if (role != TLS_CA && is_ca)
		return wrong(from, crt,
					 "is that of an authority, not of a %s (basicConstraints: it is a CA)",
					 role == TLS_SERVER ? "server" : "client");
	return 0;
}

/* Key agreements with forward secrecy sign; only those of old TLS encrypt. */
static int check_usage(const char *from, gnutls_x509_crt_t crt, enum tls_role role)
{
	unsigned usage = 0, critical;
	int r = gnutls_x509_crt_get_key_usage(crt, &usage, &critical);

	if (r == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
		return 0;
	if (r < 0)
		return wrong(from, crt, "has a keyUsage that cannot be read: %s", gnutls_strerror(r));
	if (role == TLS_CA && !(usage & GNUTLS_KEY_KEY_CERT_SIGN))
		return wrong(from, crt, "may not sign certificates (keyUsage: no keyCertSign)");
	if (role != TLS_CA && !(usage & GNUTLS_KEY_DIGITAL_SIGNATURE))
		return wrong(from, crt, "may not sign a handshake (keyUsage: no digitalSignature)");
	return 0;
}

static int check_purpose(const char *from, gnutls_x509_crt_t crt, enum tls_role role)
{
	const char *wanted = role == TLS_SERVER ? GNUTLS_KP_TLS_WWW_SERVER : GNUTLS_KP_TLS_WWW_CLIENT;

	if (role == TLS_CA)
		return 0;
	for (unsigned i = 0; i < MAX_PURPOSES; i++) {
		char oid[128];
		size_t size = sizeof oid;
		int r = gnutls_x509_crt_get_key_purpose_oid(crt, i, oid, &size, NULL);

		if (r == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE && i == 0)
			return 0;
		if (r == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			break;
		if (r < 0 && r != GNUTLS_E_SHORT_MEMORY_BUFFER)
			return wrong(from, crt, "has an extendedKeyUsage that cannot be read: %s",
						 gnutls_strerror(r));
		if (r == 0 && (!strcmp(oid, wanted) || !strcmp(oid, GNUTLS_KP_ANY)))
			return 0;
	}
	return wrong(from, crt, "is not for a TLS %s (extendedKeyUsage: no %s)",
				 role == TLS_SERVER ? "server" : "client",
				 role == TLS_SERVER ? "serverAuth" : "clientAuth");
}

int tls_check_cert(const char *from, gnutls_x509_crt_t crt, enum tls_role role, time_t now)
{
	if (check_times(from, crt, now) < 0 || check_authority(from, crt, role) < 0 ||
		check_usage(from, crt, role) < 0 || check_purpose(from, crt, role) < 0)
		return -1;
	return 0;
}

int tls_check_key_mode(const char *file)
{
	struct stat st;

	if (stat(file, &st) < 0)
		return error_errno(FROM_RPC, errno, "cannot look at %s", file);
	if (st.st_mode & (S_IROTH | S_IWOTH))
		return error_set(FROM_RPC, ERR_SYSTEM_ERROR,
						 "%s: everybody on this host can read this private key (mode %04o): "
						 "chmod o= it, and use a new one if others have been here",
						 file, st.st_mode & 07777);
	return 0;
}

int tls_check_key(const char *key_file, gnutls_x509_privkey_t key, const char *cert_file,
				  gnutls_x509_crt_t crt)
{
	unsigned char of_key[64], of_cert[64];
	size_t key_len = sizeof of_key, cert_len = sizeof of_cert;

	if (gnutls_x509_privkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, of_key, &key_len) < 0 ||
		gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA256, of_cert, &cert_len) < 0)
		return error_set(FROM_RPC, ERR_SYSTEM_ERROR, "%s: this kind of key is not known", key_file);
	if (key_len != cert_len || memcmp(of_key, of_cert, key_len) != 0)
		return wrong(cert_file, crt,
					 "does not belong to the private key in %s (its public key is another)",
					 key_file);
	return 0;
}

static const struct {
	unsigned status;
	const char *words;
} status_words[] = {
	{GNUTLS_CERT_REVOKED, "has been revoked"},
	{GNUTLS_CERT_EXPIRED, "or one above it has expired (notAfter)"},
	{GNUTLS_CERT_NOT_ACTIVATED, "or one above it is not valid yet (notBefore)"},
	{GNUTLS_CERT_SIGNER_NOT_FOUND, "was signed by an authority that is not known"},
	{GNUTLS_CERT_SIGNER_NOT_CA,
	 "was signed by a certificate that may not sign (basicConstraints or keyUsage)"},
	{GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE,
	 "is none that its authority may sign (nameConstraints, or the path's length)"},
	{GNUTLS_CERT_INSECURE_ALGORITHM, "uses a key or signature that is no longer safe"},
	{GNUTLS_CERT_PURPOSE_MISMATCH, "is not for this purpose (extendedKeyUsage)"},
	{GNUTLS_CERT_SIGNATURE_FAILURE, "has a wrong signature"},
};

const char *tls_status_words(unsigned status)
{
	for (size_t i = 0; i < sizeof status_words / sizeof status_words[0]; i++)
		if (status & status_words[i].status)
			return status_words[i].words;
	return "is not valid";
}

int tls_check_chain(const char *cert_file, const struct tls_certs *chain, const char *ca_file,
					const struct tls_certs *ca, const struct tls_crls *crls)
{
	unsigned status = 0;
	int r = gnutls_x509_crt_list_verify(chain->list, (int)chain->n, ca->list, (int)ca->n,
										crls->list, (int)crls->n, 0, &status);

	if (r < 0)
		return error_set(FROM_RPC, ERR_SYSTEM_ERROR, "%s cannot be verified with %s: %s", cert_file,
						 ca_file, gnutls_strerror(r));
	if (status == 0)
		return 0;
	if (status & GNUTLS_CERT_SIGNER_NOT_FOUND)
		return wrong(cert_file, chain->list[0],
					 "was not signed by an authority in %s (issuer); "
					 "intermediate certificates belong behind it in its file",
					 ca_file);
	return wrong(cert_file, chain->list[0], "%s, says %s", tls_status_words(status), ca_file);
}

int tls_check_crls(const char *crl_file, const struct tls_crls *crls, const char *ca_file,
				   const struct tls_certs *ca)
{
	for (unsigned i = 0; i < crls->n; i++) {
		unsigned status = 0;
		int r = gnutls_x509_crl_verify(crls->list[i], ca->list, (int)ca->n, 0, &status);

		if (r < 0)
			return error_set(FROM_RPC, ERR_SYSTEM_ERROR, "%s cannot be verified with %s: %s",
							 crl_file, ca_file, gnutls_strerror(r));
		if (status & GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED)
			log_warning("%s: a newer revocation list should be there by now (nextUpdate)",
						crl_file);
		if (status & (GNUTLS_CERT_SIGNER_NOT_FOUND | GNUTLS_CERT_SIGNER_NOT_CA |
					  GNUTLS_CERT_SIGNATURE_FAILURE))
			return error_set(
				FROM_RPC, ERR_SYSTEM_ERROR,
				"%s: the revocation list was not signed by an authority in %s (issuer)", crl_file,
				ca_file);
	}
	return 0;
}
