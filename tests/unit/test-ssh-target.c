/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the user's ssh configuration says of a host, as the real ssh reads it: `ssh` in a directory
 * in front of PATH reads the file that a test writes, and no other.
 */
#include "config.h"
#include "unit.h"

#include "base/buf.h"
#include "base/error.h"
#include "transport/ssh-target.h"

#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>

struct place {
	char directory[64];
	char *path; /* $PATH before */
};

static void write_file(const struct place *p, const char *name, mode_t mode, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", p->directory, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static int begin(void **state)
{
	struct place *p = calloc(1, sizeof *p);
	char text[512];

	strcpy(p->directory, "/tmp/rvirt-test-XXXXXX");
	assert_non_null(mkdtemp(p->directory));
	p->path = strdup(getenv("PATH"));
	snprintf(text, sizeof text, "#!/bin/sh\nPATH=%s exec ssh -F %s/config \"$@\"\n", p->path,
			 p->directory);
	write_file(p, "ssh", 0700, text);
	write_file(p, "config", 0600, "");
	write_file(p, "key", 0600, "");
	write_file(p, "other.pub", 0600, "");
	snprintf(text, sizeof text, "%s:%s", p->directory, p->path);
	setenv("PATH", text, 1);
	setenv("SHELL", "/bin/sh", 1);
	unsetenv("SSH_AUTH_SOCK");
	*state = p;
	return 0;
}

static int end(void **state)
{
	static const char *const names[] = {"ssh", "config", "key", "other.pub", "a b"};
	struct place *p = *state;
	char path[128];

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		snprintf(path, sizeof path, "%s/%s", p->directory, names[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(p->directory), 0);
	setenv("PATH", p->path, 1);
	free(p->path);
	free(p);
	return 0;
}

/* Resolves with this configuration, in which @ stands for the directory; here and in the URI. */
static int resolve(const struct place *p, const char *config, const char *uri_text,
				   struct ssh_target *ret)
{
	CLEANUP_URI struct uri *uri = NULL;
	const char *const texts[] = {config, uri_text};
	char *filled[2];
	int r;

	for (int i = 0; i < 2; i++) {
		CLEANUP_BUF struct buf out = {0};

		for (const char *c = texts[i]; *c; c++)
			if (*c == '@' && c[1] == '/')
				buf_puts(&out, p->directory);
			else
				buf_add(&out, c, 1);
		filled[i] = buf_steal_text(&out);
	}
	write_file(p, "config", 0600, filled[0]);
	assert_int_equal(uri_parse(filled[1], &uri), 0);
	r = ssh_target_resolve(uri, -1, ret);
	free(filled[0]);
	free(filled[1]);
	return r;
}

/* The list with commas between, every directory as @. */
static const char *joined(const struct place *p, char **list)
{
	static char text[1024];
	size_t n = strlen(p->directory);

	*text = '\0';
	for (char **t = list; *t; t++) {
		char *in = strstr(*t, p->directory);

		snprintf(text + strlen(text), sizeof text - strlen(text), "%s%.*s%s%s", *text ? "," : "",
				 in ? (int)(in - *t) : 0, *t, in ? "@" : "", in ? in + n : *t);
	}
	return text;
}

static void without_configuration_the_defaults_count(void **state)
{
	CLEANUP_SSH_TARGET struct ssh_target t = {0};
	struct passwd *user = getpwuid(geteuid());

	assert_int_equal(resolve(*state, "", "qemu+ssh://Host/system", &t), 0);
	assert_string_equal(t.host, "host");
	assert_int_equal(t.port, 22);
	assert_int_equal(t.family, AF_UNSPEC);
	assert_string_equal(t.user, user->pw_name);
	assert_string_equal(t.known_as, "host");
	assert_int_equal(t.known_port, 22);
	assert_null(t.proxy_argv[0]);
	assert_null(t.agent_socket);
	assert_int_equal(t.verify, SSH_VERIFY_ASK);
	assert_int_equal(t.auth.n, 4);
	assert_int_equal(t.auth.way[0], SSH_AUTH_AGENT);
	assert_int_equal(t.connect_timeout, 0);
	assert_false(t.batch || t.compression || t.identities_only || t.hash_known_hosts);
	assert_non_null(strstr(t.user_known_hosts[0], "/.ssh/known_hosts"));
	assert_string_equal(t.global_known_hosts[0], "/etc/ssh/ssh_known_hosts");
	assert_non_null(strstr(t.host_key_algorithms, "ssh-ed25519"));
}

static const char rich[] =
	"Host h\n HostName real.example\n Port 2222\n User me\n HostKeyAlias other\n"
	" IdentityFile \"@/key\"\n IdentityFile @/%k/../other\n IdentityFile @/absent\n"
	" IdentitiesOnly yes\n IdentityAgent $RVIRT_TEST_AGENT\n"
	" UserKnownHostsFile @/x @/y\n GlobalKnownHostsFile none\n HashKnownHosts yes\n"
	" StrictHostKeyChecking accept-new\n PreferredAuthentications "
	"password,gssapi-with-mic,publickey\n"
	" AddressFamily inet\n ConnectTimeout 7\n ServerAliveInterval 5\n Compression yes\n"
	" BatchMode yes\n SetEnv A=b \"C=d e\"\n Ciphers aes128-ctr\n"
	"Host plain\n Port 2200\n";

static void the_configuration_of_the_host_counts(void **state)
{
	CLEANUP_SSH_TARGET struct ssh_target t = {0};

	setenv("RVIRT_TEST_AGENT", "/agent", 1);
	assert_int_equal(resolve(*state, rich, "qemu+ssh://h/system", &t), 0);
	assert_string_equal(t.host, "real.example");
	assert_int_equal(t.port, 2222);
	assert_string_equal(t.user, "me");
	assert_string_equal(t.known_as, "other");
	assert_int_equal(t.known_port, 0);
	/* %k is no directory: the second is not there */
	assert_string_equal(joined(*state, t.identity_files), "@/key");
	assert_string_equal(t.agent_socket, "/agent");
	assert_string_equal(joined(*state, t.user_known_hosts), "@/x,@/y");
	assert_null(t.global_known_hosts[0]);
	assert_string_equal(t.ciphers, "aes128-ctr");
	assert_int_equal(t.verify, SSH_VERIFY_ACCEPT_NEW);
	assert_int_equal(t.family, AF_INET);
	assert_int_equal(t.connect_timeout, 7);
	assert_int_equal(t.alive_interval, 5);
	assert_true(t.batch && t.compression && t.identities_only && t.hash_known_hosts);
	assert_int_equal(t.auth.n, 2); /* nobody can be asked for a password */
	assert_int_equal(t.auth.way[1], SSH_AUTH_PRIVKEY);
}

static void the_uri_goes_before_the_configuration(void **state)
{
	CLEANUP_SSH_TARGET struct ssh_target t = {0};

	assert_int_equal(resolve(*state, rich,
							 "qemu+ssh://you@plain:23/system?keyfile=@/other&known_hosts=@/a%20b"
							 "&known_hosts_verify=auto&sshauth=ssh-key,password",
							 &t),
					 0);
	assert_int_equal(t.port, 23);
	assert_int_equal(t.known_port, 23);
	assert_string_equal(t.user, "you");
	assert_string_equal(joined(*state, t.user_known_hosts), "@/a b");
	assert_non_null(strstr(t.identity_files[0], "/other"));
	assert_int_equal(t.verify, SSH_VERIFY_ACCEPT_NEW);
	assert_int_equal(t.auth.n, 2);
	assert_int_equal(t.auth.way[0], SSH_AUTH_PRIVKEY);
	assert_int_equal(t.auth.way[1], SSH_AUTH_PASSWORD);
	assert_null(t.agent_socket);
}

static void a_proxy_is_ready_to_run(void **state)
{
	static const char *const cases[][2] = {
		{"Host h\n ProxyJump a,u@[fe80::1]:2022\n",
		 "ssh,-T,-J,a,-l,u,-p,2022,-W,[h]:22,--,fe80::1"},
		{"Host h\n ProxyJump gate\n Port 2\n BatchMode yes\n",
		 "ssh,-T,-o,BatchMode=yes,-W,[h]:2,--,gate"},
		{"Host h\n ProxyCommand nc -x %%n %h %p %r\n User me\n",
		 "/bin/sh,-c,exec nc -x %n h 22 me"},
		{"Host h\n ProxyCommand none\n", ""},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		CLEANUP_SSH_TARGET struct ssh_target t = {0};

		assert_int_equal(resolve(*state, cases[i][0], "qemu+ssh://h/system", &t), 0);
		assert_string_equal(joined(*state, t.proxy_argv), cases[i][1]);
	}
}

static void names_with_blanks_are_found_where_they_are_there(void **state)
{
	CLEANUP_SSH_TARGET struct ssh_target t = {0};

	write_file(*state, "a b", 0600, "");
	assert_int_equal(
		resolve(*state, "UserKnownHostsFile \"@/a b\" @/c \"@/a b\"\n", "qemu+ssh://h/system", &t),
		0);
	assert_string_equal(joined(*state, t.user_known_hosts), "@/a b,@/c,@/a b");
}

static void what_only_ssh_can_honour_is_refused_by_name(void **state)
{
	static const char *const cases[][2] = {
		{"KnownHostsCommand /bin/x %H", "ssh configuration: KnownHostsCommand is '/bin/x %H' for "
										"host h"},
		{"RevokedHostKeys /x", "RevokedHostKeys"},
		{"VerifyHostKeyDNS yes", "VerifyHostKeyDNS"},
		{"CertificateFile ~/x", "CertificateFile"},
		{"PKCS11Provider /x", "PKCS11Provider"},
		{"SecurityKeyProvider /x", "SecurityKeyProvider"},
		{"BindInterface lo", "BindInterface"},
		{"BindAddress 127.0.0.2", "BindAddress"},
		{"Tunnel yes", "Tunnel"},
		{"RemoteCommand x", "RemoteCommand"},
		{"SessionType none", "SessionType"},
		{"PermitLocalCommand yes\nLocalCommand x", "LocalCommand"},
		{"ProxyCommand x\nProxyUseFdpass yes", "ProxyUseFdpass"},
		{"ProxyCommand x %r\nUser a;b", "may mean something else to a shell"},
		{"IdentityFile ~/%j", "%j in a file name"},
		{"PreferredAuthentications gssapi-with-mic,hostbased", "none is left"},
		{"PubkeyAuthentication no\nBatchMode yes", "none is left"},
		{"Nonsense yes", "Bad configuration option: nonsense"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		CLEANUP_SSH_TARGET struct ssh_target t = {0};

		assert_int_equal(resolve(*state, cases[i][0], "qemu+ssh://h/system", &t), -1);
		if (!strstr(error_last()->message, cases[i][1]))
			fail_msg("%s: %s", cases[i][0], error_last()->message);
	}
}

static void what_changes_nothing_is_let_pass(void **state)
{
	CLEANUP_SSH_TARGET struct ssh_target t = {0};

	assert_int_equal(resolve(*state,
							 "VerifyHostKeyDNS ask\nLocalCommand x\nForwardAgent yes\n"
							 "LocalForward 1234 x:1\nGSSAPIAuthentication yes\nSendEnv LANG\n"
							 "ControlMaster auto\nControlPath ~/.ssh/%C\nProxyUseFdpass yes\n"
							 "RequestTTY force\nIPQoS none\nRekeyLimit 1G\n",
							 "qemu+ssh://h/system", &t),
					 0);
}

static void a_keyfile_that_is_not_there_is_said(void **state)
{
	CLEANUP_SSH_TARGET struct ssh_target t = {0};

	assert_int_equal(resolve(*state, "User me", "qemu+ssh://h/system?keyfile=/absent", &t), -1);
	assert_string_equal(error_last()->message,
						"login: the URI's keyfile /absent for me@h: No such file or directory");
}

static void without_ssh_its_defaults_count(void **state)
{
	CLEANUP_SSH_TARGET struct ssh_target t = {0};
	const char *preloaded = getenv("LD_PRELOAD");
	struct place *p = *state;
	char path[128];
	int r;

	/* under valgrind a program that is not there seems to start */
	if (strstr(preloaded ? preloaded : "", "vgpreload"))
		return;
	snprintf(path, sizeof path, "%s/nowhere", p->directory);
	setenv("PATH", path, 1);
	r = resolve(p, "", "qemu+ssh://u@h:23/system?known_hosts_verify=ignore&keyfile=@/key", &t);
	setenv("PATH", p->path, 1);
	assert_int_equal(r, 0);
	assert_string_equal(t.host, "h");
	assert_string_equal(t.user, "u");
	assert_int_equal(t.port, 23);
	assert_string_equal(t.known_as, "h");
	assert_int_equal(t.verify, SSH_VERIFY_OFF);
	assert_non_null(strstr(t.identity_files[0], "/key"));
	assert_non_null(strstr(t.user_known_hosts[0], "/.ssh/known_hosts"));
	assert_string_equal(t.global_known_hosts[1], "/etc/ssh/ssh_known_hosts2");
	assert_null(t.ciphers);
	assert_int_equal(t.auth.n, 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_configuration_the_defaults_count),
		TEST(the_configuration_of_the_host_counts),
		TEST(the_uri_goes_before_the_configuration),
		TEST(a_proxy_is_ready_to_run),
		TEST(names_with_blanks_are_found_where_they_are_there),
		TEST(what_only_ssh_can_honour_is_refused_by_name),
		TEST(what_changes_nothing_is_let_pass),
		TEST(a_keyfile_that_is_not_there_is_said),
		TEST(without_ssh_its_defaults_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
