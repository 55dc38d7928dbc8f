/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One question to the kernel's rtnetlink, and its answer.
 */
#include "config.h"
#include "drivers/network/netlink.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

struct nlmsghdr *netlink_begin(struct netlink *nl, int type, int flags, size_t n, void **ret_extra)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(nl->data);

	h->nlmsg_type = (uint16_t)type;
	/* a dump ends by itself, anything else with the kernel's word that it is done */
	h->nlmsg_flags =
		(uint16_t)(NLM_F_REQUEST | ((flags & NLM_F_DUMP) == NLM_F_DUMP ? 0 : NLM_F_ACK) | flags);
	h->nlmsg_seq = 1;
	*ret_extra = mnl_nlmsg_put_extra_header(h, n);
	return h;
}

static int exchange(struct mnl_socket *s, const struct netlink *nl, mnl_cb_t see, void *opaque)
{
	union {
		struct nlmsghdr header;
		char data[32768]; /* what the kernel sends at most in one piece of a dump */
	} answer;
	ssize_t n;
	int r = 1;

	if (mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) < 0 ||
		mnl_socket_sendto(s, &nl->header, nl->header.nlmsg_len) < 0)
		return -errno;
	while (r > 0) {
		n = mnl_socket_recvfrom(s, &answer, sizeof answer);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		r = mnl_cb_run(&answer, (size_t)n, 1, mnl_socket_get_portid(s), see, opaque);
	}
	return r < 0 ? -errno : 0;
}

int netlink_ask(struct netlink *nl, mnl_cb_t see, void *opaque)
{
	struct mnl_socket *s = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	int r;

	if (!s)
		return -errno;
	r = exchange(s, nl, see, opaque);
	mnl_socket_close(s);
	return r;
}
