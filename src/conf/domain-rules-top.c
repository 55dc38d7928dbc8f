/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules of what stands outside of <devices>: identity, processors, clock, features, operating
 * system.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "conf/domain-rules.h"
#include "conf/value.h"
#include "conf/xml.h"

static const char *const arches[] = {
	"alpha",    "armv6l",  "armv7l",    "armv7b",   "aarch64",    "cris",
	"i686",     "ia64",    "lm32",      "m68k",     "microblaze", "microblazeel",
	"mips",     "mipsel",  "mips64",    "mips64el", "openrisc",   "parisc",
	"parisc64", "ppc",     "ppcle",     "ppc64",    "ppc64le",    "ppcemb",
	"riscv32",  "riscv64", "s390",      "s390x",    "sh4",        "sh4eb",
	"sparc",    "sparc64", "unicore32", "x86_64",   "xtensa",     "xtensaeb"};

static bool known(const char *const *list, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(list[i], text) == 0)
			return true;
	}
	return false;
}
#define KNOWN(list, text) known(list, sizeof(list) / sizeof *(list), text)

static char *text_of(const xmlNode *n)
{
	char *text = xml_text(n);

	if (text && !*text)
		free(steal(&text));
	return text;
}

static int begin_type(const xmlNode *domain)
{
	static const char *const types[] = {"none", "qemu",      "kqemu", "kvm",    "xen",    "lxc",
										"uml",  "openvz",    "test",  "vmware", "hyperv", "vbox",
										"phyp", "parallels", "bhyve", "vz",     "hvf"};
	static const char *const os_types[] = {"hvm", "xen", "linux", "exe", "uml", "xenpvh"};
	const xmlNode *os = xml_child(xml_child(domain, "os"), "type");
	CLEANUP_FREE char *type = xml_attr(domain, "type");
	CLEANUP_FREE char *os_type = text_of(os);
	CLEANUP_FREE char *arch = xml_attr(os, "arch");
	CLEANUP_FREE char *bootloader = text_of(xml_child(domain, "bootloader"));

	if (!type || !*type)
		return refuse_internal("missing domain type attribute");
	if (!KNOWN(types, type))
		return refuse_config("invalid domain type %s", type);
	if (!os_type && !bootloader)
		return refuse_xml("an os <type> must be specified");
	if (os_type && !KNOWN(os_types, os_type))
		return refuse_config("unknown OS type '%s'", os_type);
	if (arch && *arch && !KNOWN(arches, arch))
		return refuse_config("Unknown architecture %s", arch);
	return 0;
}

int domain_begin(struct conf *c, const xmlNode *domain)
{
	CLEANUP_FREE char *name = text_of(xml_child(domain, "name"));
	CLEANUP_FREE char *uuid = text_of(xml_child(domain, "uuid"));
	unsigned char bytes[UUID_LEN];

	(void)c;
	if (!name)
		return error_set(FROM_DOMAIN, ERR_NO_NAME, NULL);
	if (uuid && uuid_parse(uuid, bytes) < 0)
		return refuse_internal("malformed uuid element");
	return begin_type(domain);
}

static int set_uuid(struct node *n, bool *ret_generated)
{
	unsigned char bytes[UUID_LEN];
	char text[UUID_TEXT_LEN];

	*ret_generated = !n->text;
	if (!n->text && uuid_generate(bytes) < 0)
		return -1;
	if (n->text)
		uuid_parse(n->text, bytes);
	return node_set_text(n, uuid_format(bytes, text));
}

int rule_genid(struct conf *c, struct node *n)
{
	bool generated;

	(void)c;
	return set_uuid(n, &generated);
}

int rule_title(struct conf *c, struct node *n)
{
	(void)c;
	if (n->text && strchr(n->text, '\n'))
		return refuse_xml("Domain title can't contain newlines");
	return 0;
}

int rule_blkio_device(struct conf *c, struct node *n)
{
	static const char *const values[] = {"weight", "read_iops_sec", "write_iops_sec",
										 "read_bytes_sec", "write_bytes_sec"};

	(void)c;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		const struct node *v = node_child(n, values[i]);

		if (v && v->text)
			return 0;
	}
	n->show |= SHOW_NEVER;
	return 0;
}

int rule_hugepage(struct conf *c, struct node *n)
{
	(void)c;
	return node_attr_is(n, "size", "0") ? refuse_detail("hugepage size can't be zero") : 0;
}

