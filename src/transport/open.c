/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of transports, and the way from a URI through it to a channel.
 */
#include "config.h"
#include "transport/open.h"

#include "base/error.h"
#include "base/log.h"
#include "transport/ssh-tried.h"
#include "transport/stage.h"
#include "transport/transports.h"

#include <string.h>

/* A transport: its default port (0: it has none of its own), whether others on the way can read it,
 * the transport parameters that it uses besides those of every transport, and how it is opened. */
struct transport {
	const char *name;
	int port;
	bool secure;
	int (*open)(const struct uri *uri, const struct transport_options *options, int port,
				struct channel **ret_channel);
	unsigned params;
};

#define P(id) (1u << URI_##id)

_Static_assert(URI_N_PARAMS <= 32, "a set of parameters fits an unsigned");

static const unsigned common_params =
	P(NAME) | P(AUTH) | P(AUTHFILE) | P(CONNECT_TIMEOUT) | P(DIAL);
static const unsigned libssh2_params =
	P(SOCKET) | P(NETCAT) | P(NO_VERIFY) | P(MODE) | P(PROXY) | P(KEYFILE) | P(NO_TTY) |
	P(KNOWN_HOSTS) | P(KNOWN_HOSTS_VERIFY) | P(SSHAUTH) | P(SHARE) | P(SHARE_IDLE);

static const struct transport transports[] = {
	{"tls", 16514, true, transport_tls_open,
	 P(NO_VERIFY) | P(TLS_PRIORITY) | P(PKIPATH) | P(NO_SANITY)},
	{"unix", 0, true, transport_unix_open, P(SOCKET) | P(MODE)},
	{"tcp", 16509, false, transport_tcp_open, 0},
	{"ssh", 22, true, transport_ssh_open,
	 P(COMMAND) | P(SOCKET) | P(NETCAT) | P(NO_VERIFY) | P(MODE) | P(PROXY) | P(KEYFILE) |
		 P(NO_TTY) | P(KNOWN_HOSTS) | P(KNOWN_HOSTS_VERIFY) | P(SSHAUTH) | P(SHARE) |
		 P(SHARE_IDLE)},
	{"ext", 0, false, transport_ext_open, P(COMMAND) | P(SOCKET)},
	{"libssh2", 22, true, transport_libssh2_open, libssh2_params},
	{"libssh", 22, true, transport_libssh2_open, libssh2_params},
};
/* To add one: a row; its function in a file of its own, declared in transports.h. */

static const struct transport *find(const char *name)
{
	for (size_t i = 0; i < sizeof transports / sizeof transports[0]; i++)
		if (!strcmp(transports[i].name, name))
			return &transports[i];
	return NULL;
}

static void warn_of_idle_params(const struct uri *uri, const struct transport *t)
{
	for (int i = 0; i < URI_N_PARAMS; i++)
		if (uri->own[i] && !((t->params | common_params) & (1u << i)))
			log_warning("the URI parameter %s has no effect on the transport %s",
						uri_param_name((enum uri_param_id)i), t->name);
}

/* What has failed if the channel is there and the peer never says a word. */
static const char *silent_stage(const struct transport *t)
{
	if (t->open == transport_ssh_open)
		return "login";
	if (t->open == transport_libssh2_open)
		return "gateway";
	return t->open == transport_ext_open ? "command" : "socket";
}

/* What has failed if there is no channel and the cause does not say. */
static const char *failed_stage(const struct transport *t)
{
	if (t->open == transport_tls_open)
		return "TLS";
	return t->open == transport_libssh2_open ? "login" : silent_stage(t);
}

int transport_open(const struct uri *uri, const struct transport_options *options,
				   struct channel **ret_channel)
{
	const struct transport *t = find(uri_transport(uri));

	if (!t)
		return error_set(
			FROM_REMOTE, ERR_INVALID_ARG,
			"transport '%s' in the URI is not known: it can be tls, unix, ssh, libssh2, ext or tcp",
			uri_transport(uri));
	warn_of_idle_params(uri, t);
	if (uri_param(uri, URI_DIAL) && !options->in_process)
		return transport_dial_open(uri, options, uri->port, ret_channel);
	if (t->open(uri, options, uri->port ? uri->port : t->port, ret_channel) < 0)
		return stage_put(failed_stage(t));
	(*ret_channel)->stage = silent_stage(t);
	return 0;
}

int transport_explain(const struct uri *uri)
{
	const struct transport *t = find(uri_transport(uri));
	const char *message = error_last()->message;

	if (t && t->open == transport_ssh_open && message && strstr(message, "login: ") &&
		!strstr(message, "; tried: "))
		ssh_tried_explain(uri);
	return -1;
}

bool transport_is_secure(const struct uri *uri)
{
	const struct transport *t = find(uri_transport(uri));

	return t && t->secure && !(t->open == transport_tls_open && uri_flag(uri, URI_NO_VERIFY));
}
