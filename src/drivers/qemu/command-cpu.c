/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The processor of a command line: -cpu, whose syntax knows no way to write a comma in a name, so
 * that names are checked.
 */
#include "config.h"

#include <ctype.h>

#include "drivers/cpu/map.h"
#include "drivers/qemu/command-impl.h"

static bool is_name(const char *text)
{
	for (const char *p = text; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("-_.", *p))
			return false;
	return *text && *text != '-';
}

static void fail(struct line *l, const char *what, const char *name)
{
	error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED, "%s '%s' is not a name that QEMU could have", what,
			  name);
	l->failed = true;
}

static void add_feature(struct buf *b, const char *name, bool on)
{
	buf_printf(b, ",%s=%s", cpu_feature_to_qemu(name), on ? "on" : "off");
}

static void add_state(struct buf *b, const struct node *n, const char *name)
{
	if (node_attr(n, "state"))
		add_feature(b, name, is(n, "state", "on"));
}

static void add_timers(const struct line *l, struct buf *b)
{
	NODE_EACH(t, node_child(l->root, "clock"), "timer")
	{
		if (is(t, "name", "kvmclock") && node_attr(t, "present"))
			add_feature(b, "kvmclock", is(t, "present", "yes"));
		if (is(t, "name", "hypervclock") && is(t, "present", "yes"))
			add_feature(b, "hv-time", true);
		if (is(t, "name", "tsc") && node_attr(t, "frequency"))
			optf(b, "tsc-frequency", "%llu", node_attr_ull(t, "frequency", 0));
	}
}

static void add_hyperv(const struct node *hyperv, struct buf *b)
{
	static const char *const plain[] = {
		"relaxed",     "vapic",           "vpindex",  "runtime", "synic", "stimer", "reset",
		"frequencies", "reenlightenment", "tlbflush", "ipi",     "evmcs", "avic"};

	if (is(hyperv, "mode", "passthrough"))
		buf_puts(b, ",hv-passthrough=on");
	for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
		const struct node *n = node_child(hyperv, plain[i]);

		if (!is(n, "state", "on"))
			continue;
		buf_printf(b, ",hv-%s=on", plain[i]);
		if (child_is(n, "direct", "state", "on"))
			buf_puts(b, ",hv-stimer-direct=on");
	}
	if (child_is(hyperv, "spinlocks", "state", "on"))
		buf_printf(b, ",hv-spinlocks=0x%llx",
				   node_attr_ull(node_child(hyperv, "spinlocks"), "retries", 0));
}

static void add_vendor(struct line *l, struct buf *b)
{
	const struct node *n = node_child(l->root, "features/hyperv/vendor_id");

	if (!is(n, "state", "on"))
		return;
	if (is_name(node_attr(n, "value")))
		buf_printf(b, ",hv-vendor-id=%s", node_attr(n, "value"));
	else
		fail(l, "hyperv vendor_id", node_attr(n, "value"));
}

static void add_domain_features(struct line *l, struct buf *b)
{
	const struct node *features = node_child(l->root, "features");
	const struct node *kvm = node_child(features, "kvm");

	if (child_attr(features, "apic", "eoi"))
		add_feature(b, "kvm-pv-eoi", child_is(features, "apic", "eoi", "on"));
	add_state(b, node_child(features, "pvspinlock"), "kvm-pv-unhalt");
	add_hyperv(node_child(features, "hyperv"), b);
	add_vendor(l, b);
	if (child_is(kvm, "hidden", "state", "on"))
		add_feature(b, "kvm", false);
	if (child_is(kvm, "hint-dedicated", "state", "on"))
		add_feature(b, "kvm-hint-dedicated", true);
	if (child_is(kvm, "poll-control", "state", "on"))
		add_feature(b, "kvm-poll-control", true);
	if (child_is(kvm, "pv-ipi", "state", "off"))
		add_feature(b, "kvm-pv-ipi", false);
	add_state(b, node_child(features, "pmu"), "pmu");
}

static void add_cpu_details(struct line *l, const struct node *cpu, struct buf *b)
{
	const struct node *cache = node_child(cpu, "cache"), *bits = node_child(cpu, "maxphysaddr");

	NODE_EACH(f, cpu, "feature")
	{
		const char *policy = node_attr(f, "policy"), *name = node_attr(f, "name");

		if (!is_name(name)) {
			fail(l, "CPU feature", name);
			return;
		}
		if (!text_is(policy, "optional"))
			add_feature(b, name, !text_is(policy, "disable") && !text_is(policy, "forbid"));
	}
	if (is(cache, "mode", "emulate") && is(cache, "level", "3"))
		buf_puts(b, ",l3-cache=on");
	else if (is(cache, "mode", "passthrough"))
		buf_puts(b, ",host-cache-info=on,l3-cache=off");
	else if (is(cache, "mode", "disable"))
		buf_puts(b, ",host-cache-info=off,l3-cache=off");
	if (is(bits, "mode", "passthrough"))
		buf_puts(b, ",host-phys-bits=on");
	else if (is(bits, "mode", "emulate"))
		optf(b, "phys-bits", "%lld", node_attr_num(bits, "bits", 0));
}

static void add_own_cpu(struct line *l, const struct node *cpu, struct buf *b)
{
	const char *mode = node_attr(cpu, "mode"), *arch = child_attr(l->root, "os/type", "arch");
	bool kvm = is(l->root, "type", "kvm");

	if (text_is(mode, "host-passthrough") && !kvm) {
		error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
				  "CPU mode 'host-passthrough' for %s qemu domain on %s host is not supported by "
				  "hypervisor",
				  arch, arch);
		l->failed = true;
	}
	buf_puts(b, kvm && !text_is(mode, "maximum") ? "host" : "max");
	if (node_attr(cpu, "migratable"))
		opt(b, "migratable", node_attr(cpu, "migratable"));
}

void command_cpu(struct line *l)
{
	const struct node *cpu = node_child(l->root, "cpu"), *model = node_child(cpu, "model");
	const char *mode = node_attr(cpu, "mode");
	struct buf b = {0};

	if (!cpu || ((!mode || text_is(mode, "custom")) && !(model && model->text))) {
		return;
	} else if (mode && !text_is(mode, "custom")) {
		add_own_cpu(l, cpu, &b);
	} else if (is_name(model->text)) {
		buf_puts(&b, model->text);
		if (node_attr(model, "vendor_id") && is_name(node_attr(model, "vendor_id")))
			opt(&b, "vendor", node_attr(model, "vendor_id"));
	} else {
		fail(l, "CPU model", model->text);
	}
	add_cpu_details(l, cpu, &b);
	add_timers(l, &b);
	add_domain_features(l, &b);
	line_buf(l, "-cpu", &b);
}
