/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Files that a user names or edits.
 */
#ifndef SHELL_FILE_H
#define SHELL_FILE_H

#include "args.h"

/* The text of a file; NULL with the error reported. */
char *file_read(struct shell *sh, const char *path);

/* Completes names of files. */
void file_complete(struct shell *sh, const struct invocation *in, unsigned what,
				   struct strings *to);

/* Lets the user change text in $VISUAL, $EDITOR or vi, in a file of the user's own that is removed
 * afterwards. The new text; NULL with the error reported. */
char *file_edit(struct shell *sh, const char *text);

#endif
