/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Refusals of read-only connections. People know the calls by the names of libvirt's functions, so
 * the refusal names these.
 */
#include "config.h"
#include "protocol/readonly.h"

#include "base/error.h"

#include <ctype.h>
#include <string.h>

/* The words of a procedure's name that a function's name does not merely capitalize. To add one: a
 * row. */
static const struct {
	const char *word, *spelling;
} spellings[] = {
	{"CPU", "CPU"},           {"FD", "FD"},         {"FSFREEZE", "FSFreeze"}, {"FSINFO", "FSInfo"},
	{"FSTHAW", "FSThaw"},     {"FSTRIM", "FSTrim"}, {"IOTHREAD", "IOThread"}, {"NMI", "NMI"},
	{"NWFILTER", "NWFilter"}, {"PM", "PM"},         {"SEV", "SEV"},           {"SSH", "SSH"},
	{"XML", "XML"},
};

static int add_word(struct buf *name, const char *word, size_t n)
{
	for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++)
		if (strlen(spellings[i].word) == n && !memcmp(spellings[i].word, word, n))
			return buf_puts(name, spellings[i].spelling);
	for (size_t i = 0; i < n; i++) {
		char c = (char)(i ? tolower((unsigned char)word[i]) : word[i]);

		if (buf_add(name, &c, 1) < 0)
			return -1;
	}
	return 0;
}

/* DOMAIN_GET_XML_DESC: virDomainGetXMLDesc. */
static int function_name(const struct wire_op *op, struct buf *name)
{
	if (buf_puts(name, "vir") < 0)
		return -1;
	for (const char *word = op->name; word;) {
		const char *end = strchrnul(word, '_');

		if (add_word(name, word, (size_t)(end - word)) < 0)
			return -1;
		word = *end ? end + 1 : NULL;
	}
	return 0;
}

static bool wants_secrets(const struct wire_op *op, const void *args)
{
	const struct wire_acl *acl = NULL;

	while ((acl = wire_op_next_acl(op, args, acl)))
		if (strstr(acl->permission, ":read_secure"))
			return true;
	return false;
}

/* Where libvirt says such an error comes from: by the beginning of the procedure's name. To add
 * one: a row, before those that begin it too. */
static const struct {
	const char *prefix;
	enum error_domain domain;
} sources[] = {
	{"CONNECT_DOMAIN_", FROM_DOMAIN},
	{"CONNECT_GET_DOMAIN_", FROM_DOMAIN},
	{"DOMAIN_CHECKPOINT_", FROM_DOMAIN_CHECKPOINT},
	{"DOMAIN_REVERT_TO_SNAPSHOT", FROM_DOMAIN_SNAPSHOT},
	{"DOMAIN_SNAPSHOT_", FROM_DOMAIN_SNAPSHOT},
	{"DOMAIN_", FROM_DOMAIN},
	{"INTERFACE_", FROM_INTERFACE},
	{"NETWORK_", FROM_NETWORK},
	{"NODE_DEVICE_", FROM_NODEDEV},
	{"NWFILTER_", FROM_NWFILTER},
	{"SECRET_", FROM_SECRET},
	{"STORAGE_", FROM_STORAGE},
};

static enum error_domain source(const struct wire_op *op)
{
	for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++)
		if (!strncmp(op->name, sources[i].prefix, strlen(sources[i].prefix)))
			return sources[i].domain;
	return FROM_NONE;
}

int readonly_check(const struct wire_op *op, const void *args)
{
	CLEANUP_BUF struct buf name = {0};

	if (args || !op->args ? wire_op_allows_readonly(op, args) : op->flags & WIRE_OP_READ)
		return 0;
	if (function_name(op, &name) < 0)
		return -1;
	if (args && wants_secrets(op, args))
		return error_set(source(op), ERR_OPERATION_DENIED, "%s with secure flag",
						 (char *)buf_at(&name));
	return error_set(source(op), ERR_OPERATION_DENIED, "read only access prevents %s",
					 (char *)buf_at(&name));
}
