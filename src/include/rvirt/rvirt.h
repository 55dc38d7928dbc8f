/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * librvirt: manage virtual machines on this and other hosts.
 *
 * A program opens a connection by URI and works on handles. Every procedure of the protocol has a
 * typed call in <rvirt/calls.h>; the common ones have a convenient function here and
 * in <rvirt/domain.h>.
 *
 * Functions return 0 or a handle on success and -1 or NULL on failure, rvirt_last_error() telling
 * why. Texts and arrays that are returned belong to the caller and are freed with free(); a text
 * passed in is borrowed. Out-parameters (ret_…) are untouched on failure. Memory sizes are in KiB
 * (1024 bytes), times in nanoseconds, where not said otherwise.
 *
 * Threads may share a connection and its handles; calls of several threads are in flight together.
 * A connection must not be closed while another thread uses it. A process that forks must not use
 * the connection in the child.
 */
#ifndef RVIRT_RVIRT_H
#define RVIRT_RVIRT_H

#include <rvirt/calls.h>
#include <rvirt/constants.h>
#include <rvirt/errors.h>
#include <rvirt/protocol.h>

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* -- errors -- */

/* The last error of the calling thread. code and domain are the numbers of <rvirt/errors.h>,
 * which are libvirt's; code 0: no error. Valid until the thread's next call. */
struct rvirt_error {
	int code;            /* RVIRT_ERR_… */
	int domain;          /* RVIRT_FROM_… */
	const char *message; /* one text for people, without "error:" */
};
struct rvirt_error rvirt_last_error(void);

/* -- connections -- */

struct rvirt_conn;

enum rvirt_open_flag { RVIRT_OPEN_READONLY = 1, RVIRT_OPEN_NO_ALIASES = 2 };

/* What the program's user is asked for; the numbers are libvirt's. */
enum rvirt_credential_type {
	RVIRT_CREDENTIAL_PASSPHRASE = 5,   /* a password, or the passphrase of a key */
	RVIRT_CREDENTIAL_ECHOPROMPT = 6,   /* any text, shown while it is typed */
	RVIRT_CREDENTIAL_NOECHOPROMPT = 7, /* any text, not shown */
};

struct rvirt_credential {
	int type;           /* of enum rvirt_credential_type */
	const char *prompt; /* whole, as to be shown */
	char *result;       /* to be set to an allocated text, which the library overwrites and frees */
};

/* Fills in the result of each credential. 0, or -1 if the user does not answer. Runs in the thread
 * that opens; the time that it takes does not count as part of connect_timeout. */
typedef int (*rvirt_auth_fn)(struct rvirt_credential *credentials, size_t n, void *opaque);

/* A function for programs at a terminal: asks there, or has the program $SSH_ASKPASS ask where ssh
 * would ($SSH_ASKPASS_REQUIRE, $DISPLAY). */
int rvirt_auth_terminal(struct rvirt_credential *credentials, size_t n, void *opaque);

/* Times are in seconds. */
struct rvirt_open_options {
	unsigned flags;         /* of enum rvirt_open_flag */
	int connect_timeout;    /* for the whole opening; 0: 30, negative: no limit */
	int call_timeout;       /* for each call; 0 or negative: no limit */
	int keepalive_interval; /* silence before a ping; 0: 5, negative: no pings */
	int keepalive_count;    /* unanswered pings that break the connection; 0: 5 */
	rvirt_auth_fn auth;     /* asks for what is missing; NULL: nobody is asked */
	void *auth_opaque;      /* handed to it */
};

/* A call that is not answered within call_timeout fails with code 68 (OPERATION_TIMEOUT); the
 * connection goes on, and the late answer is dropped. When a connection breaks, every call fails
 * for the same cause.
 *
 * Pings are sent while a thread waits for an answer (or by rvirt_conn_dispatch()). After the first
 * one the daemon pings too, and gives up a client that does not answer: a program that pauses for
 * long after a call that took longer than keepalive_interval dispatches now and then, or asks for
 * no pings. */

/* Opens uri: driver[+transport]://[user@]host[:port]/[path][?params], or a local driver's URI such
 * as "test:///default". NULL: the environment's (RVIRT_DEFAULT_URI, LIBVIRT_DEFAULT_URI) or the
 * config file's default. options may be NULL. Release with rvirt_close(). */
