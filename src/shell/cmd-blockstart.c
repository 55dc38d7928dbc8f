/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Jobs of a host on a domain's disk that are started, and waited for: blockpull, blockcommit,
 * blockcopy.
 */
#include "config.h"

#include "blockwait.h"
#include "domain.h"
#include "file.h"
#include "output.h"
#include "table.h"
#include "typed.h"
#include "xml.h"

#include <limits.h>
#include <string.h>

/* A job that is to be started, and perhaps waited for. */
struct start {
	struct rvirt_wire_domain dom;
	const char *path, *base;
	uint64_t bandwidth;
	bool bytes, waits;
	struct block_wait wait;
	const char *noun, *ended; /* "Pull", and what is said of one that ended well */
};

static void clear_start(struct start *s)
{
	domain_clear(&s->dom);
}

/* Reads what they have in common; how the job can be ended is named by the options in ends. */
static int get_start(struct shell *sh, const struct invocation *in, struct start *ret)
{
	if (args_get_text(sh, in, "path", &ret->path) < 0 ||
		args_get_text(sh, in, "base", &ret->base) < 0 ||
		block_get_bandwidth(sh, in, &ret->bandwidth) < 0)
		return -1;
	ret->bytes = args_given(in, "bytes");
	ret->waits = ret->waits || args_given(in, "wait");
	ret->wait = (struct block_wait){.sh = sh,
									.dom = &ret->dom,
									.disk = ret->path,
									.verbose = args_given(in, "verbose"),
									.async = args_given(in, "async")};
	return args_get_timeout(sh, in, &ret->wait.timeout_ms);
}

static int refuse_unwaited(struct shell *sh, const struct start *s, const char *finish)
{
	if (!s->waits && (s->wait.verbose || s->wait.async))
		return out_refuse(sh, "--%s requires at least one of --timeout, --wait, --pivot, or --%s",
						  s->wait.verbose ? "verbose" : "async", finish);
	return 0;
}

/* Waits for the job, and tells how it ended. pivot, finish: ends it then. */
static int wait_for(struct shell *sh, struct start *s, bool pivot, bool finish)
{
	int status = block_wait(&s->wait);

	if (status == RVIRT_DOMAIN_BLOCK_JOB_CANCELED || status == RVIRT_DOMAIN_BLOCK_JOB_FAILED) {
		const char *how = status == RVIRT_DOMAIN_BLOCK_JOB_FAILED ? "failed" : "aborted";

		out_note(sh, "\n%s %s", s->noun, how);
		if (sh->json)
			out_refuse(sh, "%s %s", s->noun, how);
		return -1;
	}
	if (status < 0)
		return -1;
	if ((pivot || finish) && block_abort(sh, &s->dom, s->path, pivot, s->wait.async) < 0)
		return out_fail_at(sh, "failed to %s job for disk %s", pivot ? "pivot" : "finish", s->path);
	out_note(sh, "\n%s", pivot ? "Successfully pivoted" : s->ended);
	return domain_done(sh, &s->dom, pivot ? "pivoted" : finish ? "finished" : "done");
}

/* Starts the job by a call, and waits for it if that was asked for. */
static int run_start(struct shell *sh, struct start *s, enum rvirt_proc proc, const void *args,
					 const char *started, bool pivot, bool finish)
{
	int rc;

	if (s->waits)
		block_wait_begin(&s->wait);
	rc = domain_wait(rvirt_call_send(sh->conn, proc, args), NULL);
	if (rc < 0) {
		out_fail(sh);
	} else if (s->waits) {
		rc = wait_for(sh, s, pivot, finish);
	} else {
		out_note(sh, "%s started", started);
		domain_done(sh, &s->dom, "started");
	}
	if (s->waits)
		block_wait_end(&s->wait);
	return rc;
}

static int require(struct shell *sh, const struct invocation *in, const char *option,
				   const char *other)
{
	if (args_given(in, option) && !args_given(in, other))
		return out_refuse(sh, "Option --%s is required by option --%s", other, option);
	return 0;
}

