/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads a URI: libxml2 splits it, this file checks the parts and sorts the parameters into the
 * client's own and the far driver's.
 */
#include "config.h"
#include "transport/uri.h"

#include "base/error.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <libxml/uri.h>
#include <limits.h>
#include <net/if.h>
#include <string.h>
#include <strings.h>

enum { MAX_HOST = 255, MAX_USER = 255, MAX_PARAMS = 256 };

enum kind { TEXT, FLAG, COUNT };

/* A row of uri-params.def. */
struct own_param {
	const char *name;
	enum kind kind;
};

static const struct own_param own_params[URI_N_PARAMS] = {
#define URI_PARAM(id, name, kind) [URI_##id] = {name, kind},
#include "transport/uri-params.def"
#undef URI_PARAM
};

DEFINE_CLEANUP(xml_uri, xmlURIPtr, xmlFreeURI)

static int refuse(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static int refuse(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	error_vset(FROM_URI, ERR_INVALID_ARG, fmt, ap);
	va_end(ap);
	return -1;
}

/* True if text, which may be no URI at all, could hold a password. */
static bool may_hold_password(const char *text)
{
	const char *authority = strstr(text, "//");
	const char *at = authority ? strrchr(authority, '@') : NULL;

	return at && memchr(authority, ':', (size_t)(at - authority));
}

static int refuse_syntax(const char *text)
{
	if (may_hold_password(text))
		return error_set(FROM_URI, ERR_INTERNAL_ERROR,
						 "Unable to parse URI (not shown: it may hold a password)");
	return error_set(FROM_URI, ERR_INTERNAL_ERROR, "Unable to parse URI %s", text);
}

static bool is_plain(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 127)
			return false;
	return true;
}

/* n bytes of raw with their %XX decoded; NULL with the error set, for %00 too. */
static char *decode(const char *raw, size_t n)
{
	char *text;

	if (n == 0)
		text = strdup("");
	else if (memmem(raw, n, "%00", 3)) {
		refuse("the URI has a %%00");
		return NULL;
	} else
		text = xmlURIUnescapeString(raw, (int)n, NULL);
	if (!text)
		error_oom();
	return text;
}

static int decode_part(const char *what, const char *raw, char **ret)
{
	CLEANUP_FREE char *text = decode(raw, strlen(raw));

	if (!text)
		return -1;
	if (!is_plain(text))
		return refuse("the %s of the URI has a control character", what);
	*ret = steal(&text);
	return 0;
}

static int copy_part(const char *text, char **ret)
{
	*ret = strdup(text);
	return *ret ? 0 : error_oom();
}

static int parse_scheme(struct uri *uri, const char *scheme)
{
	const char *plus = strchr(scheme, '+');
	size_t len = plus ? (size_t)(plus - scheme) : strlen(scheme);

	uri->scheme = strdup(scheme);
	uri->driver = strndup(scheme, len);
	if (!uri->scheme || !uri->driver)
		return error_oom();
	if (!plus)
		return 0;
	if (!plus[1])
		return refuse("the URI's scheme '%s' names no transport after '+'", scheme);
	if (copy_part(plus + 1, &uri->transport) < 0)
		return -1;
	for (char *c = uri->transport; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return 0;
}

/* ssh hands user and host to commands that its configuration names, through a shell: what could be
 * syntax there never gets that far, whatever the transport. */
static bool is_safe(const char *text, const char *also)
{
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && (unsigned char)*text < 128 && !strchr(also, *text))
			return false;
	return true;
}

static int parse_user(struct uri *uri, const char *raw)
{
	if (strchr(raw, ':'))
		return refuse(
			"a URI must not hold a password: let ssh or the daemon ask for it, or use keys");
	if (copy_part(raw, &uri->raw_user) < 0 || decode_part("user name", raw, &uri->user) < 0)
		return -1;
	if (!*uri->user)
		return refuse("the URI has an empty user name before '@'");
	if (strlen(uri->user) > MAX_USER)
		return refuse("the URI's user name is longer than %d bytes", MAX_USER);
	if (uri->user[0] == '-')
		return refuse("the URI's user name '%s' begins with '-'", uri->user);
	if (!is_safe(uri->user, "._-+@=,~\\") || uri->user[strlen(uri->user) - 1] == '\\')
		return refuse("the URI's user name '%s' has a character that no user name has", uri->user);
	return 0;
}

