/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Programs beside a guest's QEMU: its TPM (swtpm), folders of the host that it sees (virtiofsd).
 * Each inherits a socket that listens already, QEMU connects to it, and the program ends with that
 * connection: so it outlives the daemon as QEMU does. Nothing here wants the lock.
 */
#ifndef DRIVERS_QEMU_HELPER_H
#define DRIVERS_QEMU_HELPER_H

#include "base/buf.h"
#include "drivers/qemu/qemu.h"

/* One that was started. */
struct helper {
	struct helper *next;
	pid_t pid;
	unsigned long long start_time;
	int pidfd; /* or -1 */
};

/* What one is started with. */
struct helper_spec {
	char *const *argv; /* argv[0] is a path */
	int socket_fd;     /* that it inherits */
	int log_fd, cgroup_fd;
	bool as_root; /* not as the guest's user */
};

/* A socket that listens, to which the guest's user may connect. -1 with the error set. */
int helper_listen(const struct qemu *q, const char *path);

/* Starts one and adds it to the list. 0 or -1. */
int helper_start(const struct qemu *q, const struct helper_spec *spec, struct helper **list);

/* Starts all that a prepared definition needs; incoming: what they keep comes with the guest.
 * *ret_list gets what was started, also where it fails. 0, or -1 with the error set. */
int helpers_start(const struct vm *vm, const struct domain_def *def, bool incoming, int log_fd,
				  int cgroup_fd, struct helper **ret_list);

/* Waits until they have ended, as they do when QEMU has, and makes them. Frees the list. Keeps the
 * thread's error. */
void helpers_end(struct helper **list);

/* Frees the list alone: they go on. */
void helpers_forget(struct helper **list);

/* The list as elements of the state's document, and back. */
int helpers_write(const struct helper *list, struct buf *b);
int helpers_read(const xmlNode *state, struct helper **ret_list);

/* -- tpm.c -- */

/* Starts a TPM's program, which makes the TPM first if it is new and does not come in. 0 or -1. */
int tpm_start(const struct vm *vm, const struct node *tpm, bool incoming, struct helper_spec *spec,
			  struct helper **list);

/* Removes what the TPM of a machine that is no more defined, or has ended and was never, has kept;
 * flags: RVIRT_DOMAIN_UNDEFINE_TPM, …_KEEP_TPM. */
void tpm_forget(const struct qemu *q, const struct domain_def *def, unsigned flags);

/* -- virtiofs.c -- */

int virtiofs_start(const struct vm *vm, const struct node *filesystem, struct helper_spec *spec,
				   struct helper **list);

#endif
