/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules of what stands outside of <devices>: identity, clock, features, security labels.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "conf/domain-rules.h"
#include "conf/value.h"
#include "conf/xml.h"

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
	if (arch && *arch && !value_is_arch(arch))
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
