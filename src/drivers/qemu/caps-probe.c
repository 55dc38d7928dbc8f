/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Asking a QEMU binary what it can do: one run with each accelerator that works, and a guest of
 * five instructions that finds out whether KVM is one.
 */
#include "config.h"
#include "drivers/qemu/caps-probe.h"

#include "base/error.h"
#include "base/fd.h"
#include "drivers/qemu/qmp.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { ASK_MS = 30000, TRY_MS = 5000, SAID_MAX = 4096 };

/* The number under which a child has its one descriptor beside the standard ones. */
enum { CHILD_FD = 3 };

struct child {
	pid_t pid;
	int pidfd;
	int said; /* a file of what it wrote to stderr */
};

/* Types whose properties decide something. To add one: its name. */
static const char *const asked[] = {"virtio-blk-pci",
									"virtio-net-pci",
									"virtio-scsi-pci",
									"virtio-balloon-pci",
									"virtio-gpu-pci",
									"virtio-vga",
									"usb-storage",
									"usb-host",
									"scsi-hd",
									"ide-hd",
									"VGA",
									"qxl",
									"qxl-vga",
									"vmware-svga",
									"pcie-root-port",
									"qemu-xhci",
									"nec-usb-xhci",
									"max-x86_64-cpu",
									"max-i386-cpu",
									"ICH9-LPC",
									"PIIX4_PM",
									"vhost-vsock-pci",
									"virtio-9p-pci",
									"bochs-display",
									"intel-iommu",
									"pc-dimm",
									"virtio-mem-pci",
									"virtio-rng-pci",
									"mch",
									"i440FX-pcihost",
									"q35-pcihost",
									"virtio-serial-pci"};

/* argv[0] is the binary. fd becomes the child's CHILD_FD, which is not open if it is -1. */
static int start(char *const argv[], int fd, struct child *ret)
{
	static char *const env[] = {(char *)(uintptr_t) "LC_ALL=C",
								(char *)(uintptr_t) "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	CLEANUP_CLOSE int said = memfd_create("qemu-said", MFD_CLOEXEC);
	sigset_t none;
	int err;

	if (said < 0)
		return error_errno(FROM_QEMU, errno, "cannot make a file for what '%s' says", argv[0]);
	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDWR, 0);
	posix_spawn_file_actions_adddup2(&files, 0, 1);
	posix_spawn_file_actions_adddup2(&files, said, 2);
	if (fd >= 0)
		posix_spawn_file_actions_adddup2(&files, fd, CHILD_FD);
	err = posix_spawn(&ret->pid, argv[0], &files, &attr, argv, env);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	if (err)
		return error_errno(FROM_QEMU, err, "cannot start '%s'", argv[0]);
	ret->pidfd = (int)syscall(SYS_pidfd_open, ret->pid, 0);
	ret->said = steal_fd(&said);
	return 0;
}

/* Its exit status, or -1 if it did not end by itself in time; it has ended afterwards. */
static int finish(struct child *child, int timeout_ms)
{
	struct pollfd ends = {.fd = child->pidfd, .events = POLLIN};
	int status = 0;

	if (child->pidfd < 0 || poll(&ends, 1, timeout_ms) != 1)
		kill(child->pid, SIGKILL);
	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (child->pidfd >= 0)
		close(child->pidfd);
	close(child->said);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void add_said(const struct child *child)
{
	char text[SAID_MAX];
	ssize_t n = pread(child->said, text, sizeof text - 1, 0);

	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == ' '))
		n--;
	if (n > 0) {
		text[n] = '\0';
		error_suffix("it said: %s", text);
	}
}

bool caps_try_kvm(const char *path)
{
	/* where a processor begins: mov $0x10, %al; out %al, $0xf4; hlt */
	static const unsigned char code[] = {0xb0, 0x10, 0xe6, 0xf4, 0xf4};
	enum { ROM = 65536, START = 0xfff0, SAYS = 0x10 << 1 | 1 };
	CLEANUP_CLOSE int rom = memfd_create("rom", MFD_CLOEXEC);
	const char *argv[] = {path,
						  "-no-reboot", /* a guest that faults ends */
						  "-no-user-config",
						  "-nodefaults",
						  "-display",
						  "none",
						  "-machine",
						  "isapc",
						  "-accel",
						  "kvm",
						  "-m",
						  "1",
						  "-bios",
						  "/dev/fd/3",
						  "-device",
						  "isa-debug-exit,iobase=0xf4,iosize=1",
						  NULL};
	struct child child;

	if (rom < 0 || ftruncate(rom, ROM) < 0 ||
		pwrite(rom, code, sizeof code, START) != (ssize_t)sizeof code ||
		start((char *const *)(uintptr_t)argv, rom, &child) < 0)
		return false;
	return finish(&child, TRY_MS) == SAYS;
}

/* Commands. */

/* Calls, and puts the value under a name. */
static int ask(struct qmp *q, const char *command, json_t *args, json_t *document, const char *name)
{
	json_t *value = NULL;

	if (qmp_call(q, command, args, ASK_MS, &value) < 0)
		return -1;
	return json_object_set_new(document, name, value) < 0 ? error_oom() : 0;
}

