/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The addresses that dnsmasq has given to clients. Its file has a line for each: when it ends, the
 * MAC address (of IPv6, the association's number), the address, the name, the client's identifier;
 * and one word of its own, "duid", where those of IPv6 begin.
 */
#include "config.h"
#include "drivers/network/leases.h"

#include "base/cleanup.h"
#include "base/fd.h"
#include "conf/address.h"
#include "conf/network-rules.h"
#include "conf/value.h"
#include "drivers/network/network.h"
#include "drivers/network/ops.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

enum { LEASES_MAX_LEN = 32 << 20, LEASES_MAX = 65536 };

static const char *unless_star(const char *text)
{
	return text && strcmp(text, "*") != 0 ? text : NULL;
}

/* The MAC address in a client's identifier that is made of one (RFC 8415, 11.2 and 11.4). */
static void mac_of_duid(const char *duid, char text[64])
{
	const char *at = NULL;

	if (strncasecmp(duid, "00:01:00:01:", 12) == 0 && strlen(duid) == 41)
		at = duid + 24;
	else if (strncasecmp(duid, "00:03:00:01:", 12) == 0 && strlen(duid) == 29)
		at = duid + 12;
	if (at)
		snprintf(text, 64, "%s", at);
}

static bool read_line(char *line, bool six, struct lease *l)
{
	char *rest = line, *field[5] = {0}, *end;

	for (int i = 0; i < 5; i++)
		if (!(field[i] = strsep(&rest, " ")))
			return false;
	*l = (struct lease){.six = six};
	l->expiry = strtoll(field[0], &end, 10);
	if (*end || end == field[0] || l->expiry < 0 || !*field[2])
		return false;
	l->ip = field[2];
	l->hostname = unless_star(field[3]);
	l->clientid = unless_star(field[4]);
	if (!six) {
		/* the kind of hardware stands before it where that is not Ethernet */
		snprintf(l->mac, sizeof l->mac, "%s", field[1]);
		return true;
	}
	/* temporary addresses have a mark */
	l->iaid = field[1] + (*field[1] == 'T');
	mac_of_duid(field[4], l->mac);
	return true;
}

bool lease_next(char **at, bool *six, struct lease *ret_lease)
{
	char *line;

	while ((line = strsep(at, "\n"))) {
		if (strncmp(line, "duid ", 5) == 0)
			*six = true;
		else if (read_line(line, *six, ret_lease))
			return true;
	}
	return false;
}

/* -- the call -- */

/* The prefix that an address of that family has here, as libvirt finds it: of the first <ip>. */
static unsigned prefix_of(const struct def *def, bool six)
{
	NODE_EACH(ip, def->root, "ip")
	{
		struct address a;
		int prefix = network_ip_prefix(ip, &a);

		if (six && a.family == AF_INET6)
			return (unsigned)node_attr_num(ip, "prefix", 0);
		if (!six && a.family == AF_INET)
			return prefix < 0 ? 0 : (unsigned)prefix;
	}
	return 0;
}

static int text_or_null(const char *text, char **ret)
{
	return text && *text ? object_text(text, ret) : 0;
}

static int wire(const struct lease *l, const char *bridge, unsigned prefix,
				struct rvirt_wire_network_dhcp_lease *w)
{
	w->expirytime = l->expiry;
	w->type = l->six ? RVIRT_IP_ADDR_TYPE_IPV6 : RVIRT_IP_ADDR_TYPE_IPV4;
	w->prefix = prefix;
	return object_text(bridge, &w->iface) < 0 || object_text(l->ip, &w->ipaddr) < 0 ||
				   text_or_null(l->mac, &w->mac) < 0 || text_or_null(l->iaid, &w->iaid) < 0 ||
				   text_or_null(l->hostname, &w->hostname) < 0 ||
				   text_or_null(l->clientid, &w->clientid) < 0
			   ? -1
			   : 0;
}

static int list(char *text, const char *mac, bool results, const struct def *def,
				struct rvirt_wire_leases_count_ret *ret)
{
	const char *bridge = network_bridge(def);
	long long now = time(NULL);
	struct lease l;
	bool six = false;

	while (lease_next(&text, &six, &l)) {
		if ((mac && strcasecmp(mac, l.mac) != 0) || (l.expiry && l.expiry < now))
			continue;
		if (ret->count == LEASES_MAX)
			return network_refuse(ERR_INTERNAL_ERROR, "network '%s' has more than %d leases",
								  def_name(def), LEASES_MAX);
		ret->count++;
		if (results &&
			wire(&l, bridge ? bridge : "", prefix_of(def, six), &ret->leases[ret->n_leases++]) < 0)
			return -1;
	}
	return 0;
}

static size_t count_lines(const char *text)
{
	size_t n = 1;

	while ((text = strchr(text, '\n'))) {
		text++;
		n++;
	}
	return n < LEASES_MAX ? n : LEASES_MAX;
}

/* A copy of the definition, so that the file is read without the lock; and the file's name. */
static int look(struct driver_conn *conn, const struct rvirt_wire_network *net,
				struct def **ret_def, char **ret_path)
{
	NETWORKS_LOCKED(nw, conn);
	const struct object *o = network_find(nw, net);

	if (!o || !(*ret_def = def_copy(o->def)))
		return -1;
	if (asprintf(ret_path, "%s/%s.leases", nw->lib_dir, o->name) >= 0)
		return 0;
	*ret_path = NULL;
	return error_oom();
}

int network_op_network_get_dhcp_leases(struct driver_conn *conn,
									   const struct rvirt_wire_network_get_dhcp_leases_args *args,
									   struct rvirt_wire_leases_count_ret *ret)
{
	CLEANUP(cleanup_def) struct def *def = NULL;
	CLEANUP_FREE char *path = NULL, *text = NULL;
	const char *mac = args->mac;
	unsigned char bytes[6];

	if (args_flags(FROM_NETWORK, args->flags, 0, "networkGetDHCPLeases") < 0)
		return -1;
	if (mac && value_parse_mac(mac, bytes) < 0)
		return network_refuse(ERR_INVALID_MAC, "%s", mac);
	if (look(conn, &args->net, &def, &path) < 0)
		return -1;
	/* not every network has one */
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	text = fd_read_regular_file(path, LEASES_MAX_LEN, NULL);
	if (!text)
		return error_prefix("Unable to read leases file");
	if (args->need_results && !(ret->leases = calloc(count_lines(text), sizeof *ret->leases)))
		return error_oom();
	return list(text, mac, args->need_results, def, ret);
}
