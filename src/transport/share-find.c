/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Finds a keeper or starts one. Its socket is first made under a name of its own and then renamed:
 * so whoever sees the socket sees one that answers, and a keeper whose starter was killed in the
 * middle is in nobody's way.
 */
#include "config.h"
#include "transport/share.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>

enum {
	LOCK_MS = 10000, /* how long another's login is waited for */
	PAUSE_MS = 20,
};

/* The right to start a keeper: one process at a time has it for a name. */
struct lock {
	char *path;
	int fd;
};

/* True if the file that is locked is still the one at the path. */
static bool is_current(const struct lock *lock)
{
	struct stat a, b;

	return fstat(lock->fd, &a) == 0 && lstat(lock->path, &b) == 0 && a.st_dev == b.st_dev &&
		   a.st_ino == b.st_ino;
}

/* 0 if got, 1 if another process has it, -1 if there is no such thing to be had. */
static int lock_try(struct lock *lock, const char *directory, const struct share_name *name)
{
	for (int i = 0; i < 10; i++) {
		if (!lock->path && asprintf(&lock->path, "%s/%s.lock", directory, name->text) < 0) {
			lock->path = NULL;
			return -1;
		}
		if (lock->fd < 0)
			lock->fd = open(lock->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (lock->fd < 0)
			return -1;
		if (flock(lock->fd, LOCK_EX | LOCK_NB) < 0)
			return errno == EWOULDBLOCK || errno == EINTR ? 1 : -1;
		if (is_current(lock))
			return 0;
		close(steal_fd(&lock->fd)); /* whoever had it removed it */
	}
	return 1;
}

static void lock_release(struct lock *lock)
{
	/* removing what another has locked would let a third in */
	if (lock->fd >= 0 && flock(lock->fd, LOCK_EX | LOCK_NB) == 0 && is_current(lock))
		unlink(lock->path);
	if (lock->fd >= 0)
		close(steal_fd(&lock->fd));
	free(steal(&lock->path));
}

/* Some wait longer than others. */
static void pause_a_little(void)
{
	unsigned char chance = 0;
	struct timespec t = {0};

	(void)!getrandom(&chance, sizeof chance, GRND_NONBLOCK);
	t.tv_nsec = (PAUSE_MS / 2 + PAUSE_MS * chance / 256) * 1000000L;
	nanosleep(&t, NULL);
}

int share_refrain(const struct share_search *s, const char *why)
{
	if (s->settings->mode == SHARE_ONLY)
		return error_set(FROM_REMOTE, ERR_OPERATION_FAILED, "share: %s: share=only, but %s", s->how,
						 why);
	log_info("%s is not shared: %s", s->how, why);
	return 1;
}

long long share_deadline(const struct share_search *s, int ms)
{
	long long limit = now_ms() + ms;

	return s->deadline_ms >= 0 && s->deadline_ms < limit ? s->deadline_ms : limit;
}

static int start(struct share_search *s)
{
	CLEANUP_FREE char *path = NULL;
	unsigned long long chance = 0;
	int r;

	share_sweep(s->directory);
	(void)!getrandom(&chance, sizeof chance, 0);
	if (asprintf(&path, "%s/new-%016llx", s->directory, chance) < 0) {
		path = NULL;
		return error_oom();
	}
	r = s->start(s, path);
	if (r == 0 && rename(path, s->socket) < 0)
		return share_refrain(s, "the keeper left no socket behind");
	return r;
}

/* Starts a keeper unless another process does or did. */
static int start_once(struct share_search *s)
{
	CLEANUP(lock_release) struct lock lock = {NULL, -1};
	long long until = share_deadline(s, LOCK_MS);
	const char *why = "its lock cannot be had";
	int r;

	while ((r = lock_try(&lock, s->directory, &s->name)) == 1) {
		if (s->look(s) == 0)
			return 0;
		if (now_ms() >= until) {
			why = "another process takes long to log in";
			break;
		}
		pause_a_little();
	}
	if (r != 0)
		return share_refrain(s, why);
	r = s->look(s);
	if (r == SHARE_FOREIGN)
		return share_refrain(s, "its socket is not to be used");
	return r == 0 ? 0 : start(s);
}

int share_find(struct share_search *s)
{
	int r;

	s->directory = share_directory();
	if (!s->directory)
		return share_refrain(s, "there is no directory of this user's alone for its socket");
	if (asprintf(&s->socket, "%s/%s", s->directory, s->name.text) < 0) {
		s->socket = NULL;
		return error_oom();
	}
	r = s->look(s);
	if (r == SHARE_FOREIGN)
		return share_refrain(s, "its socket is not to be used");
	return r == 0 ? 0 : start_once(s);
}

void share_search_clear(struct share_search *s)
{
	free(steal(&s->socket));
	free(steal(&s->directory));
}
