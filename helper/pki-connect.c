/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The second half of check: the way to a daemon, one step after the other, so that the first that
 * fails is known.
 */
#include "config.h"
#include "pki.h"

#include "base/error.h"
#include "base/fd.h"
#include "transport/client-conf.h"
#include "transport/open.h"
#include "transport/resolve.h"
#include "transport/tcp.h"

#include <rvirt/rvirt.h>
#include <stdio.h>
#include <string.h>

enum { TLS_PORT = 16514, PATIENCE_MS = 30000 };

DEFINE_CLEANUP(channel, struct channel *, channel_close)
DEFINE_CLEANUP(conn, struct rvirt_conn *, rvirt_close)

static long long deadline_of(const struct uri *uri)
{
	long long ms = uri_connect_timeout_ms(uri);

	return now_ms() + (ms >= 0 ? ms : PATIENCE_MS);
}

static int resolve(struct pki_report *r, const char *host, int port, long long deadline)
{
	CLEANUP_ADDRINFO struct addrinfo *list = NULL;
	CLEANUP_BUF struct buf addresses = {0};

	if (resolve_host(host, port, AF_UNSPEC, deadline, &list) < 0) {
		pki_say_fault(r, "mend: give the host a name that this one knows: getent hosts %s", host);
		return -1;
	}
	for (const struct addrinfo *a = list; a; a = a->ai_next) {
		char text[NI_MAXHOST] = "?";

		getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST);
		if (buf_printf(&addresses, "%s%s", buf_len(&addresses) ? ", " : "", text) < 0)
			return -1;
	}
	pki_say_ok(r, "the host %s is at %s", host, (const char *)buf_at(&addresses));
	return 0;
}

static int reach(struct pki_report *r, const char *host, int port, long long deadline)
{
	CLEANUP(cleanup_channel) struct channel *ch = NULL;
	char who[TCP_WHO_MAX];

	snprintf(who, sizeof who, "tls to host %s, port %d", host, port);
	if (tcp_reach(who, host, port, AF_UNSPEC, deadline, &ch) < 0) {
		pki_say_fault(
			r,
			"mend: on %s: systemctl enable --now rvirtd.socket rvirtd-tls.socket; and let "
			"port %d through its firewall",
			host, port);
		return -1;
	}
	pki_say_ok(r, "reached: %s", ch->how);
	return 0;
}

/* What TLS says, and who has to do something. To add one: a row. */
static const struct {
	const char *said, *mend;
} mends[] = {
	{"is not for the host", "on the daemon's host: rvirt-pki server --force with this name too"},
	{"was signed by an authority that is not known",
	 "copy the CA certificate of the daemon's authority to this host, or make the certificates of "
	 "both with one authority"},
	{"refused this client",
	 "on the authority's host: rvirt-pki --out DIR client NAME; and copy the files of DIR here"},
	{"has been revoked", "on the daemon's host: rvirt-pki server --force with its names"},
	{"notAfter", "on the daemon's host: rvirt-pki server --force with its names"},
	{"does not speak TLS", "give the URI the port of TLS (16514), or its own transport"},
	{"cannot read", "see above: this host's own files"},
};

static const char *mend_of(const char *said)
{
	for (size_t i = 0; i < sizeof mends / sizeof mends[0]; i++)
		if (strstr(said, mends[i].said))
			return mends[i].mend;
	return "on the daemon's host: rvirt-pki check; its log says more: journalctl -u rvirtd";
}

static int open_transport(struct pki_report *r, const struct uri *uri, long long deadline)
{
	CLEANUP(cleanup_channel) struct channel *ch = NULL;
	const struct transport_options options = {.in_process = true, .deadline_ms = deadline};

	if (transport_open(uri, &options, &ch) < 0) {
		pki_say_fault(r, "mend: %s", mend_of(error_last()->message));
		return -1;
	}
	pki_say_ok(r, "connected: %s", ch->how);
	return 0;
}

static void ask(struct pki_report *r, const char *text)
{
	CLEANUP(cleanup_conn) struct rvirt_conn *conn = rvirt_open(text, NULL);
	struct rvirt_wire_hostname_ret ret = {0};

	if (conn && rvirt_call_connect_get_hostname(conn, &ret) == 0) {
		pki_say_ok(r, "the daemon answers: it manages %s", ret.hostname);
		rvirt_wire_clear(RVIRT_PROC_CONNECT_GET_HOSTNAME, &ret);
		return;
	}
	error_set(FROM_RPC, ERR_SYSTEM_ERROR, "%s", rvirt_last_error().message);
	pki_say_fault(r,
				  "mend: the way to the daemon is open; its log says more: journalctl -u rvirtd");
}

void pki_check_uri(struct pki_report *r, const char *text)
{
	CLEANUP_FREE char *resolved = NULL;
	CLEANUP_URI struct uri *uri = NULL;
	long long deadline;

	if (client_conf_uri(text, true, &resolved) < 0 || uri_parse(resolved, &uri) < 0) {
		pki_say_fault(r, "mend: rvirt-uri(7) says how a URI is written");
		return;
	}
	pki_say_ok(r, "the URI %s: transport %s, host %s", resolved, uri_transport(uri), uri_host(uri));
	deadline = deadline_of(uri);
	if (!strcmp(uri_transport(uri), "tls")) {
		int port = uri->port ? uri->port : TLS_PORT;

		if (uri_flag(uri, URI_NO_VERIFY))
			pki_say_note(r, "no_verify=1: whoever answers is taken for the daemon");
		if (resolve(r, uri_host(uri), port, deadline) < 0 ||
			reach(r, uri_host(uri), port, deadline) < 0)
			return;
	} else {
		pki_say_note(r, "this URI does not use TLS: its certificates do not matter");
	}
	if (open_transport(r, uri, deadline) == 0)
		ask(r, text);
}
