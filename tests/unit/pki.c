/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Makes certificates through GnuTLS, so that the unit tests need no program for it.
 */
#include "config.h"
#include "pki.h"

#include "unit.h"

#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <time.h>
#include <unistd.h>

struct entity {
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt;
};

static void must(int r)
{
	if (r < 0)
		fail_msg("%s", gnutls_strerror(r));
}

const char *pki_file(struct pki *pki, const char *name)
{
	snprintf(pki->path, sizeof pki->path, "%s/%s", pki->dir, name);
	return pki->path;
}

static void save(struct pki *pki, const char *name, const char *suffix, gnutls_datum_t *pem)
{
	char file[32];
	int fd;

	snprintf(file, sizeof file, "%s%s", name, suffix);
	fd = open(pki_file(pki, file), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, pem->data, pem->size), pem->size);
	close(fd);
	gnutls_free(pem->data);
}

static void begin(struct entity *e, const char *name)
{
	static unsigned char serial;
	time_t now = time(NULL);

	serial++;
	must(gnutls_x509_privkey_init(&e->key));
	must(gnutls_x509_privkey_generate(e->key, GNUTLS_PK_EDDSA_ED25519,
									  GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_ED25519), 0));
	must(gnutls_x509_crt_init(&e->crt));
	must(gnutls_x509_crt_set_version(e->crt, 3));
	must(gnutls_x509_crt_set_serial(e->crt, &serial, 1));
	must(gnutls_x509_crt_set_key(e->crt, e->key));
	must(gnutls_x509_crt_set_activation_time(e->crt, now - 60));
	must(gnutls_x509_crt_set_expiration_time(e->crt, now + 3600));
	must(gnutls_x509_crt_set_dn_by_oid(e->crt, GNUTLS_OID_X520_COMMON_NAME, 0, name,
									   (unsigned)strlen(name)));
}

static void finish(struct pki *pki, struct entity *e, const char *name, struct entity *ca)
{
	gnutls_datum_t pem;

	must(gnutls_x509_crt_sign2(e->crt, ca->crt, ca->key, GNUTLS_DIG_SHA512, 0));
	must(gnutls_x509_crt_export2(e->crt, GNUTLS_X509_FMT_PEM, &pem));
	save(pki, name, ".pem", &pem);
	must(gnutls_x509_privkey_export2_pkcs8(e->key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN,
										   &pem));
	save(pki, name, "-key.pem", &pem);
}

static void end(struct entity *e)
{
	gnutls_x509_crt_deinit(e->crt);
	gnutls_x509_privkey_deinit(e->key);
}

static void make_leaf(struct pki *pki, const char *name, const char *purpose, struct entity *ca)
{
	struct entity e;

	begin(&e, name);
	must(gnutls_x509_crt_set_ca_status(e.crt, 0));
	must(gnutls_x509_crt_set_key_usage(e.crt, GNUTLS_KEY_DIGITAL_SIGNATURE));
	must(gnutls_x509_crt_set_key_purpose_oid(e.crt, purpose, 0));
	must(gnutls_x509_crt_set_subject_alt_name(e.crt, GNUTLS_SAN_DNSNAME, "localhost", 9,
											  GNUTLS_FSAN_SET));
	finish(pki, &e, name, ca);
	end(&e);
}

void pki_make(struct pki *pki)
{
	struct entity ca;

	strcpy(pki->dir, "/tmp/rvirt-pki-XXXXXX");
	assert_non_null(mkdtemp(pki->dir));
	begin(&ca, "ca");
	must(gnutls_x509_crt_set_ca_status(ca.crt, 1));
	must(gnutls_x509_crt_set_key_usage(ca.crt, GNUTLS_KEY_KEY_CERT_SIGN));
	finish(pki, &ca, "ca", &ca);
	make_leaf(pki, "server", GNUTLS_KP_TLS_WWW_SERVER, &ca);
	make_leaf(pki, "client", GNUTLS_KP_TLS_WWW_CLIENT, &ca);
	end(&ca);
}

void pki_remove(struct pki *pki)
{
	static const char *const names[] = {"ca.pem",         "ca-key.pem", "server.pem",
										"server-key.pem", "client.pem", "client-key.pem"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		unlink(pki_file(pki, names[i]));
	rmdir(pki->dir);
}
