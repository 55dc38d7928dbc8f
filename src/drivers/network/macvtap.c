/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Macvtap devices: a machine beside its host on one of the host's own devices, without a bridge.
 * One stays when nobody has it open any more, so it has to be deleted.
 */
#include "config.h"
#include "drivers/network/macvtap.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/fd.h"
#include "drivers/network/netlink.h"
#include "drivers/network/network.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

enum {
	NAMES_MAX = 8192, /* as many macvtapN are tried */
	PATIENCE = 1000,  /* milliseconds until there is a device file */
	LOOK_EVERY = 10,
};

static int mode_of(const char *mode, uint32_t *ret)
{
	static const struct {
		const char *name;
		uint32_t mode;
	} rows[] = {{"vepa", MACVLAN_MODE_VEPA},
				{"bridge", MACVLAN_MODE_BRIDGE},
				{"private", MACVLAN_MODE_PRIVATE}};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (!mode || strcmp(mode, rows[i].name) == 0) {
			*ret = rows[i].mode;
			return 0;
		}
	}
	return network_refuse(ERR_CONFIG_UNSUPPORTED, "mode='%s' of <source> is not supported", mode);
}

/* 0 or a negative errno. */
static int add(const char *name, unsigned lower, const unsigned char *mac, uint32_t mode)
{
	struct netlink nl;
	struct ifinfomsg *info;
	struct nlmsghdr *h =
		netlink_begin(&nl, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof *info, (void **)&info);
	struct nlattr *kind, *data;

	mnl_attr_put_u32(h, IFLA_LINK, lower);
	mnl_attr_put_strz(h, IFLA_IFNAME, name);
	mnl_attr_put(h, IFLA_ADDRESS, LINK_MAC_LEN, mac);
	kind = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_KIND, "macvtap");
	data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	mnl_attr_put_u32(h, IFLA_MACVLAN_MODE, mode);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, kind);
	return netlink_ask(&nl, NULL, NULL);
}

/* Makes the device under the first name that is free. */
static int add_any(const struct network_tap_request *request, uint32_t mode,
				   char name[NETWORK_TAP_NAME_LEN])
{
	unsigned lower = link_name_ok(request->device) ? link_index(request->device) : 0;
	int r = -EEXIST;

	if (!lower)
		return network_refuse(ERR_OPERATION_FAILED, "there is no device '%s' on this host",
							  request->device);
	for (unsigned i = 0; r == -EEXIST && i < NAMES_MAX; i++) {
		snprintf(name, NETWORK_TAP_NAME_LEN, "macvtap%u", i);
		r = add(name, lower, request->mac, mode);
	}
	if (r == -EOPNOTSUPP)
		return network_refuse(ERR_OPERATION_UNSUPPORTED,
							  "interfaces of type 'direct' need macvtap, which this host's kernel "
							  "does not have");
	return r < 0 ? error_errno(FROM_NETWORK, -r, "cannot create a macvtap device on '%s'",
							   request->device)
				 : 0;
}

/* udev makes the file, and gives it its rights, a moment after the device is there. */
static int open_file(const char *path)
{
	int fd;

	for (int waited = 0;; waited += LOOK_EVERY) {
		fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
		if (fd >= 0 || waited >= PATIENCE || (errno != ENOENT && errno != ENXIO))
			return fd;
		poll(NULL, 0, LOOK_EVERY);
	}
}

static int open_queues(const struct network_tap_request *request, struct network_tap *tap)
{
	unsigned n = request->queues ? request->queues : 1;
	struct ifreq ifr = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	char path[32];

	if (request->vnet_hdr)
		ifr.ifr_flags |= IFF_VNET_HDR;
	if (n > 1)
		ifr.ifr_flags |= IFF_MULTI_QUEUE;
	snprintf(path, sizeof path, "/dev/tap%u", link_index(tap->name));
	for (; tap->n_fds < n; tap->n_fds++) {
		CLEANUP_CLOSE int fd = open_file(path);

		if (fd < 0)
			return error_errno(FROM_NETWORK, errno, "cannot open macvtap device %s", path);
		if (ioctl(fd, TUNSETIFF, &ifr) < 0)
			return error_errno(FROM_NETWORK, errno, "cannot set up macvtap device %s", path);
		tap->fds[tap->n_fds] = steal_fd(&fd);
	}
	return 0;
}

int macvtap_make(const struct network_tap_request *request, struct network_tap *tap)
{
	uint32_t mode = MACVLAN_MODE_VEPA;

	if (mode_of(request->mode, &mode) < 0 || add_any(request, mode, tap->name) < 0)
		return -1;
	if (open_queues(request, tap) == 0 &&
		(!request->mtu || link_set_mtu(tap->name, request->mtu) == 0) &&
		(request->down || link_set_up(tap->name, true) == 0)) {
		tap->has_mtu = request->mtu;
		tap->mtu = request->mtu;
		return 0;
	}
	network_tap_close(tap);
	network_macvtap_delete(tap->name);
	return -1;
}

void network_macvtap_delete(const char *name)
{
	struct error saved;

	/* a name of ours: nothing else of the host's is deleted, whatever a document says */
	if (strncmp(name, "macvtap", 7) != 0 || !link_name_ok(name))
		return;
	error_take(&saved);
	if (link_index(name))
		link_delete(name);
	error_give(&saved);
}
