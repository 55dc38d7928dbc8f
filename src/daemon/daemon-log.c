/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * log_outputs, as libvirtd.conf has it: LEVEL:stderr, LEVEL:file:PATH, LEVEL:journald,
 * LEVEL:syslog:NAME.
 */
#include "config.h"
#include "daemon/daemon-log.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char program[] = "rvirtd";

static int wrong(const char *output)
{
	return error_set(FROM_CONF, ERR_CONFIG_UNSUPPORTED,
					 "log_outputs: '%s' is none of LEVEL:stderr, LEVEL:file:/PATH, LEVEL:journald, "
					 "LEVEL:syslog:NAME (LEVEL: 1 to 4)",
					 output);
}

static int to_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);

	if (fd < 0)
		return error_errno(FROM_CONF, errno, "log_outputs: cannot open %s", path);
	log_to_fd(fd, program);
	return 0;
}

static int open_output(const char *output)
{
	const char *kind = output + 2;

	if (*output < '1' || *output > '4' || output[1] != ':')
		return wrong(output);
	if (!strncmp(kind, "file:/", 6)) {
		if (to_file(kind + 5) < 0)
			return -1;
	} else if (!strcmp(kind, "stderr")) {
		log_to_fd(STDERR_FILENO, program);
	} else if (!strcmp(kind, "journald") || !strncmp(kind, "syslog:", 7)) {
		/* the journal takes what is for syslog on every host that has one */
		if (log_to_journal(program) < 0)
			return -1;
	} else {
		return wrong(output);
	}
	log_set_level((enum log_level)(*output - '0'));
	return 0;
}

int daemon_log_open(const struct config *config, bool background, bool verbose)
{
	CLEANUP_FREE char *outputs = strdup(config->log_outputs ? config->log_outputs : "");
	char *save = NULL;

	if (!outputs)
		return error_oom();
	if (!*outputs && background && log_to_journal(program) < 0)
		error_reset();
	log_set_level((enum log_level)config->log_level);
	for (char *o = strtok_r(outputs, " ", &save); o; o = strtok_r(NULL, " ", &save))
		if (open_output(o) < 0)
			return -1;
	if (verbose && config->log_level > LOG_INFO_)
		log_set_level(LOG_INFO_);
	return 0;
}
