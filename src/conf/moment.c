/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Snapshots and checkpoints as documents.
 */
#include "config.h"
#include "conf/moment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "conf/checkpoint-format.h"
#include "conf/format.h"
#include "conf/schema.h"
#include "conf/snapshot-format.h"
#include "conf/xml.h"

#define refuse(kind, code, ...)                                                                    \
	error_set((enum error_domain)(kind)->error_domain, code, __VA_ARGS__)

const struct def_kind *def_kind_snapshot(void)
{
	static const char *const files[] = SCHEMA_FILES("domainsnapshot.rng");
	static struct schema schema = SCHEMA(files);
	static const struct def_kind kind = {.root = "domainsnapshot",
										 .what = "(domain_snapshot)",
										 .error_domain = FROM_DOMAIN_SNAPSHOT,
										 .format = format_domainsnapshot,
										 .schema = &schema};

	return &kind;
}

const struct def_kind *def_kind_checkpoint(void)
{
	static const char *const files[] = SCHEMA_FILES("domaincheckpoint.rng");
	static struct schema schema = SCHEMA(files);
	static const struct def_kind kind = {.root = "domaincheckpoint",
										 .what = "(domain_checkpoint)",
										 .error_domain = FROM_DOMAIN_CHECKPOINT,
										 .format = format_domaincheckpoint,
										 .schema = &schema};

	return &kind;
}

void moment_free(struct moment *m)
{
	if (!m)
		return;
	def_free(m->def);
	domain_def_free(m->domain);
	domain_def_free(m->inactive);
	free(m);
}

int moment_set_text(struct moment *m, const char *element, const char *text)
{
	struct node *n = node_need(m->def->root, element);

	return n ? node_set_text(n, text) : -1;
}

int moment_set_parent(struct moment *m, const char *name)
{
	struct node *parent;

	node_remove_all(m->def->root, "parent");
	if (!name)
		return 0;
	parent = node_need(m->def->root, "parent");
	parent = parent ? node_need(parent, "name") : NULL;
	return parent ? node_set_text(parent, name) : -1;
}

static bool is_snapshot(const struct def_kind *kind)
{
	return kind == def_kind_snapshot();
}

static const char *const states[] = {"running", "blocked", "paused",      "shutdown",
									 "shutoff", "crashed", "pmsuspended", "disk-snapshot"};

static int check_state(const struct def_kind *kind, const xmlNode *root)
{
	CLEANUP_FREE char *state = xml_text(xml_child(root, "state"));

	if (!state || !*state)
		return refuse(kind, ERR_XML_ERROR, "missing state from existing snapshot");
	for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
		if (strcmp(state, states[i]) == 0)
			return 0;
	return refuse(kind, ERR_CONFIG_UNSUPPORTED, "Invalid state '%s' in domain snapshot XML", state);
}

/* What a document of a moment that there was must say, before its domain is looked at. */
static int check_redefined(const struct def_kind *kind, const xmlNode *root)
{
	CLEANUP_FREE char *name = xml_text(xml_child(root, "name"));
	CLEANUP_FREE char *created = xml_text(xml_child(root, "creationTime"));
	const char *what = is_snapshot(kind) ? "snapshot" : "checkpoint";
	char *end = NULL;

	if (!name || !*name)
		return refuse(kind, ERR_XML_ERROR, "a redefined %s must have a name", what);
	errno = 0;
	if (!created || (strtoll(created, &end, 10), errno) || end == created || *end)
		return refuse(kind, ERR_INTERNAL_ERROR, "missing creationTime from existing %s", what);
	return is_snapshot(kind) ? check_state(kind, root) : 0;
}

/* What a document says of a new moment, and only the host can know. */
static void forget_history(xmlNode *root)
{
	static const char *const known[] = {"state", "parent", "creationTime", "domain",
										"inactiveDomain"};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		for (xmlNode *n; (n = (xmlNode *)(uintptr_t)xml_child(root, known[i]));) {
			xmlUnlinkNode(n);
			xmlFreeNode(n);
		}
	}
}

