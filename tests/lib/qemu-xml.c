/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the QEMU driver makes of documents, for tests: the definition, the command line, and whether
 * the real QEMU takes that. Usage: qemu-xml define|argv|run CACHE-DIR FILE…; a line "== NAME"
 * stands before what is said of each file, "error: …" where it was refused.
 */
#include "config.h"

#include "base/error.h"
#include "base/fd.h"
#include "drivers/qemu/alias.h"
#include "drivers/qemu/command.h"
#include "drivers/qemu/define.h"
#include "drivers/qemu/ports.h"
#include "drivers/qemu/prepare.h"
#include "drivers/qemu/qmp.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum { RUN_MS = 30000 };

static struct qmp_loop *loop;
static struct qemu_ports *ports;

/* Where the variables of UEFI are: QEMU_XML_NVRAM. */
static const char *nvram;

static char *find_volume(void *opaque, const char *pool, const char *volume)
{
	char *path = NULL;

	(void)opaque;
	return asprintf(&path, "/volumes/%s/%s", pool, volume) < 0 ? NULL : path;
}

static void print_argv(const struct qemu_command *command)
{
	for (size_t i = 0; i < command->argc; i++)
		printf("%s\n", command->argv[i]);
}

/* Starts QEMU and asks it how it is. */
static int run(const struct qemu_command *command, int listening, int end)
{
	struct qmp *q = NULL;
	pid_t pid = fork();
	int status;

	(void)listening;
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(null, 0);
		dup2(1, 2);
		fcntl(listening, F_SETFD, 0);
		alarm(60);
		execv(command->argv[0], command->argv);
		_exit(127);
	}
	close(listening);
	if (qmp_open(loop, end, NULL, NULL, RUN_MS, &q) == 0) {
		CLEANUP_JSON json_t *value = NULL;

		if (qmp_call(q, "query-status", NULL, RUN_MS, &value) == 0)
			printf("status: %s\n", qmp_text(value, "status"));
		(void)!qmp_call(q, "quit", NULL, RUN_MS, NULL);
		qmp_close(q);
	} else {
		printf("error: %s\n", error_last()->message);
	}
	waitpid(pid, &status, 0);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		printf("error: QEMU ended with status %d\n", status);
	return 0;
}

static int run_prepared(struct domain_def *def, const struct qemu_caps *caps, const char *what)
{
	struct qemu_prepare how = {
		.ports = ports, .nvram_dir = nvram, .dir = "/run/d", .find_volume = find_volume};
	struct qemu_command_env env = {
		.dir = "/run/d", .monitor_fd = -1, .monitor_path = "/run/d/monitor.sock", .vsock_fd = -1};
	CLEANUP_QEMU_COMMAND struct qemu_command command = {0};
	int ends[2] = {-1, -1};

	if (strcmp(what, "run") == 0) {
		const char *dir = getenv("QEMU_XML_DIR");

		how.dir = env.dir = dir ? dir : "/tmp";
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
			return -1;
		env.monitor_fd = ends[1];
	}
	if (qemu_prepare(def, &how) < 0 || qemu_command_build(def, caps, &env, &command) < 0)
		return -1;
	if (strcmp(what, "run") != 0) {
		print_argv(&command);
		return 0;
	}
	/* a pair is no listening socket */
	for (size_t i = 0; i < command.argc; i++) {
		char *server = strstr(command.argv[i], ",server=on,wait=off");

		if (server && strstr(command.argv[i], "id=charmonitor"))
			*server = '\0';
	}
	fflush(stdout);
	return run(&command, ends[1], ends[0]);
}

static int show(struct qemu_caps_cache *cache, const char *what, const char *file)
{
	CLEANUP_FREE char *xml = fd_read_regular_file(file, DOMAIN_XML_MAX, &(size_t){0}), *text = NULL;
	CLEANUP(cleanup_domain_def) struct domain_def *def = NULL;
	CLEANUP_QEMU_CAPS struct qemu_caps *caps = NULL;

	printf("== %s\n", file);
	if (!xml || qemu_define(cache, xml, 0, &def, &caps) < 0)
		return -1;
	if (strcmp(what, "define") != 0)
		return run_prepared(def, caps, what);
	text = domain_def_format(def, DOMAIN_FORMAT_SECURE | DOMAIN_FORMAT_INACTIVE);
	printf("%s", text);
	return 0;
}

int main(int argc, char **argv)
{
	struct qemu_caps_cache *cache;

	if (argc < 4)
		return 2;
	nvram = getenv("QEMU_XML_NVRAM");
	loop = qmp_loop_new();
	ports = qemu_ports_new();
	cache = qemu_caps_cache_new(argv[2], loop);
	for (int i = 3; i < argc; i++)
		if (show(cache, argv[1], argv[i]) < 0)
			printf("error: %s\n", error_last()->message);
	qemu_caps_cache_free(cache);
	qmp_loop_free(loop);
	qemu_ports_free(ports);
	return 0;
}
