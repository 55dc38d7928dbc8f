/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Keys that are sent to a guest: which codes there are.
 */
#include "config.h"
#include "drivers/test/domain.h"
#include "drivers/test/ops.h"

#include "base/error.h"

#include <stdlib.h>

/* The code sets by their number, and the codes of each. */
static const struct {
	const char *name, *codes;
} codesets[] = {
	{"linux",
	 "0-265,272-279,288-299,303-318,320-327,330-337,352-439,448-451,464-484,497-506,512-524"},
	{"xt", "0-95,99-109,111-121,123,125-126,57345-57356,57358-57360,57362-57385,57387-57398,57400-"
		   "57439,57443-57453,57455-57465,57467,57469"},
	{"atset1", "0-95,99-109,111-121,123,125-126,57345-57356,57358-57360,57362-57385,57387-57398,"
			   "57400-57439,57443-57453,57455-57465,57467,57469"},
	{"atset2",
	 "0-1,3-7,9-15,17-22,26-30,33-39,41-47,49-55,58-63,65-70,73-78,81-82,84-85,88-91,93,95,97-100,"
	 "102-103,105-109,112-127,131,57360-57362,57364-57365,57368,57375-57377,57379,57383-57384,"
	 "57387,57391-57392,57394,57396,57399-57400,57402-57403,57407-57408,57416,57418,57421,57424,"
	 "57434,57438,57449,57451-57452,57455-57458,57460-57461,57463,57465-57466,57469"},
	{"atset3",
	 "0,7-63,65-71,73-79,82,84-103,105-118,121-122,124-131,133-135,139-142,145,147-152,154-163"},
	{"os_x", "0-51,53-65,67,69,71-76,78-107,109-111,113-126,255"},
	{"xt_kbd", "0-95,99-109,111-121,123,125-126,257-268,270-272,274-297,299-310,312-351,355-365,"
			   "367-377,379,381"},
	{"usb", "0,4-48,50-119,121-125,133,135-140,144-148,182-183,224-251"},
	{"win32", "0-2,4-6,8-9,13,17-22,26-29,32-42,44-57,65-93,95-135,144-145,160-161,163,165-180,186-"
			  "192,219-222,226,242,250-251"},
	{"qnum", "0-95,99-109,111-121,123,125-126,129-140,142-144,146-169,171-182,184-223,227-237,239-"
			 "249,251,253"},
};

static bool has_code(const char *codes, unsigned code)
{
	while (*codes) {
		char *end;
		unsigned long from = strtoul(codes, &end, 10);
		unsigned long to = *end == '-' ? strtoul(end + 1, &end, 10) : from;

		if (code >= from && code <= to)
			return true;
		codes = *end ? end + 1 : end;
	}
	return false;
}

int test_domain_send_key(struct driver_conn *conn,
						 const struct rvirt_wire_domain_send_key_args *args)
{
	static const char function[] = "virDomainSendKey";
	TEST_LOCKED(node, conn);

	if (args_there(args->n_keycodes ? args : NULL, "keycodes", function) < 0)
		return -1;
	if (args->codeset >= sizeof codesets / sizeof codesets[0])
		return args_refuse(FROM_DOMAIN, function, "codeset", "Unsupported codeset '%u'",
						   args->codeset);
	if (args_flags(FROM_TEST, args->flags, 0, "testDomainSendKey") < 0 ||
		!test_find_active(node, &args->dom))
		return -1;
	for (uint32_t i = 0; i < args->n_keycodes; i++)
		if (!has_code(codesets[args->codeset].codes, args->keycodes[i]))
			return error_set(FROM_TEST, ERR_INTERNAL_ERROR, "invalid keycode %u of %s codeset",
							 args->keycodes[i], codesets[args->codeset].name);
	return 0;
}
