/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Network interfaces of a command line: what they are connected to, and the devices.
 */
#include "config.h"

#include "drivers/qemu/command-impl.h"

static void put_fds(json_t *o, const char *one, const char *many, const int *fds, size_t n)
{
	struct buf b = {0};
	CLEANUP_FREE char *text = NULL;

	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "%s%d", i ? ":" : "", fds[i]);
	text = buf_steal_text(&b);
	put(o, n == 1 ? one : many, text);
}

static void put_user(json_t *o, const struct node *n)
{
	put(o, "type", "user");
	NODE_EACH(ip, n, "ip")
	{
		bool six = is(ip, "family", "ipv6");
		const char *prefix = node_attr(ip, "prefix");

		putf(o, six ? "ipv6-net" : "net", "%s%s%s", node_attr(ip, "address"), prefix ? "/" : "",
			 prefix ? prefix : "");
	}
}

static void put_socket(json_t *o, const struct node *n)
{
	static const char *const keys[][2] = {
		{"server", "listen"}, {"client", "connect"}, {"mcast", "mcast"}, {"udp", "udp"}};
	const struct node *source = node_child(n, "source"), *local = node_child(source, "local");
	const char *address = node_attr(source, "address");

	put(o, "type", "socket");
	for (size_t i = 0; i < 4; i++)
		if (is(n, "type", keys[i][0]))
			putf(o, keys[i][1], "%s:%s", address ? address : "", node_attr(source, "port"));
	if (local)
		putf(o, "localaddr", "%s:%s", node_attr(local, "address"), node_attr(local, "port"));
}

json_t *qemu_netdev_json(const struct node *n, const struct qemu_backend *backend)
{
	static const char *const sockets[] = {"server", "client", "mcast", "udp"};
	json_t *o = json_object();
	bool socket = false;

	for (size_t i = 0; i < 4; i++)
		socket = socket || is(n, "type", sockets[i]);
	if (backend && backend->n_taps) {
		put(o, "type", "tap");
		put_fds(o, "fd", "fds", backend->taps, backend->n_taps);
		if (backend->n_vhosts) {
			put_bool(o, "vhost", true);
			put_fds(o, "vhostfd", "vhostfds", backend->vhosts, backend->n_vhosts);
		}
		if (child_text(node_child(n, "tune"), "sndbuf"))
			put_int(o, "sndbuf", node_num(node_child(n, "tune/sndbuf"), 0));
	} else if (is(n, "type", "user")) {
		put_user(o, n);
	} else if (socket) {
		put_socket(o, n);
	} else if (is(n, "type", "ethernet") && child_attr(n, "target", "dev")) {
		put(o, "type", "tap");
		put(o, "ifname", child_attr(n, "target", "dev"));
		put(o, "script", "no");
		put(o, "downscript", "no");
	} else {
		json_decref(o);
		error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "interface '%s' of type '%s' is not connected",
				  child_attr(n, "mac", "address"), node_attr(n, "type"));
		return NULL;
	}
	putf(o, "id", "host%s", qemu_alias(n));
	return o;
}

static void put_offloads(json_t *o, const struct node *side, const char *prefix)
{
	static const char *const names[] = {"csum", "gso", "tso4", "tso6", "ecn", "ufo"};
	CLEANUP_BUF struct buf key = {0};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (!node_attr(side, names[i]))
			continue;
		/* "csum" of the host's side is just that */
		buf_clear(&key);
		buf_printf(&key, "%s%s", i < 2 && strcmp(prefix, "host_") == 0 ? "" : prefix, names[i]);
		put_onoff(o, (const char *)buf_at(&key), side, names[i]);
	}
	put_onoff(o, "mrg_rxbuf", side, "mrg_rxbuf");
}

static void put_virtio_net(json_t *o, const struct node *n)
{
	const struct node *driver = node_child(n, "driver");
	long long queues = node_attr_num(driver, "queues", 0);

	if (node_attr(driver, "txmode"))
		put(o, "tx", is(driver, "txmode", "timer") ? "timer" : "bh");
	put_onoff(o, "ioeventfd", driver, "ioeventfd");
	put_onoff(o, "event_idx", driver, "event_idx");
	put_offloads(o, node_child(driver, "host"), "host_");
	put_offloads(o, node_child(driver, "guest"), "guest_");
	if (queues > 1) {
		put_bool(o, "mq", true);
		put_int(o, "vectors", 2 * queues + 2);
	}
	put_onoff(o, "rss", driver, "rss");
	put_onoff(o, "hash", driver, "rss_hash_report");
	put_number(o, "rx_queue_size", driver, "rx_queue_size");
	put_number(o, "tx_queue_size", driver, "tx_queue_size");
	put_number(o, "host_mtu", node_child(n, "mtu"), "size");
	put_virtio_options(o, driver);
}

json_t *device_interface(const struct line *l, const struct node *n)
{
	const char *model = child_attr(n, "model", "type");
	json_t *o = json_object();

	if (is(n, "type", "hostdev")) {
		json_decref(o);
		return device_hostdev(l, n);
	}
	if (is_virtio(model)) {
		put_virtio_driver(o, "virtio-net-pci", model);
		put_virtio_net(o, n);
	} else {
		put(o, "driver", model);
	}
	putf(o, "netdev", "host%s", qemu_alias(n));
	put_alias(o, n);
	put(o, "mac", child_attr(n, "mac", "address"));
	put_address(o, l, n);
	put_rom(o, n);
	put_boot(o, l, n);
	return o;
}

void command_interfaces(struct line *l)
{
	size_t i = 0;

	NODE_EACH(n, l->devices, "interface")
	{
		const struct qemu_backend *backend =
			l->env->interfaces && i < l->env->n_interfaces ? &l->env->interfaces[i] : NULL;

		i++;
		if (!is(n, "type", "hostdev"))
			line_json(l, "-netdev", qemu_netdev_json(n, backend));
		line_json(l, "-device", device_interface(l, n));
	}
}
