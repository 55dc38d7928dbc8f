/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The way to the agent inside of a machine's guest. One operation at a time asks it, beside the
 * machine's jobs: a guest that never answers keeps nobody from anything else. Who has the turn
 * takes no job.
 *
 *     GUEST_TURN(vm, q, &args->dom);
 *     CLEANUP_JSON json_t *value = NULL;
 *
 *     if (!vm || guest_call(vm, "guest-get-time", NULL, &value) < 0)
 *         return -1;
 */
#ifndef DRIVERS_QEMU_GUEST_H
#define DRIVERS_QEMU_GUEST_H

#include "drivers/qemu/agent.h"
#include "drivers/qemu/qemu.h"

/* -- asking; with the lock, which those that wait release meanwhile -- */

/* 0, or -1 with the error set: it does not run, has no channel for an agent, or nobody is there. */
int guest_check(const struct vm *vm);

/* Waits for the turn, at most VM_JOB_WAIT_MS, and takes it with a reference, if guest_check()
 * agrees. 0, or -1 with the error set. owner is a constant. */
int guest_turn_begin(struct vm *vm, const char *owner);
void guest_turn_end(struct vm *vm);

/* The same of the machine that a caller means, for a scope; NULL with the error set. */
struct vm *guest_enter(struct qemu *q, const struct rvirt_wire_domain *dom, const char *owner);
void guest_leave(struct vm **vm);
#define GUEST_TURN(name, q, dom)                                                                   \
	__attribute__((cleanup(guest_leave))) struct vm *name = guest_enter(q, dom, __func__)

/* Makes a call; args (NULL: none) is stolen, ret_value may be NULL. 0, or -1 with the error set:
 * "unable to execute QEMU agent command 'X': why", AGENT_UNRESPONSIVE. */
int guest_call(struct vm *vm, const char *command, json_t *args, json_t **ret_value);

/* The same of a command that an agent may lack: 1 where it does. */
int guest_try(struct vm *vm, const char *command, json_t *args, json_t **ret_value);

/* The same of a command after which a guest shows a sign, and nothing answers. */
int guest_call_until(struct vm *vm, const char *command, json_t *args, int seconds, unsigned signs);

/* Asks whole questions (stolen), whose whole answer is checked; seconds are those of
 * DOMAIN_AGENT_SET_RESPONSE_TIMEOUT. */
int guest_exchange(struct vm *vm, json_t *request, int seconds, json_t **ret_answer);

/* Freezes the guest's file systems (all of them where n is 0), and thaws them: takes the turn
 * itself. *ret_n (NULL is allowed) is how many. 0, or -1 with the error set. */
int guest_freeze(struct vm *vm, char *const *mountpoints, size_t n, int *ret_n);
int guest_thaw(struct vm *vm, int *ret_n);

/* -- the channels -- */

/* A machine has just started: nobody in its guest has opened a channel. */
void guest_begin(struct vm *vm);

/* Asks QEMU which channels are open (they may have changed while nobody looked), and connects to
 * the agent where its own is. 0, or -1 with the error set. */
int guest_find(struct vm *vm);

/* Ends the connection; who asks fails. Releases the lock meanwhile. */
void guest_disconnect(struct vm *vm);

/* Whoever asks for that need not wait for an answer any more. */
void guest_see(struct vm *vm, enum agent_sign sign);

#endif
