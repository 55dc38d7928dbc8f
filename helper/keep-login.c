/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Keeps a login: one thread waits for clients, and each client has a thread that copies its bytes.
 * Nobody but this user is served, and nothing of the starter's is kept.
 */
#include "config.h"
#include "keep-login.h"

#include "bridge.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "transport/keep.h"
#include "transport/libssh2.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

enum {
	CLIENTS_MAX = 256,
	ASK_MS = 15000, /* how long a client may take to say what it wants, and the host to do it */
	TELL_MS = 1000,
};

DEFINE_CLEANUP(channel, struct channel *, channel_close)

struct keeper {
	struct ssh_session *session;
	char *directory;
	int listener;
	int idle_ms;
	int changed; /* an eventfd: clients or gone did */
	pthread_mutex_t lock;
	int clients;
	bool gone; /* the login is over */
};

/* A connection, and who has it. */
struct client {
	struct keeper *keeper;
	int fd;
};

static void count_client(struct keeper *k, int change, bool gone)
{
	pthread_mutex_lock(&k->lock);
	k->clients += change;
	k->gone = k->gone || gone;
	/* within the lock: who sees the last client gone may end */
	eventfd_write(k->changed, 1);
	pthread_mutex_unlock(&k->lock);
}

/* What the client wants: 0 with its socket and the command. */
static int hear_client(struct channel *ch, int fd, int *ret_data, struct buf *command)
{
	long long until = now_ms() + ASK_MS;
	enum keep_type type;

	if (keep_send(ch, KEEP_HELLO, NULL, 0, until) < 0 || channel_wait(ch, true, false, until) < 0 ||
		keep_take(fd, ret_data) < 0 || keep_receive(ch, &type, command, until) < 0)
		return -1;
	return type == KEEP_RUN && !memchr(buf_at(command), 0, buf_len(command)) ? 0 : -1;
}

static void run_for_client(struct keeper *k, struct channel *ch, int fd)
{
	CLEANUP(cleanup_channel) struct channel *near = NULL, *far = NULL;
	CLEANUP_CLOSE int data = -1;
	CLEANUP_BUF struct buf command = {0};

	if (hear_client(ch, fd, &data, &command) < 0)
		return;
	near = channel_from_socket(data, "the client");
	if (!near)
		return;
	data = -1;
	if (libssh2_run(k->session, (char *)buf_at(&command), now_ms() + ASK_MS, &far) < 0) {
		bool gone = ssh_session_is_dead(k->session);

		if (gone) {
			count_client(k, 0, true);
			keep_send(ch, KEEP_GONE, NULL, 0, now_ms() + TELL_MS);
		} else {
			keep_send_error(ch, KEEP_FAILED, now_ms() + TELL_MS);
		}
		return;
	}
	if (keep_send(ch, KEEP_RUNS, far->how, strlen(far->how), now_ms() + TELL_MS) < 0)
		return;
	if (bridge_run(near, far) < 0)
		keep_send_error(ch, KEEP_FAILED, now_ms() + TELL_MS);
	else
		keep_send(ch, KEEP_DONE, NULL, 0, now_ms() + TELL_MS);
}

static void *serve_client(void *opaque)
{
	struct client c = *(struct client *)opaque;
	struct channel *ch = channel_from_socket(c.fd, "the client");

	free(opaque);
	if (ch)
		run_for_client(c.keeper, ch, c.fd);
	else
		close(c.fd);
	channel_close(ch);
	count_client(c.keeper, -1, ssh_session_is_dead(c.keeper->session));
	return NULL;
}

static bool is_ours(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof peer;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && peer.uid == geteuid();
}

static void take_client(struct keeper *k)
{
	CLEANUP_CLOSE int fd = accept4(k->listener, NULL, NULL, SOCK_CLOEXEC);
	CLEANUP_FREE struct client *c = calloc(1, sizeof *c);
	pthread_t thread;

	if (fd < 0 || !c || !is_ours(fd) || k->clients >= CLIENTS_MAX)
		return;
	*c = (struct client){k, fd};
	count_client(k, 1, false);
	if (pthread_create(&thread, NULL, serve_client, c) != 0) {
		count_client(k, -1, false);
		return;
	}
	pthread_detach(thread);
	steal(&c);
	steal_fd(&fd);
}

