/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the files of rvirt-pki share: where certificates and keys belong, how they get there, and
 * the commands. Reading and checking them is src/transport's.
 */
#ifndef HELPER_PKI_H
#define HELPER_PKI_H

#include "base/buf.h"
#include "base/cleanup.h"
#include "transport/tls-check.h"

#include <gnutls/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum pki_key { PKI_ECDSA, PKI_RSA, PKI_ED25519 };

/* The command line; texts may be NULL. */
struct pki {
	const char *dir;    /* in place of /etc/pki */
	const char *out;    /* where a certificate to be carried elsewhere is put */
	const char *org;    /* the authority's organization */
	const char *name;   /* the authority's own name */
	const char *config; /* the daemon's configuration */
	enum pki_key key;
	int days; /* 0: the certificate's kind decides */
	bool user, force;
};

enum pki_file {
	PKI_CA_CERT,
	PKI_CA_KEY,
	PKI_CRL,
	PKI_ISSUED, /* a directory: a copy of each certificate that the authority has signed */
	PKI_SERVER_CERT,
	PKI_SERVER_KEY,
	PKI_CLIENT_CERT,
	PKI_CLIENT_KEY,
};

/* pki-places.c */

#define PKI_SYSTEM_DIR "/etc/pki"

/* The path of a file; owned by the caller. NULL with the error set. */
char *pki_path(const struct pki *pki, enum pki_file file);

/* The same below --out where that is given. */
char *pki_out_path(const struct pki *pki, enum pki_file file);

/* A file to be written. */
struct pki_blob {
	const char *what; /* "CA certificate" */
	char *path;
	gnutls_datum_t pem;
	mode_t mode;
	bool force; /* it may be there already */

	char *temporary; /* pki_store()'s own */
};

/* Writes all files or none, each whole at any time, and says which on stdout; makes missing
 * directories. 0, or -1 with the error set: a file is there already, or what the system refuses. */
int pki_store(struct pki_blob *blobs, size_t n);

/* Frees what a list of blobs holds, and forgets keys. */
void pki_blob_clear(struct pki_blob *blob);

/* Appends " TEXT" as one word for a shell. */
int pki_add_word(struct buf *out, const char *text);

/* The start of a command line of rvirt-pki for the same place: "rvirt-pki --dir DIR COMMAND". Owned
 * by the caller; NULL with NO_MEMORY. */
char *pki_command(const struct pki *pki, const char *command);

/* pki-sign.c */

/* Certificate and key of the authority. */
struct pki_ca {
	gnutls_x509_crt_t crt;
	gnutls_x509_privkey_t key;
};

/* Reads them, and checks that they can sign. 0, or -1 with the error set. */
int pki_ca_open(const struct pki *pki, struct pki_ca *ret);
void pki_ca_clear(struct pki_ca *ca);
#define CLEANUP_PKI_CA CLEANUP(pki_ca_clear)

/* Sets ERR_GNUTLS_ERROR "what: why" if r is an error of GnuTLS. 0 or -1. */
int pki_result(int r, const char *what);

/* What a certificate is for: who it names, and its last day. */
struct pki_subject {
	enum tls_role role;
	const char *name;         /* CN */
	const char *org;          /* O; NULL: none */
	const char *const *hosts; /* names and addresses, NULL-terminated; NULL: none */
	int days;
};

/* A new key, and a certificate for it; ca NULL: it signs itself. 0, or -1 with the error set. */
int pki_sign(const struct pki_subject *subject, enum pki_key kind, const struct pki_ca *ca,
			 gnutls_x509_crt_t *ret_crt, gnutls_x509_privkey_t *ret_key);

DEFINE_CLEANUP(pki_crt, gnutls_x509_crt_t, gnutls_x509_crt_deinit)
#define CLEANUP_PKI_CRT CLEANUP(cleanup_pki_crt)

/* The serial number in hexadecimal digits, into at least PKI_SERIAL_MAX bytes. */
enum { PKI_SERIAL_MAX = 129 };
void pki_serial(gnutls_x509_crt_t crt, char *ret);

/* The subject's CN, or its O with GNUTLS_OID_X520_ORGANIZATION_NAME; owned by the caller. NULL if
 * there is none. */
char *pki_name(gnutls_x509_crt_t crt, const char *oid);

/* The hosts in a certificate as words of a command line. 0, or -1 with NO_MEMORY. */
int pki_add_hosts(struct buf *out, gnutls_x509_crt_t crt);

/* Commands: what is behind their names on the command line, NULL-terminated. The exit status: 0, or
 * 1 with the error set or, from check, with all said. */
int pki_cmd_ca(const struct pki *pki, const char *const *args);
int pki_cmd_server(const struct pki *pki, const char *const *args);
int pki_cmd_client(const struct pki *pki, const char *const *args);
int pki_cmd_crl(const struct pki *pki, const char *const *args);
int pki_cmd_list(const struct pki *pki, const char *const *args);
int pki_cmd_check(const struct pki *pki, const char *const *args);

/* pki-report.c: what check says. */
struct pki_report {
	unsigned faults, notes;
};

void pki_say_ok(struct pki_report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void pki_say_note(struct pki_report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The thread's error, and the command that mends it. */
void pki_say_fault(struct pki_report *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* A line below the last one: the command that mends it. */
void pki_say_mend(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* pki-connect.c: the way to a daemon, step by step. */
void pki_check_uri(struct pki_report *r, const char *text);

#endif
