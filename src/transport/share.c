/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What keepers of shared connections have in common: settings, names and sockets. Their directory
 * is in share-dir.c, how they are found and started in share-find.c.
 */
#include "config.h"
#include "transport/share.h"

#include "base/error.h"
#include "base/log.h"
#include "transport/client-conf.h"

#include <dirent.h>
#include <errno.h>
#include <gnutls/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

enum { IDLE_S = 60 };

int share_mode_parse(const char *text, enum share_mode *ret)
{
	static const char *const names[] = {"no", "auto", "only"};

	for (int i = 0; i < 3; i++)
		if (!strcmp(text, names[i])) {
			*ret = (enum share_mode)i;
			return 0;
		}
	return -1;
}

int share_settings_read(const struct uri *uri, struct share_settings *ret)
{
	const char *mode = uri_param(uri, URI_SHARE), *idle = uri_param(uri, URI_SHARE_IDLE);
	struct share_settings s = {.mode = SHARE_AUTO, .idle_s = IDLE_S};

	if ((!mode || !idle) && client_conf_share(&s) < 0)
		return -1;
	if (mode)
		share_mode_parse(mode, &s.mode); /* a URI with another is refused when it is read */
	if (idle)
		s.idle_s = (int)strtol(idle, NULL, 10);
	*ret = s;
	return 0;
}

struct share_hash {
	const char *kind;
	gnutls_hash_hd_t digest;
};

struct share_hash *share_hash_new(const char *kind)
{
	CLEANUP_FREE struct share_hash *h = calloc(1, sizeof *h);

	if (!h || gnutls_hash_init(&h->digest, GNUTLS_DIG_SHA256) < 0) {
		error_oom();
		return NULL;
	}
	h->kind = kind;
	return steal(&h);
}

/* With its NUL, so that no two lists of texts look alike. */
void share_hash_text(struct share_hash *h, const char *text)
{
	gnutls_hash(h->digest, text, strlen(text) + 1);
}

void share_hash_file(struct share_hash *h, const char *path)
{
	char facts[128] = "none";
	struct stat st;

	if (stat(path, &st) == 0)
		snprintf(facts, sizeof facts, "%llu %llu %lld %lld.%09ld", (unsigned long long)st.st_dev,
				 (unsigned long long)st.st_ino, (long long)st.st_size, (long long)st.st_mtim.tv_sec,
				 st.st_mtim.tv_nsec);
	share_hash_text(h, path);
	share_hash_text(h, facts);
}

struct share_name share_hash_end(struct share_hash *h)
{
	unsigned char digest[32];
	struct share_name name;
	int n = snprintf(name.text, sizeof name.text, "%.4s-", h->kind);

	gnutls_hash_deinit(h->digest, digest);
	for (int i = 0; n < SHARE_NAME_LEN; i++)
		n += snprintf(name.text + n, sizeof name.text - (size_t)n, "%02x", digest[i]);
	free(h);
	return name;
}

static bool is_ours(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof peer;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && peer.uid == geteuid();
}

int share_connect(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	CLEANUP_CLOSE int fd = -1;
	struct stat st;

	if (lstat(path, &st) < 0 || strlen(path) >= sizeof address.sun_path)
		return SHARE_NOBODY;
	if (!S_ISSOCK(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077)) {
		log_info("%s is not used: it is no socket of this user's alone", path);
		return SHARE_FOREIGN;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return SHARE_FOREIGN;
	if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
		return errno == ECONNREFUSED || errno == ENOENT ? SHARE_NOBODY : SHARE_FOREIGN;
	if (!is_ours(fd)) {
		log_info("%s is not used: another user listens there", path);
		return SHARE_FOREIGN;
	}
	return steal_fd(&fd);
}

void share_sweep(const char *directory)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		CLEANUP_FREE char *path = NULL;
		CLEANUP_CLOSE int fd = -1;

		if (strlen(entry->d_name) != SHARE_NAME_LEN || entry->d_type != DT_SOCK)
			continue;
		if (asprintf(&path, "%s/%s", directory, entry->d_name) < 0) {
			path = NULL;
			break;
		}
		fd = share_connect(path);
		if (fd == SHARE_NOBODY)
			unlink(path);
	}
	if (dir)
		closedir(dir);
}
