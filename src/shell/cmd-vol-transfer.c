/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The contents of volumes to and from files: vol-upload, vol-download. A transfer that was
 * interrupted can go on where it ended, and be compared afterwards.
 */
#include "config.h"

#include "file.h"
#include "output.h"
#include "storage.h"
#include "table.h"
#include "transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

enum { BLOCK = 1024 * 1024 }; /* in which a place to go on is looked for */

/* What one command moves. */
struct job {
	struct shell *sh;
	struct rvirt_wire_storage_vol vol;
	const char *name; /* of the volume, as the user wrote it */
	const char *path; /* of the file */
	uint64_t offset, length;
	bool sparse;
	int fd;
	bool is_new; /* the file was made by this command */
};

static void clear_job(struct job *job)
{
	if (job->fd >= 0)
		close(job->fd);
	storage_vol_clear(&job->vol);
}

static void clear_stream(struct rvirt_stream *const *stream)
{
	rvirt_stream_free(*stream);
}

static int get_job(struct shell *sh, const struct invocation *in, struct job *ret)
{
	*ret = (struct job){.sh = sh, .fd = -1, .sparse = args_given(in, "sparse")};
	if (args_get_ull(sh, in, "offset", &ret->offset) < 0 ||
		args_get_ull(sh, in, "length", &ret->length) < 0 || storage_find(sh, in, &ret->vol) < 0 ||
		args_get_text(sh, in, "file", &ret->path) < 0)
		return -1;
	ret->name = args_text(in, "vol");
	return 0;
}

static struct rvirt_wire_vol_offset_length_flags_args
stream_args(const struct job *job, uint64_t offset, uint64_t length, unsigned flags)
{
	return (struct rvirt_wire_vol_offset_length_flags_args){job->vol, offset, length, flags};
}

static int done(struct job *job, const struct transfer *t, const char *result)
{
	out_value(job->sh,
			  json_pack("{s:o, s:o, s:I, s:s}", "volume", out_json_text(job->vol.name), "file",
						out_json_text(job->path), "bytes", (json_int_t)t->done, "result", result));
	return 0;
}

/* -- comparing -- */

/* Whether length bytes of the volume from an offset (0: all) are those of the file from another. 1
 * or 0, or -1 with the library's error, or the file's with errno and *ret_file. */
static int compare(struct job *job, struct transfer *t, uint64_t at, uint64_t length,
				   int64_t file_at, bool *ret_file)
{
	CLEANUP(clear_stream) struct rvirt_stream *stream = NULL;
	CLEANUP_CLOSE int fd = open(job->path, O_RDONLY | O_CLOEXEC);
	struct rvirt_wire_vol_offset_length_flags_args args = stream_args(job, at, length, 0);
	int same;

	*ret_file = fd < 0 || lseek(fd, file_at, SEEK_SET) < 0;
	if (*ret_file || rvirt_call_storage_vol_download(job->sh->conn, &args, &stream) < 0)
		return -1;
	same = transfer_compare(t, stream, fd, ret_file);
	if (same == 1 && rvirt_stream_finish(stream) < 0)
		return -1;
	return same;
}

static int verify(struct job *job, uint64_t length)
{
	struct transfer t = {.sh = job->sh, .label = "comparing", .total = length};
	bool file = false;
	int same = length ? compare(job, &t, job->offset, length, 0, &file) : 1;

	transfer_end(&t);
	if (same < 0)
		return file ? out_refuse(job->sh, "cannot read %s: %s", job->path, strerror(errno))
					: out_fail_at(job->sh, "cannot read volume %s again", job->name);
	if (same == 0)
		return out_refuse(job->sh, "volume %s and file %s are not the same", job->name, job->path);
	return 0;
}

/* How much of the file is in the volume already, in whole blocks: what was sent in order is a
 * beginning that is the same, whose end is found by halving. */
