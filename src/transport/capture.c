/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads a child process's channel to its end.
 */
#include "config.h"
#include "transport/capture.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "transport/process.h"

#include <errno.h>

enum { PIECE = 16384 };

DEFINE_CLEANUP(channel, struct channel *, channel_close)

int capture_output(char *const argv[], const char *how, size_t max, long long deadline_ms,
				   struct buf *out)
{
	CLEANUP(cleanup_channel) struct channel *ch = NULL;
	size_t total = 0;
	ssize_t n;

	if (process_open(argv, how, NULL, &ch) < 0)
		return -1;
	channel_shutdown_write(ch);
	do {
		unsigned char *at = buf_reserve(out, PIECE);

		n = at ? channel_read(ch, at, PIECE) : CHANNEL_FAILED;
		if (n == CHANNEL_AGAIN && channel_wait(ch, true, false, deadline_ms) == 0)
			continue;
		if (n < 0)
			return -1;
		buf_grow(out, (size_t)n);
		total += (size_t)n;
		if (total > max)
			return error_set(FROM_RPC, ERR_OVERFLOW, "%s writes more than %zu bytes", how, max);
	} while (n != 0);
	error_errno(FROM_RPC, EIO, "%s", how); /* what is said if it failed comes in its place */
	if (channel_explain(ch))
		return -1;
	error_reset();
	return 0;
}
