/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Asking whoever sits in front of the program: passwords, passphrases, whether to trust a key.
 */
#ifndef TRANSPORT_ASK_H
#define TRANSPORT_ASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ask_kind {
	ASK_PASSPHRASE, /* a password or a passphrase */
	ASK_HIDDEN,     /* anything else that is not shown */
	ASK_TEXT,       /* what is shown */
	ASK_CONFIRM,    /* the same: yes, no, or a text that means yes */
};

struct ask_question {
	enum ask_kind kind;
	const char *prompt; /* as shown, with what separates it from the answer */
	char *answer;       /* set by who answers, allocated; NULL: no answer */
};

/* Has the n questions answered, in turn. 0, or -1 with the error set: ERR_AUTH_CANCELLED if nobody
 * wants to answer. */
typedef int (*ask_fn)(struct ask_question *questions, size_t n, void *opaque);

struct asker {
	ask_fn fn;
	void *opaque;
	int64_t spent_ms; /* by people, in all: what must be done in time does not count it */
};

/* Has n questions answered by a (which may be NULL: ERR_AUTH_UNAVAILABLE). Every question has its
 * answer after success, and none has one after failure. */
int asker_ask(struct asker *a, struct ask_question *questions, size_t n);

/* Overwrites and frees a secret; NULL is allowed. */
void ask_wipe(char *secret);

/* An ask_fn that asks at the terminal, or by the program $SSH_ASKPASS where ssh would: where there
 * is no terminal and a display, or as $SSH_ASKPASS_REQUIRE (never, prefer, force) says. */
int ask_terminal(struct ask_question *questions, size_t n, void *opaque);

#endif