static int blockpull_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP(clear_start) struct start s = {.noun = "Pull", .ended = "Pull complete"};
	bool relative = args_given(in, "keep-relative");

	if (require(sh, in, "verbose", "wait") < 0 || require(sh, in, "async", "wait") < 0 ||
		get_start(sh, in, &s) < 0 || domain_find(sh, in, BY_ANY, &s.dom) < 0)
		return -1;
	s.wait.label = "Block Pull";
	if (s.base || relative) {
		struct rvirt_wire_domain_block_rebase_args args = {
			s.dom, borrow(s.path), borrow(s.base), s.bandwidth,
			(s.bytes ? RVIRT_DOMAIN_BLOCK_REBASE_BANDWIDTH_BYTES : 0) |
				(relative ? RVIRT_DOMAIN_BLOCK_REBASE_RELATIVE : 0)};

		return run_start(sh, &s, RVIRT_PROC_DOMAIN_BLOCK_REBASE, &args, "Block Pull", false, false);
	}
	struct rvirt_wire_dom_path_bandwidth_flags_args args = {
		s.dom, borrow(s.path), s.bandwidth, s.bytes ? RVIRT_DOMAIN_BLOCK_PULL_BANDWIDTH_BYTES : 0};

	return run_start(sh, &s, RVIRT_PROC_DOMAIN_BLOCK_PULL, &args, "Block Pull", false, false);
}

static int blockcommit_run(struct shell *sh, const struct invocation *in)
{
	static const struct args_bit bits[] = {
		{"shallow", RVIRT_DOMAIN_BLOCK_COMMIT_SHALLOW},
		{"delete", RVIRT_DOMAIN_BLOCK_COMMIT_DELETE},
		{"active", RVIRT_DOMAIN_BLOCK_COMMIT_ACTIVE},
		{"pivot", RVIRT_DOMAIN_BLOCK_COMMIT_ACTIVE},
		{"keep-overlay", RVIRT_DOMAIN_BLOCK_COMMIT_ACTIVE},
		{"keep-relative", RVIRT_DOMAIN_BLOCK_COMMIT_RELATIVE},
		{"bytes", RVIRT_DOMAIN_BLOCK_COMMIT_BANDWIDTH_BYTES},
		{NULL, 0},
	};
	bool pivot = args_given(in, "pivot"), keep = args_given(in, "keep-overlay");
	CLEANUP(clear_start) struct start s = {.noun = "Commit", .waits = pivot || keep};
	struct rvirt_wire_domain_block_commit_args args = {.flags = args_bits(in, bits)};
	bool active = (args.flags & RVIRT_DOMAIN_BLOCK_COMMIT_ACTIVE) != 0;
	const char *top;

	if (args_exclusive(sh, in, "pivot", "keep-overlay") < 0 ||
		args_get_text(sh, in, "top", &top) < 0 || get_start(sh, in, &s) < 0)
		return -1;
	s.waits = s.waits || s.wait.timeout_ms;
	if (refuse_unwaited(sh, &s, "keep-overlay") < 0 || domain_find(sh, in, BY_ANY, &s.dom) < 0)
		return -1;
	s.wait.label = "Block commit";
	s.ended = keep     ? "Commit complete, overlay image kept"
			  : active ? "Now in synchronized phase"
					   : "Commit complete";
	args.dom = s.dom;
	args.disk = borrow(s.path);
	args.base = borrow(s.base);
	args.top = borrow(top);
	args.bandwidth = s.bandwidth;
	return run_start(sh, &s, RVIRT_PROC_DOMAIN_BLOCK_COMMIT, &args,
					 active ? "Active Block Commit" : "Block Commit", pivot, keep);
}

/* -- blockcopy -- */

/* What blockcopy alone has. */
struct copy {
	const char *dest, *xml_file, *format;
	bool blockdev;
	unsigned granularity, flags;
	uint64_t buf_size;
};

static int get_copy(struct shell *sh, const struct invocation *in, struct copy *ret)
{
	/* the older call's flags of these two are the same */
	static const struct args_bit bits[] = {
		{"shallow", RVIRT_DOMAIN_BLOCK_COPY_SHALLOW},
		{"reuse-external", RVIRT_DOMAIN_BLOCK_COPY_REUSE_EXT},
		{"transient-job", RVIRT_DOMAIN_BLOCK_COPY_TRANSIENT_JOB},
		{"synchronous-writes", RVIRT_DOMAIN_BLOCK_COPY_SYNCHRONOUS_WRITES},
		{NULL, 0},
	};

	*ret = (struct copy){.flags = args_bits(in, bits), .blockdev = args_given(in, "blockdev")};
	return args_get_text(sh, in, "dest", &ret->dest) < 0 ||
				   args_get_text(sh, in, "xml", &ret->xml_file) < 0 ||
				   args_get_text(sh, in, "format", &ret->format) < 0 ||
				   args_get_uint(sh, in, "granularity", &ret->granularity) < 0 ||
				   args_get_ull(sh, in, "buf-size", &ret->buf_size) < 0
			   ? -1
			   : 0;
}

