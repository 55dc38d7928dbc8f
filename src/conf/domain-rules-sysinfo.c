/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rules of the tables that the firmware shows.
 */
#include "config.h"

#include <stdio.h>

#include "conf/domain-rules.h"

/* The entries that a table knows, in its order; others are dropped. */
static int keep_entries(struct node *table, const char *const *names)
{
	for (; *names; names++) {
		struct node *found = NULL;

		NODE_EACH(e, table, "entry")
		found = found ? found : is(e, "name", *names) && e->text ? e : NULL;
		if (found) {
			node_unlink(found);
			node_set(found, "name", *names);
			node_insert(table, found, NULL);
			found->show |= 1u << 31;
		}
	}
	for (struct node *e = node_child(table, "entry"), *next; e; e = next) {
		next = node_next(e);
		if (e->show & 1u << 31)
			e->show &= ~(1u << 31);
		else
			node_remove(e);
	}
	if (!table->children)
		table->show |= SHOW_NEVER;
	return 0;
}

static int bios_date(const struct node *bios)
{
	int month, day, year;
	char rest;

	NODE_EACH(e, bios, "entry")
	{
		if (!is(e, "name", "date"))
			continue;
		if (sscanf(e->text, "%d/%d/%d%c", &month, &day, &year, &rest) != 3 || month < 1 ||
			month > 12 || day < 1 || day > 31 || year < 0 || (year >= 100 && year < 1900))
			return refuse_detail("Invalid BIOS 'date' format");
	}
	return 0;
}

static int system_uuid(struct conf *c, struct node *system)
{
	struct domain_reading *r = c->data;
	struct node *own = node_child(c->root, "uuid");
	unsigned char bytes[UUID_LEN];
	char text[UUID_TEXT_LEN];

	NODE_EACH(e, system, "entry")
	{
		if (!is(e, "name", "uuid"))
			continue;
		if (uuid_parse(e->text, bytes) < 0)
			return refuse_detail("malformed <sysinfo> uuid element");
		uuid_format(bytes, text);
		if (node_set_text(e, text) < 0)
			return -1;
		if (r->uuid_generated)
			return node_set_text(own, text);
		if (!node_text_is(own, text))
			return refuse_detail("UUID mismatch between <uuid> and <sysinfo>");
	}
	return 0;
}

int rule_sysinfo(struct conf *c, struct node *n)
{
	static const char *const bios[] = {"vendor", "version", "date", "release", NULL};
	static const char *const system[] = {"manufacturer", "product", "version", "serial",
										 "uuid",         "sku",     "family",  NULL};
	static const char *const board[] = {"manufacturer", "product",  "version", "serial",
										"asset",        "location", NULL};
	static const char *const chassis[] = {"manufacturer", "version", "serial",
										  "asset",        "sku",     NULL};
	struct node *next;

	if (node_child(n, "bios"))
		keep_entries(node_child(n, "bios"), bios);
	if (node_child(n, "system"))
		keep_entries(node_child(n, "system"), system);
	for (struct node *b = node_child(n, "baseBoard"); b; b = next) {
		next = node_next(b);
		keep_entries(b, board);
	}
	if (node_child(n, "chassis"))
		keep_entries(node_child(n, "chassis"), chassis);
	NODE_EACH(e, node_child(n, "oemStrings"), "entry")
	{
		if (!e->text && node_set_text(e, "") < 0)
			return -1;
	}
	NODE_EACH(e, n, "entry")
	{
		if (!e->text && !node_attr(e, "file"))
			return refuse_xml("Firmware entry must have either value or 'file' attribute");
		if (node_attr(e, "file"))
			node_set_text(e, NULL);
	}
	return bios_date(node_child(n, "bios")) < 0 ? -1 : system_uuid(c, node_child(n, "system"));
}
