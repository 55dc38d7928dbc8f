/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tries the places where daemons listen, in turn, and remembers what each said. Names of users and
 * groups are read from /etc, so that a static binary needs no name service modules.
 */
#include "config.h"

#include "gateway.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYSTEM_DIRS
#define SYSTEM_DIRS RUNSTATEDIR, "/run", "/var/run"
#endif
#define PATIENCE 30 /* seconds for a daemon with a full queue */

struct search {
	const struct target *target;
	int sock;
	char denied[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* the first that refused us */
	char tried[4000];                                         /* "path (why not), ..." */
};

/* Copies a value of `len` bytes, replacing %XX. Returns NULL, or what is wrong with it. */
static const char *unescape(char *ret, size_t size, const char *from, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned char byte = (unsigned char)from[i];

		if (byte == '%') {
			const char hex[3] = {i + 2 < len ? from[i + 1] : 0, i + 2 < len ? from[i + 2] : 0};

			byte = (unsigned char)strtol(hex, NULL, 16);
			if (!isxdigit((unsigned char)hex[0]) || !isxdigit((unsigned char)hex[1]) || !byte)
				return "a % in it is not followed by two hexadecimal digits of a character";
			i += 2;
		}
		if (n + 1 >= size)
			return "the name of the socket is too long";
		ret[n++] = (char)byte;
	}
	ret[n] = '\0';
	return NULL;
}

static bool is_text(const char *s, size_t len, const char *text)
{
	return len == strlen(text) && memcmp(s, text, len) == 0;
}

static const char *parse_param(const char *param, size_t len, struct target *target)
{
	const char *equals = memchr(param, '=', len);
	const size_t name_len = equals ? (size_t)(equals - param) : len;
	const char *value = param + name_len + (equals ? 1 : 0);
	const size_t value_len = (size_t)(param + len - value);

	if (is_text(param, name_len, "socket"))
		return unescape(target->socket, sizeof(target->socket), value, value_len);
	if (!is_text(param, name_len, "mode"))
		return NULL;
	target->direct = is_text(value, value_len, "direct");
	target->legacy = is_text(value, value_len, "legacy");
	if (!target->direct && !target->legacy && !is_text(value, value_len, "auto"))
		return "mode is none of auto, direct and legacy";
	return NULL;
}

const char *locate_parse(const char *uri, struct target *target)
{
	const size_t scheme =
		strspn(uri, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.+");
	const size_t driver = strcspn(uri, "+:");
	const char *error = NULL;

	if (!*uri)
		return NULL;
	if (!driver || uri[scheme] != ':')
		return "no driver: at its start";
	if (driver >= sizeof(target->driver))
		return "the driver is too long";
	if (driver < scheme && (scheme - driver != 5 || strncasecmp(uri + driver, "+unix", 5) != 0))
		return "its transport is not unix";
	/* "remote" leaves the choice to the daemon. */
	memcpy(target->driver, uri, is_text(uri, driver, "remote") ? 0 : driver);
	uri += scheme + 1;
	if (strncmp(uri, "//", 2) == 0) {
		uri += 2;
		if (strcspn(uri, "/?#") > 0)
			return "it names another host";
	}
	const size_t path = strcspn(uri, "?#");
	target->system = is_text(uri, path, "/system");
	target->session = is_text(uri, path, "/session");
	for (uri += path; *uri && *uri != '#' && !error; uri += strcspn(uri, "&;#")) {
		uri++;
		error = parse_param(uri, strcspn(uri, "&;#"), target);
	}
	return error;
}

/* Connects to one socket; if it fails, writes down why. Returns true when connected. */
static bool try_path(struct search *s, const char *path)
{
	const struct timeval patience = {.tv_sec = PATIENCE};
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	const size_t len = strlen(s->tried);
	int error = ENAMETOOLONG;

	s->sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(s->sock, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path) < (int)sizeof(addr.sun_path)) {
		if (connect(s->sock, (const struct sockaddr *)&addr, sizeof(addr)) == 0)
			return true;
		error = errno;
	}
	snprintf(s->tried + len, sizeof(s->tried) - len, "%s%s (%s)", len ? ", " : "", path,
			 error == EAGAIN ? "its queue is full" : strerror(error));
	if ((error == EACCES || error == EPERM) && !s->denied[0])
		strcpy(s->denied, addr.sun_path);
	close(s->sock);
	return false;
}

static bool try_daemon(struct search *s, const char *dir, const char *daemon, const char *suffix)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/libvirt/%s-sock%s", dir, daemon, suffix);
	return try_path(s, path);
}

/* Tries a directory: the driver's own daemon goes before the common one, as in libvirt's clients;
 * without a driver, the common one goes before all of those that run guests. The test driver has no
 * daemon of its own. */
