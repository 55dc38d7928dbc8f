/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A viewer by librvirt: prints the first line that the display of a guest says, through a
 * descriptor that it is given (get) or that it brings (bring): open-graphics get|bring URI NAME
 */
#include <rvirt/rvirt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int fail(void)
{
	fprintf(stderr, "error: %s\n", rvirt_last_error().message);
	return EXIT_FAILURE;
}

static int get(struct rvirt_conn *conn, const struct rvirt_wire_dom_idx_flags_args *args)
{
	struct rvirt_fds fds = {0};

	return rvirt_call_domain_open_graphics_fd(conn, args, &fds) < 0 ? -1 : fds.fd[0];
}

static int bring(struct rvirt_conn *conn, const struct rvirt_wire_dom_idx_flags_args *args)
{
	struct rvirt_fds fds = {.n = 1};
	int pair[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		abort();
	fds.fd[0] = pair[1];
	r = rvirt_call_domain_open_graphics(conn, args, &fds);
	close(pair[1]);
	return r < 0 ? -1 : pair[0];
}

int main(int argc, char **argv)
{
	struct rvirt_wire_dom_idx_flags_args args = {.flags = RVIRT_DOMAIN_OPEN_GRAPHICS_SKIPAUTH};
	struct rvirt_wire_name_args name = {.name = argc > 3 ? argv[3] : argv[0]};
	struct rvirt_conn *conn = argc > 3 ? rvirt_open(argv[2], NULL) : NULL;
	struct rvirt_wire_dom_ret found;
	char line[64];
	FILE *viewer;
	int fd;

	if (!conn || rvirt_call_domain_lookup_by_name(conn, &name, &found) < 0)
		return fail();
	args.dom = found.dom;
	fd = strcmp(argv[1], "get") == 0 ? get(conn, &args) : bring(conn, &args);
	if (fd < 0)
		return fail();
	viewer = fdopen(fd, "r");
	if (!viewer || !fgets(line, sizeof line, viewer))
		return EXIT_FAILURE;
	fputs(line, stdout);
	fclose(viewer);
	rvirt_wire_clear(RVIRT_PROC_DOMAIN_LOOKUP_BY_NAME, &found);
	rvirt_close(conn);
	return EXIT_SUCCESS;
}
