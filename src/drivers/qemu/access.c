/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files are looked at and given by a descriptor, so that what was looked at is what is given; and
 * they are given back only while the path still leads to the same one.
 */
#include "config.h"
#include "drivers/qemu/access.h"

#include "base/log.h"
#include "conf/xml.h"
#include "drivers/qemu/device.h"
#include "drivers/storage/image.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>

enum { CHAIN_MAX = 64, ENTRY_SIZE = 16384 };

/* -- whose files were: of machines that share one the last gives it back -- */

struct access_owner {
	struct access_owner *next;
	dev_t dev;
	ino_t ino;
	uid_t uid;
	gid_t gid;
	unsigned users; /* entries of machines' lists */
};

struct access_owners {
	pthread_mutex_t lock;
	struct access_owner *first;
};

static struct access_owners *owners_new(void)
{
	struct access_owners *owners = calloc(1, sizeof *owners);

	if (owners)
		pthread_mutex_init(&owners->lock, NULL);
	else
		error_oom();
	return owners;
}

void access_end(struct qemu *q)
{
	struct access_owners *owners = steal(&q->owners);

	if (!owners)
		return;
	for (struct access_owner *o = owners->first, *next; o; o = next) {
		next = o->next;
		free(o);
	}
	pthread_mutex_destroy(&owners->lock);
	free(owners);
}

static struct access_owner **find_owner(struct access_owners *owners, dev_t dev, ino_t ino)
{
	struct access_owner **at = &owners->first;

	while (*at && ((*at)->dev != dev || (*at)->ino != ino))
		at = &(*at)->next;
	return at;
}

/* One more has the file, whose owner st names. 0 or -1. */
static int add_user(struct access_owners *owners, const struct stat *st)
{
	struct access_owner **at = find_owner(owners, st->st_dev, st->st_ino);

	if (!*at) {
		if (!(*at = calloc(1, sizeof **at)))
			return error_oom();
		**at = (struct access_owner){
			.dev = st->st_dev, .ino = st->st_ino, .uid = st->st_uid, .gid = st->st_gid};
	}
	(*at)->users++;
	return 0;
}

/* Whether nobody has the file any more. */
static bool drop_user(struct access_owners *owners, const struct access_file *f)
{
	struct access_owner **at = find_owner(owners, f->dev, f->ino), *o = *at;

	if (!o)
		return true;
	if (--o->users > 0)
		return false;
	*at = o->next;
	free(o);
	return true;
}

/* -- the user -- */

static int find_user(struct qemu *q, const char *name)
{
	struct passwd entry, *found = NULL;
	char data[ENTRY_SIZE];

	if (getpwnam_r(name, &entry, data, sizeof data, &found) != 0 || !found)
		return error_set(FROM_QEMU, ERR_CONF_SYNTAX, "qemu_user: there is no user '%s'", name);
	q->uid = found->pw_uid;
	q->gid = found->pw_gid;
	return 0;
}

static int find_group(struct qemu *q, const char *name)
{
	struct group entry, *found = NULL;
	char data[ENTRY_SIZE];

	if (getgrnam_r(name, &entry, data, sizeof data, &found) != 0 || !found)
		return error_set(FROM_QEMU, ERR_CONF_SYNTAX, "qemu_group: there is no group '%s'", name);
	q->gid = found->gr_gid;
	return 0;
}

int access_choose_user(struct qemu *q, const char *user, const char *group)
{
	static const char *const usual[] = {"libvirt-qemu", "qemu", "nobody"};
	bool chosen = false;

	if (!(q->owners = owners_new()))
		return -1;
	if (geteuid() != 0)
		return 0;
	if (user && *user) {
		if (find_user(q, user) < 0)
			return -1;
	} else {
		for (size_t i = 0; !chosen && i < sizeof usual / sizeof usual[0]; i++)
			chosen = find_user(q, usual[i]) == 0;
		if (!chosen)
			return -1;
		error_reset();
	}
	if (group && *group && find_group(q, group) < 0)
		return -1;
	q->drop = q->uid != 0;
	return 0;
}

