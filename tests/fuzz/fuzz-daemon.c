/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A hostile client: its bytes into the daemon's core, over the test driver. The first byte says
 * what kind of socket it came by, whether it has a connection open already, and in what pieces the
 * rest arrives. Whatever comes, the core answers whole messages, and a read-only client changes
 * nothing.
 */
#include "config.h"

#include <rvirt/protocol.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/client.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { READONLY = 1, POLKIT = 2, OPENED = 4, PIECES = 8 };

static void nothing(struct client *c)
{
	(void)c;
}

static void no_wake(void *opaque)
{
	(void)opaque;
}

/* Takes the output as a peer would; it must be whole messages. */
static void take_output(struct client *c)
{
	struct buf *out;

	while ((out = client_next_output(c))) {
		struct frame_header h;
		const unsigned char *payload;
		size_t payload_len, len;

		if (frame_next(buf_at(out), buf_len(out), &h, &payload, &payload_len, &len) != 1)
			abort();
		client_wrote(c, out, len);
	}
	if (client_keep_output(c) < 0)
		abort();
}

static void open_connection(struct client *c)
{
	char name[] = "test:///default";
	struct rvirt_wire_name_flags_args args = {.name = name};
	struct frame_header h = {
		.program = FRAME_PROGRAM_REMOTE, .version = FRAME_VERSION, .procedure = 1};
	struct buf bytes = {0};

	if (frame_put(&bytes, &h, wire_op_by_number(1)->args, &args) < 0 ||
		client_receive(c, buf_at(&bytes), buf_len(&bytes)) < 0)
		abort();
	buf_clear(&bytes);
	take_output(c);
}

/* The host that a read-only client looks at, seen by the driver's own count of what runs. */
static int running(struct driver_conn *conn)
{
	struct rvirt_wire_num_ret ret = {0};

	if (driver_call(conn, wire_op_by_number(51), NULL, &ret) < 0)
		abort();
	return ret.num;
}

static void feed(struct client *c, const uint8_t *data, size_t size, size_t piece)
{
	for (size_t n; size && c->state != CLIENT_CLOSING; data += n, size -= n) {
		n = size < piece ? size : piece;
		if (client_receive(c, data, n) < 0)
			return;
		events_deliver(&c->host->events);
		take_output(c);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t how = size ? data[0] : 0;
	struct client_traits traits = {.auth = how & POLKIT ? AUTH_POLKIT : AUTH_NONE,
								   .readonly = how & READONLY};
	struct client_host host = {.max_requests = 5, .stirred = nothing};
	struct driver_host_options options = {0};
	struct driver_conn *watcher;
	struct client client;

	host.drivers = driver_host_new(&options);
	event_queue_init(&host.events, no_wake, NULL);
	if (!host.drivers || client_host_init(&host) < 0)
		abort();
	watcher = driver_open(host.drivers, "test:///default", 0, NULL);
	client_init(&client, &host, &traits);
	if (!(how & POLKIT) && how & OPENED)
		open_connection(&client);
	if (size)
		feed(&client, data + 1, size - 1, how & PIECES ? 7 : size);
	take_output(&client);
	if (how & (READONLY | POLKIT) && running(watcher) != 1)
		abort();
	if (how & POLKIT && client.conn)
		abort();
	client_clear(&client);
	driver_close(watcher);
	client_host_clear(&host);
	event_queue_clear(&host.events);
	driver_host_free(host.drivers);
	return 0;
}
