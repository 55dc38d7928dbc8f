/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Changes of one device that are made in the domain's own XML: change-media,
 * update-memory-device.
 */
#include "config.h"

#include "domain.h"
#include "output.h"
#include "table.h"
#include "xml.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum media_act { MEDIA_EJECT, MEDIA_INSERT, MEDIA_UPDATE };

/* The definition in which the device is looked for; NULL with the error reported. */
static xmlDoc *definition(struct shell *sh, const struct rvirt_wire_domain *dom, unsigned flags)
{
	CLEANUP_FREE char *xml =
		domain_xml(sh, dom, flags & RVIRT_DOMAIN_AFFECT_CONFIG ? RVIRT_DOMAIN_XML_INACTIVE : 0);
	xmlDoc *doc = xml ? xml_parse(xml, true) : NULL;

	if (xml && !doc)
		out_refuse(sh, "the host's XML of the domain cannot be read");
	return doc;
}

static bool print_only(struct shell *sh, const struct invocation *in, const char *xml)
{
	if (!args_given(in, "print-xml"))
		return false;
	out_text(sh, "%s", xml);
	out_value(sh, json_pack("{s:o}", "xml", out_json_text(xml)));
	return true;
}

/* 0, or -1 with the library's error set. */
static int update(struct shell *sh, const struct rvirt_wire_domain *dom, const char *xml,
				  unsigned flags)
{
	struct rvirt_wire_dom_xml_flags_args args = {*dom, borrow(xml), flags};

	return domain_wait(rvirt_call_send(sh->conn, RVIRT_PROC_DOMAIN_UPDATE_DEVICE_FLAGS, &args),
					   NULL);
}

static bool has_value(xmlDoc *doc, xmlNode *node, const char *xpath, const char *value)
{
	CLEANUP_FREE char *text = xml_string(doc, node, xpath);

	return text && strcmp(text, value) == 0;
}

/* Whether a disk is called so, by its target or any of its sources. */
static bool is_disk(xmlDoc *doc, xmlNode *disk, const char *path)
{
	return has_value(doc, disk, "string(./target/@dev)", path) ||
		   has_value(doc, disk, "string(./source/@file)", path) ||
		   has_value(doc, disk, "string(./source/@dev)", path) ||
		   has_value(doc, disk, "string(./source/@dir)", path) ||
		   has_value(doc, disk, "string(./source/@name)", path);
}

/* The removable disk of a name; one whose kind is not said counts as such here. NULL with the error
 * reported. */
static xmlNode *find_disk(struct shell *sh, xmlDoc *doc, const char *path)
{
	CLEANUP_FREE xmlNode **nodes = NULL;
	size_t n = 0;

	if (xml_nodes(doc, "/domain/devices/disk", &nodes, &n) < 0 || !n) {
		out_refuse(sh, "Failed to get disk information");
		return NULL;
	}
	for (size_t i = 0; i < n; i++) {
		CLEANUP_FREE char *device = xml_string(doc, nodes[i], "string(./@device)");

		if (device && strcmp(device, "cdrom") != 0 && strcmp(device, "floppy") != 0)
			continue;
		if (!is_disk(doc, nodes[i], path))
			continue;
		if (device)
			return nodes[i];
		out_refuse(sh, "The disk device '%s' is not removable", path);
		return NULL;
	}
	out_refuse(sh, "No disk found whose source path or target is %s", path);
	return NULL;
}

static xmlNode *child(xmlNode *of, const char *name)
{
	xmlNode *c = of->children;

	while (c && (c->type != XML_ELEMENT_NODE || strcmp((const char *)c->name, name) != 0))
		c = c->next;
	return c;
}

static void set(xmlNode *node, const char *name, const char *value)
{
	xmlSetProp(node, (const xmlChar *)name, (const xmlChar *)value);
}

static void drop(xmlNode *node)
{
	if (!node)
		return;
	xmlUnlinkNode(node);
	xmlFreeNode(node);
}

