/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The TLS channel against GnuTLS itself on the other end of a socketpair: each of the peer's reads
 * gives what one record held.
 */
#include "config.h"
#include "unit.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/fd.h"
#include "pki.h"
#include "transport/tls-channel.h"

#include <endian.h>
#include <sys/socket.h>

enum { RECORD_MAX = 16384, HEAD = 28 };

static struct pki pki;

/* Our channel, and the peer. */
struct link {
	struct channel *ch;
	gnutls_session_t peer;
	gnutls_certificate_credentials_t credentials;
	int fd;           /* the peer's */
	const char *host; /* whom a server has to be */
};

static struct tls_context *our_context(enum tls_role side, const char *const *allowed_dns)
{
	char ca[128], cert[128], key[128];
	struct tls_settings settings = {.side = side,
									.ca = ca,
									.cert = cert,
									.key = key,
									.allowed_dns = (char *const *)(uintptr_t)allowed_dns};
	bool server = side == TLS_SERVER;
	struct tls_context *ctx;

	strcpy(ca, pki_file(&pki, "ca.pem"));
	strcpy(cert, pki_file(&pki, server ? "server.pem" : "client.pem"));
	strcpy(key, pki_file(&pki, server ? "server-key.pem" : "client-key.pem"));
	if (tls_context_new(&settings, &ctx) < 0)
		fail_msg("%s", error_last()->message);
	return ctx;
}

static void make_peer(struct link *l, bool server, const char *priority)
{
	char cert[128], key[128];

	strcpy(cert, pki_file(&pki, server ? "server.pem" : "client.pem"));
	strcpy(key, pki_file(&pki, server ? "server-key.pem" : "client-key.pem"));
	gnutls_certificate_allocate_credentials(&l->credentials);
	assert_int_equal(
		gnutls_certificate_set_x509_key_file(l->credentials, cert, key, GNUTLS_X509_FMT_PEM), 0);
	gnutls_init(&l->peer, (server ? GNUTLS_SERVER : GNUTLS_CLIENT) | GNUTLS_NONBLOCK);
	assert_int_equal(gnutls_priority_set_direct(l->peer, priority, NULL), 0);
	gnutls_credentials_set(l->peer, GNUTLS_CRD_CERTIFICATE, l->credentials);
	if (server)
		gnutls_certificate_server_set_request(l->peer, GNUTLS_CERT_REQUIRE);
	gnutls_transport_set_int(l->peer, l->fd);
}

static void link_open(struct link *l, enum tls_role side, const char *const *allowed_dns,
					  const char *priority)
{
	struct tls_context *ctx = our_context(side, allowed_dns);
	int fds[2];

	if (!l->host)
		l->host = "localhost";
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	fd_set_nonblocking(fds[1]);
	l->fd = fds[1];
	l->ch = tls_channel_new(channel_from_socket(fds[0], "a socket"), ctx,
							side == TLS_CLIENT ? l->host : NULL);
	assert_non_null(l->ch);
	tls_context_unref(ctx);
	make_peer(l, side == TLS_CLIENT, priority);
}

static void link_close(struct link *l)
{
	channel_close(l->ch);
	gnutls_deinit(l->peer);
	gnutls_certificate_free_credentials(l->credentials);
	close(l->fd);
}

/* Both handshakes, as far as they go: the channel's result; *ret_peer is GnuTLS's. */
static int shake_hands(struct link *l, int *ret_peer)
{
	int r = CHANNEL_AGAIN;

	*ret_peer = GNUTLS_E_AGAIN;
	for (int i = 0; i < 100 && r == CHANNEL_AGAIN; i++) {
		r = channel_start(l->ch);
		if (*ret_peer == GNUTLS_E_AGAIN)
			*ret_peer = gnutls_handshake(l->peer);
		else if (*ret_peer == 0 && r == CHANNEL_AGAIN && i > 50)
			break;
	}
	return r;
}

static void open_server(struct link *l, const char *priority)
{
	unsigned char byte = 0;
	int r;

	link_open(l, TLS_SERVER, NULL, priority);
	assert_int_equal(shake_hands(l, &r), 0);
	assert_int_equal(r, 0);
	assert_int_equal(gnutls_record_recv(l->peer, &byte, 1), 1);
	assert_int_equal(byte, 1);
}

/* A message of n bytes. */
static void add_message(struct buf *b, uint32_t n)
{
	uint32_t word = htobe32(n);
	unsigned char *at = buf_reserve(b, n);

	for (uint32_t i = 0; i < n; i++)
		at[i] = (unsigned char)(i * 7 + n);
	memcpy(at, &word, 4);
	buf_grow(b, n);
}

/* Reads what is there into got; no record may hold bytes on both sides of a message's end in sent.
 * The number of records. */
