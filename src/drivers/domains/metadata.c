/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What people write about a domain: title, description, and elements of their own.
 */
#include "config.h"
#include "drivers/args.h"
#include "drivers/domains/domains.h"

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

int domain_check_get_metadata(const struct rvirt_wire_domain_get_metadata_args *args)
{
	static const char function[] = "virDomainGetMetadata";

	if (args_exclusive(args->flags, function) < 0)
		return -1;
	if (args->type == METADATA_DESCRIPTION || args->type == METADATA_TITLE)
		return args_absent(args->uri, "uri", function);
	return args->type == METADATA_ELEMENT ? args_there(args->uri, "uri", function) : 0;
}

int domain_get_metadata(struct domain *d, const struct rvirt_wire_domain_get_metadata_args *args,
						char **ret_metadata)
{
	const struct domain_def *def;

	if (args->type >= N_METADATA)
		return unknown_type(args->type);
	if (!(def = domain_one_def(d, args->flags, NULL)))
		return -1;
	*ret_metadata = get(def, args->type, args->uri);
	return *ret_metadata ? 0 : -1;
}

int domain_check_set_metadata(const struct rvirt_wire_domain_set_metadata_args *args)
{
	static const char function[] = "virDomainSetMetadata";

	switch (args->type) {
	case METADATA_TITLE:
		if (args->metadata && strchr(args->metadata, '\n'))
			return args_refuse(FROM_DOMAIN, function, "metadata",
							   "metadata title can't contain newlines");
		/* fall through */
	case METADATA_DESCRIPTION:
		return args_absent(args->uri, "uri", function) < 0 ||
					   args_absent(args->key, "key", function) < 0
				   ? -1
				   : 0;
	case METADATA_ELEMENT:
		if (args_there(args->uri, "uri", function) < 0)
			return -1;
		return args->metadata ? args_there(args->key, "key", function) : 0;
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

int domain_set_metadata(struct domain *d, const struct rvirt_wire_domain_set_metadata_args *args)
{
	struct domain_def *live, *config;

	if (domain_defs(d, args->flags, &live, &config) < 0)
		return -1;
	if (args->type < 0 || args->type >= N_METADATA)
		return unknown_type(args->type);
	return set(live, args) < 0 || set(config, args) < 0 ? -1 : 0;
}

int domain_metadata_event(const struct domain *d, int type, const char *uri,
						  struct rvirt_wire_domain_event_callback_metadata_change_msg *ret)
{
	struct rvirt_wire_domain_event_callback_metadata_change_msg m = {.type = type};

	if (domain_wire(d, &m.dom) < 0)
		return -1;
	if (uri && !(m.nsuri = strdup(uri))) {
		free(m.dom.name);
		return error_oom();
	}
	*ret = m;
	return 0;
}
