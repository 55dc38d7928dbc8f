/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the host's tools report as JSON.
 */
#ifndef DRIVERS_STORAGE_JSON_H
#define DRIVERS_STORAGE_JSON_H

#include "base/cleanup.h"

#include <jansson.h>
#include <stdint.h>

DEFINE_CLEANUP(json, json_t *, json_decref)

/* A text of an object, "" if it has none; and one that begins with a number. */
const char *json_text(const json_t *object, const char *name);
uint64_t json_amount(const json_t *object, const char *name);

#endif
