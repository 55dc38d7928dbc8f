/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What QEMU binaries can do: reading what was learnt, and keeping it in memory and on disk.
 */
#include "config.h"
#include "drivers/qemu/caps.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "drivers/place.h"
#include "drivers/qemu/caps-probe.h"
#include "drivers/qemu/qmp.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

/* QUESTIONS: one more when more is asked, so that what was kept is asked anew */
enum { DOCUMENT_MAX = 16 << 20, QUESTIONS = 2 };

struct qemu_caps {
	struct qemu_caps *next; /* in the cache */
	atomic_uint refs;
	char *path;
	json_t *document;
};

struct qemu_caps_cache {
	pthread_mutex_t lock;
	struct qmp_loop *loop;
	char *directory; /* or NULL */
	struct qemu_caps *all;
};

struct qemu_caps *qemu_caps_from_json(const char *path, json_t *document)
{
	struct qemu_caps *caps = calloc(1, sizeof *caps);

	if (!caps || !(caps->path = strdup(path))) {
		error_oom();
		json_decref(document);
		free(caps);
		return NULL;
	}
	caps->document = document;
	caps->refs = 1;
	return caps;
}

struct qemu_caps *qemu_caps_ref(struct qemu_caps *caps)
{
	atomic_fetch_add(&caps->refs, 1);
	return caps;
}

void qemu_caps_unref(struct qemu_caps *caps)
{
	if (!caps || atomic_fetch_sub(&caps->refs, 1) > 1)
		return;
	json_decref(caps->document);
	free(caps->path);
	free(caps);
}

const char *qemu_binary_for(const char *arch)
{
	static const char *const binaries[][2] = {{"x86_64", "/usr/bin/qemu-system-x86_64"},
											  {"i686", "/usr/bin/qemu-system-i386"}};

	for (size_t i = 0; i < sizeof binaries / sizeof binaries[0]; i++) {
		if (strcmp(arch, binaries[i][0]) == 0 && access(binaries[i][1], X_OK) == 0)
			return binaries[i][1];
	}
	return NULL;
}

const char *qemu_caps_path(const struct qemu_caps *caps)
{
	return caps->path;
}

const char *qemu_caps_arch(const struct qemu_caps *caps)
{
	return qmp_text(caps->document, "arch");
}

int qemu_caps_version(const struct qemu_caps *caps)
{
	return (int)qmp_int(caps->document, "version", 0);
}

bool qemu_caps_kvm(const struct qemu_caps *caps)
{
	return qmp_bool(caps->document, "kvm", false);
}

bool qemu_caps_has(const struct qemu_caps *caps, const char *type)
{
	return json_object_get(json_object_get(caps->document, "types"), type);
}

bool qemu_caps_has_command(const struct qemu_caps *caps, const char *command)
{
	return json_object_get(json_object_get(caps->document, "commands"), command);
}

const json_t *qemu_caps_machines(const struct qemu_caps *caps)
{
	return json_object_get(caps->document, "machines");
}

const json_t *qemu_caps_cpus(const struct qemu_caps *caps, bool kvm)
{
	return json_object_get(caps->document, kvm ? "cpus-kvm" : "cpus-tcg");
}

const json_t *qemu_caps_max_cpu(const struct qemu_caps *caps, bool kvm, bool migratable)
{
	static const char *const keys[2][2] = {{"max-tcg-all", "max-tcg"}, {"max-kvm-all", "max-kvm"}};
	const json_t *answer = json_object_get(caps->document, keys[kvm][migratable]);

	return json_object_get(answer, "model");
}

/* "qemu64-x86_64-cpu" is the type of the model "qemu64". */
static const char *model_of(const struct qemu_caps *caps, const char *type)
{
	json_t *cpus = json_object_get(caps->document, "cpus-tcg"), *cpu;
	const char *name;

	json_object_foreach(cpus, name, cpu)
	{
		const char *own = qmp_text(cpu, "typename");

		if (type && own && strcmp(own, type) == 0)
			return name;
	}
	return NULL;
}

bool qemu_caps_machine(const struct qemu_caps *caps, const char *name, struct qemu_machine *ret)
{
	json_t *machines = json_object_get(caps->document, "machines"), *m = NULL, *other;
	const char *key;

	if (name)
		m = json_object_get(machines, name);
	if (!m) {
		json_object_foreach(machines, key, other)
		{
			const char *alias = qmp_text(other, "alias");

			if (name ? alias && strcmp(alias, name) == 0 : qmp_bool(other, "is-default", false))
				m = other;
		}
	}
	if (!m)
		return false;
	*ret = (struct qemu_machine){
		.name = qmp_text(m, "name"),
		.default_cpu = model_of(caps, qmp_text(m, "default-cpu-type")),
		.ram_id = qmp_text(m, "default-ram-id"),
		.max_cpus = (int)qmp_int(m, "cpu-max", 1),
		.deprecated = qmp_bool(m, "deprecated", false),
		.hotplug_cpus = qmp_bool(m, "hotpluggable-cpus", false),
		.numa = qmp_bool(m, "numa-mem-supported", false),
	};
	return true;
}

