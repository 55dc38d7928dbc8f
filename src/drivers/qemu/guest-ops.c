/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a guest's agent does for clients: any command, its clock, file systems, passwords and keys.
 */
#include "config.h"
#include "drivers/qemu/guest.h"
#include "drivers/qemu/ops.h"

#include <gnutls/gnutls.h>
#include <limits.h>
#include <string.h>

/* -- any command -- */

static int check_timeout(int seconds)
{
	if (seconds >= RVIRT_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK)
		return 0;
	return error_set(FROM_QEMU, ERR_INVALID_ARG,
					 "guest agent timeout '%d' is less than the minimum '%d'", seconds,
					 RVIRT_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK);
}

int qemu_domain_qemu_agent_command(struct driver_conn *conn,
								   const struct rvirt_wire_domain_qemu_agent_command_args *args,
								   struct rvirt_wire_domain_qemu_agent_command_ret *ret)
{
	CLEANUP_JSON json_t *answer = NULL;
	json_error_t problem;
	json_t *request;
	int r;

	if (qemu_flags(args->flags, 0, "qemuDomainQemuAgentCommand") < 0)
		return -1;

	QEMU_LOCKED(q, conn);
	GUEST_TURN(vm, q, &args->dom);

	if (!vm || check_timeout(args->timeout) < 0)
		return -1;
	request = json_loads(args->cmd, JSON_REJECT_DUPLICATES, &problem);
	if (!request)
		return error_set(FROM_NONE, ERR_INTERNAL_ERROR, "cannot parse json %s: %s", args->cmd,
						 problem.text);
	r = guest_exchange(vm, request, args->timeout, &answer);
	if (r < 0)
		return -1;
	ret->result = json_dumps(answer, JSON_COMPACT);
	return ret->result ? 0 : error_oom();
}

int qemu_domain_agent_set_response_timeout(struct driver_conn *conn,
										   const struct rvirt_wire_dom_timeout_flags_args *args,
										   struct rvirt_wire_result_ret *ret)
{
	QEMU_LOCKED(q, conn);
	struct vm *vm;

	if (qemu_flags(args->flags, 0, "qemuDomainAgentSetResponseTimeout") < 0 ||
		check_timeout(args->timeout) < 0 || !(vm = vm_find(q, &args->dom)))
		return -1;
	vm->agent_timeout = args->timeout;
	ret->result = 0;
	return vm_active(vm) ? vm_save_status(vm) : 0;
}

/* -- the clock -- */

enum { NANOSECONDS = 1000000000 };

int qemu_domain_get_time(struct driver_conn *conn, const struct rvirt_wire_dom_flags_args *args,
						 struct rvirt_wire_seconds_nseconds_ret *ret)
{
	CLEANUP_JSON json_t *time = NULL;

	if (qemu_flags(args->flags, 0, "qemuDomainGetTime") < 0)
		return -1;

	QEMU_LOCKED(q, conn);
	GUEST_TURN(vm, q, &args->dom);

	if (!vm || guest_call(vm, "guest-get-time", NULL, &time) < 0)
		return -1;
	if (!json_is_integer(time) || json_integer_value(time) < 0)
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "malformed return value");
	ret->seconds = json_integer_value(time) / NANOSECONDS;
	ret->nseconds = (uint32_t)(json_integer_value(time) % NANOSECONDS);
	return 0;
}

/* The guest reads its own clock of hardware where it gets no time. */
static int set_clock(struct qemu *q, const struct rvirt_wire_domain_set_time_args *args)
{
	json_t *time = NULL;

	GUEST_TURN(vm, q, &args->dom);

	if (!vm)
		return -1;
	if (!(args->flags & RVIRT_DOMAIN_TIME_SYNC)) {
		if (args->seconds > LLONG_MAX / NANOSECONDS - 1)
			return error_set(FROM_QEMU, ERR_INVALID_ARG, "Time '%lld' is too big for guest agent",
							 (long long)args->seconds);
		time = json_pack("{s:I}", "time",
						 (json_int_t)args->seconds * NANOSECONDS + (json_int_t)args->nseconds);
		if (!time)
			return error_oom();
	}
	return guest_call(vm, "guest-set-time", time, NULL);
}

