/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reading and writing migration cookies.
 */
#include "config.h"
#include "drivers/qemu/migrate-cookie.h"

#include "base/error.h"
#include "conf/xml.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void migrate_cookie_clear(struct migrate_cookie *c)
{
	free(c->name);
	free(c->hostname);
	for (size_t i = 0; i < c->n_disks; i++)
		free(c->disks[i].target);
	free(c->disks);
	domain_def_free(c->persistent);
	free(c->stats);
	json_decref(c->caps);
	*c = (struct migrate_cookie){0};
}

int migrate_cookie_add_disk(struct migrate_cookie *c, const char *target, uint64_t capacity)
{
	struct migrate_disk *disks;

	if (c->n_disks == MIGRATE_DISKS_MAX)
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "migration of more than %d disks",
						 MIGRATE_DISKS_MAX);
	disks = realloc(c->disks, (c->n_disks + 1) * sizeof *disks);
	if (!disks)
		return error_oom();
	c->disks = disks;
	disks[c->n_disks].target = strdup(target);
	disks[c->n_disks].capacity = capacity;
	if (!disks[c->n_disks].target)
		return error_oom();
	c->n_disks++;
	return 0;
}

/* -- reading -- */

static int malformed(const char *what)
{
	return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "%s in migration data", what);
}

static int parse_text(const xmlNode *root, const char *name, char **ret)
{
	const xmlNode *n = xml_child(root, name);

	*ret = n ? xml_text(n) : NULL;
	if (*ret)
		return 0;
	return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "missing %s element in migration data", name);
}

static int parse_uuid(const xmlNode *root, const char *name, unsigned char ret[UUID_LEN])
{
	CLEANUP_FREE char *text = NULL;

	if (parse_text(root, name, &text) < 0)
		return -1;
	return uuid_parse(text, ret) < 0 ? malformed("malformed uuid element") : 0;
}

static int parse_port(const xmlNode *nbd, int *ret)
{
	CLEANUP_FREE char *text = xml_attr(nbd, "port");
	char *end;
	long port;

	if (!text)
		return 0;
	port = strtol(text, &end, 10);
	if (end == text || *end || port < 1 || port > 65535)
		return malformed("malformed nbd port");
	*ret = (int)port;
	return 0;
}

static int parse_nbd(struct migrate_cookie *c, const xmlNode *nbd)
{
	c->has_nbd = true;
	if (parse_port(nbd, &c->nbd_port) < 0)
		return -1;
	for (const xmlNode *n = xml_child(nbd, "disk"); n; n = xml_next(n)) {
		CLEANUP_FREE char *target = xml_attr(n, "target"), *capacity = xml_attr(n, "capacity");
		char *end;
		unsigned long long size;

		if (!target || !capacity)
			return malformed("malformed nbd disk");
		errno = 0;
		size = strtoull(capacity, &end, 10);
		if (errno || end == capacity || *end || *capacity == '-')
			return malformed("malformed nbd capacity");
		if (migrate_cookie_add_disk(c, target, size) < 0)
			return -1;
	}
	return 0;
}

/* Whoever keeps others off the disks on that host must do so here, too; here nobody does. */
static int check_locks(const xmlNode *root)
{
	const xmlNode *n = xml_child(root, "lockstate");
	CLEANUP_FREE char *driver = n ? xml_attr(n, "driver") : NULL;

	if (!driver || strcmp(driver, "nop") == 0)
		return 0;
	return error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
					 "Source host lock driver %s different from target nop", driver);
}

/* What the writer wants to be understood. What was plugged in is in the XML; see check_locks(). */
static bool is_known(const char *feature)
{
	static const char *const known[] = {"lockstate", "persistent", "nbd", "memory-hotplug",
										"cpu-hotplug"};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (strcmp(feature, known[i]) == 0)
			return true;
	return false;
}

static int parse_features(const xmlNode *root)
{
	for (const xmlNode *n = xml_child(root, "feature"); n; n = xml_next(n)) {
		CLEANUP_FREE char *name = xml_attr(n, "name");

		if (!name)
			return malformed("missing feature name");
		if (!is_known(name))
			return error_set(FROM_QEMU, ERR_INTERNAL_ERROR,
							 "Unsupported migration cookie feature %s", name);
	}
	return 0;
}

