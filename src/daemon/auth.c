/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A socket whose clients must prove more than that they could connect to it lets in only root here:
 * with neither SASL nor polkit in this build, nobody else could.
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
	if (c->traits.auth == AUTH_POLKIT && c->traits.uid == 0)
		client_step(c, CLIENT_PROVED);
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
