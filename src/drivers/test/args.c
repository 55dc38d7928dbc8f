/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Refusals of arguments.
 */
#include "config.h"
#include "drivers/test/args.h"

#include "base/cleanup.h"
#include "base/error.h"

#include <stdio.h>
#include <string.h>

int test_args_refuse(int domain, const char *function, const char *argument, const char *fmt, ...)
{
	struct error e = {.code = ERR_INVALID_ARG, .domain = domain, .level = 2};
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&e.message, fmt, ap) < 0)
		e.message = NULL;
	va_end(ap);
	e.str1 = strdup(function);
	e.str2 = strdup(argument);
	error_give(&e);
	return -1;
}

int test_args_flags(uint32_t flags, uint32_t allowed, const char *function)
{
	if (!(flags & ~allowed))
		return 0;
	return test_args_refuse(FROM_TEST, function, "flags", "unsupported flags (0x%x) in function %s",
							flags & ~allowed, function);
}

int test_args_exclusive(uint32_t flags, const char *function)
{
	if (!(flags & TEST_AFFECT_LIVE) || !(flags & TEST_AFFECT_CONFIG))
		return 0;
	return test_args_refuse(FROM_DOMAIN, function, "ctl",
							"Flags 'VIR_DOMAIN_AFFECT_LIVE' and 'VIR_DOMAIN_AFFECT_CONFIG' are "
							"mutually exclusive");
}

int test_args_max(int n, int max, const char *argument, const char *limit, const char *function)
{
	if (n > max)
		return error_set(FROM_RPC, ERR_INTERNAL_ERROR, "%s > %s", argument, limit);
	if (n < 0)
		return test_args_refuse(FROM_DOMAIN, function, argument, "%s in %s must be zero or greater",
								argument, function);
	return 0;
}

int test_args_nonzero(uint64_t value, const char *argument, const char *function)
{
	if (value)
		return 0;
	return test_args_refuse(FROM_DOMAIN, function, argument, "%s in %s must not be zero", argument,
							function);
}
