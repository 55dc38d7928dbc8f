/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is made of a network's definition for dnsmasq and nftables, what no value in it can do
 * there, and what is read of dnsmasq's leases.
 */
#include "config.h"
#include "unit.h"

#include "base/error.h"
#include "conf/network.h"
#include "drivers/network/dnsmasq-conf.h"
#include "drivers/network/firewall.h"
#include "drivers/network/leases.h"
#include "drivers/network/link.h"

static char conf_path[] = "/run/n.conf", pid_path[] = "/run/n.pid", leases_path[] = "/lib/n.leases",
			hosts_path[] = "/lib/a \"b\".hosts", names_path[] = "/lib/n.names";
static const struct dnsmasq_files files = {.conf = conf_path,
										   .pid = pid_path,
										   .leases = leases_path,
										   .hosts = hosts_path,
										   .names = names_path};

static struct def *read_def(const char *xml)
{
	struct def *def;

	if (def_parse(def_kind_network(), xml, 0, &def) < 0)
		fail_msg("%s", error_last()->message);
	return def;
}

#define WITH(inside)                                                                               \
	"<network><name>n</name><bridge name='br0'/>" inside                                           \
	"<ip address='192.168.5.1' prefix='24'><dhcp><range start='192.168.5.2' end='192.168.5.9'/>"   \
	"</dhcp></ip></network>"

