/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Connecting to one of several addresses: those that refuse, and those that swallow everything (a
 * listener whose queue is full drops what more comes).
 */
#include "config.h"
#include "unit.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/fd.h"
#include "transport/connect.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

enum { FILLERS = 8, ADDRESSES_MAX = 40 };

/* A list of addresses as getaddrinfo() would give it. */
struct list {
	struct addrinfo items[ADDRESSES_MAX];
	struct sockaddr_in v4[ADDRESSES_MAX];
	struct sockaddr_in6 v6[ADDRESSES_MAX];
	unsigned n;
};

static void add(struct list *l, const char *host, int port)
{
	unsigned i = l->n++;
	bool six = strchr(host, ':');

	l->items[i] = (struct addrinfo){.ai_family = six ? AF_INET6 : AF_INET,
									.ai_socktype = SOCK_STREAM,
									.ai_addrlen = six ? sizeof l->v6[0] : sizeof l->v4[0],
									.ai_addr = six ? (struct sockaddr *)&l->v6[i]
												   : (struct sockaddr *)&l->v4[i]};
	l->v4[i] = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((in_port_t)port)};
	l->v6[i] = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons((in_port_t)port)};
	assert_int_equal(inet_pton(l->items[i].ai_family, host,
							   six ? (void *)&l->v6[i].sin6_addr : (void *)&l->v4[i].sin_addr),
					 1);
	if (i)
		l->items[i - 1].ai_next = &l->items[i];
}

/* A port of that address. */
struct port {
	int fd, number;
	int fillers[FILLERS]; /* who fills its queue */
};

static bool has_ipv6(void)
{
	struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	CLEANUP_CLOSE int fd = socket(AF_INET6, SOCK_STREAM, 0);

	return fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0;
}

static int bound(const char *host, int *ret_number)
{
	struct list l = {0};
	struct sockaddr_storage a;
	socklen_t len = sizeof a;
	int fd;

	add(&l, host, 0);
	fd = socket(l.items[0].ai_family, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, l.items[0].ai_addr, l.items[0].ai_addrlen), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*ret_number = ntohs(((struct sockaddr_in *)&a)->sin_port);
	return fd;
}

/* Who listens there takes whoever comes; or is a black hole. */
static void open_port(struct port *p, const char *host, bool hole)
{
	struct list l = {0};

	p->fd = bound(host, &p->number);
	assert_int_equal(listen(p->fd, hole ? 0 : 16), 0);
	add(&l, host, p->number);
	for (int i = 0; i < FILLERS; i++) {
		p->fillers[i] = socket(l.items[0].ai_family, SOCK_STREAM, 0);
		fd_set_nonblocking(p->fillers[i]);
		if (hole)
			connect(p->fillers[i], l.items[0].ai_addr, l.items[0].ai_addrlen);
	}
}

static void close_port(struct port *p)
{
	close(p->fd);
	for (int i = 0; i < FILLERS; i++)
		close(p->fillers[i]);
}

/* A port where nobody listens; nobody else gets it meanwhile. */
static void closed_port(struct port *p, const char *host)
{
	*p = (struct port){.fillers = {-1, -1, -1, -1, -1, -1, -1, -1}};
	p->fd = bound(host, &p->number);
}

