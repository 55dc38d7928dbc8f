/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rvirt-dial: opens the transport of a URI and joins it to stdin and stdout, for programs that can
 * start a command but know no transports.
 */
#include "config.h"
#include "bridge.h"
#include "keep-login.h"

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

/* The work of a keeper, which a client of the library starts. */
static int keep(const char *text, const char *path, long long within_ms)
{
	CLEANUP_URI struct uri *uri = NULL;

	if (!text || *path != '/' || uri_parse(text, &uri) < 0)
		return USAGE;
	return keep_login(uri, path, within_ms > 0 ? now_ms() + within_ms : -1);
}

int main(int argc, const char **argv)
{
	int readonly = 0, version = 0, r;
	char *kept_at = NULL;
	long long within_ms = 0;
	const struct poptOption table[] = {
		{"readonly", 'r', POPT_ARG_NONE, &readonly, 0, "take the daemon's read-only socket", NULL},
		{"keep", 0, POPT_ARG_STRING | POPT_ARGFLAG_DOC_HIDDEN, &kept_at, 0, NULL, NULL},
		{"within", 0, POPT_ARG_LONGLONG | POPT_ARGFLAG_DOC_HIDDEN, &within_ms, 0, NULL, NULL},
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
	r = kept_at ? keep(uri, kept_at, within_ms) : dial(uri, readonly);
	free(kept_at);
	return r;
}
