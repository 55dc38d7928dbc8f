/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules of graphics: where they listen, ports, passwords.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "conf/domain-rules.h"
#include "conf/value.h"
#include "conf/xml.h"

/* The parent's attribute must say the same as the first <listen>, or stands in for it. */
static int same_as_parent(struct node *n, const char *name, const char *in_parent)
{
	CLEANUP_FREE char *old =
		node_child(n->parent, "listen") == n ? xml_attr(n->parent->in, in_parent) : NULL;
	const char *value = node_attr(n, name);

	if (!old)
		return 0;
	if (value && strcmp(value, old) != 0)
		return refuse_config(
			"graphics '%s' attribute '%s' must match '%s' attribute of first listen "
			"element (found '%s')",
			in_parent, old, name, value);
	return value ? 0 : node_set(n, name, old);
}

int rule_listen(struct conf *c, struct node *n)
{
	const char *type = node_attr(n, "type"), *graphics = node_attr(n->parent, "type");
	bool socket = strcmp(type, "socket") == 0, network = strcmp(type, "network") == 0;
	bool address = strcmp(type, "address") == 0;

	(void)c;
	if ((socket || strcmp(type, "none") == 0) && strcmp(graphics, "vnc") != 0 &&
		strcmp(graphics, "spice") != 0)
		return refuse_config("listen type '%s' is not available for graphics type '%s'", type,
							 graphics);
	if (address && same_as_parent(n, "address", "listen") < 0)
		return -1;
	if (socket && same_as_parent(n, "socket", "socket") < 0)
		return -1;
	if (node_attr(n, "network") && !is(n, "network", "") && !network)
		return refuse_xml("'network' attribute is valid only for listen type 'network'");
	if (node_attr(n, "socket") && !is(n, "socket", "") && !socket)
		return refuse_xml("'socket' attribute is valid only for listen type 'socket'");
	if (!address || is(n, "address", ""))
		node_set(n, "address", NULL);
	if (!network || is(n, "network", ""))
		node_set(n, "network", NULL);
	if (!socket || is(n, "socket", ""))
		node_set(n, "socket", NULL);
	return 0;
}

static int listens(struct node *n)
{
	CLEANUP_FREE char *path = is(n, "type", "vnc") ? xml_attr(n->in, "socket") : NULL;
	CLEANUP_FREE char *where = xml_attr(n->in, "listen");
	struct node *first = node_child(n, "listen");

	if (first && !(path && (is(first, "type", "address") || is(first, "type", "network"))))
		return 0;
	if (first) {
		node_set(first, "address", NULL);
		node_set(first, "network", NULL);
	} else if (!(first = node_add(n, "listen"))) {
		return -1;
	}
	if (node_set(first, "type", path ? "socket" : "address") < 0)
		return -1;
	if (path)
		return node_set(first, "socket", path);
	return where && *where ? node_set(first, "address", where) : 0;
}

/* "2010-11-28T14:29:01", with fields that may overflow into the next. */
static int expiry(struct node *n)
{
	const char *text = node_attr(n, "passwdValidTo");
	struct tm tm = {0};
	char rest, out[64];
	time_t when;

	if (!text)
		return 0;
	if (sscanf(text, "%d-%d-%dT%d:%d:%d%c", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
			   &tm.tm_min, &tm.tm_sec, &rest) != 6)
		return refuse_internal(
			"cannot parse password validity time '%s', expect YYYY-MM-DDTHH:MM:SS", text);
	tm.tm_year -= 1900;
	tm.tm_mon--;
	when = timegm(&tm);
	strftime(out, sizeof out, "%Y-%m-%dT%H:%M:%S", gmtime_r(&when, &tm));
	return node_set(n, "passwdValidTo", out);
}

static int vnc(const struct conf *c, struct node *n, const struct node *listen)
{
	const char *text = node_attr(n, "port");
	bool autoport = !text;
	int port = 0;

	if (text && value_parse_int(text, 10, &port) < 0)
		return refuse_internal("cannot parse vnc port %s", text);
	if (port == -1) {
		autoport = true;
		port = 0;
	}
	if (is(n, "autoport", "yes"))
		autoport = true;
	else if (is(n, "autoport", "no"))
		autoport = false;
	if (autoport && !c->live)
		port = 0;
	if (is(n, "connected", "fail") || is(n, "connected", "disconnect"))
		return refuse_config("VNC supports connected='keep' only");
	node_set(n, "port", NULL);
	node_set(n, "autoport", NULL);
	if (is(listen, "type", "socket") || is(listen, "type", "none")) {
		node_set(n, "websocket", NULL);
		node_set(n, "listen", NULL);
		return node_set(n, "socket", node_attr(listen, "socket"));
	}
	if (port ? node_setf(n, "port", "%d", port) < 0 : autoport && node_set(n, "port", "-1") < 0)
		return -1;
	return node_set(n, "autoport", autoport ? "yes" : "no");
}

