/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The public API on a driver in this process: no daemon, no socket.
 */
#include "config.h"
#include "unit.h"

#include <rvirt/rvirt.h>
#include <sys/wait.h>
#include <unistd.h>

static struct rvirt_conn *open_test(unsigned flags)
{
	struct rvirt_conn *conn =
		rvirt_open("test:///default", &(struct rvirt_open_options){.flags = flags});

	assert_non_null(conn);
	return conn;
}

static void last_error_is(int code, const char *message)
{
	assert_int_equal(rvirt_last_error().code, code);
	assert_string_equal(rvirt_last_error().message, message);
}

static void a_local_uri_needs_no_daemon(void **state)
{
	struct rvirt_conn *conn = open_test(0);
	char *uri = rvirt_conn_uri(conn);
	short events = 0;

	(void)state;
	assert_string_equal(uri, "test:///default");
	assert_string_equal(rvirt_conn_how(conn), "in this process");
	assert_int_equal(rvirt_conn_is_alive(conn), 1);
	assert_int_equal(rvirt_conn_is_secure(conn), 1);
	assert_int_equal(rvirt_conn_poll_fd(conn, &events), -1);
	assert_int_equal(rvirt_conn_dispatch(conn), 0);
	assert_int_equal(rvirt_conn_flush(conn), 0);
	free(uri);
	rvirt_close(conn);
}

static void wrong_uris_and_flags_are_refused(void **state)
{
	struct rvirt_open_options options = {.flags = 64};

	(void)state;
	assert_null(rvirt_open("test:///default", &options));
	assert_non_null(strstr(rvirt_last_error().message, "open flags 0x40"));
	assert_null(rvirt_open("test+tcp://h/?sock=a", NULL));
	assert_non_null(strstr(rvirt_last_error().message, "socket"));
	assert_null(rvirt_open("test:///no/such/file.xml", NULL));
	assert_int_not_equal(rvirt_last_error().code, 0);
	rvirt_close(NULL);
}

static void domains_are_listed_looked_up_and_changed(void **state)
{
	struct rvirt_conn *conn = open_test(0);
	struct rvirt_wire_domain_get_info_ret info;
	struct rvirt_domain **doms, *same;
	int on, reason, autostart;
	char *xml;
	size_t n;

	(void)state;
	assert_int_equal(rvirt_domain_list(conn, 0, &doms, &n), 0);
	assert_int_equal(n, 1);
	assert_string_equal(rvirt_domain_name(doms[0]), "test");
	assert_int_equal(rvirt_domain_id(doms[0]), 1);
	assert_ptr_equal(rvirt_domain_conn(doms[0]), conn);
	same = rvirt_domain_by_uuid(conn, rvirt_domain_uuid(doms[0]));
	assert_string_equal(rvirt_domain_name(same), "test");
	rvirt_domain_free(same);
	same = rvirt_domain_by_id(conn, 1);
	assert_int_equal(rvirt_domain_info(same, &info), 0);
	assert_int_equal(info.state, 1);
	assert_int_equal(rvirt_domain_suspend(same), 0);
	assert_int_equal(rvirt_domain_state(doms[0], &on, &reason), 0);
	assert_int_equal(on, 3);
	assert_int_equal(rvirt_domain_resume(same), 0);
	assert_int_equal(rvirt_domain_set_autostart(same, 1), 0);
	assert_int_equal(rvirt_domain_autostart(same, &autostart), 0);
	assert_int_equal(autostart, 1);
	xml = rvirt_domain_xml(same, 0);
	assert_non_null(strstr(xml, "<name>test</name>"));
	free(xml);
	rvirt_domain_free(same);
	rvirt_domain_free(doms[0]);
	free(doms);
	assert_null(rvirt_domain_by_name(conn, "nobody"));
	assert_int_equal(rvirt_last_error().code, 42);
	rvirt_close(conn);
}

static void read_only_connections_change_nothing(void **state)
{
	struct rvirt_conn *conn = open_test(RVIRT_OPEN_READONLY);
	struct rvirt_domain *dom = rvirt_domain_by_name(conn, "test");
	char *xml = rvirt_domain_xml(dom, 0);

	(void)state;
	assert_non_null(xml);
	free(xml);
	assert_int_equal(rvirt_domain_suspend(dom), -1);
	last_error_is(29, "operation forbidden: read only access prevents virDomainSuspend");
	assert_null(rvirt_domain_define(conn, "<domain/>", 0));
	last_error_is(29, "operation forbidden: read only access prevents virDomainDefineXML");
	assert_null(rvirt_domain_xml(dom, 1));
	last_error_is(29, "operation forbidden: virDomainGetXMLDesc with secure flag");
	assert_null(rvirt_call_json(conn, "NWFILTER_UNDEFINE", NULL));
	last_error_is(29, "operation forbidden: read only access prevents virNWFilterUndefine");
	rvirt_domain_free(dom);
	rvirt_close(conn);
}

static void json_is(struct rvirt_conn *conn, const char *procedure, const char *args,
					const char *expected)
{
	char *text = rvirt_call_json(conn, procedure, args);

	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
}

static void json_fails(struct rvirt_conn *conn, const char *procedure, const char *args, int code,
					   const char *text)
{
	assert_null(rvirt_call_json(conn, procedure, args));
	assert_int_equal(rvirt_last_error().code, code);
	assert_non_null(strstr(rvirt_last_error().message, text));
}

