/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Asking a QEMU binary what it can do. Private to caps*.c and tests.
 */
#ifndef DRIVERS_QEMU_CAPS_PROBE_H
#define DRIVERS_QEMU_CAPS_PROBE_H

#include <jansson.h>
#include <stdbool.h>

struct qmp_loop;

/* Starts the binary and asks it: a document that qemu_caps_from_json() reads. 0, or -1 with the
 * error set, which has what the binary said on its stderr. */
int caps_probe(struct qmp_loop *loop, const char *path, json_t **ret_document);

/* Whether a guest runs with KVM: a few instructions of one are tried, for a bounded time. */
bool caps_try_kvm(const char *path);

#endif
