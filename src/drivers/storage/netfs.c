/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pools that are folders of another host: NFS, GlusterFS, CIFS.
 */
#include "config.h"
#include "drivers/storage/folder.h"
#include "drivers/storage/type.h"

#include "base/error.h"
#include "conf/xml.h"
#include "drivers/storage/command.h"
#include "drivers/storage/mount.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_format(const struct def *def, const char *format)
{
	return node_attr_is(node_child(def->root, "source/format"), "type", format);
}

/* A way to mount it, with what has to be freed. */
struct way {
	struct storage_mount mount;
	char *source, *options;
};

static void way_clear(struct way *way)
{
	free(way->source);
	free(way->options);
}

static int check_version(const char *version)
{
	if (!version || version[strspn(version, "0123456789.")] == '\0')
		return 0;
	return error_set(FROM_STORAGE, ERR_XML_ERROR, "storage pool protocol ver '%s' is malformed",
					 version);
}

static int find_way(const struct def *def, struct way *ret)
{
	const struct node *source = node_child(def->root, "source");
	const char *host = node_attr(node_child(source, "host"), "name");
	const char *dir = node_attr(node_child(source, "dir"), "path");
	const char *version = node_attr(node_child(source, "protocol"), "ver");
	bool cifs = is_format(def, "cifs"), gluster = is_format(def, "glusterfs");

	if (command_word(host, "source host") < 0 || command_word(dir, "source path") < 0 ||
		check_version(version) < 0)
		return -1;
	if (asprintf(&ret->source, cifs ? "//%s/%s" : "%s:%s", host, dir) < 0) {
		ret->source = NULL;
		return error_oom();
	}
	if (version && !cifs && !gluster && asprintf(&ret->options, "nfsvers=%s", version) < 0) {
		ret->options = NULL;
		return error_oom();
	}
	ret->mount.source = ret->source;
	ret->mount.target = def_text(def, "target/path");
	ret->mount.type =
		is_format(def, "auto") ? NULL : node_attr(node_child(def->root, "source/format"), "type");
	ret->mount.options = cifs ? "guest" : gluster ? "direct-io-mode=1" : ret->options;
	return 0;
}

#define CLEANUP_WAY CLEANUP(way_clear)

static int build(const struct def *def, unsigned flags)
{
	if (storage_folder_build(def) < 0)
		return -1;
	return flags ? storage_folder_refuse_format(def) : 0;
}

static int start(const struct def *def)
{
	CLEANUP_WAY struct way way = {0};

	return find_way(def, &way) < 0 ? -1 : mount_put(&way.mount);
}

static int stop(const struct def *def)
{
	CLEANUP_WAY struct way way = {0};

	return find_way(def, &way) < 0 ? -1 : mount_take_away(&way.mount);
}

static bool is_up(const struct def *def)
{
	CLEANUP_WAY struct way way = {0};

	return find_way(def, &way) == 0 && mount_is_there(&way.mount);
}

/* -- what a host offers -- */

/* The host of a document of a source; owned by the caller. NULL with the error set. */
static char *host_of(const char *spec)
{
	CLEANUP(cleanup_xml_doc) xmlDoc *doc = NULL;
	CLEANUP_FREE char *port = NULL;
	const xmlNode *host;
	char *name;

	if (!spec || !*spec) {
		error_set(FROM_STORAGE, ERR_INVALID_ARG, "hostname must be specified for netfs sources");
		return NULL;
	}
	doc = xml_parse(spec, "(storage_source_specification)", "source", FROM_STORAGE);
	if (!doc)
		return NULL;
	host = xml_child(xmlDocGetRootElement(doc), "host");
	port = host ? xml_attr(host, "port") : NULL;
	if (port && port[strspn(port, "0123456789")]) {
		error_set(FROM_STORAGE, ERR_XML_ERROR,
				  "Invalid value for attribute 'port' in element 'host': '%s'. Expected integer "
				  "value",
				  port);
		return NULL;
	}
	name = host ? xml_attr(host, "name") : NULL;
	if (name && command_word(name, "host name") == 0)
		return name;
	if (!name)
		error_set(FROM_STORAGE, ERR_INTERNAL_ERROR,
				  "missing storage pool host name in the description of what is looked for");
	free(name);
	return NULL;
}

/* Appends what a line of showmount says: a path, then who may have it. */
static int add_export(struct buf *to, const char *host, const char *line, size_t n)
{
	CLEANUP_FREE char *path = strndup(line, n);
	char *end = path ? path + strlen(path) : NULL;

	if (!path)
		return error_oom();
	/* the list of who may have it has no blank in it, a path may */
	while (end > path && end[-1] == ' ')
		*--end = '\0';
	if (strrchr(path, ' ')) {
		end = strrchr(path, ' ');
		while (end > path && *end == ' ')
			*end-- = '\0';
	}
	return buf_puts(to, "  <source>\n    <host name='") < 0 || xml_escape(to, host) < 0 ||
				   buf_puts(to, "'/>\n    <dir path='") < 0 || xml_escape(to, path) < 0 ||
				   buf_puts(to, "'/>\n    <format type='nfs'/>\n  </source>\n") < 0
			   ? -1
			   : 0;
}

static int find_sources(const char *spec, struct buf *to)
{
	CLEANUP_FREE char *host = host_of(spec);
	const char *const argv[] = {"showmount", "--no-headers", "--exports", host, NULL};
	CLEANUP_COMMAND struct command_end end = {0};
	size_t before = buf_len(to), n;

	if (!host)
		return -1;
	if (command_try(argv, &end) < 0)
		return -1;
	for (const char *line = end.status ? "" : end.out; *line; line += n + (line[n] == '\n')) {
		n = strcspn(line, "\n");
		if (*line == '/' && add_export(to, host, line, n) < 0)
			return -1;
	}
	if (buf_len(to) > before)
		return 0;
	return error_set(FROM_STORAGE, ERR_OPERATION_FAILED,
					 "no storage pools were found on host '%s'%s%s", host, *end.err ? ": " : "",
					 end.err);
}

const struct storage_type storage_type_netfs = {
	.name = "netfs",
	.build = build,
	.remove = storage_folder_remove,
	.start = start,
	.stop = stop,
	.is_up = is_up,
	.find_sources = find_sources,
	STORAGE_FOLDER_OPERATIONS,
};