/* Until the login is over or nobody wants it any more. */
static void serve(struct keeper *k)
{
	for (;;) {
		struct pollfd fds[2] = {{.fd = k->listener, .events = POLLIN},
								{.fd = k->changed, .events = POLLIN}};
		eventfd_t ignored;
		bool used, gone;
		int n;

		pthread_mutex_lock(&k->lock);
		used = k->clients > 0;
		gone = k->gone;
		pthread_mutex_unlock(&k->lock);
		if (gone)
			return;
		n = poll(fds, 2, used ? -1 : k->idle_ms);
		if (n == 0 || (n < 0 && errno != EINTR))
			return;
		if (fds[1].revents)
			eventfd_read(k->changed, &ignored);
		if (fds[0].revents)
			take_client(k);
	}
}

/* Nobody new can come; who is there goes on. */
static void finish(struct keeper *k)
{
	bool used = true;

	close(k->listener);
	share_sweep(k->directory);
	while (used) {
		eventfd_t ignored;

		pthread_mutex_lock(&k->lock);
		used = k->clients > 0;
		pthread_mutex_unlock(&k->lock);
		if (used)
			eventfd_read(k->changed, &ignored);
	}
	ssh_session_unref(k->session);
	close(k->changed);
	free(k->directory);
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	CLEANUP_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(path) >= sizeof address.sun_path)
		return error_set(FROM_RPC, ERR_INTERNAL_ERROR, "the keeper's path %s is too long", path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	umask(0177);
	if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 128) < 0)
		return error_errno(FROM_RPC, errno, "the keeper cannot listen on %s", path);
	return steal_fd(&fd);
}

/* Leaves the starter: 0 in the process that goes on, 1 in the one that was started. */
static int detach(void)
{
	pid_t pid = fork();

	if (pid < 0)
		return error_errno(FROM_RPC, errno, "cannot make a process");
	if (pid > 0)
		return 1;
	setsid();
	return chdir("/") < 0 ? error_errno(FROM_RPC, errno, "cannot enter /") : 0;
}

static int close_stdio(void)
{
	CLEANUP_CLOSE int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);

	return nowhere < 0 || dup2(nowhere, 0) < 0 || dup2(nowhere, 1) < 0 || dup2(nowhere, 2) < 0 ? -1
																							   : 0;
}

static int keep(struct keeper *k, const struct uri *uri, const char *path,
				const struct transport_options *options)
{
	struct share_settings settings;
	int r;

	if (share_settings_read(uri, &settings) < 0 || ssh_session_open(uri, options, &k->session) < 0)
		return -1;
	k->idle_ms = settings.idle_s * 1000;
	k->directory = strdup(path);
	if (!k->directory)
		return error_oom();
	dirname(k->directory);
	k->changed = eventfd(0, EFD_CLOEXEC);
	k->listener = k->changed < 0 ? error_errno(FROM_RPC, errno, "no eventfd") : listen_at(path);
	if (k->listener < 0)
		return -1;
	r = detach();
	if (r != 0)
		return r;
	return keep_send(options->asker->opaque, KEEP_READY, NULL, 0, -1);
}

int keep_login(const struct uri *uri, const char *path, long long deadline_ms)
{
	struct keeper k = {.lock = PTHREAD_MUTEX_INITIALIZER};
	struct channel *starter = channel_from_pair(STDIN_FILENO, STDOUT_FILENO, "the starter");
	struct asker asker = {.fn = keep_ask, .opaque = starter};
	const struct transport_options options = {
		.in_process = true, .deadline_ms = deadline_ms, .asker = &asker};
	int r;

	signal(SIGPIPE, SIG_IGN);
	if (!starter)
		return 1;
	r = keep(&k, uri, path, &options);
	if (r < 0)
		keep_send_error(starter, KEEP_FAILED, now_ms() + TELL_MS);
	if (r != 0)
		_exit(r < 0);
	if (close_stdio() < 0)
		_exit(1);
	serve(&k);
	finish(&k);
	channel_close(starter);
	return 0;
}
