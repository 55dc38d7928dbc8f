/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The command of --run.
 */
#include "config.h"
#include "daemon/captive.h"

#include "base/cleanup.h"
#include "base/error.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int captive_prepare(struct captive *c, struct config *config)
{
	const char *tmp = getenv("TMPDIR");
	char *copy;

	/* a URI has to name the socket */
	if (!tmp || *tmp != '/' ||
		tmp[strspn(tmp, "/._-0123456789abcdefghijklmnopqrstuvwxyz"
						"ABCDEFGHIJKLMNOPQRSTUVWXYZ")])
		tmp = "/tmp";
	if (asprintf(&c->dir, "%s/rvirtd-XXXXXX", tmp) < 0) {
		c->dir = NULL;
		return error_oom();
	}
	if (!mkdtemp(c->dir)) {
		error_errno(FROM_RPC, errno, "cannot make a directory in %s", tmp);
		free(steal(&c->dir));
		return -1;
	}
	copy = strdup(c->dir);
	if (!copy)
		return error_oom();
	free(config->unix_sock_dir);
	config->unix_sock_dir = copy;
	return 0;
}

static void ended(uv_process_t *process, int64_t status, int signal)
{
	struct captive *c = process->data;

	c->running = false;
	c->exit_code = signal ? 128 + signal : (int)status;
	uv_close((uv_handle_t *)process, NULL);
	server_stop(c->server);
}

int captive_start(struct captive *c, struct server *server, char **command)
{
	uv_stdio_container_t stdio[3] = {
		{.flags = UV_INHERIT_FD, .data.fd = 0},
		{.flags = UV_INHERIT_FD, .data.fd = 1},
		{.flags = UV_INHERIT_FD, .data.fd = 2},
	};
	uv_process_options_t options = {
		.file = command[0],
		.args = command,
		.exit_cb = ended,
		.stdio = stdio,
		.stdio_count = 3,
	};
	CLEANUP_FREE char *uri = NULL;
	int r;

	if (asprintf(&uri, "test+unix:///default?socket=%s/libvirt-sock", c->dir) < 0) {
		uri = NULL;
		return error_oom();
	}
	if (setenv("RVIRT_DEFAULT_URI", uri, 1) < 0 || setenv("uri", uri, 1) < 0)
		return error_oom();
	c->server = server;
	c->process.data = c;
	r = uv_spawn(server->loop, &c->process, &options);
	if (r < 0) {
		uv_close((uv_handle_t *)&c->process, NULL);
		return error_errno(FROM_RPC, -r, "cannot run %s", command[0]);
	}
	c->running = true;
	return 0;
}

void captive_stop(struct captive *c)
{
	if (c->running)
		uv_process_kill(&c->process, SIGTERM);
}

void captive_clear(struct captive *c)
{
	if (c->dir)
		rmdir(c->dir);
	free(steal(&c->dir));
}
