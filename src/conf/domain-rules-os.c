/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules of what boots.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "conf/domain-rules.h"
#include "conf/xml.h"

static int os_firmware(struct node *os)
{
	struct node *firmware = node_child(os, "firmware"), *first, *second;

	if (!firmware)
		return 0;
	/* the last of a name counts */
	for (first = node_child(firmware, "feature"); first; first = second) {
		const struct node *same = node_next(first);

		while (same && !node_attr_is(same, "name", node_attr(first, "name")))
			same = node_next(same);
		second = node_next(first);
		if (same)
			node_remove(first);
	}
	first = node_child(firmware, "feature");
	if (!first) {
		node_remove(firmware);
	} else if (node_next(first) && node_attr_is(first, "name", "secure-boot")) {
		node_unlink(first);
		node_insert(firmware, first, NULL);
	}
	return 0;
}

static int initenv(const struct node *os)
{
	NODE_EACH(e, os, "initenv")
	{
		if (!e->text)
			return refuse_xml("No value supplied for <initenv name='%s'> element",
							  node_attr(e, "name"));
	}
	return 0;
}

int rule_nvram(struct conf *c, struct node *n)
{
	(void)c;
	if (node_attr(n, "type") && !node_child(n, "source"))
		return error_set(FROM_NONE, ERR_INTERNAL_ERROR, "missing <source> in <nvram type='%s'>",
						 node_attr(n, "type"));
	if (node_child(n, "source"))
		node_show(node_child(n, "source"), "startupPolicy", SHOW_NEVER);
	return 0;
}

static void keep_only(struct node *os, const char *const *names)
{
	struct node *next;

	for (struct node *n = os->children; n; n = next) {
		bool keep = false;

		next = n->next;
		for (size_t i = 0; names[i]; i++)
			keep = keep || strcmp(node_name(n), names[i]) == 0;
		if (!keep)
			node_remove(n);
	}
}

int rule_os(struct conf *c, struct node *n)
{
	static const char *const plain[] = {"type", "smbios", NULL};
	static const char *const boot[] = {"boot", "bootmenu", "bios", NULL};
	struct node *type = node_child(n, "type"), *boots, *bios = node_child(n, "bios"), *acpi;
	const struct node *loader = node_child(c->root, "bootloader");
	const struct domain_reading *reading = c->data;
	bool xen = node_attr_is(c->root, "type", "xen");

	if (!type->text && node_set_text(type, xen ? "linux" : "xen") < 0)
		return -1;
	if (!node_attr(type, "arch") && node_set(type, "arch", reading->profile->arch) < 0)
		return -1;
	if (xen && strcmp(type->text, "xen") == 0 && node_set_text(type, "linux") < 0)
		return -1;
	if (strcmp(type->text, "linux") == 0 && !xen)
		keep_only(n, plain);
	if (strcmp(type->text, "hvm") != 0)
		node_set(n, "firmware", NULL);
	if (bios) {
		CLEANUP_FREE char *use = xml_attr(bios->in, "useserial");

		if (use && !node_attr(bios, "useserial") && node_set(bios, "useserial", "no") < 0)
			return -1;
	}
	if ((acpi = node_child(n, "acpi/table")) && !acpi->text)
		node_remove_all(n, "acpi");
	if (os_firmware(n) < 0 || initenv(n) < 0)
		return -1;
	while (node_count(n, "boot") > 4) {
		for (boots = node_child(n, "boot"); node_next(boots);)
			boots = node_next(boots);
		node_remove(boots);
	}
	if (loader && loader->text) {
		for (size_t i = 0; boot[i]; i++)
			NODE_EACH(b, n, boot[i])
		b->show |= SHOW_NEVER;
	} else {
		node_remove_all(c->root, "bootloader_args");
	}
	return 0;
}
