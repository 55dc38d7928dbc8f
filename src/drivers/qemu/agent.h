/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The client of an agent inside a guest (qemu-ga), at the host's end of its channel. Whatever
 * answers there is the guest's: it may be silent, late, endless or no agent at all. It knows no
 * command but the one that tells answers of now from those of before.
 */
#ifndef DRIVERS_QEMU_AGENT_H
#define DRIVERS_QEMU_AGENT_H

#include "drivers/qemu/qmp.h"

enum {
	AGENT_LINE_MAX = 10 << 20, /* a longer line ends the conversation */
	AGENT_SYNC_MS = 5000,      /* that an agent has to show that it is there */
	AGENT_WAIT_MS = 600000,    /* that it has for an answer, where nobody asks for less */
};

/* What a guest does without its agent answering any more. */
enum agent_sign { AGENT_SIGN_SHUTDOWN = 1, AGENT_SIGN_RESET = 2, AGENT_SIGN_SUSPEND = 4 };

struct agent;

/* Takes the descriptor over, whatever comes of it. Only handler->closed is called; qmp.h says how.
 * 0, or -1 with the error set. */
int agent_open(struct qmp_loop *loop, int fd, const struct qmp_handler *handler, void *opaque,
			   struct agent **ret_agent);

/* Whether it can be asked still; if not, whether the channel was closed or made no sense. */
enum agent_state { AGENT_OPEN, AGENT_ENDED, AGENT_BROKEN };
enum agent_state agent_state(struct agent *a);

/* As qmp_close(): a call under way fails. Nobody may begin another. NULL is allowed. */
void agent_close(struct agent *a);

/* Keep it from being freed, around agent_ask() by a thread that does not hold what keeps others
 * from closing it. */
void agent_hold(struct agent *a);
void agent_release(struct agent *a);

/* How long a question may take. */
struct agent_patience {
	int sync_ms, answer_ms;
	unsigned
		signs; /* of enum agent_sign: each is as good as an answer, and so is the agent's end */
};

/* Asks one question (stolen), after the agent has shown that it is there; one thread at a time.
 * *ret_answer is the whole answer ({"return": …} or {"error": …}), NULL after a sign. 0, or -1 with
 * the error set: AGENT_UNRESPONSIVE where there was none in time. */
int agent_ask(struct agent *a, json_t *request, const struct agent_patience *patience,
			  json_t **ret_answer);

/* Something has happened to the guest: whoever waits for that is done. */
void agent_see(struct agent *a, enum agent_sign sign);

/* What an answer to command says: 0 with a new reference to its value, or -1 with the error set. */
int agent_check(const char *command, json_t *answer, json_t **ret_value);

#endif
