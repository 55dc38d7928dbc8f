/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The main program of a fuzz target that is not linked with libFuzzer: it replays the target's
 * corpus, and reports each file as a test. With arguments it replays these files instead (a crash
 * that was found).
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/fd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LARGEST_INPUT = 1 << 20 };

static int replay(const char *path, const char *name, int number)
{
	CLEANUP_FREE char *data = NULL;
	size_t size;

	data = fd_read_file(path, LARGEST_INPUT, &size);
	if (!data) {
		printf("not ok %d - %s # %s\n", number, name, error_last()->message);
		return -1;
	}
	LLVMFuzzerTestOneInput((const uint8_t *)data, size);
	printf("ok %d - %s\n", number, name);
	fflush(stdout);
	return 0;
}

static int is_input(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* The corpus of program fuzz-NAME (lt-fuzz-NAME when libtool runs it) is tests/fuzz/corpus/NAME. */
static char *corpus_dir(void)
{
	const char *srcdir = getenv("RVIRT_SRCDIR");
	const char *name = strstr(program_invocation_short_name, "fuzz-");
	char *dir;

	if (!name || asprintf(&dir, "%s/tests/fuzz/corpus/%s", srcdir ? srcdir : ".", name + 5) < 0)
		return NULL;
	return dir;
}

static int replay_corpus(void)
{
	CLEANUP_FREE char *dir = corpus_dir();
	struct dirent **entries = NULL;
	int failed = 0, n;

	n = dir ? scandir(dir, &entries, is_input, alphasort) : -1;
	if (n <= 0) {
		printf("1..1\nnot ok 1 - there is a corpus # %s\n", dir ? dir : "no such target");
		return 1;
	}
	printf("1..%d\n", n);
	for (int i = 0; i < n; i++) {
		CLEANUP_FREE char *path = NULL;

		if (asprintf(&path, "%s/%s", dir, entries[i]->d_name) < 0 ||
			replay(path, entries[i]->d_name, i + 1) < 0)
			failed = 1;
		free(entries[i]);
	}
	free(entries);
	return failed;
}

int main(int argc, char **argv)
{
	int failed = 0;

	if (argc == 1)
		return replay_corpus();
	for (int i = 1; i < argc; i++)
		if (replay(argv[i], argv[i], i) < 0)
			failed = 1;
	return failed;
}
