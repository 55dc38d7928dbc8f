/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * URIs of connections:
 *     driver[+transport]://[user@][host][:port]/[path][?params][#fragment]
 * Parsed by libxml2 (RFC 3986), then read as remote-connection URIs. Nothing here opens anything.
 */
#ifndef TRANSPORT_URI_H
#define TRANSPORT_URI_H

#include "base/buf.h"
#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>

#define URI_MAX 16384 /* bytes of a URI that is read */

enum uri_param_id {
#define URI_PARAM(id, name, kind) URI_##id,
#include "transport/uri-params.def"
#undef URI_PARAM
	URI_N_PARAMS
};

/* A parameter of the query, decoded. */
struct uri_pair {
	char *name, *value;
	bool own; /* one of uri-params.def: not for the far driver */
};

/* A URI as read. Absent parts are NULL unless said otherwise. Decoded texts hold no control
 * characters, except the values of parameters that are the far driver's. */
struct uri {
	char *scheme;    /* driver[+transport], as written */
	char *driver;    /* as written */
	char *transport; /* in lower case; any name: whether it exists is for transport_open() to say */
	char *user;      /* decoded */
	char *host;      /* decoded, without brackets; an IPv6 address may have a zone: fe80::1%eth0 */
	int port;        /* 0: none given */
	char *path;      /* decoded; "" if absent */
	char *query;     /* as written */
	char *fragment;  /* as written */
	struct uri_pair *params;
	size_t n_params;
	char *name; /* what the daemon is asked to open: the URI without transport, user, host, port and
				 * transport parameters, all else as written; "" for driver remote; or name= */

	const char *own[URI_N_PARAMS];        /* into params */
	char *raw_user, *raw_host, *raw_path; /* as written; raw_path is "" if absent */
};

/* Reads text. A wrong URI is refused with what is wrong in it: ERR_INTERNAL_ERROR for syntax and
 * ERR_INVALID_ARG for meaning, both FROM_URI. A password is refused and not repeated in the error.
 */
int uri_parse(const char *text, struct uri **ret_uri);
void uri_free(struct uri *uri);
DEFINE_CLEANUP(uri, struct uri *, uri_free)
#define CLEANUP_URI CLEANUP(cleanup_uri)

/* True if a transport or a host is given: the URI is opened through a daemon. */
bool uri_is_remote(const struct uri *uri);

/* The transport's name: as given, tls where there is only a host, unix where there is neither (a
 * local URI that no driver in this process opens). */
const char *uri_transport(const struct uri *uri);

/* The host, or "localhost". */
const char *uri_host(const struct uri *uri);

/* The name of a transport parameter. */
const char *uri_param_name(enum uri_param_id id);

/* The value of a transport parameter (the last one, where repeated); NULL if not given. */
const char *uri_param(const struct uri *uri, enum uri_param_id id);

/* The value of a FLAG. */
bool uri_flag(const struct uri *uri, enum uri_param_id id);

/* connect_timeout in milliseconds; -1 if not given or 0. */
long long uri_connect_timeout_ms(const struct uri *uri);

/* The URI written back, owned by the caller; what was written with escapes stays so. NULL with
 * NO_MEMORY. */
char *uri_format(const struct uri *uri);

/* Appends how text is read, a line for each part that is there: scheme= driver= transport= user=
 * server= port= path= query= fragment= param=NAME=VALUE (each) name= out=. Control characters in
 * values are shown as %XX. */
int uri_describe(const char *text, struct buf *out);

/* The transport parameter that name probably means though it is spelt otherwise ("knownhosts",
 * "sock"); NULL if it is one, or resembles none. */
const char *uri_near_miss(const char *name);

#endif
