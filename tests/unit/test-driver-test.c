/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The test driver, called directly: what goes in and what comes out is written as JSON.
 */
#include "config.h"
#include "unit.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "drivers/driver.h"

static struct driver_host *host;

static struct driver_conn *open_uri(const char *uri)
{
	struct driver_conn *conn = driver_open(host, uri, 0, NULL);

	assert_non_null(conn);
	return conn;
}

/* Makes a call; the results as JSON, owned by the caller, or NULL with the error set. */
static char *call(struct driver_conn *conn, const char *procedure, const char *json)
{
	const struct wire_op *op = wire_op_by_name(procedure);
	CLEANUP_FREE void *args = calloc(1, op->args ? op->args->size : 1);
	CLEANUP_FREE void *ret = calloc(1, op->ret ? op->ret->size : 1);
	char *text = NULL;

	if (op->args)
		assert_int_equal(wire_from_json(op->args, json, args), 0);
	if (driver_call(conn, op, args, ret) == 0)
		text = op->ret ? wire_to_json(op->ret, ret) : strdup("");
	wire_clear(op->ret, ret);
	wire_clear(op->args, args);
	return text;
}

static void answers(struct driver_conn *conn, const char *procedure, const char *json,
					const char *want)
{
	CLEANUP_FREE char *got = call(conn, procedure, json);

	if (!got)
		fail_msg("%s %s: %s", procedure, json, error_last()->message);
	assert_string_equal(got, want);
}

static void refuses(struct driver_conn *conn, const char *procedure, const char *json, int code,
					int domain, const char *message)
{
	CLEANUP_FREE char *got = call(conn, procedure, json);

	if (got)
		fail_msg("%s %s answers %s", procedure, json, got);
	assert_string_equal(error_last()->message, message);
	assert_int_equal(error_last()->code, code);
	assert_int_equal(error_last()->domain, domain);
	error_reset();
}

static void host_says_what_it_is(void **state)
{
	struct driver_conn *conn = open_uri("test:///default");

	(void)state;
	answers(conn, "CONNECT_GET_TYPE", "{}", "{\"type\":\"TEST\"}");
	answers(conn, "CONNECT_GET_VERSION", "{}", "{\"hv_ver\":2}");
	answers(conn, "CONNECT_GET_LIB_VERSION", "{}", "{\"lib_ver\":9000000}");
	answers(conn, "NODE_GET_FREE_MEMORY", "{}", "{\"free_mem\":3145728}");
	answers(conn, "NODE_GET_CELLS_FREE_MEMORY", "{\"start_cell\":1, \"maxcells\":5}",
			"{\"cells\":[4194304]}");
	refuses(conn, "NODE_GET_CELLS_FREE_MEMORY", "{\"start_cell\": 2, \"maxcells\": 5}",
			ERR_INVALID_ARG, FROM_TEST, "invalid argument: Range exceeds available cells");
	refuses(conn, "CONNECT_GET_SYSINFO", "{\"flags\": 9}", ERR_INVALID_ARG, FROM_TEST,
			"unsupported flags (0x9) in function testConnectGetSysinfo");
	refuses(
		conn, "DOMAIN_MIGRATE_CONFIRM3", "{}", ERR_NO_SUPPORT, FROM_NONE,
		"this function is not supported by the connection driver: test: DOMAIN_MIGRATE_CONFIRM3");
	driver_close(conn);
}

static void uris_without_a_path_are_refused(void **state)
{
	(void)state;
	assert_null(driver_open(host, "test:///", 0, NULL));
	assert_string_equal(error_last()->message,
						"invalid argument: testOpen: supply a path or use test:///default");
	assert_null(driver_open(host, "test:///no-such-file.xml", 0, NULL));
	assert_string_equal(error_last()->message,
						"XML error: failed to parse xml document '/no-such-file.xml'");
	assert_null(driver_open(host, "nothing:///default", 0, NULL));
	assert_int_equal(error_last()->code, ERR_NO_CONNECT);
	error_reset();
}

static const char *const test_dom =
	"{\"dom\":{\"name\":\"test\",\"uuid\":\"6695eb01-f6a4-8304-79aa-97f2502e193f\",\"id\":1}}";

static void default_domain_runs(void **state)
{
	struct driver_conn *conn = open_uri("test:///default");

	(void)state;
	answers(conn, "DOMAIN_LOOKUP_BY_NAME", "{\"name\":\"test\"}", test_dom);
	answers(conn, "DOMAIN_LOOKUP_BY_ID", "{\"id\":1}", test_dom);
	answers(conn, "DOMAIN_IS_ACTIVE", test_dom, "{\"active\":1}");
	answers(conn, "DOMAIN_GET_STATE", test_dom, "{\"state\":1,\"reason\":0}");
	driver_close(conn);
}

static int make_host(void **state)
{
	(void)state;
	host = driver_host_new(&(struct driver_host_options){0});
	return host ? 0 : -1;
}

static int free_host(void **state)
{
	(void)state;
	driver_host_free(host);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(host_says_what_it_is),
		cmocka_unit_test(default_domain_runs),
		cmocka_unit_test(uris_without_a_path_are_refused),
	};

	return cmocka_run_group_tests(tests, make_host, free_host);
}
