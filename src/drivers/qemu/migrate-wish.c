/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a client wants of a migration, from its flags and parameters.
 */
#include "config.h"
#include "drivers/qemu/migrate.h"

#include <string.h>

enum {
	SERVED = RVIRT_MIGRATE_LIVE | RVIRT_MIGRATE_PEER2PEER | RVIRT_MIGRATE_TUNNELLED |
			 RVIRT_MIGRATE_PERSIST_DEST | RVIRT_MIGRATE_UNDEFINE_SOURCE | RVIRT_MIGRATE_PAUSED |
			 RVIRT_MIGRATE_NON_SHARED_DISK | RVIRT_MIGRATE_NON_SHARED_INC |
			 RVIRT_MIGRATE_NON_SHARED_SYNCHRONOUS_WRITES | RVIRT_MIGRATE_CHANGE_PROTECTION |
			 RVIRT_MIGRATE_UNSAFE | RVIRT_MIGRATE_OFFLINE | RVIRT_MIGRATE_COMPRESSED |
			 RVIRT_MIGRATE_ABORT_ON_ERROR | RVIRT_MIGRATE_AUTO_CONVERGE | RVIRT_MIGRATE_PARALLEL |
			 RVIRT_MIGRATE_TLS | RVIRT_MIGRATE_POSTCOPY,
	COPIES = RVIRT_MIGRATE_NON_SHARED_DISK | RVIRT_MIGRATE_NON_SHARED_INC,
};

static const struct {
	unsigned flag;
	const char *name;
} refused[] = {
	{RVIRT_MIGRATE_RDMA_PIN_ALL, "RDMA"},
	{RVIRT_MIGRATE_POSTCOPY_RESUME, "resumed post-copy"},
	{RVIRT_MIGRATE_ZEROCOPY, "zero-copy"},
};

/* What has no sense in a tunnel. */
static const struct {
	unsigned flag;
	const char *message;
} tunnelled[] = {
	{RVIRT_MIGRATE_PARALLEL, "parallel migration is not supported with tunnelled migration"},
	{RVIRT_MIGRATE_POSTCOPY, "post-copy is not supported with tunnelled migration"},
	{RVIRT_MIGRATE_TLS, "TLS is not supported with tunnelled migration: it is as safe as the "
						"connection to its daemon"},
};

static int check_flags(unsigned flags)
{
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
		if (flags & refused[i].flag)
			return error_set(FROM_QEMU, ERR_ARGUMENT_UNSUPPORTED,
							 "%s migration is not supported by this host", refused[i].name);
	if (qemu_flags(flags, SERVED, "qemuDomainMigrate") < 0)
		return -1;
	if ((flags & COPIES) == COPIES)
		return args_refuse(FROM_QEMU, "qemuDomainMigrate", "flags",
						   "Flags 'VIR_MIGRATE_NON_SHARED_DISK' and 'VIR_MIGRATE_NON_SHARED_INC' "
						   "are mutually exclusive");
	if (flags & RVIRT_MIGRATE_OFFLINE && flags & COPIES)
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID,
						 "offline migration cannot handle non-shared storage");
	if (flags & RVIRT_MIGRATE_OFFLINE && !(flags & RVIRT_MIGRATE_PERSIST_DEST))
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID,
						 "offline migration must be specified with the persistent flag set");
	if (flags & RVIRT_MIGRATE_OFFLINE && flags & RVIRT_MIGRATE_TUNNELLED)
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID,
						 "tunnelled offline migration does not make sense");
	for (size_t i = 0; i < sizeof tunnelled / sizeof tunnelled[0]; i++)
		if (flags & RVIRT_MIGRATE_TUNNELLED && flags & tunnelled[i].flag)
			return error_set(FROM_QEMU, ERR_ARGUMENT_UNSUPPORTED, "%s", tunnelled[i].message);
	if (flags & RVIRT_MIGRATE_TUNNELLED && flags & COPIES)
		return error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
						 "migration of disks is not supported with tunnelled migration");
	return 0;
}

/* -- parameters -- */

enum kind { TEXT, SIZE, NUMBER, LEVEL, DISK, METHOD };

