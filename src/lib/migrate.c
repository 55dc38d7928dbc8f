/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Migration as the client conducts it: begin (source), prepare (destination), perform (source),
 * finish (destination), confirm (source). What a daemon's answer holds for the other one, the
 * cookie, goes through unread.
 */
#include "config.h"

#include "base/cleanup.h"
#include "base/error.h"

#include <rvirt/rvirt.h>
#include <string.h>

/* What daemons are asked for by CONNECT_SUPPORTS_FEATURE. */
enum feature {
	FEATURE_P2P = 4,
	FEATURE_DIRECT = 5,
	FEATURE_CHANGE_PROTECTION = 7,
	FEATURE_OFFLINE = 12,
	FEATURE_PARAMS = 13,
};

enum { MAX_PARAMS = 64 }; /* of the protocol */

/* For the source's host only. */
#define SOURCE_FLAGS (RVIRT_MIGRATE_ABORT_ON_ERROR | RVIRT_MIGRATE_AUTO_CONVERGE)

struct cookie {
	uint32_t n;
	uint8_t *data;
};

/* One migration; strings and params' values are borrowed but for those that are named here. */
struct journey {
	struct rvirt_domain *dom;
	struct rvirt_conn *src, *dest;
	struct rvirt_wire_typed_param params[MAX_PARAMS];
	uint32_t n;
	unsigned flags;      /* as the source sees them */
	unsigned dest_flags; /* as the destination does */
	struct cookie cookie;
	char *xml, *uri;
};

static void clear_journey(struct journey *j)
{
	free(j->cookie.data);
	free(j->xml);
	free(j->uri);
}

/* A text that a call only reads, as the calls' structs want it. */
static char *borrowed(const char *text)
{
	return (char *)(uintptr_t)text;
}

/* -- what the hosts can do -- */

struct question {
	struct rvirt_conn *conn;
	enum feature feature;
	const char *missing; /* what is said when the answer is no */
	struct rvirt_call *call;
};

/* Asks everything in one go, and waits for every answer. 0, or -1 with the first no's error. */
static int ask(struct question *questions, size_t n)
{
	struct error first = {0};
	int result = 0;

	for (size_t i = 0; i < n; i++) {
		const struct rvirt_wire_feature_args args = {.feature = questions[i].feature};

		questions[i].call =
			rvirt_call_send(questions[i].conn, RVIRT_PROC_CONNECT_SUPPORTS_FEATURE, &args);
	}
	for (size_t i = 0; i < n; i++) {
		struct rvirt_wire_supported_ret ret = {0};
		int r = questions[i].call ? rvirt_call_wait(questions[i].call, &ret) : -1;

		if (r == 0 && !ret.supported)
			r = error_set(FROM_NONE, ERR_ARGUMENT_UNSUPPORTED, "%s", questions[i].missing);
		if (r < 0 && result == 0) {
			result = -1;
			error_take(&first);
		}
	}
	if (result < 0)
		error_give(&first);
	return result;
}

static int check_params(const struct rvirt_wire_typed_param *params, size_t n, unsigned flags)
{
	if (n > MAX_PARAMS)
		return error_set(FROM_NONE, ERR_INVALID_ARG, "%zu migration parameters, the most are %d", n,
						 MAX_PARAMS);
	for (size_t i = 0; i < n; i++)
		if (params[i].value.type == RVIRT_TYPED_PARAM_STRING && !params[i].value.u.s)
			return error_set(FROM_NONE, ERR_INVALID_ARG, "migration parameter %s has no value",
							 params[i].field);
	if ((flags & RVIRT_MIGRATE_NON_SHARED_DISK) && (flags & RVIRT_MIGRATE_NON_SHARED_INC))
		return error_set(FROM_NONE, ERR_INVALID_ARG,
						 "flags RVIRT_MIGRATE_NON_SHARED_DISK and RVIRT_MIGRATE_NON_SHARED_INC are "
						 "mutually exclusive");
	if ((flags & RVIRT_MIGRATE_NON_SHARED_SYNCHRONOUS_WRITES) &&
		!(flags & (RVIRT_MIGRATE_NON_SHARED_DISK | RVIRT_MIGRATE_NON_SHARED_INC)))
		return error_set(FROM_NONE, ERR_INVALID_ARG,
						 "RVIRT_MIGRATE_NON_SHARED_SYNCHRONOUS_WRITES requires one of "
						 "RVIRT_MIGRATE_NON_SHARED_DISK, RVIRT_MIGRATE_NON_SHARED_INC");
	return 0;
}

