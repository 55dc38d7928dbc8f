/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Interfaces of a machine plugged into networks and bridges of the host. Nothing here wants the
 * lock: it waits for the host.
 */
#ifndef DRIVERS_QEMU_PLUG_H
#define DRIVERS_QEMU_PLUG_H

#include "drivers/network/tap.h"
#include "drivers/qemu/command.h"

struct driver_host;
struct driver_conn;

/* A connection to the networks of this host, the caller's to close; NULL with the error set. */
struct driver_conn *plug_networks(struct driver_host *host);

/* One backend for each interface of a definition, in its order. */
struct plugs {
	struct network_tap *taps;
	struct qemu_backend *backends;
	size_t n;
};

/* Plugs one interface in, and writes into it (for as long as it runs) which device and port it has;
 * nothing for types that QEMU connects itself, whose n_fds is 0. 0, or -1 with the error set. */
int plug_interface(struct driver_host *host, const struct domain_def *def, struct node *interface,
				   struct network_tap *ret_tap);

/* The same of all of a definition; what was done is undone where it fails. */
int plug_all(struct driver_host *host, struct domain_def *def, struct plugs *ret);

/* Closes this process' descriptors. */
void plugs_clear(struct plugs *plugs);

/* Releases the port of an interface; of all. The devices go with QEMU. */
void unplug_interface(struct driver_host *host, const struct node *interface);
void unplug_all(struct driver_host *host, const struct domain_def *def);

#endif