static int find_end(struct job *job, uint64_t length, uint64_t *ret)
{
	uint64_t same = 0, other = length / BLOCK;

	while (same < other) {
		uint64_t middle = same + (other - same) / 2;
		struct transfer t = {.sh = job->sh, .label = "looking"};
		bool file;
		int r =
			compare(job, &t, job->offset + middle * BLOCK, BLOCK, (int64_t)(middle * BLOCK), &file);

		transfer_end(&t);
		if (r < 0)
			return file ? out_refuse(job->sh, "cannot read %s: %s", job->path, strerror(errno))
						: out_fail_at(job->sh, "cannot read volume %s", job->name);
		if (r)
			same = middle + 1;
		else
			other = middle;
	}
	*ret = same * BLOCK;
	return 0;
}

/* -- upload -- */

static int send_file(struct job *job, struct transfer *t, uint64_t from)
{
	CLEANUP(clear_stream) struct rvirt_stream *stream = NULL;
	uint64_t length = job->length ? job->length - from : 0;
	struct rvirt_wire_vol_offset_length_flags_args args = stream_args(
		job, job->offset + from, length, job->sparse ? RVIRT_STORAGE_VOL_UPLOAD_SPARSE_STREAM : 0);
	bool file;

	if (rvirt_call_storage_vol_upload(job->sh->conn, &args, &stream) < 0)
		return out_fail_at(job->sh, "cannot upload to volume %s", job->name);
	if (transfer_send(t, stream, job->fd, job->sparse, &file) < 0) {
		transfer_end(t);
		if (file)
			return out_refuse(job->sh, "cannot read %s: %s", job->path, strerror(errno));
		return out_fail_at(job->sh, "cannot send data to volume %s", job->name);
	}
	transfer_end(t);
	if (rvirt_stream_finish(stream) < 0)
		return out_fail_at(job->sh, "cannot close volume %s", job->name);
	return 0;
}

static int upload_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP(clear_job) struct job job;
	struct transfer t = {.sh = sh, .label = "upload"};
	uint64_t from = 0;
	struct stat st;

	if (get_job(sh, in, &job) < 0)
		return -1;
	job.fd = open(job.path, O_RDONLY | O_CLOEXEC);
	if (job.fd < 0)
		return out_refuse(sh, "cannot read %s", job.path);
	if (fstat(job.fd, &st) < 0 || !S_ISREG(st.st_mode))
		st.st_size = 0;
	t.total = (uint64_t)st.st_size;
	if (args_given(in, "resume") && find_end(&job, t.total, &from) < 0)
		return -1;
	t.done = from;
	if (from && lseek(job.fd, (off_t)from, SEEK_SET) < 0)
		return out_refuse(sh, "cannot read %s: %s", job.path, strerror(errno));
	if (from < t.total || !from)
		if (send_file(&job, &t, from) < 0)
			return -1;
	if (args_given(in, "verify") && verify(&job, t.done) < 0)
		return -1;
	return done(&job, &t, "uploaded");
}

/* -- download -- */

/* Opens the file to be written: a new one, or one that is there already from its beginning, or with
 * resume at its end. */
