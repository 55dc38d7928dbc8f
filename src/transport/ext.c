/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The ext transport: any program that reaches the daemon by means of its own; its stdin and stdout
 * carry the protocol.
 */
#include "config.h"
#include "transport/transports.h"

#include "base/account.h"
#include "base/error.h"
#include "transport/process.h"
#include "transport/words.h"

#include <stdio.h>

static const struct process_cause causes[] = {
	{-1, NULL, "command: it is the one that the URI names with command="},
	{0},
};

int transport_ext_open(const struct uri *uri, const struct transport_options *options, int port,
					   struct channel **ret_channel)
{
	const char *command = uri_param(uri, URI_COMMAND), *socket = uri_param(uri, URI_SOCKET);
	CLEANUP_FREE char *me = uri->user ? NULL : account_user_name(geteuid());
	char port_text[16];
	struct word_values values = {
		.host = uri_host(uri),
		.port = port ? port_text : NULL,
		.user = uri->user ? uri->user : me,
		.given_host = uri->raw_host ? uri->raw_host : uri_host(uri),
		.socket = socket ? socket : transport_far_socket(options->readonly),
	};
	CLEANUP_FREE char *how = NULL;
	char **words = NULL;
	int r;

	if (!command || !*command)
		return error_set(FROM_REMOTE, ERR_INVALID_ARG,
						 "for the ext transport the URI must name a program: command=");
	snprintf(port_text, sizeof port_text, "%d", port);
	if (words_split(command, &values, &words) < 0)
		return -1;
	if (asprintf(&how, "command %s", words[0]) < 0) {
		how = NULL;
		r = error_oom();
	} else
		r = process_open(words, how, causes, ret_channel);
	words_free(words);
	return r;
}
