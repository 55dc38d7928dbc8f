/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Keepalive: the daemon's pings are answered always; ours begin when a wait has been silent for a
 * while. Only then is the daemon asked whether it takes pings: from that question on it pings us
 * too, and gives up a client that does not answer because it is busy elsewhere.
 */
#include "config.h"
#include "lib/remote-impl.h"

#include "base/fd.h"

#include <rvirt/protocol.h>

enum { FEATURE_PROGRAM_KEEPALIVE = 10 };

static void send_keepalive(struct remote *r, int procedure)
{
	remote_lock(r);
	remote_send_empty(r, &(struct frame_header){.program = FRAME_PROGRAM_KEEPALIVE,
												.version = FRAME_VERSION,
												.procedure = procedure,
												.type = FRAME_MESSAGE});
	remote_unlock(r);
}

int remote_take_keepalive(struct remote *r, const struct frame_header *h)
{
	if (h->version != FRAME_VERSION || h->type != FRAME_MESSAGE)
		return error_set(FROM_RPC, ERR_RPC, "keepalive message of version %u, type %d from %s",
						 h->version, h->type, r->ch->how);
	if (h->procedure == KEEPALIVE_PING)
		send_keepalive(r, KEEPALIVE_PONG);
	return 0;
}

int64_t remote_ping_due(const struct remote *r)
{
	if (r->options.ping_interval_ms < 0 || r->pings == PINGS_REFUSED)
		return -1;
	return r->quiet_ms + r->options.ping_interval_ms;
}

static void ask(struct remote *r)
{
	const struct rvirt_wire_feature_args args = {.feature = FEATURE_PROGRAM_KEEPALIVE};
	struct rvirt_call *call = call_new(wire_op_by_number(RVIRT_PROC_CONNECT_SUPPORTS_FEATURE));

	r->pings = PINGS_ASKED;
	remote_lock(r);
	if (call && remote_queue_call(r, call, &args) == 0) {
		r->ping_question = steal(&call);
		remote_write(r);
	}
	remote_unlock(r);
	call_free(call);
}

void remote_take_ping_answer(struct remote *r, int result)
{
	const struct rvirt_wire_supported_ret *answer = (const void *)r->ping_question->value;

	r->pings = result == 0 && answer->supported ? PINGS_TAKEN : PINGS_REFUSED;
	call_free(steal(&r->ping_question));
}

static void give_up(struct remote *r)
{
	remote_lock(r);
	error_set(
		FROM_RPC, ERR_INTERNAL_ERROR,
		"connection closed due to keepalive timeout: nothing came for %lld s and %d pings, %s",
		(long long)(r->options.ping_interval_ms * (r->silent_pings + 1) + 500) / 1000,
		r->silent_pings, r->ch->how);
	remote_break(r);
	remote_unlock(r);
}

void remote_ping(struct remote *r)
{
	if (r->silent_pings >= r->options.ping_count) {
		give_up(r);
		return;
	}
	r->quiet_ms = now_ms();
	r->silent_pings++;
	if (r->pings == PINGS_UNKNOWN)
		ask(r);
	else if (r->pings == PINGS_TAKEN)
		send_keepalive(r, KEEPALIVE_PING);
}
