/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How URIs are read, named to the daemon, written back and refused.
 */
#include "config.h"
#include "unit.h"

#include "base/error.h"
#include "transport/uri.h"

/* A URI and what uri_describe() says of it, lines separated by '|'. */
struct reading {
	const char *uri, *lines;
};

static const struct reading readings[] = {
	/* the examples of the document */
	{"qemu:///system",
	 "scheme=qemu|driver=qemu|path=/system|name=qemu:///system|out=qemu:///system"},
	{"qemu://oirase/system",
	 "scheme=qemu|driver=qemu|server=oirase|path=/system|name=qemu:///system|"
	 "out=qemu://oirase/system"},
	{"xen+ssh://rjones@towada/",
	 "scheme=xen+ssh|driver=xen|transport=ssh|user=rjones|server=towada|path=/|name=xen:///|"
	 "out=xen+ssh://rjones@towada/"},
	{"xen://towada/", "scheme=xen|driver=xen|server=towada|path=/|name=xen:///|out=xen://towada/"},
	{"xen://towada/?no_verify=1",
	 "scheme=xen|driver=xen|server=towada|path=/|query=no_verify=1|param=no_verify=1|name=xen:///|"
	 "out=xen://towada/?no_verify=1"},
	{"qemu+unix:///system?socket=/opt/libvirt/run/libvirt/libvirt-sock",
	 "scheme=qemu+unix|driver=qemu|transport=unix|path=/system|"
	 "query=socket=/opt/libvirt/run/libvirt/libvirt-sock|"
	 "param=socket=/opt/libvirt/run/libvirt/libvirt-sock|name=qemu:///system|"
	 "out=qemu+unix:///system?socket=/opt/libvirt/run/libvirt/libvirt-sock"},
	{"test+tcp://localhost:5000/default",
	 "scheme=test+tcp|driver=test|transport=tcp|server=localhost|port=5000|path=/default|"
	 "name=test:///default|out=test+tcp://localhost:5000/default"},
	{"test://h/?name=qemu:///system",
	 "scheme=test|driver=test|server=h|path=/|query=name=qemu:///system|param=name=qemu:///system|"
	 "name=qemu:///system|out=test://h/?name=qemu:///system"},
	/* addresses */
	{"test://[::1]:123/system", "scheme=test|driver=test|server=::1|port=123|path=/system|"
								"name=test:///system|out=test://[::1]:123/system"},
	{"test+ssh://[fe80::1%25eth0]/",
	 "scheme=test+ssh|driver=test|transport=ssh|server=fe80::1%eth0|"
	 "path=/|name=test:///|out=test+ssh://[fe80::1%25eth0]/"},
	{"test+ssh://[fe80::1%eth0]/", "scheme=test+ssh|driver=test|transport=ssh|server=fe80::1%eth0|"
								   "path=/|name=test:///|out=test+ssh://[fe80::1%eth0]/"},
	{"test://127.0.0.1:65535", "scheme=test|driver=test|server=127.0.0.1|port=65535|name=test://|"
							   "out=test://127.0.0.1:65535"},
	/* escapes, separators, odd but lawful forms */
	{"test+ext://u%40d@h/a%20b%2Fc?command=/bin/c%61t&foo=b%20r&x#fr%20ag",
	 "scheme=test+ext|driver=test|transport=ext|user=u@d|server=h|path=/a b/c|"
	 "query=command=/bin/c%61t&foo=b%20r&x|fragment=fr%20ag|param=command=/bin/cat|"
	 "param=foo=b r|param=x=|name=test:///a%20b%2Fc?foo=b%20r&x#fr%20ag|"
	 "out=test+ext://u%40d@h/a%20b%2Fc?command=/bin/c%61t&foo=b%20r&x#fr%20ag"},
	{"test://h/?socket=/s;a=1;b=2",
	 "scheme=test|driver=test|server=h|path=/|query=socket=/s;a=1;b=2|param=socket=/s|param=a=1|"
	 "param=b=2|name=test:///?a=1&b=2|out=test://h/?socket=/s;a=1;b=2"},
	{"test://h/?a=1;b=2&socket=/s", "scheme=test|driver=test|server=h|path=/|query=a=1;b=2&socket=/"
									"s|param=a=1;b=2|param=socket=/s|"
									"name=test:///?a=1%3Bb=2|out=test://h/?a=1;b=2&socket=/s"},
	{"test://h/?=x&&b&a=%26%3d%0a",
	 "scheme=test|driver=test|server=h|path=/|query==x&&b&a=%26%3d%0a|param=b=|param=a=&=%0A|"
	 "name=test:///?b&a=%26%3d%0a|out=test://h/?=x&&b&a=%26%3d%0a"},
	{"test://h/?a=1&a=2&NAME=x&name=y",
	 "scheme=test|driver=test|server=h|path=/|"
	 "query=a=1&a=2&NAME=x&name=y|param=a=1|param=a=2|param=NAME=x|"
	 "param=name=y|name=y|out=test://h/?a=1&a=2&NAME=x&name=y"},
	{"TEST+TCP://h", "scheme=TEST+TCP|driver=TEST|transport=tcp|server=h|name=TEST://|"
					 "out=TEST+TCP://h"},
	{"remote+ssh://h/x?a=1", "scheme=remote+ssh|driver=remote|transport=ssh|server=h|path=/x|"
							 "query=a=1|param=a=1|name=|out=remote+ssh://h/x?a=1"},
	{"remote://h/?name=test:///default",
	 "scheme=remote|driver=remote|server=h|path=/|query=name=test:///default|"
	 "param=name=test:///default|name=test:///default|out=remote://h/?name=test:///default"},
	{"test+foo+bar://h/", "scheme=test+foo+bar|driver=test|transport=foo+bar|server=h|path=/|"
						  "name=test:///|out=test+foo+bar://h/"},
	{"test:/default", "scheme=test|driver=test|path=/default|name=test:///default|"
					  "out=test:///default"},
	{"test:///default?sock=1", "scheme=test|driver=test|path=/default|query=sock=1|param=sock=1|"
							   "name=test:///default?sock=1|out=test:///default?sock=1"},
	{"test+unix:////p//q",
	 "scheme=test+unix|driver=test|transport=unix|path=//p//q|name=test:////p//q|"
	 "out=test+unix:////p//q"},
};

