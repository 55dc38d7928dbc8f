/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * UEFI by the descriptors that firmware packages install (QEMU's docs/interop/firmware.json).
 */
#ifndef DRIVERS_QEMU_FIRMWARE_H
#define DRIVERS_QEMU_FIRMWARE_H

#include <jansson.h>
#include <stdbool.h>

#include "conf/domain.h"

/* The paths of the images for a machine, in the order of preference: a new array, or NULL. */
json_t *firmware_images(const char *arch, const char *machine);

/* Gives a domain with <os firmware='efi'> the loader and the template of variables that fit, where
 * it names none; nvram_dir is where its variables will be, without a name. 0, or -1 with the error
 * set: none fits. */
int firmware_choose(struct domain_def *live, const char *nvram_dir);

/* Makes the file of variables from its template, if it is not there; with that owner where uid is
 * not -1. 0, or -1 with the error set. */
int firmware_make_nvram(const struct domain_def *live, int uid, int gid);

#endif
