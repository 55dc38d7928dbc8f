/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GnuTLS between two channels' ways of reading and writing. What is sealed goes into a buffer
 * first, so that many small messages leave with one write, and GnuTLS itself never waits for the
 * way out; what comes is read ahead, so that a message takes one read.
 */
#include "config.h"
#include "transport/tls-impl.h"

#include "base/error.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

enum {
	/* with the part of a record that GnuTLS may hold, less than CHANNEL_READ_WHOLE in plain */
	READ_AHEAD = 16000,
	SEAL_MAX = 64 * 1024, /* bytes that are sealed before some are written */
};

static struct tls_channel *self(struct channel *ch)
{
	return (struct tls_channel *)ch;
}

/* -- GnuTLS's view of below -- */

static ssize_t push(gnutls_transport_ptr_t ptr, const void *data, size_t n)
{
	struct tls_channel *tc = ptr;

	if (buf_add(&tc->out, data, n) == 0)
		return (ssize_t)n;
	tc->below_failed = true;
	gnutls_transport_set_errno(tc->session, ENOMEM);
	return -1;
}

/* The count, 0 at the end, or -1 for nothing now or a failure. */
static ssize_t read_ahead(struct tls_channel *tc)
{
	unsigned char *at;
	ssize_t n = CHANNEL_AGAIN;

	if (!tc->drained && tc->room >= tc->need) {
		at = buf_reserve(&tc->in, READ_AHEAD);
		n = at ? channel_read(tc->below, at, READ_AHEAD) : CHANNEL_FAILED;
	}
	tc->drained = n != READ_AHEAD;
	tc->below_failed = n == CHANNEL_FAILED;
	if (n >= 0)
		buf_grow(&tc->in, (size_t)n);
	else
		gnutls_transport_set_errno(tc->session, n == CHANNEL_AGAIN ? EAGAIN : EIO);
	return n < 0 ? -1 : n;
}

static ssize_t pull(gnutls_transport_ptr_t ptr, void *data, size_t n)
{
	struct tls_channel *tc = ptr;

	if (!buf_len(&tc->in)) {
		ssize_t r = read_ahead(tc);

		if (r <= 0)
			return r;
	}
	if (n > buf_len(&tc->in))
		n = buf_len(&tc->in);
	memcpy(data, buf_at(&tc->in), n);
	buf_consume(&tc->in, n);
	return (ssize_t)n;
}

void tls_begin_reading(struct tls_channel *tc, size_t n)
{
	tc->drained = false;
	tc->room = n;
	tc->need = n < CHANNEL_READ_WHOLE ? n : CHANNEL_READ_WHOLE;
}

void tls_end_reading(struct tls_channel *tc)
{
	/* where the last read was filled there is more to come, soon */
	if (!buf_len(&tc->in) && tc->drained)
		buf_clear(&tc->in);
}

int tls_flush(struct tls_channel *tc)
{
	if (!buf_len(&tc->out))
		return 0;
	while (buf_len(&tc->out)) {
		struct iovec piece = {.iov_base = buf_at(&tc->out), .iov_len = buf_len(&tc->out)};
		ssize_t n = channel_write(tc->below, &piece, 1);

		if (n < 0) {
			tc->failed = tc->failed || n == CHANNEL_FAILED;
			return (int)n;
		}
		buf_consume(&tc->out, (size_t)n);
	}
	/* as long as as much is written as can be, the next needs it too */
	if (tc->owed < SEAL_MAX)
		buf_clear(&tc->out);
	return 0;
}

/* -- starting -- */

static int tls_start(struct channel *ch)
{
	struct tls_channel *tc = self(ch);
	int r;

	pthread_mutex_lock(&tc->lock);
	r = tls_start_locked(tc);
	pthread_mutex_unlock(&tc->lock);
	return r;
}

/* -- reading -- */

/* What an end or a failure of GnuTLS's is to the reader. */
static ssize_t end_of_input(struct tls_channel *tc, int r)
{
	/* without a close_notify too: that a message is cut off is seen by who reads messages */
	if (r == 0 || r == GNUTLS_E_PREMATURE_TERMINATION)
		return 0;
	tc->failed = true;
	if (!tc->fatal)
		tc->fatal = r;
	if (tc->below_failed)
		return CHANNEL_FAILED;
	if (tc->fatal == GNUTLS_E_FATAL_ALERT_RECEIVED)
		return error_set(FROM_RPC, ERR_GNUTLS_ERROR, "TLS: the peer ended the session: %s, %s",
						 tls_alert_words(tc), tc->head.how);
	return error_set(FROM_RPC, ERR_GNUTLS_ERROR, "TLS: cannot read: %s, %s",
					 gnutls_strerror(tc->fatal), tc->head.how);
}

