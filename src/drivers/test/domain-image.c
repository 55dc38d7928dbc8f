/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Domains in files: saved to one, started from one, and dumps for analysis. A file holds a magic
 * word, the length of a definition and the definition, as libvirt's test driver writes it, so that
 * each reads the other's. The files are the daemon's host's.
 */
#include "config.h"
#include "drivers/args.h"
#include "drivers/test/domain.h"
#include "drivers/test/ops.h"

#include "base/error.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static const char magic[] = "TestGuestMagic"; /* with its NUL */

/* A path as seen from the daemon's folder, owned by the caller; NULL with NO_MEMORY. */
static char *absolute(const char *path)
{
	char here[PATH_MAX], *full;
	int n;

	if (*path == '/')
		n = asprintf(&full, "%s", path);
	else if (!getcwd(here, sizeof here))
		n = -1;
	else
		n = asprintf(&full, "%s%s%s", here, *path ? "/" : "", path);
	if (n >= 0)
		return full;
	error_oom();
	return NULL;
}

/* What is no file is not waited for. */
static int open_for_writing(const char *path)
{
	return open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
}

static int write_image(const struct domain_def *def, const char *path)
{
	CLEANUP_FREE char *xml = domain_def_format(def, DOMAIN_FORMAT_SECURE);
	int fd = xml ? open_for_writing(path) : -1, len, rc, why;

	if (!xml)
		return -1;
	if (fd < 0)
		return error_errno(FROM_TEST, errno, "saving domain '%s' to '%s': open failed", def->name,
						   path);
	len = (int)strlen(xml);
	rc = fd_write_all(fd, magic, sizeof magic) < 0 || fd_write_all(fd, &len, sizeof len) < 0 ||
		 fd_write_all(fd, xml, (size_t)len) < 0;
	why = errno;
	if (close(fd) < 0 && !rc) {
		rc = 1;
		why = errno;
	}
	if (!rc)
		return 0;
	unlink(path);
	return error_errno(FROM_TEST, why, "saving domain '%s' to '%s': write failed", def->name, path);
}

/* The definition in an image; NULL with the error set. */
static struct domain_def *read_image(const char *path)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	CLEANUP_FREE char *xml = NULL;
	struct domain_def *def;
	char start[sizeof magic];
	int len;

	if (fd < 0) {
		error_errno(FROM_TEST, errno, "cannot read domain image '%s'", path);
		return NULL;
	}
	if (fd_read_all(fd, start, sizeof start) < sizeof start) {
		error_errno(FROM_TEST, errno, "incomplete save header in '%s'", path);
		return NULL;
	}
	if (memcmp(start, magic, sizeof magic) != 0) {
		error_set(FROM_TEST, ERR_INTERNAL_ERROR, "mismatched header magic");
		return NULL;
	}
	if (fd_read_all(fd, &len, sizeof len) < sizeof len) {
		error_errno(FROM_TEST, errno, "failed to read metadata length in '%s'", path);
		return NULL;
	}
	if (len < 1 || (unsigned)len > DOMAIN_XML_MAX) {
		error_set(FROM_TEST, ERR_INTERNAL_ERROR, "length of metadata out of range");
		return NULL;
	}
	if (!(xml = calloc((size_t)len + 1, 1))) {
		error_oom();
		return NULL;
	}
	if (fd_read_all(fd, xml, (size_t)len) < (size_t)len) {
		error_errno(FROM_TEST, errno, "incomplete metadata in '%s'", path);
		return NULL;
	}
	return domain_def_parse(xml, 0, &def) < 0 ? NULL : def;
}

static int check_state_flags(unsigned flags, const char *function)
{
	return args_either(flags, RVIRT_DOMAIN_SAVE_RUNNING, "VIR_DOMAIN_SAVE_RUNNING",
					   RVIRT_DOMAIN_SAVE_PAUSED, "VIR_DOMAIN_SAVE_PAUSED", function);
}

