/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The secret as a kind of definition.
 */
#include "config.h"
#include "conf/secret.h"

#include "conf/common-rules.h"
#include "conf/schema.h"
#include "conf/secret-format.h" /* the rules that secret.fmt names: rule_NAME() */

const struct def_kind *def_kind_secret(void)
{
	static const char *const files[] = SCHEMA_FILES("secret.rng");
	static struct schema schema = SCHEMA(files);
	static const struct def_kind kind = {.root = "secret",
										 .what = "(definition_of_secret)",
										 .error_domain = FROM_SECRET,
										 .format = format_secret,
										 .schema = &schema};

	return &kind;
}

/* What each use must name. */
int rule_secret_usage(struct conf *c, struct node *n)
{
	static const struct {
		const char *type, *element, *missing;
	} uses[] = {
		{"volume", "volume", "volume usage specified, but volume path is missing"},
		{"ceph", "name", "Ceph usage specified, but name is missing"},
		{"iscsi", "target", "iSCSI usage specified, but target is missing"},
		{"tls", "name", "TLS usage specified, but name is missing"},
		{"vtpm", "name", "vTPM usage specified, but name is missing"},
	};

	(void)c;
	for (size_t i = 0; i < sizeof uses / sizeof *uses; i++) {
		const struct node *named = node_child(n, uses[i].element);

		if (is(n, "type", uses[i].type) && (!named || !named->text))
			return error_set(FROM_SECRET, ERR_INTERNAL_ERROR, "%s", uses[i].missing);
	}
	if (is(n, "type", "none"))
		n->show |= SHOW_NEVER;
	return 0;
}
