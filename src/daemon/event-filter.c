/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Names of a monitor's events, compared as their client asked for.
 */
#include "config.h"
#include "daemon/event-filter.h"

#include "base/cleanup.h"
#include "base/error.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

/* A longer pattern fits no name that there is, and may take long to prepare. */
enum { PATTERN_MAX = 256 };

struct event_filter {
	char *name; /* NULL: all, or what the pattern says */
	bool no_case;
	bool has_pattern;
	regex_t pattern;
};

void event_filter_free(struct event_filter *f)
{
	if (!f)
		return;
	free(f->name);
	if (f->has_pattern)
		regfree(&f->pattern);
	free(f);
}
DEFINE_CLEANUP(filter, struct event_filter *, event_filter_free)

/* A repetition may cost what its numbers say, several of them their product. */
static bool is_costly(const char *pattern)
{
	return strlen(pattern) > PATTERN_MAX || strchr(pattern, '{');
}

struct event_filter *event_filter_new(const char *name, bool regex, bool no_case)
{
	CLEANUP(cleanup_filter) struct event_filter *f = calloc(1, sizeof *f);

	if (!f) {
		error_oom();
		return NULL;
	}
	f->no_case = no_case;
	if (name && regex) {
		if (is_costly(name) ||
			regcomp(&f->pattern, name, REG_EXTENDED | REG_NOSUB | (no_case ? REG_ICASE : 0)) != 0) {
			error_set(FROM_RPC, ERR_INVALID_ARG, "failed to compile regex %s", name);
			return NULL;
		}
		f->has_pattern = true;
	} else if (name && !(f->name = strdup(name))) {
		error_oom();
		return NULL;
	}
	return steal(&f);
}

bool event_filter_fits(const struct event_filter *f, const char *name)
{
	if (f->has_pattern)
		return regexec(&f->pattern, name, 0, NULL, 0) == 0;
	if (!f->name)
		return true;
	return (f->no_case ? strcasecmp(f->name, name) : strcmp(f->name, name)) == 0;
}
