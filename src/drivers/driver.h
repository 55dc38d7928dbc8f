/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a driver is: a name, the URIs that it serves, and a struct of typed operations made from
 * ops.def. An operation that is NULL is not supported. To add a procedure to a driver: one function
 * in the driver's folder and its place in the driver's ops; nothing else changes.
 */
#ifndef DRIVERS_DRIVER_H
#define DRIVERS_DRIVER_H

#include "drivers/driver-ops.h"
#include "drivers/stream.h"
#include "protocol/ops.h"

#include <rvirt/rvirt.h>
#include <stdbool.h>

struct uri;
struct driver;

/* The open flags of CONNECT_OPEN. */
enum { DRIVER_OPEN_READONLY = 1, DRIVER_OPEN_NO_ALIASES = 2 };

/* Where a driver's events go: each event procedure of events.def with its message (borrowed;
 * callback ids in it are 0, the owner of the connection fills them in). Called from any thread,
 * with no lock of the driver held that an operation takes. */
struct driver_sink {
	void (*event)(struct driver_sink *sink, int procedure, const void *msg);
};

/* The functions of the public API by which a driver is a client of another host's daemon, where the
 * process is linked with it. */
struct driver_peers {
	__typeof__(rvirt_open) *open;
	__typeof__(rvirt_close) *close;
	__typeof__(rvirt_call_send) *send;
	__typeof__(rvirt_call_wait) *wait;
	__typeof__(rvirt_stream_open) *stream_open;
	__typeof__(rvirt_stream_send) *stream_send;
	__typeof__(rvirt_stream_finish) *stream_finish;
	__typeof__(rvirt_stream_free) *stream_free;
};

/* The drivers of a process with what they share between connections. Made once, at start. */
struct driver_host;

struct driver_host_options {
	bool test_state_daemon; /* the test driver keeps test:///default for the life of the host */
	bool daemon;            /* this process is the one that looks after the host */
	const char *qemu_user, *qemu_group; /* that machines run as; NULL: chosen by the driver */
	const char *state_dir; /* where drivers keep what they keep (place.h); NULL: the usual places */
	const char *migrate_tls_dir; /* certificates of migrations; NULL: the usual place */
	bool migrate_tls_any;        /* whoever comes is let in without one */
	const char *host_uuid;       /* by which hosts tell each other apart; NULL: the machine's own */
	const struct driver_peers *peers; /* NULL: none */
};

/* NULL with the error set. */
struct driver_host *driver_host_new(const struct driver_host_options *options);

/* NULL is allowed. All connections must be closed before. */
void driver_host_free(struct driver_host *host);

/* Whether any of its drivers is_busy(). */
bool driver_host_is_busy(const struct driver_host *host);

/* A connection to a driver; a driver's own struct begins with it. */
struct driver_conn {
	const struct driver *driver;
	struct driver_conn *secondary; /* that serves what this one lacks, and so on; or NULL */
	struct driver_sink *sink;      /* NULL: nobody wants events */
	bool readonly;
};

struct driver {
	const char *name; /* as CONNECT_GET_TYPE and error texts have it in lower case: "test" */

	/* true: no operation waits for a guest, a disk or a peer, so that an event loop may run all of
	 * them */
	bool never_blocks;

	/* the exceptions: calls that read or write files, or have so much to do that others should not
	 * wait for it; NULL: none. Arguments of more than a page are an exception anyway. */
	bool (*waits)(const struct wire_op *op, const void *args);

	/* its objects are the host's: only the daemon has them */
	bool daemon_only;

	/* connections to the first kind serve what the second kind serves under the same path too: a
	 * hypervisor's, the host's networks and storage */
	bool wants_secondaries, secondary;

	/* Whether a URI (without transport and host) is this driver's. */
	bool (*claims)(const struct uri *uri);

	/* Whether opening this URI waits for nothing either, not even a file; NULL: it may wait. */
	bool (*opens_at_once)(const struct uri *uri);

	/* What the driver shares between connections; state_new may be NULL. The drivers that stand
	 * before it in the list can be opened with the host from then on, until state_free(). */
	void *(*state_new)(struct driver_host *host, const struct driver_host_options *options);
	void (*state_free)(void *state);

	/* Whether it looks after something that runs, so that a daemon that nobody uses goes on; NULL:
	 * never. Called from any thread, and waits for nothing. */
	bool (*is_busy)(void *state);

	/* Opens a connection whose events go to sink from the first on; driver, secondary and readonly
	 * of *ret_conn are filled in by the caller, sink by the driver. 0, or -1. */
	int (*open)(void *state, const struct uri *uri, struct driver_sink *sink,
				struct driver_conn **ret_conn);
	void (*close)(struct driver_conn *conn);

	struct driver_ops ops;
};

/* Opens name ("" or NULL: the first driver that offers a default) with the driver that claims it.
 * sink may be NULL. NULL with the error set: NO_CONNECT where no driver claims the name. */
struct driver_conn *driver_open(struct driver_host *host, const char *name, unsigned flags,
								struct driver_sink *sink);

/* Whether driver_open() of this name waits for nothing, so that an event loop may call it. */
bool driver_opens_at_once(const char *name);

/* The name that "" and NULL stand for. */
const char *driver_default_name(void);

/* NULL is allowed. */
void driver_close(struct driver_conn *conn);

/* Makes one call. args is of op->args, ret (zeroed) of op->ret. 0, or -1 with the error set and ret
 * zeroed again: NO_SUPPORT, "this function is not supported by the connection driver: NAME:
 * PROCEDURE", where the driver lacks it, in the domain of the kind of object that it is about. */
int driver_call(struct driver_conn *conn, const struct wire_op *op, const void *args, void *ret);

/* The same of a procedure that opens a stream (WIRE_OP_STREAM), which is the caller's to close
 * before the connection. */
int driver_open_stream(struct driver_conn *conn, const struct wire_op *op, const void *args,
					   void *ret, struct driver_stream **ret_stream);

/* The same of a procedure that takes or gives descriptors (WIRE_OP_FDS): fds are borrowed, those of
 * *ret_fds (empty before) are the caller's. */
int driver_call_fds(struct driver_conn *conn, const struct wire_op *op, const void *args, void *ret,
					const struct rvirt_fds *fds, struct rvirt_fds *ret_fds);

/* Whether the driver has the operation; whether a connection does, be it by a secondary. */
bool driver_has(const struct driver *driver, const struct wire_op *op);
bool driver_supports(struct driver_conn *conn, const struct wire_op *op);

/* The drivers of this build, NULL-terminated; for the table of what is supported. */
const struct driver *const *driver_list(void);

/* What driver-invoke.c (made) gives to driver.c: by procedure, whether a driver has it, and the
 * call. */
struct driver_invoker {
	bool (*has)(const struct driver_ops *ops); /* NULL in a row that is no driver's procedure */
	int (*invoke)(struct driver_conn *conn, const void *args, void *ret,
				  struct driver_stream **ret_stream, const struct rvirt_fds *fds,
				  struct rvirt_fds *ret_fds);
};
extern const struct driver_invoker driver_invokers[];
extern const int driver_n_invokers;

#endif