static int save(struct driver_conn *conn, const struct rvirt_wire_domain *dom, const char *to)
{
	CLEANUP_FREE char *path = absolute(to);

	TEST_LOCKED(node, conn);
	struct domain *d = path ? test_find_active(node, dom) : NULL;

	if (!d || write_image(d->def, path) < 0)
		return -1;
	test_domain_stop(node, d, RVIRT_DOMAIN_SHUTOFF_SAVED, RVIRT_DOMAIN_EVENT_STOPPED_SAVED);
	return 0;
}

int test_domain_save(struct driver_conn *conn, const struct rvirt_wire_dom_to_args *args)
{
	return save(conn, &args->dom, args->to);
}

/* A definition that is to replace the saved one. */
static int refuse_xml(const char *xml)
{
	return xml ? error_set(FROM_TEST, ERR_ARGUMENT_UNSUPPORTED, "xml modification unsupported") : 0;
}

int test_domain_save_flags(struct driver_conn *conn,
						   const struct rvirt_wire_domain_save_flags_args *args)
{
	if (check_state_flags(args->flags, "virDomainSaveFlags") < 0 ||
		args_flags(FROM_TEST, args->flags, 0, "testDomainSaveFlags") < 0 ||
		refuse_xml(args->dxml) < 0)
		return -1;
	return save(conn, &args->dom, args->to);
}

static int restore(struct driver_conn *conn, const char *from)
{
	CLEANUP_FREE char *path = absolute(from);
	CLEANUP(cleanup_domain_def) struct domain_def *def = path ? read_image(path) : NULL;
	struct domain *d;
	bool is_new;

	if (!def || domain_def_name_interfaces(def, TEST_INTERFACE_PREFIX) < 0)
		return -1;

	TEST_LOCKED(node, conn);
	if (!(d = domains_add(&node->domains, &def, true, &is_new)))
		return -1;
	if (test_domain_start(node, d, RVIRT_DOMAIN_RUNNING_RESTORED) < 0) {
		if (!d->persistent)
			domains_remove(&node->domains, d);
		return -1;
	}
	test_domain_event(node, d, RVIRT_DOMAIN_EVENT_STARTED, RVIRT_DOMAIN_EVENT_STARTED_RESTORED);
	return 0;
}

int test_domain_restore(struct driver_conn *conn, const struct rvirt_wire_from_args *args)
{
	return restore(conn, args->from);
}

int test_domain_restore_flags(struct driver_conn *conn,
							  const struct rvirt_wire_from_dxml_flags_args *args)
{
	if (check_state_flags(args->flags, "virDomainRestoreFlags") < 0 ||
		args_flags(FROM_TEST, args->flags, 0, "testDomainRestoreFlags") < 0 ||
		refuse_xml(args->dxml) < 0)
		return -1;
	return restore(conn, args->from);
}

int test_domain_save_image_get_xml_desc(struct driver_conn *conn,
										const struct rvirt_wire_file_flags_args *args,
										struct rvirt_wire_xml_ret *ret)
{
	CLEANUP_FREE char *path = absolute(args->file);
	CLEANUP(cleanup_domain_def) struct domain_def *def = NULL;

	(void)conn;
	if (!path ||
		args_flags(FROM_TEST, args->flags, RVIRT_DOMAIN_SAVE_IMAGE_XML_SECURE,
				   "testDomainSaveImageGetXMLDesc") < 0 ||
		!(def = read_image(path)))
		return -1;
	return (ret->xml = domain_def_format(def, DOMAIN_FORMAT_SECURE)) ? 0 : -1;
}

