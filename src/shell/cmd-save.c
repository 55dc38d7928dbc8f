/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Domains in files: save, restore, dump, and the XML of what was saved.
 */
#include "config.h"

#include "document.h"
#include "domain.h"
#include "file.h"
#include "output.h"
#include "table.h"

#include <limits.h>
#include <string.h>

static const struct args_bit save_bits[] = {
	{"bypass-cache", RVIRT_DOMAIN_SAVE_BYPASS_CACHE},
	{"running", RVIRT_DOMAIN_SAVE_RUNNING},
	{"paused", RVIRT_DOMAIN_SAVE_PAUSED},
	{"reset-nvram", RVIRT_DOMAIN_SAVE_RESET_NVRAM},
	{NULL, 0},
};

/* A file of the host: what is no full name is meant from where the user is. Owned by the caller;
 * NULL with the error reported. */
static char *host_path(struct shell *sh, const struct invocation *in, const char *option)
{
	const char *path;
	char here[PATH_MAX];

	if (args_get_text(sh, in, option, &path) < 0)
		return NULL;
	if (*path == '/')
		return shell_strdup(path);
	if (!getcwd(here, sizeof(here))) {
		out_refuse(sh, "'%s' is no full name, and the current directory is not known", path);
		return NULL;
	}
	return shell_printf("%s/%s", here, path);
}

/* The text of the file of an option: 0 with *ret NULL if there is none, or -1. */
static int option_file(struct shell *sh, const struct invocation *in, const char *option,
					   char **ret)
{
	const char *path;

	if (args_get_text(sh, in, option, &path) < 0)
		return -1;
	if (!path)
		return 0;
	return (*ret = file_read(sh, path)) ? 0 : -1;
}

/* What --verbose ends with: there is nothing to follow while one call does the work. */
static void show_progress(struct shell *sh, const struct invocation *in, const char *what)
{
	if (args_given(in, "verbose"))
		out_progress(sh, "%s: [100 %%]", what);
}

static int save_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP_FREE char *to = NULL, *xml = NULL;
	unsigned flags = args_bits(in, save_bits);
	const char *name = args_text(in, "domain"), *file = args_text(in, "file");
	int rc;

	if (domain_find(sh, in, BY_ANY, &dom) < 0 || !(to = host_path(sh, in, "file")) ||
		option_file(sh, in, "xml", &xml) < 0)
		return -1;
	if (flags || xml) {
		struct rvirt_wire_domain_save_flags_args args = {dom, to, xml, flags};

		rc = rvirt_call_domain_save_flags(sh->conn, &args);
	} else {
		struct rvirt_wire_dom_to_args args = {dom, to};

		rc = rvirt_call_domain_save(sh->conn, &args);
	}
	if (rc < 0)
		return out_fail_at(sh, "Failed to save domain '%s' to %s", name, file);
	show_progress(sh, in, "Save");
	out_note(sh, "\nDomain '%s' saved to %s\n", name, file);
	return domain_done(sh, &dom, "saved");
}

static int restore_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_FREE char *from = host_path(sh, in, "file"), *xml = NULL;
	unsigned flags = args_bits(in, save_bits);
	const char *file = args_text(in, "file");
	int rc;

	if (!from || option_file(sh, in, "xml", &xml) < 0)
		return -1;
	if (flags || xml) {
		struct rvirt_wire_from_dxml_flags_args args = {from, xml, flags};

		rc = rvirt_call_domain_restore_flags(sh->conn, &args);
	} else {
		struct rvirt_wire_from_args args = {from};

		rc = rvirt_call_domain_restore(sh->conn, &args);
	}
	if (rc < 0)
		return out_fail_at(sh, "Failed to restore domain from %s", file);
	out_note(sh, "Domain restored from %s\n", file);
	out_value(sh, json_pack("{s:o, s:s}", "file", out_json_text(file), "result", "restored"));
	return 0;
}

static const char *const dump_formats[] = {"elf", "kdump-zlib", "kdump-lzo", "kdump-snappy",
										   "win-dmp"};

/* The number of --format; -1 with the error reported. */
static int dump_format(struct shell *sh, const struct invocation *in)
{
	const char *format = args_text(in, "format");

	if (args_given(in, "format") && !args_given(in, "memory-only"))
		return out_refuse(sh, "--format only works with --memory-only");
	if (!format)
		return RVIRT_DOMAIN_CORE_DUMP_FORMAT_RAW;
	for (size_t i = 0; i < sizeof(dump_formats) / sizeof(*dump_formats); i++)
		if (strcmp(format, dump_formats[i]) == 0)
			return (int)i;
	return out_refuse(sh,
					  "format '%s' is not supported, expecting 'kdump-zlib', 'kdump-lzo', "
					  "'kdump-snappy', 'win-dmp' or 'elf'",
					  format);
}

