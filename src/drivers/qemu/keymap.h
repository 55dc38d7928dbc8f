/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Keys by the numbers of several keyboards.
 */
#ifndef DRIVERS_QEMU_KEYMAP_H
#define DRIVERS_QEMU_KEYMAP_H

/* QEMU's number of a key that has this code in a code set (enum rvirt_keycode_set), or -1 where it
 * has none. */
int keymap_qnum(int codeset, unsigned code);

#endif
