/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Resolves a host's name. getaddrinfo() cannot be told when to stop, so with a deadline the C
 * library's asynchronous form of it is used.
 */
#include "config.h"
#include "transport/resolve.h"

#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A question that the C library's resolver may hold on to. */
struct question {
	struct gaicb request;
	struct addrinfo hints;
	char port[8];
	char host[256];
};

static int explain(const char *host, const char *port, int r, int errnum)
{
	const char *why = r == EAI_SYSTEM ? strerror(errnum) : gai_strerror(r);

	return error_set(FROM_RPC, ERR_SYSTEM_ERROR, "Unable to resolve address '%s' service '%s': %s",
					 host, port, why);
}

static int too_late(const char *host)
{
	return error_set(FROM_RPC, ERR_OPERATION_TIMEOUT, "no address of host '%s' in time", host);
}

/* EAI_AGAIN until the deadline, then EAI_INPROGRESS; else the result. */
static int wait_for(struct question *q, long long deadline_ms)
{
	const struct gaicb *list[] = {&q->request};

	for (;;) {
		long long left = deadline_ms - now_ms();
		struct timespec wait = {.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000};
		int r = gai_error(&q->request);

		if (r != EAI_INPROGRESS || left <= 0)
			return r;
		gai_suspend(list, 1, &wait);
	}
}

static int resolve_in_time(const char *host, const char *port, const struct addrinfo *hints,
						   long long deadline_ms, struct addrinfo **ret)
{
	CLEANUP_FREE struct question *q = calloc(1, sizeof *q);
	struct gaicb *list[1];
	int r;

	if (!q)
		return error_oom();
	q->hints = *hints;
	snprintf(q->host, sizeof q->host, "%s", host);
	snprintf(q->port, sizeof q->port, "%s", port);
	q->request = (struct gaicb){.ar_name = q->host, .ar_service = q->port, .ar_request = &q->hints};
	list[0] = &q->request;
	r = getaddrinfo_a(GAI_NOWAIT, list, 1, NULL);
	if (r != 0)
		return explain(host, port, r, errno);
	r = wait_for(q, deadline_ms);
	if (r == EAI_INPROGRESS) {
		/* what cannot be cancelled writes to the question when its answer comes: it must stay */
		if (gai_cancel(&q->request) == EAI_NOTCANCELED)
			(void)steal(&q);
		return too_late(host);
	}
	if (r != 0)
		return explain(host, port, r, errno);
	*ret = q->request.ar_result;
	return 0;
}

int resolve_host(const char *host, int port, int family, long long deadline_ms,
				 struct addrinfo **ret)
{
	struct addrinfo hints = {.ai_family = family,
							 .ai_socktype = SOCK_STREAM,
							 .ai_flags = AI_NUMERICSERV | AI_NUMERICHOST};
	char service[8];
	int r;

	snprintf(service, sizeof service, "%d", port);
	r = getaddrinfo(host, service, &hints, ret);
	if (r != EAI_NONAME && r != EAI_ADDRFAMILY)
		return r == 0 ? 0 : explain(host, service, r, errno);
	hints.ai_flags = AI_NUMERICSERV;
	if (deadline_ms >= 0)
		return resolve_in_time(host, service, &hints, deadline_ms, ret);
	r = getaddrinfo(host, service, &hints, ret);
	return r == 0 ? 0 : explain(host, service, r, errno);
}
