/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A byte buffer that grows at the end and is consumed at the front. Text built with buf_printf() is
 * always followed by a NUL that does not count.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

struct buf {
	unsigned char *data; /* the allocation; the content is data[start … end) */
	size_t start, end, size;
};

static inline size_t buf_len(const struct buf *b)
{
	return b->end - b->start;
}

static inline unsigned char *buf_at(const struct buf *b)
{
	return b->data ? b->data + b->start : NULL; /* adding even 0 to NULL is undefined */
}

/* Makes room for n more bytes at the end (and a NUL after them); the pointer to them, or NULL with
 * NO_MEMORY set. Earlier pointers into the buffer are void. */
unsigned char *buf_reserve(struct buf *b, size_t n);

/* Counts n bytes, written into what buf_reserve() gave, as content. */
static inline void buf_grow(struct buf *b, size_t n)
{
	b->end += n;
}

/* Drops n bytes from the front. */
void buf_consume(struct buf *b, size_t n);

int buf_add(struct buf *b, const void *data, size_t n);
int buf_puts(struct buf *b, const char *text);
int buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int buf_vprintf(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

/* The content as text, owned by the caller; the buffer is empty afterwards. NULL with NO_MEMORY. */
char *buf_steal_text(struct buf *b);

/* Frees the memory; the buffer may be used again. */
void buf_clear(struct buf *b);

#define CLEANUP_BUF __attribute__((cleanup(buf_clear)))

#endif
