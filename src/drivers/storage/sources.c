/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What pools could be made of on this host, and what types of pools there are.
 */
#include "config.h"
#include "drivers/storage/storage.h"

#include "conf/pool.h"
#include "drivers/storage/ops.h"

#include <string.h>

int storage_connect_find_storage_pool_sources(
	struct driver_conn *conn, const struct rvirt_wire_type_src_spec_flags_args *args,
	struct rvirt_wire_xml_ret *ret)
{
	CLEANUP_BUF struct buf xml = {0};
	const struct storage_type *type;

	(void)conn;
	if (storage_check_flags(args->flags, 0, "storageConnectFindPoolSources") < 0)
		return -1;
	if (storage_type_number(args->type) < 0)
		return storage_refuse(ERR_INTERNAL_ERROR, "unknown storage pool type %s", args->type);
	if (!(type = storage_type_by_name(args->type)))
		return -1;
	if (!type->find_sources)
		return storage_refuse(ERR_NO_SUPPORT, "pool type '%s' does not support source discovery",
							  args->type);
	if (buf_puts(&xml, "<sources>\n") < 0 || type->find_sources(args->src_spec, &xml) < 0 ||
		buf_puts(&xml, "</sources>\n") < 0)
		return -1;
	ret->xml = buf_steal_text(&xml);
	return ret->xml ? 0 : -1;
}

/* -- capabilities -- */

static const char *const file_formats[] = {"none", "raw",  "dir",   "bochs", "cloop", "dmg",
										   "iso",  "vpc",  "vdi",   "fat",   "vhd",   "ploop",
										   "cow",  "qcow", "qcow2", "qed",   "vmdk",  NULL};

/* Formats of a type's sources, and of its volumes; the first is what is meant if none is given.
 * Other types have neither. */
static const struct row {
	const char *type, *default_source, *default_volume;
	const char *const *sources, *const *volumes;
} rows[] = {
	{"dir", NULL, "raw", NULL, file_formats},
	{"fs", "auto", "raw",
	 (const char *const[]){"auto", "ext2", "ext3", "ext4", "ufs", "iso9660", "udf", "gfs", "gfs2",
						   "vfat", "hfs+", "xfs", "ocfs2", "vmfs", NULL},
	 file_formats},
	{"netfs", "auto", "raw", (const char *const[]){"auto", "nfs", "glusterfs", "cifs", NULL},
	 file_formats},
	{"logical", "lvm2", NULL, (const char *const[]){"unknown", "lvm2", NULL}, NULL},
	{"disk", "unknown", "none",
	 (const char *const[]){"unknown", "dos", "dvh", "gpt", "mac", "bsd", "pc98", "sun", "lvm2",
						   NULL},
	 (const char *const[]){"none", "linux", "fat16", "fat32", "linux-swap", "linux-lvm",
						   "linux-raid", "extended", NULL}},
	{"rbd", NULL, "raw", NULL, (const char *const[]){NULL}},
	{"gluster", NULL, "raw", NULL, file_formats},
	{"vstorage", NULL, "raw", NULL, file_formats},
};

static int add_options(struct buf *xml, const char *element, const char *name,
					   const char *default_format, const char *const *formats)
{
	if (!formats)
		return 0;
	if (buf_printf(xml, "    <%s>\n      <defaultFormat type='%s'/>\n      <enum name='%s'>\n",
				   element, default_format, name) < 0)
		return -1;
	for (; *formats; formats++)
		if (buf_printf(xml, "        <value>%s</value>\n", *formats) < 0)
			return -1;
	return buf_printf(xml, "      </enum>\n    </%s>\n", element);
}

static int add_type(struct buf *xml, const char *type)
{
	const struct row *row = rows, *end = rows + sizeof rows / sizeof rows[0];
	bool served = storage_type_by_name(type) != NULL;

	error_reset();
	while (row < end && strcmp(row->type, type) != 0)
		row++;
	if (buf_printf(xml, "  <pool type='%s' supported='%s'>\n", type, served ? "yes" : "no") < 0)
		return -1;
	if (row < end &&
		(add_options(xml, "poolOptions", "sourceFormatType", row->default_source, row->sources) <
			 0 ||
		 add_options(xml, "volOptions", "targetFormatType", row->default_volume, row->volumes) < 0))
		return -1;
	return buf_puts(xml, "  </pool>\n");
}

int storage_connect_get_storage_pool_capabilities(struct driver_conn *conn,
												  const struct rvirt_wire_flags_args *args,
												  struct rvirt_wire_capabilities_ret *ret)
{
	/* where it is written otherwise than numbered */
	static const char *const order[] = {"dir",      "fs",           "netfs", "logical",  "disk",
										"iscsi",    "iscsi-direct", "scsi",  "mpath",    "rbd",
										"sheepdog", "gluster",      "zfs",   "vstorage", NULL};
	CLEANUP_BUF struct buf xml = {0};

	(void)conn;
	if (storage_check_flags(args->flags, 0, "storageConnectGetStoragePoolCapabilities") < 0 ||
		buf_puts(&xml, "<storagepoolCapabilities>\n") < 0)
		return -1;
	for (const char *const *type = order; *type; type++)
		if (add_type(&xml, *type) < 0)
			return -1;
	if (buf_puts(&xml, "</storagepoolCapabilities>\n") < 0)
		return -1;
	ret->capabilities = buf_steal_text(&xml);
	return ret->capabilities ? 0 : -1;
}
