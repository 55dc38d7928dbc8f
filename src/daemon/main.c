/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rvirtd: from the command line to the loop, and back.
 */
#include "config.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/log.h"
#include "daemon/background.h"
#include "daemon/captive.h"
#include "daemon/daemon-log.h"
#include "daemon/options.h"
#include "daemon/peers.h"
#include "daemon/pidfile.h"
#include "daemon/server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>

enum { OTHER_FDS = 64 }; /* descriptors beside those of clients */

/* Everything that the signals' handlers need. */
struct daemon {
	struct options options;
	struct config config;
	struct server server;
	struct captive captive;
	uv_signal_t signals[3];
};

static void terminate(uv_signal_t *signal, int number)
{
	struct daemon *d = signal->data;

	log_info("signal %d: ends", number);
	captive_stop(&d->captive);
	server_stop(&d->server);
}

static void reload(uv_signal_t *signal, int number)
{
	struct daemon *d = signal->data;
	struct config fresh;

	(void)number;
	if (config_read(d->options.config_path, &fresh) < 0) {
		log_error("configuration not reloaded: %s", error_last()->message);
		return;
	}
	config_reload(&d->config, &fresh);
	config_clear(&fresh);
	if (daemon_log_open(&d->config, d->options.background, d->options.verbose) < 0)
		log_error("%s", error_last()->message);
	server_reconfigure(&d->server);
	if (listen_tls_reload(&d->config, d->server.listeners) < 0)
		log_error("the certificates stay as they were: %s", error_last()->message);
	log_info("configuration reloaded");
}

/* The signals alone do not keep the loop. */
static void watch_signals(struct daemon *d, uv_loop_t *loop)
{
	static const struct {
		int number;
		void (*handler)(uv_signal_t *signal, int number);
	} rows[] = {{SIGTERM, terminate}, {SIGINT, terminate}, {SIGHUP, reload}};

	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uv_signal_init(loop, &d->signals[i]);
		d->signals[i].data = d;
		uv_signal_start(&d->signals[i], rows[i].handler, rows[i].number);
		uv_unref((uv_handle_t *)&d->signals[i]);
	}
}

/* As many descriptors as max_clients needs, or as many as there can be. */
static void raise_limit(int max_clients)
{
	struct rlimit limit, wanted;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	wanted = limit;
	wanted.rlim_cur = (rlim_t)max_clients + OTHER_FDS;
	if (limit.rlim_cur >= wanted.rlim_cur)
		return;
	if (wanted.rlim_max < wanted.rlim_cur)
		wanted.rlim_max = wanted.rlim_cur;
	if (setrlimit(RLIMIT_NOFILE, &wanted) == 0)
		return;
	wanted = (struct rlimit){.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
	setrlimit(RLIMIT_NOFILE, &wanted);
	log_warning("max_clients = %d: only %llu descriptors are allowed", max_clients,
				(unsigned long long)limit.rlim_max);
}

static void close_handle(uv_handle_t *handle, void *opaque)
{
	(void)opaque;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

static int begin(struct daemon *d, uv_loop_t *loop)
{
	struct listener *listeners = NULL;
	struct channel *ch;

	if (server_init(&d->server, loop, &d->config, (unsigned)d->options.idle_seconds,
					peers_of_library()) < 0)
		return -1;
	if (d->options.stdio) {
		ch = channel_from_pair(STDIN_FILENO, STDOUT_FILENO, "stdin and stdout");
		return ch ? server_serve_one(&d->server, ch) : -1;
	}
	if (d->options.command && captive_prepare(&d->captive, &d->config) < 0)
		return -1;
	if (listeners_open(&d->config, d->options.network, &listeners) < 0)
		return -1;
	if (server_listen(&d->server, listeners) < 0)
		return -1;
	for (const struct listener *l = listeners; l; l = l->next)
		log_info("listens on %s", l->name);
	return d->options.command ? captive_start(&d->captive, &d->server, d->options.command) : 0;
}

/* The loop, from begin to end. 0, or -1 with the error set. */
static int serve(struct daemon *d, int ready_fd)
{
	struct error cause = {0};
	uv_loop_t loop;
	int r;

	if (uv_loop_init(&loop) < 0)
		return error_set(FROM_RPC, ERR_SYSTEM_ERROR, "cannot make an event loop");
	watch_signals(d, &loop);
	r = begin(d, &loop);
	if (r == 0) {
		background_ready(ready_fd);
		sd_notify(0, "READY=1");
	} else {
		error_take(&cause);
		server_stop(&d->server);
	}
	uv_run(&loop, UV_RUN_DEFAULT);
	sd_notify(0, "STOPPING=1");
	uv_walk(&loop, close_handle, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	/* workers that end wake the loop */
	server_clear(&d->server);
	uv_loop_close(&loop);
	captive_clear(&d->captive);
	if (r < 0)
		error_give(&cause);
	return r;
}

static int run(struct daemon *d)
{
	const char *pid_path = d->options.pid_path;
	int ready_fd = -1, pid_fd = -1, r;

	if (config_read(d->options.config_path, &d->config) < 0)
		return -1;
	if (d->options.background && (ready_fd = background_enter()) < 0)
		return -1;
	if (daemon_log_open(&d->config, d->options.background, d->options.verbose) < 0)
		return -1;
	if (pid_path && (pid_fd = pidfile_take(pid_path)) < 0)
		return -1;
	raise_limit(d->config.max_clients);
	r = serve(d, ready_fd);
	pidfile_drop(pid_path, pid_fd);
	return r;
}

int main(int argc, char **argv)
{
	static struct daemon d;
	int r;

	log_to_fd(STDERR_FILENO, "rvirtd");
	log_set_level(LOG_WARNING_);
	r = options_parse(argc, argv, &d.options);
	if (r <= 0)
		return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	r = run(&d);
	if (r < 0)
		log_error("%s", error_last()->message);
	config_clear(&d.config);
	options_clear(&d.options);
	return r < 0 ? EXIT_FAILURE : d.captive.exit_code;
}