static ssize_t read_locked(struct tls_channel *tc, unsigned char *data, size_t n)
{
	size_t got = 0;
	ssize_t r = GNUTLS_E_AGAIN;

	tls_begin_reading(tc, n);
	while (got < n) {
		tc->room = n - got;
		r = gnutls_record_recv(tc->session, data + got, n - got);
		if (r > 0)
			got += (size_t)r;
		else if (r != GNUTLS_E_INTERRUPTED && r != GNUTLS_E_WARNING_ALERT_RECEIVED)
			break;
	}
	tls_end_reading(tc);
	/* GnuTLS may have had to answer */
	if (buf_len(&tc->out) && tls_flush(tc) == CHANNEL_FAILED && !got)
		return CHANNEL_FAILED;
	if (got) {
		if (r < 0 && r != GNUTLS_E_AGAIN && !tc->fatal)
			tc->fatal = (int)r;
		return (ssize_t)got;
	}
	return r == GNUTLS_E_AGAIN ? CHANNEL_AGAIN : end_of_input(tc, (int)r);
}

static ssize_t tls_read(struct channel *ch, void *data, size_t n)
{
	struct tls_channel *tc = self(ch);
	ssize_t r;

	pthread_mutex_lock(&tc->lock);
	r = read_locked(tc, data, n);
	pthread_mutex_unlock(&tc->lock);
	return r;
}

/* -- writing -- */

size_t tls_cut(struct tls_cutter *c, const unsigned char *data, size_t n)
{
	size_t taken = 0, more;

	if (c->n_word == 4 && c->left == 0)
		*c = (struct tls_cutter){0};
	while (c->n_word < 4 && taken < n) {
		c->word = c->word << 8 | data[taken++];
		if (++c->n_word == 4)
			c->left = c->word > 4 ? c->word - 4 : 0;
	}
	more = c->left < n - taken ? c->left : n - taken;
	c->left -= more;
	return taken + more;
}

/* Seals n bytes of one message. */
static int seal_part(struct tls_channel *tc, const unsigned char *data, size_t n)
{
	while (n) {
		ssize_t r = gnutls_record_send(tc->session, data, n);

		if (r < 0) {
			tc->failed = true;
			return tc->below_failed
					   ? -1
					   : error_set(FROM_RPC, ERR_GNUTLS_ERROR, "TLS: cannot write: %s, %s",
								   gnutls_strerror((int)r), tc->head.how);
		}
		data += r;
		n -= (size_t)r;
	}
	return 0;
}

/* Seals what is there, up to a limit, and owes it to the writer. */
static int seal(struct tls_channel *tc, const struct iovec *pieces, int n_pieces)
{
	for (int i = 0; i < n_pieces && tc->owed < SEAL_MAX; i++) {
		const unsigned char *data = pieces[i].iov_base;
		size_t n = pieces[i].iov_len;

		while (n && tc->owed < SEAL_MAX) {
			size_t limit = n < SEAL_MAX - tc->owed ? n : SEAL_MAX - tc->owed;
			size_t part = tls_cut(&tc->cutter, data, limit);

			if (seal_part(tc, data, part) < 0)
				return -1;
			tc->owed += part;
			data += part;
			n -= part;
		}
	}
	return 0;
}

static ssize_t write_locked(struct tls_channel *tc, const struct iovec *pieces, int n_pieces)
{
	size_t taken;
	int r;

	if (tc->ended)
		return error_set(FROM_RPC, ERR_INTERNAL_ERROR, "write after the end, %s", tc->head.how);
	r = tls_flush(tc);
	if (r < 0)
		return r;
	if (!tc->owed) {
		if (seal(tc, pieces, n_pieces) < 0)
			return CHANNEL_FAILED;
		r = tls_flush(tc);
		if (r < 0)
			return r;
	}
	taken = tc->owed;
	tc->owed = 0;
	return (ssize_t)taken;
}

static ssize_t tls_write(struct channel *ch, const struct iovec *pieces, int n_pieces)
{
	struct tls_channel *tc = self(ch);
	ssize_t r;

	pthread_mutex_lock(&tc->lock);
	r = write_locked(tc, pieces, n_pieces);
	pthread_mutex_unlock(&tc->lock);
	return r;
}

/* Seals the end. */
static void say_goodbye(struct tls_channel *tc)
{
	if (!tc->ended && !tc->failed && tc->stage == STAGE_OPEN)
		gnutls_bye(tc->session, GNUTLS_SHUT_WR);
	tc->ended = true;
}

static int tls_shutdown_write(struct channel *ch)
{
	struct tls_channel *tc = self(ch);
	int r;

	pthread_mutex_lock(&tc->lock);
	say_goodbye(tc);
	r = tls_flush(tc);
	if (r == 0)
		r = channel_shutdown_write(tc->below);
	pthread_mutex_unlock(&tc->lock);
	return r;
}

