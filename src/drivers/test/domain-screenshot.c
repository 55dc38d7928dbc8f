/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A domain's screen: the same picture for every one, whatever its state.
 */
#include "config.h"
#include "drivers/args.h"
#include "drivers/test/ops.h"

#include "base/error.h"
#include "drivers/stream.h"

#include <string.h>

static const unsigned char picture[] = {
#include "drivers/test/screenshot.inc"
};

int test_domain_screenshot(struct driver_conn *conn,
						   const struct rvirt_wire_dom_screen_flags_args *args,
						   struct rvirt_wire_mime_ret *ret, struct driver_stream **ret_stream)
{
	(void)conn;
	if (args_flags(FROM_TEST, args->flags, 0, "testDomainScreenshot") < 0)
		return -1;
	ret->mime = strdup("image/png");
	if (!ret->mime)
		return error_oom();
	*ret_stream = driver_stream_from_memory(picture, sizeof picture);
	return *ret_stream ? 0 : -1;
}