/* -- giving -- */

static void file_free(struct access_file *f)
{
	free(f->path);
	free(f);
}

/* Whether mode and owner let the guest's user in. */
static bool can_use(const struct qemu *q, const struct stat *st, bool write)
{
	mode_t need = write ? 06 : 04;

	if (st->st_uid == q->uid)
		return (st->st_mode >> 6 & need) == need;
	if (st->st_gid == q->gid)
		return (st->st_mode >> 3 & need) == need;
	return (st->st_mode & need) == need;
}

/* Notes a file that st names the owner of; the owners' lock is held. 0 or -1. */
static int remember(const struct qemu *q, const char *path, const struct stat *st,
					struct access_file **files)
{
	struct access_file *f = calloc(1, sizeof *f);

	if (!f || !(f->path = strdup(path))) {
		free(f);
		return error_oom();
	}
	if (add_user(q->owners, st) < 0) {
		file_free(f);
		return -1;
	}
	f->owners = q->owners;
	f->dev = st->st_dev;
	f->ino = st->st_ino;
	f->uid = st->st_uid;
	f->gid = st->st_gid;
	f->next = *files;
	*files = f;
	return 0;
}

static int give(const struct qemu *q, const char *path, int fd, bool write, struct stat *st,
				struct access_file **files)
{
	const struct access_owner *given = *find_owner(q->owners, st->st_dev, st->st_ino);

	if (given) {
		st->st_uid = given->uid;
		st->st_gid = given->gid;
		return remember(q, path, st, files);
	}
	if (can_use(q, st, write) || (!S_ISREG(st->st_mode) && !S_ISBLK(st->st_mode)))
		return 0;
	if (remember(q, path, st, files) < 0)
		return -1;
	if (fchownat(fd, "", q->uid, q->gid, AT_EMPTY_PATH) == 0)
		return 0;
	return error_errno(FROM_QEMU, errno, "unable to give '%s' to the user that guests run as",
					   path);
}

int access_give(const struct qemu *q, const char *path, bool write, struct access_file **files)
{
	CLEANUP_CLOSE int fd = -1;
	struct stat st;
	int r;

	if (!q->drop)
		return 0;
	/* what is not there, or can't be looked at, is QEMU's to complain about */
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return 0;
	pthread_mutex_lock(&q->owners->lock);
	r = give(q, path, fd, write, &st, files);
	pthread_mutex_unlock(&q->owners->lock);
	return r;
}

/* The image that one stands on, owned by the caller; NULL if there is none. */
static char *backing_of(const char *path)
{
	CLEANUP_FREE unsigned char *head = malloc(STORAGE_IMAGE_HEAD);
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	CLEANUP(storage_image_clear) struct storage_image image = {0};
	ssize_t n = head && fd >= 0 ? pread(fd, head, STORAGE_IMAGE_HEAD, 0) : -1;
	const char *slash = strrchr(path, '/');
	char *full;

	if (n <= 0 || storage_image_read(head, (size_t)n, &image) < 0 || !image.backing)
		return NULL;
	if (*image.backing == '/' || !slash)
		return steal(&image.backing);
	return asprintf(&full, "%.*s/%s", (int)(slash - path), path, image.backing) < 0 ? NULL : full;
}

/* An image, and what it stands on, which is only read. A raw image is not looked into: its guest
 * writes what stands there. */
static int give_chain(const struct qemu *q, const struct node *disk, const char *path, bool write,
					  struct access_file **files)
{
	bool raw = !child_attr(disk, "driver", "type") || child_is(disk, "driver", "type", "raw");
	CLEANUP_FREE char *own = NULL;

	for (int i = 0; path && i < CHAIN_MAX; i++) {
		char *next;

		if (access_give(q, path, write && i == 0, files) < 0)
			return -1;
		next = raw ? NULL : backing_of(path);
		free(own);
		path = own = next;
	}
	return 0;
}