static int check_hosts(struct journey *j)
{
	struct question questions[5] = {
		{j->src, FEATURE_PARAMS, "the source host serves no migration with parameters", NULL},
		{j->dest, FEATURE_PARAMS, "the destination host serves no migration with parameters", NULL},
	};
	size_t n = 2;

	if (j->flags & RVIRT_MIGRATE_OFFLINE) {
		questions[n++] = (struct question){
			j->src, FEATURE_OFFLINE, "offline migration is not supported by the source host", NULL};
		questions[n++] =
			(struct question){j->dest, FEATURE_OFFLINE,
							  "offline migration is not supported by the destination host", NULL};
	}
	/* Without it, a migration that ends between two of its phases would leave the source's job. */
	questions[n++] = (struct question){j->src, FEATURE_CHANGE_PROTECTION,
									   "cannot enforce change protection", NULL};
	if (ask(questions, n) < 0)
		return -1;
	j->dest_flags = j->flags & ~(unsigned)(RVIRT_MIGRATE_CHANGE_PROTECTION | SOURCE_FLAGS);
	j->flags |= RVIRT_MIGRATE_CHANGE_PROTECTION;
	return 0;
}

/* -- the phases -- */

/* The place of a text among the parameters, a new one if there is none. NULL with the error set
 * when there is no room. */
static struct rvirt_wire_typed_param *text_param(struct journey *j, const char *name)
{
	for (uint32_t i = 0; i < j->n; i++)
		if (strcmp(j->params[i].field, name) == 0)
			return &j->params[i];
	if (j->n == MAX_PARAMS) {
		error_set(FROM_NONE, ERR_INVALID_ARG, "too many migration parameters: no room for %s",
				  name);
		return NULL;
	}
	return &j->params[j->n++];
}

static int set_text(struct journey *j, const char *name, const char *value)
{
	struct rvirt_wire_typed_param *p = text_param(j, name);

	if (!p)
		return -1;
	*p = (struct rvirt_wire_typed_param){
		.field = borrowed(name),
		.value = {.type = RVIRT_TYPED_PARAM_STRING, .u.s = borrowed(value)}};
	return 0;
}

static bool has_param(const struct journey *j, const char *name)
{
	for (uint32_t i = 0; i < j->n; i++)
		if (strcmp(j->params[i].field, name) == 0)
			return true;
	return false;
}

/* What one host gave for the other takes the place of what was there before. */
static void keep_cookie(struct journey *j, uint32_t n, uint8_t *data)
{
	free(j->cookie.data);
	j->cookie = (struct cookie){n, data};
}

static int begin(struct journey *j)
{
	const struct rvirt_wire_dom_params64_flags_args args = {
		.dom = rvirt_domain_wire(j->dom), .n_params = j->n, .params = j->params, .flags = j->flags};
	struct rvirt_wire_cookie_out_xml_ret ret;
	int state, reason;

	if (rvirt_call_domain_migrate_begin3_params(j->src, &args, &ret) < 0)
		return -1;
	keep_cookie(j, ret.n_cookie_out, ret.cookie_out);
	j->xml = ret.xml;
	/* a guest that stands still is not to run there */
	if (rvirt_domain_state(j->dom, &state, &reason) == 0 && state == RVIRT_DOMAIN_PAUSED) {
		j->flags |= RVIRT_MIGRATE_PAUSED;
		j->dest_flags |= RVIRT_MIGRATE_PAUSED;
	}
	return 0;
}

