/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files of known host keys: which lines are about a host, what they say of a key, and how one more
 * is added.
 */
#include "config.h"
#include "unit.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/fd.h"
#include "transport/known-hosts.h"

#include <sys/stat.h>

#define ED25519 "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILn/VnCXmR72JHPyXn0F70wSMkQqN1m39o8iRTsf2BL3"
#define OTHER_ED25519                                                                              \
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILn/VnCXmR72JHPyXn0F70wSMkQqN1m39o8iRTsf2BL4"
#define ECDSA                                                                                      \
	"ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBNUMm5fGSIz8NpLAhY"   \
	"ghQ3fCJ6PV+qRtHQDBjtj52hrKT2M0D92sJoA3a3Xauz6qm6wPFexcBHzuHGXeWyUDw4M="
#define HASHED "|1|QXsYBeIV2PB/Qw8b8hgzUg/ihn4=|4FuKe5nmWHl7xs8M26ugCZX+8us=" /* [host]:2222 */

static struct known_hosts *known_from(const char *host, int port, const char *text)
{
	struct known_hosts *known = known_hosts_new(host, port);

	assert_non_null(known);
	assert_int_equal(known_hosts_read_text(known, text, strlen(text), "file"), 0);
	return known;
}

/* The verdict on the ed25519 key, and the line that it is about. */
static enum known_host_verdict check(const char *host, int port, const char *text, int *ret_line)
{
	CLEANUP_KNOWN_HOSTS struct known_hosts *key = known_from("x", 0, "x " ED25519);
	CLEANUP_KNOWN_HOSTS struct known_hosts *known = known_from(host, port, text);
	const struct known_host *entry;
	enum known_host_verdict verdict;

	assert_int_equal(key->n_entries, 1);
	verdict = known_hosts_check(known, key->entries[0].key, key->entries[0].len, &entry);
	*ret_line = entry ? entry->line : 0;
	return verdict;
}

