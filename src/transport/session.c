/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A daemon for this user alone, started when it is wanted and ending by itself, as libvirt's
 * clients have it for /session.
 */
#include "config.h"
#include "transport/session.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "transport/capture.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where ordinary users' PATH does not lead they are looked for where daemons are. */
static const char *const daemons[] = {"rvirtd", SBINDIR "/rvirtd", "libvirtd",
									  "/usr/sbin/libvirtd"};

bool session_may_start(void)
{
	const char *wish = getenv("LIBVIRT_AUTOSTART");

	return !wish || strcmp(wish, "0") != 0;
}

int session_start(long long deadline_ms)
{
	for (size_t i = 0; i < sizeof daemons / sizeof daemons[0]; i++) {
		const char *argv[] = {daemons[i], "-d", "-t", "120", NULL};
		CLEANUP_BUF struct buf output = {0};

		if (*daemons[i] == '/' && access(daemons[i], X_OK) < 0)
			continue;
		if (capture_output((char *const *)(uintptr_t)argv, daemons[i], 4096, deadline_ms,
						   &output) == 0)
			return 0;
		if (error_last()->code != ERR_SYSTEM_ERROR || error_last()->int1 != ENOENT)
			return -1;
	}
	return error_set(FROM_RPC, ERR_SYSTEM_ERROR, "neither rvirtd nor libvirtd is installed here");
}
