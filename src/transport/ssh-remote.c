/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Composes the remote command. The login shell may be sh, csh or fish, so the line for sh is one
 * word in single quotes without any single quote, exclamation mark or newline inside: values that
 * are not made of harmless characters travel as octal numbers, which printf on the other side turns
 * back.
 */
#include "config.h"
#include "transport/ssh-remote.h"

#include "base/error.h"
#include "transport/transports.h"

#include <ctype.h>
#include <string.h>

/* Characters that are themselves to every shell, anywhere in a word but at its start. */
static bool is_harmless(const char *text)
{
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr("/._-+:@,%", *text))
			return false;
	return true;
}

/* A value as a word within the line for sh. */
static int put_word(struct buf *out, const char *value)
{
	if (is_harmless(value))
		return buf_printf(out, "\"%s\"", value);
	if (buf_puts(out, "\"$(printf %b \"") < 0)
		return -1;
	for (; *value; value++)
		if (buf_printf(out, "\\0%03o", (unsigned char)*value) < 0)
			return -1;
	return buf_puts(out, "\")\"");
}

static bool param_is(const struct uri *uri, enum uri_param_id id, const char *value)
{
	const char *given = uri_param(uri, id);

	return given && !strcmp(given, value);
}

/* What the command is composed from. */
struct plan {
	const struct uri *uri;
	const struct uri
		*opened; /* what the daemon will be asked to open; NULL: it chooses, or is the judge */
	bool readonly;
	struct buf *out;
};

/* The URI that a gateway needs in order to choose the daemon: driver and path. Empty: any daemon.
 */
static int put_gateway_uri(const struct plan *p, struct buf *out)
{
	if (!p->opened)
		return 0;
	return buf_printf(out, "%s://%s", p->opened->driver,
					  is_harmless(p->opened->raw_path) ? p->opened->raw_path : "/");
}

/* SOCKET as a word for sh. */
static int put_socket(const struct plan *p)
{
	const char *socket = uri_param(p->uri, URI_SOCKET), *suffix = p->readonly ? "-ro" : "";
	bool direct = p->opened && param_is(p->uri, URI_MODE, "direct");
	const char *prefix = direct ? "virt" : "libvirt", *driver = direct ? p->opened->driver : "";

	if (socket)
		return put_word(p->out, socket);
	if (p->opened && !strcmp(p->opened->path, "/session"))
		return buf_printf(p->out, "\"${XDG_RUNTIME_DIR:-$HOME/.cache}/libvirt/%s%s%s-sock\"",
						  prefix, driver, direct ? "d" : "");
	return buf_printf(p->out, "\"/var/run/libvirt/%s%s%s-sock%s\"", prefix, driver,
					  direct ? "d" : "", suffix);
}

static int put_not_found(const struct plan *p, const char *what)
{
	const char *host = uri_host(p->uri);

	return buf_printf(p->out, "{ echo \"%s found on %s\" >&2; exit 127; }", what,
					  is_harmless(host) ? host : "the host");
}

/* Runs netcat, whose flavours differ in whether they end when their input does: those that have -q
 * must be told to. */
static int put_netcat(const struct plan *p, const char *not_found)
{
	const char *netcat = uri_param(p->uri, URI_NETCAT);

	if (buf_puts(p->out, "n=") < 0 || put_word(p->out, netcat ? netcat : "nc") < 0 ||
		buf_puts(p->out, "; s=") < 0 || put_socket(p) < 0)
		return -1;
	if (buf_puts(p->out, "; command -v \"$n\" >/dev/null 2>&1 || ") < 0 ||
		put_not_found(p, not_found) < 0)
		return -1;
	return buf_puts(p->out,
					"; case \"$(\"$n\" -q 2>&1 </dev/null)\" in *\"requires an argument\"*) "
					"exec \"$n\" -q0 -U \"$s\";; esac; exec \"$n\" -U \"$s\"");
}

/* The gateways by name, each in its turn. virt-ssh-helper cannot be told a socket. */
static int put_gateways(const struct plan *p)
{
	CLEANUP_BUF struct buf uri = {0};
	const char *mode = uri_param(p->uri, URI_MODE), *socket = uri_param(p->uri, URI_SOCKET);

	if (socket) {
		if (buf_puts(p->out, "command -v rvirt-gateway >/dev/null 2>&1 && "
							 "exec rvirt-gateway -U ") < 0 ||
			put_word(p->out, socket) < 0)
			return -1;
		return buf_puts(p->out, "; ");
	}
	if (put_gateway_uri(p, &uri) < 0)
		return -1;
	if (mode && buf_len(&uri) && buf_printf(&uri, "?mode=%s", mode) < 0)
		return -1;
	return buf_printf(p->out,
					  "for g in rvirt-gateway virt-ssh-helper; do "
					  "command -v $g >/dev/null 2>&1 && exec $g %s\"%s\"; done; ",
					  p->readonly ? "-r " : "", buf_len(&uri) ? (char *)buf_at(&uri) : "");
}

static int refuse(const char *what)
{
	return error_set(FROM_URI, ERR_INVALID_ARG, "%s", what);
}

static int native(const struct plan *p)
{
	const char *socket = uri_param(p->uri, URI_SOCKET), *mode = uri_param(p->uri, URI_MODE);

	if (uri_param(p->uri, URI_NETCAT))
		return refuse("netcat path not valid with native proxy mode");
	if (socket && (*socket != '/' || !is_harmless(socket)))
		return refuse("proxy=native passes no shell syntax: the socket must be an absolute path of "
					  "letters, digits and /._-+:@,% only");
	if (mode && strcmp(mode, "auto") != 0 && !socket)
		return refuse(
			"proxy=native passes no shell syntax, so no mode either: name the socket with "
			"socket=, or leave proxy= out");
	if (buf_puts(p->out, "rvirt-gateway") < 0)
		return -1;
	if (socket)
		return buf_printf(p->out, " -U %s", socket);
	if (buf_puts(p->out, p->readonly ? " -r " : " ") < 0)
		return -1;
	return put_gateway_uri(p, p->out);
}

static int line_for_sh(const struct plan *p)
{
	bool only_netcat = uri_param(p->uri, URI_NETCAT) || param_is(p->uri, URI_PROXY, "netcat");

	if (buf_puts(p->out, "sh -c '") < 0)
		return -1;
	if (!only_netcat && put_gateways(p) < 0)
		return -1;
	if (put_netcat(p, only_netcat ? "no $n" : "none of rvirt-gateway, virt-ssh-helper, nc") < 0)
		return -1;
	return buf_puts(p->out, "'");
}

int ssh_remote_command(const struct uri *uri, bool readonly, struct buf *out)
{
	const char *netcat = uri_param(uri, URI_NETCAT), *socket = uri_param(uri, URI_SOCKET);
	CLEANUP_URI struct uri *named = NULL;
	struct plan plan = {
		.uri = uri, .opened = *uri->name ? uri : NULL, .readonly = readonly, .out = out};

	if (netcat && (!*netcat || *netcat == '-'))
		return refuse("the URI parameter netcat must name a program");
	if (socket && !*socket)
		return refuse("the URI parameter socket must name a socket");
	if (uri_param(uri, URI_NAME)) {
		if (uri_parse(uri->name, &named) < 0)
			error_reset(); /* the far daemon is the judge of it */
		plan.opened = named;
	}
	return param_is(uri, URI_PROXY, "native") ? native(&plan) : line_for_sh(&plan);
}