/* What the answers depend on. NULL with the error set if there is no such binary. */
static json_t *make_stamp(const char *path)
{
	struct utsname host;
	struct stat st, kvm = {0};
	json_t *stamp;

	if (stat(path, &st) < 0) {
		error_errno(FROM_QEMU, errno, "Cannot check QEMU binary %s", path);
		return NULL;
	}
	uname(&host);
	(void)!stat("/dev/kvm", &kvm);
	stamp = json_pack(
		"{s:s, s:i, s:s, s:I, s:I, s:I, s:s, s:s, s:I, s:I, s:i}", "rvirt", PACKAGE_VERSION,
		"questions", QUESTIONS, "path", path, "size", (json_int_t)st.st_size, "mtime",
		(json_int_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec, "ctime",
		(json_int_t)st.st_ctim.tv_sec * 1000000000 + st.st_ctim.tv_nsec, "kernel", host.release,
		"kernel-version", host.version, "kvm-device", (json_int_t)kvm.st_rdev, "kvm-mode",
		(json_int_t)kvm.st_mode, "user", (int)geteuid());
	if (!stamp)
		error_oom();
	return stamp;
}

/* DIRECTORY/PATH.json, where slashes of the path are underscores. NULL: no memory. */
static char *file_of(const struct qemu_caps_cache *cache, const char *path)
{
	char *file = NULL;

	if (asprintf(&file, "%s/%s.json", cache->directory, path + 1) < 0)
		return NULL;
	for (char *p = file + strlen(cache->directory) + 1; *p; p++)
		if (*p == '/')
			*p = '_';
	return file;
}

static json_t *load(const struct qemu_caps_cache *cache, const char *path, const json_t *stamp)
{
	CLEANUP_FREE char *file = cache->directory ? file_of(cache, path) : NULL, *text = NULL;
	CLEANUP_JSON json_t *document = NULL;
	size_t len;

	if (!file || access(file, R_OK) < 0)
		return NULL;
	text = fd_read_regular_file(file, DOCUMENT_MAX, &len);
	if (!text) {
		error_reset();
		return NULL;
	}
	document = json_loadb(text, len, 0, NULL);
	if (!json_equal(json_object_get(document, "stamp"), stamp))
		return NULL;
	return steal(&document);
}

/* Without it the binary is only asked again. */
static void save(const struct qemu_caps_cache *cache, const char *path, json_t *document)
{
	CLEANUP_FREE char *file = cache->directory ? file_of(cache, path) : NULL, *other = NULL;

	if (!file || asprintf(&other, "%s.%d", file, (int)getpid()) < 0)
		return;
	if (place_make(FROM_QEMU, cache->directory) < 0) {
		log_warning("cannot keep what '%s' can do: %s", path, error_last()->message);
		error_reset();
		return;
	}
	if (json_dump_file(document, other, JSON_COMPACT) < 0 || rename(other, file) < 0) {
		log_warning("cannot keep what '%s' can do in '%s': %s", path, file, strerror(errno));
		unlink(other);
	}
}

static struct qemu_caps *learn(struct qemu_caps_cache *cache, const char *path, json_t *stamp)
{
	json_t *document = load(cache, path, stamp);

	if (!document) {
		if (caps_probe(cache->loop, path, &document) < 0)
			return NULL;
		json_object_set(document, "stamp", stamp);
		save(cache, path, document);
	}
	return qemu_caps_from_json(path, document);
}

static void forget(struct qemu_caps_cache *cache, struct qemu_caps *caps)
{
	for (struct qemu_caps **p = &cache->all; *p; p = &(*p)->next)
		if (*p == caps) {
			*p = caps->next;
			break;
		}
	qemu_caps_unref(caps);
}

static struct qemu_caps *find(struct qemu_caps_cache *cache, const char *path)
{
	CLEANUP_JSON json_t *stamp = make_stamp(path);
	struct qemu_caps *caps = cache->all;

	if (!stamp)
		return NULL;
	while (caps && strcmp(caps->path, path) != 0)
		caps = caps->next;
	if (caps && json_equal(json_object_get(caps->document, "stamp"), stamp))
		return qemu_caps_ref(caps);
	if (caps)
		forget(cache, caps);
	caps = learn(cache, path, stamp);
	if (!caps)
		return NULL;
	caps->next = cache->all;
	cache->all = caps;
	return qemu_caps_ref(caps);
}

struct qemu_caps *qemu_caps_get(struct qemu_caps_cache *cache, const char *path)
{
	struct qemu_caps *caps;

	if (path[0] != '/') {
		error_set(FROM_QEMU, ERR_CONFIG_UNSUPPORTED, "emulator '%s' is no absolute path", path);
		return NULL;
	}
	pthread_mutex_lock(&cache->lock);
	caps = find(cache, path);
	pthread_mutex_unlock(&cache->lock);
	return caps;
}

struct qemu_caps_cache *qemu_caps_cache_new(const char *directory, struct qmp_loop *loop)
{
	struct qemu_caps_cache *cache = calloc(1, sizeof *cache);

	if (!cache || (directory && !(cache->directory = strdup(directory)))) {
		error_oom();
		free(cache);
		return NULL;
	}
	cache->loop = loop;
	pthread_mutex_init(&cache->lock, NULL);
	return cache;
}

void qemu_caps_cache_free(struct qemu_caps_cache *cache)
{
	if (!cache)
		return;
	while (cache->all)
		forget(cache, cache->all);
	pthread_mutex_destroy(&cache->lock);
	free(cache->directory);
	free(cache);
}
