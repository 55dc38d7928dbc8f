/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The test driver, called directly: what goes in and what comes out is written as JSON.
 */
#include "config.h"
#include "unit.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "drivers/driver.h"

#include <pthread.h>
#include <unistd.h>

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
		conn, "DOMAIN_MIGRATE_CONFIRM3", "{}", ERR_NO_SUPPORT, FROM_DOMAIN,
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

static void call_that_fails_leaves_nothing_behind(void **state)
{
	const struct wire_op *op = wire_op_by_name("DOMAIN_GET_VCPUS");
	struct rvirt_wire_dom_maxinfo_maplen_args args = {.maxinfo = 4, .maplen = 2};
	struct rvirt_wire_info_cpumaps_ret ret = {0}, zero = {0};
	struct driver_conn *conn = open_uri("test:///default");
	char name[] = "none";

	(void)state;
	args.dom.name = name;
	assert_int_equal(driver_call(conn, op, &args, &ret), -1);
	assert_memory_equal(&ret, &zero, sizeof ret);
	driver_close(conn);
}

/* Remembers the last event and counts all. */
struct listener {
	struct driver_sink sink;
	pthread_mutex_t lock;
	int n, event, detail, id;
	char name[32];
};

static void hear(struct driver_sink *sink, int procedure, const void *opaque)
{
	struct listener *l = (struct listener *)sink;
	const struct rvirt_wire_domain_event_callback_lifecycle_msg *m = opaque;

	assert_int_equal(procedure, RVIRT_PROC_DOMAIN_EVENT_CALLBACK_LIFECYCLE);
	pthread_mutex_lock(&l->lock);
	l->n++;
	l->event = m->msg.event;
	l->detail = m->msg.detail;
	l->id = m->msg.dom.id;
	snprintf(l->name, sizeof l->name, "%s", m->msg.dom.name);
	pthread_mutex_unlock(&l->lock);
}

static void heard(const struct listener *l, int n, int event, int detail, int id)
{
	assert_int_equal(l->n, n);
	assert_int_equal(l->event, event);
	assert_int_equal(l->detail, detail);
	assert_int_equal(l->id, id);
	assert_string_equal(l->name, "test");
}

static void every_connection_hears_of_what_one_does(void **state)
{
	struct listener l = {.sink.event = hear, .lock = PTHREAD_MUTEX_INITIALIZER};
	struct driver_conn *hearer = driver_open(host, "test:///default", 0, &l.sink);
	struct driver_conn *doer = open_uri("test:///default");

	(void)state;
	answers(doer, "DOMAIN_SUSPEND", test_dom, "");
	heard(&l, 1, 3, 0, 1);
	answers(doer, "DOMAIN_RESUME", test_dom, "");
	heard(&l, 2, 4, 0, 1);
	answers(doer, "DOMAIN_DESTROY", test_dom, "");
	heard(&l, 3, 5, 1, -1);
	answers(hearer, "DOMAIN_CREATE", test_dom, "");
	heard(&l, 4, 2, 0, 2);
	answers(doer, "DOMAIN_UNDEFINE", test_dom, "");
	heard(&l, 5, 1, 0, 2);
	driver_close(hearer);
	answers(doer, "DOMAIN_DESTROY", test_dom, "");
	assert_int_equal(l.n, 5);
	driver_close(doer);
}

static void default_host_starts_anew_after_the_last_connection(void **state)
{
	struct driver_conn *one = open_uri("test:///default"), *two = open_uri("test:///default");

	(void)state;
	answers(one, "DOMAIN_DESTROY", test_dom, "");
	driver_close(one);
	answers(two, "CONNECT_NUM_OF_DOMAINS", "{}", "{\"num\":0}");
	driver_close(two);
	two = open_uri("test:///default");
	answers(two, "CONNECT_NUM_OF_DOMAINS", "{}", "{\"num\":1}");
	driver_close(two);
}

static void default_host_is_kept_where_that_was_asked(void **state)
{
	struct driver_host *keeper =
		driver_host_new(&(struct driver_host_options){.test_state_daemon = true});
	struct driver_conn *conn = driver_open(keeper, NULL, 0, NULL);

	(void)state;
	answers(conn, "DOMAIN_DESTROY", test_dom, "");
	driver_close(conn);
	conn = driver_open(keeper, "test:///default", 0, NULL);
	answers(conn, "CONNECT_NUM_OF_DOMAINS", "{}", "{\"num\":0}");
	driver_close(conn);
	driver_host_free(keeper);
}

