/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A host's addresses raced against each other (RFC 8305), so that one that swallows everything
 * costs a quarter of a second, and not minutes.
 */
#include "config.h"
#include "transport/connect.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

struct race {
	const struct addrinfo *addresses[CONNECT_ATTEMPTS_MAX];
	int errnums[CONNECT_ATTEMPTS_MAX];       /* why it failed; 0: it did not */
	struct pollfd fds[CONNECT_ATTEMPTS_MAX]; /* fd -1: it is over */
	unsigned n, n_begun, n_pending;
	long long next_ms; /* when the next one may begin */
};

static const struct addrinfo *skip(const struct addrinfo *a, int family, bool wanted)
{
	while (a && (a->ai_family == family) != wanted)
		a = a->ai_next;
	return a;
}

/* The addresses in their order, but families by turns. */
static void line_up(struct race *race, const struct addrinfo *list)
{
	/* the next one of the first address's family, and of the others */
	const struct addrinfo *heads[2] = {list, list};

	while (race->n < CONNECT_ATTEMPTS_MAX) {
		unsigned turn = race->n % 2;

		heads[0] = skip(heads[0], list->ai_family, true);
		heads[1] = skip(heads[1], list->ai_family, false);
		if (!heads[turn])
			turn = !turn;
		if (!heads[turn])
			return;
		race->addresses[race->n++] = heads[turn];
		heads[turn] = heads[turn]->ai_next;
	}
}

static void finish(struct race *race, unsigned i, int errnum)
{
	race->errnums[i] = errnum;
	close(race->fds[i].fd);
	race->fds[i].fd = -1;
	race->n_pending--;
	race->next_ms = 0;
}

/* Begins with the next address. */
static void begin(struct race *race, long long now)
{
	unsigned i = race->n_begun++;
	const struct addrinfo *a = race->addresses[i];
	int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	race->fds[i] = (struct pollfd){.fd = fd, .events = POLLOUT};
	if (fd < 0) {
		race->errnums[i] = errno;
		return;
	}
	race->n_pending++;
	race->next_ms = now + CONNECT_DELAY_MS;
	if (connect(fd, a->ai_addr, a->ai_addrlen) < 0 && errno != EINPROGRESS)
		finish(race, i, errno);
}

/* Which one is connected, or -1: those that have failed are over. */
static int look(struct race *race)
{
	for (unsigned i = 0; i < race->n_begun; i++) {
		int errnum = 0;
		socklen_t len = sizeof errnum;

		if (race->fds[i].fd < 0 || !race->fds[i].revents)
			continue;
		if (getsockopt(race->fds[i].fd, SOL_SOCKET, SO_ERROR, &errnum, &len) < 0)
			errnum = errno;
		if (!errnum)
			return (int)i;
		finish(race, i, errnum);
	}
	return -1;
}

/* Waits until something has happened, or it is time for the next one, or the deadline. */
static void wait_for_news(struct race *race, long long deadline_ms, long long now)
{
	long long wait = deadline_ms < 0 ? INT_MAX : deadline_ms - now;

	if (race->n_begun < race->n && race->next_ms - now < wait)
		wait = race->next_ms - now;
	for (unsigned i = 0; i < race->n_begun; i++)
		race->fds[i].revents = 0;
	poll(race->fds, race->n_begun, wait > INT_MAX ? INT_MAX : (int)wait);
}

/* Which one won, or -1. */
static int run(struct race *race, long long deadline_ms)
{
	for (;;) {
		long long now = now_ms();
		int winner;

		if (deadline_ms >= 0 && now >= deadline_ms)
			return -1;
		while (race->n_begun < race->n && (!race->n_pending || now >= race->next_ms))
			begin(race, now);
		if (!race->n_pending)
			return -1;
		wait_for_news(race, deadline_ms, now);
		winner = look(race);
		if (winner >= 0)
			return winner;
	}
}

void connect_address_text(const struct addrinfo *address, char ret[NI_MAXHOST])
{
	if (getnameinfo(address->ai_addr, address->ai_addrlen, ret, NI_MAXHOST, NULL, 0,
					NI_NUMERICHOST) != 0)
		snprintf(ret, NI_MAXHOST, "an unknown address");
}

static int lost(const struct race *race, const char *host, int port)
{
	CLEANUP_BUF struct buf causes = {0};

	for (unsigned i = 0; i < race->n; i++) {
		char address[NI_MAXHOST];
		const char *cause = i >= race->n_begun
								? "no time was left to try it"
								: strerror(race->errnums[i] ? race->errnums[i] : ETIMEDOUT);

		connect_address_text(race->addresses[i], address);
		if (buf_printf(&causes, "%s%s: %s", i ? "; " : "", address, cause) < 0)
			return -1;
	}
	return error_set(FROM_RPC, ERR_SYSTEM_ERROR, "unable to connect to server at '%s:%d': %s", host,
					 port, (const char *)buf_at(&causes));
}

int connect_any(const struct addrinfo *addresses, const char *host, int port, long long deadline_ms,
				const struct addrinfo **ret_address)
{
	struct race race = {0};
	int winner, fd = -1;

	line_up(&race, addresses);
	winner = run(&race, deadline_ms);
	if (winner >= 0) {
		fd = steal_fd(&race.fds[winner].fd);
		*ret_address = race.addresses[winner];
	} else {
		lost(&race, host, port);
	}
	for (unsigned i = 0; i < race.n_begun; i++)
		if (race.fds[i].fd >= 0)
			close(race.fds[i].fd);
	return fd;
}
