/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Domains come and go: define, create from XML, undefine, rename.
 */
#include "config.h"
#include "drivers/args.h"
#include "drivers/test/domain.h"
#include "drivers/test/ops.h"

#include "base/error.h"

#include <string.h>

int test_domain_create_xml(struct driver_conn *conn,
						   const struct rvirt_wire_xml_desc_flags_args *args,
						   struct rvirt_wire_dom_ret *ret)
{
	CLEANUP(cleanup_domain_def) struct domain_def *def = NULL;
	struct domain *d;
	bool is_new;

	if (args_flags(FROM_TEST, args->flags, RVIRT_DOMAIN_START_VALIDATE, "testDomainCreateXML") <
			0 ||
		domain_def_parse(args->xml_desc, args->flags ? DOMAIN_PARSE_VALIDATE : 0, &def) < 0 ||
		domain_def_name_interfaces(def, TEST_INTERFACE_PREFIX) < 0)
		return -1;

	TEST_LOCKED(node, conn);
	if (!(d = domains_add(&node->domains, &def, true, &is_new)))
		return -1;
	if (test_domain_start(node, d, RVIRT_DOMAIN_RUNNING_BOOTED) < 0) {
		if (!d->persistent)
			domains_remove(&node->domains, d);
		return -1;
	}
	test_domain_event(node, d, RVIRT_DOMAIN_EVENT_STARTED, RVIRT_DOMAIN_EVENT_STARTED_BOOTED);
	return domain_wire(d, &ret->dom);
}

int test_domain_create_xml_with_files(struct driver_conn *conn,
									  const struct rvirt_wire_xml_desc_flags_args *args,
									  struct rvirt_wire_dom_ret *ret, const struct rvirt_fds *fds)
{
	(void)fds;
	return test_domain_create_xml(conn, args, ret);
}

static int define(struct driver_conn *conn, const char *xml, unsigned flags,
				  struct rvirt_wire_dom_ret *ret)
{
	CLEANUP(cleanup_domain_def) struct domain_def *def = NULL;
	struct domain *d;
	bool is_new;

	if (args_flags(FROM_TEST, flags, RVIRT_DOMAIN_DEFINE_VALIDATE, "testDomainDefineXMLFlags") <
			0 ||
		domain_def_parse(xml, flags ? DOMAIN_PARSE_VALIDATE : 0, &def) < 0)
		return -1;
	if (strchr(def->name, '\n'))
		return error_set(FROM_XML, ERR_XML_DETAIL, "invalid char in name: \n");
	if (domain_def_name_interfaces(def, TEST_INTERFACE_PREFIX) < 0)
		return -1;

	TEST_LOCKED(node, conn);
	if (!(d = domains_add(&node->domains, &def, false, &is_new)))
		return -1;
	d->persistent = true;
	test_domain_event(node, d, RVIRT_DOMAIN_EVENT_DEFINED,
					  is_new ? RVIRT_DOMAIN_EVENT_DEFINED_ADDED
							 : RVIRT_DOMAIN_EVENT_DEFINED_UPDATED);
	return domain_wire(d, &ret->dom);
}

int test_domain_define_xml(struct driver_conn *conn, const struct rvirt_wire_xml_args *args,
						   struct rvirt_wire_dom_ret *ret)
{
	return define(conn, args->xml, 0, ret);
}

int test_domain_define_xml_flags(struct driver_conn *conn,
								 const struct rvirt_wire_xml_flags_args *args,
								 struct rvirt_wire_dom_ret *ret)
{
	return define(conn, args->xml, args->flags, ret);
}

static int undefine(struct driver_conn *conn, const struct rvirt_wire_domain *dom, unsigned flags)
{
	TEST_LOCKED(node, conn);
	struct domain *d;

	if (args_flags(FROM_TEST, flags,
				   RVIRT_DOMAIN_UNDEFINE_MANAGED_SAVE | RVIRT_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA,
				   "testDomainUndefineFlags") < 0 ||
		!(d = test_find(node, dom)))
		return -1;
	if (d->managed_save && !(flags & RVIRT_DOMAIN_UNDEFINE_MANAGED_SAVE))
		return error_set(FROM_TEST, ERR_OPERATION_INVALID,
						 "Refusing to undefine while domain managed save image exists");
	if (!domain_active(d) && moments_count(&d->snapshots) &&
		!(flags & RVIRT_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA))
		return error_set(FROM_TEST, ERR_OPERATION_INVALID,
						 "cannot delete inactive domain with %u snapshots",
						 moments_count(&d->snapshots));
	test_domain_event(node, d, RVIRT_DOMAIN_EVENT_UNDEFINED, RVIRT_DOMAIN_EVENT_UNDEFINED_REMOVED);
	d->managed_save = false;
	if (domain_active(d))
		d->persistent = false;
	else
		domains_remove(&node->domains, d);
	return 0;
}

int test_domain_undefine(struct driver_conn *conn, const struct rvirt_wire_dom_args *args)
{
	return undefine(conn, &args->dom, 0);
}

int test_domain_undefine_flags(struct driver_conn *conn,
							   const struct rvirt_wire_dom_flags_args *args)
{
	return undefine(conn, &args->dom, args->flags);
}

/* 0, or -1 with the reason why d can't have that name. */
static int check_rename(struct test_node *node, const struct domain *d, const char *name)
{
	if (domain_active(d))
		return error_set(FROM_TEST, ERR_OPERATION_INVALID, "cannot rename active domain");
	if (!d->persistent)
		return error_set(FROM_TEST, ERR_OPERATION_INVALID, "cannot rename a transient domain");
	if (d->state != RVIRT_DOMAIN_SHUTOFF)
		return error_set(FROM_TEST, ERR_OPERATION_INVALID,
						 "domain has to be shutoff before renaming");
	if (strcmp(d->name, name) == 0)
		return error_set(FROM_DOMAIN, ERR_OPERATION_INVALID, "Can't rename domain to itself");
	if (domains_by_name(&node->domains, name))
		return error_set(FROM_DOMAIN, ERR_OPERATION_INVALID, "domain with name '%s' already exists",
						 name);
	if (strchr(name, '/'))
		return error_set(FROM_TEST, ERR_XML_ERROR, "name %s cannot contain '/'", name);
	return 0;
}

int test_domain_rename(struct driver_conn *conn,
					   const struct rvirt_wire_dom_new_name_flags_args *args,
					   struct rvirt_wire_retcode_ret *ret)
{
	static const char function[] = "virDomainRename";
	TEST_LOCKED(node, conn);
	struct domain *d;

	if (!args->new_name)
		return args_refuse(FROM_DOMAIN, function, "new_name", "new_name in %s must not be NULL",
						   function);
	if (!*args->new_name)
		return args_refuse(FROM_DOMAIN, function, "new_name",
						   "string new_name in %s must not be empty", function);
	if (args_flags(FROM_TEST, args->flags, 0, "testDomainRename") < 0 ||
		!(d = test_find(node, &args->dom)) || check_rename(node, d, args->new_name) < 0)
		return -1;
	test_domain_event(node, d, RVIRT_DOMAIN_EVENT_UNDEFINED, RVIRT_DOMAIN_EVENT_UNDEFINED_RENAMED);
	if (domains_rename(&node->domains, d, args->new_name) < 0)
		return -1;
	test_domain_event(node, d, RVIRT_DOMAIN_EVENT_DEFINED, RVIRT_DOMAIN_EVENT_DEFINED_RENAMED);
	ret->retcode = 0;
	return 0;
}
