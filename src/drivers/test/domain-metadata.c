/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What people write about a domain: title, description, and elements of their own.
 */
#include "config.h"
#include "drivers/test/args.h"
#include "drivers/test/domain.h"
#include "drivers/test/ops.h"

#include "base/error.h"

#include <string.h>

enum { METADATA_DESCRIPTION, METADATA_TITLE, METADATA_ELEMENT, N_METADATA };

static int unknown_type(int type)
{
	return error_set(FROM_DOMAIN, ERR_INVALID_ARG, "unknown metadata type '%d'", type);
}

/* The text of that kind, owned by the caller; NULL with NO_DOMAIN_METADATA if there is none. */
static char *get(const struct domain_def *def, int type, const char *uri)
{
	const char *text = type == METADATA_TITLE         ? def->title
					   : type == METADATA_DESCRIPTION ? def->description
													  : NULL;
	char *copy;

	if (type == METADATA_ELEMENT)
		return domain_def_metadata(def, uri);
	if (!text) {
		error_set(FROM_DOMAIN, ERR_NO_DOMAIN_METADATA, "Requested metadata element is not present");
		return NULL;
	}
	if (!(copy = strdup(text)))
		error_oom();
	return copy;
}

int test_domain_get_metadata(struct driver_conn *conn,
							 const struct rvirt_wire_domain_get_metadata_args *args,
							 struct rvirt_wire_metadata_ret *ret)
{
	static const char function[] = "virDomainGetMetadata";
	TEST_LOCKED(node, conn);
	struct test_domain *d;
	const struct domain_def *def;

	if (test_args_exclusive(args->flags, function) < 0)
		return -1;
	if (args->type == METADATA_DESCRIPTION || args->type == METADATA_TITLE) {
		if (test_args_absent(args->uri, "uri", function) < 0)
			return -1;
	} else if (args->type == METADATA_ELEMENT && test_args_there(args->uri, "uri", function) < 0) {
		return -1;
	}
	if (test_args_flags(args->flags, RVIRT_DOMAIN_AFFECT_LIVE | RVIRT_DOMAIN_AFFECT_CONFIG,
						"testDomainGetMetadata") < 0 ||
		!(d = test_domain_find(node, &args->dom)))
		return -1;
	if (args->type >= N_METADATA)
		return unknown_type(args->type);
	if (!(def = test_domain_def(d, args->flags, NULL)))
		return -1;
	ret->metadata = get(def, args->type, args->uri);
	return ret->metadata ? 0 : -1;
}

static int check_set(const struct rvirt_wire_domain_set_metadata_args *args)
{
	static const char function[] = "virDomainSetMetadata";

	switch (args->type) {
	case METADATA_TITLE:
		if (args->metadata && strchr(args->metadata, '\n'))
			return test_args_refuse(FROM_DOMAIN, function, "metadata",
									"metadata title can't contain newlines");
		/* fall through */
	case METADATA_DESCRIPTION:
		return test_args_absent(args->uri, "uri", function) < 0 ||
					   test_args_absent(args->key, "key", function) < 0
				   ? -1
				   : 0;
	case METADATA_ELEMENT:
		if (test_args_there(args->uri, "uri", function) < 0)
			return -1;
		return args->metadata ? test_args_there(args->key, "key", function) : 0;
	default:
		return 0;
	}
}

static int set(struct domain_def *def, const struct rvirt_wire_domain_set_metadata_args *args)
{
	if (!def)
		return 0;
	switch (args->type) {
	case METADATA_TITLE:
		return domain_def_set_title(def, args->metadata);
	case METADATA_DESCRIPTION:
		return domain_def_set_description(def, args->metadata);
	default:
		return domain_def_set_metadata(def, args->uri, args->key, args->metadata);
	}
}

static void tell(struct test_node *node, const struct test_domain *d, int type, const char *uri)
{
	struct rvirt_wire_domain_event_callback_metadata_change_msg m = {.type = type};

	if (!node->conns || test_domain_wire(d, &m.dom) < 0)
		return;
	if (uri && (m.nsuri = strdup(uri)) == NULL) {
		free(m.dom.name);
		return;
	}
	test_event_queue(node, RVIRT_PROC_DOMAIN_EVENT_CALLBACK_METADATA_CHANGE, &m);
}

int test_domain_set_metadata(struct driver_conn *conn,
							 const struct rvirt_wire_domain_set_metadata_args *args)
{
	TEST_CHANGING(node, conn);
	struct test_domain *d;
	struct domain_def *live, *config;

	if (check_set(args) < 0 ||
		test_args_flags(args->flags, RVIRT_DOMAIN_AFFECT_LIVE | RVIRT_DOMAIN_AFFECT_CONFIG,
						"testDomainSetMetadata") < 0 ||
		!(d = test_domain_find(node, &args->dom)) ||
		test_domain_defs(d, args->flags, &live, &config) < 0)
		return -1;
	if (args->type < 0 || args->type >= N_METADATA)
		return unknown_type(args->type);
	if (set(live, args) < 0 || set(config, args) < 0)
		return -1;
	tell(node, d, args->type, args->uri);
	return 0;
}