/* The XML of where to copy to, owned by the caller. */
static char *copy_xml(const struct copy *c)
{
	CLEANUP_FREE char *dest = xml_escape(c->dest);
	CLEANUP_FREE char *format = c->format ? xml_escape(c->format) : NULL;
	const char *type = c->blockdev ? "block" : "file", *attr = c->blockdev ? "dev" : "file";

	return shell_printf("<disk type='%s'>\n  <source %s='%s'/>\n%s%s%s</disk>\n", type, attr, dest,
						format ? "  <driver type='" : "", format ? format : "",
						format ? "'/>\n" : "");
}

/* By the call that takes XML and parameters. */
static int copy_by_xml(struct shell *sh, struct start *s, const struct copy *c, const char *xml,
					   bool pivot, bool finish)
{
	struct rvirt_wire_domain_block_copy_args args = {
		.dom = s->dom, .path = borrow(s->path), .destxml = borrow(xml), .flags = c->flags};
	struct typed t = {.n = 0};

	if (s->bandwidth && !s->bytes && s->bandwidth >> 44)
		return out_refuse(sh, "bandwidth must be less than %llu", ULLONG_MAX >> 20);
	if (s->bandwidth)
		typed_ull(&t, "bandwidth", s->bytes ? s->bandwidth : s->bandwidth << 20);
	if (c->granularity)
		typed_uint(&t, "granularity", c->granularity);
	if (c->buf_size)
		typed_ull(&t, "buf-size", c->buf_size);
	args.params = t.list;
	args.n_params = t.n;
	return run_start(sh, s, RVIRT_PROC_DOMAIN_BLOCK_COPY, &args, "Block Copy", pivot, finish);
}

/* By the older call, which hosts before 1.2.8 have too. */
static int copy_by_rebase(struct shell *sh, struct start *s, const struct copy *c, bool pivot,
						  bool finish)
{
	struct rvirt_wire_domain_block_rebase_args args = {
		s->dom, borrow(s->path), borrow(c->dest), s->bandwidth,
		c->flags | RVIRT_DOMAIN_BLOCK_REBASE_COPY |
			(c->blockdev ? RVIRT_DOMAIN_BLOCK_REBASE_COPY_DEV : 0) |
			(c->format ? RVIRT_DOMAIN_BLOCK_REBASE_COPY_RAW : 0) |
			(s->bytes ? RVIRT_DOMAIN_BLOCK_REBASE_BANDWIDTH_BYTES : 0)};

	return run_start(sh, s, RVIRT_PROC_DOMAIN_BLOCK_REBASE, &args, "Block Copy", pivot, finish);
}

/* Refuses what does not go together. */
static int check_copy(struct shell *sh, const struct invocation *in, const struct start *s,
					  const struct copy *c)
{
	if (args_exclusive(sh, in, "dest", "xml") < 0 || args_exclusive(sh, in, "format", "xml") < 0 ||
		args_exclusive(sh, in, "blockdev", "xml") < 0 ||
		args_exclusive(sh, in, "pivot", "finish") < 0)
		return -1;
	if (!c->dest && !c->xml_file)
		return out_refuse(sh, "need either --dest or --xml");
	return refuse_unwaited(sh, s, "finish");
}

static int blockcopy_run(struct shell *sh, const struct invocation *in)
{
	bool pivot = args_given(in, "pivot"), finish = args_given(in, "finish");
	CLEANUP(clear_start)
	struct start s = {.noun = "Copy",
					  .waits = pivot || finish,
					  .ended = finish ? "Successfully copied" : "Now in mirroring phase"};
	CLEANUP_FREE char *xml = NULL;
	bool print = args_given(in, "print-xml");
	struct copy c;

	if (get_copy(sh, in, &c) < 0 || get_start(sh, in, &s) < 0)
		return -1;
	s.waits = s.waits || s.wait.timeout_ms;
	s.wait.label = "Block Copy";
	if (check_copy(sh, in, &s, &c) < 0 || domain_find(sh, in, BY_ANY, &s.dom) < 0 ||
		(c.xml_file && !(xml = file_read(sh, c.xml_file))))
		return -1;
	if (!c.granularity && !c.buf_size && (!c.format || strcmp(c.format, "raw") == 0) && !xml &&
		!args_given(in, "transient-job") && !args_given(in, "synchronous-writes") && !print)
		return copy_by_rebase(sh, &s, &c, pivot, finish);
	if (!xml)
		xml = copy_xml(&c);
	if (!print)
		return copy_by_xml(sh, &s, &c, xml, pivot, finish);
	out_text(sh, "%s", xml);
	out_value(sh, json_pack("{s:o}", "xml", out_json_text(xml)));
	return 0;
}

