/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Refusals of arguments.
 */
#include "config.h"
#include "drivers/args.h"

#include "base/cleanup.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

int args_refuse(int domain, const char *function, const char *argument, const char *fmt, ...)
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

int args_flags(int domain, uint32_t flags, uint32_t allowed, const char *function)
{
	if (!(flags & ~allowed))
		return 0;
	return args_refuse(domain, function, "flags", "unsupported flags (0x%x) in function %s",
					   flags & ~allowed, function);
}

int args_either_of(int domain, uint32_t flags, uint32_t a, const char *a_name, uint32_t b,
				   const char *b_name, const char *function)
{
	if (!(flags & a) || !(flags & b))
		return 0;
	return args_refuse(domain, function, "ctl", "Flags '%s' and '%s' are mutually exclusive",
					   a_name, b_name);
}

int args_either(uint32_t flags, uint32_t a, const char *a_name, uint32_t b, const char *b_name,
				const char *function)
{
	return args_either_of(FROM_DOMAIN, flags, a, a_name, b, b_name, function);
}

int args_exclusive(uint32_t flags, const char *function)
{
	return args_either(flags, RVIRT_DOMAIN_AFFECT_LIVE, "VIR_DOMAIN_AFFECT_LIVE",
					   RVIRT_DOMAIN_AFFECT_CONFIG, "VIR_DOMAIN_AFFECT_CONFIG", function);
}

int args_max(int n, int max, const char *argument, const char *limit)
{
	if (n > max)
		return error_set(FROM_RPC, ERR_RPC, "%s > %s", argument, limit);
	return n < 0 ? error_set(FROM_RPC, ERR_RPC, "%s must be non-negative", argument) : 0;
}

int args_nparams(int n, int max)
{
	if (n > max)
		return error_set(FROM_RPC, ERR_INTERNAL_ERROR, "nparams too large");
	return n < 0 ? error_set(FROM_RPC, ERR_INTERNAL_ERROR, "nparams must be non-negative") : 0;
}

/* "ARGUMENT in FUNCTION must RULE" unless ok. */
static int must(bool ok, const char *argument, const char *function, const char *rule)
{
	if (ok)
		return 0;
	return args_refuse(FROM_DOMAIN, function, argument, "%s in %s must %s", argument, function,
					   rule);
}

int args_nonzero(uint64_t value, const char *argument, const char *function)
{
	return must(value, argument, function, "not be zero");
}

int args_positive(int value, const char *argument, const char *function)
{
	return must(value > 0, argument, function, "be greater than zero");
}

int args_not_negative(int value, const char *argument, const char *function)
{
	return must(value >= 0, argument, function, "be zero or greater");
}

int args_there(const void *value, const char *argument, const char *function)
{
	return must(value, argument, function, "not be NULL");
}

int args_absent(const void *value, const char *argument, const char *function)
{
	return must(!value, argument, function, "be NULL");
}
