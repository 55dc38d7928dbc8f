/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The command check: what daemon and clients of this host would find, each file by itself and with
 * the others.
 */
#include "config.h"
#include "pki.h"

#include "base/conf-file.h"
#include "base/error.h"
#include "transport/tls-paths.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { SOON = 30 * 86400 }; /* seconds in which something expires that one should know of */

#define DAEMON_CONFIG SYSCONFDIR "/rvirt/rvirtd.conf"

/* One side's files, as it would read them. */
struct side {
	const struct pki *pki;
	struct pki_report *report;
	enum tls_role role;
	const char *name; /* "server" */
	struct tls_paths paths;
	struct tls_certs ca, chain;
	struct tls_crls crls;
};

static void side_clear(struct side *s)
{
	tls_paths_clear(&s->paths);
	tls_certs_clear(&s->ca);
	tls_certs_clear(&s->chain);
	tls_crls_clear(&s->crls);
}

static bool is_absent(const char *path)
{
	return access(path, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR);
}

/* "until DATE", and a note if that is soon. */
static void say_valid(struct side *s, const char *path, const char *what, gnutls_x509_crt_t crt)
{
	CLEANUP_FREE char *dn = tls_cert_dn(crt);
	time_t end = gnutls_x509_crt_get_expiration_time(crt);
	char date[16] = "?";
	struct tm tm;

	if (gmtime_r(&end, &tm))
		strftime(date, sizeof date, "%F", &tm);
	pki_say_ok(s->report, "%s %s: '%s', until %s", what, path, dn ? dn : "?", date);
	if (end < time(NULL) + SOON)
		pki_say_note(s->report, "%s: it expires soon", path);
}

/* The command that makes this side's certificate anew, for the names that it has. */
static char *remake(const struct side *s)
{
	CLEANUP_FREE char *start = pki_command(s->pki, s->name), *name = NULL;
	CLEANUP_BUF struct buf out = {0};
	char host[HOST_NAME_MAX + 1] = "HOST";

	if (!start || buf_printf(&out, "%s%s", start, s->chain.n ? " --force" : "") < 0)
		return NULL;
	if (s->role == TLS_SERVER) {
		size_t before = buf_len(&out);

		if (s->chain.n && pki_add_hosts(&out, s->chain.list[0]) < 0)
			return NULL;
		gethostname(host, sizeof host - 1);
		if (buf_len(&out) == before && pki_add_word(&out, host) < 0)
			return NULL;
	} else {
		name = s->chain.n ? pki_name(s->chain.list[0], GNUTLS_OID_X520_COMMON_NAME) : NULL;
		if (pki_add_word(&out, name ? name : "NAME") < 0)
			return NULL;
	}
	return buf_steal_text(&out);
}

static void fault_of_own(struct side *s)
{
	struct error saved;
	CLEANUP_FREE char *command = NULL;

	error_take(&saved);
	command = remake(s);
	error_give(&saved);
	pki_say_fault(s->report, "mend: %s", command ? command : "rvirt-pki");
}

/* Whether the file can be read as far as rights go; says so if not. */
static bool may_read(struct side *s, const char *path)
{
	if (access(path, R_OK) == 0 || errno != EACCES)
		return true;
	if (geteuid() == 0) {
		error_errno(FROM_RPC, EACCES, "cannot read %s", path);
		pki_say_fault(s->report, "mend: chmod u+r %s", path);
	} else {
		pki_say_note(s->report, "%s is not for you to read: be root to check it", path);
	}
	return false;
}

static void check_ca(struct side *s)
{
	const char *path = s->paths.ca;
	CLEANUP_FREE char *make = pki_command(s->pki, "ca");

	if (!make || !may_read(s, path))
		return;
	if (tls_read_certs(path, &s->ca) < 0) {
		pki_say_fault(s->report,
					  "mend: copy the authority's certificate there; or make one here: %s", make);
		return;
	}
	for (unsigned i = 0; i < s->ca.n; i++) {
		if (tls_check_cert(path, s->ca.list[i], TLS_CA, time(NULL)) < 0)
			pki_say_fault(s->report, "mend: %s --force, and all certificates anew", make);
		else
			say_valid(s, path, "CA certificate", s->ca.list[i]);
	}
}

