/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Neither SASL nor polkit is in this build, and no configuration that asks for one is served: who
 * could connect has nothing left to prove. A client that has is told with what, and gets no
 * further.
 */
#include "config.h"
#include "daemon/auth.h"

#include "base/error.h"

#include <rvirt/protocol.h>
#include <stdlib.h>

/* The wire's numbers of the schemes. */
enum { WIRE_AUTH_NONE, WIRE_AUTH_SASL, WIRE_AUTH_POLKIT };

int auth_list(struct client *c, const struct wire_op *op, const void *args, void *ret)
{
	struct rvirt_wire_types_ret *r = ret;

	(void)op, (void)args;
	r->types = calloc(1, sizeof r->types[0]);
	if (!r->types)
		return error_oom();
	r->n_types = 1;
	if (c->state != CLIENT_ACCEPTED)
		r->types[0] = WIRE_AUTH_NONE;
	else
		r->types[0] = c->traits.auth == AUTH_SASL ? WIRE_AUTH_SASL : WIRE_AUTH_POLKIT;
	return 0;
}

int auth_refuse(struct client *c, const struct wire_op *op, const void *args, void *ret)
{
	(void)c, (void)args, (void)ret;
	return error_set(FROM_RPC, ERR_AUTH_FAILED, "%s is not served by this daemon",
					 op->number == 70 ? "polkit" : "SASL");
}