int rule_vcpu(struct conf *c, struct node *n)
{
	CLEANUP_FREE char *text = n->in ? xml_text(n->in) : NULL;
	bool single = xml_child(xml_child(c->root->in, "vcpus"), "vcpu");
	long long max = node_num(n, 1), now = node_attr_num(n, "current", max);

	if (text && !*text)
		return refuse_xml("maximum vcpus count must be an integer");
	if (now > max && !single)
		return refuse_config("maximum vCPU count must not be less than current vCPU count");
	return now == max ? node_set(n, "current", NULL) : 0;
}

static int list_vcpu(struct node *list, const struct node *given, long long id)
{
	struct node *made = node_add(list, "vcpu");

	if (!made || node_setf(made, "id", "%lld", id) < 0)
		return -1;
	if (!given)
		return node_set(made, "enabled", "no");
	return node_set(made, "enabled", node_attr(given, "enabled")) < 0 ||
				   node_set(made, "hotpluggable", node_attr(given, "hotpluggable")) < 0
			   ? -1
			   : node_set(made, "order", node_attr(given, "order"));
}

/* The list of single processors: every one has its line, in order; the last of an id counts. */
int rule_vcpus(struct conf *c, struct node *n)
{
	struct node *vcpu = node_child(c->root, "vcpu"), *given = n->children;
	long long max = node_num(vcpu, 1), online = 0;
	CLEANUP_FREE const struct node **by_id = NULL;
	size_t count = node_count(n, "vcpu");

	if (!given)
		return 0;
	if (max > VALUE_SET_MAX)
		return refuse_config("more than %d virtual CPUs can't be listed one by one", VALUE_SET_MAX);
	if (!(by_id = calloc((size_t)max + 1, sizeof *by_id)))
		return error_oom();
	for (const struct node *g = given; g; g = g->next) {
		long long id = node_attr_num(g, "id", 0);

		if (id >= max)
			return refuse_xml("vcpu id '%s' is out of range of maximum vcpu count",
							  node_attr(g, "id"));
		by_id[id] = g;
	}
	for (long long i = 0; i < max; i++) {
		if (list_vcpu(n, by_id[i], i) < 0)
			return -1;
	}
	while (count--)
		node_remove(n->children);
	NODE_EACH(v, n, "vcpu")
	online += node_attr_is(v, "enabled", "yes");
	return online == max ? node_set(vcpu, "current", NULL)
						 : node_setf(vcpu, "current", "%lld", online);
}

int domain_set_vcpu_states(struct node *root, unsigned vcpus)
{
	NODE_EACH(v, node_child(root, "vcpus"), "vcpu")
	{
		bool on = node_attr_num(v, "id", 0) < (long long)vcpus;

		if (node_set(v, "enabled", on ? "yes" : "no") < 0 ||
			(!on && node_set(v, "hotpluggable", "yes") < 0))
			return -1;
	}
	return 0;
}

int rule_clock(struct conf *c, struct node *n)
{
	const char *offset = node_attr(n, "offset"), *adjustment = node_attr(n, "adjustment");
	bool variable = strcmp(offset, "variable") == 0;
	char *end = NULL;
	long long seconds;

	(void)c;
	if (!adjustment)
		return variable ? node_set(n, "adjustment", "0") : 0;
	if (!variable && strcmp(adjustment, "reset") == 0)
		return 0;
	seconds = strtoll(adjustment, &end, 10);
	if (end == adjustment || *end) {
		if (!variable)
			return refuse_xml("unknown clock adjustment '%s'", adjustment);
		seconds = 0;
	}
	if (!variable && (node_set(n, "basis", offset) < 0 || node_set(n, "offset", "variable") < 0))
		return -1;
	return node_setf(n, "adjustment", "%lld", seconds);
}

int rule_spinlocks(struct conf *c, struct node *n)
{
	(void)c;
	if (node_attr(n, "retries") && node_attr_num(n, "retries", 0) < 0xfff)
		return refuse_xml("HyperV spinlock retry count must be at least 4095");
	return 0;
}

int rule_stimer(struct conf *c, struct node *n)
{
	bool on = false;

	(void)c;
	for (const xmlNode *e = node_attr_is(n, "state", "on") ? n->in->children : NULL; e;
		 e = e->next) {
		if (e->type == XML_ELEMENT_NODE && !xml_is(e, "direct"))
			return refuse_config("unsupported Hyper-V stimer feature: %s", (const char *)e->name);
	}
	NODE_EACH(d, n, "direct")
	on = node_attr_is(d, "state", "on");
	node_remove_all(n, "direct");
	return on ? node_set(node_need(n, "direct"), "state", "on") : 0;
}

