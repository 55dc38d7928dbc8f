/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The growing byte buffer. Doubles its allocation, so that n appends cost O(n).
 */
#include "config.h"
#include "base/buf.h"

#include "base/error.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

unsigned char *buf_reserve(struct buf *b, size_t n)
{
	size_t len = buf_len(b), want, size;
	unsigned char *data;

	if (n < b->size - b->end)
		return b->data + b->end;
	if (n > SIZE_MAX / 4 - len) {
		error_oom();
		return NULL;
	}
	if (b->start > 0) {
		memmove(b->data, b->data + b->start, len);
		b->start = 0;
		b->end = len;
		if (n < b->size - b->end)
			return b->data + b->end;
	}
	want = len + n + 1;
	size = b->size ? b->size : 64;
	while (size < want)
		size *= 2;
	data = realloc(b->data, size);
	if (!data) {
		error_oom();
		return NULL;
	}
	b->data = data;
	b->size = size;
	return data + b->end;
}

void buf_consume(struct buf *b, size_t n)
{
	b->start += n;
	if (b->start == b->end)
		b->start = b->end = 0;
}

int buf_add(struct buf *b, const void *data, size_t n)
{
	unsigned char *at = buf_reserve(b, n);

	if (!at)
		return -1;
	if (n)
		memcpy(at, data, n);
	at[n] = 0;
	b->end += n;
	return 0;
}

int buf_puts(struct buf *b, const char *text)
{
	return buf_add(b, text, strlen(text));
}

int buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	unsigned char *at = buf_reserve(b, 80);
	int n;

	if (!at)
		return -1;
	va_copy(again, ap);
	n = vsnprintf((char *)at, b->size - b->end, fmt, again);
	va_end(again);
	if (n < 0)
		return error_set(FROM_NONE, ERR_INTERNAL_ERROR, "cannot format text");
	if ((size_t)n >= b->size - b->end) {
		at = buf_reserve(b, (size_t)n);
		if (!at)
			return -1;
		vsnprintf((char *)at, (size_t)n + 1, fmt, ap);
	}
	b->end += (size_t)n;
	return 0;
}

int buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = buf_vprintf(b, fmt, ap);
	va_end(ap);
	return r;
}

char *buf_steal_text(struct buf *b)
{
	char *text;

	if (!buf_reserve(b, 1))
		return NULL;
	memmove(b->data, b->data + b->start, buf_len(b));
	b->data[buf_len(b)] = 0;
	text = (char *)b->data;
	*b = (struct buf){0};
	return text;
}

void buf_clear(struct buf *b)
{
	free(b->data);
	*b = (struct buf){0};
}
