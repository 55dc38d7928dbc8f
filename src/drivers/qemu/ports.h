/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * TCP ports for graphics that ask for any: which of them this driver's domains have.
 */
#ifndef DRIVERS_QEMU_PORTS_H
#define DRIVERS_QEMU_PORTS_H

enum { QEMU_PORT_FIRST = 5900, QEMU_PORT_LAST = 65535, QEMU_WEBSOCKET_FIRST = 5700 };

struct qemu_ports;

/* NULL with NO_MEMORY. */
struct qemu_ports *qemu_ports_new(void);
void qemu_ports_free(struct qemu_ports *ports);

/* The lowest port from first on that no domain has and nobody listens on, which is taken; -1 with
 * the error set. */
int qemu_ports_take(struct qemu_ports *ports, int first);
/* Takes that port: of a domain that runs already. */
void qemu_ports_mark(struct qemu_ports *ports, int port);
/* Gives one back; a number that is no port is ignored. */
void qemu_ports_give_back(struct qemu_ports *ports, int port);

#endif