/* Puts a source before the target, indented as the target is. */
static void put_source(xmlNode *disk, const char *path, bool block, const char *policy)
{
	xmlNode *target = child(disk, "target");
	xmlNode *blank = target ? target->prev : NULL;
	xmlNode *source = xmlNewNode(NULL, (const xmlChar *)"source");

	set(source, block ? "dev" : "file", path);
	if (policy)
		set(source, "startupPolicy", policy);
	if (!target) {
		xmlAddChild(disk, source);
		return;
	}
	xmlAddPrevSibling(target, source);
	if (blank && blank->type == XML_TEXT_NODE)
		xmlAddPrevSibling(target, xmlCopyNode(blank, 0));
}

/* Makes the change in the XML. path is NULL for an ejected one. 0, or -1 with the error reported.
 */
static int change_disk(struct shell *sh, xmlDoc *doc, xmlNode *disk, enum media_act act,
					   const char *name, const char *path, bool block)
{
	xmlNode *source = child(disk, "source");
	CLEANUP_FREE char *policy = xml_string(doc, disk, "string(./source/@startupPolicy)");
	CLEANUP_FREE char *old =
		xml_string(doc, disk,
				   "string(./source/@file|./source/@dev|./source/@dir|./source/@pool|"
				   "./source/@name)");

	if (act == MEDIA_EJECT && !source)
		return out_refuse(sh, "The disk device '%s' doesn't have media", name);
	if (act != MEDIA_EJECT && !path)
		return out_refuse(sh, "New disk media source was not specified");
	if (act == MEDIA_INSERT && old)
		return out_refuse(sh, "The disk device '%s' already has media", name);
	drop(child(disk, "backingStore"));
	drop(source);
	set(disk, "type", block ? "block" : "file");
	if (act != MEDIA_EJECT)
		put_source(disk, path, block, policy);
	return 0;
}

static int check_media(struct shell *sh, const struct invocation *in)
{
	return args_exclusive(sh, in, "eject", "insert") < 0 ||
				   args_exclusive(sh, in, "eject", "update") < 0 ||
				   args_exclusive(sh, in, "insert", "update") < 0 ||
				   args_exclusive(sh, in, "eject", "block") < 0
			   ? -1
			   : 0;
}

static int change_media_run(struct shell *sh, const struct invocation *in)
{
	static const char *const verbs[] = {"eject", "insert", "update"};
	static const char *const done[] = {"ejected", "inserted", "updated"};
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP_XML xmlDoc *doc = NULL;
	CLEANUP_FREE char *xml = NULL;
	const char *source, *path;
	enum media_act act;
	xmlNode *disk;
	unsigned flags;

	if (check_media(sh, in) < 0 || args_get_text(sh, in, "source", &source) < 0 ||
		domain_affect(sh, in, &flags) < 0 || domain_find(sh, in, BY_ANY, &dom) < 0 ||
		args_get_text(sh, in, "path", &path) < 0)
		return -1;
	act = args_given(in, "eject") || (args_given(in, "update") && !source) ? MEDIA_EJECT
		  : args_given(in, "insert")                                       ? MEDIA_INSERT
																		   : MEDIA_UPDATE;
	if (args_given(in, "force"))
		flags |= RVIRT_DOMAIN_DEVICE_MODIFY_FORCE;
	if (!(doc = definition(sh, &dom, flags)) || !(disk = find_disk(sh, doc, path)) ||
		change_disk(sh, doc, disk, act, path, source,
					act != MEDIA_EJECT && args_given(in, "block")) < 0)
		return -1;
	xml = xml_format(doc, disk);
	if (print_only(sh, in, xml))
		return 0;
	if (update(sh, &dom, xml, flags) < 0)
		return out_fail_at(sh, "Failed to complete action %s on media", verbs[act]);
	out_text(sh, "Successfully %s media.", done[act]);
	return domain_done(sh, &dom, done[act]);
}

/* Whether a memory device is the one that the line selects. */
static bool is_memory(xmlDoc *doc, xmlNode *memory, const char *alias, const char *node)
{
	return node    ? has_value(doc, memory, "string(./target/node)", node)
		   : alias ? has_value(doc, memory, "string(./alias/@name)", alias)
				   : true;
}

