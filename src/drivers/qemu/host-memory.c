/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The host's memory as the kernel lets it be tuned: pages that it shares between guests, and pools
 * of large pages.
 */
#include "config.h"
#include "drivers/qemu/ops.h"
#include "drivers/qemu/qemu.h"

#include "base/fd.h"
#include "drivers/params.h"
#include "drivers/qemu/host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define KSM_DIR "/sys/kernel/mm/ksm"

/* What the kernel's pages that are the same are told by, in the order of answers. */
static const struct {
	const char *name, *file;
	bool is_long;
} shared[] = {
	{"shm_pages_to_scan", "pages_to_scan", false},
	{"shm_sleep_millisecs", "sleep_millisecs", false},
	{"shm_pages_shared", "pages_shared", true},
	{"shm_pages_sharing", "pages_sharing", true},
	{"shm_pages_unshared", "pages_unshared", true},
	{"shm_pages_volatile", "pages_volatile", true},
	{"shm_full_scans", "full_scans", true},
	{"shm_merge_across_nodes", "merge_across_nodes", false},
};
enum { N_SHARED = sizeof shared / sizeof shared[0], SHARED_MAX = 64, STRING_OKAY = 4 };

static bool read_number(const char *path, unsigned long long *ret)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[32];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

	if (n <= 0)
		return false;
	text[n] = '\0';
	*ret = strtoull(text, NULL, 10);
	return true;
}

/* errno of what went wrong, or 0 */
static int write_number(const char *path, unsigned long long value)
{
	CLEANUP_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);
	char text[32];
	int len = snprintf(text, sizeof text, "%llu", value);

	return fd < 0 || write(fd, text, (size_t)len) != len ? errno : 0;
}

int qemu_node_get_memory_parameters(struct driver_conn *conn,
									const struct rvirt_wire_nparams_flags_args *args,
									struct rvirt_wire_params64_nparams_ret *ret)
{
	struct params list = {0};
	char path[64];

	(void)conn;
	if (args_nparams(args->nparams, SHARED_MAX) < 0 ||
		args_flags(FROM_NONE, args->flags, STRING_OKAY, "virHostMemGetParameters") < 0)
		return -1;
	if (!args->nparams) {
		ret->nparams = N_SHARED;
		return 0;
	}
	for (size_t i = 0; i < N_SHARED; i++) {
		unsigned long long value;

		snprintf(path, sizeof path, KSM_DIR "/%s", shared[i].file);
		if (!read_number(path, &value))
			continue;
		if (shared[i].is_long)
			params_ull(&list, shared[i].name, value);
		else
			params_uint(&list, shared[i].name, (unsigned)value);
	}
	return params_give_max(&list, args->nparams, &ret->n_params, &ret->params);
}

int qemu_node_set_memory_parameters(struct driver_conn *conn,
									const struct rvirt_wire_params_flags_args *args)
{
	static const struct param_rule rules[] = {
		{"shm_pages_to_scan", RVIRT_TYPED_PARAM_UINT},
		{"shm_sleep_millisecs", RVIRT_TYPED_PARAM_UINT},
		{"shm_merge_across_nodes", RVIRT_TYPED_PARAM_UINT},
		{NULL, 0},
	};
	char path[64];
	int err;

	(void)conn;
	if (args_flags(FROM_NONE, args->flags, 0, "virHostMemSetParameters") < 0 ||
		params_check(args->params, args->n_params, rules) < 0)
		return -1;
	for (int pass = 0; pass < 2; pass++) {
		for (uint32_t i = 0; i < args->n_params; i++) {
			const struct rvirt_wire_typed_param *p = &args->params[i];

			snprintf(path, sizeof path, KSM_DIR "/%s", p->field + strlen("shm_"));
			if (pass == 0 && access(path, F_OK) < 0)
				return error_set(FROM_NONE, ERR_OPERATION_INVALID,
								 "Parameter '%s' is not supported by this kernel", p->field);
			if (pass == 1 && (err = write_number(path, p->value.u.ui)))
				return error_errno(FROM_NONE, err, "failed to set %s", p->field);
		}
	}
	return 0;
}

enum { ANY_CELL = -1 };

static int refuse_size(int cell, unsigned size)
{
	if (cell == ANY_CELL)
		return error_set(FROM_NONE, ERR_OPERATION_FAILED, "page size %u is not available", size);
	return error_set(FROM_NONE, ERR_OPERATION_FAILED, "page size %u is not available on node %d",
					 size, cell);
}

/* A pool of large pages, of a cell or of the host, is made that large, or that much larger. */
static int set_pool(int cell, unsigned size, unsigned long long count, bool add)
{
	unsigned long long now, then;
	char path[160], dir[64] = "/sys/kernel/mm";
	int err;

	if (size == (unsigned)(sysconf(_SC_PAGESIZE) / 1024))
		return error_set(FROM_NONE, ERR_OPERATION_UNSUPPORTED,
						 "system pages pool can't be modified");
	if (cell != ANY_CELL)
		snprintf(dir, sizeof dir, "/sys/devices/system/node/node%d", cell);
	snprintf(path, sizeof path, "%s/hugepages/hugepages-%ukB/nr_hugepages", dir, size);
	if (!read_number(path, &now))
		return refuse_size(cell, size);
	then = add ? now + count : count;
	if (add && then < now)
		return error_set(FROM_NONE, ERR_OVERFLOW, "%llu pages are more than can be counted", count);
	if (then == now)
		return 0;
	if ((err = write_number(path, then)))
		return error_errno(FROM_NONE, err, "Unable to write to: %s", path);
	if (!read_number(path, &now) || now != then)
		return error_set(FROM_NONE, ERR_OPERATION_FAILED,
						 "Unable to allocate %llu pages. Allocated only %llu", then, now);
	return 0;
}

int qemu_node_alloc_pages(struct driver_conn *conn,
						  const struct rvirt_wire_node_alloc_pages_args *args,
						  struct rvirt_wire_count_ret *ret)
{
	CLEANUP_FREE struct host *h = NULL;
	int last;

	(void)conn;
	if (qemu_flags(args->flags, RVIRT_NODE_ALLOC_PAGES_SET, "qemuNodeAllocPages") < 0)
		return -1;
	if (args->n_page_sizes != args->n_page_counts)
		return error_set(FROM_RPC, ERR_INTERNAL_ERROR, "page sizes and counts are not as many");
	if (host_read(&h) < 0)
		return -1;
	last = (int)h->n_cells - 1;
	if (args->start_cell < ANY_CELL || args->start_cell > last)
		return error_set(FROM_NONE, ERR_INTERNAL_ERROR, "start cell %d out of range (0-%d)",
						 args->start_cell, last);
	if ((int64_t)args->start_cell + args->cell_count - 1 < last)
		last = (int)(args->start_cell + (int64_t)args->cell_count - 1);
	for (int cell = args->start_cell; cell <= last; cell++)
		for (unsigned i = 0; i < args->n_page_sizes; i++, ret->count++)
			if (set_pool(cell, args->page_sizes[i], args->page_counts[i],
						 !(args->flags & RVIRT_NODE_ALLOC_PAGES_SET)) < 0)
				return -1;
	return 0;
}

/* Memory that is encrypted for each guest is nothing that this driver gives to guests. */
int qemu_node_get_sev_info(struct driver_conn *conn,
						   const struct rvirt_wire_nparams_flags_args *args,
						   struct rvirt_wire_params64_nparams_ret *ret)
{
	(void)conn;
	(void)args;
	(void)ret;
	return error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED, "QEMU does not support SEV guest");
}
