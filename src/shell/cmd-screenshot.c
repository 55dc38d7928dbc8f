/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A picture of a domain's screen, into a file.
 */
#include "config.h"

#include "domain.h"
#include "file.h"
#include "output.h"
#include "table.h"
#include "transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>

static void clear_stream(struct rvirt_stream *const *stream)
{
	rvirt_stream_free(*stream);
}

/* NAME-TIME.EXTENSION, the extension that goes with the picture's type. */
static char *file_name(const char *domain, const char *mime)
{
	const char *extension = strcmp(mime, "image/png") == 0                 ? ".png"
							: strcmp(mime, "image/x-portable-pixmap") == 0 ? ".ppm"
																		   : "";
	time_t now = time(NULL);
	char when[32];
	struct tm tm;
	char *name;

	localtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y-%m-%d-%H:%M:%S", &tm);
	name = shell_printf("%s-%s%s", domain, when, extension);
	/* a domain's name is the peer's to choose, and no path */
	for (char *c = name; *c; c++)
		if (*c == '/')
			*c = '_';
	return name;
}

/* Opens a file to be written; *ret_new: it was not there. -1 with the error reported. */
static int open_file(struct shell *sh, const char *path, bool *ret_new)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	*ret_new = fd >= 0;
	if (fd < 0 && errno == EEXIST)
		fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0)
		return out_refuse(sh, "cannot create file %s", path);
	return fd;
}

/* Closes fd. */
static int save(struct shell *sh, struct rvirt_stream *stream, const char *domain, const char *path,
				int fd)
{
	CLEANUP_CLOSE int open_fd = fd;
	struct transfer t = {.sh = sh, .label = "screenshot"};
	bool file;
	int r = transfer_receive(&t, stream, fd, &file);

	transfer_end(&t);
	if (r < 0 && file)
		return out_refuse(sh, "cannot write file %s: %s", path, strerror(errno));
	if (r < 0)
		return out_fail_at(sh, "could not receive data from domain %s", domain);
	if (close(steal_fd(&open_fd)) < 0)
		return out_refuse(sh, "cannot close file %s", path);
	if (rvirt_stream_finish(stream) < 0)
		return out_fail_at(sh, "cannot close stream on domain %s", domain);
	return 0;
}

static int screenshot_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP(clear_stream) struct rvirt_stream *stream = NULL;
	CLEANUP_FREE char *made_up = NULL, *mime = NULL;
	struct rvirt_wire_dom_screen_flags_args args = {0};
	struct rvirt_wire_mime_ret ret = {0};
	const char *path;
	bool is_new;
	int fd;

	if (domain_find(sh, in, BY_ANY, &dom) < 0 ||
		args_get_uint(sh, in, "screen", &args.screen) < 0 ||
		args_get_text(sh, in, "file", &path) < 0)
		return -1;
	args.dom = dom;
	if (rvirt_call_domain_screenshot(sh->conn, &args, &ret, &stream) < 0)
		return out_fail_at(sh, "could not take a screenshot of %s", dom.name);
	mime = ret.mime ? ret.mime : shell_strdup("");
	if (!path)
		path = made_up = file_name(dom.name, mime);
	fd = open_file(sh, path, &is_new);
	if (fd < 0)
		return -1;
	if (save(sh, stream, dom.name, path, fd) < 0) {
		if (is_new)
			unlink(path);
		return -1;
	}
	out_note(sh, "Screenshot saved to %s, with type of %s", path, mime);
	out_value(sh,
			  json_pack("{s:o, s:o}", "file", out_json_text(path), "type", out_json_text(mime)));
	return 0;
}

static const struct arg screenshot_args[] = {
	ARG_DOMAIN_ANY(RVIRT_CONNECT_LIST_DOMAINS_ACTIVE),
	{"file", ARG_STRING, "where to store it (default: DOMAIN-TIME and what fits the type)", 0,
	 file_complete},
	{"screen", ARG_INT, "number of the screen"},
	{NULL},
};

const struct cmd *cmd_screenshot_rows(void)
{
	static const struct cmd rows[] = {
		{"screenshot", "domain", "take a screenshot of a domain's console and store it in a file",
		 "Stores a picture of what a domain's screen shows.", screenshot_args, 0, screenshot_run},
		{NULL},
	};

	return rows;
}
