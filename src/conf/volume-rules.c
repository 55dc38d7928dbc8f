/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a table can't say of a storage volume.
 */
#include "config.h"
#include "conf/volume.h"

#include <stdlib.h>

#include "conf/common-rules.h"
#include "conf/value.h"
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
	unsigned long long bytes;

	(void)c;
	if (!n->text)
		return 0;
	if (value_parse_ull(n->text, 10, &bytes) < 0 || *n->text == '-')
		return error_set(FROM_STORAGE, ERR_XML_ERROR, "malformed capacity element");
	if (value_scale(&bytes, node_attr(n, "unit"), 1, LLONG_MAX) < 0)
		return -1;
	return node_set(n, "unit", "bytes") < 0 ? -1 : node_set_textf(n, "%llu", bytes);
}

/* Features are of the newer version. */
int rule_volume_features(struct conf *c, struct node *n)
{
	struct node *compat = node_need(n->parent, "compat");

	(void)c;
	if (!compat)
		return -1;
	return compat->text ? 0 : node_set_text(compat, "1.1");
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
	if (n->text)
		return node_set(n, "unit", "B");
	node_remove(n);
	return 0;
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
	struct node *allocation = node_need(n, "allocation");

	(void)c;
	if (!allocation || allocation->text)
		return allocation ? 0 : -1;
	return node_set(allocation, "unit", "bytes") < 0
			   ? -1
			   : node_set_text(allocation, node_child(n, "capacity")->text);
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
