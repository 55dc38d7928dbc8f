/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What this driver, or this binary of QEMU, can't do is refused by the name of its element before
 * anything is defined: nothing is dropped.
 */
#include "config.h"

#include "drivers/qemu/define-impl.h"

int check_domain(const struct defining *d)
{
	static const char *const none[] = {"lease", "nvram", "shmem", "iommu"};

	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
		if (node_child(d->devices, none[i]))
			return refuse("<%s> is not supported by this driver", none[i]);
	return 0;
}
