/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Keys and certificates: what is in them so that daemons and clients, libvirt's too, take them for
 * what they are.
 */
#include "config.h"
#include "pki.h"

#include "base/error.h"

#include <arpa/inet.h>
#include <gnutls/crypto.h>
#include <stdio.h>
#include <string.h>

enum {
	EARLY = 3600,      /* seconds that a clock elsewhere may be behind ours */
	SERIAL_BYTES = 16, /* RFC 5280: at most 20, and positive */
	NAME_MAX_LEN = 256,
};

int pki_result(int r, const char *what)
{
	return r < 0 ? error_set(FROM_RPC, ERR_GNUTLS_ERROR, "%s: %s", what, gnutls_strerror(r)) : 0;
}

void pki_ca_clear(struct pki_ca *ca)
{
	if (ca->crt)
		gnutls_x509_crt_deinit(ca->crt);
	if (ca->key)
		gnutls_x509_privkey_deinit(ca->key);
	*ca = (struct pki_ca){0};
}

int pki_ca_open(const struct pki *pki, struct pki_ca *ret)
{
	CLEANUP_FREE char *crt_path = pki_path(pki, PKI_CA_CERT), *key_path = NULL, *make = NULL;
	CLEANUP_TLS_CERTS struct tls_certs certs = {0};
	CLEANUP_TLS_KEY gnutls_x509_privkey_t key = NULL;

	if (!crt_path || !(key_path = pki_path(pki, PKI_CA_KEY)) || !(make = pki_command(pki, "ca")))
		return -1;
	if (tls_read_certs(crt_path, &certs) < 0 || tls_read_key(key_path, &key) < 0)
		return error_suffix("signing needs the authority's certificate and key: work on the host "
							"that has them, or make them with: %s",
							make);
	/* the file may hold other authorities too */
	for (unsigned i = 0; i < certs.n; i++) {
		if (tls_check_key(key_path, key, crt_path, certs.list[i]) < 0)
			continue;
		if (tls_check_cert(crt_path, certs.list[i], TLS_CA, time(NULL)) < 0)
			return error_suffix("a new one, for which all others have to be made anew, comes "
								"from: %s --force",
								make);
		*ret = (struct pki_ca){.crt = certs.list[i], .key = steal(&key)};
		certs.list[i] = NULL;
		return 0;
	}
	return -1;
}

static int make_key(enum pki_key kind, gnutls_x509_privkey_t *ret)
{
	static const struct {
		gnutls_pk_algorithm_t algorithm;
		unsigned bits;
	} kinds[] = {
		[PKI_ECDSA] = {GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1)},
		[PKI_RSA] = {GNUTLS_PK_RSA, 3072},
		[PKI_ED25519] = {GNUTLS_PK_EDDSA_ED25519, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_ED25519)},
	};
	CLEANUP_TLS_KEY gnutls_x509_privkey_t key = NULL;
	int r = gnutls_x509_privkey_init(&key);

	if (r == 0)
		r = gnutls_x509_privkey_generate(key, kinds[kind].algorithm, kinds[kind].bits, 0);
	if (r == 0)
		*ret = steal(&key);
	return pki_result(r, "cannot make a key");
}

static int set_host(gnutls_x509_crt_t crt, const char *host)
{
	unsigned char address[sizeof(struct in6_addr)];

	if (inet_pton(AF_INET, host, address) == 1)
		return gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, address, 4,
													GNUTLS_FSAN_APPEND);
	if (inet_pton(AF_INET6, host, address) == 1)
		return gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, address, 16,
													GNUTLS_FSAN_APPEND);
	return gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, host,
												(unsigned)strlen(host), GNUTLS_FSAN_APPEND);
}

static int set_names(gnutls_x509_crt_t crt, const struct pki_subject *s)
{
	int r = gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, s->name,
										  (unsigned)strlen(s->name));

	if (r == 0 && s->org)
		r = gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_ORGANIZATION_NAME, 0, s->org,
										  (unsigned)strlen(s->org));
	for (const char *const *host = s->hosts; r == 0 && host && *host; host++)
		r = set_host(crt, *host);
	return pki_result(r, s->name);
}

/* libvirt before 10 wants keyEncipherment of every key, even of those that cannot. */
static int set_usage(gnutls_x509_crt_t crt, enum tls_role role)
{
	bool ca = role == TLS_CA;
	unsigned usage = ca ? GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN
						: GNUTLS_KEY_DIGITAL_SIGNATURE | GNUTLS_KEY_KEY_ENCIPHERMENT;
	int r = gnutls_x509_crt_set_key_usage(crt, usage);

	if (r == 0)
		r = gnutls_x509_crt_set_basic_constraints(crt, ca, ca ? 0 : -1);
	if (r == 0 && !ca)
		r = gnutls_x509_crt_set_key_purpose_oid(
			crt, role == TLS_SERVER ? GNUTLS_KP_TLS_WWW_SERVER : GNUTLS_KP_TLS_WWW_CLIENT, 0);
	return pki_result(r, "cannot say what the certificate is for");
}