static int dump_run(struct shell *sh, const struct invocation *in)
{
	static const struct args_bit bits[] = {
		{"crash", RVIRT_DUMP_CRASH},
		{"live", RVIRT_DUMP_LIVE},
		{"bypass-cache", RVIRT_DUMP_BYPASS_CACHE},
		{"reset", RVIRT_DUMP_RESET},
		{"memory-only", RVIRT_DUMP_MEMORY_ONLY},
		{NULL, 0},
	};
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP_FREE char *to = NULL;
	unsigned flags = args_bits(in, bits);
	const char *name = args_text(in, "domain"), *file = args_text(in, "file");
	int number, rc;

	if (domain_find(sh, in, BY_ANY, &dom) < 0 || !(to = host_path(sh, in, "file")) ||
		(number = dump_format(sh, in)) < 0)
		return -1;
	if (number != RVIRT_DOMAIN_CORE_DUMP_FORMAT_RAW) {
		struct rvirt_wire_domain_core_dump_with_format_args args = {dom, to, (unsigned)number,
																	flags};

		rc = rvirt_call_domain_core_dump_with_format(sh->conn, &args);
	} else {
		struct rvirt_wire_dom_to_flags_args args = {dom, to, flags};

		rc = rvirt_call_domain_core_dump(sh->conn, &args);
	}
	if (rc < 0)
		return out_fail_at(sh, "Failed to core dump domain '%s' to %s", name, file);
	show_progress(sh, in, "Dump");
	out_note(sh, "\nDomain '%s' dumped to %s\n", name, file);
	return domain_done(sh, &dom, "dumped");
}

static int managedsave_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	const char *name = args_text(in, "domain");
	struct rvirt_wire_dom_flags_args args;

	if (domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	args = domain_flags_args(&dom, args_bits(in, save_bits));
	if (rvirt_call_domain_managed_save(sh->conn, &args) < 0)
		return out_fail_at(sh, "Failed to save domain '%s' state", name);
	show_progress(sh, in, "Managedsave");
	out_note(sh, "\nDomain '%s' state saved by libvirt\n", name);
	return domain_done(sh, &dom, "saved");
}

static int managedsave_remove_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	const char *name = args_text(in, "domain");
	struct rvirt_wire_dom_flags_args args;
	struct rvirt_wire_result_ret saved;

	if (domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	args = domain_flags_args(&dom, 0);
	if (rvirt_call_domain_has_managed_save_image(sh->conn, &args, &saved) < 0)
		return out_fail_at(sh, "Failed to check for domain managed save image");
	if (!saved.result) {
		out_note(sh, "Domain '%s' has no manage save image; removal skipped", name);
		return domain_done(sh, &dom, "unchanged");
	}
	if (rvirt_call_domain_managed_save_remove(sh->conn, &args) < 0)
		return out_fail_at(sh, "Failed to remove managed save image for domain '%s'", name);
	out_note(sh, "Removed managedsave image for domain '%s'", name);
	return domain_done(sh, &dom, "removed");
}

/* What was saved, of a domain or in a file, as its XML is read and replaced. */
struct image {
	struct rvirt_wire_domain dom;
	char *file; /* NULL: the domain's */
	unsigned read_flags, flags;
};

static void image_clear(struct image *image)
{
	domain_clear(&image->dom);
	free(image->file);
}

static char *image_get(struct shell *sh, void *opaque)
{
	const struct image *image = opaque;
	struct rvirt_wire_xml_ret ret = {0};
	int rc;

	if (image->file) {
		struct rvirt_wire_file_flags_args args = {image->file, image->read_flags};

		rc = rvirt_call_domain_save_image_get_xml_desc(sh->conn, &args, &ret);
	} else {
		struct rvirt_wire_dom_flags_args args = domain_flags_args(&image->dom, image->read_flags);

		rc = rvirt_call_domain_managed_save_get_xml_desc(sh->conn, &args, &ret);
	}
	return rc < 0 ? NULL : ret.xml;
}

static int image_put(struct shell *sh, const char *xml, bool relaxed, void *opaque)
{
	const struct image *image = opaque;

	(void)relaxed;
	if (image->file) {
		struct rvirt_wire_file_dxml_flags_args args = {image->file, borrow(xml), image->flags};

		return rvirt_call_domain_save_image_define_xml(sh->conn, &args);
	} else {
		struct rvirt_wire_dom_dxml_flags_args args = {image->dom, borrow(xml), image->flags};

		return rvirt_call_domain_managed_save_define_xml(sh->conn, &args);
	}
}