#define ACTIVE RVIRT_CONNECT_LIST_DOMAINS_ACTIVE
#define ARG_PATH                                                                                   \
	{                                                                                              \
		"path", ARG_DATA, "target or source of a disk"                                             \
	}
#define ARG_BANDWIDTH                                                                              \
	{                                                                                              \
		"bandwidth", ARG_INT, "MiB a second at most"                                               \
	}
#define ARG_BYTES                                                                                  \
	{                                                                                              \
		"bytes", ARG_BOOL, "the bandwidth is in bytes a second"                                    \
	}
#define ARGS_WAIT(wait_)                                                                           \
	{"wait", ARG_BOOL, wait_}, {"verbose", ARG_BOOL, "with --wait, show how far it is"},           \
	{                                                                                              \
		"timeout", ARG_INT, "end the job if it takes longer than so many seconds"                  \
	}
#define ARG_ASYNC                                                                                  \
	{                                                                                              \
		"async", ARG_BOOL, "with --wait, do not wait for the end of a job that is ended"           \
	}

static const struct arg blockpull_args[] = {
	ARG_DOMAIN_ANY(ACTIVE),
	ARG_PATH,
	ARG_BANDWIDTH,
	{"base", ARG_STRING, "file of the chain to go down to"},
	ARGS_WAIT("wait for its end"),
	ARG_ASYNC,
	{"keep-relative", ARG_BOOL, "keep names of the chain relative"},
	ARG_BYTES,
	{NULL},
};
static const struct arg blockcommit_args[] = {
	ARG_DOMAIN_ANY(ACTIVE),
	ARG_PATH,
	ARG_BANDWIDTH,
	{"base", ARG_STRING, "file of the chain to go down to"},
	{"shallow", ARG_BOOL, "only into the next file of the chain"},
	{"top", ARG_STRING, "file of the chain to begin with"},
	{"active", ARG_BOOL, "of the file that the guest writes"},
	{"delete", ARG_BOOL, "delete what is not needed any more"},
	ARGS_WAIT("wait for its end; with --active until both are the same"),
	{"pivot", ARG_BOOL, "wait, and then let the guest go on in what was written into"},
	{"keep-overlay", ARG_BOOL, "wait, and then let the guest go on where it was"},
	ARG_ASYNC,
	{"keep-relative", ARG_BOOL, "keep names of the chain relative"},
	ARG_BYTES,
	{NULL},
};
static const struct arg blockcopy_args[] = {
	ARG_DOMAIN_ANY(ACTIVE),
	ARG_PATH,
	{"dest", ARG_STRING, "where to copy to"},
	ARG_BANDWIDTH,
	{"shallow", ARG_BOOL, "leave out what is in the files below"},
	{"reuse-external", ARG_BOOL, "use the file that is there"},
	{"raw", ARG_ALIAS, "format=raw"},
	{"blockdev", ARG_BOOL, "the copy is a block device and no file"},
	ARGS_WAIT("wait until both are the same"),
	{"pivot", ARG_BOOL, "wait, and then let the guest go on in the copy"},
	{"finish", ARG_BOOL, "wait, and then end the copy, the guest staying where it was"},
	ARG_ASYNC,
	{"xml", ARG_STRING, "file with the XML of where to copy to", 0, file_complete},
	{"format", ARG_STRING, "format of the copy"},
	{"granularity", ARG_INT, "bytes of what is copied as one, a power of two"},
	{"buf-size", ARG_INT, "bytes that may be under way at most"},
	ARG_BYTES,
	{"transient-job", ARG_BOOL, "the job need not outlast the guest"},
	{"synchronous-writes", ARG_BOOL, "the guest's writes wait for the copy"},
	{"print-xml", ARG_BOOL, "print the XML of where to copy to, and do nothing"},
	{NULL},
};

const struct cmd *cmd_blockstart_rows(void)
{
	static const struct cmd rows[] = {
		{"blockpull", "domain", "fill a disk from what it is based on",
		 "Copies into a disk what it still reads from the files below.", blockpull_args, CMD_WRITES,
		 blockpull_run},
		{"blockcommit", "domain", "write a disk's changes into what it is based on",
		 "Copies changes from an image into the ones below.", blockcommit_args, CMD_WRITES,
		 blockcommit_run},
		{"blockcopy", "domain", "copy a disk while the guest runs",
		 "Copies a disk and what it is based on, and keeps the copy the same until it is ended.",
		 blockcopy_args, CMD_WRITES, blockcopy_run},
		{NULL},
	};

	return rows;
}