/* The configuration has this line. */
static void has_line(const char *text, const char *line)
{
	size_t n = strlen(line);

	for (const char *at = text; at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
		if (strncmp(at, line, n) == 0 && at[n] == '\n')
			return;
	fail_msg("no line '%s' in:\n%s", line, text);
}

static char *conf_of(const char *xml)
{
	struct def *def = read_def(xml);
	char *text = dnsmasq_conf(def, &files);

	def_free(def);
	if (!text)
		fail_msg("%s", error_last()->message);
	return text;
}

static void dnsmasq_is_told_of_addresses_and_names(void **state)
{
	char *text = conf_of(WITH("<forward mode='nat'/><mtu size='1400'/>"
							  "<domain name='g.test' localOnly='yes'/><dns forwardPlainNames='no'>"
							  "<forwarder addr='192.0.2.1'/><forwarder domain='x.test'/>"
							  "<txt name='t' value='a b'/>"
							  "<srv service='ldap' protocol='tcp' target='h' port='389'/></dns>"));

	(void)state;
	has_line(text, "server=192.0.2.1");
	has_line(text, "server=/x.test/#");
	has_line(text, "no-resolv");
	has_line(text, "local=/g.test/");
	has_line(text, "domain=g.test");
	has_line(text, "local=//");
	has_line(text, "interface=br0");
	has_line(text, "txt-record=t,a b");
	has_line(text, "srv-host=_ldap._tcp,h,389");
	has_line(text, "dhcp-range=192.168.5.2,192.168.5.9,255.255.255.0");
	has_line(text, "dhcp-lease-max=8");
	has_line(text, "dhcp-option=option:mtu,1400");
	has_line(text, "dhcp-hostsfile=\"/lib/a \\\"b\\\".hosts\"");
	assert_null(strstr(text, "ra-param"));
	free(text);
}

static void an_isolated_network_offers_no_way_out(void **state)
{
	char *text = conf_of(WITH(""));

	(void)state;
	has_line(text, "dhcp-option=3");
	has_line(text, "no-resolv");
	has_line(text, "ra-param=*,0,0");
	free(text);
}

static void ipv6_is_advertised_or_given_out(void **state)
{
	char *text = conf_of("<network><name>n</name><bridge name='br0'/>"
						 "<ip family='ipv6' address='2001:db8::1' prefix='64'/></network>");

	(void)state;
	has_line(text, "dhcp-range=2001:db8::1,ra-only");
	free(text);
	text = conf_of("<network><name>n</name><bridge name='br0'/>"
				   "<ip family='ipv6' address='2001:db8::1' prefix='64' localPtr='yes'><dhcp>"
				   "<range start='2001:db8::10' end='2001:db8::1f'/></dhcp></ip></network>");
	has_line(text, "dhcp-range=2001:db8::10,2001:db8::1f,64");
	has_line(text, "dhcp-lease-max=16");
	has_line(text, "enable-ra");
	has_line(text, "local=/0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa/");
	free(text);
}

static void hosts_have_addresses_of_their_own(void **state)
{
	struct def *def = read_def(
		"<network><name>n</name><dns><host ip='192.0.2.9'><hostname>a</hostname>"
		"<hostname>b</hostname></host></dns><ip address='192.168.5.1' prefix='24'><dhcp>"
		"<host mac='52:54:00:00:00:01' name='one' ip='192.168.5.7'>"
		"<lease expiry='3' unit='hours'/></host><host name='two' ip='192.168.5.8'/></dhcp></ip>"
		"<ip family='ipv6' address='2001:db8::1' prefix='64'><dhcp>"
		"<host id='0:3:0:1' name='six' ip='2001:db8::7'/></dhcp></ip></network>");
	char *hosts = dnsmasq_hosts(def), *names = dnsmasq_names(def);

	(void)state;
	assert_string_equal(hosts, "52:54:00:00:00:01,192.168.5.7,one,3h\n"
							   "two,192.168.5.8\n"
							   "id:0:3:0:1,six,[2001:db8::7]\n");
	assert_string_equal(names, "192.0.2.9 a\n192.0.2.9 b\n");
	free(hosts);
	free(names);
	def_free(def);
}

/* -- what would be read as more than it is -- */

static void is_refused(const char *xml, const char *words)
{
	struct def *def = read_def(xml);
	char *conf = dnsmasq_conf(def, &files);
	char *hosts = conf ? dnsmasq_hosts(def) : NULL;
	char *names = hosts ? dnsmasq_names(def) : NULL;

	if (names)
		fail_msg("taken: %s\n%s%s%s", xml, conf, hosts, names);
	if (!strstr(error_last()->message, words))
		fail_msg("%s: %s", words, error_last()->message);
	free(conf);
	free(hosts);
	def_free(def);
}

static void no_value_becomes_another_line(void **state)
{
	char long_xml[4000], filler[1100];

	(void)state;
	is_refused(WITH("<dns><txt name='t' value='a&#10;dhcp-script=/bin/sh'/></dns>"), "txt-record");
	is_refused(WITH("<dns><txt name='t' value='a&#13;b'/></dns>"), "txt-record");
	is_refused(WITH("<domain name='d&#10;conf-file=/x'/>"), "domain");
	is_refused(WITH("<dns><forwarder domain='d&#10;x' addr='192.0.2.1'/></dns>"), "forwarder");
	is_refused("<network><name>n</name><bridge name='br0&#10;user=root'/>"
			   "<ip address='192.168.5.1' prefix='24'/></network>",
			   "interface");
	is_refused("<network><name>n</name><ip address='192.168.5.1' prefix='24'>"
			   "<tftp root='/a&#10;dhcp-script=/b'/><dhcp><range start='192.168.5.2' "
			   "end='192.168.5.9'/></dhcp></ip></network>",
			   "tftp-root");
	/* dnsmasq goes on with the rest of a long line as if it were another */
	memset(filler, 'a', sizeof filler - 1);
	filler[sizeof filler - 1] = '\0';
	snprintf(long_xml, sizeof long_xml,
			 WITH("<dns><txt name='t' value='%sdhcp-script=/bin/sh'/></dns>"), filler);
	is_refused(long_xml, "too long");
}

static void no_name_is_more_than_a_name(void **state)
{
	(void)state;
	is_refused(WITH("<domain name='d,192.0.2.0/24'/>"), "d,192.0.2.0/24");
	is_refused(WITH("<dns><forwarder domain='d/192.0.2.66' addr='192.0.2.1'/></dns>"), "forwarder");
	is_refused(WITH("<dns><srv service='s' protocol='tcp' target='h,1,2,3'/></dns>"), "target");
	is_refused(WITH("<dns><host ip='192.0.2.1'><hostname>a b</hostname></host></dns>"), "a b");
	is_refused(WITH("<dns><host ip='192.0.2.1'><hostname>a&#10;192.0.2.2 bank</hostname></host>"
					"</dns>"),
			   "bank");
	is_refused(
		"<network><name>n</name><ip address='192.168.5.1' prefix='24'><dhcp>"
		"<host mac='52:54:00:00:00:01' name='a,set:x' ip='192.168.5.7'/></dhcp></ip></network>",
		"a,set:x");
}

static void paths_are_quoted(void **state)
{
	char *text = conf_of("<network><name>n</name><ip address='192.168.5.1' prefix='24'>"
						 "<tftp root='/a # \"b\", \\c'/><dhcp><range start='192.168.5.2' "
						 "end='192.168.5.9'/><bootp file='x,y' server='192.0.2.3'/></dhcp></ip>"
						 "</network>");

	(void)state;
	has_line(text, "tftp-root=\"/a # \\\"b\\\", \\\\c\"");
	has_line(text, "dhcp-boot=\"x,y\",,192.0.2.3");
	free(text);
}

static void a_device_has_a_name_that_is_only_a_name(void **state)
{
	static const char *const bad[] = {
		"", ".", "..", "a/b", "a b", "a\n", "br\"", "virbr*", "a:b", "$x", "a23456789012345 6"};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(link_name_ok(bad[i]));
	assert_true(link_name_ok("virbr0"));
	assert_true(link_name_ok("a.b-c_d@5"));
	assert_true(link_name_ok("abcdefghijklmno"));
	assert_false(link_name_ok("abcdefghijklmnop"));
}

/* -- the firewall -- */

static char *rules_of(const char *xml)
{
	struct def *def = read_def(xml);
	const struct def *const defs[] = {def, NULL};
	char *text = firewall_text(defs);

	assert_non_null(text);
	def_free(def);
	return text;
}

#define ADDRESS "<ip address='192.168.5.1' prefix='24'/>"
#define NAT(inside)                                                                                \
	"<network><name>n</name><bridge name='br0'/><forward mode='nat'" inside "</forward>" ADDRESS   \
	"</network>"

static void nat_lets_answers_in_and_hides_addresses(void **state)
{
	char *text = rules_of(NAT(">"));

	(void)state;
	has_line(text, "    oifname \"br0\" ip daddr 192.168.5.0/24 ct state established,related "
				   "counter accept");
	has_line(text, "    iifname \"br0\" ip saddr 192.168.5.0/24 counter accept");
	has_line(text, "    meta l4proto tcp ip saddr 192.168.5.0/24 ip daddr != 192.168.5.0/24 "
				   "counter masquerade to :1024-65535");
	has_line(text, "    ip saddr 192.168.5.0/24 ip daddr != 192.168.5.0/24 counter masquerade");
	free(text);
	text = rules_of(NAT(" dev='eth7'><nat><address start='192.0.2.5' end='192.0.2.6'/>"
						"<port start='500' end='1000'/></nat>"));
	has_line(text, "    meta l4proto udp oifname \"eth7\" ip saddr 192.168.5.0/24 ip daddr != "
				   "192.168.5.0/24 counter snat ip to 192.0.2.5-192.0.2.6:500-1000");
	has_line(text, "    iifname \"br0\" oifname \"eth7\" ip saddr 192.168.5.0/24 counter accept");
	free(text);
}

static void an_isolated_network_stays_within(void **state)
{
	char *text = rules_of("<network><name>n</name><bridge name='br0'/>" ADDRESS "</network>");

	(void)state;
	has_line(text, "    iifname \"br0\" oifname \"br0\" counter accept");
	has_line(text, "    iifname \"br0\" counter reject");
	has_line(text, "    oifname \"br0\" counter reject");
	assert_null(strstr(text, "192.168.5"));
	free(text);
}

static void a_routed_network_is_reached_from_outside(void **state)
{
	char *text =
		rules_of("<network><name>n</name><bridge name='br0'/><forward mode='route'/>" ADDRESS
				 "<ip family='ipv6' address='2001:db8::1' prefix='64'/></network>");

	(void)state;
	has_line(text, "    oifname \"br0\" ip daddr 192.168.5.0/24 counter accept");
	has_line(text, "    oifname \"br0\" ip6 daddr 2001:db8::/64 counter accept");
	assert_null(strstr(text, "masquerade"));
	free(text);
}

static void without_networks_there_is_no_table(void **state)
{
	char *text = rules_of(
		"<network><name>n</name><bridge name='br0'/><forward mode='open'/>" ADDRESS "</network>");

	(void)state;
	assert_null(strchr(text, '{'));
	free(text);
}

/* -- leases -- */

static void leases_are_read_line_by_line(void **state)
{
	char text[] = "1700000000 52:54:00:00:00:01 192.168.5.2 one 01:52:54:00:00:00:01\n"
				  "rubbish\n"
				  "0 52:54:00:00:00:02 192.168.5.3 * *\n"
				  "-1 52:54:00:00:00:02 192.168.5.3 * *\n"
				  "duid 00:01:00:01:2c:00:00:00:52:54:00:aa:aa:aa\n"
				  "1700000001 T77 2001:db8::5 * 00:01:00:01:2c:11:22:33:52:54:00:00:00:09\n"
				  "1700000002 78 2001:db8::6 six 00:04:01:02";
	char *at = text;
	struct lease l;
	bool six = false;

	(void)state;
	assert_true(lease_next(&at, &six, &l));
	assert_int_equal(l.expiry, 1700000000);
	assert_string_equal(l.mac, "52:54:00:00:00:01");
	assert_string_equal(l.hostname, "one");
	assert_true(lease_next(&at, &six, &l));
	assert_int_equal(l.expiry, 0);
	assert_null(l.hostname);
	assert_null(l.clientid);
	assert_true(lease_next(&at, &six, &l));
	assert_true(l.six);
	assert_string_equal(l.iaid, "77");
	assert_string_equal(l.mac, "52:54:00:00:00:09");
	assert_true(lease_next(&at, &six, &l));
	assert_string_equal(l.mac, "");
	assert_string_equal(l.clientid, "00:04:01:02");
	assert_false(lease_next(&at, &six, &l));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dnsmasq_is_told_of_addresses_and_names),
		cmocka_unit_test(an_isolated_network_offers_no_way_out),
		cmocka_unit_test(ipv6_is_advertised_or_given_out),
		cmocka_unit_test(hosts_have_addresses_of_their_own),
		cmocka_unit_test(no_value_becomes_another_line),
		cmocka_unit_test(no_name_is_more_than_a_name),
		cmocka_unit_test(paths_are_quoted),
		cmocka_unit_test(a_device_has_a_name_that_is_only_a_name),
		cmocka_unit_test(nat_lets_answers_in_and_hides_addresses),
		cmocka_unit_test(an_isolated_network_stays_within),
		cmocka_unit_test(a_routed_network_is_reached_from_outside),
		cmocka_unit_test(without_networks_there_is_no_table),
		cmocka_unit_test(leases_are_read_line_by_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
