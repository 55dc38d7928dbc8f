/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is added once the whole document was read: memory sizes, boot devices, addresses of disks,
 * controllers, consoles and video devices that follow from others.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "conf/domain-rules.h"
#include "conf/twins.h"
#include "conf/value.h"

static int set_memory(struct node *n, unsigned long long kib)
{
	return node_set_textf(n, "%llu", kib) < 0 ? -1 : node_set(n, "unit", "KiB");
}

static int complete_memory(struct conf *c)
{
	struct node *memory = node_child(c->root, "memory"), *most = node_child(c->root, "maxMemory");
	struct node *current = node_child(c->root, "currentMemory");
	long long total = node_num(memory, 0), numa = 0, modules = 0, now = node_num(current, 0);
	long long max = node_num(most, 0), slots = node_attr_num(most, "slots", 0);

	NODE_EACH(m, node_child(c->root, "devices"), "memory")
	modules += node_num(node_child(m, "target/size"), 0);
	NODE_EACH(cell, node_child(c->root, "cpu/numa"), "cell")
	numa += node_attr_num(cell, "memory", 0);
	if (total == 0 && numa)
		total = numa + modules;
	else if (modules > total)
		return refuse_xml("Total size of memory devices exceeds the total memory size");
	if (total == modules)
		return refuse_xml(
			"Memory size must be specified via <memory> or in the <numa> configuration");
	if (now > total || now == 0)
		now = total;
	if (!max != !slots)
		return refuse_xml("both maximum memory size and memory slot count must be specified");
	if (max && max < total)
		return refuse_xml(
			"maximum memory size must be equal or greater than the actual memory size");
	if (most && !max)
		node_remove(most);
	return set_memory(memory, (unsigned long long)total) < 0
			   ? -1
			   : set_memory(current, (unsigned long long)now);
}

static int complete_vcpus(struct conf *c)
{
	NODE_EACH(v, node_child(c->root, "vcpus"), "vcpu")
	{
		bool on = is(v, "enabled", "yes");

		if (!node_attr(v, "hotpluggable") && node_set(v, "hotpluggable", on ? "no" : "yes") < 0)
			return -1;
		if (is(v, "hotpluggable", "no") && !on)
			return refuse_config("vcpu '%s' is both offline and not hotpluggable",
								 node_attr(v, "id"));
	}
	return 0;
}

static int complete_os(struct conf *c)
{
	struct node *os = node_child(c->root, "os"), *loader = node_child(os, "loader");
	struct node *firmware = node_child(os, "firmware"), *secure = NULL;
	bool keys = false;

	NODE_EACH(f, firmware, "feature")
	{
		keys = keys || (is(f, "name", "enrolled-keys") && is(f, "enabled", "yes"));
		secure = is(f, "name", "secure-boot") ? f : secure;
	}
	if (keys && is(secure, "enabled", "no"))
		return refuse_detail(
			"firmware feature 'enrolled-keys' cannot be enabled when firmware feature "
			"'secure-boot' is disabled");
	if (keys && !secure) {
		secure = node_add(firmware, "feature");
		if (!secure || node_set(secure, "name", "secure-boot") < 0)
			return -1;
	}
	if (keys && node_set(secure, "enabled", "yes") < 0)
		return -1;
	if (loader && loader->text && !node_attr(loader, "type"))
		return node_set(loader, "type", "rom");
	return 0;
}

/* Without guest cells, pages "for node 0" are for all. */
static void complete_hugepages(struct conf *c)
{
	struct bits nodes;

	if (node_child(c->root, "cpu/numa/cell"))
		return;
	NODE_EACH(page, node_child(c->root, "memoryBacking/hugepages"), "page")
	{
		const char *set = node_attr(page, "nodeset");

		if (set && bits_parse(set, &nodes) == 0 && bits_next(&nodes, 1) < 0)
			node_set(page, "nodeset", NULL);
	}
}

