/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Listening sockets: made as the configuration says, or handed over by systemd.
 */
#ifndef DAEMON_LISTEN_H
#define DAEMON_LISTEN_H

#include "daemon/client.h"
#include "daemon/daemon-config.h"
#include "transport/channel.h"
#include "transport/tls-context.h"

#include <netdb.h>
#include <uv.h>

struct server;

struct listener {
	struct listener *next;
	int fd;
	char *name; /* "unix socket PATH", "tcp ADDRESS port PORT" */
	char *path; /* of a unix socket that we made; else NULL */
	dev_t dev;
	ino_t ino;
	bool is_unix;
	struct tls_context *tls;     /* NULL: its clients speak plainly */
	struct client_traits traits; /* of its clients */
	struct server *server;       /* set when poll is in the loop */
	bool accepting;
	uv_poll_t poll;
};

/* Puts one more, over the socket fd, in front of *list; fd is its own from now on in any case. */
int listener_add(struct listener **list, int fd, const char *name, bool is_unix, bool readonly);

void listener_free(struct listener *l);

/* Removes its socket's file, if it is still ours. */
void listener_unlink(struct listener *l);
void listeners_free(struct listener *list);

/* The next client. 1, 0 if there is none, or -1 with the error set. */
int listener_accept(struct listener *l, struct channel **ret_channel,
					struct client_traits *ret_traits);

/* The sockets that config asks for, or those that systemd has opened for us. network: --listen was
 * given. 0, or -1 with the error set, no socket being left. */
int listeners_open(const struct config *config, bool network, struct listener **ret_list);

/* The parts of it. Each adds to *list. */
int listen_unix(const struct config *config, struct listener **list);
int listen_tcp(const struct config *config, struct listener **list);
int listen_tls(const struct config *config, struct listener **list);
int listen_activated(const struct config *config, struct listener **list); /* the count, or -1 */

/* One of the host's ports. */
struct listen_port {
	const char *kind; /* for the sockets' names: "tcp", "tls" */
	const char *key;  /* what the configuration calls its number */
	const char *number;
	struct tls_context *tls; /* shared; NULL: plain */
};

/* Its sockets, on each address that listen_addr stands for. */
int listen_port(const struct config *config, const struct listen_port *port,
				struct listener **list);

/* Lets the clients of a listener speak TLS. ctx is shared. */
void listener_set_tls(struct listener *l, struct tls_context *ctx);

/* The certificates that config names, or those in the customary places; read and checked. 0, or -1
 * with the error set. */
int listen_tls_context(const struct config *config, struct tls_context **ret);

/* Reads the certificates again, for new connections; the others stay. 0, or -1 with the error set
 * and all as before. */
int listen_tls_reload(const struct config *config, struct listener *list);

/* What the socket at an address is called. */
enum { LISTEN_NAME_MAX = NI_MAXHOST + NI_MAXSERV + 16 };
void listen_port_name(const char *kind, const struct sockaddr *address, socklen_t len,
					  char ret[LISTEN_NAME_MAX]);

/* Whether plain tcp may be served there. 0, or -1 with the error set, in the name of the socket. */
int listen_plain_check(const struct config *config, const struct sockaddr *address,
					   const char *name);

/* Where the sockets are: owned by the caller; NULL with the error set. */
char *listen_unix_dir(const struct config *config);

#endif