static void lines_say_what_they_say_to_ssh(void **state)
{
	static const struct {
		const char *host;
		int port;
		const char *text;
		enum known_host_verdict verdict;
		int line;
	} cases[] = {
		{"host", 22, "", KNOWN_HOST_UNKNOWN, 0},
		{"host", 22, "# host\n\nhost " ED25519, KNOWN_HOST_OK, 3},
		{"host", 0, " \t HOST\t" ED25519 " a comment\r\n", KNOWN_HOST_OK, 1},
		{"host", 22, "host " ED25519 "\r\n", KNOWN_HOST_OK, 1},
		{"host", 22, "hos " ED25519 "\nhostt " ED25519, KNOWN_HOST_UNKNOWN, 0},
		{"host", 22, "a,host,b " OTHER_ED25519 "\n", KNOWN_HOST_CHANGED, 1},
		{"host", 22, "host " ECDSA "\nhost " OTHER_ED25519 "\n", KNOWN_HOST_CHANGED, 2},
		{"host", 22, "host " ECDSA "\n", KNOWN_HOST_OTHER_TYPE, 1},
		{"host", 22, "host " OTHER_ED25519 "\nhost " ED25519 "\n", KNOWN_HOST_OK, 2},
		{"host", 22, "@revoked * " ED25519 "\nhost " ED25519 "\n", KNOWN_HOST_REVOKED, 1},
		{"host", 22, "@revoked * " OTHER_ED25519 "\n", KNOWN_HOST_UNKNOWN, 0},
		{"host", 22, "@cert-authority * " ED25519 "\n", KNOWN_HOST_UNKNOWN, 0},
		{"host", 22, "@other host " ED25519 "\n", KNOWN_HOST_UNKNOWN, 0},
		{"a.example.com", 22, "*.example.com,!b.* " ED25519, KNOWN_HOST_OK, 1},
		{"b.example.com", 22, "*.example.com,!b.* " ED25519, KNOWN_HOST_UNKNOWN, 0},
		{"b.example.com", 22, "!b.*,*.example.com " ED25519, KNOWN_HOST_UNKNOWN, 0},
		{"aXbXc", 22, "a?b*c " ED25519, KNOWN_HOST_OK, 1},
		{"host", 2222, "[host]:2222 " ED25519, KNOWN_HOST_OK, 1},
		{"host", 2223, "[host]:2222 " ED25519, KNOWN_HOST_UNKNOWN, 0},
		{"host", 22, "[host]:2222 " ED25519, KNOWN_HOST_UNKNOWN, 0},
		{"host", 2222, "[*]:2222 " ED25519, KNOWN_HOST_OK, 1},
		{"host", 2222, HASHED " " ED25519, KNOWN_HOST_OK, 1},
		{"host", 22, HASHED " " ED25519, KNOWN_HOST_UNKNOWN, 0},
		/* the name without the port vouches for a key, and says nothing against one */
		{"host", 2222, "host " ED25519, KNOWN_HOST_OK, 1},
		{"host", 2222, "host " OTHER_ED25519, KNOWN_HOST_UNKNOWN, 0},
		{"host", 2222, "[host]:2222 " OTHER_ED25519 "\nhost " ED25519, KNOWN_HOST_CHANGED, 1},
		{"host", 22, "host ssh-ed25519 AAAA\n", KNOWN_HOST_UNKNOWN, 0},
		{"host", 22,
		 "host ssh-rsa" /* the type of another key */
		 " AAAAC3NzaC1lZDI1NTE5AAAAILn/VnCXmR72JHPyXn0F70wSMkQqN1m39o8iRTsf2BL3",
		 KNOWN_HOST_UNKNOWN, 0},
		{"host", 22, "host 1024 35 123456789\nhost\nhost ssh-ed25519\n|1|x|y " ED25519,
		 KNOWN_HOST_UNKNOWN, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int line;
		enum known_host_verdict v = check(cases[i].host, cases[i].port, cases[i].text, &line);

		if (v != cases[i].verdict || line != cases[i].line)
			fail_msg("case %zu, '%s': verdict %d, line %d", i, cases[i].text, (int)v, line);
	}
}

static void a_pattern_that_is_too_long_fits_nothing(void **state)
{
	char text[2000];
	int line;

	(void)state;
	memset(text, '*', 1023);
	snprintf(text + 1023, sizeof text - 1023, ",host %s\n", ED25519);
	assert_int_equal(check("host", 22, text, &line), KNOWN_HOST_UNKNOWN);
	assert_int_equal(check("host", 22, text + 1, &line), KNOWN_HOST_OK);
}

static void algorithms_of_known_keys_come_first(void **state)
{
	static const char all[] = "ssh-ed25519,ecdsa-sha2-nistp256,rsa-sha2-512,rsa-sha2-256";
	static const char *const cases[][2] = {
		{"", "ssh-ed25519,ecdsa-sha2-nistp256,rsa-sha2-512,rsa-sha2-256"},
		{"host " ECDSA, "ecdsa-sha2-nistp256,ssh-ed25519,rsa-sha2-512,rsa-sha2-256"},
		{"host " ECDSA "\nhost " ED25519, all},
		{"@revoked host " ECDSA, all},
		{"host ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAQc=",
		 "rsa-sha2-512,rsa-sha2-256,ssh-ed25519,ecdsa-sha2-nistp256"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		CLEANUP_KNOWN_HOSTS struct known_hosts *known = known_from("host", 22, cases[i][0]);
		CLEANUP_BUF struct buf out = {0};

		assert_int_equal(known_hosts_order(known, all, &out), 0);
		assert_string_equal((char *)buf_at(&out), cases[i][1]);
	}
}

static void rsa_keys_have_a_size(void **state)
{
	CLEANUP_KNOWN_HOSTS struct known_hosts *rsa =
		known_from("x", 0, "x ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAwAEAA==\nx " ED25519);

	(void)state;
	assert_int_equal(rsa->n_entries, 2);
	assert_int_equal(known_hosts_rsa_bits(rsa->entries[0].key, rsa->entries[0].len), 11);
	assert_int_equal(known_hosts_rsa_bits(rsa->entries[1].key, rsa->entries[1].len), 0);
}

static void keys_have_the_fingerprint_that_ssh_prints(void **state)
{
	CLEANUP_KNOWN_HOSTS struct known_hosts *key = known_from("x", 0, "x " ED25519);
	CLEANUP_FREE char *fingerprint =
		known_hosts_fingerprint(key->entries[0].key, key->entries[0].len);

	(void)state;
	assert_string_equal(fingerprint, "SHA256:dshOsDkVwttPayxC/X+K30LiU29AZOVi/EdhCeb+aVw");
}

/* What the file holds after the key is added for the name. */
static char *add(const char *file, const char *name, bool hash)
{
	CLEANUP_KNOWN_HOSTS struct known_hosts *key = known_from("x", 0, "x " ED25519);

	if (known_hosts_add(file, name, key->entries[0].key, key->entries[0].len, hash) < 0)
		return strdup(error_last()->message);
	return fd_read_file(file, 10000, NULL);
}

static void a_key_is_added_at_the_end_once(void **state)
{
	char home[] = "/tmp/rvirt-test-XXXXXX";
	CLEANUP_FREE char *file = NULL, *directory = NULL, *text = NULL;
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(home));
	setenv("HOME", home, 1);
	assert_true(asprintf(&directory, "%s/.ssh", home) > 0);
	assert_true(asprintf(&file, "%s/known_hosts", directory) > 0);

	text = add(file, "Host", false);
	assert_string_equal(text, "host " ED25519 "\n");
	assert_int_equal(stat(directory, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);

	/* a last line without its newline stays a line of its own */
	assert_int_equal(truncate(file, st.st_size - 1), 0);
	free(text);
	text = add(file, "[host]:2222", false);
	assert_string_equal(text, "host " ED25519 "\n[host]:2222 " ED25519 "\n");
	free(text);
	text = add(file, "host", false);
	assert_string_equal(text, "host " ED25519 "\n[host]:2222 " ED25519 "\n");

	for (int i = 0; i < 2; i++) {
		free(text);
		text = add(file, "[host]:2223", true);
		assert_ptr_equal(strstr(text, "2223"), NULL);
		assert_non_null(strstr(text, "\n|1|"));
		assert_ptr_equal(strstr(strstr(text, "\n|1|") + 1, "\n|1|"), NULL);
	}
	free(text);
	text = add(file, "a b", false);
	assert_non_null(strstr(text, "'a b' is no name"));
	unlink(file);
	rmdir(directory);
	rmdir(home);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_say_what_they_say_to_ssh),
		cmocka_unit_test(a_pattern_that_is_too_long_fits_nothing),
		cmocka_unit_test(algorithms_of_known_keys_come_first),
		cmocka_unit_test(rsa_keys_have_a_size),
		cmocka_unit_test(keys_have_the_fingerprint_that_ssh_prints),
		cmocka_unit_test(a_key_is_added_at_the_end_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
