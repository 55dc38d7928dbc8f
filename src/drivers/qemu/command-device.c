/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The smaller devices of a command line, those of the host that are handed to the guest, and what
 * people pass to QEMU themselves.
 */
#include "config.h"

#include "drivers/qemu/command-impl.h"

json_t *device_hub(const struct line *l, const struct node *n)
{
	json_t *o = json_object();

	put(o, "driver", "usb-hub");
	put_alias(o, n);
	put_address(o, l, n);
	return o;
}

json_t *device_watchdog(const struct line *l, const struct node *n)
{
	json_t *o = json_object();

	put(o, "driver", node_attr(n, "model"));
	put_alias(o, n);
	put_address(o, l, n);
	return o;
}

void command_watchdog(struct line *l)
{
	const struct node *n = node_child(l->devices, "watchdog");
	const char *action = node_attr(n, "action");

	if (!n)
		return;
	line_json(l, "-device", device_watchdog(l, n));
	/* a dump is made by this side, of a guest that stands still */
	line_addf(l, "-watchdog-action", "%s", text_is(action, "dump") ? "pause" : action);
}

json_t *device_balloon(const struct line *l, const struct node *n)
{
	json_t *o = json_object();

	put_virtio_driver(o, "virtio-balloon-pci", node_attr(n, "model"));
	put_alias(o, n);
	put_onoff(o, "deflate-on-oom", n, "autodeflate");
	put_onoff(o, "free-page-reporting", n, "freePageReporting");
	put_virtio_options(o, node_child(n, "driver"));
	put_address(o, l, n);
	return o;
}

void command_balloon(struct line *l)
{
	const struct node *n = node_child(l->devices, "memballoon");

	if (n && !is(n, "model", "none"))
		line_json(l, "-device", device_balloon(l, n));
}

json_t *qemu_rng_json(const struct node *n)
{
	const struct node *backend = node_child(n, "backend");
	json_t *o = json_object();

	if (is(backend, "model", "builtin")) {
		put(o, "qom-type", "rng-builtin");
	} else if (is(backend, "model", "egd")) {
		put(o, "qom-type", "rng-egd");
		putf(o, "chardev", "char%s", qemu_alias(n));
	} else {
		put(o, "qom-type", "rng-random");
		put(o, "filename", backend->text);
	}
	putf(o, "id", "obj%s", qemu_alias(n));
	return o;
}

json_t *device_rng(const struct line *l, const struct node *n)
{
	const struct node *rate = node_child(n, "rate");
	json_t *o = json_object();

	put_virtio_driver(o, "virtio-rng-pci", node_attr(n, "model"));
	putf(o, "rng", "obj%s", qemu_alias(n));
	put_alias(o, n);
	if (rate && node_attr(rate, "bytes")) {
		put_number(o, "max-bytes", rate, "bytes");
		put_int(o, "period", node_attr_num(rate, "period", 1000));
	}
	put_virtio_options(o, node_child(n, "driver"));
	put_address(o, l, n);
	return o;
}

void command_rngs(struct line *l)
{
	NODE_EACH(n, l->devices, "rng")
	{
		const struct node *backend = node_child(n, "backend");

		if (is(backend, "model", "egd"))
			command_chardev(l, backend, qemu_alias(n));
		line_json(l, "-object", qemu_rng_json(n));
		line_json(l, "-device", device_rng(l, n));
	}
}

json_t *device_vsock(const struct line *l, const struct node *n)
{
	json_t *o = json_object();

	put_virtio_driver(o, "vhost-vsock-pci", node_attr(n, "model"));
	put_alias(o, n);
	put_int(o, "guest-cid", node_attr_num(node_child(n, "cid"), "address", 0));
	if (l->env->vsock_fd >= 0)
		putf(o, "vhostfd", "%d", l->env->vsock_fd);
	put_virtio_options(o, node_child(n, "driver"));
	put_address(o, l, n);
	return o;
}

void command_vsock(struct line *l)
{
	const struct node *n = node_child(l->devices, "vsock");

	if (n)
		line_json(l, "-device", device_vsock(l, n));
}

void command_panic(struct line *l)
{
	NODE_EACH(n, l->devices, "panic")
	{
		json_t *o = json_object();

		put(o, "driver", "pvpanic");
		put_number(o, "ioport", node_child(n, "address"), "iobase");
		line_json(l, "-device", o);
	}
}

void command_tpm(struct line *l)
{
	const struct node *n = node_child(l->devices, "tpm"), *backend = node_child(n, "backend");
	struct buf b = {0}, chardev = {0};
	json_t *o;

	if (!n)
		return;
	buf_puts(&b, is(backend, "type", "passthrough") ? "passthrough" : "emulator");
	optf(&b, "id", "tpm-%s", qemu_alias(n));
	if (is(backend, "type", "passthrough")) {
		opt(&b, "path", child_attr(backend, "device", "path"));
		opt(&b, "cancel-path", "/dev/null");
	} else {
		const char *path = child_attr(backend, "source", "path");

		buf_puts(&chardev, "socket");
		opt(&chardev, "id", "chrtpm");
		if (path)
			opt(&chardev, "path", path);
		else
			optf(&chardev, "path", "%s/swtpm.sock", l->env->dir);
		line_buf(l, "-chardev", &chardev);
		opt(&b, "chardev", "chrtpm");
	}
	line_buf(l, "-tpmdev", &b);
	o = json_object();
	put(o, "driver", node_attr(n, "model"));
	putf(o, "tpmdev", "tpm-%s", qemu_alias(n));
	put_alias(o, n);
	line_json(l, "-device", o);
}

