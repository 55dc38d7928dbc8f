/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * UEFI by the descriptors that firmware packages install.
 */
#include "config.h"
#include "drivers/qemu/firmware.h"

#include "base/error.h"
#include "base/fd.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/qmp.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

enum { DESCRIPTOR_MAX = 1 << 20 };

/* One in /etc stands for that of the same name in /usr. */
static const char *const folders[] = {"/etc/qemu/firmware", "/usr/share/qemu/firmware"};

static int is_descriptor(const struct dirent *entry)
{
	return fnmatch("*.json", entry->d_name, FNM_PERIOD) == 0;
}

static json_t *read_descriptor(const char *folder, const char *name)
{
	CLEANUP_FREE char *path = NULL, *text = NULL;
	size_t len;

	if (asprintf(&path, "%s/%s", folder, name) < 0) {
		path = NULL;
		return NULL;
	}
	text = fd_read_regular_file(path, DESCRIPTOR_MAX, &len);
	if (!text) {
		error_reset(); /* an unreadable one is none */
		return NULL;
	}
	return len ? json_loadb(text, len, 0, NULL) : NULL;
}

static int compare_names(const void *a, const void *b)
{
	const json_t *const *x = a, *const *y = b;

	return strcmp(qmp_text(*x, "name"), qmp_text(*y, "name"));
}

/* All descriptors by name: an object of name and content. */
static json_t *read_all(void)
{
	json_t *all = json_object();

	for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
		struct dirent **list = NULL;
		int n = scandir(folders[i], &list, is_descriptor, alphasort);

		for (int k = 0; k < n; k++) {
			if (!json_object_get(all, list[k]->d_name)) {
				json_t *one = read_descriptor(folders[i], list[k]->d_name);

				/* an empty file takes the other one away */
				json_object_set_new(all, list[k]->d_name, one ? one : json_null());
			}
			free(list[k]);
		}
		free(list);
	}
	return all;
}

static bool has_text(const json_t *list, const char *text)
{
	size_t i;
	const json_t *item;

	json_array_foreach((json_t *)(uintptr_t)list, i, item)
	{
		if (text_is(json_string_value(item), text))
			return true;
	}
	return false;
}

static bool is_for(const json_t *d, const char *arch, const char *machine)
{
	const char *own = strcmp(arch, "i686") == 0 ? "i386" : arch;
	const json_t *target, *pattern;
	size_t i, k;

	json_array_foreach(json_object_get(d, "targets"), i, target)
	{
		if (!text_is(qmp_text(target, "architecture"), own))
			continue;
		json_array_foreach(json_object_get(target, "machines"), k, pattern)
		{
			const char *text = json_string_value(pattern);

			if (text && fnmatch(text, machine, 0) == 0)
				return true;
		}
	}
	return false;
}

static const char *file_of(const json_t *d, const char *part)
{
	const json_t *mapping = json_object_get(d, "mapping");

	if (!has_text(json_object_get(d, "interface-types"), "uefi") ||
		!text_is(qmp_text(mapping, "device"), "flash") ||
		!text_is(qmp_text(json_object_get(mapping, part), "format"), "raw"))
		return NULL;
	return qmp_text(json_object_get(mapping, part), "filename");
}

/* Sorted values of an object: a new array. */
static json_t *sorted(json_t *all)
{
	size_t n = json_object_size(all), i = 0;
	json_t **list = calloc(n + 1, sizeof *list), *value, *array = json_array();
	const char *name;

	json_object_foreach(all, name, value)
	{
		if (json_is_object(value)) {
			json_object_set_new(value, "name", json_string(name));
			list[i++] = value;
		}
	}
	qsort(list, i, sizeof list[0], compare_names);
	for (size_t k = 0; k < i; k++)
		json_array_append(array, list[k]);
	free(list);
	return array;
}

/* The descriptors that are for a machine, in their order. */
static json_t *fitting(const char *arch, const char *machine)
{
	CLEANUP_JSON json_t *all = read_all(), *list = sorted(all);
	json_t *fit = json_array(), *d;
	size_t i;

	json_array_foreach(list, i, d)
	{
		if (is_for(d, arch, machine) && file_of(d, "executable"))
			json_array_append(fit, d);
	}
	return fit;
}

json_t *firmware_images(const char *arch, const char *machine)
{
	CLEANUP_JSON json_t *list = fitting(arch, machine);
	json_t *images = json_array(), *d;
	size_t i;

	json_array_foreach(list, i, d)
	{
		if (!has_text(images, file_of(d, "executable")))
			json_array_append_new(images, json_string(file_of(d, "executable")));
	}
	return images;
}

