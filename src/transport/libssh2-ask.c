/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Logging in with what people know: a password, or answers to the host's own questions.
 */
#include "config.h"
#include "transport/libssh2-login.h"

#include <stdio.h>
#include <string.h>

/* Nobody to ask, or a host that must not be told. Notes it. */
static bool may_not_ask(struct login *l, const char *what)
{
	if (!l->s->untrusted && !l->target->batch && l->s->login->asker && l->s->login->asker->fn)
		return false;
	login_note(l,
			   l->s->untrusted ? "a host whose key has changed gets no %s"
							   : "nobody can be asked: no %s",
			   what);
	return true;
}

static int offer_password(struct login *l, const char *password)
{
	const char *user = l->target->user;
	int r;

	SSH_AWAIT(l->s, l->s->login_stage, &r,
			  libssh2_userauth_password_ex(l->s->ssh, user, (unsigned)strlen(user), password,
										   (unsigned)strlen(password), NULL));
	return r;
}

enum login_result login_by_password(struct login *l)
{
	CLEANUP_BUF struct buf prompt = {0};
	struct ask_question q = {.kind = ASK_PASSPHRASE};

	if (may_not_ask(l, "password"))
		return LOGIN_REFUSED;
	if (buf_printf(&prompt, "%s@%s's password: ", l->target->user, l->target->known_as) < 0)
		return LOGIN_FAILED;
	q.prompt = (char *)buf_at(&prompt);
	for (int i = 0; i < l->target->password_prompts; i++) {
		enum login_result result;
		int r;

		if (asker_ask(l->s->login->asker, &q, 1) < 0)
			return LOGIN_FAILED;
		r = offer_password(l, q.answer);
		ask_wipe(q.answer);
		q.answer = NULL;
		if (r == LIBSSH2_ERROR_PASSWORD_EXPIRED) {
			login_note(l, "the password has expired: log in with ssh to change it");
			return LOGIN_REFUSED;
		}
		result = login_judge(l, r, true);
		if (result != LOGIN_REFUSED)
			return login_note_key(l, "password", "", result);
	}
	return login_note_key(l, "password", "", LOGIN_REFUSED);
}

/* -- keyboard-interactive -- */

/* A text of the host's as it may be shown: one that would move the cursor, or pretend to be ours,
 * does not. */
static int put_shown(struct buf *out, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char c = text[i];

		if (((unsigned char)c < ' ' && c != '\n' && c != '\t') || c == 127)
			c = '?';
		if (buf_add(out, &c, 1) < 0)
			return -1;
	}
	return 0;
}

static int put_prompt(const struct login *l, struct buf *out, const char *text, size_t n)
{
	if (buf_printf(out, "(%s@%s) ", l->target->user, l->target->known_as) < 0 ||
		put_shown(out, text, n) < 0)
		return -1;
	return buf_puts(out, "");
}

/* One question of the host's. NULL with the error set. */
static char *answer(struct login *l, const char *text, size_t n, bool echo)
{
	CLEANUP_BUF struct buf prompt = {0};
	struct ask_question q = {.kind = echo ? ASK_TEXT : ASK_HIDDEN};

	if (put_prompt(l, &prompt, text, n) < 0)
		return NULL;
	q.prompt = (char *)buf_at(&prompt);
	return asker_ask(l->s->login->asker, &q, 1) < 0 ? NULL : q.answer;
}

static LIBSSH2_USERAUTH_KBDINT_RESPONSE_FUNC(respond)
{
	struct ssh_session *s = *abstract;
	struct login *l = s->asking;

	(void)name, (void)name_len, (void)instruction, (void)instruction_len;
	for (int i = 0; i < num_prompts; i++) {
		char *text = s->ask_failed ? NULL
								   : answer(l, (const char *)prompts[i].text, prompts[i].length,
											prompts[i].echo);

		/* an empty answer is what is left to give: there is no way to break off */
		s->ask_failed = !text;
		responses[i].text = text ? text : strdup("");
		responses[i].length = responses[i].text ? (unsigned)strlen(responses[i].text) : 0;
	}
}

enum login_result login_by_questions(struct login *l)
{
	const char *user = l->target->user;
	struct ssh_session *s = l->s;

	if (may_not_ask(l, "answers"))
		return LOGIN_REFUSED;
	for (int i = 0; i < l->target->password_prompts; i++) {
		enum login_result result;
		int r;

		s->asking = l;
		SSH_AWAIT(s, l->s->login_stage, &r,
				  libssh2_userauth_keyboard_interactive_ex(s->ssh, user, (unsigned)strlen(user),
														   respond));
		s->asking = NULL;
		if (s->ask_failed && r != 0)
			return LOGIN_FAILED;
		result = login_judge(l, r, true);
		if (result != LOGIN_REFUSED)
			return login_note_key(l, "keyboard-interactive", "", result);
	}
	return login_note_key(l, "keyboard-interactive", "", LOGIN_REFUSED);
}
