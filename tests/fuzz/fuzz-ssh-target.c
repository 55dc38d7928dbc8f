/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What `ssh -G` writes: whatever it is, it becomes a target that is whole, or an error.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "transport/ssh-target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_SSH_TARGET struct ssh_target target = {0};
	CLEANUP_URI struct uri *uri = NULL;
	CLEANUP_FREE char *text = strndup(size ? (const char *)data : "", size);

	if (!text || uri_parse("qemu+libssh2://host/system", &uri) < 0)
		abort();
	error_reset();
	if (ssh_target_read(uri, text, &target) < 0) {
		if (!error_last()->message || target.host)
			abort();
		return 0;
	}
	if (!target.host || !target.user || !target.known_as || !target.proxy_argv ||
		!target.identity_files || !target.user_known_hosts || !target.global_known_hosts ||
		target.port < 1 || target.port > 65535 || target.auth.n < 1)
		abort();
	return 0;
}
