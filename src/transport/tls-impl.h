/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the TLS channel's files share. The lock is held in all of them.
 */
#ifndef TRANSPORT_TLS_IMPL_H
#define TRANSPORT_TLS_IMPL_H

#include "base/buf.h"
#include "transport/tls-channel.h"

#include <pthread.h>

enum stage { STAGE_HANDSHAKE, STAGE_CONFIRM, STAGE_OPEN };

struct tls_channel {
	struct channel head;
	struct channel *below;
	struct tls_context *ctx;
	gnutls_session_t session;
	char *host;
	pthread_mutex_t lock; /* one thread may read while another writes */
	enum stage stage;
	bool failed, ended; /* nothing more is sealed */
	int fatal;          /* GnuTLS's first fatal error */
	gnutls_alert_description_t alert;
	struct tls_cutter cutter;

	struct buf out; /* sealed, and not taken by below */
	size_t owed;    /* plain bytes in out that the writer has not been told of */

	struct buf in;     /* read ahead */
	size_t room, need; /* of the reader; it is read ahead while there is as much room as needed */
	bool drained;      /* below has no more now */
	bool below_failed; /* and the thread's error says how */
};

/* tls-channel.c */

/* Before GnuTLS is asked for n plain bytes, and after. */
void tls_begin_reading(struct tls_channel *tc, size_t n);
void tls_end_reading(struct tls_channel *tc);

/* Writes what is sealed: 0 when all is out, CHANNEL_AGAIN or CHANNEL_FAILED. */
int tls_flush(struct tls_channel *tc);

/* tls-start.c */

/* channel_ops.start. */
int tls_start_locked(struct tls_channel *tc);

/* GnuTLS's hook within the handshake. */
int tls_verify_peer(gnutls_session_t session);

/* The name of the alert that the peer has sent. */
const char *tls_alert_words(struct tls_channel *tc);

#endif