/* Writes a node file; its URI. */
static const char *node_uri(char *uri, size_t size, const char *xml)
{
	static char path[64];
	int fd;

	snprintf(path, sizeof path, "%s", "/tmp/rvirt-test-node-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, xml, strlen(xml)), strlen(xml));
	close(fd);
	snprintf(uri, size, "test://%s", path);
	return path;
}

static void hosts_from_files_are_each_ones_own(void **state)
{
	char uri[80];
	const char *path =
		node_uri(uri, sizeof uri,
				 "<node><memory>4096</memory><cpu><mhz>7</mhz></cpu><domain type='test'>"
				 "<name>a</name><memory>1024</memory><os><type>hvm</type></os></domain></node>");
	struct driver_conn *one = open_uri(uri), *two = open_uri(uri);
	CLEANUP_FREE char *dom = call(one, "DOMAIN_LOOKUP_BY_NAME", "{\"name\":\"a\"}");

	(void)state;
	answers(one, "NODE_GET_INFO", "{}",
			"{\"model\":\"i686\",\"memory\":4096,\"cpus\":16,\"mhz\":7,\"nodes\":2,"
			"\"sockets\":2,\"cores\":2,\"threads\":2}");
	answers(one, "DOMAIN_DESTROY", dom, "");
	answers(one, "CONNECT_NUM_OF_DOMAINS", "{}", "{\"num\":0}");
	answers(two, "CONNECT_NUM_OF_DOMAINS", "{}", "{\"num\":1}");
	driver_close(one);
	driver_close(two);
	unlink(path);
}

static void broken_node_files_are_refused(void **state)
{
	static const char *const files[][2] = {
		{"<host/>", "XML error: Root element is not 'node'"},
		{"<node><memory>x</memory></node>", "XML error: invalid node memory value"},
		{"<node><cpu><mhz>1 1</mhz></cpu></node>", "XML error: invalid node cpu mhz value"},
		{"<node><domain file='/no-such-file'/></node>",
		 "XML error: failed to parse xml document '/no-such-file'"},
		{"<node><domain xmlns:t='http://libvirt.org/schemas/domain/test/1.0' type='test'>"
		 "<t:runstate>9</t:runstate></domain></node>",
		 "XML error: runstate '9' out of range'"},
	};
	char uri[80];

	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		const char *path = node_uri(uri, sizeof uri, files[i][0]);

		assert_null(driver_open(host, uri, 0, NULL));
		assert_string_equal(error_last()->message, files[i][1]);
		unlink(path);
	}
	error_reset();
}

enum { N_CROWD = 64, N_ROUNDS = 40 };

/* One of many connections at once: its own domain through all of its life, and looks at the
 * others'. */
static void *crowd_member(void *opaque)
{
	int number = (int)(intptr_t)opaque;
	char xml[400], dom[200];
	const char *const steps[] = {"DOMAIN_CREATE",   "DOMAIN_SUSPEND", "DOMAIN_RESUME",
								 "DOMAIN_GET_INFO", "DOMAIN_DESTROY", "DOMAIN_UNDEFINE"};

	snprintf(dom, sizeof dom,
			 "{\"dom\":{\"name\":\"d%d\",\"uuid\":\"00000000-0000-0000-0000-%012d\",\"id\":-1}}",
			 number, number);
	snprintf(
		xml, sizeof xml,
		"{\"xml\":\"<domain type='test'><name>d%d</name><uuid>00000000-0000-0000-0000-%012d</uuid>"
		"<memory>1024</memory><os><type>hvm</type></os></domain>\"}",
		number, number);
	for (int round = 0; round < N_ROUNDS; round++) {
		struct driver_conn *conn = driver_open(host, "test:///default", 0, NULL);

		free(call(conn, "DOMAIN_DEFINE_XML", xml));
		for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
			CLEANUP_FREE char *done = call(conn, steps[i], dom);

			if (!done)
				return strdup(error_last()->message);
		}
		free(call(conn, "CONNECT_LIST_ALL_DOMAINS", "{\"need_results\":1,\"flags\":0}"));
		free(call(conn, "CONNECT_GET_ALL_DOMAIN_STATS", "{}"));
		driver_close(conn);
	}
	return NULL;
}

static void sixty_four_connections_at_once_do_not_disturb_each_other(void **state)
{
	struct listener l = {.sink.event = hear, .lock = PTHREAD_MUTEX_INITIALIZER};
	struct driver_conn *hearer = driver_open(host, "test:///default", 0, &l.sink);
	pthread_t threads[N_CROWD];

	(void)state;
	for (int i = 0; i < N_CROWD; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, crowd_member, (void *)(intptr_t)i), 0);
	for (int i = 0; i < N_CROWD; i++) {
		void *problem;

		pthread_join(threads[i], &problem);
		if (problem)
			fail_msg("%s", (char *)problem);
	}
	answers(hearer, "CONNECT_NUM_OF_DEFINED_DOMAINS", "{}", "{\"num\":0}");
	answers(hearer, "DOMAIN_LOOKUP_BY_NAME", "{\"name\":\"test\"}", test_dom);
	/* defined, started, suspended, resumed, stopped, undefined */
	assert_int_equal(l.n, N_CROWD * N_ROUNDS * 6);
	driver_close(hearer);
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
		cmocka_unit_test(call_that_fails_leaves_nothing_behind),
		cmocka_unit_test(every_connection_hears_of_what_one_does),
		cmocka_unit_test(default_host_starts_anew_after_the_last_connection),
		cmocka_unit_test(default_host_is_kept_where_that_was_asked),
		cmocka_unit_test(hosts_from_files_are_each_ones_own),
		cmocka_unit_test(broken_node_files_are_refused),
		cmocka_unit_test(sixty_four_connections_at_once_do_not_disturb_each_other),
		cmocka_unit_test(uris_without_a_path_are_refused),
	};

	return cmocka_run_group_tests(tests, make_host, free_host);
}
