/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A stream as the public API has it: of a driver in this process, or of a daemon.
 */
#ifndef LIB_STREAM_H
#define LIB_STREAM_H

#include "drivers/stream.h"
#include "lib/remote-stream.h"

#include <rvirt/rvirt.h>

struct rvirt_stream {
	const struct wire_op *op;
	struct driver_stream *local; /* one of these */
	struct remote_stream *remote;
	bool over;            /* local: finished or aborted */
	int64_t zeros;        /* of a hole, that are still to be received */
	unsigned char *chunk; /* of a file on its way, or NULL */
};

#endif