static int prepare(struct journey *j)
{
	struct rvirt_wire_params_cookie_in_flags_args args;
	struct rvirt_wire_cookie_out_uri_out_ret ret;

	if (set_text(j, RVIRT_MIGRATE_PARAM_DEST_XML, j->xml) < 0)
		return -1;
	args = (struct rvirt_wire_params_cookie_in_flags_args){.n_params = j->n,
														   .params = j->params,
														   .n_cookie_in = j->cookie.n,
														   .cookie_in = j->cookie.data,
														   .flags = j->dest_flags};
	if (rvirt_call_domain_migrate_prepare3_params(j->dest, &args, &ret) < 0)
		return -1;
	keep_cookie(j, ret.n_cookie_out, ret.cookie_out);
	j->uri = ret.uri_out;
	return 0;
}

/* The destination waits by now. */
static int perform(struct journey *j)
{
	struct rvirt_wire_domain_migrate_perform3_params_args args;
	struct rvirt_wire_cookie_out_ret ret;

	if (j->uri && set_text(j, RVIRT_MIGRATE_PARAM_URI, j->uri) < 0)
		return -1;
	if (!has_param(j, RVIRT_MIGRATE_PARAM_URI))
		return error_set(FROM_NONE, ERR_INTERNAL_ERROR,
						 "the destination host did not say where it waits for the guest");
	args = (struct rvirt_wire_domain_migrate_perform3_params_args){.dom = rvirt_domain_wire(j->dom),
																   .n_params = j->n,
																   .params = j->params,
																   .n_cookie_in = j->cookie.n,
																   .cookie_in = j->cookie.data,
																   .flags = j->flags};
	if (rvirt_call_domain_migrate_perform3_params(j->src, &args, &ret) < 0)
		return -1;
	keep_cookie(j, ret.n_cookie_out, ret.cookie_out);
	return 0;
}

/* Lets the destination's guest run, or with cancelled drops it. */
static int finish(struct journey *j, bool cancelled, struct rvirt_wire_domain *ret_dom)
{
	struct rvirt_wire_domain_migrate_finish3_params_args args;
	struct rvirt_wire_dom_cookie_out_ret ret;

	if (!has_param(j, RVIRT_MIGRATE_PARAM_DEST_NAME) &&
		set_text(j, RVIRT_MIGRATE_PARAM_DEST_NAME, rvirt_domain_name(j->dom)) < 0)
		return -1;
	args = (struct rvirt_wire_domain_migrate_finish3_params_args){.n_params = j->n,
																  .params = j->params,
																  .n_cookie_in = j->cookie.n,
																  .cookie_in = j->cookie.data,
																  .flags = j->dest_flags,
																  .cancelled = cancelled};
	if (rvirt_call_domain_migrate_finish3_params(j->dest, &args, &ret) < 0)
		return -1;
	keep_cookie(j, ret.n_cookie_out, ret.cookie_out);
	*ret_dom = ret.dom;
	return 0;
}

/* Lets the source drop its guest, or with cancelled run on. */
static int confirm(struct journey *j, bool cancelled)
{
	const struct rvirt_wire_domain_migrate_confirm3_params_args args = {
		.dom = rvirt_domain_wire(j->dom),
		.n_params = j->n,
		.params = j->params,
		.n_cookie_in = j->cookie.n,
		.cookie_in = j->cookie.data,
		.flags = j->flags,
		.cancelled = cancelled};

	return rvirt_call_domain_migrate_confirm3_params(j->src, &args);
}

/* After perform failed: drops what waits on the destination. The error that is set stays, unless
 * the destination knows better why its guest ended. */
static void cancel_on_destination(struct journey *j)
{
	struct rvirt_wire_domain dom;
	struct error first;
	const struct error *second;

	error_take(&first);
	keep_cookie(j, 0, NULL);
	if (finish(j, true, &dom) == 0)
		free(dom.name);
	second = error_last();
	if (first.domain == FROM_QEMU && first.code == ERR_OPERATION_FAILED &&
		second->domain == FROM_QEMU && second->code != ERR_MIGRATE_FINISH_OK &&
		second->code != ERR_NO_DOMAIN)
		error_clear(&first);
	else
		error_give(&first);
}

/* Ends the source's part without losing the error that is set. */
static void cancel_on_source(struct journey *j)
{
	struct error first;

	error_take(&first);
	keep_cookie(j, 0, NULL);
	confirm(j, true);
	error_give(&first);
}