static int check_duplicates(struct conf *c)
{
	struct node *devices = node_child(c->root, "devices");

	NODE_EACH(a, devices, "controller")
	{
		for (struct node *b = node_child(devices, "controller"); b != a; b = node_next(b)) {
			if (!is(a, "type", "usb") && is(b, "type", node_attr(a, "type")) &&
				is(b, "index", node_attr(a, "index")))
				return refuse_xml("Multiple '%s' controllers with index '%s'", node_attr(a, "type"),
								  node_attr(a, "index"));
		}
	}
	NODE_EACH(a, devices, "panic")
	{
		const char *model = node_attr(a, "model") ? node_attr(a, "model") : "default";

		for (struct node *b = node_child(devices, "panic"); b != a; b = node_next(b)) {
			const char *other = node_attr(b, "model") ? node_attr(b, "model") : "default";

			if (strcmp(model, other) == 0)
				return refuse_xml("Multiple panic devices with model '%s'", model);
		}
	}
	return 0;
}

static int complete_boot(struct conf *c)
{
	struct node *os = node_child(c->root, "os"), *devices = node_child(c->root, "devices");
	CLEANUP_TWINS struct twins orders = {0};
	const struct node *twin;
	bool per_device;

	if (!domain_os_is(c, "hvm"))
		return 0;
	for (const struct node *n = devices->children; n; n = n->next) {
		const char *order = node_attr(node_child(n, "boot"), "order");

		if (order && twins_add(&orders, n, order) < 0)
			return -1;
	}
	per_device = orders.count;
	if ((twin = twins_find(&orders, NULL)))
		return refuse_config("boot order '%s' used for more than one device",
							 node_attr(node_child(twin, "boot"), "order"));
	if (node_child(os, "boot") && per_device)
		return refuse_config(
			"per-device boot elements cannot be used together with os/boot elements");
	if (!node_child(os, "boot") && !per_device) {
		const struct node *bootloader = node_child(c->root, "bootloader");
		struct node *boot = node_add(os, "boot");

		if (!boot || node_set(boot, "dev", "hd") < 0)
			return -1;
		if (bootloader && bootloader->text)
			boot->show |= SHOW_NEVER;
	}
	return 0;
}

static int check_timers(struct conf *c)
{
	NODE_EACH(t, node_child(c->root, "clock"), "timer")
	{
		const char *name = node_attr(t, "name");
		const struct node *catchup = node_child(t, "catchup");

		if ((is(t, "name", "kvmclock") || is(t, "name", "hypervclock")) &&
			node_attr(t, "tickpolicy"))
			return refuse_config("timer %s doesn't support setting of timer tickpolicy", name);
		if (!is(t, "tickpolicy", "catchup") && catchup && catchup->nattrs)
			return refuse_xml("setting of timer catchup policies is only supported with "
							  "tickpolicy='catchup'");
		if (!is(t, "name", "tsc") && node_attr(t, "frequency"))
			return refuse_config("timer %s doesn't support setting of timer frequency", name);
		if (!is(t, "name", "tsc") && node_attr(t, "mode"))
			return refuse_config("timer %s doesn't support setting of timer mode", name);
		if (!is(t, "name", "platform") && !is(t, "name", "rtc") && node_attr(t, "track"))
			return refuse_config("timer %s doesn't support setting of timer track", name);
	}
	return 0;
}

static unsigned long long round_up(unsigned long long v)
{
	unsigned long long power = 1;

	while (power < v)
		power *= 2;
	return v ? power : 0;
}

static unsigned long long default_ram(struct conf *c, const char *type)
{
	if (strcmp(type, "vga") == 0 || strcmp(type, "cirrus") == 0 || strcmp(type, "vmvga") == 0)
		return is(c->root, "type", "vbox")     ? 8 * 1024
			   : is(c->root, "type", "vmware") ? 4 * 1024
											   : 16 * 1024;
	return strcmp(type, "bochs") == 0 ? 16 * 1024
		   : strcmp(type, "xen") == 0 ? 4 * 1024
		   : strcmp(type, "qxl") == 0 ? 64 * 1024
									  : 0;
}

