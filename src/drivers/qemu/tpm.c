/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * TPMs that swtpm emulates. What one keeps is in a folder named by its machine's UUID: it is made
 * with keys and certificates when the machine starts for the first time, and goes with the
 * definition.
 */
#include "config.h"

#include "base/log.h"
#include "drivers/place.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/helper.h"
#include "drivers/storage/command.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

static const char program[] = "/usr/bin/swtpm";

/* The folder of a machine's TPM, or (version NULL) that of all its versions; owned by the caller.
 * NULL with NO_MEMORY. */
static char *folder(const struct qemu *q, const struct domain_def *def, const char *version)
{
	char uuid[UUID_TEXT_LEN], *path;

	if (asprintf(&path, "%s/%s%s", q->tpm_dir, uuid_format(def->uuid, uuid),
				 !version                      ? ""
				 : strcmp(version, "1.2") == 0 ? "/tpm1.2"
											   : "/tpm2") >= 0)
		return path;
	error_oom();
	return NULL;
}

/* Calls for each file of a folder, which is let alone if it is not there. 0 or -1 with errno. */
static int each_file(const char *path, int (*call)(int dir, const char *name, const struct qemu *q),
					 const struct qemu *q)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int r = 0;

	if (!dir)
		return errno == ENOENT ? 0 : -1;
	while (r == 0 && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = call(dirfd(dir), entry->d_name, q);
	closedir(dir);
	return r;
}

static int give_one(int dir, const char *name, const struct qemu *q)
{
	return fchownat(dir, name, q->uid, q->gid, AT_SYMLINK_NOFOLLOW);
}

static int remove_one(int dir, const char *name, const struct qemu *q)
{
	(void)q;
	return unlinkat(dir, name, 0);
}

static void remove_folder(const char *path)
{
	if (each_file(path, remove_one, NULL) < 0 || (rmdir(path) < 0 && errno != ENOENT))
		log_warning("'%s' can't be removed: %s", path, strerror(errno));
}

/* -- a new one -- */

/* Keys and certificates, by the swtpm of this host's owner. */
static int manufacture(const struct vm *vm, const char *dir, bool two)
{
	char uuid[UUID_TEXT_LEN];
	CLEANUP_FREE char *id = NULL;
	const char *argv[16] = {"swtpm_setup"};
	size_t n = 1;

	if (asprintf(&id, "%s:%s", vm->d.name, uuid_format(vm->d.uuid, uuid)) < 0) {
		id = NULL;
		return error_oom();
	}
	if (two)
		argv[n++] = "--tpm2";
	if (vm->qemu->privileged) {
		argv[n++] = "--runas";
		argv[n++] = "root";
	} else {
		/* without settings of their own, users have no certificates made */
		const char *const make[] = {"swtpm_setup", "--create-config-files", "skip-if-exist", NULL};

		if (command_run(make) < 0)
			return -1;
	}
	argv[n++] = "--tpm-state";
	argv[n++] = dir;
	argv[n++] = "--vmid";
	argv[n++] = id;
	argv[n++] = "--create-ek-cert";
	argv[n++] = "--create-platform-cert";
	argv[n++] = "--lock-nvram";
	argv[n++] = "--not-overwrite";
	argv[n] = NULL;
	return command_run(argv) < 0 ? error_prefix("the TPM can't be made") : 0;
}

static int make_folder(const struct vm *vm, const char *dir)
{
	const struct qemu *q = vm->qemu;
	CLEANUP_FREE char *above = folder(q, vm->d.def, NULL);

	if (!above || place_make(FROM_QEMU, q->tpm_dir) < 0 || place_make(FROM_QEMU, above) < 0 ||
		place_make(FROM_QEMU, dir) < 0)
		return -1;
	if (q->drop &&
		(chmod(q->lib_dir, 0711) < 0 || chmod(q->tpm_dir, 0711) < 0 || chmod(above, 0711) < 0))
		return error_errno(FROM_QEMU, errno, "cannot open '%s' to guests' user", above);
	return 0;
}

/* It is the guest's user's only once it is whole. */
static int make(const struct vm *vm, const char *dir, bool two, bool incoming)
{
	const struct qemu *q = vm->qemu;

	if (make_folder(vm, dir) < 0)
		return -1;
	if (!incoming && manufacture(vm, dir, two) < 0) {
		remove_folder(dir);
		return -1;
	}
	if (q->drop && (each_file(dir, give_one, q) < 0 || chown(dir, q->uid, q->gid) < 0))
		return error_errno(FROM_QEMU, errno, "cannot give '%s' to the guest's user", dir);
	return 0;
}

/* -- start -- */

static int run(const struct vm *vm, const char *dir, bool two, struct helper_spec *spec,
			   struct helper **list)
{
	CLEANUP_FREE char *path = NULL, *state = NULL;
	CLEANUP_CLOSE int fd = -1;
	char ctrl[64], *argv[] = {(char *)(uintptr_t)program,
							  (char[]){"socket"},
							  (char[]){"--terminate"},
							  (char[]){"--ctrl"},
							  ctrl,
							  (char[]){"--tpmstate"},
							  NULL,
							  two ? (char[]){"--tpm2"} : NULL,
							  NULL};

	if (asprintf(&path, "%s/swtpm.sock", vm->dir) < 0) {
		path = NULL;
		return error_oom();
	}
	if (asprintf(&state, "dir=%s,mode=0600", dir) < 0) {
		state = NULL;
		return error_oom();
	}
	if ((fd = helper_listen(vm->qemu, path)) < 0)
		return -1;
	snprintf(ctrl, sizeof ctrl, "type=unixio,fd=%d", fd);
	argv[6] = state;
	spec->argv = argv;
	spec->socket_fd = fd;
	spec->as_root = false;
	return helper_start(vm->qemu, spec, list);
}

int tpm_start(const struct vm *vm, const struct node *tpm, bool incoming, struct helper_spec *spec,
			  struct helper **list)
{
	const char *version = child_attr(tpm, "backend", "version");
	bool two = !text_is(version, "1.2");
	CLEANUP_FREE char *dir = folder(vm->qemu, vm->d.def, two ? "2.0" : "1.2");

	if (!dir)
		return -1;
	if (access(program, X_OK) < 0)
		return error_set(FROM_QEMU, ERR_OPERATION_FAILED,
						 "%s is missing, which emulates TPMs: install swtpm and swtpm-tools",
						 program);
	if (strchr(dir, ','))
		return error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED,
						 "swtpm can't keep a TPM in a folder with a comma in its name: %s", dir);
	if (access(dir, F_OK) < 0 && make(vm, dir, two, incoming) < 0)
		return -1;
	return run(vm, dir, two, spec, list);
}

/* -- end -- */

void tpm_forget(const struct qemu *q, const struct domain_def *def, unsigned flags)
{
	const struct node *tpm = domain_def_device(def, "tpm", 0);
	bool keeps = flags & RVIRT_DOMAIN_UNDEFINE_KEEP_TPM ||
				 (child_is(tpm, "backend", "persistent_state", "yes") &&
				  !(flags & RVIRT_DOMAIN_UNDEFINE_TPM));
	CLEANUP_FREE char *above = folder(q, def, NULL), *one = folder(q, def, "1.2");
	CLEANUP_FREE char *two = folder(q, def, "2.0");

	if (!child_is(tpm, "backend", "type", "emulator") || keeps || !above || !one || !two)
		return;
	remove_folder(one);
	remove_folder(two);
	if (rmdir(above) < 0 && errno != ENOENT)
		log_warning("'%s' can't be removed: %s", above, strerror(errno));
}
