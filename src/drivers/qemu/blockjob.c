/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The list of a machine's jobs: kept in its state, and told of to clients.
 */
#include "config.h"
#include "drivers/qemu/blockjob.h"

#include "conf/xml.h"
#include "drivers/qemu/command.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/event.h"

#include <stdlib.h>
#include <string.h>

/* How names of jobs begin, by type. */
static const char *const words[] = {
	[RVIRT_DOMAIN_BLOCK_JOB_TYPE_PULL] = "pull",
	[RVIRT_DOMAIN_BLOCK_JOB_TYPE_COPY] = "copy",
	[RVIRT_DOMAIN_BLOCK_JOB_TYPE_COMMIT] = "commit",
	[RVIRT_DOMAIN_BLOCK_JOB_TYPE_ACTIVE_COMMIT] = "commit",
};

void blockjob_unref(struct blockjob *job)
{
	if (!job || --job->refs)
		return;
	free(job->name);
	free(job->disk);
	free(job->why);
	free(job);
}

static void append(struct vm *vm, struct blockjob *job)
{
	struct blockjob **at = &vm->blockjobs;

	while (*at)
		at = &(*at)->next;
	job->refs = 1;
	*at = job;
}

static void unlink_job(struct vm *vm, struct blockjob *job)
{
	struct blockjob **at = &vm->blockjobs;

	while (*at && *at != job)
		at = &(*at)->next;
	if (*at)
		*at = job->next;
	blockjob_unref(job);
}

struct blockjob *blockjob_add(struct vm *vm, const struct node *disk, int type, unsigned node)
{
	struct blockjob *job = calloc(1, sizeof *job);
	const char *target = child_attr(disk, "target", "dev");
	char name[QEMU_NODE_NAME_LEN];

	if (!job || !(job->disk = strdup(target)) ||
		asprintf(&job->name, "%s-%s-%s", words[type], target, qemu_node_format(node, name)) < 0) {
		if (job)
			free(job->disk);
		free(job);
		error_oom();
		return NULL;
	}
	job->type = type;
	append(vm, job);
	return job;
}

void blockjob_drop(struct vm *vm, struct blockjob *job)
{
	struct error cause;

	error_take(&cause);
	unlink_job(vm, job);
	if (vm_active(vm))
		vm_save_status(vm);
	error_give(&cause);
}

void blockjobs_forget(struct vm *vm)
{
	while (vm->blockjobs)
		unlink_job(vm, vm->blockjobs);
}

struct blockjob *blockjob_of(const struct vm *vm, const struct node *disk)
{
	struct blockjob *job = vm->blockjobs;

	while (job && !child_is(disk, "target", "dev", job->disk))
		job = job->next;
	return job;
}

int blockjob_check_none(const struct vm *vm, const struct node *disk)
{
	if (node_child(disk, "mirror"))
		return error_set(FROM_QEMU, ERR_BLOCK_COPY_ACTIVE, "disk '%s' already in active block job",
						 child_attr(disk, "target", "dev"));
	if (blockjob_of(vm, disk))
		return error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
						 "disk '%s' already in active block job",
						 child_attr(disk, "target", "dev"));
	return 0;
}

int blockjob_check_any(const struct vm *vm)
{
	return vm->blockjobs
			   ? error_set(FROM_QEMU, ERR_OPERATION_INVALID, "domain has active block job")
			   : 0;
}

/* -- clients -- */

void blockjob_tell(struct vm *vm, const struct blockjob *job, int status)
{
	const struct node *disk = domain_def_find_device(vm->d.def, "disk", job->disk);
	const char *path = disk ? store_path(disk) : NULL;
	struct rvirt_wire_domain_event_callback_block_job_msg by_path = {
		.msg = {.path = strdup(path ? path : ""), .type = job->type, .status = status}};
	struct rvirt_wire_domain_event_block_job_2_msg by_target = {
		.dst = strdup(job->disk), .type = job->type, .status = status};

	vm_tell(vm, RVIRT_PROC_DOMAIN_EVENT_CALLBACK_BLOCK_JOB, &by_path, &by_path.msg.dom);
	vm_tell(vm, RVIRT_PROC_DOMAIN_EVENT_BLOCK_JOB_2, &by_target, &by_target.dom);
}

static void settle(struct vm *vm)
{
	vm_locked(vm);
	if (vm_job_begin(vm, VM_JOB_MODIFY, "block-job") == 0) {
		blockjobs_settle(vm);
		vm_job_end(vm);
	}
	error_reset();
	vm_unlocked(vm);
}

static void on_ready(struct vm *vm, struct blockjob *job)
{
	struct node *disk = domain_def_find_device(vm->d.def, "disk", job->disk);
	struct node *mirror = disk ? node_child(disk, "mirror") : NULL;

	/* a mirror that is asked to end may be ready once more */
	if (job->state != BLOCKJOB_RUNNING)
		return;
	job->state = BLOCKJOB_READY;
	if (mirror)
		node_set(mirror, "ready", "yes");
	vm_save_status(vm);
	blockjob_tell(vm, job, RVIRT_DOMAIN_BLOCK_JOB_READY);
}

void event_job_status(struct vm *vm, const json_t *data)
{
	const char *id = qmp_text(data, "id"), *status = qmp_text(data, "status");
	struct blockjob *job = vm->blockjobs;

	while (job && !text_is(id, job->name))
		job = job->next;
	pthread_cond_broadcast(&vm->changed);
	if (!job || !status || vm->dying)
		return;
	if (strcmp(status, "ready") == 0) {
		on_ready(vm, job);
	} else if (strcmp(status, "concluded") == 0) {
		job->over = true;
		if (!job->waited)
			vm_task(vm, settle);
	}
}

/* -- in the state's document -- */

int blockjobs_write(const struct vm *vm, struct buf *b)
{
	for (const struct blockjob *job = vm->blockjobs; job; job = job->next)
		if (buf_printf(b,
					   "  <blockjob type='%d' state='%d' top='%u' base='%u' above='%u' delete='%d' "
					   "done='%d' disk='",
					   job->type, job->state, job->top, job->base, job->above, job->delete_images,
					   job->done) < 0 ||
			xml_escape(b, job->disk) < 0 || buf_puts(b, "' name='") < 0 ||
			xml_escape(b, job->name) < 0 || buf_puts(b, "'/>\n") < 0)
			return -1;
	return 0;
}

static unsigned number(const xmlNode *n, const char *name)
{
	CLEANUP_FREE char *text = xml_attr(n, name);

	return text ? (unsigned)strtoul(text, NULL, 10) : 0;
}

int blockjobs_read(struct vm *vm, const xmlNode *state)
{
	for (const xmlNode *n = xml_child(state, "blockjob"); n; n = xml_next(n)) {
		struct blockjob *job = calloc(1, sizeof *job);

		if (!job)
			return error_oom();
		append(vm, job);
		job->name = xml_attr(n, "name");
		job->disk = xml_attr(n, "disk");
		job->type = (int)number(n, "type");
		job->state = (enum blockjob_state)number(n, "state");
		job->top = number(n, "top");
		job->base = number(n, "base");
		job->above = number(n, "above");
		job->delete_images = number(n, "delete") != 0;
		job->done = (int)number(n, "done");
		if (!job->name || !job->disk)
			return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "its state has a job without a name");
	}
	return 0;
}
