/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What dnsmasq is told of a network: the same as libvirt tells it, so that guests see the same. One
 * function writes every line. dnsmasq takes the rest of a line that is too long for it for another
 * one; so such a line is refused, as is one with a control character in it.
 */
#include "config.h"
#include "drivers/network/dnsmasq-conf.h"

#include "base/error.h"
#include "conf/network-rules.h"

#include <string.h>

enum { LINE_MAX_LEN = 1000 };

#define refuse(...) error_set(FROM_NETWORK, ERR_CONFIG_UNSUPPORTED, __VA_ARGS__)

/* -- lines -- */

/* What is written, and whether all went well. */
struct writer {
	struct buf b;
	const char *network;
	const char *part; /* what the lines are about; NULL: the option that each begins with */
	bool failed;
};

static void line(struct writer *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void line(struct writer *w, const char *fmt, ...)
{
	size_t before = buf_len(&w->b), n;
	const unsigned char *at;
	va_list ap;
	int r;

	if (w->failed)
		return;
	va_start(ap, fmt);
	r = buf_vprintf(&w->b, fmt, ap);
	va_end(ap);
	w->failed = r < 0 || buf_puts(&w->b, "\n") < 0;
	if (w->failed)
		return;
	at = buf_at(&w->b) + before;
	n = buf_len(&w->b) - before - 1;
	w->failed = n > LINE_MAX_LEN;
	for (size_t i = 0; i < n && !w->failed; i++)
		w->failed = at[i] < ' ' || at[i] == 127;
	if (w->failed)
		refuse("network '%s': a value in %.*s is too long or holds a control character", w->network,
			   (int)strcspn(fmt, "=%,"), fmt);
}

/* What can stand between commas, slashes and blanks as one name. */
static const char *name(struct writer *w, const char *what, const char *value)
{
	size_t n = strcspn(value, " ,\"'\\/#[]=\t\r\n");

	if (!w->failed && (value[n] || n == 0 || n > 255)) {
		w->failed = true;
		refuse("network '%s': %s '%s' can't be the name of a host or a domain", w->network, what,
			   value);
	}
	return value;
}

/* A path in quotes, in *ret, which is the caller's. */
static const char *quoted(struct writer *w, const char *path, char **ret)
{
	CLEANUP_BUF struct buf b = {0};
	int r = buf_puts(&b, "\"");

	for (; r == 0 && *path; path++)
		r = buf_printf(&b, strchr("\"\\", *path) ? "\\%c" : "%c", *path);
	if (r == 0)
		r = buf_puts(&b, "\"");
	*ret = r == 0 ? buf_steal_text(&b) : NULL;
	w->failed = w->failed || !*ret;
	return *ret ? *ret : "";
}

static char *finish(struct writer *w)
{
	char *text = w->failed || buf_puts(&w->b, "") < 0 ? NULL : buf_steal_text(&w->b);

	buf_clear(&w->b);
	return text;
}

/* -- of the definition -- */

static int family_of(const struct node *ip)
{
	struct address a;

	network_ip_prefix(ip, &a);
	return a.family;
}

bool dnsmasq_serves(const struct node *ip)
{
	const struct node *dhcp = node_child(ip, "dhcp");

	return node_child(dhcp, "range") || node_child(dhcp, "host");
}

/* The first <ip> of a family that serves addresses, or NULL. */
static const struct node *server_of(const struct def *def, int family)
{
	NODE_EACH(ip, def->root, "ip")
	{
		if (family_of(ip) == family && dnsmasq_serves(ip))
			return ip;
	}
	return NULL;
}

static bool wants_dns(const struct def *def)
{
	return !node_attr_is(node_child(def->root, "dns"), "enable", "no");
}

bool dnsmasq_wanted(const struct def *def)
{
	if (!node_child(def->root, "ip"))
		return false;
	return wants_dns(def) || server_of(def, AF_INET) || server_of(def, AF_INET6);
}

static bool is_isolated(const struct def *def)
{
	const char *mode = node_attr(node_child(def->root, "forward"), "mode");

	return !mode || strcmp(mode, "none") == 0;
}

/* ",infinite", ",2h", or nothing, in text. */
static const char *lease_time(const struct node *n, char text[32])
{
	const struct node *lease = node_child(n, "lease");
	unsigned long long expiry = node_attr_ull(lease, "expiry", 0);
	const char *unit = node_attr(lease, "unit");

	if (!lease)
		*text = '\0';
	else if (!expiry)
		strcpy(text, ",infinite");
	else
		snprintf(text, 32, ",%llu%c", expiry, unit ? *unit : 'm');
	return text;
}

/* -- DNS -- */

static void forwarders(struct writer *w, const struct node *dns)
{
	bool all = false;

	NODE_EACH(f, dns, "forwarder")
	{
		const char *domain = node_attr(f, "domain"), *addr = node_attr(f, "addr");

		if (domain)
			line(w, "server=/%s/%s", name(w, "forwarder", domain), addr ? addr : "#");
		else
			line(w, "server=%s", addr);
		all = all || (addr && !domain);
	}
	if (all)
		line(w, "no-resolv");
}

/* Queries for the names of own addresses are answered here or nowhere. */
static void local_pointers(struct writer *w, const struct def *def)
{
	NODE_EACH(ip, def->root, "ip")
	{
		char text[160] = "", *at = text;
		struct address a;
		int prefix = network_ip_prefix(ip, &a), step = a.family == AF_INET ? 8 : 4;

		if (!node_attr_is(ip, "localPtr", "yes") || w->failed)
			continue;
		if (prefix <= 0 || prefix % step || (a.family == AF_INET && prefix > 24)) {
			w->failed = true;
			refuse("PTR domain for %s network with prefix %d cannot be automatically created",
				   node_attr(ip, "address"), prefix);
			return;
		}
		for (int i = prefix / step; i-- > 0;) {
			if (step == 8)
				at += snprintf(at, 8, "%d.", a.bytes[i]);
			else
				at += snprintf(at, 8, "%x.", i % 2 ? a.bytes[i / 2] & 15 : a.bytes[i / 2] >> 4);
		}
		line(w, "local=/%s%s/", text, step == 8 ? "in-addr.arpa" : "ip6.arpa");
	}
}

static void service(struct writer *w, const struct node *srv)
{
	const char *domain = node_attr(srv, "domain"), *target = node_attr(srv, "target");
	long long port = node_attr_num(srv, "port", 0), priority = node_attr_num(srv, "priority", 0);
	long long weight = node_attr_num(srv, "weight", 0);
	char end[80] = "";

	if (target && strcmp(target, ".") == 0)
		target = NULL;
	if (target && (port || priority || weight))
		snprintf(end, sizeof end, ",%lld", port ? port : 1);
	if (target && (priority || weight))
		snprintf(end + strlen(end), sizeof end - strlen(end), ",%lld", priority);
	if (target && weight)
		snprintf(end + strlen(end), sizeof end - strlen(end), ",%lld", weight);
	line(w, "srv-host=_%s._%s%s%s%s%s%s", node_attr(srv, "service"), node_attr(srv, "protocol"),
		 domain ? "." : "", domain ? name(w, "the domain of a service", domain) : "",
		 target ? "," : "", target ? name(w, "the target of a service", target) : "", end);
}

static void dns_records(struct writer *w, const struct node *dns)
{
	NODE_EACH(txt, dns, "txt")
	{
		const char *value = node_attr(txt, "value");

		line(w, "txt-record=%s,%s", name(w, "a text record", node_attr(txt, "name")),
			 value ? value : "");
	}
	NODE_EACH(srv, dns, "srv")
	service(w, srv);
}

static void dns_options(struct writer *w, const struct def *def)
{
	const struct node *dns = node_child(def->root, "dns"),
					  *domain = node_child(def->root, "domain");
	const char *own = node_attr(domain, "name");

	if (!wants_dns(def))
		line(w, "port=0");
	else
		forwarders(w, dns);
	if (own && node_attr_is(domain, "localOnly", "yes"))
		line(w, "local=/%s/", name(w, "domain", own));
	if (own) {
		line(w, "domain=%s", name(w, "domain", own));
		line(w, "expand-hosts");
	}
	if (!wants_dns(def))
		return;
	local_pointers(w, def);
	if (node_attr_is(dns, "forwardPlainNames", "no")) {
		line(w, "domain-needed");
		line(w, "local=//");
	}
}

/* -- DHCP -- */

static unsigned long range_size(const struct address *start, const struct address *end)
{
	unsigned long size = 0;
	size_t n = start->family == AF_INET ? 4 : 16;

	for (size_t i = n - 3; i < n; i++)
		size = size * 256 + end->bytes[i] - start->bytes[i];
	return size + 1;
}

static void range(struct writer *w, const struct node *n, int family, int prefix,
				  unsigned long *leases)
{
	const char *start = node_attr(n, "start"), *end = node_attr(n, "end");
	struct address a, b, mask = {.family = AF_INET};
	char time[32], text[ADDRESS_TEXT_LEN];

	for (int i = 0; i < prefix && i < 32; i++)
		mask.bytes[i / 8] |= (unsigned char)(128 >> (i % 8));
	if (family == AF_INET6)
		snprintf(text, sizeof text, "%d", prefix);
	line(w, "dhcp-range=%s,%s,%s%s", start, end,
		 family == AF_INET6 ? text : address_format(&mask, text), lease_time(n, time));
	if (address_parse(start, AF_UNSPEC, &a) == 0 && address_parse(end, AF_UNSPEC, &b) == 0)
		*leases += range_size(&a, &b);
}

static void boot(struct writer *w, const struct node *ip)
{
	const struct node *bootp = node_child(ip, "dhcp/bootp");
	const char *root = node_attr(node_child(ip, "tftp"), "root"), *file = node_attr(bootp, "file");
	const char *server = node_attr(bootp, "server");
	CLEANUP_FREE char *quoted_root = NULL, *quoted_file = NULL;

	line(w, "dhcp-no-override");
	line(w, "dhcp-authoritative");
	if (root) {
		line(w, "enable-tftp");
		line(w, "tftp-root=%s", quoted(w, root, &quoted_root));
	}
	if (file)
		line(w, "dhcp-boot=%s%s%s", quoted(w, file, &quoted_file), server ? ",," : "",
			 server ? server : "");
}

static void dhcp_server(struct writer *w, const struct node *ip, unsigned long *leases)
{
	struct address own;
	int prefix = network_ip_prefix(ip, &own);
	char text[ADDRESS_TEXT_LEN];

	NODE_EACH(r, node_child(ip, "dhcp"), "range")
	range(w, r, own.family, prefix, leases);
	if (!node_child(ip, "dhcp/range")) {
		/* only for those that have an address of their own */
		if (own.family == AF_INET6)
			line(w, "dhcp-range=%s,static,%d", address_format(&own, text), prefix);
		else
			line(w, "dhcp-range=%s,static", address_format(&own, text));
	}
	if (own.family == AF_INET)
		boot(w, ip);
}

static void router_advertisements(struct writer *w, const struct def *def)
{
	if (server_of(def, AF_INET6)) {
		line(w, "enable-ra");
		return;
	}
	NODE_EACH(ip, def->root, "ip")
	{
		if (family_of(ip) == AF_INET6)
			line(w, "dhcp-range=%s,ra-only", node_attr(ip, "address"));
	}
}

static void dhcp_options(struct writer *w, const struct def *def, const struct dnsmasq_files *files)
{
	const struct node *four = server_of(def, AF_INET), *six = server_of(def, AF_INET6);
	CLEANUP_FREE char *hosts = NULL, *leases = NULL;
	unsigned long count = 0;

	if (four)
		dhcp_server(w, four, &count);
	if (six)
		dhcp_server(w, six, &count);
	if (count)
		line(w, "dhcp-lease-max=%lu", count);
	if (four || six)
		line(w, "dhcp-hostsfile=%s", quoted(w, files->hosts, &hosts));
	line(w, "dhcp-leasefile=%s", quoted(w, files->leases, &leases));
}

char *dnsmasq_conf(const struct def *def, const struct dnsmasq_files *files)
{
	struct writer w = {.network = def_name(def)};
	const char *mtu = node_attr(node_child(def->root, "mtu"), "size");
	CLEANUP_FREE char *pid = NULL, *names = NULL;

	line(&w, "# Made by rvirt for one of its networks: what is changed here is lost.");
	line(&w, "strict-order");
	dns_options(&w, def);
	line(&w, "pid-file=%s", quoted(&w, files->pid, &pid));
	line(&w, "except-interface=lo");
	line(&w, "bind-dynamic");
	line(&w, "interface=%s", node_attr(node_child(def->root, "bridge"), "name"));
	if (is_isolated(def)) {
		/* no route that leads nowhere, and no way out through the host's own name servers */
		line(&w, "dhcp-option=3");
		line(&w, "no-resolv");
		line(&w, "ra-param=*,0,0");
	}
	if (wants_dns(def))
		dns_records(&w, node_child(def->root, "dns"));
	dhcp_options(&w, def, files);
	if (wants_dns(def))
		line(&w, "addn-hosts=%s", quoted(&w, files->names, &names));
	if (mtu)
		line(&w, "dhcp-option=option:mtu,%s", mtu);
	router_advertisements(&w, def);
	return finish(&w);
}

/* -- the other files -- */

static void host_six(struct writer *w, const struct node *h)
{
	const char *id = node_attr(h, "id"), *host = node_attr(h, "name");
	char time[32];

	line(w, "%s%s%s%s%s[%s]%s", id ? "id:" : "", id ? id : "", id ? "," : "",
		 host ? name(w, "host", host) : "", host ? "," : "", node_attr(h, "ip"),
		 lease_time(h, time));
}

static void host_four(struct writer *w, const struct node *h)
{
	const char *mac = node_attr(h, "mac"), *host = node_attr(h, "name"), *ip = node_attr(h, "ip");
	char time[32];

	if (mac)
		line(w, "%s,%s%s%s%s", mac, ip, host ? "," : "", host ? name(w, "host", host) : "",
			 lease_time(h, time));
	else
		line(w, "%s,%s%s", name(w, "host", host), ip, lease_time(h, time));
}

char *dnsmasq_hosts(const struct def *def)
{
	static const int families[] = {AF_INET, AF_INET6};
	struct writer w = {.network = def_name(def), .part = "a host with an address of its own"};

	for (size_t i = 0; i < 2; i++) {
		const struct node *ip = server_of(def, families[i]);

		NODE_EACH(h, node_child(ip, "dhcp"), "host")
		{
			if (families[i] == AF_INET)
				host_four(&w, h);
			else
				host_six(&w, h);
		}
	}
	return finish(&w);
}

char *dnsmasq_names(const struct def *def)
{
	struct writer w = {.network = def_name(def), .part = "a host in DNS"};

	NODE_EACH(host, node_child(def->root, "dns"), "host")
	{
		/* one name a line, so that no line grows with the number of names */
		NODE_EACH(n, host, "hostname")
		line(&w, "%s %s", node_attr(host, "ip"), name(&w, "host", n->text));
	}
	return finish(&w);
}
