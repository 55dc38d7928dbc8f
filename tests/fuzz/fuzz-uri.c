/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * URIs: what is accepted is read the same from its own written form, and holds nothing that could
 * become syntax elsewhere.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "transport/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool right)
{
	if (!right)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_FREE char *text = strndup((const char *)data, size), *back = NULL;
	CLEANUP_URI struct uri *uri = NULL, *again = NULL;
	CLEANUP_BUF struct buf out = {0};

	if (!text || uri_parse(text, &uri) < 0)
		return 0;
	back = uri_format(uri);
	check(back && uri_parse(back, &again) == 0);
	check(!strcmp(uri->name, again->name) && !strcmp(uri->path, again->path));
	check(uri->port == again->port && uri->n_params == again->n_params);
	check(!uri->host || (again->host && !strcmp(uri->host, again->host)));
	check(!uri->host || (*uri->host != '-' && !strpbrk(uri->host, " '\"`$\\;&|<>(){}\n")));
	check(!uri->user || (*uri->user != '-' && !strpbrk(uri->user, " '\"`$;&|<>(){}\n")));
	check(uri_describe(text, &out) == 0);
	return 0;
}
