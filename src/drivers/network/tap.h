/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tap devices: how a virtual machine is plugged into a network of the host, or into a bridge. The
 * device lives as long as somebody holds one of its descriptors, so what a machine was given goes
 * with it, whatever becomes of the daemon; the port in the network is the caller's to release.
 *
 * For other drivers. `networks` is a connection to this one: driver_open(host,
 * "network:///system", 0, NULL), or the secondary of a connection of the caller's; it may be NULL
 * where a request names no network. Functions that can fail return 0, or -1 with an error of
 * FROM_NETWORK set. They wait for the host: hold no lock that others need.
 */
#ifndef DRIVERS_NETWORK_TAP_H
#define DRIVERS_NETWORK_TAP_H

#include "base/uuid.h"
#include "drivers/driver.h"
#include "drivers/network/link.h"

enum { NETWORK_TAP_QUEUES_MAX = 16, NETWORK_TAP_NAME_LEN = 16 };

struct network_tap_request {
	const char *network;      /* the name of a network; or NULL: */
	const char *bridge;       /* of a bridge of the host; or NULL: */
	const char *device;       /* of a device of the host, by macvtap; or NULL: plugged in nowhere */
	const char *mode;         /* of macvtap: vepa (NULL too), bridge, private */
	bool existing;            /* plugged in nowhere: the device target is there already */
	const char *portgroup;    /* of the network; may be NULL */
	const char *target;       /* the device's name, or NULL: vnetN. One that begins with "vnet" is
							   * chosen anew, as in libvirt */
	const unsigned char *mac; /* of the guest's device */
	unsigned mtu;             /* 0: the bridge's */
	unsigned queues;          /* at most NETWORK_TAP_QUEUES_MAX; 0 and 1: one */
	bool vnet_hdr;            /* packets begin with a virtio header: the guest's device is virtio */
	bool isolated;            /* from other isolated ones; the network may say so too */
	bool down;                /* its link is down */
	const char *owner;        /* whose it is: the domain's name and UUID */
	const unsigned char *owner_uuid;
};

struct network_tap {
	char name[NETWORK_TAP_NAME_LEN], bridge[NETWORK_TAP_NAME_LEN];
	unsigned mtu; /* what it has: tell the guest if the request or the network had one */
	bool has_mtu;
	int fds[NETWORK_TAP_QUEUES_MAX]; /* not blocking, close-on-exec; -1: closed, or not there */
	unsigned n_fds;
	bool has_port;
	unsigned char port[UUID_LEN]; /* keep it with the machine: it is released when that ends */
};

/* Makes a tap device, plugs it in and sets it up. A network has to be active, and one whose ports
 * are not plugged into a bridge is refused. */
int network_tap_make(struct driver_conn *networks, const struct network_tap_request *request,
					 struct network_tap *ret_tap);

/* Closes the descriptors: the device goes unless another process has them. */
void network_tap_close(struct network_tap *tap);

/* Releases a port; nothing happens if there is none any more. Keeps the thread's error. */
void network_tap_release(struct driver_conn *networks, const char *network,
						 const unsigned char port[UUID_LEN]);

/* Deletes a macvtap device, which does not go with its descriptors. Nothing happens if it is not
 * there, or none by its name. Keeps the thread's error. */
void network_macvtap_delete(const char *name);

/* The counters of a tap device as its guest has them: what it has received is rx. */
int network_tap_stats(const char *name, struct link_stats *ret_stats);

#endif
