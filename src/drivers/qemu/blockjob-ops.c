/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What clients ask of jobs that are under way: how far they are, how fast they may go, their end.
 */
#include "config.h"
#include "drivers/qemu/blockjob.h"

#include "drivers/qemu/device.h"
#include "drivers/qemu/ops.h"

#include <limits.h>
#include <string.h>

/* The job of a disk by its target or path; NULL with INVALID_ARG. */
static struct blockjob *find(struct vm *vm, const char *path)
{
	const struct node *disk = vm_check_active(vm) < 0 ? NULL : blockjob_disk(vm, path);
	struct blockjob *job = disk ? blockjob_of(vm, disk) : NULL;

	if (disk && !job)
		error_set(FROM_QEMU, ERR_INVALID_ARG, "disk %s does not have an active block job",
				  child_attr(disk, "target", "dev"));
	return job;
}

int qemu_domain_block_job_abort(struct driver_conn *conn,
								const struct rvirt_wire_dom_path_flags_args *args)
{
	enum { FLAGS = RVIRT_DOMAIN_BLOCK_JOB_ABORT_ASYNC | RVIRT_DOMAIN_BLOCK_JOB_ABORT_PIVOT };
	struct blockjob *job;

	if (qemu_flags(args->flags, FLAGS, "qemuDomainBlockJobAbort") < 0)
		return -1;

	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_MODIFY);

	if (!vm)
		return -1;
	blockjobs_settle(vm);
	if (!(job = find(vm, args->path)))
		return -1;
	return blockjob_leave(vm, job, args->flags & RVIRT_DOMAIN_BLOCK_JOB_ABORT_PIVOT,
						  args->flags & RVIRT_DOMAIN_BLOCK_JOB_ABORT_ASYNC);
}

int qemu_domain_block_job_set_speed(struct driver_conn *conn,
									const struct rvirt_wire_dom_path_bandwidth_flags_args *args)
{
	unsigned long long speed;
	struct blockjob *job;

	if (qemu_flags(args->flags, RVIRT_DOMAIN_BLOCK_JOB_SPEED_BANDWIDTH_BYTES,
				   "qemuDomainBlockJobSetSpeed") < 0 ||
		blockjob_speed(args->bandwidth, args->flags & RVIRT_DOMAIN_BLOCK_JOB_SPEED_BANDWIDTH_BYTES,
					   &speed) < 0)
		return -1;

	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_MODIFY);

	if (!vm || !(job = find(vm, args->path)))
		return -1;
	return vm_call(vm, "block-job-set-speed",
				   json_pack("{s:s, s:I}", "device", job->name, "speed", (json_int_t)speed), NULL);
}

/* What QEMU tells of a job, borrowed; NULL: nothing. */
static const json_t *entry_of(const json_t *jobs, const struct blockjob *job)
{
	const json_t *entry;
	size_t i;

	json_array_foreach(jobs, i, entry)
	{
		if (text_is(qmp_text(entry, "device"), job->name))
			return entry;
	}
	return NULL;
}

static int fill(const json_t *entry, const struct blockjob *job, bool bytes,
				struct rvirt_wire_domain_get_block_job_info_ret *ret)
{
	unsigned long long speed = qmp_ull(entry, "speed", 0);

	ret->found = 1;
	ret->type = job->type;
	ret->cur = qmp_ull(entry, "offset", 0);
	ret->end = qmp_ull(entry, "len", 0);
	/* until it is ready all is not done, and before it has begun there is something to do */
	if (ret->cur == ret->end && !qmp_bool(entry, "ready", false)) {
		if (ret->cur)
			ret->cur--;
		else
			ret->end++;
	}
	ret->bandwidth = bytes ? speed : (speed >> 20) + (speed & ((1 << 20) - 1) ? 1 : 0);
	return 0;
}

int qemu_domain_get_block_job_info(struct driver_conn *conn,
								   const struct rvirt_wire_dom_path_flags_args *args,
								   struct rvirt_wire_domain_get_block_job_info_ret *ret)
{
	CLEANUP_JSON json_t *jobs = NULL;
	const struct blockjob *job;
	const struct node *disk;
	const json_t *entry;

	if (qemu_flags(args->flags, RVIRT_DOMAIN_BLOCK_JOB_INFO_BANDWIDTH_BYTES,
				   "qemuDomainGetBlockJobInfo") < 0)
		return -1;

	QEMU_LOCKED(q, conn);
	VM_JOB(vm, q, &args->dom, VM_JOB_QUERY);

	if (!vm || vm_check_active(vm) < 0 || !(disk = blockjob_disk(vm, args->path)))
		return -1;
	if (!blockjob_of(vm, disk))
		return 0;
	if (vm_call(vm, "query-block-jobs", NULL, &jobs) < 0 || vm_check_active(vm) < 0 ||
		!(disk = blockjob_disk(vm, args->path)))
		return -1;
	job = blockjob_of(vm, disk);
	if (!job || !(entry = entry_of(jobs, job)))
		return 0;
	return fill(entry, job, args->flags & RVIRT_DOMAIN_BLOCK_JOB_INFO_BANDWIDTH_BYTES, ret);
}