static const struct row {
	const char *name;
	enum kind kind;
	size_t offset; /* into struct migrate_wish */
} rows[] = {
	{RVIRT_MIGRATE_PARAM_URI, TEXT, offsetof(struct migrate_wish, uri)},
	{RVIRT_MIGRATE_PARAM_DEST_NAME, TEXT, offsetof(struct migrate_wish, name)},
	{RVIRT_MIGRATE_PARAM_DEST_XML, TEXT, offsetof(struct migrate_wish, xml)},
	{RVIRT_MIGRATE_PARAM_PERSIST_XML, TEXT, offsetof(struct migrate_wish, persistent_xml)},
	{RVIRT_MIGRATE_PARAM_LISTEN_ADDRESS, TEXT, offsetof(struct migrate_wish, listen)},
	{RVIRT_MIGRATE_PARAM_GRAPHICS_URI, TEXT, offsetof(struct migrate_wish, graphics_uri)},
	{RVIRT_MIGRATE_PARAM_DISKS_URI, TEXT, offsetof(struct migrate_wish, disks_uri)},
	{RVIRT_MIGRATE_PARAM_BANDWIDTH, SIZE, offsetof(struct migrate_wish, bandwidth)},
	{RVIRT_MIGRATE_PARAM_DISKS_PORT, NUMBER, offsetof(struct migrate_wish, disks_port)},
	{RVIRT_MIGRATE_PARAM_MIGRATE_DISKS, DISK, 0},
	{RVIRT_MIGRATE_PARAM_COMPRESSION, METHOD, 0},
	{RVIRT_MIGRATE_PARAM_COMPRESSION_XBZRLE_CACHE, SIZE, offsetof(struct migrate_wish, cache_size)},
	{RVIRT_MIGRATE_PARAM_AUTO_CONVERGE_INITIAL, NUMBER,
	 offsetof(struct migrate_wish, throttle_initial)},
	{RVIRT_MIGRATE_PARAM_AUTO_CONVERGE_INCREMENT, NUMBER,
	 offsetof(struct migrate_wish, throttle_increment)},
	{RVIRT_MIGRATE_PARAM_COMPRESSION_MT_LEVEL, LEVEL, offsetof(struct migrate_wish, mt_level)},
	{RVIRT_MIGRATE_PARAM_COMPRESSION_MT_THREADS, NUMBER, offsetof(struct migrate_wish, mt_threads)},
	{RVIRT_MIGRATE_PARAM_COMPRESSION_MT_DTHREADS, NUMBER,
	 offsetof(struct migrate_wish, mt_dthreads)},
	{RVIRT_MIGRATE_PARAM_BANDWIDTH_POSTCOPY, SIZE,
	 offsetof(struct migrate_wish, postcopy_bandwidth)},
	{RVIRT_MIGRATE_PARAM_PARALLEL_CONNECTIONS, NUMBER, offsetof(struct migrate_wish, connections)},
	{RVIRT_MIGRATE_PARAM_TLS_DESTINATION, TEXT, offsetof(struct migrate_wish, tls_destination)},
};

static int type_of(enum kind kind)
{
	return kind == SIZE                      ? RVIRT_TYPED_PARAM_ULLONG
		   : kind == NUMBER || kind == LEVEL ? RVIRT_TYPED_PARAM_INT
											 : RVIRT_TYPED_PARAM_STRING;
}

static int take_method(struct migrate_wish *w, const char *name)
{
	static const struct {
		const char *name;
		enum migrate_method method;
	} methods[] = {{"xbzrle", MIGRATE_XBZRLE},
				   {"mt", MIGRATE_MT},
				   {"zlib", MIGRATE_ZLIB},
				   {"zstd", MIGRATE_ZSTD}};

	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
		if (strcmp(methods[i].name, name) != 0)
			continue;
		if (w->methods & methods[i].method)
			return error_set(FROM_QEMU, ERR_INVALID_ARG,
							 "Compression method '%s' is specified twice", name);
		w->methods |= methods[i].method;
		return 0;
	}
	return error_set(FROM_QEMU, ERR_INVALID_ARG, "Unsupported compression method '%s'", name);
}

static int take(struct migrate_wish *w, const struct row *row,
				const struct rvirt_wire_typed_param *p)
{
	void *place = (char *)w + row->offset;

	switch (row->kind) {
	case TEXT:
		*(const char **)place = p->value.u.s;
		return 0;
	case SIZE:
		*(uint64_t *)place = p->value.u.ul;
		return 0;
	case NUMBER:
		if (p->value.u.i < 0 || p->value.u.i > 65535)
			return error_set(FROM_QEMU, ERR_INVALID_ARG, "%s is out of range: %d", row->name,
							 p->value.u.i);
		*(int *)place = p->value.u.i;
		return 0;
	case DISK:
		if (w->n_disks == MIGRATE_DISKS_MAX)
			return error_set(FROM_QEMU, ERR_INVALID_ARG, "too many disks are named");
		w->disks[w->n_disks++] = p->value.u.s;
		return 0;
	case LEVEL:
		if (p->value.u.i < 0 || p->value.u.i > 9)
			return error_set(FROM_QEMU, ERR_INVALID_ARG, "compression level %d is not in 0 to 9",
							 p->value.u.i);
		*(int *)place = p->value.u.i;
		w->has_mt_level = true;
		return 0;
	default:
		return take_method(w, p->value.u.s);
	}
}

