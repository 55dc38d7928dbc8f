/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Configuration files: whatever the text, it is read or refused with a line that it has.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf-file.h"
#include "base/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_CONF_FILE struct conf_file *file = NULL;
	int lines = 1;

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	if (conf_file_parse((const char *)data, size, "f", &file) < 0) {
		const char *line = strstr(error_last()->message, "f:");

		if (!line || atoi(line + 2) > lines)
			abort();
		return 0;
	}
	for (size_t i = 0; i < file->n_entries; i++)
		if (file->entries[i].line > lines || !conf_file_find(file, file->entries[i].key))
			abort();
	return 0;
}
