/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * TLS over another channel. It carries the protocol's messages, of which no two share a record: it
 * finds their lengths itself, however they are written.
 */
#ifndef TRANSPORT_TLS_CHANNEL_H
#define TRANSPORT_TLS_CHANNEL_H

#include "transport/channel.h"
#include "transport/tls-context.h"

#include <stdint.h>

/* Wraps below, which it owns from now on; ctx is shared. The channel is ready once
 * channel_start() says so: then the handshake is done, both sides have their checks behind them,
 * and the client has seen the daemon's word for that. host: whom a server has to be; NULL on the
 * server. NULL with the error set; below is then still the caller's. */
struct channel *tls_channel_new(struct channel *below, struct tls_context *ctx, const char *host);

/* Where a message ends in bytes that come in pieces: a length, big endian, that counts itself, then
 * the rest. Zero at the start. */
struct tls_cutter {
	unsigned n_word; /* bytes of the length that are known */
	uint32_t word;
	size_t left; /* of the message, after its length */
};

/* How many of n bytes (at least one) still belong to the same message. */
size_t tls_cut(struct tls_cutter *c, const unsigned char *data, size_t n);

#endif
