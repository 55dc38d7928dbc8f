/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Definitions of domains: the way from text to a checked tree and back.
 */
#include "config.h"
#include "conf/domain.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "conf/domain-passthrough.h"
#include "conf/domain-rules.h"
#include "conf/format.h"
#include "conf/metadata.h"
#include "conf/schema.h"
#include "conf/xml.h"

static const char *text_at(const struct node *root, const char *path)
{
	const struct node *n = node_child(root, path);

	return n ? n->text : NULL;
}

/* Fills the fields from the tree. */
static void refresh(struct domain_def *def)
{
	const struct node *vcpu = node_child(def->root, "vcpu");

	def->name = text_at(def->root, "name");
	def->title = text_at(def->root, "title");
	def->description = text_at(def->root, "description");
	def->type = node_attr(def->root, "type");
	def->os_type = text_at(def->root, "os/type");
	def->arch = node_attr(node_child(def->root, "os/type"), "arch");
	def->memory = (unsigned long long)node_num(node_child(def->root, "memory"), 0);
	def->current_memory = (unsigned long long)node_num(node_child(def->root, "currentMemory"), 0);
	def->max_memory = (unsigned long long)node_num(node_child(def->root, "maxMemory"), 0);
	def->max_vcpus = (unsigned)node_num(vcpu, 1);
	def->vcpus = (unsigned)node_attr_num(vcpu, "current", def->max_vcpus);
	def->on_poweroff = text_at(def->root, "on_poweroff");
	def->on_reboot = text_at(def->root, "on_reboot");
	def->on_crash = text_at(def->root, "on_crash");
}

static int take_metadata(struct domain_def *def, const xmlNode *domain)
{
	const xmlNode *metadata = xml_child(domain, "metadata");

	if (!metadata)
		return 0;
	if (!(def->metadata = xml_copy(metadata)))
		return -1;
	return metadata_tidy(xmlDocGetRootElement(def->metadata), FROM_DOMAIN);
}

static const struct domain_profile plain = {.arch = "i686"};

int domain_def_parse_node(const xmlNode *domain, struct domain_def **ret_def)
{
	return domain_def_parse_node_for(domain, &plain, ret_def);
}

int domain_def_parse_node_for(const xmlNode *domain, const struct domain_profile *profile,
							  struct domain_def **ret_def)
{
	CLEANUP(cleanup_domain_def) struct domain_def *def = calloc(1, sizeof *def);
	struct domain_reading reading = {.profile = profile};
	struct conf c = {.error_domain = FROM_DOMAIN, .data = &reading, .live = profile->running};

	if (!def)
		return error_oom();
	def->id = -1;
	if (domain_begin(&c, domain) < 0)
		return -1;
	if (!(def->root = format_read(&c, format_domain(), domain, NULL)))
		return -1;
	if (domain_complete(&c) < 0 || domain_check(&c) < 0 || take_metadata(def, domain) < 0)
		return -1;
	if (profile->passthrough && domain_passthrough_read(def, domain) < 0)
		return -1;
	uuid_parse(text_at(def->root, "uuid"), def->uuid);
	refresh(def);
	*ret_def = steal(&def);
	return 0;
}

static int validate(xmlDoc *doc)
{
	static const char *const files[] = SCHEMA_FILES("domain.rng");
	static struct schema schema = SCHEMA(files);

	return schema_validate(&schema, doc);
}

int domain_def_parse(const char *xml, unsigned flags, struct domain_def **ret_def)
{
	return domain_def_parse_for(xml, flags, &plain, ret_def);
}

int domain_def_parse_for(const char *xml, unsigned flags, const struct domain_profile *profile,
						 struct domain_def **ret_def)
{
	CLEANUP(cleanup_xml_doc) xmlDoc *doc = NULL;

	if (strnlen(xml, DOMAIN_XML_MAX + 1) > DOMAIN_XML_MAX)
		return refuse_config("a domain's definition may have %u bytes at most", DOMAIN_XML_MAX);
	if (!(doc = xml_parse(xml, "(domain_definition)", "domain", FROM_DOMAIN)) ||
		((flags & DOMAIN_PARSE_VALIDATE) && validate(doc) < 0))
		return -1;
	return domain_def_parse_node_for(xmlDocGetRootElement(doc), profile, ret_def);
}

/* The metadata has its place before the first element that the description puts behind it. */
static bool after_metadata(const struct node *n)
{
	static const char *const before[] = {"name", "uuid", "genid", "title", "description", NULL};

	for (size_t i = 0; before[i]; i++) {
		if (strcmp(node_name(n), before[i]) == 0)
			return false;
	}
	return true;
}

static int write_start(const struct domain_def *def, unsigned indent, bool live, struct buf *b)
{
	if (buf_printf(b, "%*s<domain type='%s'", (int)indent, "", def->type) < 0)
		return -1;
	if (live && buf_printf(b, " id='%d'", def->id) < 0)
		return -1;
	if (domain_passthrough_write_namespace(def, b) < 0)
		return -1;
	return buf_puts(b, ">\n");
}

static int write_metadata(const struct domain_def *def, unsigned indent, struct buf *b)
{
	if (!def->metadata)
		return 0;
	return xml_write(b, xmlDocGetRootElement(def->metadata), indent) < 0 ? -1 : buf_puts(b, "\n");
}

