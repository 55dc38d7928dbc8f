/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From a URI to a channel to the daemon that it names.
 */
#ifndef TRANSPORT_OPEN_H
#define TRANSPORT_OPEN_H

#include "transport/ask.h"
#include "transport/channel.h"
#include "transport/uri.h"

#include <stdbool.h>

struct transport_options {
	bool readonly;   /* take the daemon's read-only socket, where a socket is chosen */
	bool in_process; /* take no notice of the parameter dial */
	long long
		deadline_ms; /* monotonic (base/fd.h) by when the peer must be reached; negative: none */
	struct asker *asker; /* whom to ask for secrets; NULL: nobody */
};

/* Reaches the peer of uri by its transport (uri_transport()). A child process that was started
 * counts as reached: what it says later is for channel_explain(). 0 and a channel for the caller to
 * close, or -1 with an error that names stage and host: ERR_INVALID_ARG for what the URI asks
 * wrongly, ERR_SYSTEM_ERROR for what the system refuses, ERR_OPERATION_TIMEOUT,
 * ERR_CONFIG_UNSUPPORTED for a transport that this build does not have. */
int transport_open(const struct uri *uri, const struct transport_options *options,
				   struct channel **ret_channel);

/* Puts behind the thread's error, of a connection that could not be opened, what was tried, where
 * the transport's own words leave it out. Returns -1. */
int transport_explain(const struct uri *uri);

/* True if nobody between can read or change what the transport carries (unix, tls, ssh); false for
 * tcp and ext, of which that cannot be known, and for tls to a server that is not verified. */
bool transport_is_secure(const struct uri *uri);

#endif
