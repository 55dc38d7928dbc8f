/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Commands of several words, and what ssh is asked to run.
 */
#include "config.h"
#include "unit.h"

#include "base/buf.h"
#include "base/error.h"
#include "transport/ssh-remote.h"
#include "transport/words.h"

static const struct word_values values = {
	.host = "h o'st", .port = "22", .user = "%h$(x)", .given_host = "[::1]", .socket = "/s \"q\\"};

/* The words as "<word>" each, or the error. */
static char *split(const char *text)
{
	CLEANUP_BUF struct buf out = {0};
	char **words = NULL;

	if (words_split(text, &values, &words) < 0)
		return strdup(error_last()->message);
	for (char **w = words; *w; w++)
		buf_printf(&out, "<%s>", *w);
	words_free(words);
	return buf_steal_text(&out);
}

static void words_are_split_and_filled(void **state)
{
	static const char *const cases[][2] = {
		{"prog", "<prog>"},
		{"/opt/it's%h\\x\"", "</opt/it's%h\\x\">"},
		{" prog ", "<prog>"},
		{"prog a  b\tc\nd", "<prog><a><b><c><d>"},
		{"'/opt/my prog'", "</opt/my prog>"},
		{"prog 'a b'\"c d\"e\\ f", "<prog><a bc de f>"},
		{"prog '' \"\" x", "<prog><><><x>"},
		{"prog 'a\"b\\' \"a'b\"", "<prog><a\"b\\><a'b>"},
		{"prog \"a\\\"b\\\\c\\d\\$e\"", "<prog><a\"b\\c\\d\\$e>"},
		{"prog \\'a\\\"b\\\\", "<prog><'a\"b\\>"},
		{"prog $HOME *;|&`x`$(y)>z", "<prog><$HOME><*;|&`x`$(y)>z>"},
		{"prog %h", "<prog><h o'st>"},
		{"prog a%hb '%p' \"%n\" %%h", "<prog><ah o'stb><22><[::1]><%h>"},
		{"prog %r", "<prog><%h$(x)>"},
		{"prog -x%s", "<prog><-x/s \"q\\>"},
		{"prog 'a", "invalid argument: the URI's command has a quote that does not end"},
		{"prog \"a\\\"", "invalid argument: the URI's command has a quote that does not end"},
		{"prog a\\", "invalid argument: the URI's command ends with a backslash"},
		{"prog %x",
		 "invalid argument: the URI's command has a % that is none of %h %p %r %n %s %%"},
		{"prog a%",
		 "invalid argument: the URI's command has a % that is none of %h %p %r %n %s %%"},
		{"", "invalid argument: the URI's command names no program"},
		{"  ", "invalid argument: the URI's command names no program"},
		{"'' a", "invalid argument: the URI's command names no program"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *text = split(cases[i][0]);

		assert_string_equal(text, cases[i][1]);
		free(text);
	}
}

static void value_that_the_uri_lacks_is_refused(void **state)
{
	static const struct word_values none = {.host = "h"};
	char **words = NULL;

	(void)state;
	assert_int_equal(words_split("prog %h %p", &none, &words), -1);
	assert_non_null(strstr(error_last()->message, "asks for %p, which the URI lacks"));
	assert_null(words);
}

static void number_of_words_is_bounded(void **state)
{
	CLEANUP_BUF struct buf text = {0};
	char **words = NULL;

	(void)state;
	for (int i = 0; i < 1000; i++)
		buf_puts(&text, "a ");
	assert_int_equal(words_split((char *)buf_at(&text), &values, &words), -1);
	assert_non_null(strstr(error_last()->message, "too many words"));
}

/* The remote command for text, or the error. */
static char *remote(const char *text, bool readonly)
{
	CLEANUP_URI struct uri *uri = NULL;
	CLEANUP_BUF struct buf out = {0};

	if (uri_parse(text, &uri) < 0 || ssh_remote_command(uri, readonly, &out) < 0)
		return strdup(error_last()->message);
	return buf_steal_text(&out);
}

static void native_proxy_is_plain_words(void **state)
{
	static const char *const cases[][2] = {
		{"qemu+ssh://h/system?proxy=native", "rvirt-gateway -r qemu:///system"},
		{"remote+ssh://h/?proxy=native", "rvirt-gateway -r "},
		{"remote+ssh://h/?proxy=native&name=test:///default", "rvirt-gateway -r test:///default"},
		{"test+ssh://h/a%20b;c?proxy=native&x='y", "rvirt-gateway -r test:///"},
		{"test+ssh://h/?proxy=native&socket=/run/x-1.sock", "rvirt-gateway -U /run/x-1.sock"},
	};
	static const char *const refused[] = {
		"test+ssh://h/?proxy=native&socket=/run/a%20b", "test+ssh://h/?proxy=native&socket=-x",
		"test+ssh://h/?proxy=native&socket=/a%3bb",     "test+ssh://h/?proxy=native&mode=direct",
		"test+ssh://h/?proxy=native&netcat=nc",
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *text = remote(cases[i][0], true);

		assert_string_equal(text, cases[i][1]);
		free(text);
	}
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		char *text = remote(refused[i], true);

		assert_memory_equal(text, "invalid argument: ", 18);
		free(text);
	}
}

/* Whatever the login shell, the line is one word in single quotes. */
static void line_for_sh_has_nothing_that_a_login_shell_reads(void **state)
{
	static const char *const uris[] = {
		"qemu+ssh://h/system",
		"qemu+ssh://h/a'b!c%5c%27%60",
		"test+ssh://h/?netcat=a%27b%5c!%60$(x)&socket=/%5c%5c'!$x%22",
		"test+ssh://h/?name=x%27y:///%27",
		"test+ssh://h/?name=test:///%27!&mode=direct&proxy=netcat",
	};

	(void)state;
	for (size_t i = 0; i < sizeof uris / sizeof uris[0]; i++) {
		char *text = remote(uris[i], false);
		size_t n = strlen(text);

		assert_memory_equal(text, "sh -c '", 7);
		assert_int_equal(text[n - 1], '\'');
		text[n - 1] = 0;
		if (strpbrk(text + 7, "'!\n\r") || strstr(text, "\\\\") || strstr(text, "\\'"))
			fail_msg("%s: %s", uris[i], text);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_split_and_filled),
		cmocka_unit_test(value_that_the_uri_lacks_is_refused),
		cmocka_unit_test(number_of_words_is_bounded),
		cmocka_unit_test(native_proxy_is_plain_words),
		cmocka_unit_test(line_for_sh_has_nothing_that_a_login_shell_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