/* The image that a line means: that of its option "file" if it has one. */
static int image_find(struct shell *sh, const struct invocation *in, struct image *image)
{
	image->flags = args_bits(in, save_bits);
	image->read_flags = args_given(in, "security-info") ? RVIRT_DOMAIN_SAVE_IMAGE_XML_SECURE : 0;
	if (args_given(in, "domain"))
		return domain_find(sh, in, BY_ANY, &image->dom);
	return (image->file = host_path(sh, in, "file")) ? 0 : -1;
}

static int image_dumpxml_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP(image_clear) struct image image = {0};
	CLEANUP_FREE char *xml = NULL;

	if (image_find(sh, in, &image) < 0)
		return -1;
	if (!(xml = image_get(sh, &image)))
		return out_fail(sh);
	return document_print(sh, in, xml);
}

static int image_done(struct shell *sh, const struct image *image, const char *result)
{
	if (!image->file)
		return domain_done(sh, &image->dom, result);
	out_value(sh, json_pack("{s:o, s:s}", "file", out_json_text(image->file), "result", result));
	return 0;
}

static int image_define_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP(image_clear) struct image image = {0};
	CLEANUP_FREE char *xml = NULL;
	const char *name = args_text(in, args_given(in, "domain") ? "domain" : "file");

	if ((args_given(in, "domain") && args_exclusive(sh, in, "running", "paused") < 0) ||
		image_find(sh, in, &image) < 0 || option_file(sh, in, "xml", &xml) < 0)
		return -1;
	if (image_put(sh, xml, false, &image) < 0)
		return image.file ? out_fail_at(sh, "Failed to update %s", name)
						  : out_fail_at(sh, "Failed to update %s XML configuration", name);
	if (image.file)
		out_note(sh, "State file %s updated.\n", name);
	else
		out_note(sh, "Managed save state file of domain '%s' updated.\n", name);
	return image_done(sh, &image, "updated");
}

static int image_edit_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP(image_clear) struct image image = {0};
	CLEANUP_FREE char *unchanged = NULL;
	struct document document = {.get = image_get, .put = image_put, .opaque = &image};
	const char *name = args_text(in, args_given(in, "domain") ? "domain" : "file");
	int rc;

	if (args_exclusive(sh, in, "running", "paused") < 0 || image_find(sh, in, &image) < 0)
		return -1;
	image.read_flags = RVIRT_DOMAIN_SAVE_IMAGE_XML_SECURE;
	unchanged = shell_printf(
		image.file ? "Saved image %s XML configuration not changed.\n"
				   : "Managed save image of domain '%s' XML configuration not changed.\n",
		name);
	document.unchanged = unchanged;
	if ((rc = document_edit(sh, &document)) <= 0)
		return rc < 0 ? -1 : image_done(sh, &image, "unchanged");
	if (image.file)
		out_note(sh, "State file %s edited.\n", name);
	else
		out_note(sh, "Managed save image of Domain '%s' XML configuration edited.\n", name);
	return image_done(sh, &image, "updated");
}

#define ARG_RUNNING                                                                                \
	{                                                                                              \
		"running", ARG_BOOL, "it runs when it is restored"                                         \
	}
#define ARG_PAUSED                                                                                 \
	{                                                                                              \
		"paused", ARG_BOOL, "it is paused when it is restored"                                     \
	}
#define ARG_FILE(help_)                                                                            \
	{                                                                                              \
		"file", ARG_DATA, help_, 0, file_complete                                                  \
	}
#define ARG_XML_FILE                                                                               \
	{                                                                                              \
		"xml", ARG_STRING, "file with the XML to use instead", 0, file_complete                    \
	}