/* -- the rest -- */

static int tls_poll(struct channel *ch, bool want_read, bool want_write, struct pollfd ret[2])
{
	struct tls_channel *tc = self(ch);
	bool open, buffered, unsent;

	pthread_mutex_lock(&tc->lock);
	open = tc->stage == STAGE_OPEN;
	buffered = buf_len(&tc->in) > 0 || gnutls_record_check_pending(tc->session) > 0;
	unsent = buf_len(&tc->out) > 0;
	pthread_mutex_unlock(&tc->lock);
	if (open && want_read && buffered)
		return 0;
	return channel_poll(tc->below, want_read || !open, open ? want_write || unsent : unsent, ret);
}

static bool tls_explain(struct channel *ch)
{
	return channel_explain(self(ch)->below);
}

static void tls_close(struct channel *ch)
{
	struct tls_channel *tc = self(ch);
	struct error saved;

	if (tc->session) {
		error_take(&saved);
		say_goodbye(tc);
		tls_flush(tc);
		error_give(&saved);
		gnutls_deinit(tc->session);
	}
	channel_close(tc->below);
	tls_context_unref(tc->ctx);
	pthread_mutex_destroy(&tc->lock);
	buf_clear(&tc->in);
	buf_clear(&tc->out);
	free(tc->host);
	free(tc->head.how);
	free(tc);
}

static const struct channel_ops tls_ops = {
	.read = tls_read,
	.write = tls_write,
	.shutdown_write = tls_shutdown_write,
	.start = tls_start,
	.poll = tls_poll,
	.explain = tls_explain,
	.close = tls_close,
};

/* The host as certificates have it: "host." is host, and fe80::1%eth0 is fe80::1. */
static char *certified_name(const char *host)
{
	size_t n = strcspn(host, "%");

	if (n && !host[n] && host[n - 1] == '.')
		n--;
	return strndup(host, n);
}

static bool is_address(const char *host)
{
	unsigned char address[16];

	return strchr(host, ':') || inet_pton(AF_INET, host, address) == 1;
}

/* GnuTLS's result. */
static int set_up_session(struct tls_channel *tc)
{
	const struct tls_context *ctx = tc->ctx;
	bool server = ctx->side == TLS_SERVER;
	int r = gnutls_init(&tc->session, (server ? GNUTLS_SERVER : GNUTLS_CLIENT) | GNUTLS_NONBLOCK |
										  GNUTLS_NO_SIGNAL | GNUTLS_NO_TICKETS);

	if (r == 0)
		r = gnutls_priority_set(tc->session, ctx->priorities);
	if (r == 0)
		r = gnutls_credentials_set(tc->session, GNUTLS_CRD_CERTIFICATE, ctx->credentials);
	/* RFC 6066 has no addresses there */
	if (r == 0 && tc->host && !is_address(tc->host))
		r = gnutls_server_name_set(tc->session, GNUTLS_NAME_DNS, tc->host, strlen(tc->host));
	if (r < 0)
		return r;
	if (server) {
		gnutls_certificate_server_set_request(tc->session, ctx->no_verify ? GNUTLS_CERT_REQUEST
																		  : GNUTLS_CERT_REQUIRE);
		/* a client with a wrong certificate shows it then, and can be told so */
		gnutls_certificate_send_x509_rdn_sequence(tc->session, 1);
	}
	if (!ctx->no_verify)
		gnutls_session_set_verify_function(tc->session, tls_verify_peer);
	gnutls_session_set_ptr(tc->session, tc);
	gnutls_transport_set_ptr(tc->session, tc);
	gnutls_transport_set_push_function(tc->session, push);
	gnutls_transport_set_pull_function(tc->session, pull);
	return 0;
}

struct channel *tls_channel_new(struct channel *below, struct tls_context *ctx, const char *host)
{
	struct tls_channel *tc = calloc(1, sizeof *tc);
	int r;

	if (!tc) {
		error_oom();
		return NULL;
	}
	*tc = (struct tls_channel){.head.ops = &tls_ops, .ctx = tls_context_ref(ctx)};
	pthread_mutex_init(&tc->lock, NULL);
	tc->head.how = strdup(below->how);
	tc->host = host ? certified_name(host) : NULL;
	r = tc->head.how && (!host || tc->host) ? set_up_session(tc) : GNUTLS_E_MEMORY_ERROR;
	if (r < 0) {
		error_set(FROM_RPC, ERR_GNUTLS_ERROR, "cannot begin TLS: %s, %s", gnutls_strerror(r),
				  below->how);
		tls_close(&tc->head);
		return NULL;
	}
	tc->below = below;
	return &tc->head;
}
