/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How jobs end: waiting for it, and what has changed then. QEMU forgets a job last, so that a
 * daemon that ended in between finds it again and does the same once more.
 */
#include "config.h"
#include "drivers/qemu/blockjob.h"
#include "drivers/qemu/command.h"

#include "base/fd.h"
#include "base/log.h"
#include "drivers/qemu/access.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/hotplug.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { LOOK_MS = 1000 };

static struct node *disk_of(const struct vm *vm, const struct blockjob *job)
{
	return domain_def_find_device(vm->d.def, "disk", job->disk);
}

/* -- what comes of it -- */

static bool has_mirror(const struct blockjob *job)
{
	return job->type == RVIRT_DOMAIN_BLOCK_JOB_TYPE_COPY ||
		   job->type == RVIRT_DOMAIN_BLOCK_JOB_TYPE_ACTIVE_COMMIT;
}

/* The other image takes the disk's place. A mirror that says nothing of what is below stands on
 * what is below in the disk: a shallow copy, or an image of the chain itself. */
static int change_image(const struct blockjob *job, struct node *disk, const struct node *mirror)
{
	bool copy = job->type == RVIRT_DOMAIN_BLOCK_JOB_TYPE_COPY;
	const struct node *base = copy ? disk : store_find(disk, job->base);
	const struct node *below = store_below(node_child(mirror, "backingStore") ? mirror : base);

	return store_put_below(disk, below) < 0 ? -1 : store_become(disk, mirror);
}

/* The disk as it is after the job. 0 or -1. */
static int change_disk(const struct blockjob *job, struct node *disk)
{
	const struct node *mirror = node_child(disk, "mirror");
	struct node *above = store_find(disk, job->above), *base = store_find(disk, job->base);
	int r = 0;

	if (job->done == RVIRT_DOMAIN_BLOCK_JOB_COMPLETED) {
		if (has_mirror(job) && mirror)
			r = change_image(job, disk, mirror);
		else if (job->type == RVIRT_DOMAIN_BLOCK_JOB_TYPE_PULL)
			r = store_put_below(disk, job->base ? base : NULL);
		else if (above && base)
			r = store_put_below(above, base);
	}
	node_remove_all(disk, "mirror");
	return r;
}

/* A chain that stands in the definition itself is what it has become, without numbers. */
static int change_chain(struct node *config, const struct node *disk)
{
	struct node *below = store_below(config);

	if (!below)
		return 0;
	if (store_put_below(config, store_below(disk)) < 0)
		return -1;
	for (struct node *store = store_below(config); store; store = store_below(store))
		qemu_store_set_index(store, 0);
	return 0;
}

/* The persistent definition follows where it had the same image. */
static void change_config(struct vm *vm, const struct node *before, const struct node *disk)
{
	struct node *config =
		vm->d.next ? domain_def_find_device(vm->d.next, "disk", child_attr(disk, "target", "dev"))
				   : NULL;
	const char *path = store_path(before);

	if (!config || !path || !text_is(store_path(config), path))
		return;
	if (!text_is(store_path(disk), path)) {
		if (store_become(config, disk) < 0)
			return;
		qemu_store_set_index(config, 0);
		node_remove_all(config, "backingStore");
		/* what the header says is found at the start; that there is nothing is known */
		if (!store_below(disk) && !node_add(config, "backingStore"))
			return;
	} else if (change_chain(config, disk) < 0) {
		return;
	}
	if (vm_save_config(vm) < 0)
		log_warning("domain %s: %s", vm->d.name, error_last()->message);
}

/* The images that were committed, which nobody needs any more. */
static void delete_images(struct vm *vm, const struct node *before, const struct node *disk)
{
	for (const struct node *store = before; store; store = store_below(store)) {
		const char *path = store_path(store);
		bool kept = false;

		for (const struct node *s = disk; s; s = store_below(s))
			kept = kept || text_is(store_path(s), path);
		if (!kept && path && is(store, "type", "file") && unlink(path) < 0)
			log_warning("domain %s: unable to remove '%s': %s", vm->d.name, path, strerror(errno));
	}
}

static void take_back(struct vm *vm, const struct node *before)
{
	const struct node *mirror = node_child(before, "mirror");

	hotplug_take_back(vm, before);
	if (mirror)
		hotplug_take_back(vm, mirror);
}

static void change(struct vm *vm, const struct blockjob *job)
{
	struct node *disk = disk_of(vm, job);
	CLEANUP(cleanup_node) struct node *before = disk ? node_copy(disk) : NULL;
	CLEANUP(cleanup_node) struct node *after = disk ? node_copy(disk) : NULL;

	if (!before || !after || change_disk(job, after) < 0)
		return;
	store_drop_nodes(vm, before, after);
	if (vm_check_active(vm) < 0 || !(disk = disk_of(vm, job)) || change_disk(job, disk) < 0)
		return;
	if (job->done == RVIRT_DOMAIN_BLOCK_JOB_COMPLETED)
		change_config(vm, before, disk);
	take_back(vm, before);
	if (job->done == RVIRT_DOMAIN_BLOCK_JOB_COMPLETED && job->delete_images)
		delete_images(vm, before, disk);
}

