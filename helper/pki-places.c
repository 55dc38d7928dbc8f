/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where certificates and keys belong, and putting them there: a reader finds a whole file or none,
 * and nobody's file is lost.
 */
#include "config.h"
#include "pki.h"

#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* In a user's directory, and in one to be carried away, all are beside each other. */
static const struct {
	const char *below, *name;
} places[] = {
	[PKI_CA_CERT] = {"CA/", "cacert.pem"},
	[PKI_CA_KEY] = {"CA/private/", "cakey.pem"},
	[PKI_CRL] = {"CA/", "cacrl.pem"},
	[PKI_ISSUED] = {"CA/", "newcerts"},
	[PKI_SERVER_CERT] = {"libvirt/", "servercert.pem"},
	[PKI_SERVER_KEY] = {"libvirt/private/", "serverkey.pem"},
	[PKI_CLIENT_CERT] = {"libvirt/", "clientcert.pem"},
	[PKI_CLIENT_KEY] = {"libvirt/private/", "clientkey.pem"},
};

static char *join(const char *directory, const char *below, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s%s", directory, below, name) >= 0)
		return path;
	error_oom();
	return NULL;
}

char *pki_path(const struct pki *pki, enum pki_file file)
{
	const char *home = getenv("HOME");

	if (!pki->user)
		return join(pki->dir ? pki->dir : PKI_SYSTEM_DIR, places[file].below, places[file].name);
	if (!home || *home != '/') {
		error_set(FROM_RPC, ERR_INVALID_ARG, "--user: HOME is not set to a directory");
		return NULL;
	}
	return join(home, ".pki/libvirt/", places[file].name);
}

char *pki_out_path(const struct pki *pki, enum pki_file file)
{
	return pki->out ? join(pki->out, "", places[file].name) : pki_path(pki, file);
}

/* Makes the directories above path; those of keys are their owner's alone. */
static int make_directories(const char *path)
{
	CLEANUP_FREE char *copy = strdup(path);

	if (!copy)
		return error_oom();
	for (char *slash = copy + 1; (slash = strchr(slash, '/')); slash++) {
		bool private;

		*slash = 0;
		private = strlen(copy) > 8 && !strcmp(slash - 8, "/private");
		if (mkdir(copy, private ? 0700 : 0755) < 0 && errno != EEXIST)
			return error_errno(FROM_RPC, errno, "cannot make the directory %s", copy);
		*slash = '/';
	}
	return 0;
}

/* A file beside path with the content; the name is blob->temporary, if there is one to remove. */
static int write_beside(struct pki_blob *blob)
{
	const char *slash = strrchr(blob->path, '/');
	int n = slash ? (int)(slash - blob->path) + 1 : 0;
	CLEANUP_CLOSE int fd = -1;
	size_t done = 0;

	if (asprintf(&blob->temporary, "%.*s.%s.XXXXXX", n, blob->path, blob->path + n) < 0) {
		blob->temporary = NULL;
		return error_oom();
	}
	fd = mkostemp(blob->temporary, O_CLOEXEC);
	if (fd < 0) {
		int cause = errno;

		free(steal(&blob->temporary));
		return error_errno(FROM_RPC, cause, "cannot write %s", blob->path);
	}
	if (fchmod(fd, blob->mode) < 0)
		return error_errno(FROM_RPC, errno, "cannot set the mode of %s", blob->path);
	while (done < blob->pem.size) {
		ssize_t w = write(fd, blob->pem.data + done, blob->pem.size - done);

		if (w < 0 && errno != EINTR)
			return error_errno(FROM_RPC, errno, "cannot write %s", blob->path);
		done += w > 0 ? (size_t)w : 0;
	}
	if (fsync(fd) < 0 || close(steal_fd(&fd)) < 0)
		return error_errno(FROM_RPC, errno, "cannot write %s", blob->path);
	return 0;
}

static int refuse(const char *path)
{
	return error_set(FROM_RPC, ERR_SYSTEM_ERROR, "%s is there already; --force replaces it", path);
}

/* link() never replaces what is there, whoever put it there meanwhile. */
static int put_in_place(struct pki_blob *blob)
{
	if (blob->force ? rename(blob->temporary, blob->path) < 0
					: link(blob->temporary, blob->path) < 0) {
		return errno == EEXIST ? refuse(blob->path)
							   : error_errno(FROM_RPC, errno, "cannot write %s", blob->path);
	}
	if (!blob->force)
		unlink(blob->temporary);
	free(steal(&blob->temporary));
	return 0;
}

static int store(struct pki_blob *blobs, size_t n)
{
	struct stat st;

	for (size_t i = 0; i < n; i++)
		if (!blobs[i].force && lstat(blobs[i].path, &st) == 0)
			return refuse(blobs[i].path);
	for (size_t i = 0; i < n; i++)
		if (make_directories(blobs[i].path) < 0 || write_beside(&blobs[i]) < 0)
			return -1;
	for (size_t i = 0; i < n; i++) {
		if (put_in_place(&blobs[i]) == 0)
			continue;
		while (i-- > 0)
			if (!blobs[i].force)
				unlink(blobs[i].path);
		return -1;
	}
	return 0;
}

int pki_store(struct pki_blob *blobs, size_t n)
{
	int r = store(blobs, n);

	for (size_t i = 0; i < n; i++) {
		if (blobs[i].temporary)
			unlink(blobs[i].temporary);
		if (r == 0)
			printf("%-20s %s\n", blobs[i].what, blobs[i].path);
	}
	if (r < 0 && error_last()->int1 == EACCES && geteuid() != 0)
		return error_suffix("be root, or say --user or --dir");
	return r;
}

void pki_blob_clear(struct pki_blob *blob)
{
	if (blob->pem.data) {
		gnutls_memset(blob->pem.data, 0, blob->pem.size);
		gnutls_free(blob->pem.data);
	}
	free(blob->path);
	free(blob->temporary);
	*blob = (struct pki_blob){0};
}

int pki_add_word(struct buf *out, const char *text)
{
	static const char harmless[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
								   "0123456789/._-+:@,%=";

	if (*text && strspn(text, harmless) == strlen(text))
		return buf_printf(out, " %s", text);
	if (buf_puts(out, " '") < 0)
		return -1;
	for (; *text; text++)
		if (*text == '\'' ? buf_puts(out, "'\\''") < 0 : buf_add(out, text, 1) < 0)
			return -1;
	return buf_puts(out, "'");
}

char *pki_command(const struct pki *pki, const char *command)
{
	CLEANUP_BUF struct buf out = {0};

	if (buf_puts(&out, "rvirt-pki") < 0)
		return NULL;
	if (pki->user ? buf_puts(&out, " --user") < 0
				  : pki->dir && (buf_puts(&out, " --dir") < 0 || pki_add_word(&out, pki->dir) < 0))
		return NULL;
	return buf_printf(&out, " %s", command) < 0 ? NULL : buf_steal_text(&out);
}