static void check_crl(struct side *s)
{
	const char *path = s->paths.crl;
	CLEANUP_FREE char *make = pki_command(s->pki, "crl");
	time_t next;

	if (!path || !make || !s->ca.n || !may_read(s, path))
		return;
	if (tls_read_crls(path, &s->crls) < 0 ||
		tls_check_crls(path, &s->crls, s->paths.ca, &s->ca) < 0) {
		pki_say_fault(s->report, "mend: on the authority's host: %s; and copy the list here", make);
		return;
	}
	for (unsigned i = 0; i < s->crls.n; i++) {
		next = gnutls_x509_crl_get_next_update(s->crls.list[i]);
		if (next != (time_t)-1 && next < time(NULL)) {
			error_set(FROM_RPC, ERR_SYSTEM_ERROR,
					  "%s: the revocation list is too old (nextUpdate): nobody is believed", path);
			pki_say_fault(s->report, "mend: on the authority's host: %s; and copy the list here",
						  make);
			continue;
		}
		pki_say_ok(s->report, "revocation list %s: %d certificates", path,
				   gnutls_x509_crl_get_crt_count(s->crls.list[i]));
		if (next != (time_t)-1 && next < time(NULL) + SOON)
			pki_say_note(s->report, "%s: a newer list is needed soon", path);
	}
}

/* The authority's key is only where certificates are made. */
static void check_ca_key(struct side *s)
{
	CLEANUP_FREE char *path = pki_path(s->pki, PKI_CA_KEY);
	CLEANUP_TLS_KEY gnutls_x509_privkey_t key = NULL;

	if (!path || is_absent(path) || !s->ca.n || !may_read(s, path))
		return;
	if (tls_check_key_mode(path) < 0)
		pki_say_fault(s->report, "mend: chmod 600 %s", path);
	else if (tls_read_key(path, &key) < 0 ||
			 tls_check_key(path, key, s->paths.ca, s->ca.list[0]) < 0)
		pki_say_fault(s->report, "mend: put the key of %s there, or take this one away",
					  s->paths.ca);
	else
		pki_say_ok(s->report, "CA key %s: this host can sign certificates", path);
}

static void check_key(struct side *s)
{
	CLEANUP_TLS_KEY gnutls_x509_privkey_t key = NULL;

	if (!may_read(s, s->paths.key))
		return;
	if (tls_read_key(s->paths.key, &key) < 0 ||
		tls_check_key(s->paths.key, key, s->paths.cert, s->chain.list[0]) < 0)
		fault_of_own(s);
	else if (tls_check_key_mode(s->paths.key) < 0)
		pki_say_fault(s->report, "mend: chmod 600 %s", s->paths.key);
	else
		pki_say_ok(s->report, "%s's key %s: it is the certificate's", s->name, s->paths.key);
}

static void check_hosts(struct side *s)
{
	CLEANUP_FREE char *hosts = tls_cert_hosts(s->chain.list[0]);
	char host[HOST_NAME_MAX + 1] = "";

	if (!hosts)
		return;
	pki_say_ok(s->report, "clients may call this host: %s", hosts);
	gethostname(host, sizeof host - 1);
	if (!gnutls_x509_crt_check_hostname(s->chain.list[0], host))
		pki_say_note(s->report, "%s, as this host calls itself, is not among them", host);
}

static void check_own(struct side *s)
{
	const char *path = s->paths.cert;
	char what[32];

	if (!may_read(s, path))
		return;
	if (tls_read_certs(path, &s->chain) < 0) {
		fault_of_own(s);
		return;
	}
	snprintf(what, sizeof what, "%s's certificate", s->name);
	for (unsigned i = 0; i < s->chain.n; i++) {
		if (tls_check_cert(path, s->chain.list[i], i ? TLS_CA : s->role, time(NULL)) < 0)
			fault_of_own(s);
		else
			say_valid(s, path, what, s->chain.list[i]);
	}
	check_key(s);
	if (s->ca.n && tls_check_chain(path, &s->chain, s->paths.ca, &s->ca, &s->crls) < 0)
		fault_of_own(s);
	else if (s->ca.n)
		pki_say_ok(s->report, "%s: signed by the authority in %s", path, s->paths.ca);
	if (s->role == TLS_SERVER)
		check_hosts(s);
}