static void uri_is_read_and_written_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof readings / sizeof readings[0]; i++) {
		CLEANUP_BUF struct buf out = {0};
		CLEANUP_FREE char *text = NULL;

		if (uri_describe(readings[i].uri, &out) < 0)
			fail_msg("%s: %s", readings[i].uri, error_last()->message);
		text = buf_steal_text(&out);
		for (char *c = text; *c; c++)
			if (*c == '\n')
				*c = c[1] ? '|' : 0;
		assert_string_equal(text, readings[i].lines);
	}
}

/* A URI that is refused, and words that the error must have. */
struct refusal {
	const char *uri, *words;
};

static const struct refusal refusals[] = {
	{"", "does not include a driver name"},
	{"foo", "'foo' does not include a driver name"},
	{"/var/run/x", "does not include a driver name"},
	{"///default", "does not include a driver name"},
	{"+ext://h/p", "Unable to parse URI +ext://h/p"},
	{"test+://h/p", "no transport after '+'"},
	{"test:p", "expected 'test://' before 'p'"},
	{"test+ext:p", "expected 'test+ext://' before 'p'"},
	{"test://h:/p", "Unable to parse URI test://h:/p"},
	{"test://h:x/p", "Unable to parse URI test://h:x/p"},
	{"test://h:65536/p", "port is not from 1 to 65535"},
	{"test://h:99999999999999999999/p", ""},
	{"test://:22/p", "port but no host"},
	{"test+ssh://u@:22/p", "port but no host"},
	{"test://u@/p", "user name but neither a host nor a transport"},
	{"test+ssh://@h/p", "empty user name"},
	{"test://[::1/p", "Unable to parse"},
	{"test://[::g]/p", "'[::g]' in the URI is not an IPv6 address"},
	{"test://[]/p", "not an IPv6 address"},
	{"test://[127.0.0.1]/p", "not an IPv6 address"},
	{"test://[fe80::1%25]/p", ""},
	{"test://[fe80::1%25a;b]/p", "names no network interface"},
	{"test://[fe80::1%25abcdefghijklmnop]/p", "names no network interface"},
	{"test+ssh://-oProxyCommand=x/p", "'-oProxyCommand=x' begins with '-'"},
	{"test+ssh://%2doProxyCommand=x/p", "begins with '-'"},
	{"test+ssh://-lroot@h/p", "user name '-lroot' begins with '-'"},
	{"test+ssh://a;b@h/p", "character that no user name has"},
	{"test+ssh://a%60b@h/p", "character that no user name has"},
	{"test+ssh://a$(b)@h/p", "character that no user name has"},
	{"test+ssh://a%5c@h/p", "character that no user name has"},
	{"test+ssh://h%24x/p", "character that no host name has"},
	{"test+ssh://h'x/p", "character that no host name has"},
	{"test+ssh://h%20x/p", "character that no host name has"},
	{"test+ssh://h%0ax/p", "host name of the URI has a control character"},
	{"test+ssh://u%0ax@h/p", "user name of the URI has a control character"},
	{"test+ssh://h/%00p", "%00"},
	{"test+ssh://h/p%1b", "path of the URI has a control character"},
	{"test+ssh://h/p?a=%00", "%00"},
	{"test+ssh://h/p?socket=/a%0ab", "URI parameter socket has a control character"},
	{"test+ssh://h/p?%07=1", "name of a URI parameter has a control character"},
	{"test+ssh://h/p?a=%zz", "Unable to parse"},
	{"test+ssh://h/p q", "Unable to parse"},
	{"test+ssh://h/\xff", "Unable to parse"},
	{"test+ssh://h/p?no_tty=yes", "URI parameter no_tty must be a number, not 'yes'"},
	{"test+ssh://h/p?no_verify=", "URI parameter no_verify must be a number"},
	{"test+ssh://h/p?connect_timeout=-1", "connect_timeout must be a number"},
	{"test+ssh://h/p?mode=foo", "mode must be one of auto, direct, legacy, not 'foo'"},
	{"test+ssh://h/p?proxy=", "proxy must be one of auto, netcat, native, not ''"},
	{"test+ssh://h/p?known_hosts_verify=no", "must be one of normal, auto, ignore"},
	{"test+ssh://h/p?knownhosts=/x",
	 "unknown URI parameter 'knownhosts': did you mean 'known_hosts'?"},
	{"test+ssh://h/p?sock=/x", "did you mean 'socket'?"},
	{"test+unix:///p?sock=/x", "did you mean 'socket'?"},
};

