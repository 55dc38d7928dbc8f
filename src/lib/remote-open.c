/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The first and the last words to a daemon. What can go out together does: a daemon that wants no
 * authentication is open after one round trip.
 */
#include "config.h"
#include "lib/remote-impl.h"

#include "base/fd.h"

#include <rvirt/protocol.h>
#include <string.h>

enum { AUTH_NONE, AUTH_SASL, AUTH_POLKIT };

enum {
	NEAR_MS = 10,      /* a daemon that answers as fast is waited for at the end */
	GOODBYE_MS = 1000, /* … at most so long */
};

static struct rvirt_call *send(struct remote *r, int procedure, const void *args,
							   int64_t deadline_ms)
{
	CLEANUP_CALL struct rvirt_call *call = call_new(wire_op_by_number(procedure));

	if (!call)
		return NULL;
	call->deadline_ms = deadline_ms;
	if (remote_send(r, call, args) < 0)
		return NULL;
	return steal(&call);
}

/* Waits for the call and releases it. */
static int finish(struct remote *r, struct rvirt_call *call, void *ret)
{
	int result;

	remote_wait(r, call);
	result = call_finish(call, ret);
	call_free(call);
	return result;
}

/* Releases a call that nobody waits for. No other thread reads now. */
static void abandon(struct remote *r, struct rvirt_call *call)
{
	if (!call)
		return;
	remote_lock(r);
	if (call->listed)
		remote_unlist_call(r, call);
	remote_unlock(r);
	call_free(call);
}

/* The deadline came before the first answer. */
static int explain_silence(const struct remote *r)
{
	if (r->heard || error_last()->code != ERR_OPERATION_TIMEOUT)
		return -1;
	if (!strcmp(r->stage, "login"))
		return error_suffix("neither the login nor what it starts has answered before "
							"connect_timeout: log in with ssh by hand to see what it waits for");
	if (!strcmp(r->stage, "socket"))
		return error_suffix("the connection was taken, and nothing answered before "
							"connect_timeout: look into the daemon's log");
	return error_suffix("what was started has not answered before connect_timeout");
}

static int authenticate_polkit(struct remote *r, int64_t deadline_ms)
{
	struct rvirt_wire_complete_ret ret;
	struct rvirt_call *call = send(r, RVIRT_PROC_AUTH_POLKIT, NULL, deadline_ms);

	if (!call)
		return -1;
	if (finish(r, call, &ret) < 0)
		return error_suffix(
			"authentication by polkit, %s: be in the group that its rules let in (on many hosts "
			"libvirt), or have auth_unix_rw = \"none\" with unix_sock_group in the daemon's "
			"configuration, or log in as root",
			r->ch->how);
	return 0;
}

/* Goes through what the daemon wants. ret_wanted: whether it wanted anything. */
static int authenticate(struct remote *r, const struct rvirt_wire_types_ret *list,
						int64_t deadline_ms, bool *ret_wanted)
{
	bool none = false, sasl = false, polkit = false;

	for (uint32_t i = 0; i < list->n_types; i++) {
		none = none || list->types[i] == AUTH_NONE;
		sasl = sasl || list->types[i] == AUTH_SASL;
		polkit = polkit || list->types[i] == AUTH_POLKIT;
	}
	*ret_wanted = !none;
	if (none)
		return 0;
	if (polkit)
		return authenticate_polkit(r, deadline_ms);
	if (sasl)
		return error_set(
			FROM_RPC, ERR_AUTH_UNAVAILABLE,
			"authentication: the daemon wants SASL, which is not spoken here; ssh leads to it "
			"without, %s",
			r->ch->how);
	return error_set(
		FROM_RPC, ERR_AUTH_UNAVAILABLE,
		"authentication: the daemon wants no kind of authentication that is known here, %s",
		r->ch->how);
}

/* A daemon may look at CONNECT_OPEN before it has answered AUTH_LIST, and then refuses it. */
static bool refused_for_authentication(void)
{
	int code = error_last()->code;

	return code == ERR_RPC || code == ERR_AUTH_FAILED || code == ERR_AUTH_UNAVAILABLE;
}

int remote_open(struct remote *r, const char *name, unsigned flags, int64_t deadline_ms)
{
	const struct rvirt_wire_name_flags_args args = {.name = (char *)(uintptr_t)name,
													.flags = flags};
	struct rvirt_wire_types_ret list = {0};
	int64_t start = now_ms();
	struct rvirt_call *ask, *open;
	bool wanted = false;
	int result;

	ask = send(r, RVIRT_PROC_AUTH_LIST, NULL, deadline_ms);
	open = ask ? send(r, RVIRT_PROC_CONNECT_OPEN, &args, deadline_ms) : NULL;
	if (!open) {
		abandon(r, ask);
		return -1;
	}
	result = finish(r, ask, &list);
	r->round_trip_ms = now_ms() - start;
	if (result < 0)
		explain_silence(r);
	r->stage = "authentication";
	if (result == 0)
		result = authenticate(r, &list, deadline_ms, &wanted);
	free(list.types);
	if (result < 0) {
		abandon(r, open);
		return stage_put(r->stage);
	}
	r->stage = "call";
	if (finish(r, open, NULL) == 0)
		return 0;
	if (!wanted && !refused_for_authentication())
		return -1;
	open = send(r, RVIRT_PROC_CONNECT_OPEN, &args, deadline_ms);
	return open ? finish(r, open, NULL) : -1;
}

void remote_say_goodbye(struct remote *r)
{
	struct error saved;
	struct rvirt_call *call;

	error_take(&saved);
	call = send(r, RVIRT_PROC_CONNECT_CLOSE, NULL, now_ms() + GOODBYE_MS);
	if (call && r->round_trip_ms < NEAR_MS) {
		finish(r, call, NULL);
	} else {
		remote_flush(r);
		abandon(r, call);
	}
	error_give(&saved);
}
