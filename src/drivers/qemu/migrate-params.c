/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What QEMU is told of a migration before it begins, on both sides: capabilities, parameters,
 * credentials. All that was told of one before is taken back.
 */
#include "config.h"
#include "drivers/qemu/migrate.h"

#include "transport/uri.h"

#include <string.h>

enum { COPIES = RVIRT_MIGRATE_NON_SHARED_DISK | RVIRT_MIGRATE_NON_SHARED_INC };

/* -- capabilities -- */

json_t *migrate_caps(struct vm *vm)
{
	CLEANUP_JSON json_t *answer = NULL;
	json_t *names = json_array();
	const json_t *cap;
	size_t i;

	if (vm_async_call(vm, "query-migrate-capabilities", NULL, &answer) < 0) {
		error_reset();
		return names;
	}
	json_array_foreach(answer, i, cap)
	{
		json_t *name = json_object_get(cap, "capability");

		/* QEMU calls experiments x-…; nobody else means the same by them */
		if (json_is_string(name) && strncmp(json_string_value(name), "x-", 2) != 0)
			json_array_append(names, name);
	}
	return names;
}

static int set_caps(struct vm *vm, const struct migrate_wish *w, bool out)
{
	const struct {
		const char *name;
		bool on;
	} caps[] = {
		{"xbzrle", w->methods & MIGRATE_XBZRLE},
		{"compress", w->methods & MIGRATE_MT},
		{"multifd", w->flags & RVIRT_MIGRATE_PARALLEL},
		{"postcopy-ram", w->flags & RVIRT_MIGRATE_POSTCOPY},
		{"auto-converge", out && w->flags & RVIRT_MIGRATE_AUTO_CONVERGE},
		{"pause-before-switchover", out && w->flags & COPIES},
		{"events", true},
	};
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof caps / sizeof caps[0]; i++)
		json_array_append_new(
			list, json_pack("{s:s, s:b}", "capability", caps[i].name, "state", caps[i].on));
	return vm_async_call(vm, "migrate-set-capabilities", json_pack("{s:o}", "capabilities", list),
						 NULL);
}

/* -- credentials -- */

static const char tls_id[] = "migrate-tls";

/* The name that the destination's certificate has to have. */
static int tls_name(const struct migrate_wish *w, char **ret)
{
	CLEANUP(cleanup_uri) struct uri *uri = NULL;

	if (w->tls_destination) {
		*ret = strdup(w->tls_destination);
	} else {
		if (!w->uri || uri_parse(w->uri, &uri) < 0 || !uri->host)
			return error_set(FROM_QEMU, ERR_INVALID_ARG,
							 "the certificate's name of the destination is not known: name it by "
							 "%s",
							 RVIRT_MIGRATE_PARAM_TLS_DESTINATION);
		*ret = strdup(uri->host);
	}
	return *ret ? 0 : error_oom();
}

/* Those of this host, as one of the two sides. */
static int set_tls(struct vm *vm, const struct migrate_wish *w, bool out, json_t *params)
{
	const struct qemu *q = vm->qemu;
	CLEANUP_FREE char *name = NULL;

	if (vm->migration->has_tls) {
		if (vm_async_call(vm, "object-del", json_pack("{s:s}", "id", tls_id), NULL) < 0)
			error_reset();
		vm->migration->has_tls = false;
	}
	json_object_set_new(params, "tls-creds", json_string(""));
	json_object_set_new(params, "tls-hostname", json_string(""));
	if (!(w->flags & RVIRT_MIGRATE_TLS))
		return 0;
	if (out && tls_name(w, &name) < 0)
		return -1;
	if (vm_async_call(vm, "object-add",
					  json_pack("{s:s, s:s, s:s, s:s, s:b}", "qom-type", "tls-creds-x509", "id",
								tls_id, "dir", q->migrate_tls_dir, "endpoint",
								out ? "client" : "server", "verify-peer",
								out || q->migrate_tls_verify),
					  NULL) < 0)
		return error_prefix("TLS of the migration, with the certificates of %s",
							q->migrate_tls_dir);
	vm->migration->has_tls = true;
	json_object_set_new(params, "tls-creds", json_string(tls_id));
	if (name)
		json_object_set_new(params, "tls-hostname", json_string(name));
	return 0;
}

const char *migrate_tls_id(const struct vm *vm)
{
	return vm->migration->has_tls ? tls_id : NULL;
}

/* -- parameters -- */

static void put(json_t *params, const char *name, uint64_t value)
{
	json_object_set_new(params, name, json_integer((json_int_t)value));
}

/* Where 0 stands for what QEMU has. */
static void put_if(json_t *params, const char *name, uint64_t value)
{
	if (value)
		put(params, name, value);
}

static const char *multifd_method(const struct migrate_wish *w)
{
	return w->methods & MIGRATE_ZSTD ? "zstd" : w->methods & MIGRATE_ZLIB ? "zlib" : "none";
}

static uint64_t or_default(int value, unsigned missing)
{
	return value ? (uint64_t)value : missing;
}

/* Both sides have to agree on these. What is not wished for is QEMU's default, for a machine may
 * have come by another migration. */
static void put_common(json_t *params, const struct migrate_wish *w)
{
	put_if(params, "xbzrle-cache-size", w->cache_size);
	put(params, "multifd-channels", or_default(w->connections, 2));
	json_object_set_new(params, "multifd-compression", json_string(multifd_method(w)));
	put(params, "compress-level", w->has_mt_level ? (uint64_t)w->mt_level : 1);
	put(params, "compress-threads", or_default(w->mt_threads, 8));
	put(params, "decompress-threads", or_default(w->mt_dthreads, 2));
}

static void put_source(json_t *params, const struct migrate_wish *w, const struct migration *m)
{
	uint64_t speed = w->bandwidth ? w->bandwidth : m->max_speed;
	uint64_t after = w->postcopy_bandwidth ? w->postcopy_bandwidth : m->postcopy_speed;

	/* without a limit as libvirt has it: QEMU's own is 32 MiB a second */
	put(params, "max-bandwidth", speed ? speed << 20 : INT64_MAX);
	put(params, "max-postcopy-bandwidth", after << 20);
	put_if(params, "downtime-limit", m->downtime_ms);
	put(params, "cpu-throttle-initial", or_default(w->throttle_initial, 20));
	put(params, "cpu-throttle-increment", or_default(w->throttle_increment, 10));
}

int migrate_apply(struct vm *vm, const struct migrate_wish *w)
{
	bool out = vm->async != VM_ASYNC_MIGRATION_IN;
	CLEANUP_JSON json_t *params = json_object();

	if (!params)
		return error_oom();
	if (set_caps(vm, w, out) < 0 || set_tls(vm, w, out, params) < 0)
		return -1;
	put_common(params, w);
	if (out)
		put_source(params, w, vm->migration);
	return vm_async_call(vm, "migrate-set-parameters", steal(&params), NULL);
}
