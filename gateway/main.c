/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rvirt-gateway stands on the host of a daemon and joins its standard input and output, which ssh
 * brought here, to the daemon's socket. It needs nothing but libc, so that one file can be copied
 * to any host; and it takes what clients say to virt-ssh-helper and to nc, to be installed as
 * either.
 */
#include "config.h"

#include "gateway.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
	"Usage: rvirt-gateway [-r] [URI]\n"
	"       rvirt-gateway [-q SECONDS] [-N] -U SOCKET\n"
	"Joins standard input and output to the socket of the daemon on this host.\n\n"
	"  -r, --readonly   use the daemon's read-only socket\n"
	"  -U SOCKET        use this socket instead of looking for one\n"
	"  -q SECONDS, -N   accepted from those who call it nc; without effect\n"
	"  -h, --help       print this help\n"
	"  -V, --version    print the version\n";

static int misuse(const char *what, const char *why)
{
	fprintf(stderr, "rvirt-gateway: %s%s; see rvirt-gateway --help\n", what, why);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"readonly", no_argument, NULL, 'r'},
											{"help", no_argument, NULL, 'h'},
											{"version", no_argument, NULL, 'V'},
											{NULL, 0, NULL, 0}};
	struct target target = {.readonly = false};
	const char *error;
	int opt, sock, ret;

	/* A descriptor that is missing must not become the socket's. */
	while ((opt = open("/dev/null", O_RDWR)) >= 0 && opt <= STDERR_FILENO)
		;
	close(opt);
	while ((opt = getopt_long(argc, argv, "rU:q:NhV", options, NULL)) != -1) {
		switch (opt) {
		case 'r':
			target.readonly = true;
			break;
		case 'U':
			if (!*optarg || strlen(optarg) >= sizeof(target.socket))
				return misuse("not the path of a socket: ", optarg);
			strcpy(target.socket, optarg);
			break;
		case 'q':
		case 'N':
			break;
		case 'h':
			return fputs(usage, stdout) < 0 ? EXIT_IO : EXIT_DONE;
		case 'V':
			return puts("rvirt-gateway (" PACKAGE_NAME ") " PACKAGE_VERSION) < 0 ? EXIT_IO
																				 : EXIT_DONE;
		default:
			return EXIT_USAGE;
		}
	}
	if (argc - optind > (target.socket[0] ? 0 : 1))
		return misuse("too many arguments: ", argv[argc - 1]);
	if (optind < argc && (error = locate_parse(argv[optind], &target))) {
		fprintf(stderr, "rvirt-gateway: cannot use the URI %s: %s\n", argv[optind], error);
		return EXIT_USAGE;
	}
	ret = locate_connect(&target, &sock);
	if (ret == EXIT_DONE && pump_run(sock) < 0)
		ret = EXIT_IO;
	return ret;
}
