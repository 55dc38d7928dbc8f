/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The commands that make certificates: ca, server, client.
 */
#include "config.h"
#include "pki.h"

#include "base/error.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
	CA_DAYS = 3650,
	LEAF_DAYS = 730,
	NAME_MAX_BYTES = 64, /* ub-common-name of RFC 5280 */
	HOST_MAX = 253,
	LABEL_MAX = 63,
	HOSTS_MAX = 100,
};

static int refuse(const char *what, const char *value, const char *why)
{
	return error_set(FROM_RPC, ERR_INVALID_ARG, "%s '%s' %s", what, value, why);
}

static int check_name(const char *what, const char *name)
{
	if (!*name)
		return refuse(what, name, "is empty");
	if (strlen(name) > NAME_MAX_BYTES)
		return refuse(what, name, "is longer than the 64 bytes that a certificate takes");
	for (const char *c = name; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			return error_set(FROM_RPC, ERR_INVALID_ARG, "%s has control characters", what);
	return 0;
}

static bool is_address(const char *host)
{
	unsigned char address[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

static int check_host(const char *host)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
	const char *label = host;

	if (is_address(host))
		return 0;
	if (strchr(host, ':') || strchr(host, '/') || strchr(host, '['))
		return refuse("host", host,
					  "is neither a name nor an address (no URI, port, brackets or "
					  "zone belongs to it)");
	if (strlen(host) > HOST_MAX)
		return refuse("host", host, "is longer than a name can be");
	if (!strncmp(label, "*.", 2))
		label += 2;
	for (;;) {
		size_t n = strspn(label, letters);

		if (n == 0 || n > LABEL_MAX || *label == '-' || label[n - 1] == '-' ||
			(label[n] && label[n] != '.'))
			return refuse("host", host,
						  "is no name of a host (letters, digits, '-' and '.'; "
						  "others as xn--)");
		if (!label[n])
			break;
		label += n + 1;
	}
	if (strspn(strrchr(host, '.') ? strrchr(host, '.') + 1 : host, "0123456789") ==
		strlen(strrchr(host, '.') ? strrchr(host, '.') + 1 : host))
		return refuse("host", host, "is no address, and no name ends in a number");
	return 0;
}

static int export_pair(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key, struct pki_blob *crt_blob,
					   struct pki_blob *key_blob)
{
	int r = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &crt_blob->pem);

	if (r == 0)
		r = gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN,
											  &key_blob->pem);
	return pki_result(r, "cannot write certificate and key as PEM");
}

/* The files that a command writes. */
enum { BLOBS_MAX = 4 };
struct blobs {
	struct pki_blob list[BLOBS_MAX];
	size_t n;
};

static void blobs_clear(struct blobs *blobs)
{
	for (size_t i = 0; i < BLOBS_MAX; i++)
		pki_blob_clear(&blobs->list[i]);
}

/* One more; path becomes its own. */
static struct pki_blob *add(struct blobs *blobs, const char *what, char *path, mode_t mode,
							bool force)
{
	struct pki_blob *blob = &blobs->list[blobs->n++];

	*blob = (struct pki_blob){.what = what, .path = path, .mode = mode, .force = force};
	return blob;
}

/* The copy that the authority keeps: what was lost elsewhere can still be revoked. */
static int add_issued(const struct pki *pki, gnutls_x509_crt_t crt, struct blobs *blobs)
{
	CLEANUP_FREE char *dir = pki_path(pki, PKI_ISSUED);
	char serial[PKI_SERIAL_MAX], *path;
	struct pki_blob *blob;

	if (!dir)
		return -1;
	pki_serial(crt, serial);
	if (asprintf(&path, "%s/%s.pem", dir, serial) < 0)
		return error_oom();
	blob = add(blobs, "copy to revoke it", path, 0644, false);
	return pki_result(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &blob->pem),
					  "cannot write the certificate as PEM");
}

/* Whoever gets a certificate to carry away needs its authority's too. */
static int add_authority(const struct pki *pki, const struct pki_ca *ca, struct blobs *blobs)
{
	struct pki_blob *blob;

	if (!pki->out)
		return 0;
	blob = add(blobs, "CA certificate", pki_out_path(pki, PKI_CA_CERT), 0644, pki->force);
	if (!blob->path)
		return -1;
	return pki_result(gnutls_x509_crt_export2(ca->crt, GNUTLS_X509_FMT_PEM, &blob->pem),
					  "cannot write the CA certificate as PEM");
}

