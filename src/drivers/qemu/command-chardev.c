/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Character devices of a command line: where the host's side is, and the guest's devices. QEMU 7.2
 * reads no JSON here, so commas in paths are doubled.
 */
#include "config.h"

#include "drivers/qemu/command-impl.h"

static void server_or_reconnect(struct buf *b, const struct node *source)
{
	const struct node *reconnect = node_child(source, "reconnect");

	if (!is(source, "mode", "connect")) {
		opt(b, "server", "on");
		opt(b, "wait", "off");
	} else if (is(reconnect, "enabled", "yes")) {
		opt(b, "reconnect", node_attr(reconnect, "timeout"));
	}
}

static void chardev_tcp(struct buf *b, const struct node *n, const char *id)
{
	const struct node *source = node_child(n, "source");

	buf_puts(b, "socket");
	opt(b, "id", id);
	opt(b, "host", node_attr(source, "host"));
	opt(b, "port", node_attr(source, "service"));
	if (child_is(n, "protocol", "type", "telnet"))
		opt(b, "telnet", "on");
	server_or_reconnect(b, source);
}

static void chardev_udp(struct buf *b, const struct node *n, const char *id)
{
	const struct node *to = NULL, *from = NULL;

	NODE_EACH(source, n, "source")
	{
		if (is(source, "mode", "bind"))
			from = source;
		else
			to = source;
	}
	buf_puts(b, "udp");
	opt(b, "id", id);
	opt(b, "host", node_attr(to, "host") ? node_attr(to, "host") : "127.0.0.1");
	opt(b, "port", node_attr(to, "service"));
	opt(b, "localaddr", from && node_attr(from, "host") ? node_attr(from, "host") : "");
	opt(b, "localport", from && node_attr(from, "service") ? node_attr(from, "service") : "0");
}

static void chardev_spice(struct buf *b, const struct node *n, const char *id)
{
	const char *name = child_attr(n, "target", "name");

	buf_puts(b, "spicevmc");
	opt(b, "id", id);
	opt(b, "name",
		is_called(n, "smartcard")             ? "smartcard"
		: is_called(n, "redirdev")            ? "usbredir"
		: text_is(name, "com.redhat.spice.0") ? "vdagent"
											  : name);
}

static void chardev_path(struct buf *b, const struct node *n, const char *kind, const char *id)
{
	const struct node *source = node_child(n, "source");

	buf_puts(b, kind);
	opt(b, "id", id);
	opt(b, "path", node_attr(source, "path"));
	if (is(n, "type", "file"))
		opt(b, "append", node_attr(source, "append"));
	if (is(n, "type", "unix"))
		server_or_reconnect(b, source);
}

void command_chardev(struct line *l, const struct node *n, const char *alias)
{
	const struct node *log = node_child(n, "log");
	const char *type = node_attr(n, "type");
	CLEANUP_BUF struct buf id = {0};
	struct buf b = {0};
	const char *name;

	buf_printf(&id, "char%s", alias);
	name = (const char *)buf_at(&id);
	if (text_is(type, "tcp"))
		chardev_tcp(&b, n, name);
	else if (text_is(type, "udp"))
		chardev_udp(&b, n, name);
	else if (text_is(type, "spicevmc"))
		chardev_spice(&b, n, name);
	else if (text_is(type, "unix"))
		chardev_path(&b, n, "socket", name);
	else if (text_is(type, "dev"))
		chardev_path(&b, n, is_called(n, "parallel") ? "parallel" : "serial", name);
	else if (text_is(type, "file") || text_is(type, "pipe"))
		chardev_path(&b, n, type, name);
	else if (text_is(type, "spiceport")) {
		buf_puts(&b, "spiceport");
		opt(&b, "id", name);
		opt(&b, "name", child_attr(n, "source", "channel"));
	} else { /* null, vc, pty, stdio: as they are called */
		buf_puts(&b, type);
		opt(&b, "id", name);
	}
	opt(&b, "logfile", node_attr(log, "file"));
	opt(&b, "logappend", node_attr(log, "append"));
	line_buf(l, "-chardev", &b);
}

json_t *device_chardev(const struct line *l, const struct node *n)
{
	const struct node *target = node_child(n, "target");
	const char *model = child_attr(target, "model", "name");
	bool serial = is_called(n, "serial"), parallel = is_called(n, "parallel");
	json_t *o = json_object();

	put(o, "driver",
		serial                    ? model ? model : "isa-serial"
		: parallel                ? "isa-parallel"
		: is_called(n, "channel") ? "virtserialport"
								  : "virtconsole");
	if (serial && text_is(model, "isa-serial") && node_attr(target, "port") &&
		!has_address(n, "isa"))
		put_int(o, "index", node_attr_num(target, "port", 0));
	if (serial && text_is(model, "isa-debugcon"))
		put_int(o, "iobase", node_attr_num(node_child(n, "address"), "iobase", 0xe9));
	else
		put_address(o, l, n);
	putf(o, "chardev", "char%s", qemu_alias(n));
	put_alias(o, n);
	if (is_called(n, "channel"))
		put(o, "name", node_attr(target, "name"));
	return o;
}

static void both(struct line *l, const struct node *n)
{
	command_chardev(l, n, qemu_alias(n));
	line_json(l, "-device", device_chardev(l, n));
}

static void smartcard(struct line *l, const struct node *n)
{
	json_t *o = json_object();

	command_chardev(l, n, qemu_alias(n));
	put(o, "driver", "ccid-card-passthru");
	putf(o, "chardev", "char%s", qemu_alias(n));
	put_alias(o, n);
	put_address(o, l, n);
	line_json(l, "-device", o);
}

void command_chardevs(struct line *l)
{
	NODE_EACH(n, l->devices, "smartcard")
	smartcard(l, n);
	NODE_EACH(n, l->devices, "serial")
	both(l, n);
	NODE_EACH(n, l->devices, "parallel")
	both(l, n);
	NODE_EACH(n, l->devices, "channel")
	both(l, n);
	NODE_EACH(n, l->devices, "console")
	{
		if (child_is(n, "target", "type", "virtio"))
			both(l, n);
	}
}

json_t *device_redirdev(const struct line *l, const struct node *n)
{
	json_t *o = json_object();

	put(o, "driver", "usb-redir");
	putf(o, "chardev", "char%s", qemu_alias(n));
	put_alias(o, n);
	put_boot(o, l, n);
	put_address(o, l, n);
	return o;
}

void command_redirdevs(struct line *l)
{
	NODE_EACH(n, l->devices, "redirdev")
	{
		command_chardev(l, n, qemu_alias(n));
		line_json(l, "-device", device_redirdev(l, n));
	}
}