/* Nothing lives longer than who has signed it. */
static int set_times(gnutls_x509_crt_t crt, int days, const struct pki_ca *ca)
{
	time_t now = time(NULL), end = now + (time_t)days * 86400;
	time_t start = now - EARLY;
	int r;

	if (ca) {
		time_t ca_end = gnutls_x509_crt_get_expiration_time(ca->crt);
		time_t ca_start = gnutls_x509_crt_get_activation_time(ca->crt);

		end = end > ca_end ? ca_end : end;
		start = start < ca_start ? ca_start : start;
	}
	r = gnutls_x509_crt_set_activation_time(crt, start);
	if (r == 0)
		r = gnutls_x509_crt_set_expiration_time(crt, end);
	return pki_result(r, "cannot say how long the certificate is valid");
}

static int set_ids(gnutls_x509_crt_t crt, const struct pki_ca *ca)
{
	unsigned char serial[SERIAL_BYTES], id[64];
	size_t len = sizeof id;
	int r = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof serial);

	serial[0] = (serial[0] & 0x7f) | 0x40;
	if (r == 0)
		r = gnutls_x509_crt_set_serial(crt, serial, sizeof serial);
	if (r == 0)
		r = gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA1, id, &len);
	if (r == 0)
		r = gnutls_x509_crt_set_subject_key_id(crt, id, len);
	len = sizeof id;
	if (r == 0 && ca && gnutls_x509_crt_get_subject_key_id(ca->crt, id, &len, NULL) == 0)
		r = gnutls_x509_crt_set_authority_key_id(crt, id, len);
	return pki_result(r, "cannot number the certificate");
}

int pki_sign(const struct pki_subject *s, enum pki_key kind, const struct pki_ca *ca,
			 gnutls_x509_crt_t *ret_crt, gnutls_x509_privkey_t *ret_key)
{
	CLEANUP_PKI_CRT gnutls_x509_crt_t crt = NULL;
	CLEANUP_TLS_KEY gnutls_x509_privkey_t key = NULL;
	int r;

	if (make_key(kind, &key) < 0)
		return -1;
	r = gnutls_x509_crt_init(&crt);
	if (r == 0)
		r = gnutls_x509_crt_set_version(crt, 3);
	if (r == 0)
		r = gnutls_x509_crt_set_key(crt, key);
	if (pki_result(r, "cannot make a certificate") < 0)
		return -1;
	if (set_names(crt, s) < 0 || set_usage(crt, s->role) < 0 || set_times(crt, s->days, ca) < 0 ||
		set_ids(crt, ca) < 0)
		return -1;
	r = gnutls_x509_crt_sign2(crt, ca ? ca->crt : crt, ca ? ca->key : key, GNUTLS_DIG_UNKNOWN, 0);
	if (pki_result(r, "cannot sign the certificate") < 0)
		return -1;
	*ret_crt = steal(&crt);
	*ret_key = steal(&key);
	return 0;
}

void pki_serial(gnutls_x509_crt_t crt, char *ret)
{
	unsigned char serial[(PKI_SERIAL_MAX - 1) / 2];
	size_t len = sizeof serial;

	*ret = 0;
	if (gnutls_x509_crt_get_serial(crt, serial, &len) < 0)
		return;
	for (size_t i = 0; i < len; i++)
		sprintf(ret + 2 * i, "%02x", serial[i]);
}

char *pki_name(gnutls_x509_crt_t crt, const char *oid)
{
	char name[NAME_MAX_LEN];
	size_t len = sizeof name;

	if (gnutls_x509_crt_get_dn_by_oid(crt, oid, 0, 0, name, &len) < 0)
		return NULL;
	return strndup(name, len);
}

int pki_add_hosts(struct buf *out, gnutls_x509_crt_t crt)
{
	for (unsigned i = 0;; i++) {
		char name[NAME_MAX_LEN] = "", address[INET6_ADDRSTRLEN];
		size_t len = sizeof name - 1;
		int type = gnutls_x509_crt_get_subject_alt_name(crt, i, name, &len, NULL);

		if (type == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			return 0;
		if (type == GNUTLS_SAN_IPADDRESS && (len == 4 || len == 16) &&
			inet_ntop(len == 4 ? AF_INET : AF_INET6, name, address, sizeof address)) {
			if (pki_add_word(out, address) < 0)
				return -1;
		} else if (type == GNUTLS_SAN_DNSNAME && pki_add_word(out, name) < 0) {
			return -1;
		}
	}
}