/* From begin on. A source whose perform failed has cleaned up by itself. */
static int travel(struct journey *j, struct rvirt_wire_domain *ret_dom)
{
	bool offline = j->flags & RVIRT_MIGRATE_OFFLINE;

	if (begin(j) < 0)
		return -1;
	if (prepare(j) < 0) {
		cancel_on_source(j);
		return -1;
	}
	if (offline) {
		keep_cookie(j, 0, NULL);
	} else if (perform(j) < 0) {
		cancel_on_destination(j);
		return -1;
	}
	if (finish(j, false, ret_dom) < 0) {
		cancel_on_source(j);
		return -1;
	}
	if (confirm(j, false) < 0) {
		free(ret_dom->name);
		return error_prefix("the guest runs on the destination host, but the source host may keep "
							"it paused");
	}
	return 0;
}

struct rvirt_domain *rvirt_domain_migrate(struct rvirt_domain *dom, struct rvirt_conn *dest,
										  const struct rvirt_wire_typed_param *params, size_t n,
										  unsigned flags)
{
	CLEANUP(clear_journey)
	struct journey j = {.dom = dom, .src = rvirt_domain_conn(dom), .dest = dest, .flags = flags};
	struct rvirt_wire_domain there;
	struct rvirt_domain *found;

	if (flags & (RVIRT_MIGRATE_PEER2PEER | RVIRT_MIGRATE_TUNNELLED)) {
		error_set(FROM_NONE, ERR_INVALID_ARG, "%s",
				  flags & RVIRT_MIGRATE_PEER2PEER
					  ? "use rvirt_domain_migrate_to_uri() for peer-to-peer migration"
					  : "cannot perform tunnelled migration without using peer2peer flag");
		return NULL;
	}
	if (check_params(params, n, flags) < 0 || check_hosts(&j) < 0)
		return NULL;
	if (n > 0)
		memcpy(j.params, params, n * sizeof *params);
	j.n = (uint32_t)n;
	if (travel(&j, &there) < 0)
		return NULL;
	found = rvirt_domain_by_uuid(dest, there.uuid);
	free(there.name);
	return found;
}

int rvirt_domain_migrate_to_uri(struct rvirt_domain *dom, const char *dest_uri,
								const struct rvirt_wire_typed_param *params, size_t n,
								unsigned flags)
{
	struct rvirt_conn *conn = rvirt_domain_conn(dom);
	bool p2p = flags & RVIRT_MIGRATE_PEER2PEER, offline = flags & RVIRT_MIGRATE_OFFLINE;
	struct question questions[3] = {
		{conn, p2p ? FEATURE_P2P : FEATURE_DIRECT,
		 p2p ? "p2p migration is not supported by the source host"
			 : "direct migration is not supported by the source host",
		 NULL},
		{conn, FEATURE_PARAMS, "the source host serves no migration with parameters", NULL},
		{conn, FEATURE_OFFLINE, "offline migration is not supported by the source host", NULL},
	};
	struct rvirt_wire_domain_migrate_perform3_params_args args = {
		.dom = rvirt_domain_wire(dom),
		.dconnuri = borrowed(p2p ? dest_uri : NULL),
		.n_params = (uint32_t)n,
		.params = (struct rvirt_wire_typed_param *)(uintptr_t)params,
		.flags = flags,
	};
	struct rvirt_wire_cookie_out_ret ret;

	if (p2p && !dest_uri)
		return error_set(FROM_NONE, ERR_INVALID_ARG, "peer-to-peer migration to no URI");
	if (!p2p && (flags & RVIRT_MIGRATE_TUNNELLED))
		return error_set(FROM_NONE, ERR_INVALID_ARG,
						 "cannot perform tunnelled migration without using peer2peer flag");
	if (check_params(params, n, flags) < 0 || ask(questions, offline ? 3 : 2) < 0 ||
		rvirt_call_domain_migrate_perform3_params(conn, &args, &ret) < 0)
		return -1;
	free(ret.cookie_out);
	return 0;
}
