/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which packets pass the host from and to its networks. The policy is libvirt's; what came first in
 * its chains comes first here. The table holds no rules for the host itself: an acceptance here
 * would not undo a refusal elsewhere.
 *
 * The library is loaded when there is something to say to it, so that programs which only call a
 * daemon do not load it.
 */
#include "config.h"
#include "drivers/network/firewall.h"

#include "base/error.h"
#include "conf/network-rules.h"

#include <dlfcn.h>
#include <nftables/libnftables.h>
#include <pthread.h>
#include <string.h>

#define TABLE "inet rvirt_network"

/* -- the text -- */

static const char *mode_of(const struct def *def)
{
	const char *mode = node_attr(node_child(def->root, "forward"), "mode");

	return mode ? mode : "none";
}

static bool is_nat(const struct def *def, int family)
{
	return strcmp(mode_of(def), "nat") == 0 &&
		   (family == AF_INET || node_attr_is(node_child(def->root, "forward/nat"), "ipv6", "yes"));
}

/* Networks of modes that have rules; their bridges' names were looked at when they started. */
static bool has_rules(const struct def *def)
{
	static const char *const modes[] = {"none", "nat", "route", NULL};

	for (size_t i = 0; modes[i]; i++)
		if (strcmp(mode_of(def), modes[i]) == 0)
			return true;
	return false;
}

static const char *bridge_of(const struct def *def)
{
	return node_attr(node_child(def->root, "bridge"), "name");
}

/* `iifname "eth0" `, or nothing where the network is not bound to a device; in text. */
static const char *device(const struct def *def, const char *direction, char text[64])
{
	const char *dev = node_attr(node_child(def->root, "forward"), "dev");

	*text = '\0';
	if (dev)
		snprintf(text, 64, "%s \"%.20s\" ", direction, dev);
	return text;
}

/* What the rules say of an <ip>. */
struct net {
	const char *family; /* "ip" */
	int af;
	char cidr[ADDRESS_TEXT_LEN + 8];
};

static void read_net(const struct node *ip, struct net *net)
{
	char text[ADDRESS_TEXT_LEN];
	struct address a;
	int prefix = network_ip_prefix(ip, &a), bits = a.family == AF_INET ? 32 : 128;

	for (int i = prefix < 0 ? 0 : prefix; i < bits; i++)
		a.bytes[i / 8] &= (unsigned char)~(128 >> (i % 8));
	a.scope = 0;
	net->family = a.family == AF_INET ? "ip" : "ip6";
	net->af = a.family;
	snprintf(net->cidr, sizeof net->cidr, "%s/%d", address_format(&a, text), prefix);
}

static int inward(struct buf *b, const struct def *def)
{
	const char *bridge = bridge_of(def);
	char dev[64];
	int r = 0;

	device(def, "iifname", dev);
	NODE_EACH(ip, def->root, "ip")
	{
		struct net net;

		read_net(ip, &net);
		if (r < 0 || strcmp(mode_of(def), "none") == 0)
			break;
		r = buf_printf(b, "    %soifname \"%s\" %s daddr %s %saccept\n", dev, bridge, net.family,
					   net.cidr,
					   is_nat(def, net.af) ? "ct state established,related counter " : "counter ");
	}
	return r < 0 ? r : buf_printf(b, "    oifname \"%s\" counter reject\n", bridge);
}

static int outward(struct buf *b, const struct def *def)
{
	const char *bridge = bridge_of(def);
	char dev[64];
	int r = 0;

	device(def, "oifname", dev);
	NODE_EACH(ip, def->root, "ip")
	{
		struct net net;

		read_net(ip, &net);
		if (r < 0 || strcmp(mode_of(def), "none") == 0)
			break;
		r = buf_printf(b, "    iifname \"%s\" %s%s saddr %s counter accept\n", bridge, dev,
					   net.family, net.cidr);
	}
	return r < 0 ? r : buf_printf(b, "    iifname \"%s\" counter reject\n", bridge);
}

/* What masquerading turns addresses and ports into; the text begins with a blank. */
static void translation(const struct def *def, const struct net *net, bool ports, char text[192])
{
	const struct node *nat = node_child(def->root, "forward/nat");
	const struct node *address = node_child(nat, "address"), *port = node_child(nat, "port");
	const char *start = node_attr(port, "start"), *end = node_attr(port, "end");
	bool own = address && net->af == AF_INET;
	char range[32] = "";

	/* ports below 1024 are some servers' idea of trust: guests don't get them */
	if (ports)
		snprintf(range, sizeof range, ":%s-%s", start ? start : "1024", end ? end : "65535");
	if (own)
		snprintf(text, 192, "snat %s to %s-%s%s", net->family, node_attr(address, "start"),
				 node_attr(address, "end"), range);
	else
		snprintf(text, 192, "masquerade%s%s", ports ? " to " : "", range);
}

