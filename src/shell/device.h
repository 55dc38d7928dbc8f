/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the commands share that change the devices of a domain.
 */
#ifndef SHELL_DEVICE_H
#define SHELL_DEVICE_H

#include "domain.h"

enum device_act { ATTACH, DETACH, UPDATE };

#define ARG_PERSISTENT                                                                             \
	{                                                                                              \
		"persistent", ARG_BOOL, "from now on, also after the next boot"                            \
	}

/* --persistent, --config, --live and --current as flags. 0, or -1 with the error reported. */
int device_affect(struct shell *sh, const struct invocation *in, unsigned *ret_flags);

/* Makes the call that the flags ask for: the older one where there are none. 0, or -1 with the
 * library's error set. */
int device_change(struct shell *sh, const struct invocation *in,
				  const struct rvirt_wire_domain *dom, enum device_act act, const char *xml,
				  unsigned flags);

#endif
