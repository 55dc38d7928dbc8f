/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Certificates, keys and revocation lists out of their files, and a certificate's names as texts.
 */
#include "config.h"
#include "transport/tls-check.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/fd.h"

#include <arpa/inet.h>
#include <string.h>

enum {
	FILE_MAX = 4 << 20, /* bytes: a bundle of all authorities that the world knows is below 1 MiB */
	NAMES_MAX = 16,     /* names of a certificate that are shown */
};

static int unreadable(const char *file, const char *what, int r)
{
	return error_set(FROM_RPC, ERR_SYSTEM_ERROR, "%s: no %s in PEM form: %s", file, what,
					 gnutls_strerror(r));
}

/* The file's bytes in a buffer that forgets them. */
struct pem {
	gnutls_datum_t data;
};

static void pem_clear(struct pem *pem)
{
	if (pem->data.data)
		gnutls_memset(pem->data.data, 0, pem->data.size);
	free(pem->data.data);
}
#define CLEANUP_PEM CLEANUP(pem_clear)

static int pem_read(const char *file, struct pem *ret)
{
	size_t len;
	char *text = fd_read_file(file, FILE_MAX, &len);

	if (!text)
		return -1;
	ret->data = (gnutls_datum_t){.data = (unsigned char *)text, .size = (unsigned)len};
	return 0;
}

int tls_read_certs(const char *file, struct tls_certs *ret)
{
	CLEANUP_PEM struct pem pem = {0};
	int r;

	if (pem_read(file, &pem) < 0)
		return -1;
	r = gnutls_x509_crt_list_import2(&ret->list, &ret->n, &pem.data, GNUTLS_X509_FMT_PEM, 0);
	return r < 0 ? unreadable(file, "certificate", r) : 0;
}

int tls_read_key(const char *file, gnutls_x509_privkey_t *ret)
{
	CLEANUP_PEM struct pem pem = {0};
	CLEANUP_TLS_KEY gnutls_x509_privkey_t key = NULL;
	int r;

	if (pem_read(file, &pem) < 0)
		return -1;
	r = gnutls_x509_privkey_init(&key);
	if (r == 0)
		r = gnutls_x509_privkey_import2(key, &pem.data, GNUTLS_X509_FMT_PEM, NULL, 0);
	if (r == GNUTLS_E_DECRYPTION_FAILED)
		return error_set(FROM_RPC, ERR_SYSTEM_ERROR,
						 "%s: the private key is encrypted, and there is nobody to ask for its "
						 "password",
						 file);
	if (r < 0)
		return unreadable(file, "private key", r);
	*ret = steal(&key);
	return 0;
}

int tls_read_crls(const char *file, struct tls_crls *ret)
{
	CLEANUP_PEM struct pem pem = {0};
	int r;

	if (pem_read(file, &pem) < 0)
		return -1;
	r = gnutls_x509_crl_list_import2(&ret->list, &ret->n, &pem.data, GNUTLS_X509_FMT_PEM, 0);
	return r < 0 ? unreadable(file, "revocation list", r) : 0;
}

void tls_certs_clear(struct tls_certs *certs)
{
	for (unsigned i = 0; i < certs->n; i++)
		gnutls_x509_crt_deinit(certs->list[i]);
	gnutls_free(certs->list);
	*certs = (struct tls_certs){0};
}

void tls_crls_clear(struct tls_crls *crls)
{
	for (unsigned i = 0; i < crls->n; i++)
		gnutls_x509_crl_deinit(crls->list[i]);
	gnutls_free(crls->list);
	*crls = (struct tls_crls){0};
}

/* A peer writes its names itself. */
static void make_plain(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 127)
			*text = '?';
}

char *tls_cert_dn(gnutls_x509_crt_t crt)
{
	size_t size = 0;
	char *dn;
	int r = gnutls_x509_crt_get_dn(crt, NULL, &size);

	if (r < 0 && r != GNUTLS_E_SHORT_MEMORY_BUFFER)
		size = 0;
	dn = calloc(1, size + 1);
	if (!dn) {
		error_oom();
		return NULL;
	}
	if (size && gnutls_x509_crt_get_dn(crt, dn, &size) < 0)
		*dn = 0;
	make_plain(dn);
	return dn;
}

static int add_name(struct buf *out, const char *kind, const char *name)
{
	return buf_printf(out, "%s%s %s", buf_len(out) ? ", " : "", kind, name);
}

char *tls_cert_hosts(gnutls_x509_crt_t crt)
{
	CLEANUP_BUF struct buf out = {0};
	char *text;

	for (unsigned i = 0; i < NAMES_MAX; i++) {
		char name[256] = "", address[INET6_ADDRSTRLEN];
		size_t size = sizeof name - 1;
		int type = gnutls_x509_crt_get_subject_alt_name(crt, i, name, &size, NULL);
		int r = 0;

		if (type == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			break;
		if (type == GNUTLS_SAN_DNSNAME)
			r = add_name(&out, "DNS", name);
		else if (type == GNUTLS_SAN_IPADDRESS && (size == 4 || size == 16) &&
				 inet_ntop(size == 4 ? AF_INET : AF_INET6, name, address, sizeof address))
			r = add_name(&out, "IP", address);
		if (r < 0)
			return NULL;
	}
	if (!buf_len(&out) && buf_puts(&out, "no host in its subjectAltName") < 0)
		return NULL;
	text = buf_steal_text(&out);
	if (text)
		make_plain(text);
	return text;
}
