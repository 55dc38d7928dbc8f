/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Writes to the journal as the daemon does: each argument as a message, @N being one of N letters.
 */
#include "config.h"

#include "daemon/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	struct log_output journal = {.level = LOG_INFO_, .write = journal_write};

	log_set_outputs("journal-lines", &journal, 1);
	for (int i = 1; i < argc; i++) {
		size_t n = argv[i][0] == '@' ? strtoul(argv[i] + 1, NULL, 10) : 0;
		char *text = n ? malloc(n + 1) : strdup(argv[i]);

		if (!text)
			return 1;
		if (n) {
			memset(text, 'x', n);
			text[n] = 0;
		}
		log_info("%s", text);
		free(text);
	}
	return 0;
}