/* Whether it has, or has not, what the domain wants. */
static bool is_wanted(const json_t *d, const struct node *domain)
{
	const json_t *features = json_object_get(d, "features");
	const struct node *loader = node_child(domain, "os/loader");
	bool smm = has_text(features, "requires-smm");

	NODE_EACH(f, node_child(domain, "os/firmware"), "feature")
	{
		if (has_text(features, node_attr(f, "name")) != is(f, "enabled", "yes"))
			return false;
	}
	if (smm && child_is(domain, "features/smm", "state", "off"))
		return false;
	if (node_attr(loader, "secure") && is(loader, "secure", "yes") != smm)
		return false;
	if (loader && loader->text)
		return strcmp(loader->text, file_of(d, "executable")) == 0;
	/* QEMU's own machine has a mode for management on this board only */
	return !smm || qemu_board_of(domain) == BOARD_Q35;
}

static int set_loader(struct node *os, const json_t *d, bool smm)
{
	struct node *loader = node_need(os, "loader");

	if (!loader || node_set(loader, "readonly", "yes") < 0 ||
		node_set(loader, "type", "pflash") < 0)
		return -1;
	if (smm && node_set(loader, "secure", "yes") < 0)
		return -1;
	return node_set_text(loader, file_of(d, "executable"));
}

static int set_nvram(struct domain_def *live, struct node *os, const json_t *d, const char *dir)
{
	const char *from = d ? file_of(d, "nvram-template") : NULL;
	struct node *nvram = node_child(os, "nvram");

	if (child_is(os, "loader", "stateless", "yes") || (!from && !nvram))
		return 0;
	if (!nvram && !(nvram = node_need(os, "nvram")))
		return -1;
	if (from && !node_attr(nvram, "template") && node_set(nvram, "template", from) < 0)
		return -1;
	return nvram->text ? 0 : node_set_textf(nvram, "%s/%s_VARS.fd", dir, live->name);
}

static int set_smm(struct node *domain)
{
	struct node *features = node_need(domain, "features");
	struct node *smm = features ? node_need(features, "smm") : NULL;

	return smm ? node_set(smm, "state", "on") : -1;
}

int firmware_choose(struct domain_def *live, const char *nvram_dir)
{
	struct node *os = node_child(live->root, "os");
	const char *arch = child_attr(os, "type", "arch"), *machine = child_attr(os, "type", "machine");
	bool automatic = is(os, "firmware", "efi");
	CLEANUP_JSON json_t *list = NULL;
	json_t *d, *found = NULL;
	size_t i;

	if (!automatic && !child_is(os, "loader", "type", "pflash"))
		return 0;
	list = fitting(arch, machine);
	json_array_foreach(list, i, d)
	{
		if (!found && is_wanted(d, live->root))
			found = d;
	}
	if (automatic && !found)
		return error_set(FROM_QEMU, ERR_OPERATION_FAILED,
						 "Unable to find any firmware to satisfy 'efi'; on Debian: apt-get install "
						 "ovmf");
	if (automatic) {
		bool smm = has_text(json_object_get(found, "features"), "requires-smm");

		if (set_loader(os, found, smm) < 0 || (smm && set_smm(live->root) < 0))
			return -1;
	}
	return set_nvram(live, os, found, nvram_dir);
}

static int copy(int from, int to)
{
	ssize_t n;

	do
		n = sendfile(to, from, NULL, 1 << 20);
	while (n > 0 || (n < 0 && errno == EINTR));
	return n < 0 ? -1 : 0;
}

int firmware_make_nvram(const struct domain_def *live, int uid, int gid)
{
	const struct node *nvram = node_child(live->root, "os/nvram");
	const char *template = node_attr(nvram, "template");
	CLEANUP_CLOSE int from = -1, to = -1;
	CLEANUP_FREE char *other = NULL;

	if (!nvram || !nvram->text || access(nvram->text, F_OK) == 0)
		return 0;
	if (!template)
		return error_set(FROM_QEMU, ERR_OPERATION_FAILED,
						 "unable to find any master var store for loader: %s",
						 child_text(node_child(live->root, "os"), "loader"));
	if (asprintf(&other, "%s.new", nvram->text) < 0) {
		other = NULL;
		return error_oom();
	}
	from = open(template, O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return error_errno(FROM_QEMU, errno, "Failed to open template nvram file '%s'", template);
	unlink(other);
	to = open(other, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (to < 0 || copy(from, to) < 0 || (uid != -1 && fchown(to, (uid_t)uid, (gid_t)gid) < 0) ||
		fsync(to) < 0 || rename(other, nvram->text) < 0) {
		int err = errno;

		unlink(other);
		return error_errno(FROM_QEMU, err, "Failed to create file '%s'", nvram->text);
	}
	return 0;
}
