/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * network-tap STATE NETWORK.xml: starts a network as a daemon does, whose state is in STATE, and
 * plugs in taps as a driver of machines does: one, then one that is isolated. Writes a line for
 * each, then for each line that it reads what the first has received; releases all at the end of
 * its input.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/fd.h"
#include "drivers/driver.h"
#include "drivers/network/tap.h"

static int die(void)
{
	fprintf(stderr, "%s\n", error_last()->message);
	return 1;
}

static int plug(struct driver_conn *conn, const char *network, bool isolated,
				struct network_tap *tap)
{
	static const unsigned char mac[] = {0x52, 0x54, 0, 0, 0, 1}, owner[UUID_LEN] = {1};
	struct network_tap_request request = {.network = network,
										  .target = isolated ? "alone%d" : NULL,
										  .mac = mac,
										  .queues = isolated ? 2 : 1,
										  .isolated = isolated,
										  .vnet_hdr = true,
										  .owner = "a <machine>",
										  .owner_uuid = owner};

	if (network_tap_make(conn, &request, tap) < 0)
		return -1;
	printf("%s %s %u %u\n", tap->name, tap->bridge, tap->mtu, tap->n_fds);
	fflush(stdout);
	return 0;
}

/* Takes what the machine would: only that counts. */
static void receive(int fd)
{
	char packet[2048];

	while (read(fd, packet, sizeof packet) > 0)
		;
}

int main(int argc, char **argv)
{
	struct driver_host_options options = {.daemon = true, .state_dir = argv[1]};
	struct driver_host *host = argc == 3 ? driver_host_new(&options) : NULL;
	struct driver_conn *conn = host ? driver_open(host, "network:///system", 0, NULL) : NULL;
	CLEANUP_FREE char *xml = conn ? fd_read_file(argv[2], 1 << 20, NULL) : NULL;
	struct rvirt_wire_xml_args create = {.xml = xml};
	struct rvirt_wire_net_ret net = {0};
	struct network_tap taps[2];
	struct link_stats stats;
	char line[64];

	if (!xml ||
		driver_call(conn, wire_op_by_number(RVIRT_PROC_NETWORK_CREATE_XML), &create, &net) < 0 ||
		plug(conn, net.net.name, false, &taps[0]) < 0 ||
		plug(conn, net.net.name, true, &taps[1]) < 0)
		return die();
	while (fgets(line, sizeof line, stdin)) {
		receive(taps[0].fds[0]);
		if (network_tap_stats(taps[0].name, &stats) < 0)
			return die();
		printf("%" PRIu64 " %" PRIu64 "\n", stats.rx_packets, stats.tx_packets);
		fflush(stdout);
	}
	for (int i = 0; i < 2; i++) {
		network_tap_close(&taps[i]);
		network_tap_release(conn, net.net.name, taps[i].port);
	}
	if (driver_call(conn, wire_op_by_number(RVIRT_PROC_NETWORK_DESTROY), &net.net, NULL) < 0)
		return die();
	wire_clear(wire_op_by_number(RVIRT_PROC_NETWORK_CREATE_XML)->ret, &net);
	driver_close(conn);
	driver_host_free(host);
	return 0;
}