static int open_target(struct job *job, bool resume, uint64_t *ret_from)
{
	struct stat st;

	*ret_from = 0;
	job->fd = open(job->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	job->is_new = job->fd >= 0;
	if (job->fd < 0 && errno == EEXIST)
		job->fd = open(job->path, O_WRONLY | O_CLOEXEC | (resume ? 0 : O_TRUNC), 0666);
	if (job->fd < 0)
		return out_refuse(job->sh, "cannot create %s", job->path);
	if (!resume || job->is_new)
		return 0;
	if (fstat(job->fd, &st) < 0 || !S_ISREG(st.st_mode) || lseek(job->fd, 0, SEEK_END) < 0)
		return out_refuse(job->sh, "cannot go on in %s, which is no file", job->path);
	*ret_from = (uint64_t)st.st_size;
	return 0;
}

/* How much is to be received in all; 0: that is not known. */
static uint64_t expected(const struct job *job)
{
	struct rvirt_wire_vol_args args = {job->vol};
	struct rvirt_wire_type_capacity_allocation_ret info;

	if (job->length || rvirt_call_storage_vol_get_info(job->sh->conn, &args, &info) < 0)
		return job->length;
	return info.capacity > job->offset ? info.capacity - job->offset : 0;
}

static int receive_file(struct job *job, struct transfer *t, uint64_t from)
{
	CLEANUP(clear_stream) struct rvirt_stream *stream = NULL;
	uint64_t length = job->length ? job->length - from : 0;
	struct rvirt_wire_vol_offset_length_flags_args args =
		stream_args(job, job->offset + from, length,
					job->sparse ? RVIRT_STORAGE_VOL_DOWNLOAD_SPARSE_STREAM : 0);
	bool file;
	int r;

	if (rvirt_call_storage_vol_download(job->sh->conn, &args, &stream) < 0)
		return out_fail_at(job->sh, "cannot download from volume %s", job->name);
	r = transfer_receive(t, stream, job->fd, &file);
	transfer_end(t);
	if (r < 0 && file)
		return out_refuse(job->sh, "cannot write %s: %s", job->path, strerror(errno));
	if (r < 0)
		return out_fail_at(job->sh, "cannot receive data from volume %s", job->name);
	if (close(steal_fd(&job->fd)) < 0)
		return out_refuse(job->sh, "cannot close file %s", job->path);
	if (rvirt_stream_finish(stream) < 0)
		return out_fail_at(job->sh, "cannot close volume %s", job->name);
	return 0;
}

static int download_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP(clear_job) struct job job;
	struct transfer t = {.sh = sh, .label = "download"};
	bool resume = args_given(in, "resume");
	uint64_t from;

	if (get_job(sh, in, &job) < 0 || open_target(&job, resume, &from) < 0)
		return -1;
	if (isatty(STDERR_FILENO) || resume)
		t.total = expected(&job);
	t.done = from;
	if (resume && from && t.total && from >= t.total)
		out_note(sh, "%s has all of volume %s already\n", job.path, job.name);
	else if (receive_file(&job, &t, from) < 0) {
		/* what has come is what --resume goes on with */
		if (job.is_new && !resume)
			unlink(job.path);
		return -1;
	}
	if (args_given(in, "verify") && verify(&job, t.done) < 0)
		return -1;
	return done(&job, &t, "downloaded");
}

#define TRANSFER_ARGS(offset_, length_)                                                            \
	ARG_VOL, {"file", ARG_DATA, "file on this host", 0, file_complete}, ARG_VOL_POOL,              \
		{"offset", ARG_INT, offset_}, {"length", ARG_INT, length_},                                \
		{"sparse", ARG_BOOL, "leave out holes, and make them on the other side"},                  \
		{"resume", ARG_BOOL, "go on where an interrupted transfer ended"},                         \
	{                                                                                              \
		"verify", ARG_BOOL, "afterwards read the volume again and compare"                         \
	}

static const struct arg upload_args[] = {
	TRANSFER_ARGS("where in the volume to begin", "how many bytes the volume may take"),
	{NULL},
};
static const struct arg download_args[] = {
	TRANSFER_ARGS("where in the volume to begin", "how many bytes to read"),
	{NULL},
};

const struct cmd *cmd_vol_transfer_rows(void)
{
	static const struct cmd rows[] = {
		{"vol-upload", "volume", "upload a file's contents to a volume",
		 "Writes what is in a file into a volume, and shows on a terminal how far it is.",
		 upload_args, CMD_WRITES, upload_run},
		{"vol-download", "volume", "download a volume's contents to a file",
		 "Writes what is in a volume into a file, and shows on a terminal how far it is.",
		 download_args, 0, download_run},
		{NULL},
	};

	return rows;
}