static int read_one(struct migrate_wish *w, const struct rvirt_wire_typed_param *p)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (strcmp(rows[i].name, p->field) != 0)
			continue;
		if (p->value.type != type_of(rows[i].kind))
			return error_set(FROM_QEMU, ERR_INVALID_ARG, "invalid type for parameter '%s'",
							 p->field);
		return take(w, &rows[i], p);
	}
	return error_set(FROM_QEMU, ERR_ARGUMENT_UNSUPPORTED, "parameter '%s' not supported", p->field);
}

static int check_tuning(const struct migrate_wish *w)
{
	const unsigned many = MIGRATE_ZLIB | MIGRATE_ZSTD;

	if (w->cache_size && !(w->methods & MIGRATE_XBZRLE))
		return error_set(FROM_QEMU, ERR_INVALID_ARG, "Turn xbzrle compression on to tune it");
	if ((w->has_mt_level || w->mt_threads || w->mt_dthreads) && !(w->methods & MIGRATE_MT))
		return error_set(FROM_QEMU, ERR_INVALID_ARG, "Turn multithread compression on to tune it");
	if (w->methods & many &&
		(!(w->flags & RVIRT_MIGRATE_PARALLEL) || w->methods & ~many || (w->methods & many) == many))
		return error_set(FROM_QEMU, ERR_INVALID_ARG,
						 "zlib and zstd, one of them alone, compress parallel migrations");
	if (w->flags & RVIRT_MIGRATE_PARALLEL && w->methods & ~many)
		return error_set(FROM_QEMU, ERR_INVALID_ARG,
						 "parallel migrations are compressed by zlib or zstd");
	if (w->connections && !(w->flags & RVIRT_MIGRATE_PARALLEL))
		return error_set(FROM_QEMU, ERR_INVALID_ARG, "Turn parallel migration on to tune it");
	if (w->flags & RVIRT_MIGRATE_PARALLEL && w->flags & RVIRT_MIGRATE_POSTCOPY)
		return error_set(FROM_QEMU, ERR_ARGUMENT_UNSUPPORTED,
						 "post-copy is not supported with parallel migration");
	if ((w->throttle_initial || w->throttle_increment) && !(w->flags & RVIRT_MIGRATE_AUTO_CONVERGE))
		return error_set(FROM_QEMU, ERR_INVALID_ARG, "Turn auto convergence on to tune it");
	if (w->uri && w->flags & RVIRT_MIGRATE_TUNNELLED)
		return error_set(FROM_QEMU, ERR_ARGUMENT_UNSUPPORTED,
						 "migration URI is not supported by tunnelled migration");
	if (w->bandwidth > INT64_MAX >> 20 || w->postcopy_bandwidth > INT64_MAX >> 20)
		return error_set(FROM_QEMU, ERR_INVALID_ARG, "bandwidth must be less than %lld",
						 (long long)(INT64_MAX >> 20) + 1);
	if (w->disks_uri)
		return error_set(FROM_QEMU, ERR_ARGUMENT_UNSUPPORTED,
						 "parameter '%s' of a migration is not supported by this host: name a port",
						 RVIRT_MIGRATE_PARAM_DISKS_URI);
	return 0;
}

int migrate_wish_read(const struct rvirt_wire_typed_param *params, uint32_t n, unsigned flags,
					  struct migrate_wish *ret)
{
	struct migrate_wish w = {.flags = flags};

	if (check_flags(flags) < 0)
		return -1;
	for (uint32_t i = 0; i < n; i++)
		if (read_one(&w, &params[i]) < 0)
			return -1;
	if (w.flags & RVIRT_MIGRATE_COMPRESSED && !w.methods)
		w.methods = w.flags & RVIRT_MIGRATE_PARALLEL ? MIGRATE_ZLIB : MIGRATE_XBZRLE;
	if (check_tuning(&w) < 0)
		return -1;
	*ret = w;
	return 0;
}

bool migrate_wish_copies(const struct migrate_wish *w, const struct node *disk)
{
	const char *target = node_attr(node_child(disk, "target"), "dev");

	if (!(w->flags & COPIES) || !target || !node_child(disk, "source"))
		return false;
	if (!w->n_disks)
		return !node_child(disk, "readonly") && !node_child(disk, "shareable");
	for (size_t i = 0; i < w->n_disks; i++)
		if (strcmp(w->disks[i], target) == 0)
			return true;
	return false;
}
