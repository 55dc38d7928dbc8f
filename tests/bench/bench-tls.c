/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Large messages over TLS between two processes: through the channel that library and daemon use,
 * or through nothing but GnuTLS with the same cipher and the same records. bench-tls channel|gnutls
 * DIR MIB N Each of N messages of MIB MiB is asked for by a short one. DIR has the files of
 * tests/lib/pki.bash.
 */
#include "config.h"
#include "bench.h"

#include "base/error.h"
#include "base/fd.h"
#include "transport/tls-channel.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ASK = 28, RECORD = 16384, READ = 32 * 1024 };

static const char priority[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3";

/* One side of the connection. */
struct side {
	bool server;
	struct channel *ch;       /* the channel's way, */
	gnutls_session_t session; /* or GnuTLS's */
};

static char *file_of(const char *dir, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		bench_die("memory");
	return path;
}

/* -- the channel -- */

static void need(int r)
{
	if (r < 0)
		bench_die("%s", error_last()->message);
}

static void open_channel(struct side *s, int fd, const char *dir)
{
	struct tls_settings settings = {
		.side = s->server ? TLS_SERVER : TLS_CLIENT,
		.ca = file_of(dir, "ca.pem"),
		.cert = file_of(dir, s->server ? "server.pem" : "client.pem"),
		.key = file_of(dir, s->server ? "server-key.pem" : "client-key.pem"),
		.priority = priority,
	};
	struct tls_context *ctx;
	int r;

	need(tls_context_new(&settings, &ctx));
	s->ch =
		tls_channel_new(channel_from_socket(fd, "a socket"), ctx, s->server ? NULL : "localhost");
	need(s->ch ? 0 : -1);
	while ((r = channel_start(s->ch)) == CHANNEL_AGAIN)
		need(channel_wait(s->ch, true, false, -1));
	need(r);
}

static void channel_send(struct channel *ch, unsigned char *data, size_t n)
{
	while (n) {
		struct iovec piece = {data, n};
		ssize_t r = channel_write(ch, &piece, 1);

		if (r == CHANNEL_AGAIN) {
			need(channel_wait(ch, false, true, -1));
			continue;
		}
		need((int)r);
		data += r;
		n -= (size_t)r;
	}
}

static void channel_receive(struct channel *ch, unsigned char *room, size_t n)
{
	while (n) {
		ssize_t r = channel_read(ch, room, READ);

		if (r == CHANNEL_AGAIN) {
			need(channel_wait(ch, true, false, -1));
			continue;
		}
		if (r <= 0 || (size_t)r > n)
			bench_die("more or less than was asked for");
		n -= (size_t)r;
	}
}

/* -- GnuTLS -- */

static void open_gnutls(struct side *s, int fd, const char *dir)
{
	gnutls_certificate_credentials_t credentials;

	gnutls_certificate_allocate_credentials(&credentials);
	if (gnutls_certificate_set_x509_key_file(
			credentials, file_of(dir, s->server ? "server.pem" : "client.pem"),
			file_of(dir, s->server ? "server-key.pem" : "client-key.pem"), GNUTLS_X509_FMT_PEM) < 0)
		bench_die("certificates of %s", dir);
	gnutls_init(&s->session, s->server ? GNUTLS_SERVER : GNUTLS_CLIENT);
	gnutls_priority_set_direct(s->session, priority, NULL);
	gnutls_credentials_set(s->session, GNUTLS_CRD_CERTIFICATE, credentials);
	gnutls_transport_set_int(s->session, fd);
	if (gnutls_handshake(s->session) < 0)
		bench_die("handshake");
}

static void gnutls_send(gnutls_session_t session, unsigned char *data, size_t n)
{
	while (n) {
		ssize_t r = gnutls_record_send(session, data, n < RECORD ? n : RECORD);

		if (r < 0)
			bench_die("%s", gnutls_strerror((int)r));
		data += r;
		n -= (size_t)r;
	}
}

static void gnutls_receive(gnutls_session_t session, unsigned char *room, size_t n)
{
	while (n) {
		ssize_t r = gnutls_record_recv(session, room, READ);

		if (r <= 0 || (size_t)r > n)
			bench_die("more or less than was asked for");
		n -= (size_t)r;
	}
}

/* -- both -- */

static void send_message(struct side *s, unsigned char *data, size_t n)
{
	uint32_t word = htonl((uint32_t)n);

	memcpy(data, &word, sizeof word);
	if (s->ch)
		channel_send(s->ch, data, n);
	else
		gnutls_send(s->session, data, n);
}

static void receive_message(struct side *s, unsigned char *room, size_t n)
{
	if (s->ch)
		channel_receive(s->ch, room, n);
	else
		gnutls_receive(s->session, room, n);
}

static void connect_sides(int fds[2])
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof a;
	int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	fds[0] = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&a, len) < 0 || listen(listener, 1) < 0 ||
		getsockname(listener, (struct sockaddr *)&a, &len) < 0 ||
		connect(fds[0], (struct sockaddr *)&a, len) < 0)
		bench_die("a connection");
	fds[1] = accept(listener, NULL, NULL);
	for (int i = 0; i < 2; i++)
		setsockopt(fds[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	close(listener);
}

static void serve(struct side *s, unsigned char *data, size_t size, long n)
{
	for (long i = 0; i <= n; i++) {
		receive_message(s, data, ASK);
		send_message(s, data, size);
	}
}

static void ask(struct side *s, unsigned char *data, size_t size)
{
	send_message(s, data, ASK);
	receive_message(s, data, size);
}

static void measure(struct side *s, pid_t server, unsigned char *data, size_t size, long n)
{
	double total = (double)size * (double)n;
	int64_t start, cpu;

	ask(s, data, size);
	start = bench_now_ns();
	cpu = bench_cpu_ns(0) + bench_cpu_ns(server);
	for (long i = 0; i < n; i++)
		ask(s, data, size);
	start = bench_now_ns() - start;
	cpu = bench_cpu_ns(0) + bench_cpu_ns(server) - cpu;
	bench_print("mib_per_s", total / 1048576 * 1e9 / (double)start);
	bench_print("cpu_ms_per_gib", (double)cpu / 1e6 / total * (1 << 30));
}

int main(int argc, char **argv)
{
	struct side side = {0};
	unsigned char *data;
	size_t size;
	int fds[2];
	pid_t server;

	if (argc != 5)
		bench_die("usage: bench-tls channel|gnutls DIR MIB N");
	size = (size_t)bench_number(argv[3]) << 20;
	data = calloc(1, size > READ ? size : READ);
	connect_sides(fds);
	server = fork();
	if (!data || server < 0)
		bench_die("fork");
	side.server = server == 0;
	close(fds[side.server ? 0 : 1]);
	if (!strcmp(argv[1], "channel"))
		open_channel(&side, fds[side.server ? 1 : 0], argv[2]);
	else
		open_gnutls(&side, fds[side.server ? 1 : 0], argv[2]);
	if (side.server) {
		serve(&side, data, size, bench_number(argv[4]));
		receive_message(&side, data, ASK);
	} else {
		measure(&side, server, data, size, bench_number(argv[4]));
		send_message(&side, data, ASK);
		waitpid(server, NULL, 0);
	}
	return 0;
}