static unsigned open_descriptors(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* Connects within ms: the index of the address, which took *ret_ms, or -1. No descriptor is left.
 */
static int race(struct list *l, int ms, int64_t *ret_ms)
{
	unsigned before = open_descriptors();
	const struct addrinfo *reached = NULL;
	int64_t start = now_ms();
	int fd = connect_any(l->items, "two.example", 16509, start + ms, &reached);

	*ret_ms = now_ms() - start;
	if (fd >= 0) {
		assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
		assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		close(fd);
	}
	assert_int_equal(open_descriptors(), before);
	return fd < 0 ? -1 : (int)(reached - l->items);
}

static void a_black_hole_costs_a_quarter_of_a_second(void **state)
{
	struct port hole, live;
	struct list l = {0};
	int64_t ms;

	(void)state;
	open_port(&hole, "127.0.0.1", true);
	open_port(&live, "127.0.0.1", false);
	add(&l, "127.0.0.1", hole.number);
	add(&l, "127.0.0.1", live.number);
	assert_int_equal(race(&l, 20000, &ms), 1);
	assert_in_range(ms, CONNECT_DELAY_MS, 999);
	close_port(&hole);
	close_port(&live);
}

static void what_is_refused_costs_nothing(void **state)
{
	struct port shut, live;
	struct list l = {0};
	int64_t ms;

	(void)state;
	closed_port(&shut, "127.0.0.1");
	open_port(&live, "127.0.0.1", false);
	for (int i = 0; i < 10; i++)
		add(&l, "127.0.0.1", shut.number);
	add(&l, "127.0.0.1", live.number);
	assert_int_equal(race(&l, 20000, &ms), 10);
	assert_in_range(ms, 0, 999);
	close_port(&shut);
	close_port(&live);
}

static void a_failure_brings_the_next_one_forward(void **state)
{
	struct port hole, shut, live;
	struct list l = {0};
	int64_t ms;

	(void)state;
	open_port(&hole, "127.0.0.1", true);
	closed_port(&shut, "127.0.0.1");
	open_port(&live, "127.0.0.1", false);
	add(&l, "127.0.0.1", hole.number);
	for (int i = 0; i < 6; i++)
		add(&l, "127.0.0.1", shut.number);
	add(&l, "127.0.0.1", live.number);
	assert_int_equal(race(&l, 20000, &ms), 7);
	assert_in_range(ms, CONNECT_DELAY_MS, 999);
	close_port(&hole);
	close_port(&shut);
	close_port(&live);
}

static void families_take_turns(void **state)
{
	struct port hole, live;
	struct list l = {0};
	int64_t ms;

	(void)state;
	if (!has_ipv6())
		skip();
	open_port(&hole, "127.0.0.1", true);
	open_port(&live, "::1", false);
	for (int i = 0; i < 8; i++)
		add(&l, "127.0.0.1", hole.number);
	add(&l, "::1", live.number);
	assert_int_equal(race(&l, 20000, &ms), 8);
	assert_in_range(ms, CONNECT_DELAY_MS, 999);
	close_port(&hole);
	close_port(&live);
}

static void each_address_is_told_with_its_cause(void **state)
{
	struct port hole, shut;
	struct list l = {0};
	int64_t ms;

	(void)state;
	open_port(&hole, "127.0.0.1", true);
	closed_port(&shut, "127.0.0.2");
	add(&l, "127.0.0.2", shut.number);
	add(&l, "127.0.0.1", hole.number);
	add(&l, "127.0.0.3", hole.number);
	add(&l, "127.0.0.1", hole.number);
	assert_int_equal(race(&l, 100, &ms), -1);
	assert_in_range(ms, 100, 999);
	assert_string_equal(
		error_last()->message,
		"unable to connect to server at 'two.example:16509': 127.0.0.2: Connection "
		"refused; 127.0.0.1: Connection timed out; 127.0.0.3: no time was left to try "
		"it; 127.0.0.1: no time was left to try it");
	close_port(&hole);
	close_port(&shut);
}

static void only_so_many_are_tried(void **state)
{
	struct port shut, live;
	struct list l = {0};
	int64_t ms;

	(void)state;
	closed_port(&shut, "127.0.0.1");
	open_port(&live, "127.0.0.1", false);
	while (l.n < CONNECT_ATTEMPTS_MAX)
		add(&l, "127.0.0.1", shut.number);
	add(&l, "127.0.0.1", live.number);
	assert_int_equal(race(&l, 20000, &ms), -1);
	close_port(&shut);
	close_port(&live);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_black_hole_costs_a_quarter_of_a_second),
		cmocka_unit_test(what_is_refused_costs_nothing),
		cmocka_unit_test(a_failure_brings_the_next_one_forward),
		cmocka_unit_test(families_take_turns),
		cmocka_unit_test(each_address_is_told_with_its_cause),
		cmocka_unit_test(only_so_many_are_tried),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
