/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One question to the kernel's rtnetlink, and its answer, by libmnl: a message in a buffer, which
 * is begun, filled in by libmnl's functions, and asked.
 */
#ifndef DRIVERS_NETWORK_NETLINK_H
#define DRIVERS_NETWORK_NETLINK_H

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

enum { NETLINK_MESSAGE_MAX = 8192 };

struct netlink {
	union {
		struct nlmsghdr header;
		char data[NETLINK_MESSAGE_MAX];
	};
};

/* Begins a message with room for its own header of n bytes, zeroed, at *ret_extra. */
struct nlmsghdr *netlink_begin(struct netlink *nl, int type, int flags, size_t n, void **ret_extra);

/* Sends it and waits until the kernel has done it, giving each answer to see() (NULL: there are
 * none). 0 or a negative errno. */
int netlink_ask(struct netlink *nl, mnl_cb_t see, void *opaque);

#endif
