/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rvirt-pki: makes, lists, revokes and checks the TLS certificates of daemons and clients. The
 * command line; each command is in a file of its own.
 */
#include "config.h"
#include "pki.h"

#include "base/error.h"
#include "base/log.h"

#include <popt.h>
#include <stdio.h>
#include <string.h>

/* Exit statuses; documented in the manual. */
enum { DONE = 0, FAILED = 1, USAGE = 2 };

enum { DAYS_MAX = 36500 };

/* To add one: a row, and the manual. */
static const struct {
	const char *name, *args, *help;
	int min, max; /* arguments; max negative: any number */
	int (*run)(const struct pki *pki, const char *const *args);
} commands[] = {
	{"ca", "", "make an authority: its certificate and key", 0, 0, pki_cmd_ca},
	{"server", "HOST...", "make a server's certificate for these names and addresses", 1, -1,
	 pki_cmd_server},
	{"client", "NAME", "make a client's certificate", 1, 1, pki_cmd_client},
	{"crl", "[CERT...]", "revoke certificates: files, or serial numbers as list has them", 0, -1,
	 pki_cmd_crl},
	{"list", "", "list the certificates here, and those that the authority has signed", 0, 0,
	 pki_cmd_list},
	{"check", "[URI]", "check this host's certificates, and the way to a daemon", 0, 1,
	 pki_cmd_check},
};
enum { N_COMMANDS = sizeof commands / sizeof commands[0] };

DEFINE_CLEANUP(popt, poptContext, poptFreeContext)

static int misuse(const char *fmt, const char *what)
{
	fputs("rvirt-pki: error: ", stderr);
	fprintf(stderr, "%s%s", fmt, what);
	fputs("; see rvirt-pki --help\n", stderr);
	return USAGE;
}

static void print_commands(void)
{
	puts("\nCommands:");
	for (size_t i = 0; i < N_COMMANDS; i++)
		printf("  %-6s %-10s %s\n", commands[i].name, commands[i].args, commands[i].help);
}

static int find_key(const char *name, enum pki_key *ret)
{
	static const char *const names[] = {
		[PKI_ECDSA] = "ecdsa", [PKI_RSA] = "rsa", [PKI_ED25519] = "ed25519"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (!name || !strcmp(name, names[i])) {
			*ret = (enum pki_key)i;
			return 0;
		}
	}
	return -1;
}

static int run(const struct pki *pki, const char *const *args)
{
	static const char *const none[] = {NULL};
	int n = 0, status;

	if (!args || !args[0])
		return misuse("which command", "?");
	while (args[n + 1])
		n++;
	for (size_t i = 0; i < N_COMMANDS; i++) {
		if (strcmp(commands[i].name, args[0]) != 0)
			continue;
		if (n < commands[i].min)
			return misuse("there is missing: ", commands[i].args);
		if (commands[i].max >= 0 && n > commands[i].max)
			return misuse("there is no place for ", args[commands[i].max + 1]);
		status = commands[i].run(pki, n ? args + 1 : none);
		if (status && error_last()->code && commands[i].run != pki_cmd_check)
			fprintf(stderr, "rvirt-pki: error: %s\n", error_last()->message);
		if (status && error_last()->code == ERR_INVALID_ARG && commands[i].run != pki_cmd_check)
			return USAGE;
		return status ? FAILED : DONE;
	}
	return misuse("there is no command ", args[0]);
}

int main(int argc, const char **argv)
{
	struct pki pki = {.days = 0};
	CLEANUP_FREE char *dir = NULL, *out = NULL, *org = NULL, *name = NULL, *config = NULL,
					  *key = NULL;
	int user = 0, force = 0, version = 0, help = 0, r;
	const struct poptOption table[] = {
		{"config", 'c', POPT_ARG_STRING, &config, 0, "check: the daemon's configuration", "FILE"},
		{"days", 'D', POPT_ARG_INT, &pki.days, 0,
		 "how long it is valid (ca: 3650, server and client: 730, crl: as long as the ca)", "DAYS"},
		{"dir", 'd', POPT_ARG_STRING, &dir, 0, "in place of " PKI_SYSTEM_DIR, "DIR"},
		{"force", 'f', POPT_ARG_NONE, &force, 0, "replace files that are there", NULL},
		{"key", 'k', POPT_ARG_STRING, &key, 0, "kind of the new key: ecdsa (default), rsa, ed25519",
		 "KIND"},
		{"name", 'n', POPT_ARG_STRING, &name, 0, "ca: the authority's name", "NAME"},
		{"org", 'O', POPT_ARG_STRING, &org, 0,
		 "ca: its organization, which all its certificates will have", "ORG"},
		{"out", 'o', POPT_ARG_STRING, &out, 0,
		 "server and client: put the files into DIR, to be carried to another host", "DIR"},
		{"user", 'u', POPT_ARG_NONE, &user, 0, "work in ~/.pki/libvirt", NULL},
		{"version", 'V', POPT_ARG_NONE, &version, 0, "print the version", NULL},
		{"help", '?', POPT_ARG_NONE, &help, 0, "print this help", NULL},
		POPT_TABLEEND,
	};
	CLEANUP(cleanup_popt) poptContext context = poptGetContext("rvirt-pki", argc, argv, table, 0);

	log_to_fd(STDERR_FILENO, "rvirt-pki");
	poptSetOtherOptionHelp(context, "[OPTION...] COMMAND [ARGUMENT...]");
	r = poptGetNextOpt(context);
	if (r < -1) {
		fprintf(stderr, "rvirt-pki: error: %s: %s\n", poptBadOption(context, 0), poptStrerror(r));
		return USAGE;
	}
	if (help) {
		poptPrintHelp(context, stdout, 0);
		print_commands();
		return DONE;
	}
	if (version) {
		puts("rvirt-pki " PACKAGE_VERSION);
		return DONE;
	}
	pki.dir = dir;
	pki.out = out;
	pki.org = org;
	pki.name = name;
	pki.config = config;
	pki.user = user;
	pki.force = force;
	if (find_key(key, &pki.key) < 0)
		return misuse("there is no kind of key ", key);
	if (pki.days < 0 || pki.days > DAYS_MAX)
		return misuse("--days is a number from 1 to 36500", "");
	if (dir && user)
		return misuse("--dir and --user exclude each other", "");
	if ((dir && !*dir) || (out && !*out))
		return misuse("a directory has a name", "");
	return run(&pki, poptGetArgs(context));
}
