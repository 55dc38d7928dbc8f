/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The dnsmasq of a network.
 */
#include "config.h"
#include "drivers/network/dnsmasq.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "drivers/place.h"
#include "drivers/storage/command.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>

enum { PATIENCE_MS = 5000 }; /* with one that is asked to end */

int dnsmasq_files_init(struct dnsmasq_files *files, const char *run_dir, const char *lib_dir,
					   const char *name)
{
	*files = (struct dnsmasq_files){0};
	if (asprintf(&files->conf, "%s/%s.conf", run_dir, name) < 0)
		files->conf = NULL;
	if (asprintf(&files->pid, "%s/%s.pid", run_dir, name) < 0)
		files->pid = NULL;
	if (asprintf(&files->leases, "%s/%s.leases", lib_dir, name) < 0)
		files->leases = NULL;
	if (asprintf(&files->hosts, "%s/%s.hosts", lib_dir, name) < 0)
		files->hosts = NULL;
	if (asprintf(&files->names, "%s/%s.names", lib_dir, name) < 0)
		files->names = NULL;
	if (files->conf && files->pid && files->leases && files->hosts && files->names)
		return 0;
	dnsmasq_files_clear(files);
	return error_oom();
}

void dnsmasq_files_clear(struct dnsmasq_files *files)
{
	free(files->conf);
	free(files->pid);
	free(files->leases);
	free(files->hosts);
	free(files->names);
	*files = (struct dnsmasq_files){0};
}

/* -- the process -- */

/* Whether one of a process's arguments names this file: its number may be another's by now. */
static bool is_ours(pid_t pid, const char *conf)
{
	CLEANUP_FREE char *words = NULL, *wanted = NULL;
	char path[64];
	size_t n = 0;

	snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
	words = fd_read_file(path, 65536, &n);
	if (asprintf(&wanted, "--conf-file=%s", conf) < 0)
		wanted = NULL;
	for (const char *at = words; words && wanted && at < words + n; at += strlen(at) + 1)
		if (strcmp(at, wanted) == 0)
			return true;
	error_reset();
	return false;
}

pid_t dnsmasq_find(const struct dnsmasq_files *files)
{
	CLEANUP_FREE char *text = fd_read_regular_file(files->pid, 64, NULL);
	long pid = text ? strtol(text, NULL, 10) : 0;

	if (!text)
		error_reset();
	return pid > 1 && pid <= INT32_MAX && is_ours((pid_t)pid, files->conf) ? (pid_t)pid : 0;
}

/* Whether it ended within that time. process: its descriptor, or -1 where the system has none. */
static bool wait_end(const struct dnsmasq_files *files, int process, pid_t pid)
{
	enum { LOOK_MS = 10 };
	struct pollfd p = {.fd = process, .events = POLLIN};

	for (int waited = 0; waited < PATIENCE_MS; waited += LOOK_MS)
		if (poll(&p, 1, LOOK_MS) > 0 || (process < 0 && dnsmasq_find(files) != pid))
			return true;
	return false;
}

static void signal_it(int process, pid_t pid, int number)
{
	if (process >= 0)
		pidfd_send_signal(process, number, NULL, 0);
	else
		kill(pid, number);
}

void dnsmasq_stop(const struct dnsmasq_files *files)
{
	pid_t pid = dnsmasq_find(files);
	CLEANUP_CLOSE int process = pid ? pidfd_open(pid, 0) : -1;

	/* looked at again: what is opened is what was found */
	if (pid && dnsmasq_find(files) == pid) {
		signal_it(process, pid, SIGTERM);
		if (!wait_end(files, process, pid)) {
			log_warning("dnsmasq %d does not end, and is killed", (int)pid);
			signal_it(process, pid, SIGKILL);
			wait_end(files, process, pid);
		}
	}
	unlink(files->pid);
	unlink(files->conf);
	unlink(files->hosts);
	unlink(files->names);
}

/* -- its files -- */

/* A file that it reads again once it is no longer root. */
static int write_readable(const char *path, const char *text)
{
	if (!text || place_write_volatile(FROM_NETWORK, path, text) < 0)
		return -1;
	if (chmod(path, 0644) < 0)
		return error_errno(FROM_NETWORK, errno, "cannot write %s", path);
	return 0;
}

static int write_tables(const struct dnsmasq_files *files, const struct def *def)
{
	CLEANUP_FREE char *hosts = dnsmasq_hosts(def), *names = hosts ? dnsmasq_names(def) : NULL;

	if (!hosts || !names || write_readable(files->hosts, hosts) < 0)
		return -1;
	return write_readable(files->names, names);
}

/* The folder of a file, which others may enter, but not list. */
static int make_folder(const char *file, mode_t mode)
{
	CLEANUP_FREE char *folder = strdup(file);

	if (!folder)
		return error_oom();
	*strrchr(folder, '/') = '\0';
	if (place_make(FROM_NETWORK, folder) < 0)
		return -1;
	if (chmod(folder, mode) < 0)
		return error_errno(FROM_NETWORK, errno, "cannot use the folder %s", folder);
	return 0;
}

int dnsmasq_start(const struct dnsmasq_files *files, const struct def *def)
{
	CLEANUP_FREE char *conf = NULL, *argument = NULL;
	CLEANUP_COMMAND struct command_end end = {0};
	const char *argv[] = {"dnsmasq", NULL, NULL};

	if (!dnsmasq_wanted(def))
		return 0;
	if (!(conf = dnsmasq_conf(def, files)) || make_folder(files->conf, 0700) < 0 ||
		make_folder(files->leases, 0711) < 0 || write_tables(files, def) < 0 ||
		place_write_volatile(FROM_NETWORK, files->conf, conf) < 0)
		return -1;
	if (asprintf(&argument, "--conf-file=%s", files->conf) < 0) {
		argument = NULL;
		return error_oom();
	}
	argv[1] = argument;
	/* it goes to the background when it serves */
	if (command_try(argv, &end) < 0)
		return error_suffix("network '%s' needs it for addresses and names", def_name(def));
	if (end.status)
		return error_set(FROM_NETWORK, ERR_INTERNAL_ERROR,
						 "network '%s' has no dnsmasq, exit status %d: %s", def_name(def),
						 end.status, end.err);
	return 0;
}

int dnsmasq_refresh(const struct dnsmasq_files *files, const struct def *def)
{
	pid_t pid = dnsmasq_find(files);

	if (!pid)
		return dnsmasq_start(files, def);
	if (write_tables(files, def) < 0)
		return -1;
	return kill(pid, SIGHUP) < 0 ? error_errno(FROM_NETWORK, errno, "cannot tell dnsmasq") : 0;
}
