/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Descriptors that go with a call or its answer. Only a unix socket can carry them.
 */
#ifndef RVIRT_FDS_H
#define RVIRT_FDS_H

enum { RVIRT_FDS_MAX = 32 }; /* with one message, as in libvirt */

/* Zeroed: none. Whose they are is said where one is passed. */
struct rvirt_fds {
	unsigned n;
	int fd[RVIRT_FDS_MAX];
};

#endif
