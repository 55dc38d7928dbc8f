/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The transports, one file each; called by open.c alone. Each opens uri as the contract of
 * transport_open() has it; port is the URI's, else the transport's default.
 */
#ifndef TRANSPORT_TRANSPORTS_H
#define TRANSPORT_TRANSPORTS_H

#include "transport/open.h"

/* Where a system's daemon listens on a host of which nothing else is known. */
static inline const char *transport_far_socket(bool readonly)
{
	return readonly ? "/var/run/libvirt/libvirt-sock-ro" : "/var/run/libvirt/libvirt-sock";
}

int transport_unix_open(const struct uri *uri, const struct transport_options *options, int port,
						struct channel **ret_channel);
int transport_tcp_open(const struct uri *uri, const struct transport_options *options, int port,
					   struct channel **ret_channel);
int transport_tls_open(const struct uri *uri, const struct transport_options *options, int port,
					   struct channel **ret_channel);
int transport_ssh_open(const struct uri *uri, const struct transport_options *options, int port,
					   struct channel **ret_channel);
int transport_libssh2_open(const struct uri *uri, const struct transport_options *options, int port,
						   struct channel **ret_channel);
int transport_ext_open(const struct uri *uri, const struct transport_options *options, int port,
					   struct channel **ret_channel);
int transport_dial_open(const struct uri *uri, const struct transport_options *options, int port,
						struct channel **ret_channel);

#endif