int qemu_domain_set_time(struct driver_conn *conn,
						 const struct rvirt_wire_domain_set_time_args *args)
{
	if (qemu_flags(args->flags, RVIRT_DOMAIN_TIME_SYNC, "qemuDomainSetTime") < 0)
		return -1;

	QEMU_LOCKED(q, conn);

	if (set_clock(q, args) < 0)
		return -1;

	VM_JOB(vm, q, &args->dom, VM_JOB_MODIFY);

	if (!vm || vm_check_active(vm) < 0)
		return -1;
	/* the ticks that it has missed are in the new time already */
	if (!vm->caps || !qemu_caps_has_command(vm->caps, "rtc-reset-reinjection"))
		return 0;
	return vm_call(vm, "rtc-reset-reinjection", NULL, NULL);
}

/* -- file systems -- */

int qemu_domain_fsfreeze(struct driver_conn *conn,
						 const struct rvirt_wire_dom_mountpoints_flags_args *args,
						 struct rvirt_wire_filesystems_ret *ret)
{
	QEMU_LOCKED(q, conn);
	struct vm *vm;

	if (qemu_flags(args->flags, 0, "qemuDomainFSFreeze") < 0 || !(vm = vm_find(q, &args->dom)))
		return -1;
	return guest_freeze(vm, args->mountpoints, args->n_mountpoints, &ret->filesystems);
}

int qemu_domain_fsthaw(struct driver_conn *conn,
					   const struct rvirt_wire_dom_mountpoints_flags_args *args,
					   struct rvirt_wire_filesystems_ret *ret)
{
	QEMU_LOCKED(q, conn);
	struct vm *vm;

	if (qemu_flags(args->flags, 0, "qemuDomainFSThaw") < 0)
		return -1;
	if (args->n_mountpoints)
		return error_set(FROM_QEMU, ERR_ARGUMENT_UNSUPPORTED,
						 "specifying mountpoints is not supported");
	return (vm = vm_find(q, &args->dom)) ? guest_thaw(vm, &ret->filesystems) : -1;
}

int qemu_domain_fstrim(struct driver_conn *conn, const struct rvirt_wire_domain_fstrim_args *args)
{
	if (qemu_flags(args->flags, 0, "qemuDomainFSTrim") < 0)
		return -1;
	if (args->mount_point)
		return error_set(FROM_QEMU, ERR_ARGUMENT_UNSUPPORTED,
						 "Specifying mount point is not supported");

	QEMU_LOCKED(q, conn);
	GUEST_TURN(vm, q, &args->dom);

	if (!vm)
		return -1;
	if (args->minimum > LLONG_MAX)
		return error_set(FROM_QEMU, ERR_INVALID_ARG, "minimum '%llu' is too big for guest agent",
						 (unsigned long long)args->minimum);
	return guest_call(vm, "guest-fstrim", json_pack("{s:I}", "minimum", (json_int_t)args->minimum),
					  NULL);
}

/* -- users -- */

/* A password as the agent takes it; NULL with NO_MEMORY. */
static json_t *in_base64(const char *password)
{
	gnutls_datum_t plain = {(unsigned char *)(uintptr_t)password, (unsigned)strlen(password)};
	gnutls_datum_t coded = {NULL, 0};
	json_t *text = NULL;

	if (gnutls_base64_encode2(&plain, &coded) >= 0)
		text = json_stringn((const char *)coded.data, coded.size);
	gnutls_memset(coded.data, 0, coded.size);
	gnutls_free(coded.data);
	if (!text)
		error_oom();
	return text;
}

int qemu_domain_set_user_password(struct driver_conn *conn,
								  const struct rvirt_wire_domain_set_user_password_args *args)
{
	static const char function[] = "virDomainSetUserPassword";
	json_t *password, *question;

	if (args_there(args->user, "user", function) < 0 ||
		args_there(args->password, "password", function) < 0 ||
		qemu_flags(args->flags, RVIRT_DOMAIN_PASSWORD_ENCRYPTED, "qemuDomainSetUserPassword") < 0)
		return -1;

	QEMU_LOCKED(q, conn);
	GUEST_TURN(vm, q, &args->dom);

	if (!vm || !(password = in_base64(args->password)))
		return -1;
	question = json_pack("{s:b, s:s, s:o}", "crypted",
						 (int)(args->flags & RVIRT_DOMAIN_PASSWORD_ENCRYPTED), "username",
						 args->user, "password", password);
	if (!question)
		return error_set(FROM_QEMU, ERR_INVALID_ARG, "the user's name is no text in UTF-8");
	return guest_call(vm, "guest-set-user-password", question, NULL);
}

