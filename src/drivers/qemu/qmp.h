/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * QEMU's machine protocol over a unix socket. One thread reads all the monitors of a loop; calls
 * are made from any other thread and wait for their answers with a deadline. It knows no command of
 * QEMU's but the one that begins the conversation.
 */
#ifndef DRIVERS_QEMU_QMP_H
#define DRIVERS_QEMU_QMP_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"

DEFINE_CLEANUP(json, json_t *, json_decref)
#define CLEANUP_JSON CLEANUP(cleanup_json)

enum { QMP_LINE_MAX = 32 << 20 }; /* a longer line of QEMU's ends the monitor */

/* The thread that reads. */
struct qmp_loop;

/* NULL with the error set. */
struct qmp_loop *qmp_loop_new(void);
/* NULL is allowed. All its monitors must be closed before. */
void qmp_loop_free(struct qmp_loop *loop);

/* Called from the loop's thread, one at a time, with no lock held; they must not make calls nor
 * wait for somebody who does, but may close the monitor. Any may be NULL. */
struct qmp_handler {
	/* data is borrowed, and NULL where the event has none; seconds and microseconds are QEMU's */
	void (*event)(void *opaque, const char *name, json_t *data, int64_t seconds,
				  int64_t microseconds);
	/* once, after the last event: the peer has closed the connection, or said what can't be read;
	 * calls under way fail with the same words */
	void (*closed)(void *opaque, const char *why);
};

/* A monitor. */
struct qmp;

/* Connects to the unix socket at path. The descriptor, or -1 with the error set. */
int qmp_connect(const char *path);

/* Takes the descriptor over (whatever comes of it) and begins the conversation: waits for the
 * greeting and leaves the mode of negotiation. handler is borrowed. Events may come before it
 * returns. 0, or -1 with the error set; nothing is called for that monitor then. */
int qmp_open(struct qmp_loop *loop, int fd, const struct qmp_handler *handler, void *opaque,
			 int timeout_ms, struct qmp **ret_qmp);

/* Ends the conversation. No handler runs for it any more when it returns, unless it is called from
 * one; calls under way fail. Nobody may begin another. NULL is allowed. */
void qmp_close(struct qmp *q);

/* QEMU's version: 7002022 is 7.2.22. */
int qmp_version(const struct qmp *q);

/* Makes a call; args (NULL: none) is stolen. ret_value may be NULL; it is never NULL itself on
 * success. 0, or -1 with the error set: INTERNAL_ERROR "unable to execute QEMU command 'X': why"
 * where QEMU refuses, OPERATION_TIMEOUT where it does not answer in time. */
int qmp_call(struct qmp *q, const char *command, json_t *args, int timeout_ms, json_t **ret_value);

/* The same, and hands a copy of fd to QEMU with the message (for getfd, add-fd …). */
int qmp_call_fd(struct qmp *q, const char *command, json_t *args, int fd, int timeout_ms,
				json_t **ret_value);

/* Sends a whole request (stolen), which may have an "id" of its own, and gives the whole answer:
 * {"return": …} or {"error": {"class": …, "desc": …}} with the same id. fd is -1 or a descriptor to
 * hand over. */
int qmp_exchange(struct qmp *q, json_t *request, int fd, int timeout_ms, json_t **ret_answer);

/* What an answer to command says: 0 with a new reference to its value, or -1 with the error set. */
int qmp_check(const char *command, json_t *answer, json_t **ret_value);

/* The class of the error in an answer ("DeviceNotFound"), or NULL. Borrowed. */
const char *qmp_error_class(json_t *answer);

/* {"execute": command, "arguments": args}; args is stolen and may be NULL. NULL with NO_MEMORY. */
json_t *qmp_request(const char *command, json_t *args);

/* Members of an object, which may be NULL: the value where it is there and of that type, else
 * missing. QEMU's unsigned numbers beyond 2^63 lose their last digits. */
const char *qmp_text(const json_t *object, const char *key);
long long qmp_int(const json_t *object, const char *key, long long missing);
unsigned long long qmp_ull(const json_t *object, const char *key, unsigned long long missing);
bool qmp_bool(const json_t *object, const char *key, bool missing);

#endif
