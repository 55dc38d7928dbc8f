/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files with certificates, keys and revocation lists: reading them, and checking what people get
 * wrong in them. Every error names the file, and the field of the certificate. Knows nothing of
 * connections.
 */
#ifndef TRANSPORT_TLS_CHECK_H
#define TRANSPORT_TLS_CHECK_H

#include "base/cleanup.h"

#include <gnutls/x509.h>
#include <stdbool.h>
#include <time.h>

enum tls_role { TLS_CA, TLS_SERVER, TLS_CLIENT };

struct tls_certs {
	gnutls_x509_crt_t *list;
	unsigned n;
};

struct tls_crls {
	gnutls_x509_crl_t *list;
	unsigned n;
};

/* Read PEM files. 0, or -1 with ERR_SYSTEM_ERROR. */
int tls_read_certs(const char *file, struct tls_certs *ret);
int tls_read_key(const char *file, gnutls_x509_privkey_t *ret);
int tls_read_crls(const char *file, struct tls_crls *ret);

void tls_certs_clear(struct tls_certs *certs);
void tls_crls_clear(struct tls_crls *crls);
DEFINE_CLEANUP(tls_key, gnutls_x509_privkey_t, gnutls_x509_privkey_deinit)
#define CLEANUP_TLS_CERTS CLEANUP(tls_certs_clear)
#define CLEANUP_TLS_CRLS CLEANUP(tls_crls_clear)
#define CLEANUP_TLS_KEY CLEANUP(cleanup_tls_key)

/* Whether crt, which comes from there (a file, or words for it), can be used in that role at that
 * time: notBefore, notAfter, basicConstraints, keyUsage, extendedKeyUsage. 0, or -1 with
 * ERR_SYSTEM_ERROR naming the first that is wrong. */
int tls_check_cert(const char *from, gnutls_x509_crt_t crt, enum tls_role role, time_t now);

/* Whether others than owner and group may read a file that holds a key. */
int tls_check_key_mode(const char *file);

/* Whether it is the key of that certificate. */
int tls_check_key(const char *key_file, gnutls_x509_privkey_t key, const char *cert_file,
				  gnutls_x509_crt_t crt);

/* Whether a certificate, with the intermediate ones that follow it, comes from one of the
 * authorities, and was not revoked. */
int tls_check_chain(const char *cert_file, const struct tls_certs *chain, const char *ca_file,
					const struct tls_certs *ca, const struct tls_crls *crls);

/* Whether each list comes from one of the authorities. */
int tls_check_crls(const char *crl_file, const struct tls_crls *crls, const char *ca_file,
				   const struct tls_certs *ca);

/* What a certificate's verification found, in words for "the certificate …". */
const char *tls_status_words(unsigned status);

/* The subject's name as the configuration has it ("C=GB,O=Example,CN=host"), control characters
 * replaced; owned by the caller. NULL with NO_MEMORY. */
char *tls_cert_dn(gnutls_x509_crt_t crt);

/* Whether a name is one of a pattern's, in which '*' stands for any characters, '?' for one, and
 * everything else for itself: libvirt's rules for tls_allowed_dn_list. */
bool tls_name_matches(const char *pattern, const char *name);

/* The hosts that a certificate is for: "DNS a, IP 192.0.2.1"; owned by the caller. NULL with
 * NO_MEMORY. */
char *tls_cert_hosts(gnutls_x509_crt_t crt);

#endif
