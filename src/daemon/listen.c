/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What all kinds of listening sockets have in common, and accepting from them.
 */
#include "config.h"
#include "daemon/listen.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/log.h"
#include "transport/tls-channel.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

void listener_free(struct listener *l)
{
	if (!l)
		return;
	close(l->fd);
	tls_context_unref(l->tls);
	free(l->name);
	free(l->path);
	free(l);
}

void listener_unlink(struct listener *l)
{
	struct stat st;

	if (l->path && lstat(l->path, &st) == 0 && st.st_dev == l->dev && st.st_ino == l->ino)
		unlink(l->path);
}

void listeners_free(struct listener *list)
{
	struct listener *next;

	for (; list; list = next) {
		next = list->next;
		listener_unlink(list);
		listener_free(list);
	}
}

int listener_add(struct listener **list, int fd, const char *name, bool is_unix, bool readonly)
{
	struct listener *l = calloc(1, sizeof *l);
	char *copy = strdup(name);

	if (!l || !copy) {
		free(l);
		free(copy);
		close(fd);
		return error_oom();
	}
	*l = (struct listener){
		.next = *list,
		.fd = fd,
		.name = copy,
		.is_unix = is_unix,
		.traits = {.readonly = readonly, .secure = is_unix},
	};
	*list = l;
	return 0;
}

/* TLS over a client's channel. Its peer is named in the log: it may never say who it is. */
static struct channel *wrap(struct listener *l, struct channel *below, const struct sockaddr *peer,
							socklen_t len)
{
	char address[NI_MAXHOST] = "?";
	struct channel *ch;
	char *how;

	getnameinfo(peer, len, address, sizeof address, NULL, 0, NI_NUMERICHOST);
	if (asprintf(&how, "%s, client %s", l->name, address) >= 0) {
		free(below->how);
		below->how = how;
	}
	ch = tls_channel_new(below, l->tls, NULL);
	if (!ch)
		channel_close(below);
	return ch;
}

int listener_accept(struct listener *l, struct channel **ret_channel,
					struct client_traits *ret_traits)
{
	static const int on = 1;
	CLEANUP_CLOSE int fd = -1;
	struct sockaddr_storage peer = {0};
	socklen_t len = sizeof peer;

	do {
		fd = accept4(l->fd, (struct sockaddr *)&peer, &len, SOCK_CLOEXEC);
	} while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
	if (fd < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	if (fd < 0)
		return error_errno(FROM_RPC, errno, "cannot accept");
	*ret_traits = l->traits;
	if (!l->is_unix)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	*ret_channel = channel_from_socket(fd, l->name);
	if (!*ret_channel)
		return -1;
	steal_fd(&fd);
	if (l->tls)
		*ret_channel = wrap(l, *ret_channel, (struct sockaddr *)&peer, len);
	return *ret_channel ? 1 : -1;
}

int listeners_open(const struct config *config, bool network, struct listener **ret_list)
{
	struct listener *list = NULL;
	int r = listen_activated(config, &list);

	if (r == 0)
		r = listen_unix(config, &list);
	if (r == 0 && network && config->listen_tls)
		r = listen_tls(config, &list);
	if (r == 0 && network && config->listen_tcp)
		r = listen_tcp(config, &list);
	if (r < 0) {
		listeners_free(list);
		return -1;
	}
	*ret_list = list;
	return 0;
}
