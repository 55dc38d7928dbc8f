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
#include <stdio.h>
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

/* The URI that a gateway needs in order to choose the daemon: what the daemon will be asked to
 * open, its host, query and odd paths left out. Empty: any daemon. */
static int gateway_uri(const struct uri *uri, struct buf *out)
{
	CLEANUP_URI struct uri *named = NULL;
	const struct uri *of = uri;

	if (uri_param(uri, URI_NAME)) {
		if (!*uri->name || uri_parse(uri->name, &named) < 0)
			return 0; /* the far daemon is the judge of it */
		of = named;
	} else if (!*uri->name)
		return 0;
	return buf_printf(out, "%s://%s", of->driver, is_harmless(of->raw_path) ? of->raw_path : "/");
}

/* SOCKET as a word for sh. */
static int put_socket(const struct uri *uri, bool readonly, struct buf *out)
{
	const char *socket = uri_param(uri, URI_SOCKET);
	const char *daemon = "libvirt", *suffix = readonly ? "-ro" : "";
	CLEANUP_FREE char *direct = NULL;

	if (socket)
		return put_word(out, socket);
	if (param_is(uri, URI_MODE, "direct")) {
		if (asprintf(&direct, "virt%sd", uri->driver) < 0)
			return error_oom();
		daemon = direct;
	}
	if (!strcmp(uri->path, "/session"))
		return buf_printf(out, "\"${XDG_RUNTIME_DIR:-$HOME/.cache}/libvirt/%s-sock\"", daemon);
	return buf_printf(out, "\"/var/run/libvirt/%s-sock%s\"", daemon, suffix);
}

static int put_not_found(const char *what, const struct uri *uri, struct buf *out)
{
	const char *host = uri_host(uri);

	return buf_printf(out, "{ echo \"%s found on %s\" >&2; exit 127; }", what,
					  is_harmless(host) ? host : "the host");
}

/* Runs netcat, whose flavours differ in whether they end when their input does: those that have -q
 * must be told to. */
static int put_netcat(const struct uri *uri, bool readonly, const char *not_found, struct buf *out)
{
	const char *netcat = uri_param(uri, URI_NETCAT);

	if (buf_puts(out, "n=") < 0 || put_word(out, netcat ? netcat : "nc") < 0 ||
		buf_puts(out, "; s=") < 0 || put_socket(uri, readonly, out) < 0)
		return -1;
	if (buf_puts(out, "; command -v \"$n\" >/dev/null 2>&1 || ") < 0 ||
		put_not_found(not_found, uri, out) < 0)
		return -1;
	return buf_puts(out, "; case \"$(\"$n\" -q 2>&1 </dev/null)\" in *\"requires an argument\"*) "
						 "exec \"$n\" -q0 -U \"$s\";; esac; exec \"$n\" -U \"$s\"");
}

static int refuse(const char *what)
{
	return error_set(FROM_URI, ERR_INVALID_ARG, "%s", what);
}

static int native(const struct uri *uri, bool readonly, struct buf *out)
{
	const char *socket = uri_param(uri, URI_SOCKET);
	const char *mode = uri_param(uri, URI_MODE);

	if (socket && (*socket != '/' || !is_harmless(socket)))
		return refuse(
			"proxy=native passes no shell syntax: the socket must be an absolute path of letters, "
			"digits and /._-+:@,% only");
	if (mode && strcmp(mode, "auto") != 0 && !socket)
		return refuse(
			"proxy=native passes no shell syntax, so no mode either: name the socket with socket=, "
			"or leave proxy= out");
	if (buf_puts(out, "rvirt-gateway") < 0)
		return -1;
	if (socket)
		return buf_printf(out, " -U %s", socket);
	if (buf_puts(out, readonly ? " -r " : " ") < 0)
		return -1;
	return gateway_uri(uri, out);
}

/* The gateways by name, each in its turn. */
static int put_gateways(const struct uri *uri, bool readonly, struct buf *out)
{
	CLEANUP_BUF struct buf name = {0};
	const char *mode = uri_param(uri, URI_MODE);

	if (uri_param(uri, URI_SOCKET)) {
		if (buf_puts(out, "command -v rvirt-gateway >/dev/null 2>&1 && exec rvirt-gateway -U ") <
				0 ||
			put_word(out, uri_param(uri, URI_SOCKET)) < 0)
			return -1;
		return buf_puts(out, "; ");
	}
	if (gateway_uri(uri, &name) < 0)
		return -1;
	if (mode && buf_len(&name) && buf_printf(&name, "?mode=%s", mode) < 0)
		return -1;
	return buf_printf(out,
					  "for g in rvirt-gateway virt-ssh-helper; do "
					  "command -v $g >/dev/null 2>&1 && exec $g %s\"%s\"; done; ",
					  readonly ? "-r " : "", buf_len(&name) ? (char *)buf_at(&name) : "");
}

int ssh_remote_command(const struct uri *uri, bool readonly, struct buf *out)
{
	bool has_netcat = uri_param(uri, URI_NETCAT) && *uri_param(uri, URI_NETCAT);
	bool only_netcat = has_netcat || param_is(uri, URI_PROXY, "netcat");

	if (uri_param(uri, URI_NETCAT) && (!has_netcat || *uri_param(uri, URI_NETCAT) == '-'))
		return refuse("the URI parameter netcat must name a program");
	if (uri_param(uri, URI_SOCKET) && !*uri_param(uri, URI_SOCKET))
		return refuse("the URI parameter socket must name a socket");
	if (param_is(uri, URI_PROXY, "native"))
		return has_netcat ? refuse("netcat path not valid with native proxy mode")
						  : native(uri, readonly, out);
	if (buf_puts(out, "sh -c '") < 0)
		return -1;
	if (!only_netcat && put_gateways(uri, readonly, out) < 0)
		return -1;
	if (put_netcat(uri, readonly,
				   only_netcat ? "no $n" : "none of rvirt-gateway, virt-ssh-helper, nc", out) < 0)
		return -1;
	return buf_puts(out, "'");
}