static int parse_root(struct migrate_cookie *c, const xmlNode *root)
{
	const xmlNode *n;

	if (parse_text(root, "name", &c->name) < 0 || parse_uuid(root, "uuid", c->uuid) < 0 ||
		parse_text(root, "hostname", &c->hostname) < 0 ||
		parse_uuid(root, "hostuuid", c->host_uuid) < 0 || parse_features(root) < 0 ||
		check_locks(root) < 0)
		return -1;
	n = xml_child(root, "nbd");
	if (n && parse_nbd(c, n) < 0)
		return -1;
	n = xml_child(root, "domain");
	if (n && domain_def_parse_node(n, &c->persistent) < 0)
		return -1;
	n = xml_child(root, "statistics");
	if (n && !(c->stats = calloc(1, sizeof *c->stats)))
		return error_oom();
	if (n)
		migrate_stats_parse(c->stats, n);
	return 0;
}

int migrate_cookie_parse(const void *data, size_t n, struct migrate_cookie *ret)
{
	CLEANUP_FREE char *text = NULL;
	CLEANUP(cleanup_xml_doc) xmlDoc *doc = NULL;
	CLEANUP_COOKIE struct migrate_cookie c = {0};

	if (n > 0) {
		text = strndup(data, n);
		if (!text)
			return error_oom();
		doc = xml_parse(text, "(qemu_migration_cookie)", "qemu-migration", FROM_QEMU);
		if (!doc || parse_root(&c, xmlDocGetRootElement(doc)) < 0)
			return -1;
	}
	*ret = c;
	c = (struct migrate_cookie){0};
	return 0;
}

/* -- writing -- */

static int write_text(struct buf *b, const char *name, const char *text)
{
	return buf_printf(b, "  <%s>", name) < 0 || xml_escape(b, text) < 0 ||
				   buf_printf(b, "</%s>\n", name) < 0
			   ? -1
			   : 0;
}

static int write_nbd(struct buf *b, const struct migrate_cookie *c)
{
	if (buf_puts(b, "  <nbd") < 0 || (c->nbd_port && buf_printf(b, " port='%d'", c->nbd_port) < 0))
		return -1;
	if (!c->n_disks)
		return buf_puts(b, "/>\n");
	if (buf_puts(b, ">\n") < 0)
		return -1;
	for (size_t i = 0; i < c->n_disks; i++)
		if (buf_puts(b, "    <disk target='") < 0 || xml_escape(b, c->disks[i].target) < 0 ||
			buf_printf(b, "' capacity='%" PRIu64 "'/>\n", c->disks[i].capacity) < 0)
			return -1;
	return buf_puts(b, "  </nbd>\n");
}

static int write_caps(struct buf *b, const json_t *caps)
{
	const json_t *name;
	size_t i;

	if (buf_puts(b, "  <capabilities>\n") < 0)
		return -1;
	json_array_foreach(caps, i, name) if (buf_puts(b, "    <cap name='") < 0 ||
										  xml_escape(b, json_string_value(name)) < 0 ||
										  buf_puts(b, "' auto='no'/>\n") < 0) return -1;
	return buf_puts(b, "  </capabilities>\n");
}

int migrate_cookie_format(const struct migrate_cookie *c, uint32_t *ret_n, uint8_t **ret_data)
{
	CLEANUP_BUF struct buf b = {0};
	char uuid[UUID_TEXT_LEN], host_uuid[UUID_TEXT_LEN], *text;

	uuid_format(c->uuid, uuid);
	uuid_format(c->host_uuid, host_uuid);
	if (buf_puts(&b, "<qemu-migration>\n") < 0 || write_text(&b, "name", c->name) < 0 ||
		write_text(&b, "uuid", uuid) < 0 || write_text(&b, "hostname", c->hostname) < 0 ||
		write_text(&b, "hostuuid", host_uuid) < 0 ||
		(c->persistent &&
		 domain_def_write(c->persistent,
						  DOMAIN_FORMAT_SECURE | DOMAIN_FORMAT_INACTIVE | DOMAIN_FORMAT_MIGRATABLE,
						  2, &b) < 0) ||
		(c->has_nbd && write_nbd(&b, c) < 0) ||
		(c->stats && migrate_stats_write(c->stats, &b) < 0) ||
		(c->caps && write_caps(&b, c->caps) < 0) || buf_puts(&b, "</qemu-migration>\n") < 0)
		return -1;
	text = buf_steal_text(&b);
	if (!text)
		return -1;
	*ret_n = (uint32_t)strlen(text) + 1;
	*ret_data = (uint8_t *)text;
	return 0;
}
