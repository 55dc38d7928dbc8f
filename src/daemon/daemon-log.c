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
#include "daemon/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
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

static int parse_output(const char *output, struct log_output *ret)
{
	const char *kind = output + 2;

	if (*output < '1' || *output > '4' || output[1] != ':')
		return wrong(output);
	ret->level = (enum log_level)(*output - '0');
	if (!strcmp(kind, "stderr")) {
		ret->fd = STDERR_FILENO;
		return 0;
	}
	if (!strcmp(kind, "journald") || (!strncmp(kind, "syslog:", 7) && kind[7])) {
		/* the journal takes what is for syslog on every host that has one */
		if (*kind == 's')
			snprintf(ret->program, sizeof ret->program, "%s", kind + 7);
		ret->write = journal_write;
		return journal_check();
	}
	if (strncmp(kind, "file:/", 6) != 0)
		return wrong(output);
	ret->fd = open(kind + 5, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
	return ret->fd < 0 ? error_errno(FROM_CONF, errno, "log_outputs: cannot open %s", kind + 5) : 0;
}

/* The outputs that text names; the count, or -1 with the error set. */
static int parse_outputs(char *text, struct log_output outputs[LOG_OUTPUTS_MAX])
{
	char *save = NULL;
	int n = 0, r = 0;

	for (char *o = strtok_r(text, " ", &save); o && r == 0; o = strtok_r(NULL, " ", &save)) {
		if (n == LOG_OUTPUTS_MAX)
			r = error_set(FROM_CONF, ERR_CONFIG_UNSUPPORTED, "log_outputs: at most %d are possible",
						  LOG_OUTPUTS_MAX);
		else if ((r = parse_output(o, &outputs[n])) == 0)
			n++;
	}
	for (int i = 0; r < 0 && i < n; i++)
		if (outputs[i].fd > STDERR_FILENO)
			close(outputs[i].fd);
	return r < 0 ? -1 : n;
}

int daemon_log_open(const struct config *config, bool background, bool verbose)
{
	CLEANUP_FREE char *text = strdup(config->log_outputs ? config->log_outputs : "");
	struct log_output outputs[LOG_OUTPUTS_MAX] = {{.fd = STDERR_FILENO}};
	int n;

	if (!text)
		return error_oom();
	n = parse_outputs(text, outputs);
	if (n < 0)
		return -1;
	if (n == 0) {
		outputs[n].write = background && journal_check() == 0 ? journal_write : NULL;
		outputs[n].level = (enum log_level)config->log_level;
		if (verbose && outputs[n].level > LOG_INFO_)
			outputs[n].level = LOG_INFO_;
		n++;
	}
	log_set_outputs(program, outputs, (size_t)n);
	return 0;
}