static bool try_dir(struct search *s, const char *dir, const char *suffix)
{
	static const char *const daemons[] = {"virtqemud", "virtxend", "virtlxcd",  "virtchd",
										  "virtvboxd", "virtvzd",  "virtbhyved"};
	const struct target *t = s->target;
	const bool own = !t->legacy && t->driver[0] && (t->direct || strcmp(t->driver, "test") != 0);
	const bool any = !t->legacy && !t->driver[0];
	char daemon[sizeof(t->driver) + 8];

	snprintf(daemon, sizeof(daemon), "virt%sd", t->driver);
	if (own && try_daemon(s, dir, daemon, suffix))
		return true;
	if (!t->direct && try_daemon(s, dir, "libvirt", suffix))
		return true;
	for (size_t i = 0; any && i < sizeof(daemons) / sizeof(*daemons); i++)
		if (try_daemon(s, dir, daemons[i], suffix))
			return true;
	return false;
}

static bool try_system(struct search *s)
{
	static const char *const dirs[] = {SYSTEM_DIRS};

	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++)
		if ((i == 0 || strcmp(dirs[i], dirs[0]) != 0) &&
			try_dir(s, dirs[i], s->target->readonly ? "-ro" : ""))
			return true;
	return false;
}

/* A daemon of a session has no read-only socket: the client asks for read-only when it opens. */
static bool try_session(struct search *s)
{
	const char *dir = getenv("XDG_RUNTIME_DIR"), *home = getenv("HOME");
	char cache[PATH_MAX];

	snprintf(cache, sizeof(cache), "%s/.cache", home ? home : "");
	return try_dir(s, dir && *dir ? dir : cache, "");
}

/* Starts this user's own daemon, which goes to the background when it listens. What it says of a
 * failure goes to our stderr. Whether it did start is seen by connecting: another client may have
 * been quicker. */
static void start_session(void)
{
	static const char *const daemons[] = {"rvirtd", SBINDIR "/rvirtd", "libvirtd",
										  "/usr/sbin/libvirtd"};
	const char *wish = getenv("LIBVIRT_AUTOSTART");
	int null, status = 0;
	pid_t pid;

	if (wish && strcmp(wish, "0") == 0)
		return;
	pid = fork();
	if (pid == 0) {
		null = open("/dev/null", O_RDWR);
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		for (size_t i = 0; i < sizeof(daemons) / sizeof(*daemons); i++)
			execlp(daemons[i], daemons[i], "-d", "-t", "120", (char *)NULL);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		fputs("rvirt-gateway: neither rvirtd nor libvirtd is installed here\n", stderr);
}

/* Looks up a number in /etc/passwd or /etc/group, where it stands third in its line. */
static void find_name(const char *file, unsigned id, char *ret, size_t size)
{
	char line[1024];
	FILE *f = fopen(file, "re");
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f)) {
		char *rest = line;
		const char *name = strsep(&rest, ":"), *number = (strsep(&rest, ":"), strsep(&rest, ":"));

		found = number && strtoul(number, NULL, 10) == id;
		snprintf(ret, size, "%s", name);
	}
	if (!found)
		snprintf(ret, size, "%u", id);
	if (f)
		fclose(f);
}

static bool is_member(gid_t group)
{
	gid_t groups[NGROUPS_MAX];
	const int n = getgroups(NGROUPS_MAX, groups);

	for (int i = 0; i < n; i++)
		if (groups[i] == group)
			return true;
	return getegid() == group;
}

/* Says who may use a path that refused us: the socket, or the directory that hides it. */
static void explain_denial(const char *path)
{
	char at[PATH_MAX], owner[64], group[64], user[64];
	struct stat st = {0};

	snprintf(at, sizeof(at), "%s", path);
	while (stat(at, &st) < 0 && strrchr(at, '/'))
		*strrchr(at, '/') = '\0';
	find_name("/etc/passwd", st.st_uid, owner, sizeof(owner));
	find_name("/etc/group", st.st_gid, group, sizeof(group));
	find_name("/etc/passwd", geteuid(), user, sizeof(user));
	fprintf(stderr, "rvirt-gateway: cannot connect to %s: Permission denied (", path);
	if (strcmp(at, path) != 0)
		fprintf(stderr, "%s: ", at);
	fprintf(stderr, "owner %s, group %s, mode %04o; user %s is %sin group %s)\n", owner, group,
			st.st_mode & 07777U, user, is_member(st.st_gid) ? "" : "not ", group);
}

enum exit_code locate_connect(const struct target *target, int *ret_sock)
{
	struct search s = {.target = target};
	/* Root has no session of its own: it is served by the system's daemon, as in libvirt. */
	const bool session_only = target->session && geteuid() != 0;
	const bool system_only = target->system || geteuid() == 0;

	bool found = target->socket[0]
					 ? try_path(&s, target->socket)
					 : (!session_only && try_system(&s)) || (!system_only && try_session(&s));

	if (!found && session_only && !target->socket[0] && !s.denied[0]) {
		start_session();
		s.tried[0] = '\0';
		found = try_session(&s);
	}
	if (found) {
		*ret_sock = s.sock;
		return EXIT_DONE;
	}
	if (s.denied[0]) {
		explain_denial(s.denied);
		return EXIT_DENIED;
	}
	fprintf(stderr, "rvirt-gateway: no socket: no daemon is running here; tried %s\n", s.tried);
	return EXIT_NO_SOCKET;
}
