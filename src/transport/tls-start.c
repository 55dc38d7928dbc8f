/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From a fresh channel to one that carries messages: the handshake with its checks, and the
 * daemon's word that they are done. Says what stands in the way.
 */
#include "config.h"
#include "transport/tls-impl.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

/* The peer sent an alert, or left. */
static int refused(struct tls_channel *tc, const char *how)
{
	const struct tls_context *ctx = tc->ctx;

	if (ctx->side == TLS_SERVER)
		return error_set(FROM_RPC, ERR_AUTH_FAILED, "TLS: the client refused this daemon (%s), %s",
						 how, tc->head.how);
	return error_set(FROM_RPC, ERR_AUTH_FAILED,
					 "TLS: the daemon refused this client (%s), %s; it was shown %s; its log says "
					 "why: look at its ca_file, crl_file and tls_allowed_dn_list",
					 how, tc->head.how, ctx->shown);
}

const char *tls_alert_words(struct tls_channel *tc)
{
	const char *name = gnutls_alert_get_name(gnutls_alert_get(tc->session));

	return name ? name : "an alert that is not known";
}

static bool is_about_parameters(gnutls_alert_description_t alert)
{
	return alert == GNUTLS_A_HANDSHAKE_FAILURE || alert == GNUTLS_A_PROTOCOL_VERSION ||
		   alert == GNUTLS_A_INSUFFICIENT_SECURITY;
}

static int nothing_in_common(struct tls_channel *tc, const char *why)
{
	return error_set(FROM_RPC, ERR_AUTH_FAILED,
					 "TLS: the peer and this side find no version and cipher in common (%s; "
					 "tls_priority here: %s), %s",
					 why, tc->ctx->priority, tc->head.how);
}

/* Sets the error for GnuTLS's. Returns CHANNEL_FAILED. */
static int explain_handshake(struct tls_channel *tc, int r)
{
	switch (r) {
	case GNUTLS_E_PULL_ERROR:
	case GNUTLS_E_PUSH_ERROR:
		if (tc->below_failed)
			return error_prefix("TLS handshake");
		break;
	case GNUTLS_E_CERTIFICATE_ERROR:
		if (tc->alert)
			return error_suffix("%s", tc->head.how);
		break;
	case GNUTLS_E_PREMATURE_TERMINATION:
		return error_set(FROM_RPC, ERR_SYSTEM_ERROR,
						 "TLS: the peer closed the connection in the middle of the handshake, %s",
						 tc->head.how);
	case GNUTLS_E_NO_CERTIFICATE_FOUND:
	case GNUTLS_E_CERTIFICATE_REQUIRED:
		return error_set(FROM_RPC, ERR_AUTH_FAILED, "TLS: the peer shows no certificate, %s",
						 tc->head.how);
	case GNUTLS_E_UNEXPECTED_PACKET_LENGTH:
	case GNUTLS_E_UNSUPPORTED_VERSION_PACKET:
	case GNUTLS_E_UNEXPECTED_PACKET:
	case GNUTLS_E_RECORD_OVERFLOW:
		return error_set(FROM_RPC, ERR_SYSTEM_ERROR,
						 "TLS: the peer does not speak TLS (%s); is this the port for it? %s",
						 gnutls_strerror(r), tc->head.how);
	case GNUTLS_E_NO_CIPHER_SUITES:
	case GNUTLS_E_UNKNOWN_CIPHER_SUITE:
		return nothing_in_common(tc, gnutls_strerror(r));
	case GNUTLS_E_INSUFFICIENT_CREDENTIALS:
	case GNUTLS_E_KEY_USAGE_VIOLATION:
		return error_set(
			FROM_RPC, ERR_AUTH_FAILED,
			"TLS: no certificate serves for this handshake (%s): its keyUsage must "
			"have digitalSignature, and both sides' tls_priority its kind of key; this "
			"side has %s, %s",
			gnutls_strerror(r), tc->ctx->shown, tc->head.how);
	case GNUTLS_E_FATAL_ALERT_RECEIVED:
		if (is_about_parameters(gnutls_alert_get(tc->session)))
			return nothing_in_common(tc, tls_alert_words(tc));
		return refused(tc, tls_alert_words(tc));
	}
	return error_set(FROM_RPC, ERR_GNUTLS_ERROR, "TLS handshake: %s, %s", gnutls_strerror(r),
					 tc->head.how);
}