/* Whether this side has anything at all. */
static bool check_side(struct side *s)
{
	if (is_absent(s->paths.cert) && is_absent(s->paths.key)) {
		CLEANUP_FREE char *command = remake(s);

		pki_say_note(s->report, "no %s's certificate (%s): this host is no %s over TLS", s->name,
					 s->paths.cert, s->name);
		if (command)
			pki_say_mend("make one: %s", command);
		return false;
	}
	check_own(s);
	return true;
}

static int find_paths(const struct pki *pki, const char *side, struct tls_paths *ret)
{
	const char *home = tls_paths_home();

	if (pki->dir)
		home = NULL;
	else if (pki->user && !home)
		home = getenv("HOME");
	return tls_paths_find(side, NULL, home, pki->dir ? pki->dir : TLS_SYSTEM_DIR, ret);
}

static int replace(const struct conf_file *conf, const char *key, char **path)
{
	const struct conf_entry *entry = conf_file_find(conf, key);
	char *copy;

	if (!entry || entry->value.type != CONF_STRING)
		return 0;
	copy = strdup(entry->value.text);
	if (!copy)
		return error_oom();
	free(*path);
	*path = copy;
	return 0;
}

static bool is_number(const struct conf_file *conf, const char *key, long long number)
{
	const struct conf_entry *entry = conf_file_find(conf, key);

	return entry && entry->value.type == CONF_INT && entry->value.number == number;
}

/* What the daemon's configuration says about TLS, its own paths among it. */
static void apply_config(struct side *s)
{
	CLEANUP_CONF_FILE struct conf_file *conf = NULL;
	const char *path = s->pki->config ? s->pki->config : DAEMON_CONFIG;

	if (!s->pki->config && (s->pki->dir || s->pki->user || is_absent(path)))
		return;
	if (conf_file_read(path, &conf) < 0 || replace(conf, "ca_file", &s->paths.ca) < 0 ||
		replace(conf, "crl_file", &s->paths.crl) < 0 ||
		replace(conf, "cert_file", &s->paths.cert) < 0 ||
		replace(conf, "key_file", &s->paths.key) < 0) {
		pki_say_fault(s->report, "mend: rvirtd.conf(5) says what belongs there");
		return;
	}
	pki_say_ok(s->report, "the daemon's configuration %s", path);
	if (is_number(conf, "listen_tls", 0))
		pki_say_note(s->report, "listen_tls = 0: rvirtd --listen opens no port for TLS");
	if (is_number(conf, "tls_no_verify_certificate", 1))
		pki_say_note(s->report, "tls_no_verify_certificate = 1: clients may be anybody");
}

int pki_cmd_check(const struct pki *pki, const char *const *args)
{
	struct pki_report report = {0};
	CLEANUP(side_clear)
	struct side server = {.pki = pki, .report = &report, .role = TLS_SERVER, .name = "server"};
	CLEANUP(side_clear)
	struct side client = {.pki = pki, .report = &report, .role = TLS_CLIENT, .name = "client"};
	bool any;

	if (find_paths(pki, "server", &server.paths) < 0 ||
		find_paths(pki, "client", &client.paths) < 0)
		return 1;
	apply_config(&server);
	check_ca(&server);
	check_crl(&server);
	check_ca_key(&server);
	any = check_side(&server);
	/* said once, where both sides have the same */
	if (strcmp(client.paths.ca, server.paths.ca) != 0) {
		check_ca(&client);
		check_crl(&client);
	} else {
		client.ca = server.ca;
		client.crls = server.crls;
		server.ca = (struct tls_certs){0};
		server.crls = (struct tls_crls){0};
	}
	any |= check_side(&client);
	if (!any) {
		error_set(FROM_RPC, ERR_SYSTEM_ERROR, "this host has neither certificate");
		pki_say_fault(&report, "mend: make one of them, as above");
	}
	if (args[0])
		pki_check_uri(&report, args[0]);
	printf("%u faults, %u notes\n", report.faults, report.notes);
	return report.faults > 0;
}