static unsigned read_records(struct link *l, const struct buf *sent, struct buf *got)
{
	unsigned n_records = 0;

	for (;;) {
		unsigned char *at = buf_reserve(got, RECORD_MAX + 1);
		ssize_t n = gnutls_record_recv(l->peer, at, RECORD_MAX + 1);
		size_t start = 0, end = 0;

		if (n == GNUTLS_E_AGAIN || n == 0)
			return n_records;
		assert_in_range(n, 1, RECORD_MAX);
		n_records++;
		/* the message in which the record begins */
		while (end <= buf_len(got)) {
			uint32_t word;

			memcpy(&word, buf_at(sent) + end, 4);
			start = end;
			end += be32toh(word);
		}
		assert_in_range(buf_len(got), start, end - 1);
		assert_in_range(buf_len(got) + (size_t)n, start, end);
		buf_grow(got, (size_t)n);
	}
}

/* Writes all of sent, at most part bytes at a time, the peer reading meanwhile. */
static unsigned send_all(struct link *l, const struct buf *sent, size_t part, struct buf *got)
{
	unsigned n_records = 0;
	size_t done = 0;

	while (done < buf_len(sent)) {
		size_t left = buf_len(sent) - done;
		struct iovec piece = {buf_at(sent) + done, left < part ? left : part};
		ssize_t n = channel_write(l->ch, &piece, 1);

		assert_true(n > 0 || n == CHANNEL_AGAIN);
		if (n > 0)
			done += (size_t)n;
		n_records += read_records(l, sent, got);
	}
	assert_int_equal(buf_len(got), buf_len(sent));
	assert_memory_equal(buf_at(got), buf_at(sent), buf_len(sent));
	return n_records;
}

static const char *const versions[] = {"NORMAL:-VERS-ALL:+VERS-TLS1.3",
									   "NORMAL:-VERS-ALL:+VERS-TLS1.2"};

static void no_two_messages_share_a_record(void **state)
{
	(void)state;
	for (int v = 0; v < 2; v++) {
		CLEANUP_BUF struct buf sent = {0}, got = {0};
		struct link l = {0};

		open_server(&l, versions[v]);
		for (uint32_t i = 0; i < 100; i++)
			add_message(&sent, HEAD + 4 * i);
		assert_int_equal(send_all(&l, &sent, SIZE_MAX, &got), 100);
		link_close(&l);
	}
}

static void a_large_message_takes_several_records(void **state)
{
	CLEANUP_BUF struct buf sent = {0}, got = {0};
	struct link l = {0};

	(void)state;
	open_server(&l, versions[0]);
	add_message(&sent, RECORD_MAX);
	add_message(&sent, RECORD_MAX + 4);
	add_message(&sent, 28);
	add_message(&sent, 4 * RECORD_MAX);
	/* the 64 KiB that are sealed at a time end within the last one */
	assert_in_range(send_all(&l, &sent, SIZE_MAX, &got), 1 + 2 + 1 + 4, 1 + 2 + 1 + 5);
	link_close(&l);
}

static void however_it_is_written_no_record_is_shared(void **state)
{
	static const size_t parts[] = {1, 2, 3, 5, 27, 29, 1000, 16383, 70000};

	(void)state;
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		CLEANUP_BUF struct buf sent = {0}, got = {0};
		struct link l = {0};

		open_server(&l, versions[0]);
		for (uint32_t k = 0; k < 30; k++)
			add_message(&sent, HEAD + 4 * (k * k % 37));
		add_message(&sent, parts[i] < 100 ? 60 : 300000);
		add_message(&sent, HEAD);
		send_all(&l, &sent, parts[i], &got);
		link_close(&l);
	}
}

static void what_the_peer_does_not_take_is_not_lost(void **state)
{
	CLEANUP_BUF struct buf sent = {0}, got = {0};
	struct link l = {0};
	size_t done = 0;
	ssize_t n = 0;

	(void)state;
	open_server(&l, versions[0]);
	add_message(&sent, 8 << 20);
	add_message(&sent, 400);
	while (n != CHANNEL_AGAIN) {
		struct iovec piece = {buf_at(&sent) + done, buf_len(&sent) - done};
		struct pollfd fds[2];

		n = channel_write(l.ch, &piece, 1);
		done += n > 0 ? (size_t)n : 0;
		assert_int_equal(channel_poll(l.ch, true, true, fds), 1);
		assert_int_equal(fds[0].events, POLLIN | POLLOUT);
	}
	read_records(&l, &sent, &got);
	while (done < buf_len(&sent)) {
		struct iovec piece = {buf_at(&sent) + done, buf_len(&sent) - done};

		n = channel_write(l.ch, &piece, 1);
		done += n > 0 ? (size_t)n : 0;
		read_records(&l, &sent, &got);
	}
	assert_int_equal(buf_len(&got), buf_len(&sent));
	assert_memory_equal(buf_at(&got), buf_at(&sent), buf_len(&sent));
	link_close(&l);
}

