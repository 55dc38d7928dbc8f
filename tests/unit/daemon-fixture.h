/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The daemon's clients without sockets: bytes in, bytes out, over a driver that says which call
 * reached it.
 */
#ifndef TESTS_DAEMON_FIXTURE_H
#define TESTS_DAEMON_FIXTURE_H

#include "unit.h"

#include "base/error.h"
#include "daemon/client.h"

#include <semaphore.h>

/* A call of CONNECT_GET_TYPE succeeds, any other fails with a code that nothing else uses. */
enum { REACHED = ERR_SEXPR_SERIAL };

struct fake {
	struct driver driver;
	struct driver_conn conn;
	int opened;
	sem_t *hold;                                /* not NULL: opening and calls wait for it */
	struct driver_stream *(*open_stream)(void); /* NULL: such calls fail as others do */
	bool takes_fds;                             /* calls that may have descriptors succeed */
	unsigned fds_seen;                          /* that came with the last call that may have any */
	sem_t woken; /* posted when a job is done or an event is queued */
};

struct fake *fake(void);
void fake_wake(void *opaque);

/* A client, and what it shares with others. */
struct fixture {
	struct client_host host;
	struct client client;
	unsigned stirred;
};

void fixture_begin(struct fixture *f, enum auth_scheme auth, bool readonly);
void fixture_end(struct fixture *f);

/* One answer of the client, or packet of a stream, taken from its output. */
struct answer {
	struct frame_header header;
	int code, domain;
	char message[200];
	size_t payload_len;
	unsigned char payload[200];
};

/* False if there is none. */
bool fixture_take(struct fixture *f, struct answer *ret);

/* Appends a call to bytes. */
void fixture_put_call(struct buf *bytes, int procedure, const void *payload, size_t n);

/* Gives bytes, which are cleared, to the client; what client_receive() returns. */
int fixture_feed(struct fixture *f, struct buf *bytes);

/* Makes a call and takes its answer; the answer's code, 0 for success. */
int fixture_call(struct fixture *f, int procedure, const void *payload, size_t n,
				 struct answer *ret);
int fixture_call_shape(struct fixture *f, int procedure, const void *args, struct answer *ret);

/* CONNECT_OPEN, which must succeed. */
void fixture_open(struct fixture *f, unsigned flags);

#endif
