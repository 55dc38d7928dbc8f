/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The format of saved machines. Numbers are in the order of bytes of the host that wrote them; the
 * other order is told by the version.
 */
#include "config.h"
#include "drivers/qemu/save-image.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "base/fd.h"
#include "conf/domain.h"

#include <byteswap.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

enum { MAGIC_LEN = 16, FORMAT_VERSION = 2, XML_MAX = DOMAIN_XML_MAX + 65536 };

static const char complete[] = "LibvirtQemudSave", partial[] = "LibvirtQemudPart";

struct header {
	char magic[MAGIC_LEN];
	uint32_t version;
	uint32_t data_len; /* of the definition with its NUL, and what libvirt puts behind it */
	uint32_t running;
	uint32_t compressed;    /* 0: not */
	uint32_t cookie_offset; /* in the data; 0: there is none */
	uint32_t unused[14];
};

/* Beside the definition: so much longer may another one be. */
enum { PADDING = 1024 };

static int open_regular(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return error_errno(FROM_QEMU, errno, "Failed to open file '%s'", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return error_set(FROM_QEMU, ERR_OPERATION_FAILED, "'%s' is not a regular file", path);
	}
	return fd;
}

int save_image_create(const char *path, const char *xml, bool running)
{
	struct header h = {.version = FORMAT_VERSION,
					   .data_len = (uint32_t)strlen(xml) + 1 + PADDING,
					   .running = running};
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
	CLEANUP_FREE char *data = NULL;

	if (fd < 0)
		return error_errno(FROM_QEMU, errno, "Failed to create file '%s'", path);
	memcpy(h.magic, partial, MAGIC_LEN);
	data = calloc(1, h.data_len);
	if (data)
		memcpy(data, xml, strlen(xml));
	if (data && fd_write_all(fd, &h, sizeof h) == 0 && fd_write_all(fd, data, h.data_len) == 0)
		return fd;
	error_errno(FROM_QEMU, errno, "failed to write header to domain save file '%s'", path);
	close(fd);
	unlink(path);
	return -1;
}

int save_image_finish(int fd, const char *path)
{
	if (pwrite(fd, complete, MAGIC_LEN, 0) == MAGIC_LEN && fsync(fd) == 0)
		return 0;
	return error_errno(FROM_QEMU, errno, "unable to write %s", path);
}

/* Reads the header; its numbers are in this host's order then. 0 or -1. */
static int read_header(int fd, const char *path, struct header *h)
{
	if (fd_read_all(fd, h, sizeof *h) != sizeof *h)
		return error_set(FROM_QEMU, ERR_OPERATION_FAILED, "failed to read qemu header of '%s'",
						 path);
	if (memcmp(h->magic, partial, MAGIC_LEN) == 0)
		return error_set(FROM_QEMU, ERR_OPERATION_FAILED, "save image '%s' is incomplete", path);
	if (memcmp(h->magic, complete, MAGIC_LEN) != 0)
		return error_set(FROM_QEMU, ERR_OPERATION_FAILED, "image magic is incorrect in '%s'", path);
	if (h->version > FORMAT_VERSION) {
		h->version = bswap_32(h->version);
		h->data_len = bswap_32(h->data_len);
		h->running = bswap_32(h->running);
		h->compressed = bswap_32(h->compressed);
	}
	if (h->version > FORMAT_VERSION)
		return error_set(FROM_QEMU, ERR_OPERATION_FAILED,
						 "image version is not supported (%u > %d)", h->version, FORMAT_VERSION);
	if (h->data_len == 0 || h->data_len > XML_MAX)
		return error_set(FROM_QEMU, ERR_OPERATION_FAILED, "invalid XML length: %u", h->data_len);
	return 0;
}

int save_image_open(const char *path, int *ret_fd, char **ret_xml, bool *ret_running)
{
	CLEANUP_CLOSE int fd = open_regular(path, O_RDONLY);
	CLEANUP_FREE char *data = NULL;
	struct header h;

	if (fd < 0 || read_header(fd, path, &h) < 0)
		return -1;
	if (ret_fd && h.compressed)
		return error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
						 "the memory in '%s' is compressed (format %u), which is not supported",
						 path, h.compressed);
	data = malloc((size_t)h.data_len + 1);
	if (!data)
		return error_oom();
	if (fd_read_all(fd, data, h.data_len) != h.data_len)
		return error_set(FROM_QEMU, ERR_OPERATION_FAILED, "failed to read domain XML of '%s'",
						 path);
	data[h.data_len] = '\0';
	if (ret_fd)
		*ret_fd = steal_fd(&fd);
	*ret_xml = steal(&data);
	*ret_running = h.running;
	return 0;
}

int save_image_change(const char *path, const char *xml, int running)
{
	CLEANUP_CLOSE int fd = open_regular(path, O_RDWR);
	CLEANUP_FREE char *data = NULL;
	struct header h;
	size_t n = strlen(xml) + 1;

	if (fd < 0 || read_header(fd, path, &h) < 0)
		return -1;
	if (n > h.data_len)
		return error_set(FROM_QEMU, ERR_OPERATION_FAILED,
						 "new xml too large to fit in file: %zu bytes, there is room for %u", n,
						 h.data_len);
	data = calloc(1, h.data_len);
	if (!data)
		return error_oom();
	memcpy(data, xml, n);
	h.cookie_offset = 0;
	if (running >= 0)
		h.running = (uint32_t)running;
	if (pwrite(fd, &h, sizeof h, 0) == sizeof h &&
		pwrite(fd, data, h.data_len, sizeof h) == (ssize_t)h.data_len && fsync(fd) == 0)
		return 0;
	return error_errno(FROM_QEMU, errno, "failed to write xml to '%s'", path);
}