enum { KEYS_MAX = 2048 };

static int take_keys(const json_t *value, struct rvirt_wire_keys_ret *ret)
{
	const json_t *keys = json_object_get(value, "keys"), *key;
	size_t i;

	if (!json_is_array(keys) || json_array_size(keys) > KEYS_MAX)
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR,
						 "qemu agent didn't return an array of keys");
	if (!(ret->keys = calloc(json_array_size(keys) + 1, sizeof *ret->keys)))
		return error_oom();
	json_array_foreach(keys, i, key)
	{
		if (!json_is_string(key))
			return error_set(FROM_QEMU, ERR_INTERNAL_ERROR,
							 "qemu agent didn't return an array of keys");
		if (!(ret->keys[i] = strdup(json_string_value(key))))
			return error_oom();
		ret->n_keys++;
	}
	return 0;
}

int qemu_domain_authorized_ssh_keys_get(struct driver_conn *conn,
										const struct rvirt_wire_dom_user_flags_args *args,
										struct rvirt_wire_keys_ret *ret)
{
	CLEANUP_JSON json_t *value = NULL;

	if (qemu_flags(args->flags, 0, "qemuDomainAuthorizedSSHKeysGet") < 0)
		return -1;

	QEMU_LOCKED(q, conn);
	GUEST_TURN(vm, q, &args->dom);

	if (!vm || guest_call(vm, "guest-ssh-get-authorized-keys",
						  json_pack("{s:s}", "username", args->user), &value) < 0)
		return -1;
	return take_keys(value, ret);
}

/* Adds keys, puts them in place of those that there are, or removes them. */
static int set_keys(struct vm *vm, const char *user, json_t *keys, unsigned flags)
{
	json_t *question = json_pack("{s:s, s:o}", "username", user, "keys", keys);

	if (!question)
		return error_set(FROM_QEMU, ERR_INVALID_ARG, "the user's name is no text in UTF-8");
	if (flags & RVIRT_DOMAIN_AUTHORIZED_SSH_KEYS_SET_REMOVE)
		return guest_call(vm, "guest-ssh-remove-authorized-keys", question, NULL);
	json_object_set_new(question, "reset",
						json_boolean(!(flags & RVIRT_DOMAIN_AUTHORIZED_SSH_KEYS_SET_APPEND)));
	return guest_call(vm, "guest-ssh-add-authorized-keys", question, NULL);
}

int qemu_domain_authorized_ssh_keys_set(
	struct driver_conn *conn, const struct rvirt_wire_domain_authorized_ssh_keys_set_args *args)
{
	static const char function[] = "virDomainAuthorizedSSHKeysSet";
	enum {
		ADD = RVIRT_DOMAIN_AUTHORIZED_SSH_KEYS_SET_APPEND,
		REMOVE = RVIRT_DOMAIN_AUTHORIZED_SSH_KEYS_SET_REMOVE
	};
	json_t *keys;

	if (args_either(args->flags, ADD, "VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_APPEND", REMOVE,
					"VIR_DOMAIN_AUTHORIZED_SSH_KEYS_SET_REMOVE", function) < 0 ||
		(args->flags & (ADD | REMOVE) && args_positive((int)args->n_keys, "nkeys", function) < 0) ||
		qemu_flags(args->flags, ADD | REMOVE, "qemuDomainAuthorizedSSHKeysSet") < 0)
		return -1;

	QEMU_LOCKED(q, conn);
	GUEST_TURN(vm, q, &args->dom);

	if (!vm)
		return -1;
	keys = json_array();
	for (uint32_t i = 0; i < args->n_keys; i++)
		if (json_array_append_new(keys, json_string(args->keys[i])) < 0) {
			json_decref(keys);
			return error_set(FROM_QEMU, ERR_INVALID_ARG, "a key is no text in UTF-8");
		}
	return set_keys(vm, args->user, keys, args->flags);
}
