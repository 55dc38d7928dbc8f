/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What people see, hear and touch: video, graphics, sound, input. Ports of graphics were allotted
 * before; passwords are set by the monitor, and never in a command line.
 */
#include "config.h"

#include "drivers/qemu/command-impl.h"

json_t *device_input(const struct line *l, const struct node *n)
{
	const char *type = node_attr(n, "type"), *bus = node_attr(n, "bus");
	CLEANUP_BUF struct buf driver = {0};
	json_t *o = json_object();

	if (text_is(bus, "usb")) {
		put(o, "driver",
			text_is(type, "keyboard") ? "usb-kbd"
			: text_is(type, "mouse")  ? "usb-mouse"
									  : "usb-tablet");
	} else {
		buf_printf(&driver, "virtio-%s-pci",
				   text_is(type, "passthrough") ? "input-host"
				   : type                       ? type
												: "");
		put_virtio_driver(o, (const char *)buf_at(&driver), node_attr(n, "model"));
		put_virtio_options(o, node_child(n, "driver"));
	}
	put_alias(o, n);
	put(o, "evdev", child_attr(n, "source", "evdev"));
	put_address(o, l, n);
	return o;
}

static void evdev(struct line *l, const struct node *n)
{
	const struct node *source = node_child(n, "source");
	json_t *o = json_object();

	put(o, "qom-type", "input-linux");
	put_alias(o, n);
	put(o, "evdev", node_attr(source, "dev"));
	put_onoff(o, "repeat", source, "repeat");
	if (is(source, "grab", "all"))
		put_bool(o, "grab_all", true);
	put(o, "grab-toggle", node_attr(source, "grabToggle"));
	line_json(l, "-object", o);
}

void command_inputs(struct line *l)
{
	NODE_EACH(n, l->devices, "input")
	{
		if (is(n, "type", "evdev"))
			evdev(l, n);
		else if (is(n, "bus", "usb") || is(n, "bus", "virtio"))
			line_json(l, "-device", device_input(l, n));
	}
}

static const char *audio_id(const struct line *l, const struct node *device)
{
	const char *id = child_attr(device, "audio", "id");

	return id ? id : node_attr(node_child(l->devices, "audio"), "id");
}

void command_audio(struct line *l)
{
	NODE_EACH(n, l->devices, "audio")
	{
		json_t *o = json_object();
		const char *type = node_attr(n, "type");

		putf(o, "id", "audio%s", node_attr(n, "id"));
		put(o, "driver", text_is(type, "pulseaudio") ? "pa" : text_is(type, "file") ? "wav" : type);
		put_number(o, "timer-period", n, "timerPeriod");
		if (text_is(type, "file"))
			put(o, "path", node_attr(n, "path"));
		if (text_is(type, "pulseaudio"))
			put(o, "server", node_attr(n, "serverName"));
		line_json(l, "-audiodev", o);
	}
}

/* The address to listen on: of the first <listen>, or the loopback. */
static const char *listen_address(const struct node *n)
{
	const char *address = child_attr(n, "listen", "address");

	return address && *address ? address : "127.0.0.1";
}

static void put_host(struct buf *b, const char *address)
{
	buf_printf(b, strchr(address, ':') ? "[%s]" : "%s", address);
}

static const char *socket_of(const struct node *n)
{
	const char *socket = child_attr(n, "listen", "socket");

	return child_is(n, "listen", "type", "socket") && socket ? socket : node_attr(n, "socket");
}

static void vnc(struct line *l, const struct node *n)
{
	const char *socket = socket_of(n), *share = node_attr(n, "sharePolicy");
	struct buf b = {0};

	if (child_is(n, "listen", "type", "none")) {
		buf_puts(&b, "none");
	} else if (socket) {
		buf_puts(&b, "unix:");
		for (const char *p = socket; *p; p++)
			buf_printf(&b, *p == ',' ? "%c," : "%c", *p);
	} else {
		put_host(&b, listen_address(n));
		buf_printf(&b, ":%lld", node_attr_num(n, "port", 5900) - 5900);
		if (node_attr(n, "websocket"))
			optf(&b, "websocket", "%lld", node_attr_num(n, "websocket", 0));
	}
	opt(&b, "share", share);
	if (node_attr(n, "passwd"))
		opt(&b, "password", "on");
	if (is(n, "powerControl", "yes"))
		opt(&b, "power-control", "on");
	if (audio_id(l, n))
		optf(&b, "audiodev", "audio%s", audio_id(l, n));
	line_buf(l, "-vnc", &b);
	if (node_attr(n, "keymap")) {
		line_add(l, "-k");
		line_add(l, node_attr(n, "keymap"));
	}
}

static void spice_settings(struct buf *b, const struct node *n)
{
	static const char *const settings[][3] = {{"image", "compression", "image-compression"},
											  {"jpeg", "compression", "jpeg-wan-compression"},
											  {"zlib", "compression", "zlib-glz-wan-compression"},
											  {"playback", "compression", "playback-compression"},
											  {"streaming", "mode", "streaming-video"}};
	const struct node *gl = node_child(n, "gl");

	for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
		opt(b, settings[i][2], child_attr(n, settings[i][0], settings[i][1]));
	}
	if (child_is(n, "mouse", "mode", "server"))
		opt(b, "agent-mouse", "off");
	else if (child_is(n, "mouse", "mode", "client"))
		opt(b, "agent-mouse", "on");
	if (child_is(n, "clipboard", "copypaste", "no"))
		opt(b, "disable-copy-paste", "on");
	if (child_is(n, "filetransfer", "enable", "no"))
		opt(b, "disable-agent-file-xfer", "on");
	if (is(gl, "enable", "yes")) {
		opt(b, "gl", "on");
		opt(b, "rendernode", node_attr(gl, "rendernode"));
	}
}

