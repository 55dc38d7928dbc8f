/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Logging in with keys in files. A passphrase is asked for only where the host would take the key,
 * as far as that can be known without it.
 */
#include "config.h"
#include "transport/libssh2-login.h"

#include <stdio.h>
#include <string.h>

/* After libssh2 failed with r: is it because of the key's file or passphrase, and not the host's
 * answer? */
static bool could_not_sign(const struct login *l, int r)
{
	char *text = NULL;

	if (r == 0 || r == LIBSSH2_ERROR_EAGAIN || r == LIBSSH2_ERROR_AUTHENTICATION_FAILED ||
		l->s->failed || l->s->ended || l->s->goodbye)
		return false;
	if (r != LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED)
		return true;
	libssh2_session_last_error(l->s->ssh, &text, NULL, 0);
	return text && strstr(text, "Callback returned error");
}

/* libssh2's result. public NULL: libssh2 takes it from the private key. */
static int offer(struct login *l, const struct ssh_key *key, const char *public,
				 const char *passphrase)
{
	const char *user = l->target->user;
	int r;

	SSH_AWAIT(l->s, l->s->login_stage, &r,
			  libssh2_userauth_publickey_frommemory(l->s->ssh, user, strlen(user), public,
													public ? strlen(public) : 0, key->private,
													key->private_len, passphrase));
	return r;
}

/* Asks for the passphrase until the key can be used with it. libssh2's result; 1: there is none
 * that fits, and why is noted; -1 with the error set. */
static int offer_with_passphrase(struct login *l, const struct ssh_key *key, const char *public,
								 int *ret)
{
	CLEANUP_BUF struct buf prompt = {0};
	struct ask_question q = {.kind = ASK_PASSPHRASE};

	if (buf_printf(&prompt, "Enter passphrase for key '%s': ", key->path) < 0)
		return -1;
	q.prompt = (char *)buf_at(&prompt);
	for (int i = 0; i < l->target->password_prompts; i++) {
		if (l->target->batch || asker_ask(l->s->login->asker, &q, 1) < 0) {
			error_reset();
			return login_note(l, "key %s: its passphrase cannot be asked for", key->path) < 0 ? -1
																							  : 1;
		}
		*ret = offer(l, key, public, q.answer);
		ask_wipe(q.answer);
		q.answer = NULL;
		if (!could_not_sign(l, *ret))
			return 0;
	}
	return login_note(l, "key %s: wrong passphrase", key->path) < 0 ? -1 : 1;
}

static enum login_result try_key(struct login *l, const struct ssh_key *key)
{
	CLEANUP_FREE char *public = key->blob ? ssh_key_text(key->blob, key->blob_len) : NULL;
	enum login_result result;
	int r = login_pass_over(l, key->path, key->type), asked;

	if (r != 0)
		return r < 0 ? LOGIN_FAILED : LOGIN_REFUSED;
	if (key->blob && !public)
		return LOGIN_FAILED;
	r = LIBSSH2_ERROR_FILE;
	/* whether the host would take it is known before it is used */
	if (public || !key->encrypted)
		r = offer(l, key, public, "");
	if (key->encrypted && could_not_sign(l, r)) {
		asked = offer_with_passphrase(l, key, public, &r);
		if (asked != 0)
			return asked < 0 ? LOGIN_FAILED : LOGIN_REFUSED;
	} else if (could_not_sign(l, r)) {
		return login_note(l, "key %s: libssh2 cannot read it", key->path) < 0 ? LOGIN_FAILED
																			  : LOGIN_REFUSED;
	}
	result = login_judge(l, r, r == LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED);
	return login_note_key(l, key->path, key->type, result);
}

enum login_result login_by_keys(struct login *l)
{
	for (size_t i = 0; i < l->n_keys; i++) {
		const struct ssh_key *key = &l->keys[i];
		enum login_result result;

		if (!key->private)
			continue;
		if (key->exposed) {
			if (login_note(l, "key %s: not used, for others can read it (chmod 600)", key->path) <
				0)
				return LOGIN_FAILED;
			continue;
		}
		result = try_key(l, key);
		if (result == LOGIN_DONE || result == LOGIN_FAILED ||
			(result == LOGIN_FURTHER && !login_allows(l, "publickey")))
			return result;
	}
	return LOGIN_REFUSED;
}
