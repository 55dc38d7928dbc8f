/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Asks for ssh's configuration again once a login has failed: who gets in need not wait for it.
 */
#include "config.h"
#include "transport/ssh-tried.h"

#include "base/error.h"
#include "base/fd.h"
#include "transport/ssh-target.h"

#include <string.h>

enum { ASK_MS = 3000 };

static const char LOGIN[] = "login: ";

static int add(struct buf *out, const char *what, const char *which)
{
	return buf_printf(out, "%s%s%s", buf_len(out) ? ", " : "", what, which);
}

static int list_tried(const struct ssh_target *t, struct buf *out)
{
	for (int i = 0; i < t->auth.n; i++) {
		int r = 0;

		switch (t->auth.way[i]) {
		case SSH_AUTH_AGENT:
			r = t->agent_socket ? add(out, "the agent at ", t->agent_socket)
								: add(out, "no agent", "");
			break;
		case SSH_AUTH_PRIVKEY:
			for (char **file = t->identity_files; *file && r == 0; file++)
				r = add(out, "key ", *file);
			if (!t->identity_files[0])
				r = add(out, "no key", "");
			break;
		case SSH_AUTH_INTERACTIVE:
			r = add(out, "keyboard-interactive", "");
			break;
		default:
			r = add(out, "password", "");
			break;
		}
		if (r < 0)
			return -1;
	}
	return 0;
}

void ssh_tried_explain(const struct uri *uri)
{
	CLEANUP_SSH_TARGET struct ssh_target target = {0};
	CLEANUP_BUF struct buf tried = {0};
	struct error failure, why = {0};
	bool known;

	error_take(&failure);
	known = ssh_target_resolve(uri, now_ms() + ASK_MS, &target) == 0 &&
			list_tried(&target, &tried) == 0 && buf_len(&tried);
	error_take(&why);
	error_give(&failure);
	if (known)
		error_suffix("as user %s at %s, port %d; tried: %s", target.user, target.host, target.port,
					 (char *)buf_at(&tried));
	else if (why.message && !strncmp(why.message, LOGIN, strlen(LOGIN)))
		error_suffix("%s", why.message + strlen(LOGIN)); /* a key file that is not there */
	error_clear(&why);
}
