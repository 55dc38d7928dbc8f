/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The daemon's configuration: what files are accepted, and how wrong ones are told.
 */
#include "config.h"

#include "unit.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/log.h"
#include "daemon/daemon-config.h"

/* Reads text as a configuration file. */
static int read_text(const char *text, struct config *ret)
{
	char path[] = "/tmp/rvirt-config-XXXXXX";
	int fd = mkstemp(path), r;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	r = config_read(path, ret);
	unlink(path);
	return r;
}

static void assert_refused(const char *text, const char *what)
{
	struct config config;

	assert_int_equal(read_text(text, &config), -1);
	if (!strstr(error_last()->message, what))
		fail_msg("\"%s\" does not say \"%s\"", error_last()->message, what);
}

static void an_empty_file_gives_the_defaults(void **state)
{
	struct config config;

	(void)state;
	assert_int_equal(read_text("", &config), 0);
	assert_int_equal(config.max_clients, 5000);
	assert_int_equal(config.keepalive_interval, 5);
	assert_int_equal(config.listen_tls, 1);
	assert_string_equal(config.unix_sock_ro_perms, "0777");
	assert_string_equal(config.test_driver_state, "connections");
	assert_null(config.unix_sock_dir);
	assert_null(config.access_drivers);
	config_clear(&config);
}

static void every_key_of_libvirtd_is_known(void **state)
{
	static const char text[] =
		"listen_tls = 0\nlisten_tcp = 1\ntls_port = \"16514\"\ntcp_port = \"16509\"\n"
		"listen_addr = \"192.168.0.1\"\nunix_sock_group = \"libvirt\"\n"
		"unix_sock_ro_perms = \"0777\"\nunix_sock_rw_perms = \"0770\"\n"
		"unix_sock_admin_perms = \"0700\"\nunix_sock_dir = \"/run/libvirt\"\n"
		"auth_unix_ro = \"none\"\nauth_unix_rw = \"none\"\nauth_tcp = \"none\"\n"
		"auth_tls = \"none\"\ntcp_min_ssf = 112\naccess_drivers = [ ]\n"
		"key_file = \"/k\"\ncert_file = \"/c\"\nca_file = \"/a\"\ncrl_file = \"/r\"\n"
		"tls_no_sanity_certificate = 1\ntls_no_verify_certificate = 1\n"
		"tls_allowed_dn_list = [\"DN1\", \"DN2\"]\ntls_priority=\"NORMAL\"\n"
		"sasl_allowed_username_list = [\"joe@EXAMPLE.COM\", \"fred@EXAMPLE.COM\" ]\n"
		"max_clients = 5000\nmax_queued_clients = 1000\nmax_anonymous_clients = 20\n"
		"min_workers = 5\nmax_workers = 20\nprio_workers = 5\n"
		"max_client_requests = 5\nadmin_min_workers = 1\nadmin_max_workers = 5\n"
		"admin_max_clients = 5\nadmin_max_queued_clients = 5\n"
		"admin_max_client_requests = 5\nlog_level = 3\n"
		"log_filters=\"1:qemu 1:libvirt 4:object\"\nlog_outputs=\"3:syslog:libvirtd\"\n"
		"audit_level = 2\naudit_logging = 1\n"
		"host_uuid = \"00000000-0000-0000-0000-000000000000\"\n"
		"host_uuid_source = \"smbios\"\nkeepalive_interval = 5\nkeepalive_count = 5\n"
		"keepalive_required = 1\nadmin_keepalive_required = 1\n"
		"admin_keepalive_interval = 5\nadmin_keepalive_count = 5\novs_timeout = 5\n";
	struct config config;

	(void)state;
	assert_int_equal(read_text(text, &config), 0);
	assert_string_equal(config.tls_allowed_dn_list[1], "DN2");
	assert_null(config.tls_allowed_dn_list[2]);
	assert_int_equal(config.listen_tcp, 1);
	config_clear(&config);
}

static void wrong_files_are_told_by_line(void **state)
{
	(void)state;
	assert_refused("max_clients = 7\nmax_client = 7\n", ":2: unknown key 'max_client'");
	assert_refused("max_clients = \"7\"\n", ":1: max_clients is a number, without quotes");
	assert_refused("\n\ntcp_port = 16509\n", ":3: tcp_port is a text: put it in quotes");
	assert_refused("listen_tcp = 2\n", ":1: listen_tcp = 2 is out of range: 0 to 1");
	assert_refused("max_clients = 0\n", "out of range");
	assert_refused("max_clients = 99999999999\n", "out of range");
	assert_refused("tls_allowed_dn_list = \"x\"\n", ":1: tls_allowed_dn_list is a list");
	assert_refused("tls_allowed_dn_list = [ 1 ]\n", "list of texts");
	assert_refused("listen_tcp = \n", ":1:");
	assert_refused("\naccess_drivers = [ \"polkit\" ]\n",
				   ":2: access_drivers: this daemon has no driver "
				   "'polkit'");
}

static void checks_that_are_not_there_are_refused_by_line(void **state)
{
	static const char *const keys[] = {"auth_unix_ro", "auth_unix_rw", "auth_tcp", "auth_tls"},
							 *const values[] = {"polkit", "sasl", "", "None"};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		for (size_t k = 0; k < 4; k++) {
			char text[80], told[80], mend[80];

			snprintf(text, sizeof text, "\n\n%s = \"%s\"\n", keys[i], values[k]);
			snprintf(told, sizeof told, ":3: %s = \"%s\": ", keys[i], values[k]);
			snprintf(mend, sizeof mend, "write %s = \"none\"", keys[i]);
			assert_refused(text, told);
			assert_refused(text, mend);
		}
	}
	assert_refused("auth_tls = 0\n", ":1: auth_tls is a text");
}

static void a_named_file_must_be_there(void **state)
{
	struct config config;

	(void)state;
	assert_int_equal(config_read("/nonexistent/rvirtd.conf", &config), -1);
	assert_non_null(strstr(error_last()->message, "/nonexistent/rvirtd.conf"));
}

static void the_last_of_repeated_keys_counts(void **state)
{
	struct config config;

	(void)state;
	assert_int_equal(read_text("tcp_port = \"1\"\ntcp_port = \"2\"\n", &config), 0);
	assert_string_equal(config.tcp_port, "2");
	config_clear(&config);
}

static void reload_takes_what_can_change(void **state)
{
	struct config config, fresh;

	(void)state;
	assert_int_equal(read_text("max_clients = 1\ntcp_port = \"1\"\n", &config), 0);
	assert_int_equal(
		read_text("max_clients = 2\ntcp_port = \"2\"\nlog_outputs = \"3:stderr\"\n", &fresh), 0);
	config_reload(&config, &fresh);
	assert_int_equal(config.max_clients, 2);
	assert_string_equal(config.tcp_port, "1");
	assert_string_equal(config.log_outputs, "3:stderr");
	config_clear(&fresh);
	config_clear(&config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_file_gives_the_defaults),
		cmocka_unit_test(every_key_of_libvirtd_is_known),
		cmocka_unit_test(wrong_files_are_told_by_line),
		cmocka_unit_test(checks_that_are_not_there_are_refused_by_line),
		cmocka_unit_test(a_named_file_must_be_there),
		cmocka_unit_test(the_last_of_repeated_keys_counts),
		cmocka_unit_test(reload_takes_what_can_change),
	};

	log_set_level(LOG_NONE_);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
