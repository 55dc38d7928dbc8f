/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Packets of streams on their way to the client, in the order in which they were made.
 */
#include "config.h"
#include "daemon/streams-impl.h"

#include <stdlib.h>

struct packet *packet_new(struct client_stream *s, size_t room)
{
	struct packet *p = calloc(1, sizeof *p);
	size_t size = FRAME_HEADER_LEN + room + 1;

	if (p)
		p->bytes.data = malloc(size);
	if (!p || !p->bytes.data) {
		free(p);
		error_oom();
		return NULL;
	}
	p->bytes.size = size;
	p->stream = s;
	return p;
}

void packet_free(struct packet *p)
{
	buf_clear(&p->bytes);
	free(p);
}

void packet_free_all(struct packet *p)
{
	while (p) {
		struct packet *next = p->next;

		packet_free(p);
		p = next;
	}
}

void packet_append(struct client *c, struct packet *p)
{
	*c->streams.out_end = p;
	c->streams.out_end = &p->next;
	if (!p->counted)
		return;
	c->streams.n_out++;
	p->stream->n_out++;
}

static struct packet *take_first(struct streams *all)
{
	struct packet *p = all->out;

	all->out = p->next;
	if (!all->out)
		all->out_end = &all->out;
	if (p->counted)
		all->n_out--;
	if (p->counted && p->stream)
		p->stream->n_out--;
	return p;
}

void streams_drop_output(struct client_stream *s)
{
	struct streams *all = &s->client->streams;
	struct packet *rest = all->out;

	all->out = NULL;
	all->out_end = &all->out;
	all->n_out = 0;
	for (const struct client_stream *other = all->first; other; other = other->next)
		all->n_out += other->reserved;
	s->n_out = 0;
	for (bool first = true; rest; first = false) {
		struct packet *p = rest;

		rest = p->next;
		p->next = NULL;
		if (p->stream == s && !(first && all->begun)) {
			packet_free(p);
			continue;
		}
		if (p->stream == s)
			p->stream = NULL;
		*all->out_end = p;
		all->out_end = &p->next;
		all->n_out += p->counted;
	}
}

void streams_put_last(struct client_stream *s, bool ok)
{
	struct client *c = s->client;
	struct packet *last = packet_new(NULL, 0);
	struct frame_header h = s->header;
	int r = -1;

	for (struct packet *p = c->streams.out; p; p = p->next)
		if (p->stream == s)
			p->stream = NULL;
	h.status = FRAME_OK;
	if (last)
		r = ok ? frame_put_bytes(&last->bytes, &h, NULL, 0) : frame_put_error(&last->bytes, &h);
	if (r == 0) {
		packet_append(c, last);
		return;
	}
	if (last)
		packet_free(last);
	client_step(c, CLIENT_ENDED);
}

struct buf *streams_output(struct client *c)
{
	return c->streams.out ? &c->streams.out->bytes : NULL;
}

void streams_wrote(struct client *c, size_t n)
{
	struct streams *all = &c->streams;

	buf_consume(&all->out->bytes, n);
	all->begun = buf_len(&all->out->bytes) > 0;
	if (all->begun)
		return;
	packet_free(take_first(all));
	streams_go_all(c);
}
