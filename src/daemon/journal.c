/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One message of the log as journald's fields.
 */
#include "config.h"

/* the place that is told is the caller's, not this file */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include "daemon/journal.h"

#include "base/error.h"

#include <systemd/sd-journal.h>
#include <unistd.h>

/* syslog(3) priorities of the levels */
static const int priorities[] = {7, 7, 6, 4, 3};

int journal_check(void)
{
	if (access("/run/systemd/journal/socket", W_OK) < 0)
		return error_set(FROM_NONE, ERR_OPERATION_FAILED,
						 "there is no systemd journal on this host");
	return 0;
}

void journal_write(enum log_level level, const char *program, const char *file, const char *text)
{
	sd_journal_send("MESSAGE=%s", text, "PRIORITY=%i", priorities[level], "SYSLOG_IDENTIFIER=%s",
					program, "CODE_FILE=%s", file, NULL);
}