/* The one memory device that the line selects; NULL with the error reported. */
static xmlNode *find_memory(struct shell *sh, const struct invocation *in, xmlDoc *doc)
{
	CLEANUP_FREE xmlNode **nodes = NULL;
	CLEANUP_FREE char *node = NULL;
	xmlNode *found = NULL;
	const char *alias;
	unsigned number = 0;
	size_t n = 0, count = 0;

	if (args_get_text(sh, in, "alias", &alias) < 0 || args_get_uint(sh, in, "node", &number) < 0)
		return NULL;
	if (args_given(in, "node"))
		node = shell_printf("%u", number);
	if (xml_nodes(doc, "/domain/devices/memory", &nodes, &n) < 0)
		n = 0;
	for (size_t i = 0; i < n; i++) {
		if (is_memory(doc, nodes[i], alias, node)) {
			found = nodes[i];
			count++;
		}
	}
	if (count == 1)
		return found;
	out_refuse(sh, count ? "multiple memory devices found, use --alias or --node to select one"
						 : "no memory device found");
	return NULL;
}

/* Writes --requested-size into the XML. 0, or -1 with the error reported. */
static int request_size(struct shell *sh, const struct invocation *in, xmlNode *memory)
{
	CLEANUP_FREE char *text = NULL;
	xmlNode *target = child(memory, "target");
	xmlNode *requested = target ? child(target, "requested") : NULL;
	uint64_t bytes = 0;
	int rc = args_get_size(sh, in, "requested-size", 1024, &bytes);

	if (rc <= 0)
		return rc;
	if (!requested)
		return out_refuse(sh, "virtio-mem device is missing <requested/>");
	text = shell_printf("%" PRIu64, bytes / 1024 + (bytes % 1024 != 0));
	xmlNodeSetContent(requested, (const xmlChar *)text);
	return 0;
}

static int memory_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP_XML xmlDoc *doc = NULL;
	CLEANUP_FREE char *xml = NULL;
	xmlNode *memory;
	unsigned flags;

	if (domain_affect(sh, in, &flags) < 0 || args_exclusive(sh, in, "node", "alias") < 0 ||
		domain_find(sh, in, BY_ANY, &dom) < 0 || !(doc = definition(sh, &dom, flags)) ||
		!(memory = find_memory(sh, in, doc)) || request_size(sh, in, memory) < 0)
		return -1;
	xml = xml_format(doc, memory);
	if (print_only(sh, in, xml))
		return 0;
	if (update(sh, &dom, xml, flags) < 0)
		return out_fail(sh);
	return domain_done(sh, &dom, "updated");
}

static const struct arg memory_args[] = {
	ARG_DOMAIN_ANY(0),
	ARGS_AFFECT,
	{"print-xml", ARG_BOOL, "print the XML and change nothing"},
	{"alias", ARG_STRING, "the alias of the device"},
	{"node", ARG_INT, "the guest's NUMA node that has the device"},
	{"requested-size", ARG_INT, "what the guest is to take, in KiB or with a unit"},
	{NULL},
};
static const struct arg media_args[] = {
	ARG_DOMAIN_ANY(0),
	{"path", ARG_DATA, "target or source of a removable disk"},
	{"source", ARG_STRING, "what is put into the drive"},
	{"eject", ARG_BOOL, "take the media out"},
	{"insert", ARG_BOOL, "put media into an empty drive"},
	{"update", ARG_BOOL, "put media in place of what is there; without a source: eject"},
	ARG_AFFECT_CURRENT,
	ARG_AFFECT_LIVE,
	ARG_AFFECT_CONFIG,
	{"force", ARG_BOOL, "also where the guest locked the drive"},
	{"print-xml", ARG_BOOL, "print the XML and change nothing"},
	{"block", ARG_BOOL, "the source is a block device"},
	{NULL},
};

const struct cmd *cmd_change_rows(void)
{
	static const struct cmd rows[] = {
		{"change-media", "domain", "change what is in a CD or floppy drive",
		 "Ejects, inserts or changes the media of a removable disk.", media_args, CMD_WRITES,
		 change_media_run},
		{"update-memory-device", "domain", "change a memory device",
		 "Changes how much of a memory device the guest is to take.", memory_args, CMD_WRITES,
		 memory_run},
		{NULL},
	};

	return rows;
}
