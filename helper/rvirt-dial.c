/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rvirt-dial: opens the transport of a URI and joins it to stdin and stdout, for programs that can
 * start a command but know no transports.
 */
#include "config.h"
#include "bridge.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "transport/client-conf.h"
#include "transport/open.h"

#include <popt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Exit statuses; documented in the manual. */
enum { DONE = 0, FAILED = 1, USAGE = 2 };

DEFINE_CLEANUP(popt, poptContext, poptFreeContext)
DEFINE_CLEANUP(channel, struct channel *, channel_close)

static int complain(int status)
{
	fprintf(stderr, "rvirt-dial: error: %s\n", error_last()->message);
	return status;
}

static int dial(const char *text, bool readonly)
{
	CLEANUP_FREE char *resolved = NULL;
	CLEANUP_URI struct uri *uri = NULL;
	CLEANUP(cleanup_channel) struct channel *near = NULL, *far = NULL;
	struct asker asker = {.fn = ask_terminal};
	struct transport_options options = {
		.readonly = readonly, .in_process = true, .deadline_ms = -1, .asker = &asker};

	if (client_conf_uri(text, true, &resolved) < 0 || uri_parse(resolved, &uri) < 0 ||
		client_conf_fill(uri) < 0)
		return complain(USAGE);
	if (uri_connect_timeout_ms(uri) >= 0)
		options.deadline_ms = now_ms() + uri_connect_timeout_ms(uri);
	near = channel_from_pair(STDIN_FILENO, STDOUT_FILENO, "stdin and stdout");
	if (!near || transport_open(uri, &options, &far) < 0)
		return complain(FAILED);
	return bridge_run(near, far) < 0 ? complain(FAILED) : DONE;
}

int main(int argc, const char **argv)
{
	int readonly = 0, version = 0, r;
	const struct poptOption table[] = {
		{"readonly", 'r', POPT_ARG_NONE, &readonly, 0, "take the daemon's read-only socket", NULL},
		{"version", 'V', POPT_ARG_NONE, &version, 0, "print the version", NULL},
		POPT_AUTOHELP POPT_TABLEEND,
	};
	CLEANUP(cleanup_popt) poptContext context = poptGetContext("rvirt-dial", argc, argv, table, 0);
	const char *uri;

	log_to_fd(STDERR_FILENO, "rvirt-dial");
	poptSetOtherOptionHelp(context, "[OPTION...] [URI]");
	r = poptGetNextOpt(context);
	if (r < -1) {
		fprintf(stderr, "rvirt-dial: error: %s: %s\n", poptBadOption(context, 0), poptStrerror(r));
		return USAGE;
	}
	if (version) {
		puts("rvirt-dial " PACKAGE_VERSION);
		return DONE;
	}
	uri = poptGetArg(context);
	if (poptPeekArg(context)) {
		fprintf(stderr, "rvirt-dial: error: more than one URI\n");
		return USAGE;
	}
	return dial(uri, readonly);
}