static int complete_one_video(struct conf *c, struct node *video)
{
	struct node *model = node_need(video, "model");
	const char *arch = node_attr(node_child(c->root, "os/type"), "arch"), *type;
	unsigned long long ram, vram;

	if (!model)
		return -1;
	if (!node_attr(model, "type") || is(model, "type", "default")) {
		bool xen = domain_os_is(c, "xen") || domain_os_is(c, "linux");
		const char *best = xen ? "xen" : strncmp(arch, "ppc64", 5) == 0 ? "vga" : "cirrus";

		if (node_set(model, "type", best) < 0)
			return -1;
	}
	type = node_attr(model, "type");
	ram = (unsigned long long)node_attr_num(model, "ram", 0);
	vram = (unsigned long long)node_attr_num(model, "vram", 0);
	if (!ram && strcmp(type, "qxl") == 0)
		ram = default_ram(c, type);
	if (!vram)
		vram = default_ram(c, type);
	ram = round_up(ram);
	vram = round_up(vram);
	if (ram && node_setf(model, "ram", "%llu", ram) < 0)
		return -1;
	return vram ? node_setf(model, "vram", "%llu", vram) : 0;
}

/* Graphics need a video device; the first is the primary one; "none" has no properties. */
static int complete_video(struct conf *c)
{
	struct node *devices = node_child(c->root, "devices"), *first, *model;

	if (node_child(devices, "graphics") && !node_child(devices, "video")) {
		first = node_add(devices, "video");
		model = first ? node_add(first, "model") : NULL;
		if (!model || node_set(model, "heads", "1") < 0)
			return -1;
	}
	NODE_EACH(v, devices, "video")
	{
		if (complete_one_video(c, v) < 0)
			return -1;
	}
	if (!(first = node_child(devices, "video")))
		return 0;
	model = node_child(first, "model");
	if (is(model, "type", "none")) {
		static const char *const all[] = {"driver", "master", "acpi", "address"};

		for (size_t i = 0; i < 4; i++)
			node_remove_all(first, all[i]);
		node_remove_all(model, "acceleration");
		node_remove_all(model, "resolution");
		while (model->nattrs > 1)
			node_set(model, model->attrs[model->nattrs - 1].name, NULL);
		return 0;
	}
	return node_set(model, "primary", "yes");
}

static int check_cpu(struct conf *c)
{
	const struct node *cpu = node_child(c->root, "cpu"), *model = node_child(cpu, "model");

	if (cpu && is(cpu, "mode", "custom") && !(model && model->text) && node_attr(cpu, "check"))
		return refuse_config("check attribute specified for CPU with no model");
	return 0;
}

/* A CPU element without a model (and no other mode) is only a place for topology and cells. */
static void tidy_cpu(struct conf *c)
{
	struct node *cpu = node_child(c->root, "cpu"), *model = node_child(cpu, "model");
	bool custom = is(cpu, "mode", "custom");

	if (!cpu)
		return;
	if (custom && !(model && model->text)) {
		while (cpu->nattrs)
			node_set(cpu, cpu->attrs[0].name, NULL);
	} else if (!custom) {
		node_set(cpu, "match", NULL);
	}
	if (model && !model->text)
		node_set(model, "fallback", NULL);
	if (model && !custom && !is(cpu, "mode", "host-model")) {
		node_remove_all(cpu, "model");
		node_remove_all(cpu, "vendor");
	}
}

static int complete_for_driver(struct conf *c)
{
	const struct domain_profile *profile = ((const struct domain_reading *)c->data)->profile;

	return profile->complete ? profile->complete(c->root, profile->opaque) : 0;
}

int domain_complete(struct conf *c)
{
	const struct node *init = node_child(c->root, "os/init"), *name = node_child(c->root, "name");

	if (domain_complete_controllers(c) < 0 || complete_for_driver(c) < 0 ||
		domain_complete_devices(c) < 0)
		return -1;
	if (domain_os_is(c, "exe") && !(init && init->text))
		return refuse_xml("init binary must be specified");
	if (complete_vcpus(c) < 0 || complete_memory(c) < 0 || complete_os(c) < 0)
		return -1;
	complete_hugepages(c);
	if (check_duplicates(c) < 0 || complete_boot(c) < 0 || check_timers(c) < 0)
		return -1;
	if (domain_complete_implicit(c) < 0 || complete_video(c) < 0 || check_cpu(c) < 0)
		return -1;
	tidy_cpu(c);
	if (strchr(name->text, '/'))
		return refuse_xml("name %s cannot contain '/'", name->text);
	return 0;
}
