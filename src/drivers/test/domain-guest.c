/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a guest would do itself, or its agent: its clock, its file systems, keys, signals,
 * passwords.
 */
#include "config.h"
#include "drivers/args.h"
#include "drivers/test/domain.h"
#include "drivers/test/ops.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

enum { N_FROZEN = 2 };
static const char *const mountpoints[N_FROZEN] = {"/", "/boot"};

int test_domain_get_time(struct driver_conn *conn, const struct rvirt_wire_dom_flags_args *args,
						 struct rvirt_wire_seconds_nseconds_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct domain *d;

	if (args_flags(FROM_TEST, args->flags, 0, "testDomainGetTime") < 0 ||
		!(d = test_find(node, &args->dom)))
		return -1;
	if (d->state != RVIRT_DOMAIN_RUNNING)
		return error_set(FROM_TEST, ERR_OPERATION_INVALID, "domain is not running");
	ret->seconds = test_own(d)->seconds;
	ret->nseconds = test_own(d)->nseconds;
	return 0;
}

int test_domain_set_time(struct driver_conn *conn,
						 const struct rvirt_wire_domain_set_time_args *args)
{
	TEST_LOCKED(node, conn);
	struct domain *d;

	if (args_flags(FROM_TEST, args->flags, RVIRT_DOMAIN_TIME_SYNC, "testDomainSetTime") < 0 ||
		!(d = test_find_active(node, &args->dom)))
		return -1;
	test_own(d)->seconds = args->seconds;
	test_own(d)->nseconds = args->nseconds;
	return 0;
}

static int mountpoint_index(const char *name)
{
	for (int i = 0; i < N_FROZEN; i++)
		if (strcmp(name, mountpoints[i]) == 0)
			return i;
	return error_set(FROM_TEST, ERR_OPERATION_INVALID, "mount point not found: %s", name);
}

/* Freezes or thaws all file systems, or those that are named; tells how many that changed. */
static int set_frozen(struct driver_conn *conn,
					  const struct rvirt_wire_dom_mountpoints_flags_args *args, bool frozen,
					  const char *function, struct rvirt_wire_filesystems_ret *ret)
{
	TEST_LOCKED(node, conn);
	struct domain *d;
	bool chosen[N_FROZEN];

	if (args_flags(FROM_TEST, args->flags, 0, function) < 0 ||
		!(d = test_find_active(node, &args->dom)))
		return -1;
	for (int i = 0; i < N_FROZEN; i++)
		chosen[i] = !args->n_mountpoints;
	for (uint32_t i = 0; i < args->n_mountpoints; i++) {
		int at = mountpoint_index(args->mountpoints[i]);

		if (at < 0)
			return -1;
		chosen[at] = true;
	}
	for (int i = 0; i < N_FROZEN; i++) {
		if (!chosen[i] || test_own(d)->frozen[i] == frozen)
			continue;
		test_own(d)->frozen[i] = frozen;
		ret->filesystems++;
	}
	return 0;
}

int test_domain_fsfreeze(struct driver_conn *conn,
						 const struct rvirt_wire_dom_mountpoints_flags_args *args,
						 struct rvirt_wire_filesystems_ret *ret)
{
	return set_frozen(conn, args, true, "testDomainFSFreeze", ret);
}

int test_domain_fsthaw(struct driver_conn *conn,
					   const struct rvirt_wire_dom_mountpoints_flags_args *args,
					   struct rvirt_wire_filesystems_ret *ret)
{
	return set_frozen(conn, args, false, "testDomainFSThaw", ret);
}

int test_domain_fstrim(struct driver_conn *conn, const struct rvirt_wire_domain_fstrim_args *args)
{
	TEST_LOCKED(node, conn);

	if (args_flags(FROM_TEST, args->flags, 0, "testDomainFSTrim") < 0 ||
		!test_find_active(node, &args->dom))
		return -1;
	return args->mount_point && mountpoint_index(args->mount_point) < 0 ? -1 : 0;
}

