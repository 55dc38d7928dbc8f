/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What asking has in common, whoever answers.
 */
#include "config.h"
#include "transport/ask.h"

#include "base/error.h"
#include "base/fd.h"

#include <stdlib.h>
#include <string.h>

void ask_wipe(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

static bool all_answered(const struct ask_question *questions, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!questions[i].answer)
			return false;
	return true;
}

int asker_ask(struct asker *a, struct ask_question *questions, size_t n)
{
	int64_t start = now_ms();
	int r;

	if (!a || !a->fn)
		return error_set(FROM_AUTH, ERR_AUTH_UNAVAILABLE, "there is nobody to ask");
	r = a->fn(questions, n, a->opaque);
	a->spent_ms += now_ms() - start;
	if (r == 0 && !all_answered(questions, n))
		r = error_set(FROM_AUTH, ERR_AUTH_CANCELLED, "there was no answer");
	if (r == 0)
		return 0;
	for (size_t i = 0; i < n; i++) {
		ask_wipe(questions[i].answer);
		questions[i].answer = NULL;
	}
	return -1;
}
