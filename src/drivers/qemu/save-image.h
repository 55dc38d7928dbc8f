/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files with the memory of a machine: a header, its definition, and what QEMU writes of its state.
 * The format is that of libvirt's QEMU driver (src/qemu/qemu_saveimage.h), so that either daemon
 * goes on with what the other one saved.
 */
#ifndef DRIVERS_QEMU_SAVE_IMAGE_H
#define DRIVERS_QEMU_SAVE_IMAGE_H

#include <stdbool.h>

/* Makes the file at path, which is not one before save_image_finish(), with the definition. The
 * descriptor, behind what was written, or -1 with the error set and no file. */
int save_image_create(const char *path, const char *xml, bool running);

/* It is complete, and on the disk. 0 or -1. */
int save_image_finish(int fd, const char *path);

/* Opens one: *ret_fd stands where QEMU's part begins (NULL: nobody wants it), *ret_xml belongs to
 * the caller, *ret_running says whether the guest is to run. 0, or -1 with the error set. */
int save_image_open(const char *path, int *ret_fd, char **ret_xml, bool *ret_running);

/* Puts another definition in the place of the one that is there; running: 1 or 0, or -1 to leave
 * it. 0, or -1 with the error set, the file unchanged. */
int save_image_change(const char *path, const char *xml, int running);

#endif