/* Asks QEMU how it ended. 0 or -1. */
static int ask(struct vm *vm, struct blockjob *job)
{
	CLEANUP_JSON json_t *jobs = NULL;
	const json_t *entry;
	const char *why = NULL;
	bool found = false;
	size_t i;

	if (vm_call(vm, "query-jobs", NULL, &jobs) < 0)
		return -1;
	json_array_foreach(jobs, i, entry)
	{
		if (!text_is(qmp_text(entry, "id"), job->name))
			continue;
		found = true;
		why = qmp_text(entry, "error");
	}
	free(job->why);
	job->why = NULL;
	if (!found || (why && job->state != BLOCKJOB_ABORTING)) {
		job->done = RVIRT_DOMAIN_BLOCK_JOB_FAILED;
		job->why = strdup(why ? why : "QEMU does not know it any more");
	} else if (job->state == BLOCKJOB_ABORTING && (why || has_mirror(job))) {
		job->done = RVIRT_DOMAIN_BLOCK_JOB_CANCELED;
	} else {
		/* what nobody gave up, or was quicker */
		job->done = has_mirror(job) && job->state != BLOCKJOB_LEAVING
						? RVIRT_DOMAIN_BLOCK_JOB_CANCELED
						: RVIRT_DOMAIN_BLOCK_JOB_COMPLETED;
	}
	return 0;
}

/* What came of a job is kept before QEMU forgets it, which it has to before its nodes can go. */
static int conclude(struct vm *vm, struct blockjob *job)
{
	if (job->state != BLOCKJOB_CONCLUDED && ask(vm, job) < 0)
		return -1;
	job->state = BLOCKJOB_CONCLUDED;
	if (vm_save_status(vm) < 0)
		return -1;
	if (vm_call(vm, "job-dismiss", json_pack("{s:s}", "id", job->name), NULL) < 0)
		log_debug("domain %s: %s", vm->d.name, error_last()->message);
	error_reset();
	return vm_check_active(vm);
}

int blockjob_finish(struct vm *vm, struct blockjob *job)
{
	int r;

	job->refs++;
	r = conclude(vm, job);
	if (r == 0)
		change(vm, job);
	if (r == 0 && vm_active(vm)) {
		blockjob_drop(vm, job);
		blockjob_tell(vm, job, job->done);
	}
	blockjob_unref(job);
	return r;
}

static struct blockjob *first_over(const struct vm *vm)
{
	struct blockjob *job = vm->blockjobs;

	while (job && (!job->over || job->waited))
		job = job->next;
	return job;
}

void blockjobs_settle(struct vm *vm)
{
	struct blockjob *job;

	/* where QEMU does not answer, it is the next one's to try */
	while (vm_active(vm) && (job = first_over(vm)))
		if (blockjob_finish(vm, job) < 0) {
			log_warning("domain %s: %s", vm->d.name, error_last()->message);
			break;
		}
}

/* -- waiting -- */

/* Until QEMU has ended it, or it is ready and that will do. 0, or -1 if the machine ended. */
static int wait_until_over(struct vm *vm, const struct blockjob *job, bool ready_will_do)
{
	while (!job->over && !(ready_will_do && job->state == BLOCKJOB_READY)) {
		if (vm_check_active(vm) < 0)
			return -1;
		vm_wait(vm, now_ms() + LOOK_MS);
	}
	return vm_check_active(vm);
}

static int report(const struct blockjob *job)
{
	if (job->done == RVIRT_DOMAIN_BLOCK_JOB_FAILED)
		return error_set(FROM_QEMU, ERR_OPERATION_FAILED, "block job '%s' failed: %s", job->name,
						 job->why ? job->why : "unknown error");
	if (job->done == RVIRT_DOMAIN_BLOCK_JOB_CANCELED)
		return error_set(FROM_QEMU, ERR_OPERATION_ABORTED, "block job '%s' was canceled",
						 job->name);
	return 0;
}

int blockjob_wait(struct vm *vm, const char *disk)
{
	const struct node *n = domain_def_find_device(vm->d.def, "disk", disk);
	struct blockjob *job = n ? blockjob_of(vm, n) : NULL;
	int r;

	if (!job)
		return 0;
	job->refs++;
	job->waited = true;
	r = wait_until_over(vm, job, true);
	if (r == 0 && job->over) {
		r = blockjob_finish(vm, job) < 0 ? -1 : report(job);
	}
	job->waited = false;
	blockjob_unref(job);
	return r;
}

