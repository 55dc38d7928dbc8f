/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Hosts that a file describes: <node> with <cpu>, <memory> and objects, each inline or in a file of
 * its own (file='…', from the folder of the first file).
 */
#include "config.h"
#include "drivers/test/node.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/fd.h"
#include "conf/xml.h"
#include "drivers/test/domain.h"
#include "drivers/test/node-new.h"
#include "drivers/test/object.h"
#include "drivers/test/storage.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* What follows the definition of a domain and is only for this driver. */
static const char namespace[] = "http://libvirt.org/schemas/domain/test/1.0";

static xmlDoc *read_doc(const char *path, const char *root)
{
	CLEANUP_FREE char *text = fd_read_regular_file(path, XML_MAX, NULL);

	if (!text) {
		error_set(FROM_TEST, ERR_XML_ERROR, "failed to parse xml document '%s'", path);
		return NULL;
	}
	return xml_parse(text, path, root, FROM_TEST);
}

/* The number in the element at parent/name: 1 and *ret, 0 if there is none, -1 with the error set.
 */
static int read_number(const xmlNode *parent, const char *name, const char *what, long *ret)
{
	CLEANUP_FREE char *text = NULL;
	char *end;
	long n;

	if (!parent || !(text = xml_text(xml_child(parent, name))) || !*text)
		return 0;
	errno = 0;
	n = strtol(text, &end, 10);
	if (errno || end == text || *end)
		return error_set(FROM_TEST, ERR_XML_ERROR, "invalid node %s value", what);
	*ret = n;
	return 1;
}

static int read_int(const xmlNode *parent, const char *name, const char *what, int *ret)
{
	long n;
	int rc = read_number(parent, name, what, &n);

	if (rc > 0)
		*ret = (int)n;
	return rc < 0 ? -1 : 0;
}

static int read_info(const xmlNode *root, struct test_info *info)
{
	const xmlNode *cpu = xml_child(root, "cpu");
	CLEANUP_FREE char *model = cpu ? xml_text(xml_child(cpu, "model")) : NULL;
	int active = INT_MAX;
	long memory;

	if (read_int(cpu, "nodes", "cpu nodes", &info->nodes) < 0 ||
		read_int(cpu, "sockets", "cpu sockets", &info->sockets) < 0 ||
		read_int(cpu, "cores", "cpu cores", &info->cores) < 0 ||
		read_int(cpu, "threads", "cpu threads", &info->threads) < 0 ||
		read_int(cpu, "active", "cpu active", &active) < 0 ||
		read_int(cpu, "mhz", "cpu mhz", &info->mhz) < 0)
		return -1;
	info->cpus = (int)((unsigned)info->cores * (unsigned)info->threads * (unsigned)info->sockets *
					   (unsigned)info->nodes);
	if (active < info->cpus)
		info->cpus = active;
	if (model && *model) {
		if (strlen(model) >= sizeof info->model)
			return error_set(FROM_TEST, ERR_INTERNAL_ERROR, "Model %s too big for destination",
							 model);
		memset(info->model, 0, sizeof info->model);
		memcpy(info->model, model, strlen(model));
	}
	switch (read_number(root, "memory", "memory", &memory)) {
	case 1:
		info->memory = (uint64_t)memory;
		return 0;
	default:
		return 0;
	case -1:
		return -1;
	}
}

/* The file that an element names, as seen from the folder of path; NULL if it names none. */
static char *file_of(const xmlNode *n, const char *path)
{
	CLEANUP_FREE char *name = xml_attr(n, "file");
	const char *slash = strrchr(path, '/');
	char *full;

	if (!name || *name == '/')
		return steal(&name);
	if (asprintf(&full, "%.*s/%s", (int)(slash ? slash - path : 0), path, name) < 0)
		return NULL;
	return full;
}

/* The first child of this driver's own namespace with that name, or NULL. */
static const xmlNode *own_child(const xmlNode *domain, const char *name)
{
	for (const xmlNode *n = domain->children; n; n = n->next)
		if (xml_is(n, name) && n->ns && xmlStrEqual(n->ns->href, (const xmlChar *)namespace))
			return n;
	return NULL;
}

