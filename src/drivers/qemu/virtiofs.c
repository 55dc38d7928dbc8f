/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Folders of the host that a guest sees by virtiofs: the command line of virtiofsd.
 */
#include "config.h"

#include "drivers/qemu/alias.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/helper.h"

#include <stdio.h>

/* Where distributions have it; those of QEMU 7.2 and the later one in Rust take the same words. */
static const char *find_program(const struct node *filesystem)
{
	static const char *const places[] = {"/usr/lib/qemu/virtiofsd", "/usr/libexec/virtiofsd",
										 "/usr/lib/virtiofsd"};
	const char *named = child_attr(filesystem, "binary", "path");

	if (named)
		return named;
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
		if (access(places[i], X_OK) == 0)
			return places[i];
	error_set(FROM_QEMU, ERR_OPERATION_FAILED,
			  "virtiofsd is missing: install it, or name it by <binary path=…>");
	return NULL;
}

/* "posix_lock", "no_posix_lock" or nothing. */
static int add_switch(struct buf *b, const struct node *n, const char *attr, const char *word)
{
	if (!node_attr(n, attr))
		return 0;
	return buf_printf(b, ",%s%s", is(n, attr, "on") ? "" : "no_", word);
}

static char *options(const struct node *filesystem, const char *dir)
{
	const struct node *binary = node_child(filesystem, "binary"),
					  *lock = node_child(binary, "lock");
	const char *cache = child_attr(binary, "cache", "mode");
	const char *sandbox = child_attr(binary, "sandbox", "mode");
	CLEANUP_BUF struct buf b = {0};

	/* what is said twice counts as it was said last, so that it can't be outdone by the path */
	if (strpbrk(dir, ",\\")) {
		error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
				  "virtiofs can't share a folder with a comma or backslash in its name: %s", dir);
		return NULL;
	}
	if (buf_printf(&b, "source=%s", dir) < 0 || (cache && buf_printf(&b, ",cache=%s", cache) < 0) ||
		(sandbox && buf_printf(&b, ",sandbox=%s", sandbox) < 0) ||
		add_switch(&b, binary, "xattr", "xattr") < 0 ||
		add_switch(&b, lock, "flock", "flock") < 0 ||
		add_switch(&b, lock, "posix", "posix_lock") < 0)
		return NULL;
	return buf_steal_text(&b);
}

int virtiofs_start(const struct vm *vm, const struct node *filesystem, struct helper_spec *spec,
				   struct helper **list)
{
	const char *dir = child_attr(filesystem, "source", "dir");
	const char *program = find_program(filesystem);
	const char *threads = child_attr(filesystem, "binary/thread_pool", "size");
	CLEANUP_FREE char *how = NULL, *path = NULL;
	char fd_word[32], threads_word[48], *argv[6];
	size_t n = 0;

	if (!vm->qemu->privileged)
		return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
						 "virtiofs is not yet supported in session mode");
	if (!program || !(how = options(filesystem, dir ? dir : "")))
		return -1;
	if (asprintf(&path, "%s/%s-fs.sock", vm->dir, qemu_alias(filesystem)) < 0) {
		path = NULL;
		return error_oom();
	}
	CLEANUP_CLOSE int fd = helper_listen(vm->qemu, path);
	if (fd < 0)
		return -1;
	snprintf(fd_word, sizeof fd_word, "--fd=%d", fd);
	snprintf(threads_word, sizeof threads_word, "--thread-pool-size=%s", threads ? threads : "");
	argv[n++] = (char *)(uintptr_t)program;
	argv[n++] = fd_word;
	argv[n++] = (char[]){"-o"};
	argv[n++] = how;
	if (threads)
		argv[n++] = threads_word;
	argv[n] = NULL;
	spec->argv = argv;
	spec->socket_fd = fd;
	spec->as_root =
		true; /* it has a sandbox of its own, and is to give guests' users their files */
	return helper_start(vm->qemu, spec, list);
}
