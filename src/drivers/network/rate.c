/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A queueing discipline of the kind htb with one class, by rtnetlink.
 */
#include "config.h"
#include "drivers/network/rate.h"

#include "base/error.h"
#include "drivers/network/link.h"
#include "drivers/network/netlink.h"

#include <errno.h>
#include <linux/pkt_sched.h>
#include <stdint.h>
#include <string.h>

enum {
	ROOT = 0x10000,  /* 1: */
	CLASS = 0x10001, /* 1:1 */
	TICK_NS = 64,    /* in which the kernel counts time here */
	PACKET = 1600,
};

static struct nlmsghdr *begin(struct netlink *nl, int type, int flags, unsigned index,
							  uint32_t handle, uint32_t parent)
{
	void *extra;
	struct nlmsghdr *h = netlink_begin(nl, type, flags, sizeof(struct tcmsg), &extra);
	struct tcmsg *tc = extra;

	tc->tcm_family = AF_UNSPEC;
	tc->tcm_ifindex = (int)index;
	tc->tcm_handle = handle;
	tc->tcm_parent = parent;
	return h;
}

static int add_root(unsigned index)
{
	struct netlink nl;
	struct nlmsghdr *h =
		begin(&nl, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, index, ROOT, TC_H_ROOT);
	struct tc_htb_glob init = {.version = 3, .rate2quantum = 10, .defcls = 1};
	struct nlattr *options;

	mnl_attr_put_strz(h, TCA_KIND, "htb");
	options = mnl_attr_nest_start(h, TCA_OPTIONS);
	mnl_attr_put(h, TCA_HTB_INIT, sizeof init, &init);
	mnl_attr_nest_end(h, options);
	return netlink_ask(&nl, NULL, NULL);
}

/* How long so many bytes take, in the kernel's ticks. */
static uint32_t ticks(unsigned long long bytes, unsigned long long rate)
{
	double n = (double)bytes * 1e9 / (double)rate / TICK_NS;

	return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

static uint32_t short_rate(unsigned long long rate)
{
	return rate < UINT32_MAX ? (uint32_t)rate : UINT32_MAX;
}

static int add_class(unsigned index, const struct rate *rate)
{
	unsigned long long usual = rate->average * 1000;
	unsigned long long most = rate->peak > rate->average ? rate->peak * 1000 : usual;
	unsigned long long burst = rate->burst ? rate->burst * 1024 : PACKET + usual / 1000;
	struct netlink nl;
	struct nlmsghdr *h = begin(&nl, RTM_NEWTCLASS, NLM_F_CREATE | NLM_F_EXCL, index, CLASS, ROOT);
	struct tc_htb_opt opt = {
		.rate = {.linklayer = TC_LINKLAYER_ETHERNET, .rate = short_rate(usual)},
		.ceil = {.linklayer = TC_LINKLAYER_ETHERNET, .rate = short_rate(most)},
		.buffer = ticks(burst, usual),
		.cbuffer = ticks(PACKET + most / 1000, most),
	};
	struct nlattr *options;

	mnl_attr_put_strz(h, TCA_KIND, "htb");
	options = mnl_attr_nest_start(h, TCA_OPTIONS);
	mnl_attr_put(h, TCA_HTB_PARMS, sizeof opt, &opt);
	mnl_attr_put_u64(h, TCA_HTB_RATE64, usual);
	mnl_attr_put_u64(h, TCA_HTB_CEIL64, most);
	mnl_attr_nest_end(h, options);
	return netlink_ask(&nl, NULL, NULL);
}

static int clear(unsigned index)
{
	struct netlink nl;
	int r;

	begin(&nl, RTM_DELQDISC, 0, index, 0, TC_H_ROOT);
	r = netlink_ask(&nl, NULL, NULL);
	/* there is none of ours */
	return r == -ENOENT || r == -EINVAL ? 0 : r;
}

int rate_set(const char *device, const struct rate *rate)
{
	enum { RATE_MAX = 1000000000 }; /* a terabyte a second */
	unsigned index = link_index(device);
	int r;

	if (!index)
		return error_set(FROM_NETWORK, ERR_SYSTEM_ERROR, "there is no device '%s'", device);
	if (rate->average > RATE_MAX || rate->peak > RATE_MAX || rate->burst > RATE_MAX)
		return error_set(FROM_NETWORK, ERR_INVALID_ARG,
						 "a bandwidth of more than %d kilobytes a second can't be kept", RATE_MAX);
	r = clear(index);
	if (r == 0 && rate->average) {
		r = add_root(index);
		if (r == 0 && (r = add_class(index, rate)) < 0)
			clear(index);
	}
	return r < 0 ? error_errno(FROM_NETWORK, -r, "the bandwidth of '%s' can't be set", device) : 0;
}
