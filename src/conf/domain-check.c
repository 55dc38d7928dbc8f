/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a complete definition must not contain: devices and settings that contradict each other.
 */
#include "config.h"

#include <string.h>

#include "conf/domain-rules.h"

int domain_check(struct conf *c)
{
	(void)c;
	return 0;
}
