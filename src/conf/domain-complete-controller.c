/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What follows from places: the order of disks and controllers, the numbers of controllers, and the
 * controllers that devices need.
 */
#include "config.h"

#include <ctype.h>
#include <string.h>

#include "conf/domain-rules.h"
#include "conf/value.h"

/* "sda" is 0, "sdb" 1, "sdaa" 26; digits may follow. -1 if it is no name of a disk. */
int domain_disk_index(const char *name)
{
	static const char *const prefixes[] = {"fd", "hd", "vd", "sd", "xvd", "ubd"};
	const char *p = NULL;
	long idx = 0;

	for (size_t i = 0; !p && i < sizeof prefixes / sizeof *prefixes; i++)
		p = starts(name, prefixes[i]) ? name + strlen(prefixes[i]) : NULL;
	if (!p || !islower((unsigned char)*p))
		return -1;
	for (bool first = true; islower((unsigned char)*p) && idx < 1 << 24; p++, first = false)
		idx = (first ? 0 : (idx + 1) * 26) + (*p - 'a');
	return p[strspn(p, "0123456789")] ? -1 : (int)idx;
}

const char *domain_disk_name(const struct node *disk)
{
	return node_attr(node_child(disk, "target"), "dev");
}

/* Moves every node of that name, in turn, to the place that the function gives among the earlier
 * ones (NULL: after them). */
static void arrange(struct node *parent, const char *name,
					struct node *(*place)(const struct node *first, const struct node *n))
{
	struct node *next;

	for (struct node *n = node_child(parent, name); n; n = next) {
		struct node *before = place(node_child(parent, name), n);

		next = node_next(n);
		if (before && before != n) {
			node_unlink(n);
			node_insert(parent, n, before);
		}
	}
}

/* Disks of a bus stand together, by the number in their name. */
static struct node *disk_place(const struct node *first, const struct node *n)
{
	const char *bus = node_attr(node_child(n, "target"), "bus"), *name = domain_disk_name(n);
	struct node *at = NULL;
	bool last = false;

	for (const struct node *d = first; d != n; d = node_next(d)) {
		const char *other = domain_disk_name(d);

		if (!same(node_attr(node_child(d, "target"), "bus"), bus))
			continue;
		if (name && other && domain_disk_index(other) > domain_disk_index(name)) {
			if (!at || last)
				return (struct node *)(uintptr_t)d;
		} else {
			at = node_next(d);
			last = true;
		}
	}
	return at;
}

static struct node *controller_place(const struct node *first, const struct node *n)
{
	long long index = node_attr_num(n, "index", -1);
	struct node *after = NULL;

	for (const struct node *o = first; o != n; o = node_next(o)) {
		long long other = node_attr_num(o, "index", -1);

		if (!is(o, "type", node_attr(n, "type")))
			continue;
		if (index != -1 && (other > index || (other == index && !node_child(n, "master") &&
											  node_child(o, "master"))))
			return (struct node *)(uintptr_t)o;
		after = node_next(o);
	}
	return after;
}

struct node *domain_find_controller(const struct node *devices, const char *type, long long index)
{
	NODE_EACH(o, devices, "controller")
	{
		if (is(o, "type", type) && node_attr_num(o, "index", -1) == index)
			return o;
	}
	return NULL;
}

static struct node *add_controller(struct node *devices, const char *type, long long index,
								   const char *model)
{
	struct node *n = domain_find_controller(devices, type, index);

	if (n)
		return n;
	n = node_add(devices, "controller");
	if (!n || node_set(n, "type", type) < 0 || node_setf(n, "index", "%lld", index) < 0 ||
		node_set(n, "model", model) < 0)
		return NULL;
	return n;
}

/* As many controllers as the highest number asks for; a domain has no use for more than a few. */
static int add_controllers(struct node *devices, const char *type, long long most,
						   const char *model)
{
	if (most >= FORMAT_LIST_MAX)
		return refuse_config("more than %d %s controllers", FORMAT_LIST_MAX, type);
	for (long long i = 0; i <= most; i++) {
		if (!add_controller(devices, type, i, model))
			return -1;
	}
	return 0;
}

static bool is_usb2(const struct node *n)
{
	return is(n, "type", "usb") && (is(n, "model", "ich9-ehci1") || is(n, "model", "ich9-uhci1") ||
									is(n, "model", "ich9-uhci2") || is(n, "model", "ich9-uhci3"));
}

