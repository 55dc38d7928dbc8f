/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The order in which a document becomes a definition of this driver.
 */
#include "config.h"
#include "drivers/qemu/define.h"

#include "drivers/qemu/define-impl.h"

/* Of one reading. */
struct reading {
	struct qemu_caps_cache *cache;
	struct qemu_caps *caps; /* of the emulator, once it is known */
};

static struct defining defining_of(struct node *domain, const struct qemu_caps *caps)
{
	return (struct defining){.root = domain,
							 .devices = node_child(domain, "devices"),
							 .caps = caps,
							 .board = qemu_board_of(domain)};
}

struct node *define_add(struct node *parent, const char *name, const char *const *attrs)
{
	struct node *n = node_add(parent, name);

	for (; n && *attrs; attrs += 2)
		if (node_set(n, attrs[0], attrs[1]) < 0)
			return NULL;
	return n;
}

static int find_emulator(struct reading *r, struct node *domain)
{
	struct node *devices = node_child(domain, "devices"), *emulator;
	const char *arch = child_attr(domain, "os/type", "arch");
	const char *path = child_text(devices, "emulator");

	if (!path) {
		path = qemu_binary_for(arch);
		if (!path)
			return refuse("could not find any emulator for guests of architecture '%s'; "
						  "on Debian: apt-get install qemu-system-x86",
						  arch);
		emulator = node_need(devices, "emulator");
		if (!emulator || node_set_text(emulator, path) < 0)
			return -1;
	}
	r->caps = qemu_caps_get(r->cache, path);
	return r->caps ? 0 : -1;
}

static int check_emulator(const struct reading *r, const struct node *domain)
{
	const char *type = node_attr(domain, "type"), *arch = child_attr(domain, "os/type", "arch");
	const char *os = child_text(domain, "os/type");

	if (!text_is(type, "qemu") && !text_is(type, "kvm"))
		return refuse("unexpected domain type %s, expecting one of these: qemu, kvm", type);
	if (!text_is(os, "hvm"))
		return refuse("Emulator '%s' does not support os type '%s'", qemu_caps_path(r->caps), os);
	if (!text_is(qemu_caps_arch(r->caps), arch) &&
		!(text_is(arch, "i686") && text_is(qemu_caps_arch(r->caps), "x86_64")))
		return refuse("Emulator '%s' does not support arch '%s'", qemu_caps_path(r->caps), arch);
	if (text_is(type, "kvm") && !qemu_caps_kvm(r->caps))
		return refuse("Emulator '%s' does not support virt type 'kvm' on this host: no guest could "
					  "be run with it; use type='qemu'",
					  qemu_caps_path(r->caps));
	return 0;
}

static int set_machine(const struct reading *r, struct node *domain)
{
	struct node *type = node_child(domain, "os/type");
	const char *name = node_attr(type, "machine");
	struct qemu_machine machine;

	if (!qemu_caps_machine(r->caps, name, &machine))
		return refuse("Emulator '%s' does not support machine type '%s'", qemu_caps_path(r->caps),
					  name ? name : "(default)");
	return node_set(type, "machine", machine.name);
}

static int complete(struct node *domain, void *opaque)
{
	struct reading *r = opaque;
	struct defining d;

	if (find_emulator(r, domain) < 0 || check_emulator(r, domain) < 0 || set_machine(r, domain) < 0)
		return -1;
	d = defining_of(domain, r->caps);
	return complete_before(&d);
}

int qemu_define_again(struct domain_def *def, const struct qemu_caps *caps)
{
	struct defining d = defining_of(def->root, caps);

	if (complete_after(&d) < 0 || check_domain(&d) < 0)
		return -1;
	return address_allot(&d);
}

static int finish(struct reading *r, struct domain_def *parsed, struct domain_def **ret_def,
				  struct qemu_caps **ret_caps)
{
	CLEANUP(cleanup_domain_def) struct domain_def *def = parsed;
	CLEANUP_QEMU_CAPS struct qemu_caps *caps = r->caps;

	if (!def || qemu_define_again(def, caps) < 0)
		return -1;
	*ret_def = steal(&def);
	if (ret_caps)
		*ret_caps = steal(&caps);
	return 0;
}

int qemu_define(struct qemu_caps_cache *cache, const char *xml, unsigned flags,
				struct domain_def **ret_def, struct qemu_caps **ret_caps)
{
	struct reading r = {.cache = cache};
	struct domain_profile profile = {
		.arch = "x86_64", .passthrough = true, .complete = complete, .opaque = &r};
	struct domain_def *def = NULL;

	if (domain_def_parse_for(xml, flags, &profile, &def) < 0)
		def = NULL;
	return finish(&r, def, ret_def, ret_caps);
}

int qemu_define_running(const xmlNode *domain, struct domain_def **ret_def)
{
	struct domain_profile profile = {.arch = "x86_64", .passthrough = true, .running = true};

	return domain_def_parse_node_for(domain, &profile, ret_def);
}