static int read_start(const xmlNode *domain, struct test_domain_start *ret)
{
	const xmlNode *state = own_child(domain, "runstate");
	CLEANUP_FREE char *text = state ? xml_text(state) : NULL;
	char *end;
	unsigned long n = RVIRT_DOMAIN_RUNNING;

	ret->transient = own_child(domain, "transient");
	ret->managed_save = own_child(domain, "hasmanagedsave");
	if (text && *text) {
		n = strtoul(text, &end, 10);
		if (*end || end == text)
			return error_set(FROM_TEST, ERR_XML_ERROR, "invalid runstate");
	}
	if (n >= TEST_N_STATES)
		return error_set(FROM_TEST, ERR_XML_ERROR, "runstate '%d' out of range'", (int)n);
	ret->state = (int)n;
	if (ret->transient && ret->state == RVIRT_DOMAIN_SHUTOFF)
		return error_set(FROM_TEST, ERR_XML_ERROR,
						 "transient domain cannot have runstate 'shutoff'");
	if (ret->managed_save && ret->state != RVIRT_DOMAIN_SHUTOFF)
		return error_set(FROM_TEST, ERR_XML_ERROR,
						 "domain with managedsave data can only have runstate 'shutoff'");
	return 0;
}

static int read_domain(struct test_node *node, const xmlNode *n, const char *path)
{
	CLEANUP_FREE char *file = file_of(n, path);
	CLEANUP(cleanup_xml_doc) xmlDoc *doc = NULL;
	CLEANUP(cleanup_domain_def) struct domain_def *def = NULL;
	struct test_domain_start how;

	if (file && !(doc = read_doc(file, "domain")))
		return -1;
	if (doc)
		n = xmlDocGetRootElement(doc);
	if (read_start(n, &how) < 0 || domain_def_parse_node(n, &def) < 0)
		return -1;
	return test_node_add_domain(node, &def, &how);
}

/* The volumes of a pool. */
static int read_volumes(struct object *pool, const xmlNode *element, const char *path)
{
	for (const xmlNode *n = xml_child(element, "volume"); n; n = xml_next(n)) {
		CLEANUP_FREE char *file = file_of(n, path);
		CLEANUP(cleanup_xml_doc) xmlDoc *doc = NULL;

		if (file && !(doc = read_doc(file, "volume")))
			return -1;
		if (test_volume_add(pool, doc ? xmlDocGetRootElement(doc) : n) < 0)
			return -1;
	}
	return 0;
}

/* Any other object. */
static int read_object(struct test_node *node, const xmlNode *n, const char *path)
{
	CLEANUP_FREE char *file = file_of(n, path);
	CLEANUP(cleanup_xml_doc) xmlDoc *doc = NULL;
	struct object *o;

	if (file && !(doc = read_doc(file, (const char *)n->name)))
		return -1;
	if (doc)
		n = xmlDocGetRootElement(doc);
	if (!(o = test_object_add(node, n)))
		return -1;
	return xml_is(n, "pool") ? read_volumes(o, n, path) : 0;
}

struct test_node *test_node_new_from_file(const char *path)
{
	CLEANUP(cleanup_test_node) struct test_node *node = test_node_new();
	CLEANUP(cleanup_xml_doc) xmlDoc *doc = node ? read_doc(path, NULL) : NULL;
	const xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;

	if (!root)
		return NULL;
	if (!xml_is(root, "node")) {
		error_set(FROM_TEST, ERR_XML_ERROR, "Root element is not 'node'");
		return NULL;
	}
	if (read_info(root, &node->info) < 0)
		return NULL;
	for (const xmlNode *n = xml_child(root, "domain"); n; n = xml_next(n))
		if (read_domain(node, n, path) < 0)
			return NULL;
	for (const xmlNode *n = root->children; n; n = n->next)
		if (n->type == XML_ELEMENT_NODE && test_object_is(n) && read_object(node, n, path) < 0)
			return NULL;
	return steal(&node);
}
