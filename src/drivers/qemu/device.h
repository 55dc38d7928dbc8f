/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Questions about the elements of a domain's document that several files of this driver ask.
 */
#ifndef DRIVERS_QEMU_DEVICE_H
#define DRIVERS_QEMU_DEVICE_H

#include <stdbool.h>
#include <string.h>

#include "conf/tree.h"

/* The boards of a PC. */
enum qemu_board { BOARD_OTHER, BOARD_I440FX, BOARD_Q35, BOARD_ISA, BOARD_MICROVM };

enum qemu_board qemu_board_of(const struct node *domain);

/* The attribute is there and has that value. */
static inline bool is(const struct node *n, const char *name, const char *value)
{
	return node_attr_is(n, name, value);
}

static inline bool text_is(const char *a, const char *b)
{
	return a && strcmp(a, b) == 0;
}

static inline bool starts(const char *text, const char *prefix)
{
	return text && strncmp(text, prefix, strlen(prefix)) == 0;
}

/* An attribute of a child ("target", "bus"), or NULL. */
static inline const char *child_attr(const struct node *n, const char *child, const char *name)
{
	return node_attr(node_child(n, child), name);
}

static inline bool child_is(const struct node *n, const char *child, const char *name,
							const char *value)
{
	return is(node_child(n, child), name, value);
}

/* The text of a child, or NULL. */
static inline const char *child_text(const struct node *n, const char *child)
{
	const struct node *c = node_child(n, child);

	return c ? c->text : NULL;
}

static inline bool is_called(const struct node *n, const char *element)
{
	return strcmp(node_name(n), element) == 0;
}

/* "virtio-transitional" among the models. */
static inline bool is_transitional(const char *model)
{
	return text_is(model, "virtio-transitional");
}

static inline bool is_virtio(const char *model)
{
	return text_is(model, "virtio") || is_transitional(model) ||
		   text_is(model, "virtio-non-transitional");
}

/* Whether a device has an address of that type. */
static inline bool has_address(const struct node *device, const char *type)
{
	return child_is(device, "address", "type", type);
}

/* The controller of that type and number, or NULL. */
struct node *qemu_controller(const struct node *devices, const char *type, long long index);

#endif