static void spice(struct line *l, const struct node *n)
{
	const char *socket = socket_of(n);
	struct buf b = {0};

	if (socket) {
		opt(&b, "unix", "on");
		opt(&b, "addr", socket);
	} else {
		if (node_attr_num(n, "port", -1) > 0)
			optf(&b, "port", "%lld", node_attr_num(n, "port", 0));
		opt(&b, "addr", listen_address(n));
	}
	/* with a password from the start: nobody gets in before it is set */
	opt(&b, "disable-ticketing", node_attr(n, "passwd") ? "off" : "on");
	spice_settings(&b, n);
	opt(&b, "seamless-migration", "on");
	line_buf(l, "-spice", &b);
}

static void headless(struct line *l, const struct node *n)
{
	struct buf b = {0};

	buf_puts(&b, "egl-headless");
	opt(&b, "rendernode", child_attr(n, "gl", "rendernode"));
	line_buf(l, "-display", &b);
}

void command_graphics(struct line *l)
{
	NODE_EACH(n, l->devices, "graphics")
	{
		if (is(n, "type", "vnc"))
			vnc(l, n);
		else if (is(n, "type", "spice"))
			spice(l, n);
		else
			headless(l, n);
	}
}

static const char *video_driver(const struct line *l, const struct node *model, bool primary)
{
	static const char *const drivers[][3] = {{"vga", "VGA", "VGA"},
											 {"cirrus", "cirrus-vga", "cirrus-vga"},
											 {"vmvga", "vmware-svga", "vmware-svga"},
											 {"qxl", "qxl-vga", "qxl"},
											 {"virtio", "virtio-vga", "virtio-gpu-pci"},
											 {"bochs", "bochs-display", "bochs-display"},
											 {"ramfb", "ramfb", "ramfb"}};

	if (primary && is(model, "type", "virtio") && !qemu_caps_has(l->caps, "virtio-vga"))
		primary = false;
	for (size_t i = 0; i < sizeof drivers / sizeof drivers[0]; i++)
		if (is(model, "type", drivers[i][0]))
			return drivers[i][primary ? 1 : 2];
	return NULL;
}

json_t *device_video(const struct line *l, const struct node *n, bool primary)
{
	const struct node *model = node_child(n, "model"), *size = node_child(model, "resolution");
	const char *type = node_attr(model, "type");
	json_t *o = json_object();

	put(o, "driver", video_driver(l, model, primary));
	put_virtio_options(o, node_child(n, "driver"));
	put_alias(o, n);
	if (text_is(type, "qxl") || text_is(type, "virtio"))
		put_int(o, "max_outputs", node_attr_num(model, "heads", 1));
	if (text_is(type, "qxl")) {
		put_int(o, "ram_size", node_attr_num(model, "ram", 65536) * 1024);
		put_int(o, "vram_size", node_attr_num(model, "vram", 65536) * 1024);
		put_int(o, "vram64_size_mb", node_attr_num(model, "vram64", 0) / 1024);
		put_int(o, "vgamem_mb", node_attr_num(model, "vgamem", 16384) / 1024);
	} else if ((text_is(type, "vga") || text_is(type, "vmvga")) && node_attr(model, "vram")) {
		put_int(o, "vgamem_mb", node_attr_num(model, "vram", 16384) / 1024);
	} else if (text_is(type, "bochs") && node_attr(model, "vram")) {
		put_int(o, "vgamem", node_attr_num(model, "vram", 16384) * 1024);
	}
	put_number(o, "xres", size, "x");
	put_number(o, "yres", size, "y");
	put_address(o, l, n);
	return o;
}

void command_videos(struct line *l)
{
	const struct node *first = node_child(l->devices, "video");

	NODE_EACH(n, l->devices, "video")
	{
		if (!child_is(n, "model", "type", "none"))
			line_json(l, "-device", device_video(l, n, n == first));
	}
}

json_t *device_sound(const struct line *l, const struct node *n)
{
	static const char *const drivers[][2] = {{"es1370", "ES1370"},  {"ac97", "AC97"},
											 {"ich6", "intel-hda"}, {"ich9", "ich9-intel-hda"},
											 {"usb", "usb-audio"},  {"sb16", "sb16"}};
	const char *model = node_attr(n, "model");
	json_t *o = json_object();

	for (size_t i = 0; i < sizeof drivers / sizeof drivers[0]; i++)
		if (text_is(model, drivers[i][0]))
			put(o, "driver", drivers[i][1]);
	put_alias(o, n);
	if (!starts(model, "ich") && audio_id(l, n))
		putf(o, "audiodev", "audio%s", audio_id(l, n));
	put_address(o, l, n);
	return o;
}

static void codec(struct line *l, const struct node *sound, const char *type, unsigned number)
{
	json_t *o = json_object();

	putf(o, "driver", "hda-%s", type);
	putf(o, "id", "%s-codec%u", qemu_alias(sound), number);
	putf(o, "bus", "%s.0", qemu_alias(sound));
	put_int(o, "cad", number);
	if (audio_id(l, sound))
		putf(o, "audiodev", "audio%s", audio_id(l, sound));
	line_json(l, "-device", o);
}

void command_sounds(struct line *l)
{
	NODE_EACH(n, l->devices, "sound")
	{
		unsigned number = 0;

		if (is(n, "model", "pcspk"))
			continue;
		line_json(l, "-device", device_sound(l, n));
		if (!is(n, "model", "ich6") && !is(n, "model", "ich9"))
			continue;
		NODE_EACH(c, n, "codec")
		codec(l, n, node_attr(c, "type"), number++);
		if (number == 0)
			codec(l, n, "duplex", 0);
	}
}
