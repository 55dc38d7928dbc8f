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

/* The text of the code may stand in front: "authentication failed: login: …". */
static bool names_stage(const char *message)
{
	const char *behind_code = strstr(message, ": ");

	return begins_with_stage(message) || (behind_code && begins_with_stage(behind_code + 2));
}

int stage_put(const char *stage)
{
	const struct error *e = error_last();

	if (!e->message || e->code == ERR_INVALID_ARG || e->code == ERR_CONFIG_UNSUPPORTED ||
		e->code == ERR_NO_MEMORY || names_stage(e->message))
		return -1;
	return error_prefix("%s", stage);
}
