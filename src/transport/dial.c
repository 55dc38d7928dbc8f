/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The parameter dial: whatever the transport, rvirt-dial opens it in a process of its own.
 */
#include "config.h"
#include "transport/transports.h"

#include "base/error.h"
#include "transport/process.h"

#include <stdint.h>
#include <stdio.h>

int transport_dial_open(const struct uri *uri, const struct transport_options *options, int port,
						struct channel **ret_channel)
{
	CLEANUP_FREE char *text = uri_format(uri), *how = NULL;
	const char *argv[5];
	int n = 0;

	(void)port;
	if (!text)
		return -1;
	argv[n++] = *uri_param(uri, URI_DIAL) ? uri_param(uri, URI_DIAL) : "rvirt-dial";
	if (options->readonly)
		argv[n++] = "-r";
	argv[n++] = "--";
	argv[n++] = text;
	argv[n] = NULL;
	if (asprintf(&how, "%s to host %s", argv[0], uri_host(uri)) < 0) {
		how = NULL;
		return error_oom();
	}
	return process_open((char *const *)(uintptr_t)argv, how, NULL, ret_channel);
}