/* A list of objects as an object of them by the text at key. */
static int ask_by(struct qmp *q, const char *command, json_t *args, const char *key,
				  json_t *document, const char *name)
{
	CLEANUP_JSON json_t *list = NULL;
	json_t *by = json_object(), *item;
	size_t i;

	if (json_object_set_new(document, name, by) < 0)
		return error_oom();
	if (qmp_call(q, command, args, ASK_MS, &list) < 0)
		return -1;
	json_array_foreach(list, i, item)
	{
		if (qmp_text(item, key) && json_object_set(by, qmp_text(item, key), item) < 0)
			return error_oom();
	}
	return 0;
}

/* The names in a list of objects as keys. */
static int ask_names(struct qmp *q, const char *command, json_t *args, json_t *document,
					 const char *name)
{
	CLEANUP_JSON json_t *list = NULL;
	json_t *names = json_object(), *item;
	size_t i;

	if (json_object_set_new(document, name, names) < 0)
		return error_oom();
	if (qmp_call(q, command, args, ASK_MS, &list) < 0)
		return -1;
	json_array_foreach(list, i, item)
	{
		if (qmp_text(item, "name") &&
			json_object_set_new(names, qmp_text(item, "name"), json_true()) < 0)
			return error_oom();
	}
	return 0;
}

static int ask_properties(struct qmp *q, json_t *document)
{
	const json_t *types = json_object_get(document, "types");
	json_t *all = json_object();

	if (json_object_set_new(document, "properties", all) < 0)
		return error_oom();
	for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
		if (!json_object_get(types, asked[i]))
			continue;
		/* some are no devices: nothing is known of them then */
		if (ask_names(q, "device-list-properties", json_pack("{s:s}", "typename", asked[i]), all,
					  asked[i]) < 0)
			error_reset();
	}
	return 0;
}

static int ask_all(struct qmp *q, json_t *document)
{
	CLEANUP_JSON json_t *target = NULL;
	const char *arch;

	if (qmp_call(q, "query-target", NULL, ASK_MS, &target) < 0)
		return -1;
	arch = qmp_text(target, "arch");
	if (!arch)
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "QEMU does not say what it emulates");
	json_object_set_new(document, "arch", json_string(strcmp(arch, "i386") == 0 ? "i686" : arch));
	json_object_set_new(document, "version", json_integer(qmp_version(q)));
	if (ask_by(q, "query-machines", NULL, "name", document, "machines") < 0 ||
		ask_names(q, "qom-list-types", NULL, document, "types") < 0 ||
		ask_names(q, "query-commands", NULL, document, "commands") < 0)
		return -1;
	return ask_properties(q, document);
}

static int ask_cpus(struct qmp *q, bool kvm, json_t *document)
{
	const char *model = kvm ? "host" : "max";

	if (ask_by(q, "query-cpu-definitions", NULL, "name", document, kvm ? "cpus-kvm" : "cpus-tcg") <
		0)
		return -1;
	if (ask(q, "query-cpu-model-expansion",
			json_pack("{s:s, s:{s:s}}", "type", "full", "model", "name", model), document,
			kvm ? "max-kvm" : "max-tcg") < 0 ||
		ask(q, "query-cpu-model-expansion",
			json_pack("{s:s, s:{s:s, s:{s:b}}}", "type", "full", "model", "name", model, "props",
					  "migratable", 0),
			document, kvm ? "max-kvm-all" : "max-tcg-all") < 0)
		error_reset(); /* not every architecture has it */
	return 0;
}

static int converse(struct qmp_loop *loop, int fd, bool kvm, json_t *document)
{
	struct qmp *q = NULL;
	struct error saved;
	int res = 0;

	if (qmp_open(loop, fd, NULL, NULL, ASK_MS, &q) < 0)
		return -1;
	if (!kvm)
		res = ask_all(q, document);
	if (res == 0)
		res = ask_cpus(q, kvm, document);
	error_take(&saved);
	if (qmp_call(q, "quit", NULL, ASK_MS, NULL) < 0)
		error_reset(); /* it will be ended */
	qmp_close(q);
	error_give(&saved);
	return res;
}

static int probe(struct qmp_loop *loop, const char *path, bool kvm, json_t *document)
{
	const char *argv[] = {path,
						  "-S",
						  "-no-user-config",
						  "-nodefaults",
						  "-display",
						  "none",
						  "-machine",
						  "none",
						  "-accel",
						  kvm ? "kvm" : "tcg",
						  "-chardev",
						  "socket,id=monitor,fd=3",
						  "-mon",
						  "chardev=monitor,mode=control",
						  NULL};
	struct child child;
	int ends[2], res;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return error_errno(FROM_QEMU, errno, "cannot make a socket for a QEMU monitor");
	res = start((char *const *)(uintptr_t)argv, ends[1], &child);
	close(ends[1]);
	if (res < 0) {
		close(ends[0]);
		return -1;
	}
	res = converse(loop, ends[0], kvm, document);
	if (res < 0)
		add_said(&child);
	finish(&child, res < 0 ? 0 : TRY_MS);
	return res;
}

int caps_probe(struct qmp_loop *loop, const char *path, json_t **ret_document)
{
	CLEANUP_JSON json_t *document = json_object();
	bool kvm;

	if (!document)
		return error_oom();
	if (probe(loop, path, false, document) < 0)
		return error_prefix("Failed to probe QEMU binary '%s'", path);
	kvm = caps_try_kvm(path);
	if (kvm && probe(loop, path, true, document) < 0) {
		error_reset();
		kvm = false;
	}
	if (json_object_set_new(document, "kvm", json_boolean(kvm)) < 0)
		return error_oom();
	*ret_document = steal(&document);
	return 0;
}
