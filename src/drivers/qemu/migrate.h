/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Migrations of machines: what the phases share. A migration lasts over several calls of a client:
 * begin to confirm on the source, prepare to finish on the destination. Meanwhile its machine has
 * the asynchronous job, and vm->migration->conn the connection whose end ends it.
 *
 * migrate-out.c is the source's part, migrate-in.c the destination's, migrate-p2p.c the source that
 * speaks with the destination by itself, migrate-run.c what happens between two QEMUs,
 * migrate-disks.c the copying of disks, migrate-job.c what clients ask and limit meanwhile.
 */
#ifndef DRIVERS_QEMU_MIGRATE_H
#define DRIVERS_QEMU_MIGRATE_H

#include "drivers/qemu/migrate-cookie.h"
#include "drivers/qemu/migrate-stats.h"
#include "drivers/qemu/qemu.h"

#include <rvirt/migrate.h>

enum { MIGRATE_PORT_FIRST = 49152, MIGRATE_PORTS = 64 };

/* Of a machine, made when it is first needed. Guarded by the driver's lock. */
struct migration {
	struct driver_conn *conn; /* NULL: none is under way */
	bool busy;                /* a call works on it */
	unsigned flags;
	bool was_running;
	bool copies_disks; /* on the destination: an NBD server runs */
	bool mirrors;      /* on the source: disks are being copied */
	bool persisted;    /* on the destination: it was not defined before */
	bool has_tls;      /* QEMU has credentials of one */
	bool postcopy;     /* the switch to the other host is asked for */
	bool switched;     /* the guest is the destination's, though not all of its memory is there */

	struct migrate_stats stats; /* of what is under way, or (completed) what was the last */
	bool completed;
	int operation; /* of enum rvirt_domain_job_operation */

	uint64_t max_speed; /* MiB a second; 0: no limit was set */
	uint64_t postcopy_speed;
	uint64_t downtime_ms; /* 0: none was set */
};

/* The migration of a machine. NULL with NO_MEMORY set. */
struct migration *migration_of(struct vm *vm);

/* Marks one as begun, by a connection; the asynchronous job is begun before. */
void migration_begin(struct vm *vm, struct driver_conn *conn, unsigned flags, int operation);

/* Takes the migration that a client goes on with: of that kind, and nobody else at it. 0, or -1
 * with OPERATION_INVALID. migration_rest() gives it back, migration_end() ends it with its job. */
int migration_continue(struct vm *vm, enum vm_async async);
void migration_rest(struct vm *vm);
void migration_end(struct vm *vm);

/* After the daemon's start, with a job: what was sent away goes no further, and its guest runs on.
 * 0 or -1. (What was coming in is ended like a machine that was starting.) */
int migrate_found(struct vm *vm);

/* A connection is gone: what it had begun is rolled back. */
void migrations_drop(struct qemu *q, struct driver_conn *conn);

/* -- migrate-wish.c: what a client wants -- */

enum migrate_method {
	MIGRATE_XBZRLE = 1,
	MIGRATE_MT = 2,
	MIGRATE_ZLIB = 4, /* these two of several connections */
	MIGRATE_ZSTD = 8
};

struct migrate_wish {
	unsigned flags, methods;
	const char *uri, *name, *xml, *persistent_xml, *listen, *disks_uri, *graphics_uri;
	const char *disks[MIGRATE_DISKS_MAX]; /* targets; none: all that are not shared */
	size_t n_disks;
	uint64_t bandwidth;  /* MiB a second; 0: no limit */
	int disks_port;      /* 0: any */
	uint64_t cache_size; /* of XBZRLE, bytes; 0: QEMU's */
	int throttle_initial, throttle_increment;
	int connections; /* 0: QEMU's choice */
	bool has_mt_level;
	int mt_level, mt_threads, mt_dthreads;
	uint64_t postcopy_bandwidth;
	const char *tls_destination; /* NULL: the URI's host */
};

/* Borrows from params. 0, or -1 with the error set: what is not served is refused by name. */
int migrate_wish_read(const struct rvirt_wire_typed_param *params, uint32_t n, unsigned flags,
					  struct migrate_wish *ret);

/* Whether a disk is to be copied. */
bool migrate_wish_copies(const struct migrate_wish *w, const struct node *disk);

/* -- host and cookie -- */

/* The UUID by which hosts tell each other apart: as configured (NULL: not), else the machine's,
 * else that of this installation. 0 or -1. */