/* Companions of a USB 2 controller share the number of the one before them. */
static long long companion_index(struct node *devices, const struct node *n)
{
	const struct node *before = NULL;

	for (const struct node *o = node_child(devices, "controller"); o != n; o = node_next(o))
		before = is(o, "type", "usb") ? o : before;
	if (!before || !is_usb2(before))
		return -1;
	NODE_EACH(o, devices, "controller")
	{
		if (o != n && is(o, "type", "usb") && is(o, "index", node_attr(before, "index")) &&
			same(node_attr(o, "model"), node_attr(n, "model")))
			return -1;
	}
	return node_attr_num(before, "index", -1);
}

static int free_index(const struct node *devices, const char *type)
{
	struct bits used = {{0}};
	int index = 0;

	NODE_EACH(o, devices, "controller")
	{
		long long at = node_attr_num(o, "index", -1);

		if (is(o, "type", type) && at >= 0 && at < VALUE_SET_MAX)
			bits_put(&used, (int)at, true);
	}
	while (bits_has(&used, index))
		index++;
	return index;
}

int domain_complete_controllers(struct conf *c)
{
	struct node *devices = node_child(c->root, "devices");

	arrange(devices, "disk", disk_place);
	arrange(devices, "controller", controller_place);
	NODE_EACH(n, devices, "controller")
	{
		long long index = is_usb2(n) ? companion_index(devices, n) : -1;

		if (node_attr(n, "index"))
			continue;
		if (index < 0)
			index = free_index(devices, node_attr(n, "type"));
		if (node_setf(n, "index", "%lld", index) < 0)
			return -1;
	}
	return 0;
}

static int add_for_disks(struct node *devices, const char *bus)
{
	long long most = -1;

	NODE_EACH(d, devices, "disk")
	{
		const struct node *a = node_child(d, "address");
		long long i = node_attr_num(a, "controller", 0);

		if (is(node_child(d, "target"), "bus", bus) && is(a, "type", "drive"))
			most = i > most ? i : most;
	}
	return add_controllers(devices, bus, most, NULL);
}

static int add_virtio_serial(struct node *devices, const char *name)
{
	NODE_EACH(n, devices, name)
	{
		const struct node *a = node_child(n, "address");
		long long index = is(a, "type", "virtio-serial") ? node_attr_num(a, "controller", 0) : 0;

		if (is(node_child(n, "target"), "type", "virtio") &&
			!add_controller(devices, "virtio-serial", index, NULL))
			return -1;
	}
	return 0;
}

static int add_ccid(struct node *devices)
{
	NODE_EACH(n, devices, "smartcard")
	{
		struct node *a = node_child(n, "address");
		long long highest = -1;

		if (!a) {
			NODE_EACH(o, devices, "smartcard")
			{
				const struct node *other = node_child(o, "address");
				long long slot = node_attr_num(other, "slot", -1);

				if (is(other, "type", "ccid") && is(other, "controller", "0"))
					highest = slot > highest ? slot : highest;
			}
			a = node_add(n, "address");
			if (!a || node_set(a, "type", "ccid") < 0 || node_set(a, "controller", "0") < 0 ||
				node_setf(a, "slot", "%lld", highest + 1) < 0)
				return -1;
		}
		if (!add_controller(devices, "ccid",
							is(a, "type", "ccid") ? node_attr_num(a, "controller", 0) : 0, NULL))
			return -1;
	}
	return 0;
}

static int add_for_hostdevs(struct node *devices)
{
	const char *model = NULL;
	long long most = -1;

	NODE_EACH(h, devices, "hostdev")
	{
		const struct node *a = node_child(h, "address");
		long long i = node_attr_num(a, "controller", 0);

		if (!domain_is_scsi_hostdev(h) || i <= most)
			continue;
		most = i;
		if (node_attr(domain_find_controller(devices, "scsi", i), "model"))
			model = node_attr(domain_find_controller(devices, "scsi", i), "model");
	}
	return add_controllers(devices, "scsi", most, model);
}

int domain_complete_implicit(struct conf *c)
{
	static const char *const buses[] = {"scsi", "fdc", "ide", "sata"};
	struct node *devices = node_child(c->root, "devices");

	if (domain_complete_console(c, devices) < 0)
		return -1;
	for (size_t i = 0; i < 4; i++) {
		if (add_for_disks(devices, buses[i]) < 0)
			return -1;
	}
	if (add_virtio_serial(devices, "channel") < 0 || add_virtio_serial(devices, "console") < 0 ||
		add_ccid(devices) < 0)
		return -1;
	return add_for_hostdevs(devices);
}