/* -- ending -- */

static int ask_to_pivot(struct vm *vm, struct blockjob *job)
{
	/* that of a job with one image never is */
	if (job->state != BLOCKJOB_READY)
		return error_set(FROM_QEMU, ERR_BLOCK_COPY_ACTIVE, "block job '%s' not ready for pivot yet",
						 job->name);
	job->state = BLOCKJOB_LEAVING;
	vm_save_status(vm);
	return vm_call(vm, "job-complete", json_pack("{s:s}", "id", job->name), NULL);
}

/* Where both are alike the other one stays as it is at this moment: that is no force. */
static int ask_to_end(struct vm *vm, struct blockjob *job)
{
	bool alike = job->state == BLOCKJOB_READY;

	job->state = BLOCKJOB_ABORTING;
	vm_save_status(vm);
	return vm_call(vm, "block-job-cancel",
				   json_pack("{s:s, s:b}", "device", job->name, "force", !alike), NULL);
}

static void mark(struct vm *vm, const struct blockjob *job, const char *ready)
{
	struct node *disk = disk_of(vm, job), *mirror = disk ? node_child(disk, "mirror") : NULL;

	if (mirror)
		node_set(mirror, "ready", ready);
}

static int leave(struct vm *vm, struct blockjob *job, bool pivot, bool async)
{
	enum blockjob_state before = job->state;

	if (before == BLOCKJOB_ABORTING || before == BLOCKJOB_LEAVING)
		return error_set(FROM_QEMU, ERR_OPERATION_INVALID,
						 "block job on disk '%s' is still being ended", job->disk);
	if ((pivot ? ask_to_pivot(vm, job) : ask_to_end(vm, job)) < 0) {
		/* what has ended meanwhile is done with below */
		if (job->over && !pivot && !async) {
			error_reset();
		} else {
			job->state = before;
			return -1;
		}
	}
	if (vm_check_active(vm) < 0)
		return -1;
	mark(vm, job, pivot ? "pivot" : "abort");
	vm_save_status(vm);
	if (async)
		return 0;
	if (wait_until_over(vm, job, false) < 0 || blockjob_finish(vm, job) < 0)
		return -1;
	if (pivot && job->done == RVIRT_DOMAIN_BLOCK_JOB_FAILED)
		return error_set(FROM_QEMU, ERR_OPERATION_FAILED,
						 "block job '%s' failed while pivoting: %s", job->name,
						 job->why ? job->why : "unknown error");
	return vm_check_active(vm);
}

int blockjob_leave(struct vm *vm, struct blockjob *job, bool pivot, bool async)
{
	int r;

	job->refs++;
	job->waited = !async;
	r = leave(vm, job, pivot, async);
	job->waited = false;
	blockjob_unref(job);
	return r;
}

/* -- after the daemon's start -- */

/* Those of QEMU that nobody knows any more. */
static void dismiss_others(struct vm *vm, const json_t *jobs)
{
	const json_t *entry;
	size_t i;

	json_array_foreach(jobs, i, entry)
	{
		const char *id = qmp_text(entry, "id");
		bool known = false;

		for (const struct blockjob *job = vm->blockjobs; job; job = job->next)
			known = known || text_is(id, job->name);
		if (!known && id && text_is(qmp_text(entry, "status"), "concluded"))
			vm_call(vm, "job-dismiss", json_pack("{s:s}", "id", id), NULL);
	}
	error_reset();
}

static const json_t *find_entry(const json_t *jobs, const char *name)
{
	const json_t *entry;
	size_t i;

	json_array_foreach(jobs, i, entry)
	{
		if (text_is(qmp_text(entry, "id"), name))
			return entry;
	}
	return NULL;
}

int blockjobs_found(struct vm *vm)
{
	CLEANUP_JSON json_t *jobs = NULL;

	if (vm_call(vm, "query-jobs", NULL, &jobs) < 0)
		return -1;
	for (struct blockjob *job = vm->blockjobs; job; job = job->next) {
		const json_t *entry = find_entry(jobs, job->name);
		const char *status = qmp_text(entry, "status");

		/* one that was never begun is over, too */
		if (!entry || text_is(status, "concluded") || job->state == BLOCKJOB_CONCLUDED) {
			job->over = true;
		} else if (text_is(status, "ready") && job->state == BLOCKJOB_RUNNING) {
			job->state = BLOCKJOB_READY;
			mark(vm, job, "yes");
			blockjob_tell(vm, job, RVIRT_DOMAIN_BLOCK_JOB_READY);
		}
	}
	blockjobs_settle(vm);
	dismiss_others(vm, jobs);
	return vm_check_active(vm);
}
