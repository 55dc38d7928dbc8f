/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The thread's error and the version, as the public API gives them.
 */
#include "config.h"

#include "base/error.h"

#include <rvirt/rvirt.h>
#include <stdio.h>

struct rvirt_error rvirt_last_error(void)
{
	const struct error *e = error_last();

	return (struct rvirt_error){
		.code = e->code,
		.domain = e->domain,
		.message = e->message ? e->message
				   : e->code  ? "unknown error"
							  : "no error",
	};
}

unsigned long rvirt_version(void)
{
	unsigned major = 0, minor = 0, micro = 0;

	sscanf(PACKAGE_VERSION, "%u.%u.%u", &major, &minor, &micro);
	return major * 1000000UL + minor * 1000 + micro;
}
