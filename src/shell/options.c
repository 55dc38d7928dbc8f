/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The options before the command, named and checked as virsh does.
 */
#include "config.h"
#include "options.h"

#include "args.h"
#include "base/cleanup.h"
#include "help.h"
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum long_only { OPTION_JSON = 256, OPTION_NO_PKTTYAGENT };

static const struct option long_options[] = {
	{"connect", required_argument, NULL, 'c'},
	{"debug", required_argument, NULL, 'd'},
	{"escape", required_argument, NULL, 'e'},
	{"help", no_argument, NULL, 'h'},
	{"json", no_argument, NULL, OPTION_JSON},
	{"keepalive-interval", required_argument, NULL, 'k'},
	{"keepalive-count", required_argument, NULL, 'K'},
	{"log", required_argument, NULL, 'l'},
	{"no-pkttyagent", no_argument, NULL, OPTION_NO_PKTTYAGENT},
	{"quiet", no_argument, NULL, 'q'},
	{"readonly", no_argument, NULL, 'r'},
	{"timing", no_argument, NULL, 't'},
	{"version", optional_argument, NULL, 'v'},
	{NULL},
};

static _Noreturn void stop(struct shell *sh)
{
	out_finish(sh);
	exit(EXIT_FAILURE);
}

static _Noreturn void usage(struct shell *sh)
{
	fputs("\nrvsh [options]... [<command_string>]"
		  "\nrvsh [options]... <command> [args...]\n\n"
		  "  options:\n"
		  "    -c | --connect=URI      hypervisor to connect to\n"
		  "    -d | --debug=NUM        show messages of this level and above [0-4]\n"
		  "    -e | --escape <char>    escape character of a console\n"
		  "    -h | --help             print this help\n"
		  "         --json             print results and errors as JSON\n"
		  "    -k | --keepalive-interval=NUM\n"
		  "                            seconds of silence before a ping, 0: never ping\n"
		  "    -K | --keepalive-count=NUM\n"
		  "                            pings without an answer before giving up\n"
		  "    -l | --log=FILE         write messages to a file too\n"
		  "         --no-pkttyagent    accepted for virsh's sake\n"
		  "    -q | --quiet            print results only\n"
		  "    -r | --readonly         only look, never change\n"
		  "    -t | --timing           print how long commands take\n"
		  "    -v                      print the version\n"
		  "    -V                      print the version and what is in it\n"
		  "         --version[=TYPE]   the same, TYPE is short or long\n"
		  "  commands:\n\n",
		  stdout);
	for (const struct cmd_group *group = table_groups(); group->keyword; group++) {
		help_group(sh, group, "");
		out_text(sh, "\n");
	}
	fputs("\n  (help <group> tells about the commands of a group,"
		  "\n  help <command> about one command)\n\n",
		  stdout);
	exit(EXIT_SUCCESS);
}

static _Noreturn void long_version(void)
{
	puts("rvsh of rvirt " PACKAGE_VERSION "\n"
		 "See web site at " PACKAGE_URL "\n\n"
		 "Transports: unix tcp ssh ext\n"
		 "Miscellaneous: JSON readline");
	exit(EXIT_SUCCESS);
}

static void read_debug(struct shell *sh, const char *option)
{
	int level;

	if (args_parse_int(optarg, &level) < 0) {
		out_refuse(sh, "option %s takes a numeric argument", option);
		stop(sh);
	}
	if (level < SHELL_DEBUG || level > SHELL_ERROR)
		out_warn(sh, "ignoring debug level %d out of range [%d-%d]", level, SHELL_DEBUG,
				 SHELL_ERROR);
	else
		sh->debug = level;
}

static int read_keepalive(struct shell *sh, const char *option)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(optarg, &end, 0);
	if (errno || end == optarg || *end || n < INT_MIN || n > INT_MAX)
		out_refuse(sh, "Invalid value for option %s", option);
	else if (n < 0)
		out_refuse(sh, "option %s requires a positive integer argument", option);
	else
		return (int)n;
	stop(sh);
}

/* ^X with X in a-z or @ to _, or one character. */
static void read_escape(struct shell *sh)
{
	size_t len = strlen(optarg);

	if ((len == 2 && *optarg == '^' &&
		 ((optarg[1] >= 'a' && optarg[1] <= 'z') || (optarg[1] >= '@' && optarg[1] <= '_'))) ||
		(len == 1 && *optarg != '^')) {
		sh->escape = optarg;
		return;
	}
	out_refuse(sh, "Invalid string '%s' for escape sequence", optarg);
	stop(sh);
}

static void open_log(struct shell *sh, const char *path)
{
	sh->log_fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	if (sh->log_fd >= 0)
		return;
	out_refuse(sh, "failed to open the log file. check the log file path");
	stop(sh);
}

static _Noreturn void refuse_option(struct shell *sh, int problem, const char *word)
{
	const struct option *o = long_options;

	if (problem == ':') {
		while (o->name && o->val != optopt)
			o++;
		if (o->name)
			out_refuse(sh, "option '-%c'/'--%s' requires an argument", optopt, o->name);
		else
			out_refuse(sh, "option '-%c' requires an argument", optopt);
	} else if (optopt > 0 && optopt < 256) {
		out_refuse(sh, "unsupported option '-%c'. See --help.", optopt);
	} else {
		out_refuse(sh, "unsupported option '%s'. See --help.", word);
	}
	stop(sh);
}

int options_read(struct shell *sh, int argc, char **argv)
{
	int c, index = -1;

	while ((c = getopt_long(argc, argv, "+:c:d:e:hk:K:l:qrtvV", long_options, &index)) != -1) {
		switch (c) {
		case 'c':
			free(sh->uri);
			sh->uri = shell_strdup(optarg);
			break;
		case 'd':
			read_debug(sh, index < 0 ? "-d" : "--debug");
			break;
		case 'e':
			read_escape(sh);
			break;
		case 'h':
			usage(sh);
		case 'k':
			sh->keepalive_interval = read_keepalive(sh, index < 0 ? "-k" : "--keepalive-interval");
			break;
		case 'K':
			sh->keepalive_count = read_keepalive(sh, index < 0 ? "-K" : "--keepalive-count");
			break;
		case 'l':
			open_log(sh, optarg);
			break;
		case 'q':
			sh->quiet = true;
			break;
		case 'r':
			sh->readonly = true;
			break;
		case 't':
			sh->timing = true;
			break;
		case OPTION_JSON:
			sh->json = sh->json_always = true;
			break;
		case OPTION_NO_PKTTYAGENT:
			break;
		case 'v':
			if (optarg && strcmp(optarg, "long") == 0)
				long_version();
			puts(PACKAGE_VERSION);
			exit(EXIT_SUCCESS);
		case 'V':
			long_version();
		default:
			refuse_option(sh, c, argv[optind - 1]);
		}
		index = -1;
	}
	return optind;
}

void options_environment(struct shell *sh)
{
	const char *level = getenv("VIRSH_DEBUG"), *log = getenv("VIRSH_LOG_FILE"), *uri;
	int n;

	if (level && sh->debug == SHELL_ERROR) {
		if (args_parse_int(level, &n) < 0 || n < SHELL_DEBUG || n > SHELL_ERROR)
			out_warn(sh, "VIRSH_DEBUG not set with a valid numeric value");
		else
			sh->debug = n;
	}
	if (log && *log && sh->log_fd < 0)
		open_log(sh, log);
	uri = getenv("VIRSH_DEFAULT_CONNECT_URI");
	if (uri && *uri && !sh->uri && !getenv("RVIRT_DEFAULT_URI"))
		sh->uri = shell_strdup(uri);
}
