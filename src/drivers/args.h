/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The refusals of arguments that many operations share, in the words in which a libvirt daemon says
 * them: with the name of its function for the call. Each returns 0 or -1 with INVALID_ARG set.
 */
#ifndef DRIVERS_ARGS_H
#define DRIVERS_ARGS_H

#include "base/error.h"

#include <rvirt/constants.h>

#include <stdint.h>

/* "unsupported flags (0x8) in function testX", in the error domain of the driver */
int args_flags(int domain, uint32_t flags, uint32_t allowed, const char *function);

/* RVIRT_DOMAIN_AFFECT_LIVE and RVIRT_DOMAIN_AFFECT_CONFIG not together. */
int args_exclusive(uint32_t flags, const char *function);

/* Of two other flags, which have these names, not both. */
int args_either(uint32_t flags, uint32_t a, const char *a_name, uint32_t b, const char *b_name,
				const char *function);
/* The same where the error is of another domain. */
int args_either_of(int domain, uint32_t flags, uint32_t a, const char *a_name, uint32_t b,
				   const char *b_name, const char *function);

/* A refusal as it stands, without the code's own words: "memory in virX must not be zero". */
int args_refuse(int domain, const char *function, const char *argument, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* A list that is asked for: at most max, which limit names, and not negative. RPC is set otherwise.
 */
int args_max(int n, int max, const char *argument, const char *limit);

/* The number of parameters that is asked for: at most max, and not negative. INTERNAL_ERROR
 * otherwise. */
int args_nparams(int n, int max);

/* "memory in virX must not be zero" */
int args_nonzero(uint64_t value, const char *argument, const char *function);

/* "maxinfo in virX must be greater than zero" */
int args_positive(int value, const char *argument, const char *function);

/* "period in virX must be zero or greater" */
int args_not_negative(int value, const char *argument, const char *function);

/* "uri in virX must not be NULL", and the opposite */
int args_there(const void *value, const char *argument, const char *function);
int args_absent(const void *value, const char *argument, const char *function);

#endif
