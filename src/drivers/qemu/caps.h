/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a QEMU binary can do, learnt by asking it (QMP) and kept on disk until the binary changes.
 * It knows nothing of domains.
 */
#ifndef DRIVERS_QEMU_CAPS_H
#define DRIVERS_QEMU_CAPS_H

#include <jansson.h>
#include <stdbool.h>

#include "base/cleanup.h"

struct qmp_loop;

/* The binaries that were asked. */
struct qemu_caps_cache;

/* directory is where answers are kept between runs, made if it is missing; NULL: nowhere. loop is
 * borrowed and must live longer. NULL with the error set. */
struct qemu_caps_cache *qemu_caps_cache_new(const char *directory, struct qmp_loop *loop);
/* NULL is allowed. What was given out stays valid until it is put back. */
void qemu_caps_cache_free(struct qemu_caps_cache *cache);

/* What one binary can do: for reading, by any thread. */
struct qemu_caps;

/* The capabilities of the binary at path, to be given back by qemu_caps_unref(). Asks the binary
 * (for up to some seconds) where nothing is kept of it, or it has changed. NULL with the error set.
 */
struct qemu_caps *qemu_caps_get(struct qemu_caps_cache *cache, const char *path);
struct qemu_caps *qemu_caps_ref(struct qemu_caps *caps);
void qemu_caps_unref(struct qemu_caps *caps);
DEFINE_CLEANUP(qemu_caps, struct qemu_caps *, qemu_caps_unref)
#define CLEANUP_QEMU_CAPS CLEANUP(cleanup_qemu_caps)

/* From a document that caps_probe() made (which is stolen), for tests. NULL with the error set. */
struct qemu_caps *qemu_caps_from_json(const char *path, json_t *document);

/* The binary for guests of an architecture ("x86_64", "i686"); NULL if this host has none. */
const char *qemu_binary_for(const char *arch);

const char *qemu_caps_path(const struct qemu_caps *caps);
const char *qemu_caps_arch(const struct qemu_caps *caps); /* of its guests, as in documents */
int qemu_caps_version(const struct qemu_caps *caps);      /* 7002022 is 7.2.22 */
bool qemu_caps_kvm(const struct qemu_caps *caps);         /* a guest has run with it */

/* A type of device or object; a command. */
bool qemu_caps_has(const struct qemu_caps *caps, const char *type);
bool qemu_caps_has_command(const struct qemu_caps *caps, const char *command);

/* Texts are borrowed from the capabilities. */
struct qemu_machine {
	const char *name;        /* canonical */
	const char *default_cpu; /* "qemu64", or NULL */
	const char *ram_id;      /* of the memory that it has by default, or NULL */
	int max_cpus;
	bool deprecated, hotplug_cpus, numa;
};

/* The machine of that name or alias (NULL: the default one). false if there is none. */
bool qemu_caps_machine(const struct qemu_caps *caps, const char *name, struct qemu_machine *ret);
/* For lists: {name: {"alias": …}}, {name: {"unavailable-features": […]}}. Borrowed. */
const json_t *qemu_caps_machines(const struct qemu_caps *caps);
const json_t *qemu_caps_cpus(const struct qemu_caps *caps, bool kvm);
/* {"name": …, "props": {…}}: what the accelerator has at most, or only of what can migrate; NULL if
 * unknown. Borrowed. */
const json_t *qemu_caps_max_cpu(const struct qemu_caps *caps, bool kvm, bool migratable);

#endif
