/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which logins over ssh are the same.
 */
#include "config.h"
#include "transport/ssh-share.h"

#include "base/account.h"
#include "base/error.h"
#include "transport/ssh-args.h"

#include <stdio.h>
#include <string.h>

/* The file that is run for the program's name; the name where it is not found. Owned by the caller.
 */
static char *program_path(const char *name)
{
	const char *path = getenv("PATH");
	char *at;

	for (; !strchr(name, '/') && path && *path; path += strcspn(path, ":"), path += *path == ':') {
		if (asprintf(&at, "%.*s/%s", (int)strcspn(path, ":"), path, name) < 0)
			break;
		if (access(at, X_OK) == 0)
			return at;
		free(at);
	}
	return strdup(name);
}

int ssh_share_name(const struct uri *uri, const char *program, const char *kind,
				   struct share_name *ret)
{
	CLEANUP_SSH_ARGS struct ssh_args a = {0};
	CLEANUP_FREE char *home = account_user_home(geteuid()), *config = NULL, *path = NULL;
	struct share_hash *h;

	if (ssh_args_begin(&a, program, uri) < 0)
		return -1;
	path = program_path(program);
	if (!path || asprintf(&config, "%s/.ssh/config", home ? home : "") < 0) {
		config = NULL;
		return error_oom();
	}
	h = share_hash_new(kind);
	if (!h)
		return -1;
	share_hash_file(h, path);
	share_hash_file(h, config);
	share_hash_file(h, "/etc/ssh/ssh_config");
	for (int i = 1; i < a.n; i++)
		if (ssh_args_leads(a.v[i]))
			share_hash_text(h, a.v[i]);
	share_hash_text(h, uri_host(uri));
	*ret = share_hash_end(h);
	return 0;
}
