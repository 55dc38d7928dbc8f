/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Refusals of read-only connections. People know the calls by the names of libvirt's functions, so
 * the refusal names these.
 */
#include "config.h"
#include "lib/readonly.h"

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

int readonly_check(const struct wire_op *op, const void *args)
{
	CLEANUP_BUF struct buf name = {0};

	if (wire_op_allows_readonly(op, args))
		return 0;
	if (function_name(op, &name) < 0)
		return -1;
	if (wants_secrets(op, args))
		return error_set(FROM_NONE, ERR_OPERATION_DENIED, "%s with secure flag",
						 (char *)buf_at(&name));
	return error_set(FROM_NONE, ERR_OPERATION_DENIED, "read only access prevents %s",
					 (char *)buf_at(&name));
}
