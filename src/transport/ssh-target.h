/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the user's ssh configuration says of a host, for a transport that does not run ssh itself.
 * The configuration is read by ssh (`ssh -G`), so that Include, Match, CanonicalizeHostname and all
 * else mean what they mean to ssh. Without ssh, its defaults count.
 */
#ifndef TRANSPORT_SSH_TARGET_H
#define TRANSPORT_SSH_TARGET_H

#include "base/cleanup.h"
#include "transport/ssh-auth.h"
#include "transport/uri.h"

#include <stdbool.h>

/* What is to be done with a host key that is not known (StrictHostKeyChecking). */
enum ssh_verify {
	SSH_VERIFY_ASK,        /* ask the user; refuse where nobody can be asked */
	SSH_VERIFY_STRICT,     /* refuse */
	SSH_VERIFY_ACCEPT_NEW, /* add it; refuse one that has changed */
	SSH_VERIFY_OFF,        /* add it, and go on even if it has changed */
};

/* Lists end with NULL and are never NULL themselves. */
struct ssh_target {
	char *host; /* to connect to (HostName) */
	int port;
	int family;        /* AF_UNSPEC, AF_INET or AF_INET6 */
	char **proxy_argv; /* ready to run; its stdio is the way to the host; empty: connect directly */
	int connect_timeout; /* seconds; 0: not set */

	char *known_as; /* the name in known_hosts, which known_hosts_new() takes with known_port */
	int known_port; /* 0: an alias, which has none */
	char **user_known_hosts; /* a new key is added to the first, if there is one */
	char **global_known_hosts;
	enum ssh_verify verify;
	bool hash_known_hosts;

	char *user;
	struct ssh_auth_list auth; /* at least one; with batch none that has to ask */
	bool batch;                /* ask for nothing */
	char **identity_files;     /* those that are there, or have a .pub that is */
	bool identities_only;      /* of the agent's keys only those of identity_files */
	char *agent_socket;        /* NULL: no agent */
	int password_prompts;
	int min_rsa_bits;

	char *kex, *ciphers, *macs, *host_key_algorithms; /* with commas between; NULL: any */
	bool compression;
	int alive_interval; /* seconds; 0: none */
};

/* Fills *ret, which ssh_target_clear() releases. What the URI says goes before the configuration.
 * Takes until the monotonic time deadline_ms at most (negative: no limit): ssh runs what "Match
 * exec" has. -1 with the error set: ERR_CONFIG_UNSUPPORTED names an option that changes whom or how
 * ssh would reach and that only ssh itself can honour. */
int ssh_target_resolve(const struct uri *uri, long long deadline_ms, struct ssh_target *ret);

void ssh_target_clear(struct ssh_target *target);
#define CLEANUP_SSH_TARGET CLEANUP(ssh_target_clear)

/* Reads what `ssh -G` writes. Part of the above. */
int ssh_target_read(const struct uri *uri, char *text, struct ssh_target *ret);

#endif
