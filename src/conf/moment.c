/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Snapshots and checkpoints as documents.
 */
#include "config.h"
#include "conf/moment.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "conf/checkpoint-format.h"
#include "conf/schema.h"
#include "conf/snapshot-format.h"
#include "conf/value.h"
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

/* Takes the definition of a domain out of the document. 0, or -1 with the error set. */
static int read_domain(xmlNode *root, const char *name, struct domain_def **ret)
{
	xmlNode *n = (xmlNode *)(uintptr_t)xml_child(root, name);
	int rc = 0;

	if (!n)
		return 0;
	/* one that only says which domain it was is no definition */
	if (xml_child(n, "name"))
		rc = domain_def_parse_node(n, ret);
	xmlUnlinkNode(n);
	xmlFreeNode(n);
	return rc;
}

static bool is_snapshot(const struct moment *m)
{
	return m->def->kind == def_kind_snapshot();
}

static const char *const states[] = {"nostate", "running",     "blocked",
									 "paused",  "shutdown",    "shutoff",
									 "crashed", "pmsuspended", "disk-snapshot"};

static int check_state(const struct moment *m)
{
	const char *state = def_text(m->def, "state");

	if (!state || !*state)
		return refuse(m->def->kind, ERR_XML_ERROR, "missing state from existing snapshot");
	for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
		if (strcmp(state, states[i]) == 0)
			return 0;
	return refuse(m->def->kind, ERR_CONFIG_UNSUPPORTED, "Invalid state '%s' in domain snapshot XML",
				  state);
}

/* What a document of a moment that there was must say; what one of a new moment says of it is
 * passed over. */
static int read_times(struct moment *m, unsigned flags)
{
	const char *text = def_text(m->def, "creationTime");
	char now[24];

	if (flags & MOMENT_REDEFINE) {
		if (!text || value_parse_uint(text, 10, &m->created) < 0)
			return refuse(m->def->kind, ERR_INTERNAL_ERROR, "missing creationTime from existing %s",
						  is_snapshot(m) ? "snapshot" : "checkpoint");
		return is_snapshot(m) ? check_state(m) : 0;
	}
	m->created = (unsigned)time(NULL);
	node_remove_all(m->def->root, "state");
	node_remove_all(m->def->root, "parent");
	snprintf(now, sizeof now, "%u", m->created);
	return moment_set_text(m, "creationTime", now);
}

/* It holds no memory, whatever it says. */
static bool is_offline(const struct moment *m, unsigned flags)
{
	const char *state = def_text(m->def, "state");

	if (!(flags & MOMENT_REDEFINE))
		return flags & MOMENT_OFFLINE;
	return state && (strcmp(state, "shutoff") == 0 || strcmp(state, "disk-snapshot") == 0);
}

/* Where images are is said by whole paths. */
static int check_paths(const struct moment *m)
{
	NODE_EACH(row, node_child(m->def->root, "disks"), "disk")
	{
		const char *file = node_attr(node_child(row, "source"), "file");

		if (file && *file != '/')
			return refuse(m->def->kind, ERR_XML_ERROR,
						  "disk snapshot image path '%s' must be absolute", file);
	}
	return 0;
}

static int check_memory(const struct moment *m, unsigned flags)
{
	const struct node *memory = node_child(m->def->root, "memory");
	const char *file = node_attr(memory, "file");
	bool external = node_attr_is(memory, "snapshot", "external");

	if (external && !file)
		return refuse(m->def->kind, ERR_XML_ERROR, "external memory snapshots require a filename");
	if (file && !external && node_attr(memory, "snapshot"))
		return refuse(m->def->kind, ERR_XML_ERROR,
					  "memory filename '%s' requires external snapshot", file);
	if (is_offline(m, flags) && (file || (memory && node_attr(memory, "snapshot") &&
										  !node_attr_is(memory, "snapshot", "no"))))
		return refuse(m->def->kind, ERR_XML_ERROR,
					  "memory state cannot be saved with offline or disk-only snapshot");
	if (file && *file != '/')
		return refuse(m->def->kind, ERR_XML_ERROR,
					  "memory snapshot file path (%s) must be absolute", file);
	return file && !external ? node_set((struct node *)(uintptr_t)memory, "snapshot", "external")
							 : 0;
}

static int complete(struct moment *m, unsigned flags)
{
	const char *name = moment_name(m);
	char now[24];

	if (read_times(m, flags) < 0)
		return -1;
	if (!name || !*name) {
		if (flags & MOMENT_REDEFINE)
			return refuse(m->def->kind, ERR_XML_ERROR, "a redefined %s must have a name",
						  is_snapshot(m) ? "snapshot" : "checkpoint");
		snprintf(now, sizeof now, "%u", m->created);
		if (moment_set_text(m, "name", now) < 0)
			return -1;
	}
	if (!is_snapshot(m))
		return 0;
	return check_memory(m, flags) < 0 ? -1 : check_paths(m);
}

int moment_parse(const struct def_kind *kind, const char *xml, unsigned flags,
				 struct moment **ret_moment)
{
	CLEANUP(cleanup_moment) struct moment *m = calloc(1, sizeof *m);
	CLEANUP(cleanup_xml_doc)
	xmlDoc *doc = def_read_xml(kind, xml, flags & MOMENT_VALIDATE ? DEF_VALIDATE : 0);
	xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;

	if (!m)
		return error_oom();
	if (!root || read_domain(root, "domain", &m->domain) < 0 ||
		read_domain(root, "inactiveDomain", &m->inactive) < 0 ||
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

char *moment_format(const struct moment *m, unsigned flags)
{
	CLEANUP_BUF struct buf b = {0};
	const char *root = m->def->kind->root;

	if (buf_printf(&b, "<%s>\n", root) < 0)
		return NULL;
	for (const struct node *n = m->def->root->children; n; n = n->next)
		if (node_write(n, &b, 2, 0) < 0)
			return NULL;
	if (!(flags & MOMENT_NO_DOMAIN)) {
		if (m->domain && write_domain(m->domain, "domain", flags, &b) < 0)
			return NULL;
		if (m->inactive && write_domain(m->inactive, "inactiveDomain", flags, &b) < 0)
			return NULL;
	}
	return buf_printf(&b, "</%s>\n", root) < 0 ? NULL : buf_steal_text(&b);
}
