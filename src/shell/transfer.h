/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Between a stream and a file, with a bar on a terminal that shows how far it is.
 */
#ifndef SHELL_TRANSFER_H
#define SHELL_TRANSFER_H

#include "shell.h"

#include <stdint.h>

/* What is shown while it lasts; nothing where stderr is no terminal, or with --quiet or --json. */
struct transfer {
	struct shell *sh;
	const char *label;
	uint64_t total; /* bytes, 0: not known */
	uint64_t done;
	bool shown; /* a bar is on the terminal */
	int64_t next_ms;
};

/* Writes what comes to fd until the end; holes are left out of the file, which is then made as long
 * as it should be. 0, or -1 with the library's error, or with errno and *ret_file true when it was
 * the file's. */
int transfer_receive(struct transfer *t, struct rvirt_stream *stream, int fd, bool *ret_file);

/* Sends fd from where it stands to its end, its holes as such where sparse. As above. */
int transfer_send(struct transfer *t, struct rvirt_stream *stream, int fd, bool sparse,
				  bool *ret_file);

/* Whether what comes is what stands in fd from here on: 1 or 0, or -1 as above. */
int transfer_compare(struct transfer *t, struct rvirt_stream *stream, int fd, bool *ret_file);

/* Removes the bar. */
void transfer_end(struct transfer *t);

#endif