struct rvirt_conn *rvirt_open(const char *uri, const struct rvirt_open_options *options);

/* Closes politely and releases everything. NULL is allowed. */
void rvirt_close(struct rvirt_conn *conn);

/* The URI as seen by this client, transport and host included, as virsh's `uri` prints it. Where
 * neither the program nor its configuration named one, the daemon is asked what it has opened. */
char *rvirt_conn_uri(struct rvirt_conn *conn);

/* 1 while the connection works, 0 once it is broken. */
int rvirt_conn_is_alive(struct rvirt_conn *conn);

/* 1 if nobody between can read what is sent (this process, unix, tls, ssh), 0 if that is not known
 * (tcp, ext, tls with no_verify=1). */
int rvirt_conn_is_secure(struct rvirt_conn *conn);

/* How the peer was reached, one line for people. Valid as long as the connection. */
const char *rvirt_conn_how(struct rvirt_conn *conn);

/* The descriptor and poll(2) events to wait for in a program's own event loop; -1 for a local
 * driver. Call rvirt_conn_dispatch() when it is ready: it sends what is held back, reads what has
 * come, and pings if it is time, without blocking. */
int rvirt_conn_poll_fd(struct rvirt_conn *conn, short *ret_events);
int rvirt_conn_dispatch(struct rvirt_conn *conn);

/* fn is called for each event that the daemon sends: its procedure (RVIRT_PROC_…_EVENT_…) and its
 * message (of the event's rvirt_wire_…_msg, borrowed). Which events it sends is asked for by the
 * procedures CONNECT_…_REGISTER_ANY. fn runs in a thread that waits for a call or dispatches,
 * before its call returns, and may make calls itself. NULL: events are dropped. A local driver
 * gives none. */
typedef void (*rvirt_event_fn)(int procedure, const void *msg, void *opaque);
void rvirt_conn_set_event_handler(struct rvirt_conn *conn, rvirt_event_fn fn, void *opaque);

/* Any procedure by its name ("DOMAIN_GET_INFO") with arguments and results as JSON text; what a
 * call of <rvirt/calls.h> would do. json NULL: "{}". */
char *rvirt_call_json(struct rvirt_conn *conn, const char *procedure, const char *json);

/* The names of all procedures, NULL-terminated; owned by the library. */
const char *const *rvirt_procedure_names(void);

/* An example of a procedure's arguments as JSON: zeros, empty texts, one item in each list, null
 * for what may be left out. NULL if there is no such procedure. Freed with free(). */
char *rvirt_procedure_template(const char *procedure);

/* Releases what a filled-in result of <rvirt/calls.h> holds, found by the procedure, and zeroes it.
 */
void rvirt_wire_clear(enum rvirt_proc procedure, void *ret);

/* How a URI is read, a line a part (scheme= driver= transport= user= server= port= path= query=
 * fragment= param=NAME=VALUE name= out=), absent parts left out. */
char *rvirt_uri_describe(const char *uri);

/* Library version, major * 1000000 + minor * 1000 + micro. */
unsigned long rvirt_version(void);

/* -- pipelined calls --
 * A call may be sent without waiting for it; several are then in flight together and cost one round
 * trip. struct rvirt_call *a = rvirt_call_send(conn, RVIRT_PROC_DOMAIN_GET_INFO, &args); …
 * rvirt_call_wait(a, &ret); Calls that are sent in a row leave together: at the latest when a
 * thread waits for any call of the connection, dispatches or flushes, or when 16 KiB have gathered.
 * A local driver makes the call at once.
 */
struct rvirt_call;
struct rvirt_call *rvirt_call_send(struct rvirt_conn *conn, enum rvirt_proc procedure,
								   const void *args);

/* Waits for the answer and releases the call. ret (NULL where the procedure returns nothing, or to
 * drop the result) is filled in on success. Every call is waited for once, by any thread; also
 * after rvirt_close(), when it fails if the answer had not come. */
int rvirt_call_wait(struct rvirt_call *call, void *ret);

/* Sends what is held back, without waiting for answers. */
int rvirt_conn_flush(struct rvirt_conn *conn);

#ifdef __cplusplus
}
#endif

#include <rvirt/domain.h>
#include <rvirt/migrate.h>
#include <rvirt/stream.h>

#endif
