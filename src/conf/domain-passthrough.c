/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * <qemu:commandline> of a domain.
 */
#include "config.h"
#include "conf/domain-passthrough.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "conf/xml.h"

enum { ARGS_MAX = 1024 };

static const char namespace_uri[] = "http://libvirt.org/schemas/domain/qemu/1.0";

static bool is_qemu(const xmlNode *n)
{
	return n->type == XML_ELEMENT_NODE && n->ns &&
		   strcmp((const char *)n->ns->href, namespace_uri) == 0;
}

static int refuse_element(const xmlNode *n)
{
	return error_set(FROM_DOMAIN, ERR_CONFIG_UNSUPPORTED, "<qemu:%s> is not supported",
					 (const char *)n->name);
}

static int add(struct domain_def *def, char *value)
{
	char **more = realloc(def->args, (def->n_args + 1) * sizeof *more);

	if (!more) {
		free(value);
		return error_oom();
	}
	def->args = more;
	def->args[def->n_args++] = value;
	return 0;
}

static int read_list(struct domain_def *def, const xmlNode *list)
{
	for (const xmlNode *n = list->children; n; n = n->next) {
		char *value;

		if (!is_qemu(n))
			continue;
		if (!xml_is(n, "arg"))
			return refuse_element(n);
		if (!(value = xml_attr(n, "value")))
			return error_set(FROM_DOMAIN, ERR_INTERNAL_ERROR,
							 "No qemu command-line argument specified");
		if (def->n_args >= ARGS_MAX) {
			free(value);
			return error_set(FROM_DOMAIN, ERR_CONFIG_UNSUPPORTED, "more than %d <qemu:arg>",
							 ARGS_MAX);
		}
		if (add(def, value) < 0)
			return -1;
	}
	return 0;
}

int domain_passthrough_read(struct domain_def *def, const xmlNode *domain)
{
	for (const xmlNode *n = domain->children; n; n = n->next) {
		if (!is_qemu(n))
			continue;
		if (!xml_is(n, "commandline"))
			return refuse_element(n);
		if (read_list(def, n) < 0)
			return -1;
	}
	return 0;
}

int domain_passthrough_write_namespace(const struct domain_def *def, struct buf *b)
{
	return def->n_args ? buf_printf(b, " xmlns:qemu='%s'", namespace_uri) : 0;
}

int domain_passthrough_write(const struct domain_def *def, unsigned indent, struct buf *b)
{
	int rc = 0;

	if (!def->n_args)
		return 0;
	rc |= buf_printf(b, "%*s<qemu:commandline>\n", (int)indent, "");
	for (size_t i = 0; i < def->n_args; i++) {
		rc |= buf_printf(b, "%*s<qemu:arg value='", (int)indent + 2, "");
		rc |= xml_escape(b, def->args[i]);
		rc |= buf_puts(b, "'/>\n");
	}
	return rc | buf_printf(b, "%*s</qemu:commandline>\n", (int)indent, "") ? -1 : 0;
}

int domain_passthrough_copy(struct domain_def *copy, const struct domain_def *def)
{
	for (size_t i = 0; i < def->n_args; i++) {
		char *value = strdup(def->args[i]);

		if (!value)
			return error_oom();
		if (add(copy, value) < 0)
			return -1;
	}
	return 0;
}

void domain_passthrough_clear(struct domain_def *def)
{
	for (size_t i = 0; i < def->n_args; i++)
		free(def->args[i]);
	free(def->args);
}
