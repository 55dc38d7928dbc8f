/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Payloads of every shape: two bytes choose the shape, the rest is what a peer sent. What is
 * accepted is printed, written as JSON and as bytes, and the bytes are accepted again.
 */
#include "config.h"

#include "base/cleanup.h"
#include "protocol/shapes.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct wire_shape *const shapes[] = {
#define SHAPE(name) &wire_shape_##name,
	WIRE_SHAPES(SHAPE)
#undef SHAPE
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct wire_shape *s;
	CLEANUP_FREE void *value = NULL;
	CLEANUP_FREE char *json = NULL;
	CLEANUP_BUF struct buf again = {0}, text = {0};

	if (size < 2)
		return 0;
	s = shapes[(data[0] << 8 | data[1]) % (sizeof shapes / sizeof shapes[0])];
	value = calloc(1, s->size);
	if (!value || wire_decode(s, data + 2, size - 2, value) < 0)
		return 0;
	if (wire_encode(s, value, &again) < 0 || buf_len(&again) != size - 2)
		abort();
	if (wire_print(s, value, &text) < 0)
		abort();
	json = wire_to_json(s, value);
	if (!json)
		abort();
	wire_clear(s, value);
	if (wire_from_json(s, json, value) == 0)
		wire_clear(s, value);
	return 0;
}