static void uri_is_refused_with_its_fault(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
		struct uri *uri = NULL;

		error_reset();
		if (uri_parse(refusals[i].uri, &uri) == 0)
			fail_msg("%s was accepted", refusals[i].uri);
		assert_null(uri);
		assert_int_equal(error_last()->domain, FROM_URI);
		if (!strstr(error_last()->message, refusals[i].words))
			fail_msg("%s: %s", refusals[i].uri, error_last()->message);
	}
}

static void password_is_refused_and_not_repeated(void **state)
{
	static const char *const uris[] = {
		"test+ssh://me:s3cret@host/", "test://me:s3cret@host",
		"test://:s3cret@host/",       "test+ssh://me:s3cret@host:x/",
		"test://me:s3cret/s3@host/",  "test://me:s3cret?s3@host/",
		"//me:s3cret@host/",          "test://me:s3cret %zz@host/",
		"te st://me:s3cret@host/",
	};

	(void)state;
	for (size_t i = 0; i < sizeof uris / sizeof uris[0]; i++) {
		struct uri *uri = NULL;

		assert_int_equal(uri_parse(uris[i], &uri), -1);
		if (strstr(error_last()->message, "s3"))
			fail_msg("%s: %s", uris[i], error_last()->message);
	}
}

static void near_misses_are_told_from_other_names(void **state)
{
	static const char *const misses[][2] = {
		{"knownhosts", "known_hosts"},
		{"known-hosts", "known_hosts"},
		{"known_host", "known_hosts"},
		{"KnownHosts", "known_hosts"},
		{"knwon_hosts", "known_hosts"},
		{"known_hosts_verfy", "known_hosts_verify"},
		{"sock", "socket"},
		{"sockets", "socket"},
		{"scoket", "socket"},
		{"no-verify", "no_verify"},
		{"noverify", "no_verify"},
		{"no_verfy", "no_verify"},
		{"key_file", "keyfile"},
		{"keyfil", "keyfile"},
		{"netcta", "netcat"},
		{"notty", "no_tty"},
		{"no-tty", "no_tty"},
		{"ssh_auth", "sshauth"},
		{"tls-priority", "tls_priority"},
		{"pki_path", "pkipath"},
		{"comand", "command"},
		{"na_me", "name"},
		{"connecttimeout", "connect_timeout"},
		{"proxi", "proxy"},
	};
	static const char *const others[] = {
		"socket",  "SOCKET",      "keyFile",   "debug",       "transport",
		"vcenter", "auto_answer", "foo",       "x",           "",
		"node",    "model",       "path",      "comment",     "project",
		"cacert",  "logfile",     "volume",    "host",        "port",
		"user",    "timeout",     "namespace", "commandline", "names",
	};

	(void)state;
	for (size_t i = 0; i < sizeof misses / sizeof misses[0]; i++) {
		if (!uri_near_miss(misses[i][0]))
			fail_msg("%s resembles nothing", misses[i][0]);
		assert_string_equal(uri_near_miss(misses[i][0]), misses[i][1]);
	}
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (uri_near_miss(others[i]))
			fail_msg("%s was taken for %s", others[i], uri_near_miss(others[i]));
}