static int spice(const struct conf *c, struct node *n, struct node *listen)
{
	CLEANUP_FREE char *text = node_attr(n, "port") ? strdup(node_attr(n, "port")) : NULL;
	int port = 0, tls = (int)node_attr_num(n, "tlsPort", 0);
	bool autoport = is(n, "autoport", "yes");

	if (text && value_parse_int(text, 10, &port) < 0)
		return error_set(FROM_XML, ERR_XML_ERROR,
						 "Invalid value for attribute 'port' in element 'graphics': '%s'. Expected "
						 "integer value",
						 text);
	if (port == -1 && tls == -1)
		autoport = true;
	if (autoport && !c->live)
		port = tls = 0;
	node_set(n, "port", NULL);
	node_set(n, "tlsPort", NULL);
	node_set(n, "autoport", NULL);
	if (is(listen, "type", "address") && !port && !tls && !autoport) {
		node_set(listen, "address", NULL);
		if (node_set(listen, "type", "none") < 0)
			return -1;
	}
	if (is(listen, "type", "none")) {
		listen->show |= SHOW_NOMIG;
		if (node_set(n, "autoport", "no") < 0)
			return -1;
		node_show(n, "autoport", SHOW_MIG);
	}
	if (is(listen, "type", "none") || is(listen, "type", "socket"))
		return node_set(n, "listen", NULL);
	if ((port && node_setf(n, "port", "%d", port) < 0) ||
		(tls && node_setf(n, "tlsPort", "%d", tls) < 0))
		return -1;
	return node_set(n, "autoport", autoport ? "yes" : "no");
}

static int rdp(struct node *n)
{
	const char *text = node_attr(n, "port");
	bool autoport = !text;
	int port = 0;

	if (text && value_parse_int(text, 10, &port) < 0)
		return refuse_internal("cannot parse rdp port %s", text);
	autoport = autoport || port == -1 || is(n, "autoport", "yes");
	if (autoport)
		port = 0;
	if (!is(n, "replaceUser", "yes"))
		node_set(n, "replaceUser", NULL);
	if (!is(n, "multiUser", "yes"))
		node_set(n, "multiUser", NULL);
	node_set(n, "port", NULL);
	if (port ? node_setf(n, "port", "%d", port) < 0 : autoport && node_set(n, "port", "0") < 0)
		return -1;
	return node_set(n, "autoport", autoport ? "yes" : NULL);
}

/* The last mode of a channel counts; channels stand in the order of their list. */
static void channels(struct node *n)
{
	const struct row *row = format_find(n->row, ROW_ELEMENT, "channel", NULL, NULL);

	for (const char *const *name = row->rows[0].values; *name; name++) {
		struct node *last = NULL, *next;

		for (struct node *ch = node_child(n, "channel"); ch; ch = next) {
			next = node_next(ch);
			if (!is(ch, "name", *name))
				continue;
			node_remove(last);
			last = ch;
		}
		if (last && is(last, "mode", "any")) {
			node_remove(last);
		} else if (last) {
			node_unlink(last);
			node_insert(n, last, NULL);
		}
	}
}

int rule_graphics(struct conf *c, struct node *n)
{
	bool is_vnc = is(n, "type", "vnc"), is_spice = is(n, "type", "spice");
	struct node *listen;
	int rc;

	(void)c;
	if (!is_vnc && !is_spice && !is(n, "type", "rdp"))
		return 0;
	if (listens(n) < 0 || expiry(n) < 0)
		return -1;
	listen = node_child(n, "listen");
	rc = is_vnc ? vnc(c, n, listen) : is_spice ? spice(c, n, listen) : rdp(n);
	if (rc < 0)
		return -1;
	if (is_spice)
		channels(n);
	for (struct node *l = listen; is_vnc && l; l = node_next(l)) {
		if (node_attr(l, "socket"))
			l->show |= SHOW_NOMIG;
	}
	return is(listen, "type", "none") || is(listen, "type", "socket")
			   ? 0
			   : node_set(n, "listen", node_attr(listen, "address"));
}
