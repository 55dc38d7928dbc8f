/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The documents of snapshots: lib_dir/snapshot/MACHINE/NAME.xml. Which one is current stands in
 * each of them. A daemon that was killed between two documents leaves two that say they are: then
 * it is the one that was written last.
 */
#include "config.h"
#include "drivers/qemu/snapshot.h"

#include "base/fd.h"
#include "base/log.h"
#include "conf/xml.h"
#include "drivers/place.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* So that name and suffix, also of a file that is being written, are a file's name. */
enum { NAME_LEN_MAX = 240 };

/* -- places -- */

static char *folder_of(const struct qemu *q, const char *machine)
{
	char *path;

	if (asprintf(&path, "%s/snapshot/%s", q->lib_dir, machine) >= 0)
		return path;
	error_oom();
	return NULL;
}

static char *file_of(const struct vm *vm, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/snapshot/%s/%s.xml", vm->qemu->lib_dir, vm->d.name, name) >= 0)
		return path;
	error_oom();
	return NULL;
}

int snapshot_check_name(const struct moment *m)
{
	const char *name = moment_name(m);

	if (strchr(name, '/'))
		return error_set(FROM_QEMU, ERR_XML_DETAIL,
						 "invalid snapshot name '%s': name can't contain '/'", name);
	if (*name == '.')
		return error_set(FROM_QEMU, ERR_XML_DETAIL,
						 "invalid snapshot name '%s': name can't start with '.'", name);
	if (strlen(name) > NAME_LEN_MAX)
		return error_set(FROM_QEMU, ERR_XML_DETAIL,
						 "invalid snapshot name '%s': name can't be longer than %d bytes", name,
						 NAME_LEN_MAX);
	return 0;
}

/* -- writing -- */

/* The document as it is kept: owned by the caller. NULL with NO_MEMORY. */
static char *document(const struct vm *vm, const struct placed_moment *t)
{
	static const char end[] = "</domainsnapshot>\n";
	CLEANUP_FREE char *xml = moment_format(t->m, vm->d.uuid, MOMENT_SECURE);
	size_t n = xml ? strlen(xml) : 0;
	char *text;

	if (n < strlen(end))
		return NULL;
	if (asprintf(&text, "%.*s  <active>%d</active>\n%s", (int)(n - strlen(end)), xml,
				 vm->d.snapshots.current == t, end) >= 0)
		return text;
	error_oom();
	return NULL;
}

int snapshot_save(const struct vm *vm, const struct placed_moment *t)
{
	CLEANUP_FREE char *folder = folder_of(vm->qemu, vm->d.name);
	CLEANUP_FREE char *path = file_of(vm, moment_name(t->m));
	CLEANUP_FREE char *xml = document(vm, t);

	if (!folder || !path || !xml)
		return -1;
	/* a folder above all others would be theirs */
	if (strcmp(vm->d.name, ".") == 0 || strcmp(vm->d.name, "..") == 0)
		return error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
						 "snapshots of a domain called '%s' can't be kept", vm->d.name);
	return place_make(FROM_QEMU, folder) < 0 ? -1 : place_write(FROM_QEMU, path, xml);
}

int snapshot_make_current(struct vm *vm, struct placed_moment *t)
{
	struct placed_moment *before = vm->d.snapshots.current;

	vm->d.snapshots.current = t;
	if (t && snapshot_save(vm, t) < 0) {
		vm->d.snapshots.current = NULL;
		return -1;
	}
	if (before && before != t && snapshot_save(vm, before) < 0) {
		log_warning("domain %s: snapshot %s: %s", vm->d.name, moment_name(before->m),
					error_last()->message);
		error_reset();
	}
	return 0;
}

/* -- removing -- */

static int remove_file(const struct vm *vm, const char *name)
{
	CLEANUP_FREE char *path = file_of(vm, name);

	if (!path)
		return -1;
	if (unlink(path) < 0)
		return errno == ENOENT ? 0 : error_errno(FROM_QEMU, errno, "cannot remove %s", path);
	return place_sync(FROM_QEMU, path);
}

/* Documents that name another parent now. */
static int save_children(const struct vm *vm, const struct placed_moment *first)
{
	for (const struct placed_moment *c = first; c; c = c->sibling)
		if (snapshot_save(vm, c) < 0)
			return -1;
	return 0;
}

