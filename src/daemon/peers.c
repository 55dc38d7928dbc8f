/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The library's functions for drivers.
 */
#include "config.h"
#include "daemon/peers.h"

const struct driver_peers *peers_of_library(void)
{
	static const struct driver_peers peers = {
		.open = rvirt_open,
		.close = rvirt_close,
		.send = rvirt_call_send,
		.wait = rvirt_call_wait,
		.stream_open = rvirt_stream_open,
		.stream_send = rvirt_stream_send,
		.stream_finish = rvirt_stream_finish,
		.stream_free = rvirt_stream_free,
	};

	return &peers;
}
