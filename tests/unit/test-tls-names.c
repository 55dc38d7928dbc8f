/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where TLS looks for files, and which names its patterns mean.
 */
#include "config.h"
#include "unit.h"

#include "pki.h"
#include "transport/tls-check.h"
#include "transport/tls-paths.h"

#include <sys/stat.h>

static struct pki pki;

static void a_pattern_has_two_special_characters(void **state)
{
	static const struct {
		const char *pattern, *name;
		bool matches;
	} rows[] = {
		{"", "", true},
		{"", "a", false},
		{"a", "", false},
		{"*", "", true},
		{"**", "ab", true},
		{"a*", "a", true},
		{"*a", "ba", true},
		{"*a", "ab", false},
		{"a*b*c", "aXbYbZc", true},
		{"a*b*c", "aXcYb", false},
		{"*ab", "aab", true},
		{"?", "", false},
		{"?", "ab", false},
		{"a?c", "abc", true},
		{"*?", "", false},
		{"*?*?", "ab", true},
		/* a character, not a byte */
		{"CN=?", "CN=\xc3\xa4", true},
		{"CN=??", "CN=\xc3\xa4", false},
		{"CN=*\xa4", "CN=\xe2\x82\xa4", false},
		/* special elsewhere */
		{"CN=[a]", "CN=a", false},
		{"CN=[a]", "CN=[a]", true},
		{"CN=[!a]", "CN=b", false},
		{"CN=[", "CN=[", true},
		{"CN=\\*", "CN=*", false},
		{"CN=\\*", "CN=\\x", true},
		{"CN=a{b,c}", "CN=ab", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (tls_name_matches(rows[i].pattern, rows[i].name) != rows[i].matches)
			fail_msg("'%s' and '%s'", rows[i].pattern, rows[i].name);
}

/* DIR/NAME as a file, or as a directory where it ends with a slash; made, or removed. */
static void make(const char *name, bool there)
{
	char path[128];
	size_t n;

	snprintf(path, sizeof path, "%s", pki_file(&pki, name));
	n = strlen(path);
	if (path[n - 1] == '/')
		assert_int_equal(there ? mkdir(path, 0700) : rmdir(path), 0);
	else if (there)
		fclose(fopen(path, "w"));
	else
		unlink(path);
}

/* The paths found, without the directory of the test; "-" for none. */
static void assert_paths(const char *side, const char *directory, bool user, const char *expected)
{
	CLEANUP_TLS_PATHS struct tls_paths p = {0};
	char home[128], system[128], pkipath[128], found[512];
	size_t skip = strlen(pki.dir) + 1;

	snprintf(home, sizeof home, "%s", pki_file(&pki, "home"));
	snprintf(system, sizeof system, "%s", pki_file(&pki, "etc"));
	snprintf(pkipath, sizeof pkipath, "%s", pki_file(&pki, directory ? directory : ""));
	assert_int_equal(
		tls_paths_find(side, directory ? pkipath : NULL, user ? home : NULL, system, &p), 0);
	snprintf(found, sizeof found, "%s %s %s %s", p.ca + skip, p.crl ? p.crl + skip : "-",
			 p.cert + skip, p.key + skip);
	assert_string_equal(found, expected);
}

static void files_are_looked_for_where_libvirt_does(void **state)
{
	static const char *const names[] = {"home/",
										"home/.pki/",
										"home/.pki/libvirt/",
										"etc/",
										"etc/CA/",
										"home/.pki/libvirt/cacert.pem",
										"home/.pki/libvirt/clientcert.pem",
										"home/.pki/libvirt/clientkey.pem",
										"etc/CA/cacrl.pem"};
	enum { N = sizeof names / sizeof names[0], N_DIRS = 5 };
	static const char client[] = "etc/libvirt/clientcert.pem etc/libvirt/private/clientkey.pem";
	char expected[256];

	(void)state;
	for (int i = 0; i < N_DIRS; i++)
		make(names[i], true);
	snprintf(expected, sizeof expected, "etc/CA/cacert.pem - %s", client);
	assert_paths("client", NULL, false, expected);
	assert_paths("client", NULL, true, expected);
	assert_paths(
		"server", NULL, false,
		"etc/CA/cacert.pem - etc/libvirt/servercert.pem etc/libvirt/private/serverkey.pem");
	for (int i = N_DIRS; i < N; i++)
		make(names[i], true);
	snprintf(expected, sizeof expected, "etc/CA/cacert.pem etc/CA/cacrl.pem %s", client);
	assert_paths("client", NULL, false, expected);
	assert_paths("client", NULL, true,
				 "home/.pki/libvirt/cacert.pem etc/CA/cacrl.pem home/.pki/libvirt/clientcert.pem "
				 "home/.pki/libvirt/clientkey.pem");
	/* a certificate without its key is none */
	make("home/.pki/libvirt/clientkey.pem", false);
	snprintf(expected, sizeof expected, "home/.pki/libvirt/cacert.pem etc/CA/cacrl.pem %s", client);
	assert_paths("client", NULL, true, expected);
	assert_paths("client", "pki", true, "pki/cacert.pem - pki/clientcert.pem pki/clientkey.pem");
	for (int i = N - 1; i >= 0; i--)
		make(names[i], false);
}

static int make_directory(void **state)
{
	(void)state;
	pki_make(&pki);
	return 0;
}

static int remove_directory(void **state)
{
	(void)state;
	pki_remove(&pki);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pattern_has_two_special_characters),
		cmocka_unit_test(files_are_looked_for_where_libvirt_does),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