/* [address] or [address%25zone], as RFC 6874 writes it; a bare % is understood too. */
static int parse_ip_literal(struct uri *uri, const char *raw)
{
	CLEANUP_FREE char *inside = strndup(raw + 1, strlen(raw) - 2);
	struct in6_addr address;
	char *zone;

	if (!inside)
		return error_oom();
	zone = strchr(inside, '%');
	if (zone) {
		*zone++ = 0;
		if (!strncmp(zone, "25", 2))
			zone += 2;
		if (!*zone || strlen(zone) >= IF_NAMESIZE || !is_safe(zone, "._-~"))
			return refuse("the zone of the address '%s' in the URI names no network interface",
						  raw);
	}
	if (inet_pton(AF_INET6, inside, &address) != 1)
		return refuse("'%s' in the URI is not an IPv6 address", raw);
	if (asprintf(&uri->host, zone ? "%s%%%s" : "%s", inside, zone) < 0) {
		uri->host = NULL;
		return error_oom();
	}
	return 0;
}

static int parse_host(struct uri *uri, const char *raw)
{
	if (copy_part(raw, &uri->raw_host) < 0)
		return -1;
	if (raw[0] == '[')
		return parse_ip_literal(uri, raw);
	if (decode_part("host name", raw, &uri->host) < 0)
		return -1;
	if (strlen(uri->host) > MAX_HOST)
		return refuse("the URI's host name is longer than %d bytes", MAX_HOST);
	if (uri->host[0] == '-')
		return refuse("the URI's host name '%s' begins with '-'", uri->host);
	if (!is_safe(uri->host, "._-~+"))
		return refuse("the URI's host name '%s' has a character that no host name has", uri->host);
	return 0;
}

/* libxml2 drops a port without a host silently. */
static bool has_port_alone(const xmlURI *xml, const char *text)
{
	const char *authority = text + strlen(xml->scheme) + 1;

	if (strncmp(authority, "//", 2) != 0)
		return false;
	return authority[2 + (xml->user ? strlen(xml->user) + 1 : 0)] == ':';
}

static int parse_authority(struct uri *uri, const xmlURI *xml, const char *text)
{
	if (xml->user && parse_user(uri, xml->user) < 0)
		return -1;
	if (!xml->server || !*xml->server)
		return has_port_alone(xml, text) ? refuse("the URI has a port but no host") : 0;
	if (parse_host(uri, xml->server) < 0)
		return -1;
	if (xml->port < 0 || xml->port > 65535)
		return refuse("the URI's port is not from 1 to 65535");
	uri->port = xml->port;
	return 0;
}

static int parse_path(struct uri *uri, const char *raw)
{
	if (*raw && *raw != '/')
		return refuse("expected '%s://' before '%s' in the URI", uri->scheme, raw);
	if (copy_part(raw, &uri->raw_path) < 0)
		return -1;
	return decode_part("path", raw, &uri->path);
}

/* The end of the parameter at text. Its peers know ';' only where no '&' follows: a URI must mean
 * the same to all of them. */
static const char *param_end(const char *text)
{
	const char *end = strchr(text, '&');

	if (!end)
		end = strchr(text, ';');
	return end ? end : text + strlen(text);
}

/* Appends to the far driver's query what stands in the URI; a ';' that separates nothing here must
 * not do so there. */
