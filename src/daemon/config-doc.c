/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Prints config.def as a sample file, or as the list of keys of the manual page: config-doc
 * sample|man. Runs at build only.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

enum when { START, RELOAD, INERT };
enum kind { SECTION, FLAG, NUMBER, TEXT, LIST };

static const struct row {
	enum kind kind;
	const char *name; /* the key, or a section's title */
	int number, min, max;
	const char *text, *example;
	enum when when;
	const char *help; /* NULL: that of the row before stands for this one too */
} rows[] = {
#define CONFIG_SECTION(title) {SECTION, title},
#define CONFIG_FLAG(key, value, when, help) {FLAG, #key, value, 0, 1, NULL, NULL, when, help},
#define CONFIG_NUMBER(key, value, min, max, when, help)                                            \
	{NUMBER, #key, value, min, max, NULL, NULL, when, help},
#define CONFIG_TEXT(key, value, example, when, help)                                               \
	{TEXT, #key, 0, 0, 0, value, example, when, help},
#define CONFIG_LIST(key, example, when, help) {LIST, #key, 0, 0, 0, NULL, example, when, help},
#include "daemon/config.def"
#undef CONFIG_SECTION
#undef CONFIG_FLAG
#undef CONFIG_NUMBER
#undef CONFIG_TEXT
#undef CONFIG_LIST
};
enum { N_ROWS = sizeof rows / sizeof rows[0], COLUMNS = 78 };

/* Prints the words of text behind "# ", as many on a line as fit. */
static void print_comment(const char *text)
{
	size_t column = 0;

	while (*text) {
		size_t n = strcspn(text, " ");

		if (column && column + 1 + n > COLUMNS) {
			putchar('\n');
			column = 0;
		}
		column += (size_t)printf("%s%.*s", column ? " " : "# ", (int)n, text);
		text += n + (text[n] == ' ');
	}
	putchar('\n');
}

static void print_value(const struct row *r)
{
	switch (r->kind) {
	case SECTION:
		break;
	case FLAG:
	case NUMBER:
		printf("%d", r->number);
		break;
	case TEXT:
		printf("\"%s\"", r->text ? r->text : r->example);
		break;
	case LIST:
		printf("[ %s ]", r->example);
		break;
	}
}

static void print_sample(void)
{
	print_comment("Configuration of rvirtd; rvirtd.conf(5) is its manual. What is commented out "
				  "shows the default, or "
				  "an example where there is none.");
	for (int i = 0; i < N_ROWS; i++) {
		const struct row *r = &rows[i];

		if (r->kind == SECTION) {
			printf("\n## %s\n", r->name);
			continue;
		}
		if (r->help) {
			putchar('\n');
			print_comment(r->help);
			if (r->when == INERT)
				print_comment("(No effect.)");
		}
		printf("#%s = ", r->name);
		print_value(r);
		putchar('\n');
	}
}

static void print_type(const struct row *r)
{
	if (r->kind == NUMBER)
		printf("A number from %d to %d; the default is %d.\n", r->min, r->max, r->number);
	else if (r->kind == FLAG)
		printf("0 or 1; the default is %d.\n", r->number);
	else if (r->kind == TEXT && r->text)
		printf("A text; the default is \"%s\".\n", r->text);
	else
		printf("A %s; not set by default.\n", r->kind == TEXT ? "text" : "list of texts");
}

static void print_man(void)
{
	static const char *const effects[] = {"", "A change takes effect on SIGHUP.\n", "No effect.\n"};

	for (int i = 0; i < N_ROWS; i++) {
		const struct row *r = &rows[i];

		if (r->kind == SECTION) {
			printf("%s.Ss %s\n.Bl -tag -width Ds\n", i ? ".El\n" : "", r->name);
			continue;
		}
		printf(".It Li %s\n", r->name);
		if (r->help)
			printf("%s\n", r->help);
		print_type(r);
		printf("%s", effects[r->when]);
	}
	printf(".El\n");
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "sample"))
		print_sample();
	else if (argc == 2 && !strcmp(argv[1], "man"))
		print_man();
	else
		return 1;
	return 0;
}
