/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The command list: the certificates of this place, and those that its authority has signed.
 */
#include "config.h"
#include "pki.h"

#include "base/error.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { SEEN_MAX = 3 };

struct list {
	struct tls_certs ca;
	struct tls_crls crls;
	char seen[SEEN_MAX]
			 [PKI_SERIAL_MAX]; /* what this place uses need not be shown as a copy again */
	size_t n_seen;
};

static bool is_absent(const char *path)
{
	return access(path, F_OK) < 0 && errno == ENOENT;
}

static const char *state_of(const struct list *l, gnutls_x509_crt_t crt)
{
	time_t now = time(NULL);

	if (l->crls.n && gnutls_x509_crt_check_revocation(crt, l->crls.list, (int)l->crls.n) == 1)
		return "revoked";
	if (gnutls_x509_crt_get_expiration_time(crt) < now)
		return "expired";
	return gnutls_x509_crt_get_activation_time(crt) > now ? "not yet" : "valid";
}

static const char *kind_of(gnutls_x509_crt_t crt)
{
	char oid[64];
	size_t len = sizeof oid;

	if (gnutls_x509_crt_get_ca_status(crt, NULL) > 0)
		return "ca";
	if (gnutls_x509_crt_get_key_purpose_oid(crt, 0, oid, &len, NULL) < 0)
		return "any";
	return !strcmp(oid, GNUTLS_KP_TLS_WWW_SERVER)   ? "server"
		   : !strcmp(oid, GNUTLS_KP_TLS_WWW_CLIENT) ? "client"
													: "other";
}

static int show(const struct list *l, const char *path, gnutls_x509_crt_t crt)
{
	CLEANUP_FREE char *dn = tls_cert_dn(crt);
	CLEANUP_BUF struct buf hosts = {0};
	time_t end = gnutls_x509_crt_get_expiration_time(crt);
	char date[16] = "?", serial[PKI_SERIAL_MAX];
	struct tm tm;

	if (!dn || pki_add_hosts(&hosts, crt) < 0)
		return -1;
	if (gmtime_r(&end, &tm))
		strftime(date, sizeof date, "%F", &tm);
	pki_serial(crt, serial);
	printf("%-7s %-8s %-10s  %-32s  %s", kind_of(crt), state_of(l, crt), date, serial, dn);
	if (buf_len(&hosts))
		printf("  for%.*s", (int)buf_len(&hosts), (const char *)buf_at(&hosts));
	printf("  %s\n", path);
	return 0;
}

/* The certificate of a path. */
static int show_file(struct list *l, const char *path, bool copy)
{
	CLEANUP_TLS_CERTS struct tls_certs certs = {0};
	char serial[PKI_SERIAL_MAX];

	if (is_absent(path))
		return 0;
	if (tls_read_certs(path, &certs) < 0)
		return -1;
	pki_serial(certs.list[0], serial);
	for (size_t i = 0; copy && i < l->n_seen; i++)
		if (!strcmp(l->seen[i], serial))
			return 0;
	if (!copy && l->n_seen < SEEN_MAX)
		strcpy(l->seen[l->n_seen++], serial);
	return show(l, path, certs.list[0]);
}

static int is_pem(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return entry->d_name[0] != '.' && n > 4 && !strcmp(entry->d_name + n - 4, ".pem");
}

static int show_issued(struct list *l, const char *dir)
{
	struct dirent **entries = NULL;
	int n = is_absent(dir) ? 0 : scandir(dir, &entries, is_pem, alphasort), r = 0;

	if (n < 0)
		return error_errno(FROM_RPC, errno, "cannot look into %s", dir);
	for (int i = 0; i < n; i++) {
		CLEANUP_FREE char *path = NULL;

		if (r == 0 && asprintf(&path, "%s/%s", dir, entries[i]->d_name) < 0) {
			path = NULL;
			r = error_oom();
		}
		if (r == 0)
			r = show_file(l, path, true);
		free(entries[i]);
	}
	free(entries);
	return r;
}

static int list(const struct pki *pki, struct list *l)
{
	static const enum pki_file files[SEEN_MAX] = {PKI_CA_CERT, PKI_SERVER_CERT, PKI_CLIENT_CERT};
	CLEANUP_FREE char *crl = pki_path(pki, PKI_CRL), *issued = pki_path(pki, PKI_ISSUED);

	if (!crl || !issued)
		return -1;
	if (!is_absent(crl) && tls_read_crls(crl, &l->crls) < 0)
		return -1;
	for (size_t i = 0; i < SEEN_MAX; i++) {
		CLEANUP_FREE char *path = pki_path(pki, files[i]);

		if (!path || show_file(l, path, false) < 0)
			return -1;
	}
	return show_issued(l, issued);
}

int pki_cmd_list(const struct pki *pki, const char *const *args)
{
	struct list l = {.n_seen = 0};
	int r;

	(void)args;
	printf("%-7s %-8s %-10s  %-32s  %s\n", "kind", "state", "until", "serial", "name, hosts, file");
	r = list(pki, &l);
	tls_crls_clear(&l.crls);
	return r < 0;
}
