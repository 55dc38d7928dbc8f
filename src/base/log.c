/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The log. The level and the outputs are the process's own.
 */
#include "config.h"
#include "base/log.h"

#include "base/buf.h"
#include "base/error.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static const char *const level_names[] = {"", "debug", "info", "warning", "error"};

static struct {
	enum log_level level; /* the least that any output takes; 0: not yet decided */
	struct log_output outputs[LOG_OUTPUTS_MAX];
	size_t n_outputs;
	bool owned; /* the outputs' descriptors are the log's */
	const char *program;
} state = {.outputs = {{.fd = STDERR_FILENO}}, .n_outputs = 1, .program = "rvirt"};

static pthread_mutex_t outputs_lock = PTHREAD_MUTEX_INITIALIZER;

static enum log_level level_of_environment(void)
{
	const char *name = getenv("RVIRT_LOG");

	for (int i = LOG_DEBUG_; name && i < LOG_NONE_; i++)
		if (!strcasecmp(name, level_names[i]))
			return (enum log_level)i;
	return LOG_NONE_;
}

bool log_wanted(enum log_level level)
{
	if (!state.level)
		state.level = level_of_environment();
	return level >= state.level;
}

void log_set_level(enum log_level level)
{
	state.level = level;
}

static void close_outputs(void)
{
	for (size_t i = 0; state.owned && i < state.n_outputs; i++)
		if (state.outputs[i].fd > STDERR_FILENO)
			close(state.outputs[i].fd);
	state.n_outputs = 0;
}

void log_to_fd(int fd, const char *program)
{
	pthread_mutex_lock(&outputs_lock);
	close_outputs();
	state.outputs[0] = (struct log_output){.fd = fd};
	state.n_outputs = 1;
	state.owned = false;
	state.program = program;
	pthread_mutex_unlock(&outputs_lock);
}

void log_set_outputs(const char *program, const struct log_output *outputs, size_t n)
{
	pthread_mutex_lock(&outputs_lock);
	close_outputs();
	state.program = program;
	state.owned = true;
	state.level = LOG_NONE_;
	for (size_t i = 0; i < n && i < LOG_OUTPUTS_MAX; i++) {
		state.outputs[state.n_outputs++] = outputs[i];
		if (outputs[i].level < state.level)
			state.level = outputs[i].level;
	}
	pthread_mutex_unlock(&outputs_lock);
}

static void write_line(int fd, enum log_level level, const char *file, const char *text)
{
	CLEANUP_BUF struct buf line = {0};
	struct timespec now;
	struct tm tm;
	char stamp[32];

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &tm);
	if (buf_printf(&line, "%s.%03ldZ %s[%d]: %s: ", stamp, now.tv_nsec / 1000000, state.program,
				   (int)getpid(), level_names[level]) < 0)
		return;
	if (level == LOG_DEBUG_ && buf_printf(&line, "%s: ", file) < 0)
		return;
	if (buf_puts(&line, text) < 0 || buf_puts(&line, "\n") < 0)
		return;
	if (write(fd, buf_at(&line), buf_len(&line)) < 0)
		return; /* nowhere to say it */
}

void log_write(enum log_level level, const char *file, const char *fmt, ...)
{
	CLEANUP_BUF struct buf text = {0};
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = buf_vprintf(&text, fmt, ap);
	va_end(ap);
	if (r < 0)
		return;
	/* a peer's bytes must not forge lines or reach the terminal */
	for (unsigned char *p = buf_at(&text); p < text.data + text.end; p++)
		if (*p < ' ' || *p == 127)
			*p = ' ';
	pthread_mutex_lock(&outputs_lock);
	for (size_t i = 0; i < state.n_outputs; i++) {
		const struct log_output *o = &state.outputs[i];

		if (level < o->level)
			continue;
		if (o->write)
			o->write(level, *o->program ? o->program : state.program, file, (char *)buf_at(&text));
		else
			write_line(o->fd, level, file, (char *)buf_at(&text));
	}
	pthread_mutex_unlock(&outputs_lock);
}
