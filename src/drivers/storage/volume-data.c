/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The contents of volumes: upload, download, wipe.
 */
#include "config.h"
#include "drivers/storage/storage.h"

#include "drivers/storage/command.h"
#include "drivers/storage/ops.h"
#include "drivers/storage/volume-make.h"

#include <string.h>

/* A stream's hold on its volume. Volumes in use stay in the list, and their pool stays. */
struct hold {
	struct storage *storage;
	struct storage_pool *pool;
	struct storage_volume *vol;
};

static void let_go(void *opaque)
{
	struct hold *hold = opaque;

	pthread_mutex_lock(&hold->storage->lock);
	hold->vol->users--;
	hold->pool->jobs--;
	pthread_mutex_unlock(&hold->storage->lock);
	free(hold);
}

static struct driver_stream *open_stream(struct storage *st, struct storage_pool *pool,
										 struct storage_volume *vol,
										 const struct rvirt_wire_vol_offset_length_flags_args *args,
										 bool writes)
{
	CLEANUP_FREE struct hold *hold = malloc(sizeof *hold);
	struct driver_stream_range range = {
		.offset = args->offset,
		.length = args->length,
		.sparse = args->flags & RVIRT_STORAGE_VOL_UPLOAD_SPARSE_STREAM,
		.closed = let_go,
		.opaque = hold,
	};
	struct driver_stream *stream;

	if (!hold) {
		error_oom();
		return NULL;
	}
	*hold = (struct hold){st, pool, vol};
	stream = driver_stream_from_file(vol->path, &range, writes);
	if (!stream)
		return NULL;
	vol->users++;
	pool->jobs++;
	steal(&hold);
	return stream;
}

int storage_storage_vol_download(struct driver_conn *conn,
								 const struct rvirt_wire_vol_offset_length_flags_args *args,
								 struct driver_stream **ret_stream)
{
	STORAGE_LOCKED(st, conn);
	struct storage_pool *pool;
	struct storage_volume *vol;

	if (storage_check_flags(args->flags, RVIRT_STORAGE_VOL_DOWNLOAD_SPARSE_STREAM,
							"storageVolDownload") < 0 ||
		!(vol = storage_find_volume(st, &args->vol, &pool)))
		return -1;
	if (vol->building)
		return storage_refuse(ERR_OPERATION_INVALID, "volume '%s' is still being allocated.",
							  vol->name);
	*ret_stream = open_stream(st, pool, vol, args, false);
	return *ret_stream ? 0 : -1;
}

int storage_storage_vol_upload(struct driver_conn *conn,
							   const struct rvirt_wire_vol_offset_length_flags_args *args,
							   struct driver_stream **ret_stream)
{
	STORAGE_LOCKED(st, conn);
	struct storage_pool *pool;
	struct storage_volume *vol;

	if (storage_check_flags(args->flags, RVIRT_STORAGE_VOL_UPLOAD_SPARSE_STREAM,
							"storageVolUpload") < 0 ||
		!(vol = storage_find_idle(st, &args->vol, &pool)))
		return -1;
	*ret_stream = open_stream(st, pool, vol, args, true);
	return *ret_stream ? 0 : -1;
}

/* What scrub(1) calls the algorithms that it does, by their numbers. */
static const char *scrub_pattern(unsigned algorithm)
{
	static const char *const names[] = {
		[RVIRT_STORAGE_VOL_WIPE_ALG_NNSA] = "nnsa",
		[RVIRT_STORAGE_VOL_WIPE_ALG_DOD] = "dod",
		[RVIRT_STORAGE_VOL_WIPE_ALG_BSI] = "bsi",
		[RVIRT_STORAGE_VOL_WIPE_ALG_GUTMANN] = "gutmann",
		[RVIRT_STORAGE_VOL_WIPE_ALG_SCHNEIER] = "schneier",
		[RVIRT_STORAGE_VOL_WIPE_ALG_PFITZNER7] = "pfitzner7",
		[RVIRT_STORAGE_VOL_WIPE_ALG_PFITZNER33] = "pfitzner33",
	};

	return algorithm < sizeof names / sizeof names[0] ? names[algorithm] : NULL;
}

static int overwrite(const char *path, unsigned algorithm)
{
	const char *pattern = scrub_pattern(algorithm);
	const char *const argv[] = {"scrub", "-f", "-p", pattern, path, NULL};

	return pattern ? command_run(argv)
				   : volume_overwrite(path, algorithm == RVIRT_STORAGE_VOL_WIPE_ALG_RANDOM);
}

static int wipe(struct storage *st, const struct rvirt_wire_storage_vol *wire, unsigned algorithm)
{
	struct storage_pool *pool;
	struct storage_volume *vol;
	int r;

	if (algorithm > RVIRT_STORAGE_VOL_WIPE_ALG_TRIM)
		return storage_refuse(ERR_INVALID_ARG, "wiping algorithm %u not supported", algorithm);
	if (!(vol = storage_find_idle(st, wire, &pool)))
		return -1;
	if (algorithm == RVIRT_STORAGE_VOL_WIPE_ALG_TRIM)
		return storage_refuse(ERR_ARGUMENT_UNSUPPORTED, "'trim' algorithm not supported");
	pool->jobs++;
	vol->users++;
	storage_pause(st);
	r = overwrite(vol->path, algorithm);
	storage_resume(st);
	vol->users--;
	pool->jobs--;
	return r;
}

int storage_storage_vol_wipe(struct driver_conn *conn, const struct rvirt_wire_vol_flags_args *args)
{
	STORAGE_LOCKED(st, conn);

	if (storage_check_flags(args->flags, 0, "storageVolWipe") < 0)
		return -1;
	return wipe(st, &args->vol, RVIRT_STORAGE_VOL_WIPE_ALG_ZERO);
}

int storage_storage_vol_wipe_pattern(struct driver_conn *conn,
									 const struct rvirt_wire_vol_algorithm_flags_args *args)
{
	STORAGE_LOCKED(st, conn);

	if (storage_check_flags(args->flags, 0, "storageVolWipePattern") < 0)
		return -1;
	return wipe(st, &args->vol, args->algorithm);
}
