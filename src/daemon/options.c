/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The command line, read by popt. Long and short names are libvirtd's where it has them.
 */
#include "config.h"
#include "daemon/options.h"

#include "base/cleanup.h"

#include <limits.h>
#include <popt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Flags are ints for popt. */
struct raw {
	char *config, *pid;
	int background, network, verbose, version, stdio, run, timeout;
};

static void cleanup_context(poptContext *context)
{
	poptFreeContext(*context);
}

void options_clear(struct options *o)
{
	free(o->config_path);
	free(o->pid_path);
	for (char **p = o->command; p && *p; p++)
		free(*p);
	free(o->command);
	*o = (struct options){0};
}

/* A path that stays true when the daemon leaves its directory. */
static int absolute(const char *path, char **ret)
{
	char here[PATH_MAX];

	if (!path)
		return 0;
	if (*path == '/')
		*ret = strdup(path);
	else if (!getcwd(here, sizeof here) || asprintf(ret, "%s/%s", here, path) < 0)
		*ret = NULL;
	return *ret ? 0 : -1;
}

static int copy_command(const char **args, char ***ret)
{
	size_t n = 0;

	while (args && args[n])
		n++;
	*ret = calloc(n + 1, sizeof **ret);
	if (!*ret)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (!((*ret)[i] = strdup(args[i])))
			return -1;
	return 0;
}

static int wrong(const char *what)
{
	fprintf(stderr, "rvirtd: %s\nTry 'rvirtd --help'.\n", what);
	return -1;
}

static const char *contradiction(const struct raw *raw, const char *rest)
{
	if (raw->run && !rest)
		return "--run needs a command";
	if (!raw->run && rest)
		return "too many arguments";
	if (raw->run && raw->background)
		return "--run and --daemon exclude each other";
	if (raw->stdio && (raw->run || raw->background || raw->network))
		return "--stdio excludes --run, --daemon and --listen";
	if (raw->timeout < 0)
		return "--timeout needs a number of seconds that is not negative";
	return NULL;
}

static int fill_in(const struct raw *raw, const char **rest, struct options *o)
{
	*o = (struct options){
		.background = raw->background,
		.network = raw->network,
		.verbose = raw->verbose,
		.stdio = raw->stdio,
		.idle_seconds = raw->timeout,
	};
	if (absolute(raw->config, &o->config_path) < 0 || absolute(raw->pid, &o->pid_path) < 0 ||
		(raw->run && copy_command(rest, &o->command) < 0)) {
		options_clear(o);
		return wrong("out of memory");
	}
	return 1;
}

int options_parse(int argc, char **argv, struct options *ret)
{
	struct raw raw = {0};
	CLEANUP_FREE char *config = NULL, *pid = NULL;
	const struct poptOption table[] = {
		{"config", 'f', POPT_ARG_STRING, &config, 0, "Configuration file", "FILE"},
		{"daemon", 'd', POPT_ARG_NONE, &raw.background, 0,
		 "Go to the background when the sockets listen", NULL},
		{"pid-file", 'p', POPT_ARG_STRING, &pid, 0, "File for the process id", "FILE"},
		{"listen", 'l', POPT_ARG_NONE, &raw.network, 0,
		 "Open the network sockets of the configuration", NULL},
		{"timeout", 't', POPT_ARG_INT, &raw.timeout, 0,
		 "End after so many seconds without a client", "SECONDS"},
		{"verbose", 'v', POPT_ARG_NONE, &raw.verbose, 0, "Log information too", NULL},
		{"stdio", 0, POPT_ARG_NONE, &raw.stdio, 0, "Serve one connection on stdin and stdout",
		 NULL},
		{"run", 0, POPT_ARG_NONE, &raw.run, 0,
		 "Serve as long as COMMAND runs, on sockets of its own; COMMAND finds the URI in $uri",
		 NULL},
		{"version", 'V', POPT_ARG_NONE, &raw.version, 0, "Show the version", NULL},
		POPT_AUTOHELP POPT_TABLEEND};
	__attribute__((cleanup(cleanup_context))) poptContext context =
		poptGetContext("rvirtd", argc, (void *)argv, table, POPT_CONTEXT_POSIXMEHARDER);
	const char *what;
	int r;

	poptSetOtherOptionHelp(context, "[OPTION...] [--run COMMAND [ARGUMENT...]]");
	r = poptGetNextOpt(context);
	raw.config = config;
	raw.pid = pid;
	if (r < -1) {
		fprintf(stderr, "rvirtd: %s: %s\nTry 'rvirtd --help'.\n",
				poptBadOption(context, POPT_BADOPTION_NOALIAS), poptStrerror(r));
		return -1;
	}
	if (raw.version) {
		printf("rvirtd (%s) %s\n", PACKAGE_NAME, PACKAGE_VERSION);
		return 0;
	}
	what = contradiction(&raw, poptPeekArg(context));
	if (what)
		return wrong(what);
	return fill_in(&raw, poptGetArgs(context), ret);
}