int access_give_disk(const struct qemu *q, const struct node *disk, struct access_file **files)
{
	const char *file = child_attr(disk, "source", "file");
	const char *path = file ? file : child_attr(disk, "source", "dev");
	bool read_only = node_child(disk, "readonly") || is(disk, "device", "cdrom");

	return path ? give_chain(q, disk, path, !read_only, files) : 0;
}

static int give_disks(const struct qemu *q, const struct domain_def *def,
					  struct access_file **files)
{
	NODE_EACH(disk, node_child(def->root, "devices"), "disk")
	{
		if (access_give_disk(q, disk, files) < 0)
			return -1;
	}
	return 0;
}

static int give_firmware(const struct qemu *q, const struct domain_def *def,
						 struct access_file **files)
{
	static const struct {
		const char *path;
		bool write;
	} rows[] = {{"os/loader", false},
				{"os/nvram", true},
				{"os/kernel", false},
				{"os/initrd", false},
				{"os/dtb", false}};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *path = child_text(def->root, rows[i].path);

		if (path && access_give(q, path, rows[i].write, files) < 0)
			return -1;
	}
	return 0;
}

int access_give_all(const struct qemu *q, const struct domain_def *def,
					struct access_file **ret_files)
{
	struct access_file *files = NULL;

	if (give_disks(q, def, &files) < 0 || give_firmware(q, def, &files) < 0) {
		access_take_back(&files);
		return -1;
	}
	*ret_files = files;
	return 0;
}

/* -- giving back -- */

static void take_back(const struct access_file *f)
{
	CLEANUP_CLOSE int fd = open(f->path, O_PATH | O_CLOEXEC);
	struct stat st;

	if (!drop_user(f->owners, f) || fd < 0 || fstat(fd, &st) < 0 || st.st_dev != f->dev ||
		st.st_ino != f->ino)
		return;
	if (fchownat(fd, "", f->uid, f->gid, AT_EMPTY_PATH) < 0)
		log_warning("'%s' can't be given back: %s", f->path, strerror(errno));
}

void access_take_back(struct access_file **files)
{
	struct access_file *next;

	for (struct access_file *f = steal(files); f; f = next) {
		next = f->next;
		pthread_mutex_lock(&f->owners->lock);
		take_back(f);
		pthread_mutex_unlock(&f->owners->lock);
		file_free(f);
	}
}

void access_join(struct access_file **files, struct access_file **more)
{
	while (*files)
		files = &(*files)->next;
	*files = steal(more);
}

void access_forget(struct access_file **files)
{
	struct access_file *next;

	for (struct access_file *f = steal(files); f; f = next) {
		next = f->next;
		file_free(f);
	}
}

/* -- in the state's document -- */

int access_write(const struct access_file *files, struct buf *b)
{
	for (const struct access_file *f = files; f; f = f->next)
		if (buf_printf(b, "  <given dev='%llu' ino='%llu' uid='%u' gid='%u' path='",
					   (unsigned long long)f->dev, (unsigned long long)f->ino, f->uid,
					   f->gid) < 0 ||
			xml_escape(b, f->path) < 0 || buf_puts(b, "'/>\n") < 0)
			return -1;
	return 0;
}

static unsigned long long number(const xmlNode *n, const char *name)
{
	CLEANUP_FREE char *text = xml_attr(n, name);

	return text ? strtoull(text, NULL, 10) : 0;
}

int access_read(const struct qemu *q, const xmlNode *state, struct access_file **ret_files)
{
	for (const xmlNode *n = xml_child(state, "given"); n; n = xml_next(n)) {
		CLEANUP_FREE char *path = xml_attr(n, "path");
		struct stat st = {
			.st_dev = (dev_t)number(n, "dev"),
			.st_ino = (ino_t)number(n, "ino"),
			.st_uid = (uid_t)number(n, "uid"),
			.st_gid = (gid_t)number(n, "gid"),
		};

		int r;

		if (!path)
			continue;
		pthread_mutex_lock(&q->owners->lock);
		r = remember(q, path, &st, ret_files);
		pthread_mutex_unlock(&q->owners->lock);
		if (r < 0)
			return -1;
	}
	return 0;
}
