/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who knows the cause of a failure names its stage; who stands above names one for causes that did
 * not know where they were.
 */
#include "config.h"
#include "transport/stage.h"

#include "base/error.h"

#include <stdbool.h>
#include <string.h>

static const char *const stages[] = {
	"ssh configuration", "resolve", "connect", "host key", "login",          "command",
	"gateway",           "share",   "socket",  "TLS",      "authentication", "call",
};
/* To add one: its name, and its row in docs/errors.md. */

/* Is a stage at the start of text: "login: …", "host key of …", "login as …"? */
static bool begins_with_stage(const char *text)
{
	for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
		size_t n = strlen(stages[i]);

		if (!strncmp(text, stages[i], n) &&
			(text[n] == ':' || !strncmp(text + n, " of ", 4) || !strncmp(text + n, " as ", 4)))
			return true;
	}
	return false;
}

/* In front there may be the text of the code ("authentication failed: login: …"), or the program
 * that has said it all ("rvirt-dial … ended with exit status 1: rvirt-dial: error: connect: …"). */
static bool names_stage(const char *message)
{
	while (message && !begins_with_stage(message)) {
		message = strstr(message, ": ");
		message = message ? message + 2 : NULL;
	}
	return message != NULL;
}

int stage_put(const char *stage)
{
	const struct error *e = error_last();

	if (!e->message || e->code == ERR_INVALID_ARG || e->code == ERR_CONFIG_UNSUPPORTED ||
		e->code == ERR_NO_MEMORY || names_stage(e->message))
		return -1;
	return error_prefix("%s", stage);
}