static void size_and_number_of_parameters_are_bounded(void **state)
{
	CLEANUP_BUF struct buf text = {0};
	struct uri *uri = NULL;

	(void)state;
	buf_puts(&text, "test://h/?");
	for (int i = 0; i < 300; i++)
		buf_puts(&text, "a&");
	assert_int_equal(uri_parse((char *)buf_at(&text), &uri), -1);
	assert_non_null(strstr(error_last()->message, "parameters"));
	while (buf_len(&text) <= URI_MAX)
		buf_puts(&text, "&&&&&&&&&&&&&&&&&&&");
	assert_int_equal(uri_parse((char *)buf_at(&text), &uri), -1);
	assert_non_null(strstr(error_last()->message, "longer than"));
}

static void meaning_is_given_by_defaults(void **state)
{
	struct uri *uri;

	(void)state;
	assert_int_equal(uri_parse("test://h/?no_tty=0&no_verify=2&connect_timeout=3", &uri), 0);
	assert_true(uri_is_remote(uri));
	assert_string_equal(uri_transport(uri), "tls");
	assert_false(uri_flag(uri, URI_NO_TTY));
	assert_true(uri_flag(uri, URI_NO_VERIFY));
	assert_false(uri_flag(uri, URI_NO_SANITY));
	assert_int_equal(uri_connect_timeout_ms(uri), 3000);
	assert_string_equal(uri_param(uri, URI_NO_VERIFY), "2");
	assert_null(uri_param(uri, URI_SOCKET));
	uri_free(uri);
	assert_int_equal(uri_parse("test:///default", &uri), 0);
	assert_false(uri_is_remote(uri));
	assert_string_equal(uri_transport(uri), "unix");
	assert_string_equal(uri_host(uri), "localhost");
	assert_int_equal(uri_connect_timeout_ms(uri), -1);
	uri_free(uri);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(uri_is_read_and_written_back),
		cmocka_unit_test(uri_is_refused_with_its_fault),
		cmocka_unit_test(password_is_refused_and_not_repeated),
		cmocka_unit_test(near_misses_are_told_from_other_names),
		cmocka_unit_test(size_and_number_of_parameters_are_bounded),
		cmocka_unit_test(meaning_is_given_by_defaults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
