/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Adds a key to a file of known hosts: one line at its end, written in one piece under a lock, so
 * that neither a crash nor another process can cost a line that was there.
 */
#include "config.h"
#include "transport/known-hosts.h"

#include "base/account.h"
#include "base/error.h"
#include "base/fd.h"
#include "transport/known-hosts-impl.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

enum { LOCK_MS = 5000, LOCK_AGAIN_NS = 20 * 1000 * 1000 };

char *known_hosts_fingerprint(const void *key, size_t len)
{
	CLEANUP_FREE char *text = NULL;
	unsigned char hash[32];
	char *fingerprint;
	int r = gnutls_hash_fast(GNUTLS_DIG_SHA256, key, len, hash);

	if (r < 0) {
		error_set(FROM_RPC, ERR_GNUTLS_ERROR, "cannot hash a key: %s", gnutls_strerror(r));
		return NULL;
	}
	text = known_hosts_base64(hash, sizeof hash);
	if (!text)
		return NULL;
	text[strcspn(text, "=")] = '\0';
	if (asprintf(&fingerprint, "SHA256:%s", text) < 0) {
		error_oom();
		return NULL;
	}
	return fingerprint;
}

/* The name as a line begins with it. */
static char *name_field(const char *name, bool hash)
{
	CLEANUP_FREE char *lower = strdup(name);
	unsigned char salt[KNOWN_HOST_SALT];
	int r;

	if (!lower) {
		error_oom();
		return NULL;
	}
	for (char *c = lower; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	if (!hash)
		return steal(&lower);
	r = gnutls_rnd(GNUTLS_RND_NONCE, salt, sizeof salt);
	if (r < 0) {
		error_set(FROM_RPC, ERR_GNUTLS_ERROR, "cannot make a salt: %s", gnutls_strerror(r));
		return NULL;
	}
	return known_hosts_hash(lower, salt);
}

/* "NAME TYPE KEY\n" */
static int put_line(const char *name, const void *key, size_t len, bool hash, struct buf *out)
{
	const char *type = known_hosts_key_type(key, len);
	CLEANUP_FREE char *field = NULL, *text = NULL;

	if (!type)
		return error_set(FROM_RPC, ERR_INVALID_ARG, "the host's key has a type that is not known");
	if (!*name || strpbrk(name, " \t\r\n,*?!#|@'\"\\"))
		return error_set(FROM_RPC, ERR_INVALID_ARG, "'%s' is no name for a file of known host keys",
						 name);
	field = name_field(name, hash);
	text = field ? known_hosts_base64(key, len) : NULL;
	return text ? buf_printf(out, "%s %s %s\n", field, type, text) : -1;
}

/* ssh makes this one directory too, and no other. */
static void make_ssh_directory(const char *file)
{
	const char *home = getenv("HOME");
	CLEANUP_FREE char *account_home = NULL, *directory = NULL;
	size_t n;

	if (!home || !*home)
		home = account_home = account_user_home(geteuid());
	if (!home || asprintf(&directory, "%s/.ssh", home) < 0) {
		directory = NULL;
		return;
	}
	n = strlen(directory);
	if (!strncmp(file, directory, n) && file[n] == '/')
		mkdir(directory, 0700);
}

static int lock(int fd, const char *file)
{
	static const struct timespec pause = {.tv_nsec = LOCK_AGAIN_NS};
	int64_t deadline = now_ms() + LOCK_MS;

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return 0; /* a file system without locks: one write at the end has to do */
		if (now_ms() > deadline)
			return error_set(FROM_RPC, ERR_OPERATION_TIMEOUT, "%s is locked by another process",
							 file);
		nanosleep(&pause, NULL);
	}
	return 0;
}

static bool is_there(const char *file, const char *name, const void *key, size_t len)
{
	CLEANUP_KNOWN_HOSTS struct known_hosts *known = known_hosts_new(name, 0);

	return known && known_hosts_read_file(known, file) == 0 &&
		   known_hosts_check(known, key, len, NULL) == KNOWN_HOST_OK;
}

/* Does the file end within a line? */
static bool lacks_newline(int fd)
{
	struct stat st;
	char last;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
		   pread(fd, &last, 1, st.st_size - 1) == 1 && last != '\n';
}

int known_hosts_add(const char *file, const char *name, const void *key, size_t len, bool hash)
{
	CLEANUP_BUF struct buf line = {0};
	CLEANUP_CLOSE int fd = -1;
	ssize_t n;

	make_ssh_directory(file);
	fd = open(file, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
	if (fd < 0)
		return error_errno(FROM_RPC, errno, "cannot open %s", file);
	if (lock(fd, file) < 0)
		return -1;
	if (is_there(file, name, key, len))
		return 0;
	if (lacks_newline(fd) && buf_puts(&line, "\n") < 0)
		return -1;
	if (put_line(name, key, len, hash, &line) < 0)
		return -1;
	n = write(fd, buf_at(&line), buf_len(&line));
	if (n < 0)
		return error_errno(FROM_RPC, errno, "cannot write %s", file);
	if ((size_t)n != buf_len(&line))
		return error_errno(FROM_RPC, ENOSPC, "cannot write a whole line to %s", file);
	return 0;
}
