/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Streams: the contents of volumes, screenshots, consoles. Included by <rvirt/rvirt.h>, whose
 * conventions hold here too.
 *
 * A stream is opened by a call of <rvirt/calls.h> that has a ret_stream. Several may be open on a
 * connection, with calls between them. One thread at a time sends on a stream and one receives;
 * finish, abort and free are for when no other uses it.
 *
 * Nothing is lost, and memory is bounded: what is sent and the peer does not take makes the sender
 * wait. What comes is kept for who receives; whoever has more than 64 MiB come in without
 * receiving, because calls of the same connection were waited for meanwhile, finds the stream
 * aborted.
 */
#ifndef RVIRT_STREAM_H
#define RVIRT_STREAM_H

#include <rvirt/protocol.h>

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rvirt_conn;
struct rvirt_stream;

/* Makes the call of a procedure that opens a stream, by its number. args and ret are of its shapes,
 * NULL where void. */
struct rvirt_stream *rvirt_stream_open(struct rvirt_conn *conn, enum rvirt_proc procedure,
									   const void *args, void *ret);

/* The same by its name ("STORAGE_VOL_DOWNLOAD") with arguments and results as JSON text; as
 * rvirt_call_json(). */
char *rvirt_call_json_stream(struct rvirt_conn *conn, const char *procedure, const char *json,
							 struct rvirt_stream **ret_stream);

enum rvirt_stream_direction { RVIRT_STREAM_TO_DAEMON = 1, RVIRT_STREAM_TO_CLIENT = 2 };

/* The directions in which a procedure's stream goes; 0: it opens none. */
unsigned rvirt_stream_directions(enum rvirt_proc procedure);

/* Sends all n bytes, or a hole of length bytes where the call that opened the stream asked for a
 * sparse one. -1 also when the peer has given the stream up, with its reason. */
int rvirt_stream_send(struct rvirt_stream *stream, const void *data, size_t n);
int rvirt_stream_send_hole(struct rvirt_stream *stream, int64_t length);

/* Sends some of the n bytes without waiting: how many, at least one; RVIRT_STREAM_AGAIN if what was
 * sent before has not left yet, which is to be tried again when rvirt_conn_poll_fd() is ready and
 * was dispatched; -1. */
ssize_t rvirt_stream_try_send(struct rvirt_stream *stream, const void *data, size_t n);

/* Sends at most n bytes of a file from where it stands, which moves: some of them; 0 at the file's
 * end. -1, or RVIRT_STREAM_FILE with errno if it was the file that could not be read. */
enum { RVIRT_STREAM_FILE = -3 };
ssize_t rvirt_stream_send_from(struct rvirt_stream *stream, int fd, size_t n);

/* Waits for data and writes them into a file where it stands: how many; 0 at the end or a hole, as
 * rvirt_stream_recv() has it. -1, or RVIRT_STREAM_FILE with errno if the file could not be written.
 */
ssize_t rvirt_stream_recv_to(struct rvirt_stream *stream, int fd, int64_t *ret_hole);

/* Waits for data: at most n bytes, the count; 0 at the end; -1. A hole gives 0 with *ret_hole its
 * length, which is 0 otherwise; ret_hole NULL: a hole gives zeros. */
ssize_t rvirt_stream_recv(struct rvirt_stream *stream, void *data, size_t n, int64_t *ret_hole);

/* The same without waiting: RVIRT_STREAM_AGAIN if nothing is there, which is to be tried again when
 * rvirt_conn_poll_fd() is ready. */
enum { RVIRT_STREAM_AGAIN = -2 };
ssize_t rvirt_stream_try_recv(struct rvirt_stream *stream, void *data, size_t n, int64_t *ret_hole);

/* Everything was sent, or enough was received: waits until the other side has done its part. 0, or
 * -1 if it could not. The stream is over then in any case. */
int rvirt_stream_finish(struct rvirt_stream *stream);

/* Gives the stream up, and waits until the other side knows. */
int rvirt_stream_abort(struct rvirt_stream *stream);

/* Releases it; one that is not over is aborted, without waiting. NULL is allowed. Also after
 * rvirt_close(). */
void rvirt_stream_free(struct rvirt_stream *stream);

#ifdef __cplusplus
}
#endif

#endif