int rule_hyperv_vendor(struct conf *c, struct node *n)
{
	const char *value = node_attr(n, "value");

	(void)c;
	if (value && strlen(value) > 12)
		return refuse_xml("HyperV vendor_id value must not be more than %d characters.", 12);
	if (value && strchr(value, ','))
		return refuse_xml("HyperV vendor_id value is invalid");
	return 0;
}

int rule_dirty_ring(struct conf *c, struct node *n)
{
	long long size = node_attr_num(n, "size", 1024);

	(void)c;
	if (size < 1024 || size > 65536 || (size & (size - 1)))
		return refuse_xml("dirty ring must be power of 2 and ranges [1024, 65536]");
	return 0;
}

int rule_capabilities(struct conf *c, struct node *n)
{
	(void)c;
	return n->children || !node_attr_is(n, "policy", "default") ? 0 : node_set(n, "policy", NULL);
}

int rule_tseg(struct conf *c, struct node *n)
{
	const char *unit;
	unsigned long long size;

	(void)c;
	node_set(n, "unit", NULL);
	if (!n->text)
		return 0;
	size = value_pretty(strtoull(n->text, NULL, 10), &unit);
	return node_set(n, "unit", unit) < 0 ? -1 : node_set_textf(n, "%llu", size);
}

int rule_perf(struct conf *c, struct node *n)
{
	const struct row *event = format_find(n->row, ROW_ELEMENT, "event", NULL, NULL);
	const char *const *names = event->rows[0].values;

	(void)c;
	NODE_EACH(a, n, "event")
	{
		for (const struct node *b = node_child(n, "event"); b != a; b = node_next(b)) {
			if (node_attr_is(b, "name", node_attr(a, "name")))
				return refuse_xml("perf event '%s' was already specified", node_attr(a, "name"));
		}
	}
	for (; *names; names++) {
		NODE_EACH(e, n, "event")
		{
			if (node_attr_is(e, "name", *names)) {
				node_unlink(e);
				node_insert(n, e, NULL);
				break;
			}
		}
	}
	return 0;
}

int rule_keywrap(struct conf *c, struct node *n)
{
	struct node *first = node_child(n, "cipher"), *second = first ? node_next(first) : NULL;

	(void)c;
	if (second && node_attr_is(first, "name", node_attr(second, "name")))
		return refuse_internal(
			"A domain definition can have no more than one cipher node with name %s",
			node_attr(first, "name"));
	if (second && node_next(second))
		return refuse_internal(
			"A domain definition can have no more than one cipher node with name %s",
			node_attr(node_next(second), "name"));
	if (second && node_attr_is(first, "name", "dea")) {
		node_unlink(first);
		node_insert(n, first, NULL);
	}
	return 0;
}

int rule_resource(struct conf *c, struct node *n)
{
	(void)c;
	return n->children ? 0 : refuse_xml("neither partition nor fibrechannel in element 'resource'");
}

int rule_seclabel(struct conf *c, struct node *n)
{
	bool several = xml_count(n->in->parent, "seclabel") > 1;
	const char *type = node_attr(n, "type"), *model = node_attr(n, "model");
	bool dynamic = node_attr_is(n, "type", "dynamic"), none = node_attr_is(n, "type", "none");
	bool relabel = node_attr(n, "relabel") ? node_attr_is(n, "relabel", "yes") : dynamic;
	const struct node *label = node_child(n, "label");

	(void)c;
	if (dynamic && !relabel)
		return refuse_config("dynamic label type must use resource relabeling");
	if (none && relabel)
		return refuse_config("resource relabeling is not compatible with 'none' label type");
	if (model && strcmp(model, "none") == 0) {
		node_remove_all(n, "label");
		node_remove_all(n, "baselabel");
		none = true;
		if (node_set(n, "type", "none") < 0)
			return -1;
	} else if (!type) {
		n->show |= SHOW_NEVER;
	} else if (strcmp(type, "static") == 0 && (!label || !label->text)) {
		return refuse_xml("security label is missing");
	}
	for (const struct node *o = node_child(n->parent, "seclabel"); o != n; o = node_next(o)) {
		const char *other = node_attr(o, "model");

		if ((!model && !other) || (model && other && strcmp(model, other) == 0))
			return refuse_detail("seclabel for model %s is already provided",
								 model ? model : "(null)");
	}
	if (several && !model && !xml_next(n->in))
		return refuse_xml("missing security model when using multiple labels");
	for (const struct node *o = node_child(n->parent, "seclabel"); several && o != n;
		 o = node_next(o)) {
		if (!node_attr(o, "model") && !xml_next(n->in))
			return refuse_xml("missing security model when using multiple labels");
	}
	return none ? node_set(n, "relabel", NULL) : node_set(n, "relabel", relabel ? "yes" : "no");
}