static int masquerade(struct buf *b, const struct def *def, const struct net *net)
{
	static const char *const protocols[] = {"meta l4proto tcp ", "meta l4proto udp ", ""};
	const char *multicast = net->af == AF_INET ? "224.0.0.0/24" : "ff02::/16", *f = net->family;
	char dev[64], into[192];
	int r;

	device(def, "oifname", dev);
	r = buf_printf(b, "    %s%s saddr %s %s daddr %s counter return\n", dev, f, net->cidr, f,
				   multicast);
	if (r == 0 && net->af == AF_INET)
		r = buf_printf(b, "    %sip saddr %s ip daddr 255.255.255.255 counter return\n", dev,
					   net->cidr);
	for (size_t i = 0; i < 3 && r == 0; i++) {
		translation(def, net, *protocols[i], into);
		r = buf_printf(b, "    %s%s%s saddr %s %s daddr != %s counter %s\n", protocols[i], dev, f,
					   net->cidr, f, net->cidr, into);
	}
	return r;
}

static int translations(struct buf *b, const struct def *def)
{
	int r = 0;

	NODE_EACH(ip, def->root, "ip")
	{
		struct net net;

		read_net(ip, &net);
		if (r == 0 && is_nat(def, net.af))
			r = masquerade(b, def, &net);
	}
	return r;
}

static int crossing(struct buf *b, const struct def *def)
{
	return buf_printf(b, "    iifname \"%s\" oifname \"%s\" counter accept\n", bridge_of(def),
					  bridge_of(def));
}

/* A chain with the rules of every network. */
static int chain(struct buf *b, const struct def *const *networks, const char *name,
				 const char *hook, int (*write)(struct buf *b, const struct def *def))
{
	int r = buf_printf(b, "  chain %s {\n%s", name, hook);

	for (; r == 0 && *networks; networks++)
		if (has_rules(*networks))
			r = write(b, *networks);
	return r < 0 ? r : buf_puts(b, "  }\n");
}

char *firewall_text(const struct def *const *networks)
{
	CLEANUP_BUF struct buf b = {0};
	bool any = false;

	for (size_t i = 0; networks[i]; i++)
		any = any || has_rules(networks[i]);
	/* that it is there makes that it can be deleted */
	if (buf_puts(&b, "table " TABLE "\ndelete table " TABLE "\n") < 0)
		return NULL;
	if (!any)
		return buf_steal_text(&b);
	if (buf_puts(&b, "table " TABLE " {\n") < 0 || chain(&b, networks, "cross", "", crossing) < 0 ||
		chain(&b, networks, "in", "", inward) < 0 || chain(&b, networks, "out", "", outward) < 0 ||
		buf_puts(&b, "  chain forward {\n"
					 "    type filter hook forward priority filter; policy accept;\n"
					 "    jump cross\n    jump in\n    jump out\n  }\n") < 0 ||
		chain(&b, networks, "postrouting",
			  "    type nat hook postrouting priority srcnat; policy accept;\n",
			  translations) < 0 ||
		buf_puts(&b, "}\n") < 0)
		return NULL;
	return buf_steal_text(&b);
}

/* -- nftables -- */

/* What is used of the library. */
struct library {
	struct nft_ctx *(*new)(uint32_t flags);
	void (*free)(struct nft_ctx *ctx);
	int (*buffer_output)(struct nft_ctx *ctx);
	int (*buffer_error)(struct nft_ctx *ctx);
	const char *(*get_error)(struct nft_ctx *ctx);
	int (*run)(struct nft_ctx *nft, const char *text);
};

static int load_library(struct library *lib)
{
	static const char file[] = "libnftables.so.1";
	/* stays loaded: there is only one, and others may use it */
	void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	struct {
		const char *name;
		void *at;
	} symbols[] = {
		{"nft_ctx_new", &lib->new},
		{"nft_ctx_free", &lib->free},
		{"nft_ctx_buffer_output", &lib->buffer_output},
		{"nft_ctx_buffer_error", &lib->buffer_error},
		{"nft_ctx_get_error_buffer", &lib->get_error},
		{"nft_run_cmd_from_buffer", &lib->run},
	};

	for (size_t i = 0; handle && i < sizeof symbols / sizeof symbols[0]; i++) {
		void *symbol = dlsym(handle, symbols[i].name);

		if (!symbol)
			handle = NULL;
		memcpy(symbols[i].at, &symbol, sizeof symbol);
	}
	if (handle)
		return 0;
	return error_set(FROM_NETWORK, ERR_OPERATION_UNSUPPORTED,
					 "networks need nftables: %s; on Debian: apt-get install nftables", dlerror());
}

static int run(const struct library *lib, const char *text)
{
	struct nft_ctx *ctx = lib->new (NFT_CTX_DEFAULT);
	const char *words;
	int r = 0;

	if (!ctx)
		return error_oom();
	lib->buffer_output(ctx);
	lib->buffer_error(ctx);
	if (lib->run(ctx, text) != 0) {
		words = lib->get_error(ctx);
		r = error_set(FROM_NETWORK, ERR_INTERNAL_ERROR, "nftables refuses the rules: %s",
					  words ? words : "");
	}
	lib->free(ctx);
	return r;
}

int firewall_load(const char *text)
{
	/* the library's parser has state of its own */
	static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
	struct library lib;
	int r;

	pthread_mutex_lock(&one);
	r = load_library(&lib);
	if (r == 0)
		r = run(&lib, text);
	pthread_mutex_unlock(&one);
	return r;
}