int migrate_host_uuid(const char *configured, unsigned char ret[UUID_LEN]);

/* A cookie that says who we are. 0 or -1. */
int migrate_cookie_ours(const struct vm *vm, struct migrate_cookie *ret);

/* Refuses a cookie about another domain, or of this very host. 0 or -1. */
int migrate_cookie_check(const struct qemu *q, const struct migrate_cookie *c,
						 const unsigned char uuid[UUID_LEN]);

/* -- migrate-params.c: with the asynchronous job -- */

/* Capabilities, limits and credentials, on both sides. 0 or -1. */
int migrate_apply(struct vm *vm, const struct migrate_wish *w);

/* The name by which QEMU knows the credentials of this migration; NULL: it has none. */
const char *migrate_tls_id(const struct vm *vm);

/* The names of what the machine's QEMU can do, in a new array; NULL if it does not say. */
json_t *migrate_caps(struct vm *vm);

/* -- migrate-run.c: with the asynchronous job -- */

/* Connects to a migration URI: tcp://host:port, tcp:host:port or unix:///path. The descriptor, or
 * -1. Without the lock. */
int migrate_connect(const char *uri);

/* Sends the machine through fd, which it takes over, until everything is sent or it failed; the
 * guest stands still then, or goes on. 0 or -1. */
int migrate_send(struct vm *vm, int fd);

/* The same by connections that QEMU makes itself to a migration URI. */
int migrate_send_to(struct vm *vm, const char *uri);

/* Waits until everything has come, or gone; or, once (vm->migration->switched is set then), until
 * the rest follows in the post-copy phase. 0 or -1. */
int migrate_receive(struct vm *vm);

/* Gives QEMU a copy of fd, which it then knows as "fd:migrate". 0 or -1. */
int migrate_give_fd(struct vm *vm, int fd);

/* As vm_run_cpus() and vm_pause_cpus(), from within the asynchronous job. */
int migrate_run_cpus(struct vm *vm, int reason);
int migrate_pause_cpus(struct vm *vm, int reason);

/* Lets the guest go on here, if it was running, and is not the destination's by now. */
void migrate_restore(struct vm *vm);

/* -- migrate-out.c -- */

/* The phases of the source as clients and migrate-p2p.c call them, with the lock. begin: 0 with the
 * asynchronous job begun, the XML for the destination and the cookie. perform sends through fd,
 * which it takes over; negative: it connects to where the wish says. confirm ends the job: 0, or -1
 * where the post-copy phase has failed. */
int migrate_out_begin(struct vm *vm, struct driver_conn *conn, const struct migrate_wish *w,
					  struct rvirt_wire_cookie_out_xml_ret *ret);
int migrate_out_perform(struct vm *vm, const struct migrate_wish *w, const void *cookie, size_t n,
						int fd, struct rvirt_wire_cookie_out_ret *ret);
int migrate_out_confirm(struct vm *vm, unsigned flags, bool cancelled);

/* -- migrate-in.c -- */

/* Drops what came so far, and ends the job. */
void migrate_in_cancel(struct vm *vm);

/* -- migrate-p2p.c -- */

/* The whole migration to the daemon that the arguments name. */
int migrate_p2p(struct vm *vm, struct driver_conn *conn,
				const struct rvirt_wire_domain_migrate_perform3_params_args *args,
				const struct migrate_wish *w);

/* -- migrate-disks.c -- */

/* A port on which nobody listens at the moment, from those for migrations; 0 with the error set. */
int migrate_free_port(void);

/* Destination: lets the source write into the disks that the wish names, at *ret_port. 0 or -1. */
int migrate_disks_serve(struct vm *vm, const struct migrate_wish *w, int *ret_port);
int migrate_disks_stop(struct vm *vm);

/* The size of a disk as the guest sees it, in bytes. 0 or -1. */
int migrate_disk_capacity(struct vm *vm, const struct node *disk, uint64_t *ret_capacity);

/* Source: copies disks to the NBD server that the cookie tells of until they are alike and kept so;
 * the mirrors go on. _finish ends them, alike; _cancel gives them up. */
int migrate_disks_copy(struct vm *vm, const struct migrate_wish *w, const struct migrate_cookie *c);
int migrate_disks_finish(struct vm *vm);
void migrate_disks_cancel(struct vm *vm);

/* -- migrate-job.c -- */

/* Tells clients what came of it. */
void migrate_tell_completed(struct vm *vm);

#endif
