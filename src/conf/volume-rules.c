/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a table can't say of a storage volume.
 */
#include "config.h"
#include "conf/volume.h"

#include <stdlib.h>

#include "conf/common-rules.h"
#include "conf/volume-format.h"

/* What its pool holds says what a volume's format may be. It is not written. */
int rule_volume_pool(struct conf *c, struct node *n)
{
	if (node_set(n, "pool", c->data) < 0)
		return -1;
	node_show(n, "pool", SHOW_NEVER);
	return 0;
}

/* What only the pool says. */
int rule_volume_unread(struct conf *c, struct node *n)
{
	(void)c;
	node_remove(n);
	return 0;
}

int rule_volume_bytes(struct conf *c, struct node *n)
{
	(void)c;
	return n->text ? node_set(n, "unit", "bytes") : 0;
}

int rule_volume_compat(struct conf *c, struct node *n)
{
	const char *at = n->text ? n->text : "";
	size_t major = strspn(at, "0123456789"), minor;

	(void)c;
	minor = at[major] == '.' ? strspn(at + major + 1, "0123456789") : 0;
	if (!major || !minor || at[major + 1 + minor])
		return error_set(FROM_STORAGE, ERR_XML_ERROR, "forbidden characters in 'compat' attribute");
	return 0;
}

int rule_volume_cluster_size(struct conf *c, struct node *n)
{
	(void)c;
	return node_set(n, "unit", "B");
}

/* It is for who makes the volume, and is not written. */
int rule_volume_nocow(struct conf *c, struct node *n)
{
	(void)c;
	n->show |= SHOW_NEVER;
	return 0;
}

int rule_volume_backing(struct conf *c, struct node *n)
{
	(void)c;
	if (!node_child(n, "path"))
		node_remove(n);
	return 0;
}

int rule_volume(struct conf *c, struct node *n)
{
	const struct node *name = node_child(n, "name"), *capacity = node_child(n, "capacity");

	(void)c;
	if (!name || !name->text || !*name->text)
		return error_set(FROM_STORAGE, ERR_XML_ERROR, "missing volume name element");
	if (!capacity || !capacity->text)
		return error_set(FROM_STORAGE, ERR_XML_ERROR, "missing capacity element");
	if (!node_child(n, "allocation")) {
		struct node *allocation = node_add(n, "allocation");

		if (!allocation || node_set(allocation, "unit", "bytes") < 0 ||
			node_set_text(allocation, capacity->text) < 0)
			return -1;
	}
	return 0;
}

unsigned long long volume_amount(const struct def *def, const char *name,
								 unsigned long long missing)
{
	const struct node *n = node_child(def->root, name);

	return n && n->text ? strtoull(n->text, NULL, 10) : missing;
}

int volume_set_amount(struct def *def, const char *name, unsigned long long bytes)
{
	struct node *n = node_need(def->root, name);

	return n && node_set(n, "unit", "bytes") == 0 ? node_set_textf(n, "%llu", bytes) : -1;
}