static void tell_peer(struct tls_channel *tc, int r)
{
	struct error cause;

	if (r == GNUTLS_E_PULL_ERROR || r == GNUTLS_E_PUSH_ERROR ||
		r == GNUTLS_E_PREMATURE_TERMINATION || r == GNUTLS_E_FATAL_ALERT_RECEIVED)
		return;
	error_take(&cause);
	if (r == GNUTLS_E_CERTIFICATE_ERROR && tc->alert)
		gnutls_alert_send(tc->session, GNUTLS_AL_FATAL, tc->alert);
	else
		gnutls_alert_send_appropriate(tc->session, r);
	tls_flush(tc);
	error_give(&cause);
}

int tls_verify_peer(gnutls_session_t session)
{
	struct tls_channel *tc = gnutls_session_get_ptr(session);

	if (tls_context_verify(tc->ctx, session, tc->host, &tc->alert) < 0)
		return GNUTLS_E_CERTIFICATE_ERROR;
	tc->alert = 0;
	return 0;
}

/* Who the client is belongs into what is logged of it. */
static void name_client(struct tls_channel *tc)
{
	unsigned n = 0;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(tc->session, &n);
	CLEANUP_FREE char *dn = NULL;
	gnutls_x509_crt_t crt;
	char *how;

	if (!chain || n == 0 || gnutls_x509_crt_init(&crt) < 0)
		return;
	if (gnutls_x509_crt_import(crt, &chain[0], GNUTLS_X509_FMT_DER) == 0)
		dn = tls_cert_dn(crt);
	gnutls_x509_crt_deinit(crt);
	if (!dn || asprintf(&how, "%s, '%s'", tc->head.how, dn) < 0)
		return;
	free(tc->head.how);
	tc->head.how = how;
}

static int handshake(struct tls_channel *tc)
{
	int r;

	tls_begin_reading(tc, 0);
	do
		r = gnutls_handshake(tc->session);
	while (r == GNUTLS_E_INTERRUPTED || r == GNUTLS_E_WARNING_ALERT_RECEIVED);
	tls_end_reading(tc);
	if (r == GNUTLS_E_AGAIN)
		return tls_flush(tc) == CHANNEL_FAILED ? CHANNEL_FAILED : CHANNEL_AGAIN;
	if (r < 0) {
		explain_handshake(tc, r);
		tell_peer(tc, r);
		return CHANNEL_FAILED;
	}
	if (tc->ctx->side == TLS_SERVER)
		name_client(tc);
	tc->stage = STAGE_CONFIRM;
	return 0;
}

/* The daemon's word that its checks are done: one byte. */
static int send_confirmation(struct tls_channel *tc)
{
	int r;

	if (!tc->owed && gnutls_record_send(tc->session, "\1", 1) != 1)
		return error_set(FROM_RPC, ERR_GNUTLS_ERROR, "TLS: cannot confirm, %s", tc->head.how);
	tc->owed = 1;
	r = tls_flush(tc);
	if (r == 0)
		tc->owed = 0;
	return r;
}

static int await_confirmation(struct tls_channel *tc)
{
	unsigned char byte = 0;
	ssize_t r;

	tls_begin_reading(tc, sizeof byte);
	do
		r = gnutls_record_recv(tc->session, &byte, sizeof byte);
	while (r == GNUTLS_E_INTERRUPTED || r == GNUTLS_E_WARNING_ALERT_RECEIVED);
	tls_end_reading(tc);
	if (r == GNUTLS_E_AGAIN)
		return tls_flush(tc) == CHANNEL_FAILED ? CHANNEL_FAILED : CHANNEL_AGAIN;
	if (r == 1 && byte == 1)
		return 0;
	if (r == 1)
		return error_set(FROM_RPC, ERR_AUTH_FAILED,
						 "TLS: the server answers with byte %u where a daemon confirms with 1, %s",
						 byte, tc->head.how);
	if (r == GNUTLS_E_FATAL_ALERT_RECEIVED)
		return refused(tc, tls_alert_words(tc));
	if (r == GNUTLS_E_PULL_ERROR && tc->below_failed)
		return error_prefix("TLS: waiting for the daemon's confirmation");
	return refused(tc, r == 0 || r == GNUTLS_E_PREMATURE_TERMINATION
						   ? "it closed the connection after the handshake"
						   : gnutls_strerror((int)r));
}

int tls_start_locked(struct tls_channel *tc)
{
	int r = 0;

	if (tc->stage == STAGE_HANDSHAKE)
		r = handshake(tc);
	if (r == 0 && tc->stage == STAGE_CONFIRM)
		r = tc->ctx->side == TLS_SERVER ? send_confirmation(tc) : await_confirmation(tc);
	if (r == 0)
		tc->stage = STAGE_OPEN;
	tc->failed = tc->failed || r == CHANNEL_FAILED;
	return r;
}