int test_domain_inject_nmi(struct driver_conn *conn, const struct rvirt_wire_dom_flags_args *args)
{
	TEST_LOCKED(node, conn);

	if (args_flags(FROM_TEST, args->flags, 0, "testDomainInjectNMI") < 0)
		return -1;
	return test_find_active(node, &args->dom) ? 0 : -1;
}

int test_domain_get_messages(struct driver_conn *conn, const struct rvirt_wire_dom_flags_args *args,
							 struct rvirt_wire_msgs_ret *ret)
{
	TEST_LOCKED(node, conn);

	if (args_flags(FROM_TEST, args->flags,
				   RVIRT_DOMAIN_MESSAGE_DEPRECATION | RVIRT_DOMAIN_MESSAGE_TAINTING,
				   "testDomainGetMessages") < 0 ||
		!test_find(node, &args->dom))
		return -1;
	ret->n_msgs = 0;
	return 0;
}

int test_domain_get_launch_security_info(struct driver_conn *conn,
										 const struct rvirt_wire_dom_flags_args *args,
										 struct rvirt_wire_params64_ret *ret)
{
	/* what the call asks for beside its flags, which the driver does not know */
	enum { STRING_OKAY = 4 };

	(void)conn;
	(void)ret;
	return args_flags(FROM_TEST, args->flags | STRING_OKAY, 0, "testDomainGetLaunchSecurityInfo");
}

int test_domain_send_process_signal(struct driver_conn *conn,
									const struct rvirt_wire_domain_send_process_signal_args *args)
{
	enum { N_SIGNALS = 65 };
	TEST_LOCKED(node, conn);

	if (args->pid_value == 0)
		return args_nonzero(0, "pid_value", "virDomainSendProcessSignal");
	if (args_flags(FROM_TEST, args->flags, 0, "testDomainSendProcessSignal") < 0)
		return -1;
	if (args->pid_value != 1)
		return error_set(FROM_TEST, ERR_INVALID_ARG, "only sending a signal to pid 1 is supported");
	if (args->signum >= N_SIGNALS)
		return error_set(FROM_TEST, ERR_INVALID_ARG, "signum value %u is out of range",
						 args->signum);
	return test_find(node, &args->dom) ? 0 : -1;
}

int test_domain_set_user_password(struct driver_conn *conn,
								  const struct rvirt_wire_domain_set_user_password_args *args)
{
	static const char function[] = "virDomainSetUserPassword";
	TEST_LOCKED(node, conn);

	if (args_there(args->user, "user", function) < 0 ||
		args_there(args->password, "password", function) < 0 ||
		args_flags(FROM_TEST, args->flags, RVIRT_DOMAIN_PASSWORD_ENCRYPTED,
				   "testDomainSetUserPassword") < 0)
		return -1;
	return test_find_active(node, &args->dom) ? 0 : -1;
}

int test_domain_get_security_label(struct driver_conn *conn, const struct rvirt_wire_dom_args *args,
								   struct rvirt_wire_domain_get_security_label_ret *ret)
{
	TEST_LOCKED(node, conn);
	const struct domain *d = test_find(node, &args->dom);
	const char *label;

	if (!d)
		return -1;
	label = domain_active(d) ? "libvirt-test" : "";
	if (!(ret->label = strdup(label)))
		return error_oom();
	ret->n_label = (uint32_t)strlen(label) + 1;
	ret->enforcing = domain_active(d);
	return 0;
}

int test_domain_set_lifecycle_action(struct driver_conn *conn,
									 const struct rvirt_wire_domain_set_lifecycle_action_args *args)
{
	TEST_LOCKED(node, conn);
	struct domain *d;
	struct domain_def *live, *config;
	const char *event, *action;

	if (domain_read_lifecycle(args->type, args->action, &event, &action) < 0 ||
		args_flags(FROM_TEST, args->flags, RVIRT_DOMAIN_AFFECT_LIVE | RVIRT_DOMAIN_AFFECT_CONFIG,
				   "testDomainSetLifecycleAction") < 0 ||
		!(d = test_find(node, &args->dom)) || domain_defs(d, args->flags, &live, &config) < 0)
		return -1;
	if (live && domain_def_set_lifecycle(live, event, action) < 0)
		return -1;
	return config ? domain_def_set_lifecycle(config, event, action) : 0;
}
