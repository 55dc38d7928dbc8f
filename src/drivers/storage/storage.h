/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The storage of this host: pools and their volumes. What the driver's files share.
 *
 * The lock guards all of it and is held for moments only: what waits for a disk or a program marks
 * the pool or the volume as busy, and works without it.
 */
#ifndef DRIVERS_STORAGE_STORAGE_H
#define DRIVERS_STORAGE_STORAGE_H

#include "base/cleanup.h"
#include "base/error.h"
#include "base/uuid.h"
#include "conf/def.h"
#include "drivers/driver.h"
#include "drivers/storage/type.h"
#include "drivers/store.h"

#include <pthread.h>
#include <sys/stat.h>

extern const struct driver storage_driver;

struct storage_pool {
	struct storage_pool *next;
	char *name;
	unsigned char uuid[UUID_LEN];
	struct def *def;      /* what it is; not changed while there are jobs */
	struct def *next_def; /* what it will be when it is started again, or NULL */
	bool active, autostart, persistent;
	bool changing; /* it is being started, stopped, built or removed */
	unsigned jobs; /* that work in it without the lock */
	struct storage_volume *volumes;
	struct storage_scan found; /* without volumes: what was found besides them */
};

struct storage_conn;
struct storage_event;

struct storage {
	pthread_mutex_t lock;
	struct storage_pool *pools;
	struct store store;
	struct storage_event *events, **events_end;
	pthread_mutex_t telling;    /* held while events are told; taken before the lock */
	struct storage_conn *conns; /* changed with both held */
};

struct storage_conn {
	struct driver_conn conn;
	struct storage *storage;
	struct storage_conn *next;
};

/* Locks the storage of a connection for the caller's scope, and tells what has happened afterwards:
 * STORAGE_LOCKED(st, conn); */
struct storage *storage_lock(struct driver_conn *conn);
void storage_unlock(struct storage **st);
#define STORAGE_LOCKED(name, conn)                                                                 \
	__attribute__((cleanup(storage_unlock))) struct storage *name = storage_lock(conn)

/* Between the two the lock is not held. */
static inline void storage_pause(struct storage *st)
{
	pthread_mutex_unlock(&st->lock);
}

static inline void storage_resume(struct storage *st)
{
	pthread_mutex_lock(&st->lock);
}

#define storage_refuse(code, ...) error_set(FROM_STORAGE, code, __VA_ARGS__)

/* "unsupported flags (0x8) in function X"; 0 or -1 */
int storage_check_flags(uint32_t flags, uint32_t allowed, const char *function);

/* -- storage.c -- */

/* Queues an event of a pool: its lifecycle, or a refresh. */
void storage_tell(struct storage *st, const struct storage_pool *pool, int event);
void storage_tell_refresh(struct storage *st, const struct storage_pool *pool);

/* -- pool.c -- */

/* Writes into a node what a file's mode, owner and group are. 0, or -1 with NO_MEMORY. */
int storage_set_permissions(struct node *target, const struct stat *st);

/* NULL with the error set. */
struct storage_pool *storage_find_pool(struct storage *st,
									   const struct rvirt_wire_storage_pool *wire);
struct storage_pool *storage_find_active(struct storage *st,
										 const struct rvirt_wire_storage_pool *wire);
struct storage_pool *storage_pool_by_name(struct storage *st, const char *name);
struct storage_pool *storage_pool_by_uuid(struct storage *st, const unsigned char *uuid);

/* Takes *def over. NULL with NO_MEMORY set. */
struct storage_pool *storage_pool_new(struct storage *st, struct def **def);
const struct storage_type *storage_pool_type(const struct storage_pool *pool);
void storage_pool_remove(struct storage *st, struct storage_pool *pool);
int storage_pool_wire(const struct storage_pool *pool, struct rvirt_wire_storage_pool *ret);
const char *storage_pool_path(const struct storage_pool *pool);
int storage_copy(const char *text, char **ret);

/* -- volume.c -- */

struct storage_volume *storage_volume_by_name(const struct storage_pool *pool, const char *name);

/* Looks at it again: others change volumes too. What can't be looked at stays as it was. */
void storage_look_again(struct storage_pool *pool, struct storage_volume *vol);

/* The volume of an active pool; NULL with the error set. */
struct storage_volume *storage_find_volume(struct storage *st,
										   const struct rvirt_wire_storage_vol *wire,
										   struct storage_pool **ret_pool);

/* The same, which nobody uses and which is complete. */
struct storage_volume *storage_find_idle(struct storage *st,
										 const struct rvirt_wire_storage_vol *wire,
										 struct storage_pool **ret_pool);
int storage_volume_wire(const struct storage_pool *pool, const struct storage_volume *vol,
						struct rvirt_wire_storage_vol *ret);

/* -- state.c: what is kept on disk -- */

/* Reads what there is, and starts what was running or is to be started. 0, or -1 with the error set
 * if the folders can't be used. */
int storage_load(struct storage *st);

/* Writes a pool's definition; its being active. 0, or -1 with the error set. */
int storage_save(struct storage *st, const struct storage_pool *pool);
int storage_save_active(struct storage *st, const struct storage_pool *pool);

/* -- pool-state.c -- */

/* Refuse a pool that is worked in; that is active ("already", "still"), or about to be. */
int storage_need_no_jobs(const struct storage_pool *pool);
int storage_need_inactive(const struct storage_pool *pool, const char *words);

/* Makes it active; on failure it is as before. flags: those of STORAGE_POOL_CREATE. That it is
 * active is written down before: what a killed daemon has left half done is found by the next one.
 * The lock is released meanwhile. 0, or -1 with the error set. */
int storage_start(struct storage *st, struct storage_pool *pool, unsigned flags);

/* With the lock held, which is released meanwhile: looks again what is in an active pool. */
int storage_refresh(struct storage *st, struct storage_pool *pool);

/* The same at the daemon's start, of a pool that was active or is to be: it is afterwards, or not.
 * 0, or -1 with the error set. */
int storage_start_again(struct storage *st, struct storage_pool *pool);

#endif