static void buffered_bytes_are_told(void **state)
{
	CLEANUP_FREE unsigned char *data = malloc(CHANNEL_READ_WHOLE);
	struct pollfd fds[2];
	struct link l = {0};

	(void)state;
	open_server(&l, versions[0]);
	assert_int_equal(channel_read(l.ch, data, CHANNEL_READ_WHOLE), CHANNEL_AGAIN);
	assert_int_equal(channel_poll(l.ch, true, false, fds), 1);
	for (int i = 0; i < 100; i++)
		assert_int_equal(gnutls_record_send(l.peer, "0123456789", 10), 10);
	assert_int_equal(channel_read(l.ch, data, 4), 4);
	assert_int_equal(channel_poll(l.ch, true, false, fds), 0);
	assert_int_equal(channel_read(l.ch, data, 10), 10);
	assert_memory_equal(data, "4567890123", 10);
	assert_int_equal(channel_poll(l.ch, true, false, fds), 0);
	assert_int_equal(channel_read(l.ch, data, CHANNEL_READ_WHOLE), 986);
	assert_int_equal(channel_poll(l.ch, true, false, fds), 1);
	link_close(&l);
}

/* Records of every size, so that they end anywhere in what is read ahead. */
static void a_whole_read_leaves_nothing_buffered(void **state)
{
	CLEANUP_FREE unsigned char *data = calloc(1, CHANNEL_READ_WHOLE);
	size_t sent = 0, got = 0;
	struct pollfd fds[2];
	struct link l = {0};

	(void)state;
	open_server(&l, versions[0]);
	for (unsigned i = 1; sent < 8 << 20 || got < sent; i++) {
		size_t n = i * 7919 % RECORD_MAX + 1;
		ssize_t r;

		if (sent < 8 << 20) {
			r = gnutls_record_send(l.peer, data, n);
			while (r == GNUTLS_E_AGAIN) {
				r = channel_read(l.ch, data, CHANNEL_READ_WHOLE);
				got += r > 0 ? (size_t)r : 0;
				assert_int_equal(channel_poll(l.ch, true, false, fds), 1);
				r = gnutls_record_send(l.peer, NULL, 0);
			}
			assert_true(r > 0);
			sent += (size_t)r;
			continue;
		}
		r = channel_read(l.ch, data, CHANNEL_READ_WHOLE);
		assert_true(r > 0);
		got += (size_t)r;
		assert_int_equal(channel_poll(l.ch, true, false, fds), 1);
	}
	assert_int_equal(got, sent);
	link_close(&l);
}

static void the_end_comes_after_the_bytes(void **state)
{
	unsigned char data[64], shortest[] = {0, 0, 0, 4};
	struct link l = {0};

	(void)state;
	open_server(&l, versions[0]);
	assert_int_equal(gnutls_record_send(l.peer, "last", 4), 4);
	assert_int_equal(gnutls_bye(l.peer, GNUTLS_SHUT_WR), 0);
	assert_int_equal(channel_read(l.ch, data, sizeof data), 4);
	assert_int_equal(channel_read(l.ch, data, sizeof data), 0);
	/* and it is one direction's */
	assert_int_equal(channel_write(l.ch, &(struct iovec){shortest, 4}, 1), 4);
	assert_int_equal(gnutls_record_recv(l.peer, data, sizeof data), 4);
	assert_int_equal(channel_shutdown_write(l.ch), 0);
	assert_int_equal(gnutls_record_recv(l.peer, data, sizeof data), 0);
	link_close(&l);

	open_server(&l, versions[0]);
	shutdown(l.fd, SHUT_WR);
	assert_int_equal(channel_read(l.ch, data, sizeof data), 0);
	link_close(&l);
}

static void damaged_bytes_are_an_error(void **state)
{
	unsigned char data[64];
	struct link l = {0};

	(void)state;
	open_server(&l, versions[0]);
	assert_int_equal(write(l.fd, "\x17\x03\x03\0\x20 this is no record of that session", 40), 40);
	assert_int_equal(channel_read(l.ch, data, sizeof data), CHANNEL_FAILED);
	assert_non_null(strstr(error_last()->message, "a socket"));
	link_close(&l);
}

static void a_client_waits_for_the_word(void **state)
{
	struct link l = {0};
	int r;

	(void)state;
	for (int byte = 0; byte < 3; byte++) {
		link_open(&l, TLS_CLIENT, NULL, versions[byte % 2]);
		assert_int_equal(shake_hands(&l, &r), CHANNEL_AGAIN);
		assert_int_equal(r, 0);
		assert_int_equal(gnutls_record_send(l.peer, &(char){(char)byte}, 1), 1);
		r = channel_start(l.ch);
		if (byte == 1) {
			assert_int_equal(r, 0);
		} else {
			assert_int_equal(r, CHANNEL_FAILED);
			assert_int_equal(error_last()->code, ERR_AUTH_FAILED);
			assert_non_null(strstr(error_last()->message, "confirms with 1"));
		}
		link_close(&l);
	}
}

