/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * rvsh's command lines, numbers, tables and completion, without a host.
 */
#include "config.h"
#include "unit.h"

#include "shell/complete.h"
#include "shell/output.h"
#include "shell/strings.h"
#include "shell/table.h"

#include "base/cleanup.h"

#include <locale.h>

static struct shell silent_shell(void)
{
	return (struct shell){.debug = SHELL_ERROR, .silent = true, .log_fd = -1};
}

static void free_report(struct shell *sh)
{
	out_finish(sh);
}

/* "NAME=text NAME" of each command of a line, "; " between them; NULL if the line is refused. */
static char *read_back(const char *line)
{
	struct shell sh = silent_shell();
	struct invocation *first = NULL;
	char *text = NULL;
	size_t size;
	FILE *to;

	if (args_parse_line(&sh, line, &first) < 0) {
		free_report(&sh);
		return NULL;
	}
	to = open_memstream(&text, &size);
	for (struct invocation *in = first; in; in = in->next) {
		fprintf(to, "%s%s", in == first ? "" : "; ", in->cmd->name);
		for (size_t i = 0; i < in->n_values; i++)
			fprintf(to, in->values[i].text ? " %s=%s" : " %s", in->values[i].arg->name,
					in->values[i].text);
	}
	fclose(to);
	args_free(first);
	return text;
}

static void assert_reads(const char *line, const char *expected)
{
	char *seen = read_back(line);

	if (!expected) {
		assert_null(seen);
	} else {
		assert_non_null(seen);
		assert_string_equal(seen, expected);
	}
	free(seen);
}

static void a_line_is_cut_into_commands_and_words(void **state)
{
	(void)state;
	assert_reads("dominfo test", "dominfo domain=test");
	assert_reads("list;list --all", "list; list all");
	assert_reads(" ; list;; ", "list");
	assert_reads("echo 'a b' \"c\\\"d\" e\\ f ''",
				 "echo string=a b string=c\"d string=e f string=");
	assert_reads("echo a'b'\"c\"", "echo string=abc");
	assert_reads("list # domstate x", "list");
	assert_reads("list\nlist \\\n --all", "list; list all");
	assert_reads("echo \"x", NULL);
	assert_reads("echo x\\", NULL);
	assert_reads("", NULL);
}

static void options_stand_anywhere_and_data_in_order(void **state)
{
	(void)state;
	assert_reads("setmem --live test 5", "setmem live domain=test size=5");
	assert_reads("setmem --size=5 test", "setmem size=5 domain=test");
	assert_reads("setmem --kilobytes 5 test", "setmem size=5 domain=test");
	assert_reads("setmem test -- -5", "setmem domain=test size=-5");
	assert_reads("dumpxml test --xpath //a", "dumpxml domain=test xpath=//a");
	assert_reads("desc test a b --live c",
				 "desc domain=test new-desc=a new-desc=b live new-desc=c");
	assert_reads("echo --hi", "echo string=hello");
	assert_reads("dominfo --help --nosuch", NULL);
	assert_reads("dominfo --help", "help command=dominfo");
	assert_reads("help --nosuch list more", "help command=list");
	assert_reads("list --json --all", "list json all");
}

static void wrong_lines_are_refused(void **state)
{
	(void)state;
	assert_reads("nosuch", NULL);
	assert_reads("list; nosuch", NULL);
	assert_reads("dominfo", NULL);
	assert_reads("dominfo a b", NULL);
	assert_reads("list --all --all", NULL);
	assert_reads("list --all=x", NULL);
	assert_reads("dominfo --domain", NULL);
	assert_reads("list --nosuch", NULL);
	assert_reads("dumpxml test //a", NULL);
	assert_reads("echo --hi=x", NULL);
}

static int size_of(const char *text, uint64_t *ret)
{
	struct shell sh = silent_shell();
	struct invocation *first = NULL;
	char *line = shell_printf("setmem test --size='%s'", text);
	int result;

	assert_int_equal(args_parse_line(&sh, line, &first), 0);
	result = args_get_size(&sh, first, "size", 1024, ret);
	args_free(first);
	free(line);
	free_report(&sh);
	return result;
}

static void sizes_have_units(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = {
		{"1", 1024},         {"0", 0},           {"7b", 7},          {"7bytes", 7},
		{"1k", 1024},        {"1KiB", 1024},     {"1kb", 1000},      {"2M", 2097152},
		{"1GB", 1000000000}, {"1t", 1ULL << 40}, {"1P", 1ULL << 50}, {"15e", 15ULL << 60},
	};
	static const char *const bad[] = {"",    "x",     "-1",  "1q",
									  "1kk", "1kib2", "16e", "99999999999999999999"};
	uint64_t bytes;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		assert_int_equal(size_of(good[i].text, &bytes), 1);
		assert_int_equal(bytes, good[i].bytes);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(size_of(bad[i], &bytes), -1);
}