/* Takes the definition of a domain out of the document. 0, or -1 with the error set. */
static int read_domain(xmlNode *root, const char *name, const char *need, struct domain_def **ret)
{
	xmlNode *n = (xmlNode *)(uintptr_t)xml_child(root, name);
	int rc = 0;

	if (!n)
		return 0;
	/* one that only says which domain it was is no definition */
	if (!need || xmlHasProp(n, (const xmlChar *)need))
		rc = domain_def_parse_node(n, ret);
	xmlUnlinkNode(n);
	xmlFreeNode(n);
	return rc;
}

static bool is_offline(const struct node *state)
{
	return state && (node_text_is(state, "shutoff") || node_text_is(state, "disk-snapshot"));
}

int rule_snapshot_memory(struct conf *c, struct node *n)
{
	const struct def_kind *kind = def_kind_snapshot();
	const char *file = node_attr(n, "file"), *mode = node_attr(n, "snapshot");
	const struct node *state = node_child(c->root, "state");
	bool offline = is_offline(state);

	if (mode && strcmp(mode, "manual") == 0)
		return refuse(kind, ERR_XML_ERROR, "'manual' memory snapshot mode not supported");
	if (!mode && file)
		mode = "external";
	else if (!mode && state)
		mode = offline ? "no" : "internal";
	if (file && strcmp(mode, "external") != 0)
		return refuse(kind, ERR_XML_ERROR, "memory filename '%s' requires external snapshot", file);
	if (!file && mode && strcmp(mode, "external") == 0)
		return refuse(kind, ERR_XML_ERROR, "external memory snapshots require a filename");
	if (offline && strcmp(mode, "no") != 0)
		return refuse(kind, ERR_XML_ERROR,
					  "memory state cannot be saved with offline or disk-only snapshot");
	if (file && *file != '/')
		return refuse(kind, ERR_XML_ERROR, "memory snapshot file path (%s) must be absolute", file);
	return mode ? node_set(n, "snapshot", mode) : 0;
}

const char *moment_source_path(const struct node *n)
{
	static const char *const names[] = {"file", "dev", "dir", "name", "path"};

	for (size_t i = 0; n && i < sizeof names / sizeof names[0]; i++)
		if (node_attr(n, names[i]))
			return node_attr(n, names[i]);
	return NULL;
}

int rule_snapshot_disk(struct conf *c, struct node *n)
{
	const struct def_kind *kind = def_kind_snapshot();
	const char *type = node_attr(n, "type");
	const struct node *source = node_child(n, "source");
	const char *path = moment_source_path(source);
	bool local = strcmp(type, "file") == 0 || strcmp(type, "block") == 0;

	(void)c;
	if (local && path && *path != '/')
		return refuse(kind, ERR_XML_ERROR, "disk snapshot image path '%s' must be absolute", path);
	if (path || node_attr(node_child(n, "driver"), "type"))
		return node_attr(n, "snapshot") ? 0 : node_set(n, "snapshot", "external");
	return 0;
}

int rule_snapshot_type(struct conf *c, struct node *n)
{
	const char *type = node_attr(n, "type");

	(void)c;
	if (strcmp(type, "volume") == 0 || strcmp(type, "dir") == 0)
		return refuse(def_kind_snapshot(), ERR_XML_ERROR, "unsupported disk snapshot type '%s'",
					  type);
	return 0;
}

int moment_check_offline(const struct moment *m)
{
	const char *mode = node_attr(node_child(m->def->root, "memory"), "snapshot");

	if (!mode || strcmp(mode, "no") == 0)
		return 0;
	return refuse(m->def->kind, ERR_XML_ERROR,
				  "memory state cannot be saved with offline or disk-only snapshot");
}