int snapshot_drop(struct vm *vm, struct placed_moment *t)
{
	struct moments *all = &vm->d.snapshots;
	struct placed_moment *parent = t->parent;
	CLEANUP_FREE char *name = strdup(moment_name(t->m));
	bool current = all->current == t, moved = t->children != NULL;

	if (!name)
		return error_oom();
	if (moments_delete(all, t, MOMENT_ALONE) < 0)
		return -1;
	/* what refers to it is changed first: without it, it is only one that is still there */
	if ((moved && save_children(vm, parent->children) < 0) ||
		(current && all->current && snapshot_save(vm, all->current) < 0))
		return -1;
	return remove_file(vm, name);
}

int snapshots_drop_all(struct vm *vm)
{
	CLEANUP_FREE char *folder = folder_of(vm->qemu, vm->d.name);
	int r = 0;

	if (!moments_count(&vm->d.snapshots))
		return 0;
	for (struct placed_moment *t = vm->d.snapshots.by_name; t; t = t->hh.next)
		if (remove_file(vm, moment_name(t->m)) < 0)
			r = -1;
	if (r == 0)
		moments_clear(&vm->d.snapshots);
	if (folder)
		rmdir(folder);
	return folder ? r : -1;
}

/* -- reading -- */

/* What was found so far of a machine. */
struct found {
	struct vm *vm;
	const char *current; /* borrowed from its moment */
	struct timespec written;
};

static int load_one(struct found *f, const char *path, const char *name)
{
	CLEANUP_FREE char *text = fd_read_regular_file(path, 4 * DOMAIN_XML_MAX, NULL);
	CLEANUP(cleanup_xml_doc)
	xmlDoc *doc = text ? xml_parse(text, "(domain_snapshot)", "domainsnapshot", FROM_QEMU) : NULL;
	const xmlNode *n = doc ? xml_child(xmlDocGetRootElement(doc), "active") : NULL;
	CLEANUP_FREE char *active = n ? xml_text(n) : NULL;
	CLEANUP(cleanup_moment) struct moment *m = NULL;
	struct placed_moment *t;
	struct stat st;

	if (!doc || stat(path, &st) < 0 ||
		moment_parse(def_kind_snapshot(), text, MOMENT_REDEFINE, &m) < 0)
		return -1;
	moment_forget_places(m);
	if (strcmp(moment_name(m), name) != 0)
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "the name in it is '%s'", moment_name(m));
	if (!(t = moments_add(&f->vm->d.snapshots, &m)))
		return -1;
	if (!active || strcmp(active, "1") != 0)
		return 0;
	if (f->current &&
		(st.st_mtim.tv_sec < f->written.tv_sec ||
		 (st.st_mtim.tv_sec == f->written.tv_sec && st.st_mtim.tv_nsec < f->written.tv_nsec)))
		return 0;
	f->current = moment_name(t->m);
	f->written = st.st_mtim;
	return 0;
}

static void load_folder(struct vm *vm, const char *folder)
{
	DIR *dir = opendir(folder);
	struct found f = {.vm = vm};
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		CLEANUP_FREE char *path = NULL, *name = NULL;
		size_t len = strlen(entry->d_name);

		if (len <= 4 || strcmp(entry->d_name + len - 4, ".xml") != 0)
			continue;
		if (!(name = strndup(entry->d_name, len - 4)) || !(path = file_of(vm, name)))
			break;
		if (load_one(&f, path, name) == 0)
			continue;
		log_error("snapshot of %s is not loaded: %s", path, error_last()->message);
		error_reset();
	}
	closedir(dir);
	if (moments_link(&vm->d.snapshots) < 0)
		log_warning("domain %s: snapshots have inconsistent relations", vm->d.name);
	vm->d.snapshots.current = f.current ? moments_find(&vm->d.snapshots, f.current) : NULL;
}

void snapshots_load(struct qemu *q)
{
	for (struct domain *d = q->domains.all; d; d = d->hh.next) {
		CLEANUP_FREE char *folder = folder_of(q, d->name);

		if (folder && strcmp(d->name, ".") != 0 && strcmp(d->name, "..") != 0)
			load_folder(vm_of(d), folder);
	}
	error_reset();
}
