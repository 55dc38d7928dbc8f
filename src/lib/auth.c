/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Between the transports' questions and the public API's credentials.
 */
#include "config.h"
#include "lib/auth.h"

#include "base/cleanup.h"
#include "base/error.h"

#include <rvirt/rvirt.h>

static int credential_type(enum ask_kind kind)
{
	switch (kind) {
	case ASK_PASSPHRASE:
		return RVIRT_CREDENTIAL_PASSPHRASE;
	case ASK_HIDDEN:
		return RVIRT_CREDENTIAL_NOECHOPROMPT;
	default:
		return RVIRT_CREDENTIAL_ECHOPROMPT;
	}
}

int auth_ask(struct ask_question *questions, size_t n, void *opaque)
{
	const struct rvirt_open_options *options = opaque;
	CLEANUP_FREE struct rvirt_credential *c = calloc(n, sizeof *c);
	int r;

	if (!c)
		return error_oom();
	for (size_t i = 0; i < n; i++)
		c[i] = (struct rvirt_credential){.type = credential_type(questions[i].kind),
										 .prompt = questions[i].prompt};
	error_reset();
	r = options->auth(c, n, options->auth_opaque);
	for (size_t i = 0; i < n; i++)
		questions[i].answer = c[i].result;
	if (r < 0 && error_last()->code == ERR_OK)
		error_set(FROM_AUTH, ERR_AUTH_CANCELLED, "there was no answer");
	return r < 0 ? -1 : 0;
}

int rvirt_auth_terminal(struct rvirt_credential *credentials, size_t n, void *opaque)
{
	(void)opaque;
	for (size_t i = 0; i < n; i++) {
		struct ask_question q = {.prompt = credentials[i].prompt, .kind = ASK_TEXT};

		if (credentials[i].type == RVIRT_CREDENTIAL_PASSPHRASE)
			q.kind = ASK_PASSPHRASE;
		else if (credentials[i].type == RVIRT_CREDENTIAL_NOECHOPROMPT)
			q.kind = ASK_HIDDEN;
		if (ask_terminal(&q, 1, NULL) < 0)
			return -1;
		credentials[i].result = q.answer;
	}
	return 0;
}
