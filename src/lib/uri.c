/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How a URI is read, for people.
 */
#include "config.h"
#include "transport/uri.h"

#include <rvirt/rvirt.h>

char *rvirt_uri_describe(const char *uri)
{
	CLEANUP_BUF struct buf text = {0};

	return uri_describe(uri, &text) < 0 ? NULL : buf_steal_text(&text);
}
