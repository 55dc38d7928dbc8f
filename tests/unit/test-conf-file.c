/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The grammar of configuration files.
 */
#include "config.h"
#include "unit.h"

#include "base/buf.h"
#include "base/conf-file.h"
#include "base/error.h"

static void put(struct buf *out, const struct conf_value *v)
{
	if (v->type == CONF_INT)
		buf_printf(out, "%lld", v->number);
	if (v->type == CONF_STRING)
		buf_printf(out, "<%s>", v->text);
	if (v->type != CONF_LIST)
		return;
	buf_puts(out, "[");
	for (size_t i = 0; i < v->n_items; i++) {
		put(out, &v->items[i]);
		buf_puts(out, ",");
	}
	buf_puts(out, "]");
}

/* The entries as "LINE:key=value " each. */
static char *shown(const char *text)
{
	CLEANUP_CONF_FILE struct conf_file *file = NULL;
	CLEANUP_BUF struct buf out = {0};

	if (conf_file_parse(text, strlen(text), "f", &file) < 0)
		return strdup(error_last()->message);
	for (size_t i = 0; i < file->n_entries; i++) {
		buf_printf(&out, "%d:%s=", file->entries[i].line, file->entries[i].key);
		put(&out, &file->entries[i].value);
		buf_puts(&out, " ");
	}
	return buf_steal_text(&out);
}

#define PROBLEM "configuration file syntax error: f:"

static void grammar_is_read_and_faults_have_their_line(void **state)
{
	static const char *const cases[][2] = {
		{"", ""},
		{"\n\n# only\n  # comments", ""},
		{"a=1", "1:a=1 "},
		{"\n a_9\t=\t-5 # c\n\nb = +7", "2:a_9=-5 4:b=7 "},
		{"a=\"x # ' y\"", "1:a=<x # ' y> "},
		{"a='x \"y\" \\'", "1:a=<x \"y\" \\> "},
		{"a=\"\"", "1:a=<> "},
		{"a=\"\"\"x\n\"y\"\n\"\"\"\nb=1", "1:a=<x\n\"y\"\n> 4:b=1 "},
		{"a=1;b=2 ; c='3'\r\nd=4\r\n", "1:a=1 1:b=2 1:c=<3> 2:d=4 "},
		{"a=[]", "1:a=[] "},
		{"a=[\"x\",'y',3]", "1:a=[<x>,<y>,3,] "},
		{"a = [ # first\n 'x', # second\n\n 'y' ,\n]\nb=1", "1:a=[<x>,<y>,] 6:b=1 "},
		{"a=1\na=2", "1:a=1 2:a=2 "},
		{"a=9223372036854775807 ; b=-9223372036854775808",
		 "1:a=9223372036854775807 1:b=-9223372036854775808 "},
		{"a", PROBLEM "1: expecting an assignment"},
		{"\na b", PROBLEM "2: expecting an assignment"},
		{"a=", PROBLEM "1: expecting a value"},
		{"a=\n1", PROBLEM "1: expecting a value"},
		{"a=yes", PROBLEM "1: expecting a value"},
		{"a=- 1", PROBLEM "1: expecting a number"},
		{"a=9223372036854775808", PROBLEM "1: the number is too large"},
		{"a=0x10", PROBLEM "1: expecting a separator"},
		{"a=1 b=2", PROBLEM "1: expecting a separator"},
		{"_a=1", PROBLEM "1: expecting a name"},
		{"a-b=1", PROBLEM "1: expecting an assignment"},
		{"= 1", PROBLEM "1: expecting a name"},
		{"x=1\na=\"b\nc\"", PROBLEM "2: unterminated string"},
		{"a='", PROBLEM "1: unterminated string"},
		{"a=\"\"\"b\n", PROBLEM "1: unterminated string"},
		{"a=[1 2]", PROBLEM "1: expecting a separator in list"},
		{"a=[,]", PROBLEM "1: expecting a value"},
		{"a=[\n1,\n", PROBLEM "3: expecting a value"},
		{"a=[[1]]", PROBLEM "1: expecting a value"},
		{"a=[1", PROBLEM "1: expecting a separator in list"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *text = shown(cases[i][0]);

		assert_string_equal(text, cases[i][1]);
		free(text);
	}
}

static void text_may_hold_any_byte_outside_strings_only_what_is_known(void **state)
{
	static const char in_string[] = "a='x\0y'", outside[] = "a=1\0";
	struct conf_file *file = NULL;

	(void)state;
	assert_int_equal(conf_file_parse(in_string, sizeof in_string - 1, "f", &file), -1);
	assert_string_equal(error_last()->message, PROBLEM "1: a string has a NUL character");
	assert_int_equal(conf_file_parse(outside, sizeof outside - 1, "f", &file), -1);
	assert_string_equal(error_last()->message, PROBLEM "1: expecting a name");
}

static void first_entry_of_a_key_is_found(void **state)
{
	CLEANUP_CONF_FILE struct conf_file *file = NULL;
	static const char text[] = "a=1\nb=2\na=3";

	(void)state;
	assert_int_equal(conf_file_parse(text, sizeof text - 1, "f", &file), 0);
	assert_int_equal(conf_file_find(file, "a")->value.number, 1);
	assert_int_equal(conf_file_find(file, "b")->line, 2);
	assert_null(conf_file_find(file, "c"));
}

static void missing_file_is_told_from_others(void **state)
{
	struct conf_file *file = NULL;

	(void)state;
	assert_int_equal(conf_file_read("/nonexistent/rvirt.conf", &file), -1);
	assert_int_equal(error_last()->int1, 2);
	assert_non_null(strstr(error_last()->message, "/nonexistent/rvirt.conf"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grammar_is_read_and_faults_have_their_line),
		cmocka_unit_test(text_may_hold_any_byte_outside_strings_only_what_is_known),
		cmocka_unit_test(first_entry_of_a_key_is_found),
		cmocka_unit_test(missing_file_is_told_from_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