static const struct arg save_args[] = {
	ARG_DOMAIN_ANY(RVIRT_CONNECT_LIST_DOMAINS_ACTIVE),
	ARG_FILE("file of the host to save to"),
	{"bypass-cache", ARG_BOOL, "write without the file system's cache"},
	ARG_XML_FILE,
	ARG_RUNNING,
	ARG_PAUSED,
	{"verbose", ARG_BOOL, "show the progress"},
	{NULL},
};
static const struct arg restore_args[] = {
	ARG_FILE("file of the host to restore from"),
	{"bypass-cache", ARG_BOOL, "read without the file system's cache"},
	ARG_XML_FILE,
	ARG_RUNNING,
	ARG_PAUSED,
	{"reset-nvram", ARG_BOOL, "make the NVRAM anew from its template"},
	{NULL},
};
static const struct arg dump_args[] = {
	ARG_DOMAIN_ANY(RVIRT_CONNECT_LIST_DOMAINS_ACTIVE),
	ARG_FILE("file of the host to dump to"),
	{"live", ARG_BOOL, "let the guest run meanwhile"},
	{"crash", ARG_BOOL, "let the guest crash afterwards"},
	{"bypass-cache", ARG_BOOL, "write without the file system's cache"},
	{"reset", ARG_BOOL, "reset the guest afterwards"},
	{"verbose", ARG_BOOL, "show the progress"},
	{"memory-only", ARG_BOOL, "only the guest's memory"},
	{"format", ARG_STRING, "of what holds memory only: elf, kdump-zlib, kdump-lzo ..."},
	{NULL},
};
static const struct arg managedsave_args[] = {
	ARG_DOMAIN_ANY(RVIRT_CONNECT_LIST_DOMAINS_ACTIVE),
	{"bypass-cache", ARG_BOOL, "write without the file system's cache"},
	ARG_RUNNING,
	ARG_PAUSED,
	{"verbose", ARG_BOOL, "show the progress"},
	{NULL},
};
static const struct arg managedsave_remove_args[] = {ARG_DOMAIN_ANY(0), {NULL}};
static const struct arg managedsave_dumpxml_args[] = {
	ARG_DOMAIN_ANY(0),
	{"security-info", ARG_BOOL, "with passwords and other secrets"},
	ARGS_XPATH,
	{NULL},
};
static const struct arg managedsave_define_args[] = {
	ARG_DOMAIN_ANY(0),
	{"xml", ARG_DATA, "file with the new XML", 0, file_complete},
	ARG_RUNNING,
	ARG_PAUSED,
	{NULL},
};
static const struct arg managedsave_edit_args[] = {
	ARG_DOMAIN_ANY(0), ARG_RUNNING, ARG_PAUSED, {NULL}};
static const struct arg image_dumpxml_args[] = {
	ARG_FILE("file of the host with a saved domain"),
	{"security-info", ARG_BOOL, "with passwords and other secrets"},
	ARGS_XPATH,
	{NULL},
};
static const struct arg image_define_args[] = {
	ARG_FILE("file of the host with a saved domain"),
	{"xml", ARG_DATA, "file with the new XML", 0, file_complete},
	ARG_RUNNING,
	ARG_PAUSED,
	{NULL},
};
static const struct arg image_edit_args[] = {
	ARG_FILE("file of the host with a saved domain"), ARG_RUNNING, ARG_PAUSED, {NULL}};

const struct cmd *cmd_save_rows(void)
{
	static const struct cmd rows[] = {
		{"save", "domain", "save a domain to a file",
		 "Stops a running domain and keeps its memory in a file of the host.", save_args,
		 CMD_WRITES, save_run},
		{"restore", "domain", "start a domain from where it was saved",
		 "Starts a domain from a file that was written by save.", restore_args, CMD_WRITES,
		 restore_run},
		{"dump", "domain", "dump a domain's memory to a file for analysis",
		 "Writes the guest's memory to a file of the host.", dump_args, CMD_WRITES, dump_run},
		{"managedsave", "domain", "save a domain where its next start finds it",
		 "Stops a running domain and keeps its memory; its next start goes on from there.",
		 managedsave_args, CMD_WRITES, managedsave_run},
		{"managedsave-remove", "domain", "throw a domain's saved state away",
		 "Removes what managedsave has kept; the next start boots.", managedsave_remove_args,
		 CMD_WRITES, managedsave_remove_run},
		{"managedsave-dumpxml", "domain", "XML of a domain's saved state",
		 "Prints the XML that was kept by managedsave.", managedsave_dumpxml_args, 0,
		 image_dumpxml_run},
		{"managedsave-define", "domain", "replace the XML of a domain's saved state",
		 "Puts XML from a file in place of what was kept by managedsave.", managedsave_define_args,
		 CMD_WRITES, image_define_run},
		{"managedsave-edit", "domain", "edit the XML of a domain's saved state",
		 "Changes the XML that was kept by managedsave in an editor.", managedsave_edit_args,
		 CMD_WRITES, image_edit_run},
		{"save-image-dumpxml", "domain", "XML of a saved domain",
		 "Prints the XML in a file that was written by save.", image_dumpxml_args, 0,
		 image_dumpxml_run},
		{"save-image-define", "domain", "replace the XML of a saved domain",
		 "Puts XML from a file into one that was written by save.", image_define_args, CMD_WRITES,
		 image_define_run},
		{"save-image-edit", "domain", "edit the XML of a saved domain",
		 "Changes the XML in a file that was written by save in an editor.", image_edit_args,
		 CMD_WRITES, image_edit_run},
		{NULL},
	};

	return rows;
}