int test_domain_save_image_define_xml(struct driver_conn *conn,
									  const struct rvirt_wire_file_dxml_flags_args *args)
{
	CLEANUP_FREE char *path = absolute(args->file);
	CLEANUP(cleanup_domain_def) struct domain_def *old = NULL, *def = NULL;

	(void)conn;
	if (!path || check_state_flags(args->flags, "virDomainSaveImageDefineXML") < 0 ||
		args_flags(FROM_TEST, args->flags, RVIRT_DOMAIN_SAVE_RUNNING | RVIRT_DOMAIN_SAVE_PAUSED,
				   "testDomainSaveImageDefineXML") < 0 ||
		!(old = read_image(path)) || domain_def_parse(args->dxml, 0, &def) < 0)
		return -1;
	return write_image(def, path);
}

/* The magic word is all that a dump holds. */
static int write_dump(const char *name, const char *path)
{
	int fd = open_for_writing(path), rc, why;

	if (fd < 0)
		return error_errno(FROM_TEST, errno, "domain '%s' coredump: failed to open %s", name, path);
	rc = fd_write_all(fd, magic, sizeof magic);
	why = errno;
	if (close(fd) < 0 && rc == 0)
		return error_errno(FROM_TEST, errno, "domain '%s' coredump: write failed: %s", name, path);
	if (rc < 0)
		return error_errno(FROM_TEST, why, "domain '%s' coredump: failed to write header to %s",
						   name, path);
	return 0;
}

static int dump(struct driver_conn *conn, const struct rvirt_wire_domain *dom, const char *to,
				unsigned format, unsigned flags)
{
	CLEANUP_FREE char *path = absolute(to);

	TEST_LOCKED(node, conn);
	struct domain *d;

	if (!path ||
		args_flags(FROM_TEST, flags, RVIRT_DUMP_CRASH, "testDomainCoreDumpWithFormat") < 0 ||
		!(d = test_find_active(node, dom)) || write_dump(dom->name, path) < 0)
		return -1;
	if (format != RVIRT_DOMAIN_CORE_DUMP_FORMAT_RAW)
		return error_set(FROM_TEST, ERR_OPERATION_UNSUPPORTED,
						 "kdump-compressed format is not supported here");
	if (flags & RVIRT_DUMP_CRASH)
		test_domain_stop(node, d, RVIRT_DOMAIN_SHUTOFF_CRASHED, RVIRT_DOMAIN_EVENT_STOPPED_CRASHED);
	return 0;
}

static int check_dump_flags(unsigned flags, const char *function)
{
	static const char crash[] = "VIR_DUMP_CRASH", live[] = "VIR_DUMP_LIVE",
					  reset[] = "VIR_DUMP_RESET";

	return args_either(flags, RVIRT_DUMP_CRASH, crash, RVIRT_DUMP_LIVE, live, function) < 0 ||
				   args_either(flags, RVIRT_DUMP_CRASH, crash, RVIRT_DUMP_RESET, reset, function) <
					   0 ||
				   args_either(flags, RVIRT_DUMP_LIVE, live, RVIRT_DUMP_RESET, reset, function) < 0
			   ? -1
			   : 0;
}

int test_domain_core_dump(struct driver_conn *conn, const struct rvirt_wire_dom_to_flags_args *args)
{
	if (check_dump_flags(args->flags, "virDomainCoreDump") < 0)
		return -1;
	return dump(conn, &args->dom, args->to, RVIRT_DOMAIN_CORE_DUMP_FORMAT_RAW, args->flags);
}

int test_domain_core_dump_with_format(
	struct driver_conn *conn, const struct rvirt_wire_domain_core_dump_with_format_args *args)
{
	static const char function[] = "virDomainCoreDumpWithFormat";
	enum { N_FORMATS = 5 };

	if (args->dumpformat >= N_FORMATS)
		return args_refuse(FROM_DOMAIN, function, "dumpformat", "dumpformat '%u' is not supported",
						   args->dumpformat);
	if (check_dump_flags(args->flags, function) < 0)
		return -1;
	return dump(conn, &args->dom, args->to, args->dumpformat, args->flags);
}
