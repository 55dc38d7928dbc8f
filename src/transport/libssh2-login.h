/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the ways to log in share.
 */
#ifndef TRANSPORT_LIBSSH2_LOGIN_H
#define TRANSPORT_LIBSSH2_LOGIN_H

#include "transport/libssh2-impl.h"
#include "transport/ssh-key.h"

/* What came of a way, or of a part of one. */
enum login_result {
	LOGIN_FAILED = -1, /* the error is set: no use in going on */
	LOGIN_DONE,
	LOGIN_REFUSED,
	LOGIN_FURTHER, /* the host took it and wants more */
};

struct login {
	struct ssh_session *s;
	const struct ssh_target *target;
	char *allowed;        /* the methods that the host takes now, with commas between */
	struct buf tried;     /* what was, for the error: "; " between */
	bool passed_over;     /* a key, for what libssh2 cannot do */
	struct ssh_key *keys; /* of the identity files */
	size_t n_keys;
};

/* Adds to what was tried. */
int login_note(struct login *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Does the host take this method? */
bool login_allows(const struct login *l, const char *method);

/* What r, of libssh2 for a method, means; asks the host for its methods where that tells.
 * proven: something was proven to it, or attempted to. */
enum login_result login_judge(struct login *l, int r, bool proven);

/* 1 if this libssh2 cannot sign with a key of the type (which may be "": not known), and that is
 * noted; 0, or -1. */
int login_pass_over(struct login *l, const char *name, const char *type);

/* Notes a key that was not the last that was needed. Returns the result. */
enum login_result login_note_key(struct login *l, const char *name, const char *type,
								 enum login_result result);

/* The ways. libssh2-agent.c */
enum login_result login_by_agent(struct login *l);
/* libssh2-keys.c */
enum login_result login_by_keys(struct login *l);
/* libssh2-ask.c */
enum login_result login_by_password(struct login *l);
enum login_result login_by_questions(struct login *l);

#endif