static void a_client_says_what_it_showed_when_it_is_refused(void **state)
{
	struct link l = {0};
	int r;

	(void)state;
	for (int v = 0; v < 4; v++) {
		link_open(&l, TLS_CLIENT, NULL, versions[v % 2]);
		assert_int_equal(shake_hands(&l, &r), CHANNEL_AGAIN);
		if (v < 2)
			gnutls_alert_send(l.peer, GNUTLS_AL_FATAL, GNUTLS_A_ACCESS_DENIED);
		else
			shutdown(l.fd, SHUT_WR);
		assert_int_equal(channel_start(l.ch), CHANNEL_FAILED);
		assert_non_null(strstr(error_last()->message, "refused this client"));
		assert_non_null(strstr(error_last()->message, "'CN=client'"));
		link_close(&l);
	}
}

static void the_word_and_the_first_messages_may_come_at_once(void **state)
{
	unsigned char data[64];
	struct pollfd fds[2];
	struct link l = {0};
	int r;

	(void)state;
	link_open(&l, TLS_CLIENT, NULL, versions[0]);
	assert_int_equal(shake_hands(&l, &r), CHANNEL_AGAIN);
	gnutls_record_send(l.peer, "\1", 1);
	gnutls_record_send(l.peer, "first", 5);
	assert_int_equal(channel_start(l.ch), 0);
	assert_int_equal(channel_poll(l.ch, true, false, fds), 0);
	assert_int_equal(channel_read(l.ch, data, sizeof data), 5);
	link_close(&l);
}

static void a_server_name_is_sent_for_names_only(void **state)
{
	static const char *const rows[][2] = {
		{"localhost", "localhost"},
		{"localhost.", "localhost"},
		{"other.example", "other.example"},
		{"127.0.0.1", ""},
		{"::1", ""},
		{"fe80::1%eth0", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct link l = {.host = rows[i][0]};
		char name[64] = "";
		size_t size = sizeof name;
		unsigned type;
		int r;

		link_open(&l, TLS_CLIENT, NULL, versions[i % 2]);
		r = shake_hands(&l, &r);
		/* the certificate is for localhost */
		assert_int_equal(r, strstr(rows[i][0], "localhost") ? CHANNEL_AGAIN : CHANNEL_FAILED);
		gnutls_server_name_get(l.peer, name, &size, &type, 0);
		assert_string_equal(name, rows[i][1]);
		link_close(&l);
	}
}

static void names_are_allowed_by_patterns(void **state)
{
	static const char *const exact[] = {"C=GB", "CN=client", NULL},
							 *const some[] = {"CN=cl*t", NULL},
							 *const others[] = {"CN=clien", "cn=client", NULL},
							 *const none[] = {NULL};
	static const struct {
		const char *const *list;
		bool allowed;
	} rows[] = {{NULL, true}, {exact, true}, {some, true}, {others, false}, {none, false}};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct link l = {0};
		int r;

		link_open(&l, TLS_SERVER, rows[i].list, versions[i % 2]);
		assert_int_equal(shake_hands(&l, &r), rows[i].allowed ? 0 : CHANNEL_FAILED);
		if (!rows[i].allowed)
			assert_non_null(
				strstr(error_last()->message, "'CN=client' is not in tls_allowed_dn_list"));
		link_close(&l);
	}
}

static int make_pki(void **state)
{
	(void)state;
	pki_make(&pki);
	return 0;
}

static int remove_pki(void **state)
{
	(void)state;
	pki_remove(&pki);
	error_reset();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_two_messages_share_a_record),
		cmocka_unit_test(a_large_message_takes_several_records),
		cmocka_unit_test(however_it_is_written_no_record_is_shared),
		cmocka_unit_test(what_the_peer_does_not_take_is_not_lost),
		cmocka_unit_test(buffered_bytes_are_told),
		cmocka_unit_test(a_whole_read_leaves_nothing_buffered),
		cmocka_unit_test(the_end_comes_after_the_bytes),
		cmocka_unit_test(damaged_bytes_are_an_error),
		cmocka_unit_test(a_client_waits_for_the_word),
		cmocka_unit_test(a_client_says_what_it_showed_when_it_is_refused),
		cmocka_unit_test(the_word_and_the_first_messages_may_come_at_once),
		cmocka_unit_test(a_server_name_is_sent_for_names_only),
		cmocka_unit_test(names_are_allowed_by_patterns),
	};

	return cmocka_run_group_tests(tests, make_pki, remove_pki);
}