static int os_firmware(struct node *os)
{
	struct node *firmware = node_child(os, "firmware"), *first, *second;

	if (!firmware)
		return 0;
	/* the last of a name counts */
	for (first = node_child(firmware, "feature"); first; first = second) {
		const struct node *same = node_next(first);

		while (same && !node_attr_is(same, "name", node_attr(first, "name")))
			same = node_next(same);
		second = node_next(first);
		if (same)
			node_remove(first);
	}
	first = node_child(firmware, "feature");
	if (!first) {
		node_remove(firmware);
	} else if (node_next(first) && node_attr_is(first, "name", "secure-boot")) {
		node_unlink(first);
		node_insert(firmware, first, NULL);
	}
	return 0;
}

static int initenv(const struct node *os)
{
	NODE_EACH(e, os, "initenv")
	{
		if (!e->text)
			return refuse_xml("No value supplied for <initenv name='%s'> element",
							  node_attr(e, "name"));
	}
	return 0;
}

int rule_nvram(struct conf *c, struct node *n)
{
	(void)c;
	if (node_attr(n, "type") && !node_child(n, "source"))
		return error_set(FROM_NONE, ERR_INTERNAL_ERROR, "missing <source> in <nvram type='%s'>",
						 node_attr(n, "type"));
	if (node_child(n, "source"))
		node_show(node_child(n, "source"), "startupPolicy", SHOW_NEVER);
	return 0;
}

static void keep_only(struct node *os, const char *const *names)
{
	struct node *next;

	for (struct node *n = os->children; n; n = next) {
		bool keep = false;

		next = n->next;
		for (size_t i = 0; names[i]; i++)
			keep = keep || strcmp(node_name(n), names[i]) == 0;
		if (!keep)
			node_remove(n);
	}
}

int rule_os(struct conf *c, struct node *n)
{
	static const char *const plain[] = {"type", "smbios", NULL};
	static const char *const boot[] = {"boot", "bootmenu", "bios", NULL};
	struct node *type = node_child(n, "type"), *boots, *bios = node_child(n, "bios"), *acpi;
	const struct node *loader = node_child(c->root, "bootloader");
	bool xen = node_attr_is(c->root, "type", "xen");

	if (!type->text && node_set_text(type, xen ? "linux" : "xen") < 0)
		return -1;
	if (!node_attr(type, "arch") && node_set(type, "arch", "i686") < 0)
		return -1;
	if (xen && strcmp(type->text, "xen") == 0 && node_set_text(type, "linux") < 0)
		return -1;
	if (strcmp(type->text, "linux") == 0 && !xen)
		keep_only(n, plain);
	if (strcmp(type->text, "hvm") != 0)
		node_set(n, "firmware", NULL);
	if (bios) {
		CLEANUP_FREE char *use = xml_attr(bios->in, "useserial");

		if (use && !node_attr(bios, "useserial") && node_set(bios, "useserial", "no") < 0)
			return -1;
	}
	if ((acpi = node_child(n, "acpi/table")) && !acpi->text)
		node_remove_all(n, "acpi");
	if (os_firmware(n) < 0 || initenv(n) < 0)
		return -1;
	while (node_count(n, "boot") > 4) {
		for (boots = node_child(n, "boot"); node_next(boots);)
			boots = node_next(boots);
		node_remove(boots);
	}
	if (loader && loader->text) {
		for (size_t i = 0; boot[i]; i++)
			NODE_EACH(b, n, boot[i])
		b->show |= SHOW_NEVER;
	} else {
		node_remove_all(c->root, "bootloader_args");
	}
	return 0;
}

int rule_idmap(struct conf *c, struct node *n)
{
	(void)c;
	node_sort(n, "uid", node_compare_number, "start");
	node_sort(n, "gid", node_compare_number, "start");
	if (!node_child(n, "uid"))
		n->show |= SHOW_NEVER;
	return 0;
}

int rule_uuid(struct conf *c, struct node *n)
{
	struct domain_reading *r = c->data;

	return set_uuid(n, &r->uuid_generated);
}

int rule_domain(struct conf *c, struct node *n)
{
	(void)n;
	return domain_finish_tuning(c);
}