static int pass_on(struct buf *query, const char *raw, size_t n)
{
	if (buf_len(query) && buf_puts(query, "&") < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if ((raw[i] == ';' ? buf_puts(query, "%3B") : buf_add(query, raw + i, 1)) < 0)
			return -1;
	return 0;
}

static int check_own(const struct own_param *row, const char *value)
{
	char *end;
	long number;

	if (!is_plain(value))
		return refuse("the value of the URI parameter %s has a control character", row->name);
	if (row->kind == TEXT)
		return 0;
	errno = 0;
	number = strtol(value, &end, 10);
	if (errno || !*value || *end || (row->kind == COUNT && (number < 0 || number > INT_MAX / 1000)))
		return refuse("the value of the URI parameter %s must be a number, not '%s'", row->name,
					  value);
	return 0;
}

static int sort_param(struct uri *uri, struct uri_pair *p)
{
	for (int i = 0; i < URI_N_PARAMS; i++)
		if (!strcasecmp(p->name, own_params[i].name)) {
			p->own = true;
			uri->own[i] = p->value;
			return check_own(&own_params[i], p->value);
		}
	if (uri_is_remote(uri) && uri_near_miss(p->name))
		return refuse("unknown URI parameter '%s': did you mean '%s'?", p->name,
					  uri_near_miss(p->name));
	return 0;
}

/* Reads name[=value] of n bytes at raw into the next place of params. */
static int parse_param(struct uri *uri, const char *raw, size_t n, struct buf *passed_on)
{
	struct uri_pair *p = &uri->params[uri->n_params];
	const char *equals = memchr(raw, '=', n);
	size_t name_len = equals ? (size_t)(equals - raw) : n;

	if (name_len == 0)
		return 0;
	if (uri->n_params == MAX_PARAMS)
		return refuse("the URI has more than %d parameters", MAX_PARAMS);
	uri->n_params++;
	p->name = decode(raw, name_len);
	if (!p->name)
		return -1;
	if (!is_plain(p->name))
		return refuse("the name of a URI parameter has a control character");
	p->value = equals ? decode(equals + 1, n - name_len - 1) : strdup("");
	if (!p->value)
		return error_last()->code ? -1 : error_oom();
	if (sort_param(uri, p) < 0)
		return -1;
	return p->own ? 0 : pass_on(passed_on, raw, n);
}

static int parse_params(struct uri *uri, struct buf *passed_on)
{
	const char *text = uri->query;

	uri->params = calloc(MAX_PARAMS + 1, sizeof *uri->params);
	if (!uri->params)
		return error_oom();
	while (*text) {
		const char *end = param_end(text);

		if (parse_param(uri, text, (size_t)(end - text), passed_on) < 0)
			return -1;
		text = *end ? end + 1 : end;
	}
	return 0;
}

static int check_choice(const struct uri *uri, enum uri_param_id id, const char *const *choices,
						const char *list)
{
	const char *value = uri->own[id];

	for (; value && *choices; choices++)
		if (!strcmp(value, *choices))
			return 0;
	return value ? refuse("the URI parameter %s must be one of %s, not '%s'", own_params[id].name,
						  list, value)
				 : 0;
}

static int check_choices(const struct uri *uri)
{
	static const char *const modes[] = {"auto", "direct", "legacy", NULL};
	static const char *const proxies[] = {"auto", "netcat", "native", NULL};
	static const char *const verifies[] = {"normal", "auto", "ignore", NULL};
	static const char *const shares[] = {"no", "auto", "only", NULL};
	const char *idle = uri->own[URI_SHARE_IDLE];

	if (!uri_is_remote(uri))
		return 0;
	if (check_choice(uri, URI_MODE, modes, "auto, direct, legacy") < 0 ||
		check_choice(uri, URI_PROXY, proxies, "auto, netcat, native") < 0 ||
		check_choice(uri, URI_SHARE, shares, "no, auto, only") < 0)
		return -1;
	if (idle && strtol(idle, NULL, 10) < 1)
		return refuse("the URI parameter share_idle must be 1 second or more");
	return check_choice(uri, URI_KNOWN_HOSTS_VERIFY, verifies, "normal, auto, ignore");
}

static int form_name(struct uri *uri, const struct buf *query)
{
	CLEANUP_BUF struct buf name = {0};

	if (uri->own[URI_NAME])
		return copy_part(uri->own[URI_NAME], &uri->name);
	if (!strcmp(uri->driver, "remote"))
		return copy_part("", &uri->name);
	if (buf_printf(&name, "%s://%s", uri->driver, uri->raw_path) < 0)
		return -1;
	if (buf_len(query) &&
		(buf_puts(&name, "?") < 0 || buf_add(&name, buf_at(query), buf_len(query)) < 0))
		return -1;
	if (uri->fragment && buf_printf(&name, "#%s", uri->fragment) < 0)
		return -1;
	uri->name = buf_steal_text(&name);
	return uri->name ? 0 : -1;
}

static int fill(struct uri *uri, const xmlURI *xml, const char *text)
{
	CLEANUP_BUF struct buf passed_on = {0};

	if (!xml->scheme)
		return refuse("URI '%s' does not include a driver name",
					  may_hold_password(text) ? "…" : text);
	if (parse_scheme(uri, xml->scheme) < 0 || parse_authority(uri, xml, text) < 0 ||
		parse_path(uri, xml->path ? xml->path : "") < 0)
		return -1;
	if (xml->fragment && copy_part(xml->fragment, &uri->fragment) < 0)
		return -1;
	if (xml->query_raw &&
		(copy_part(xml->query_raw, &uri->query) < 0 || parse_params(uri, &passed_on) < 0))
		return -1;
	if (uri->user && !uri_is_remote(uri))
		return refuse("the URI has a user name but neither a host nor a transport");
	if (check_choices(uri) < 0)
		return -1;
	return form_name(uri, &passed_on);
}

int uri_parse(const char *text, struct uri **ret_uri)
{
	CLEANUP(cleanup_xml_uri) xmlURIPtr xml = NULL;
	CLEANUP_URI struct uri *uri = NULL;

	error_reset();
	if (strlen(text) > URI_MAX)
		return refuse("the URI is longer than %d bytes", URI_MAX);
	xml = xmlParseURIRaw(text, 1);
	if (!xml)
		return refuse_syntax(text);
	uri = calloc(1, sizeof *uri);
	if (!uri)
		return error_oom();
	if (fill(uri, xml, text) < 0)
		return -1;
	*ret_uri = steal(&uri);
	return 0;
}

void uri_free(struct uri *uri)
{
	if (!uri)
		return;
	for (size_t i = 0; i < uri->n_params; i++) {
		free(uri->params[i].name);
		free(uri->params[i].value);
	}
	free(uri->params);
	free(uri->scheme);
	free(uri->driver);
	free(uri->transport);
	free(uri->user);
	free(uri->host);
	free(uri->path);
	free(uri->query);
	free(uri->fragment);
	free(uri->name);
	free(uri->raw_user);
	free(uri->raw_host);
	free(uri->raw_path);
	free(uri);
}

bool uri_is_remote(const struct uri *uri)
{
	return uri->transport || uri->host;
}

const char *uri_transport(const struct uri *uri)
{
	if (uri->transport)
		return uri->transport;
	return uri->host ? "tls" : "unix";
}

const char *uri_host(const struct uri *uri)
{
	return uri->host ? uri->host : "localhost";
}

const char *uri_param_name(enum uri_param_id id)
{
	return own_params[id].name;
}

const char *uri_param(const struct uri *uri, enum uri_param_id id)
{
	return uri->own[id];
}

bool uri_flag(const struct uri *uri, enum uri_param_id id)
{
	return uri->own[id] && strtol(uri->own[id], NULL, 10) != 0;
}

long long uri_connect_timeout_ms(const struct uri *uri)
{
	long seconds =
		uri->own[URI_CONNECT_TIMEOUT] ? strtol(uri->own[URI_CONNECT_TIMEOUT], NULL, 10) : 0;

	return seconds > 0 ? seconds * 1000LL : -1;
}