static void procedures_are_called_by_name(void **state)
{
	struct rvirt_conn *conn = open_test(0);

	(void)state;
	json_is(
		conn, "DOMAIN_LOOKUP_BY_ID", "{\"id\": 1}",
		"{\"dom\":{\"name\":\"test\",\"uuid\":\"6695eb01-f6a4-8304-79aa-97f2502e193f\",\"id\":1}}");
	json_is(conn, "connect_get_type", NULL, "{\"type\":\"TEST\"}");
	json_is(conn, "CONNECT_GET_URI", "{}", "{\"uri\":\"test:///default\"}");
	json_is(conn, "CONNECT_SUPPORTS_FEATURE", "{\"feature\": 10}", "{\"supported\":0}");
	json_is(conn, "CONNECT_IS_SECURE", NULL, "{\"secure\":1}");
	json_is(conn, "AUTH_LIST", NULL, "{\"types\":[0]}");
	json_is(conn, "CONNECT_REGISTER_CLOSE_CALLBACK", NULL, "{}");
	json_fails(conn, "CONNECT_OPEN", "{\"name\": \"test:///default\"}", 1, "already open");
	json_fails(conn, "DOMAIN_LOOKUP_BY_NAME", NULL, 8, "name must not be NULL");
	json_fails(conn, "DOMAIN_LOOKUP_BY_NAME", "{\"nome\": \"test\"}", 8, "nome");
	json_fails(conn, "CONNECT_GET_TYPE", "{\"a\": 1}", 8, "no arguments");
	json_fails(conn, "NO_SUCH_THING", NULL, 8, "there is no procedure 'NO_SUCH_THING'");
	json_fails(conn, "DOMAIN_EVENT_LIFECYCLE", NULL, 8, "there is no procedure");
	rvirt_close(conn);
}

static void every_procedure_has_a_name_and_a_template(void **state)
{
	const char *const *names = rvirt_procedure_names();
	size_t n = 0;

	(void)state;
	for (; names[n]; n++) {
		char *text = rvirt_procedure_template(names[n]);

		assert_non_null(text);
		assert_int_equal(text[0], '{');
		free(text);
	}
	assert_int_equal(n, 392 + 6);
	assert_null(rvirt_procedure_template("NO_SUCH_THING"));
}

/* Every template is what rvirt_call_json() takes: no call of a driver without it fails for its
 * arguments. */
static void templates_are_valid_arguments(void **state)
{
	struct rvirt_conn *conn = open_test(0);
	char *text = rvirt_procedure_template("NETWORK_LOOKUP_BY_NAME");

	(void)state;
	assert_string_equal(text, "{\"name\":\"\"}");
	free(text);
	text = rvirt_procedure_template("DOMAIN_BLOCK_COPY");
	json_fails(conn, "DOMAIN_BLOCK_COPY", text, 3, "DOMAIN_BLOCK_COPY");
	free(text);
	rvirt_close(conn);
}

static void calls_may_be_sent_before_they_are_waited_for(void **state)
{
	struct rvirt_conn *conn = open_test(0);
	struct rvirt_wire_id_args nobody = {.id = 99};
	struct rvirt_call *a = rvirt_call_send(conn, RVIRT_PROC_CONNECT_GET_HOSTNAME, NULL);
	struct rvirt_call *b = rvirt_call_send(conn, RVIRT_PROC_DOMAIN_LOOKUP_BY_ID, &nobody);
	struct rvirt_wire_hostname_ret ret = {0};

	(void)state;
	assert_int_equal(rvirt_call_wait(b, NULL), -1);
	assert_int_equal(rvirt_last_error().code, 42);
	assert_int_equal(rvirt_call_wait(a, &ret), 0);
	assert_non_null(ret.hostname);
	rvirt_wire_clear(RVIRT_PROC_CONNECT_GET_HOSTNAME, &ret);
	assert_null(ret.hostname);
	assert_null(rvirt_call_send(conn, RVIRT_PROC_DOMAIN_LOOKUP_BY_ID, NULL));
	assert_non_null(strstr(rvirt_last_error().message, "takes arguments"));
	rvirt_close(conn);
}

static void a_child_process_may_not_use_its_parents_connection(void **state)
{
	struct rvirt_conn *conn = open_test(0);
	int status = -1;
	pid_t child;

	(void)state;
	child = fork();
	if (child == 0) {
		char *text = rvirt_call_json(conn, "CONNECT_GET_TYPE", NULL);
		int alive = rvirt_conn_is_alive(conn);

		rvirt_close(conn);
		/* what is its parent's it does not free, which is nobody's concern after exec */
		if (!text && !alive && !rvirt_last_error().code)
			execlp("true", "true", NULL);
		_exit(1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(rvirt_conn_is_alive(conn), 1);
	rvirt_close(conn);
}

static void uris_are_described(void **state)
{
	char *text = rvirt_uri_describe("test+tcp://h/default");

	(void)state;
	assert_non_null(strstr(text, "name=test:///default\n"));
	free(text);
	assert_true(rvirt_version() > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_local_uri_needs_no_daemon),
		cmocka_unit_test(wrong_uris_and_flags_are_refused),
		cmocka_unit_test(domains_are_listed_looked_up_and_changed),
		cmocka_unit_test(read_only_connections_change_nothing),
		cmocka_unit_test(procedures_are_called_by_name),
		cmocka_unit_test(every_procedure_has_a_name_and_a_template),
		cmocka_unit_test(templates_are_valid_arguments),
		cmocka_unit_test(calls_may_be_sent_before_they_are_waited_for),
		cmocka_unit_test(a_child_process_may_not_use_its_parents_connection),
		cmocka_unit_test(uris_are_described),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
