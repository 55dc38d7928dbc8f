/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Streams. Part of <rvirt/constants.h>.
 */
#ifndef RVIRT_CONSTANTS_STREAM_H
#define RVIRT_CONSTANTS_STREAM_H

enum rvirt_stream_flags {
	RVIRT_STREAM_NONBLOCK = 1,
};

enum rvirt_stream_recv_flags {
	RVIRT_STREAM_RECV_STOP_AT_HOLE = 1,
};

enum rvirt_stream_event_type {
	RVIRT_STREAM_EVENT_READABLE = 1,
	RVIRT_STREAM_EVENT_WRITABLE = 2,
	RVIRT_STREAM_EVENT_ERROR = 4,
	RVIRT_STREAM_EVENT_HANGUP = 8,
};

#endif
