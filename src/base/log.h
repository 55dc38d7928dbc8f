/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The log: levels, one line a message, to descriptors or functions. A library stays silent
 * unless RVIRT_LOG (debug, info, warning, error) is set; a daemon opens its own outputs.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>

enum log_level { LOG_DEBUG_ = 1, LOG_INFO_, LOG_WARNING_, LOG_ERROR_, LOG_NONE_ };

void log_write(enum log_level level, const char *file, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
bool log_wanted(enum log_level level);
void log_set_level(enum log_level level);

/* Messages go to fd from now on (borrowed, written with one write() each); program is put in front.
 */
void log_to_fd(int fd, const char *program);

enum { LOG_OUTPUTS_MAX = 8 };

struct log_output {
	enum log_level level; /* it takes messages of this level and above */
	int fd;
	char program[32]; /* the name in front, instead of that of all; or empty */
	/* takes a message instead of fd, if not NULL */
	void (*write)(enum log_level level, const char *program, const char *file, const char *text);
};

/* Messages go to these n outputs from now on (at most LOG_OUTPUTS_MAX; copied). Descriptors other
 * than stderr belong to the log, which closes those of a call before. */
void log_set_outputs(const char *program, const struct log_output *outputs, size_t n);

#define LOG_AT(level, ...)                                                                         \
	do {                                                                                           \
		if (log_wanted(level))                                                                     \
			log_write(level, __FILE__, __VA_ARGS__);                                               \
	} while (0)
#define log_debug(...) LOG_AT(LOG_DEBUG_, __VA_ARGS__)
#define log_info(...) LOG_AT(LOG_INFO_, __VA_ARGS__)
#define log_warning(...) LOG_AT(LOG_WARNING_, __VA_ARGS__)
#define log_error(...) LOG_AT(LOG_ERROR_, __VA_ARGS__)

#endif