static void tables_are_as_wide_as_what_a_terminal_draws(void **state)
{
	const char *const heads[] = {"Id", "Name", "State"};
	const char *const rows[][3] = {
		{"1", "\xe6\xa9\x9f\xe6\xa2\xb0", "a"}, /* two characters of width 2 */
		{"-", "e\xcc\x81", "b"},                /* a letter and a combining accent */
		{"22", "a\tb\\x\x80", "c"},
	};
	struct table *t = table_new(3, heads);
	char *text;

	(void)state;
	for (size_t i = 0; i < 3; i++)
		table_add(t, rows[i]);
	text = table_format(t, true);
	assert_string_equal(text, " Id   Name              State\n"
							  "-------------------------------\n"
							  " 1    \xe6\xa9\x9f\xe6\xa2\xb0              a\n"
							  " -    e\xcc\x81                 b\n"
							  " 22   a\\x09b\\x5cx\\x80   c\n");
	free(text);
	text = table_format(t, false);
	assert_string_equal(text, " 1    \xe6\xa9\x9f\xe6\xa2\xb0              a\n"
							  " -    e\xcc\x81                 b\n"
							  " 22   a\\x09b\\x5cx\\x80   c\n");
	free(text);
	table_free(t);
}

static void commas_are_doubled_inside_a_piece(void **state)
{
	CLEANUP_STRINGS struct strings s = {0};

	(void)state;
	strings_split_commas(&s, "a,b,,c,,,d,");
	assert_int_equal(s.n, 4);
	assert_string_equal(s.at[0], "a");
	assert_string_equal(s.at[1], "b,c,");
	assert_string_equal(s.at[2], "d");
	assert_string_equal(s.at[3], "");
}

/* Whether candidate is offered for the end of line. */
static bool offers(const char *line, const char *candidate, bool *ret_file)
{
	CLEANUP_STRINGS struct strings words = {0}, found = {0};
	struct shell sh = silent_shell();
	char open;

	args_split(line, &words, &open);
	complete_words(&sh, words.at, words.n, &found, ret_file);
	free_report(&sh);
	for (size_t i = 0; i < found.n; i++)
		if (strcmp(found.at[i], candidate) == 0)
			return true;
	return false;
}

static void what_can_come_next_is_offered(void **state)
{
	bool file;

	(void)state;
	assert_true(offers("", "list", &file));
	assert_true(offers("domi", "dominfo", &file));
	assert_false(offers("domi", "list", &file));
	assert_false(offers("comp", "complete", &file));
	assert_true(offers("list; domi", "dominfo", &file));
	assert_true(offers("list --", "--all", &file));
	assert_false(offers("list --all --", "--all", &file));
	assert_true(offers("list --j", "--json", &file));
	assert_true(offers("shutdown x ", "acpi", &file));
	assert_true(offers("shutdown x --mode ", "agent", &file));
	assert_true(offers("shutdown x --mode=a", "--mode=agent", &file));
	assert_false(offers("shutdown x --mode ", "--mode", &file));
	assert_true(offers("help dom", "domstate", &file));
	assert_true(offers("help ho", "host", &file));
	assert_true(offers("call DOMAIN_GET_I", "DOMAIN_GET_INFO", &file));
	assert_false(offers("define ", "--validate", &file));
	assert_true(file);
	assert_false(offers("nosuch ", "--all", &file));
}

static void every_row_is_sound(void **state)
{
	CLEANUP_FREE const struct cmd **all = table_list(NULL);

	(void)state;
	assert_non_null(all[0]);
	for (size_t i = 0; all[i]; i++) {
		const struct arg *arg = all[i]->args;
		bool optional = false;
		size_t n = 0;

		assert_non_null(table_find_group(all[i]->group));
		assert_non_null(all[i]->help);
		assert_ptr_equal(table_find(all[i]->name), all[i]);
		for (; arg && arg->name; arg++, n++) {
			bool required = arg->type == ARG_DATA || arg->flags & ARG_REQUIRED;

			assert_non_null(arg->help);
			/* a word without a name goes to the first row that is free: what must be there comes
			 * first */
			assert_false(required && optional && arg->type != ARG_REST);
			optional |= !required && arg->type != ARG_ALIAS;
			assert_true(arg->type != ARG_REST || !arg[1].name);
		}
		assert_true(n <= 64);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_cut_into_commands_and_words),
		cmocka_unit_test(options_stand_anywhere_and_data_in_order),
		cmocka_unit_test(wrong_lines_are_refused),
		cmocka_unit_test(sizes_have_units),
		cmocka_unit_test(tables_are_as_wide_as_what_a_terminal_draws),
		cmocka_unit_test(commas_are_doubled_inside_a_piece),
		cmocka_unit_test(what_can_come_next_is_offered),
		cmocka_unit_test(every_row_is_sound),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