/* Says at once what pki_store() would say when keys are made and it is for nothing. */
static int check_absent(const struct pki *pki, const struct blobs *blobs)
{
	struct stat st;

	for (size_t i = 0; i < blobs->n; i++) {
		if (!blobs->list[i].path)
			return -1;
		if (!pki->force && lstat(blobs->list[i].path, &st) == 0)
			return error_set(FROM_RPC, ERR_SYSTEM_ERROR, "%s is there already; --force replaces it",
							 blobs->list[i].path);
	}
	return 0;
}

static int issue(const struct pki *pki, struct pki_subject *s)
{
	bool server = s->role == TLS_SERVER;
	CLEANUP(blobs_clear) struct blobs blobs = {.n = 0};
	CLEANUP_PKI_CA struct pki_ca ca = {0};
	CLEANUP_PKI_CRT gnutls_x509_crt_t crt = NULL;
	CLEANUP_TLS_KEY gnutls_x509_privkey_t key = NULL;
	CLEANUP_FREE char *org = NULL;

	add(&blobs, server ? "server's key" : "client's key",
		pki_out_path(pki, server ? PKI_SERVER_KEY : PKI_CLIENT_KEY), 0600, pki->force);
	add(&blobs, server ? "server's certificate" : "client's certificate",
		pki_out_path(pki, server ? PKI_SERVER_CERT : PKI_CLIENT_CERT), 0644, pki->force);
	if (check_absent(pki, &blobs) < 0 || pki_ca_open(pki, &ca) < 0)
		return -1;
	s->org = org = pki_name(ca.crt, GNUTLS_OID_X520_ORGANIZATION_NAME);
	s->days = pki->days ? pki->days : LEAF_DAYS;
	if (pki_sign(s, pki->key, &ca, &crt, &key) < 0 ||
		export_pair(crt, key, &blobs.list[1], &blobs.list[0]) < 0)
		return -1;
	if (add_issued(pki, crt, &blobs) < 0 || add_authority(pki, &ca, &blobs) < 0)
		return -1;
	return pki_store(blobs.list, blobs.n);
}

int pki_cmd_ca(const struct pki *pki, const char *const *args)
{
	CLEANUP(blobs_clear) struct blobs blobs = {.n = 0};
	CLEANUP_PKI_CRT gnutls_x509_crt_t crt = NULL;
	CLEANUP_TLS_KEY gnutls_x509_privkey_t key = NULL;
	char host[HOST_NAME_MAX + 1] = "", name[NAME_MAX_BYTES + 1];
	struct pki_subject s = {.role = TLS_CA, .org = pki->org, .name = pki->name};

	(void)args;
	gethostname(host, sizeof host - 1);
	snprintf(name, sizeof name, "Certificate authority %.*s", 40, host);
	if (!s.name)
		s.name = name;
	s.days = pki->days ? pki->days : CA_DAYS;
	if (check_name("--name", s.name) < 0 || (s.org && check_name("--org", s.org) < 0))
		return 1;
	add(&blobs, "CA key", pki_path(pki, PKI_CA_KEY), 0600, pki->force);
	add(&blobs, "CA certificate", pki_path(pki, PKI_CA_CERT), 0644, pki->force);
	if (check_absent(pki, &blobs) < 0)
		return 1;
	if (pki_sign(&s, pki->key, NULL, &crt, &key) < 0 ||
		export_pair(crt, key, &blobs.list[1], &blobs.list[0]) < 0)
		return 1;
	return pki_store(blobs.list, blobs.n) < 0;
}

/* The first host is the certificate's name as far as that has room for it. */
int pki_cmd_server(const struct pki *pki, const char *const *args)
{
	char name[NAME_MAX_BYTES + 1];
	struct pki_subject s = {.role = TLS_SERVER, .name = name, .hosts = args};

	for (size_t i = 0; args[i]; i++) {
		if (check_host(args[i]) < 0)
			return 1;
		if (i >= HOSTS_MAX)
			return refuse("host", args[i], "is one too many for a certificate") < 0;
	}
	snprintf(name, sizeof name, "%s", args[0]);
	return issue(pki, &s) < 0;
}

int pki_cmd_client(const struct pki *pki, const char *const *args)
{
	struct pki_subject s = {.role = TLS_CLIENT, .name = args[0]};

	if (check_name("client", args[0]) < 0)
		return 1;
	return issue(pki, &s) < 0;
}