int domain_def_write(const struct domain_def *def, unsigned flags, unsigned indent, struct buf *b)
{
	bool live = def->id >= 0 && !(flags & DOMAIN_FORMAT_INACTIVE), written = false;
	unsigned hidden = (live ? 0u : SHOW_LIVE) | (flags & DOMAIN_FORMAT_SECURE ? 0u : SHOW_SECURE) |
					  (flags & DOMAIN_FORMAT_MIGRATABLE ? SHOW_NOMIG : SHOW_MIG);

	if (write_start(def, indent, live, b) < 0)
		return -1;
	for (const struct node *n = def->root->children; n; n = n->next) {
		if (!written && after_metadata(n)) {
			written = true;
			if (write_metadata(def, indent + 2, b) < 0)
				return -1;
		}
		if (node_write(n, b, indent + 2, hidden) < 0)
			return -1;
	}
	if (domain_passthrough_write(def, indent + 2, b) < 0)
		return -1;
	return buf_printf(b, "%*s</domain>\n", (int)indent, "");
}

char *domain_def_format(const struct domain_def *def, unsigned flags)
{
	CLEANUP_BUF struct buf b = {0};

	return domain_def_write(def, flags, 0, &b) < 0 ? NULL : buf_steal_text(&b);
}

struct domain_def *domain_def_copy(const struct domain_def *def)
{
	CLEANUP(cleanup_domain_def) struct domain_def *copy = calloc(1, sizeof *copy);

	if (!copy) {
		error_oom();
		return NULL;
	}
	copy->id = def->id;
	memcpy(copy->uuid, def->uuid, sizeof copy->uuid);
	if (!(copy->root = node_copy(def->root)))
		return NULL;
	if (def->metadata && !(copy->metadata = xml_copy(xmlDocGetRootElement(def->metadata))))
		return NULL;
	if (domain_passthrough_copy(copy, def) < 0)
		return NULL;
	refresh(copy);
	return steal(&copy);
}

void domain_def_free(struct domain_def *def)
{
	if (!def)
		return;
	node_free(def->root);
	xmlFreeDoc(def->metadata);
	domain_passthrough_clear(def);
	free(def);
}

void domain_def_set_id(struct domain_def *def, int id)
{
	def->id = id;
}

/* Sets the text of the element at path, which is made if it is missing; NULL removes it. */
int domain_def_set_text(struct domain_def *def, const char *path, const char *text)
{
	CLEANUP_FREE char *copy = strdup(path);
	struct node *n = def->root;
	char *rest = copy, *name;

	if (!copy)
		return error_oom();
	if (!text) {
		node_remove(node_child(n, path));
		refresh(def);
		return 0;
	}
	while ((name = strsep(&rest, "/"))) {
		if (!(n = node_need(n, name)))
			return -1;
	}
	if (node_set_text(n, text) < 0)
		return -1;
	for (const struct row *r = n->row->rows; r && r->kind != ROW_END; r++) {
		if (r->kind == ROW_TEXT && r->type == VALUE_MEM && node_set(n, "unit", "KiB") < 0)
			return -1;
	}
	refresh(def);
	return 0;
}

static int set_number(struct domain_def *def, const char *path, unsigned long long v)
{
	char text[32];

	snprintf(text, sizeof text, "%llu", v);
	return domain_def_set_text(def, path, text);
}

int domain_def_set_name(struct domain_def *def, const char *name)
{
	return domain_def_set_text(def, "name", name);
}

int domain_def_set_title(struct domain_def *def, const char *title)
{
	return domain_def_set_text(def, "title", title && *title ? title : NULL);
}

int domain_def_set_description(struct domain_def *def, const char *description)
{
	return domain_def_set_text(def, "description",
							   description && *description ? description : NULL);
}

int domain_def_set_memory(struct domain_def *def, unsigned long long kib)
{
	if (set_number(def, "memory", kib) < 0)
		return -1;
	return def->current_memory > kib ? domain_def_set_current_memory(def, kib) : 0;
}

int domain_def_set_current_memory(struct domain_def *def, unsigned long long kib)
{
	return set_number(def, "currentMemory", kib);
}

int domain_def_set_lifecycle(struct domain_def *def, const char *event, const char *action)
{
	return domain_def_set_text(def, event, action);
}

struct node *domain_def_device(const struct domain_def *def, const char *element, size_t n)
{
	struct node *d = node_child(node_child(def->root, "devices"), element);

	while (d && n--)
		d = node_next(d);
	return d;
}

struct node *domain_def_find_device(const struct domain_def *def, const char *element,
									const char *name)
{
	NODE_EACH(d, node_child(def->root, "devices"), element)
	{
		const char *mac = node_attr(node_child(d, "mac"), "address");

		if (node_attr_is(node_child(d, "target"), "dev", name) ||
			(mac && strcasecmp(mac, name) == 0) ||
			node_attr_is(node_child(d, "alias"), "name", name))
			return d;
	}
	return NULL;
}

int domain_def_name_interfaces(struct domain_def *def, const char *prefix)
{
	char name[64];
	unsigned i = 0;

	NODE_EACH(n, node_child(def->root, "devices"), "interface")
	{
		struct node *target = node_need(n, "target");

		if (!target)
			return -1;
		if (node_attr(target, "dev"))
			continue;
		do
			snprintf(name, sizeof name, "%s%u", prefix, i++);
		while (domain_def_find_device(def, "interface", name));
		if (node_set(target, "dev", name) < 0)
			return -1;
	}
	return 0;
}

int domain_def_set_max_vcpus(struct domain_def *def, unsigned vcpus)
{
	unsigned now = def->vcpus < vcpus ? def->vcpus : vcpus;

	return set_number(def, "vcpu", vcpus) < 0 ? -1 : domain_def_set_vcpus(def, now);
}

int domain_def_set_vcpus(struct domain_def *def, unsigned vcpus)
{
	struct node *vcpu = node_child(def->root, "vcpu");
	int rc = vcpus == def->max_vcpus ? node_set(vcpu, "current", NULL)
									 : node_setf(vcpu, "current", "%u", vcpus);

	if (rc == 0)
		rc = domain_set_vcpu_states(def->root, vcpus);
	refresh(def);
	return rc;
}
