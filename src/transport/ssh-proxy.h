/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The program that ssh's configuration puts between here and a host.
 */
#ifndef TRANSPORT_SSH_PROXY_H
#define TRANSPORT_SSH_PROXY_H

#include "transport/ssh-expand.h"

#include <stdbool.h>

/* ProxyCommand as an argument list for the user's shell; the caller's, ends with NULL. */
int ssh_proxy_command(const char *command, const struct ssh_tokens *tokens, char ***ret_argv);

/* ProxyJump, "[JUMP,]…[USER@]HOST[:PORT]" as `ssh -G` writes it: ssh to the last of them, which
 * carries the bytes on (-W). batch: it asks for nothing. */
int ssh_proxy_jump(const char *jumps, const struct ssh_tokens *tokens, bool batch,
				   char ***ret_argv);

#endif
