/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Questions about the elements of a domain's document.
 */
#include "config.h"
#include "drivers/qemu/device.h"

enum qemu_board qemu_board_of(const struct node *domain)
{
	const char *machine = child_attr(domain, "os/type", "machine");

	if (text_is(machine, "q35") || starts(machine, "pc-q35"))
		return BOARD_Q35;
	if (text_is(machine, "isapc"))
		return BOARD_ISA;
	if (text_is(machine, "microvm"))
		return BOARD_MICROVM;
	if (text_is(machine, "pc") || starts(machine, "pc-"))
		return BOARD_I440FX;
	return BOARD_OTHER;
}

struct node *qemu_controller(const struct node *devices, const char *type, long long index)
{
	NODE_EACH(n, devices, "controller")
	{
		if (is(n, "type", type) && node_attr_num(n, "index", -1) == index)
			return n;
	}
	return NULL;
}
