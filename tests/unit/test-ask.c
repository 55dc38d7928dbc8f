/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Questions on their way to the program's user, and key files that cause them.
 */
#include "config.h"
#include "unit.h"

#include "base/error.h"
#include "lib/auth.h"
#include "transport/ask.h"
#include "transport/ssh-key.h"

#include <gnutls/gnutls.h>
#include <rvirt/rvirt.h>
#include <sys/stat.h>
#include <unistd.h>

/* -- asking -- */

static int answer(struct rvirt_credential *c, size_t n, void *opaque)
{
	int *types = opaque;

	for (size_t i = 0; i < n; i++) {
		types[i] = c[i].type;
		if (!strcmp(c[i].prompt, "nothing: "))
			return -1;
		if (strcmp(c[i].prompt, "silence: ") != 0)
			c[i].result = strdup(c[i].prompt);
	}
	return 0;
}

static void questions_reach_the_programs_function(void **state)
{
	int types[4] = {0};
	struct rvirt_open_options options = {.auth = answer, .auth_opaque = types};
	struct asker a = {.fn = auth_ask, .opaque = &options};
	struct ask_question q[4] = {{.kind = ASK_PASSPHRASE, .prompt = "a"},
								{.kind = ASK_HIDDEN, .prompt = "b"},
								{.kind = ASK_TEXT, .prompt = "c"},
								{.kind = ASK_CONFIRM, .prompt = "d"}};

	(void)state;
	assert_int_equal(asker_ask(&a, q, 4), 0);
	assert_int_equal(types[0], RVIRT_CREDENTIAL_PASSPHRASE);
	assert_int_equal(types[1], RVIRT_CREDENTIAL_NOECHOPROMPT);
	assert_int_equal(types[2], RVIRT_CREDENTIAL_ECHOPROMPT);
	assert_int_equal(types[3], RVIRT_CREDENTIAL_ECHOPROMPT);
	for (int i = 0; i < 4; i++) {
		assert_string_equal(q[i].answer, q[i].prompt);
		ask_wipe(q[i].answer);
	}
}

static void no_answer_is_an_error_and_leaves_none(void **state)
{
	int types[2] = {0};
	struct rvirt_open_options options = {.auth = answer, .auth_opaque = types};
	struct asker a = {.fn = auth_ask, .opaque = &options};
	struct ask_question q[2] = {{.prompt = "a"}, {.prompt = "nothing: "}};

	(void)state;
	assert_int_equal(asker_ask(&a, q, 2), -1);
	assert_int_equal(error_last()->code, ERR_AUTH_CANCELLED);
	assert_null(q[0].answer);
	q[1].prompt = "silence: ";
	assert_int_equal(asker_ask(&a, q, 2), -1);
	assert_int_equal(error_last()->code, ERR_AUTH_CANCELLED);
	assert_null(q[0].answer);
	assert_int_equal(asker_ask(NULL, q, 2), -1);
	assert_int_equal(error_last()->code, ERR_AUTH_UNAVAILABLE);
}

/* -- key files -- */

static size_t put_string(unsigned char *at, const void *data, size_t n)
{
	at[0] = at[1] = 0;
	at[2] = (unsigned char)(n >> 8);
	at[3] = (unsigned char)n;
	memcpy(at + 4, data, n);
	return n + 4;
}

/* What is in clear of a key file of OpenSSH's; the count. */
static size_t make_key(unsigned char *at, const char *cipher)
{
	unsigned char public[64];
	size_t n = put_string(public, "ssh-ed25519", 11), total = 15;

	n += put_string(public + n, "01234567890123456789012345678901", 32);
	memcpy(at, "openssh-key-v1", 15);
	total += put_string(at + total, cipher, strlen(cipher));
	total += put_string(at + total, "bcrypt", 6);
	total += put_string(at + total, "options", 7);
	memcpy(at + total, "\0\0\0\1", 4);
	total += 4;
	total += put_string(at + total, public, n);
	return total;
}

static void write_key(const char *path, const unsigned char *data, size_t n)
{
	gnutls_datum_t in = {(unsigned char *)(uintptr_t)data, (unsigned)n}, out;
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(gnutls_pem_base64_encode2("OPENSSH PRIVATE KEY", &in, &out), 0);
	assert_int_equal(fwrite(out.data, 1, out.size, f), out.size);
	gnutls_free(out.data);
	fclose(f);
	assert_int_equal(chmod(path, 0600), 0);
}

static void a_keys_public_half_is_read_without_its_passphrase(void **state)
{
	char path[] = "/tmp/rvirt-key-XXXXXX";
	CLEANUP_SSH_KEY struct ssh_key key = {0};
	unsigned char data[512];

	(void)state;
	close(mkstemp(path));
	write_key(path, data, make_key(data, "aes256-ctr"));
	assert_int_equal(ssh_key_read(path, &key), 0);
	assert_true(key.encrypted);
	assert_false(key.exposed);
	assert_string_equal(key.type, "ssh-ed25519");
	ssh_key_clear(&key);
	write_key(path, data, make_key(data, "none"));
	chmod(path, 0640);
	assert_int_equal(ssh_key_read(path, &key), 0);
	assert_false(key.encrypted);
	assert_true(key.exposed);
	unlink(path);
}

static void a_key_that_is_cut_off_anywhere_is_no_key(void **state)
{
	char path[] = "/tmp/rvirt-key-XXXXXX";
	unsigned char data[512];
	size_t n = make_key(data, "none");

	(void)state;
	close(mkstemp(path));
	for (size_t cut = 1; cut < n; cut++) {
		CLEANUP_SSH_KEY struct ssh_key key = {0};

		write_key(path, data, cut);
		assert_int_equal(ssh_key_read(path, &key), 0);
		assert_null(key.blob);
	}
	unlink(path);
}

static void a_type_that_claims_more_than_there_is_is_none(void **state)
{
	char type[SSH_KEY_TYPE_MAX + 1] = "x";

	(void)state;
	ssh_key_type("\xff\xff\xff\xffssh-rsa", 11, type);
	assert_string_equal(type, "");
	ssh_key_type("\0\0\0\7ssh-rs\n", 11, type);
	assert_string_equal(type, "");
	ssh_key_type("\0\0\0\7ssh-rsa", 11, type);
	assert_string_equal(type, "ssh-rsa");
	ssh_key_type("\0\0", 2, type);
	assert_string_equal(type, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(questions_reach_the_programs_function),
		cmocka_unit_test(no_answer_is_an_error_and_leaves_none),
		cmocka_unit_test(a_keys_public_half_is_read_without_its_passphrase),
		cmocka_unit_test(a_key_that_is_cut_off_anywhere_is_no_key),
		cmocka_unit_test(a_type_that_claims_more_than_there_is_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