/* The host's address of a device: its <source>, which an interface has as well. */
json_t *device_hostdev(const struct line *l, const struct node *n)
{
	const struct node *source = node_child(n, "source"), *at = node_child(source, "address");
	bool usb = is(n, "type", "usb");
	json_t *o = json_object();

	if (usb) {
		put(o, "driver", "usb-host");
		if (at) {
			putf(o, "hostdevice", "/dev/bus/usb/%03llu/%03llu", node_attr_ull(at, "bus", 0),
				 node_attr_ull(at, "device", 0));
		} else {
			put_int(o, "vendorid", node_attr_num(node_child(source, "vendor"), "id", 0));
			put_int(o, "productid", node_attr_num(node_child(source, "product"), "id", 0));
		}
	} else if (is(n, "type", "mdev")) {
		put(o, "driver", "vfio-pci");
		putf(o, "sysfsdev", "/sys/bus/mdev/devices/%s", node_attr(at, "uuid"));
	} else {
		put(o, "driver", "vfio-pci");
		putf(o, "host", "%04llx:%02llx:%02llx.%llx", node_attr_ull(at, "domain", 0),
			 node_attr_ull(at, "bus", 0), node_attr_ull(at, "slot", 0),
			 node_attr_ull(at, "function", 0));
	}
	put_alias(o, n);
	put_boot(o, l, n);
	put_address(o, l, n);
	put_rom(o, n);
	return o;
}

void command_hostdevs(struct line *l)
{
	NODE_EACH(n, l->devices, "hostdev")
	line_json(l, "-device", device_hostdev(l, n));
}

static bool is_virtiofs(const struct node *n)
{
	return child_is(n, "driver", "type", "virtiofs");
}

json_t *device_filesystem(const struct line *l, const struct node *n)
{
	json_t *o = json_object();

	if (is_virtiofs(n)) {
		put(o, "driver", "vhost-user-fs-pci");
		putf(o, "chardev", "chr-vu-%s", qemu_alias(n));
		put_number(o, "queue-size", node_child(n, "driver"), "queue");
		put(o, "tag", child_attr(n, "target", "dir"));
		put_boot(o, l, n);
	} else {
		put_virtio_driver(o, "virtio-9p-pci", node_attr(n, "model"));
		putf(o, "fsdev", "fsdev-%s", qemu_alias(n));
		put(o, "mount_tag", child_attr(n, "target", "dir"));
	}
	put_alias(o, n);
	put_virtio_options(o, node_child(n, "driver"));
	put_address(o, l, n);
	return o;
}

/* Its program listens in the machine's folder, or was started by somebody else. */
static void command_virtiofs(struct line *l, const struct node *n)
{
	const char *path = child_attr(n, "source", "socket");
	struct buf b = {0};

	buf_puts(&b, "socket");
	optf(&b, "id", "chr-vu-%s", qemu_alias(n));
	if (path)
		opt(&b, "path", path);
	else
		optf(&b, "path", "%s/%s-fs.sock", l->env->dir, qemu_alias(n));
	line_buf(l, "-chardev", &b);
	line_json(l, "-device", device_filesystem(l, n));
}

void command_filesystems(struct line *l)
{
	NODE_EACH(n, l->devices, "filesystem")
	{
		const char *mode = node_attr(n, "accessmode");
		struct buf b = {0};

		if (is_virtiofs(n)) {
			command_virtiofs(l, n);
			continue;
		}

		buf_puts(&b, "local");
		opt(&b, "security_model",
			text_is(mode, "mapped")   ? "mapped"
			: text_is(mode, "squash") ? "none"
									  : "passthrough");
		opt(&b, "multidevs", node_attr(n, "multidevs"));
		opt(&b, "fmode", node_attr(n, "fmode"));
		opt(&b, "dmode", node_attr(n, "dmode"));
		optf(&b, "id", "fsdev-%s", qemu_alias(n));
		opt(&b, "path", child_attr(n, "source", "dir"));
		if (node_child(n, "readonly"))
			opt(&b, "readonly", "on");
		line_buf(l, "-fsdev", &b);
		line_json(l, "-device", device_filesystem(l, n));
	}
	if (child_is(l->root, "features/vmcoreinfo", "state", "on"))
		line_addf(l, "-device", "vmcoreinfo");
}

void command_passthrough(struct line *l)
{
	for (size_t i = 0; i < l->def->n_args; i++)
		line_add(l, l->def->args[i]);
}