static int complete(struct moment *m, unsigned flags)
{
	const char *name = moment_name(m);
	struct node *memory;
	char now[24];

	if (flags & MOMENT_OFFLINE && moment_check_offline(m) < 0)
		return -1;

	if (!(flags & MOMENT_REDEFINE)) {
		snprintf(now, sizeof now, "%lld", (long long)time(NULL));
		return ((!name || !*name) && moment_set_text(m, "name", now) < 0)
				   ? -1
				   : moment_set_text(m, "creationTime", now);
	}
	if (!is_snapshot(m->def->kind))
		return 0;
	if (!(memory = node_need(m->def->root, "memory")))
		return -1;
	return node_attr(memory, "snapshot")
			   ? 0
			   : node_set(memory, "snapshot",
						  is_offline(node_child(m->def->root, "state")) ? "no" : "internal");
}

int moment_parse(const struct def_kind *kind, const char *xml, unsigned flags,
				 struct moment **ret_moment)
{
	CLEANUP(cleanup_moment) struct moment *m = calloc(1, sizeof *m);
	CLEANUP(cleanup_xml_doc)
	xmlDoc *doc = def_read_xml(kind, xml, flags & MOMENT_VALIDATE ? DEF_VALIDATE : 0);
	xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
	const char *need = is_snapshot(kind) ? "type" : NULL;

	if (!m)
		return error_oom();
	if (!root)
		return -1;
	if (!(flags & MOMENT_REDEFINE))
		forget_history(root);
	else if (check_redefined(kind, root) < 0)
		return -1;
	if (read_domain(root, "domain", need, &m->domain) < 0 ||
		read_domain(root, "inactiveDomain", NULL, &m->inactive) < 0 ||
		def_parse_node(kind, root, &m->def) < 0 || complete(m, flags) < 0)
		return -1;
	*ret_moment = steal(&m);
	return 0;
}

/* Writes a domain's definition into the document, under another name where that is its role. */
static int write_domain(const struct domain_def *def, const char *name, unsigned flags,
						struct buf *b)
{
	static const char start[] = "  <domain", end[] = "</domain>\n";
	CLEANUP_BUF struct buf own = {0};
	const char *text;
	size_t n;

	if (domain_def_write(
			def, DOMAIN_FORMAT_INACTIVE | (flags & MOMENT_SECURE ? DOMAIN_FORMAT_SECURE : 0), 2,
			&own) < 0)
		return -1;
	text = (const char *)buf_at(&own);
	n = buf_len(&own);
	if (n < sizeof start + sizeof end)
		return error_oom();
	return buf_printf(b, "  <%s", name) < 0 ||
				   buf_add(b, text + strlen(start), n - strlen(start) - strlen(end)) < 0 ||
				   buf_printf(b, "</%s>\n", name) < 0
			   ? -1
			   : 0;
}

/* Of which domain a snapshot is, if it is not known what that was. */
static int write_uuid(const unsigned char *uuid, struct buf *b)
{
	char text[UUID_TEXT_LEN];

	return buf_printf(b, "  <domain>\n    <uuid>%s</uuid>\n  </domain>\n", uuid_format(uuid, text));
}

char *moment_format(const struct moment *m, const unsigned char *uuid, unsigned flags)
{
	CLEANUP_BUF struct buf b = {0};
	const char *root = m->def->kind->root;
	unsigned hidden = SHOW_LIVE | SHOW_MIG | (flags & MOMENT_SECURE ? 0u : SHOW_SECURE);

	if (buf_printf(&b, "<%s>\n", root) < 0)
		return NULL;
	for (const struct node *n = m->def->root->children; n; n = n->next)
		if (node_write(n, &b, 2, hidden) < 0)
			return NULL;
	if (!(flags & MOMENT_NO_DOMAIN)) {
		if (m->domain ? write_domain(m->domain, "domain", flags, &b) < 0
					  : uuid && write_uuid(uuid, &b) < 0)
			return NULL;
		if (m->inactive && write_domain(m->inactive, "inactiveDomain", flags, &b) < 0)
			return NULL;
	}
	return buf_printf(&b, "</%s>\n", root) < 0 ? NULL : buf_steal_text(&b);
}
