/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The libssh2 transport through a login that another process keeps: finds or starts that process
 * (rvirt-dial --keep), answers what it asks during the login, and is a channel to a command in it.
 */
#include "config.h"
#include "transport/libssh2.h"

#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "transport/keep.h"
#include "transport/process.h"
#include "transport/ssh-share.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum {
	HELLO_MS = 2000,   /* how long a keeper may take to say hello */
	RUN_MS = 15000,    /* how long it may take to start a command on the other host */
	EXPLAIN_MS = 1000, /* and to say how the command ended, after its output */
	LATE_MS = 500,     /* by how much its own error about the deadline may be late */
};

DEFINE_CLEANUP(channel, struct channel *, channel_close)

/* -- the channel -- */

/* A command's bytes go through a socket of their own; what the keeper says of it comes by another.
 */
struct kept {
	struct channel head;
	struct channel *data, *keeper;
	bool ended;  /* no more bytes come */
	bool heard;  /* the keeper's last word */
	char *cause; /* its message, if the command failed */
};

static struct kept *self(struct channel *ch)
{
	return (struct kept *)ch;
}

static ssize_t kept_read(struct channel *ch, void *data, size_t n)
{
	ssize_t got = channel_read(self(ch)->data, data, n);

	if (got == 0 || got == CHANNEL_FAILED)
		self(ch)->ended = true;
	return got;
}

static ssize_t kept_write(struct channel *ch, const struct iovec *pieces, int n_pieces)
{
	ssize_t n = channel_write(self(ch)->data, pieces, n_pieces);

	if (n == CHANNEL_FAILED)
		self(ch)->ended = true;
	return n;
}

static int kept_shutdown_write(struct channel *ch)
{
	return channel_shutdown_write(self(ch)->data);
}

static int kept_poll(struct channel *ch, bool want_read, bool want_write, struct pollfd ret[2])
{
	return channel_poll(self(ch)->data, want_read, want_write, ret);
}

/* Takes the keeper's last word, if it comes in time. */
static void hear(struct kept *k)
{
	CLEANUP_BUF struct buf data = {0};
	enum keep_type type;
	struct error before;

	error_take(&before);
	if (keep_receive(k->keeper, &type, &data, now_ms() + EXPLAIN_MS) == 0) {
		k->heard = true;
		if (type == KEEP_FAILED) {
			keep_set_error(&data);
			k->cause = strdup(error_last()->message);
		}
	} else if (error_last()->code != ERR_OPERATION_TIMEOUT) {
		k->heard = true;
		if (asprintf(&k->cause, "call: the process that kept the shared login is gone, %s",
					 k->head.how) < 0)
			k->cause = NULL;
	}
	error_give(&before);
}

static bool kept_explain(struct channel *ch)
{
	struct kept *k = self(ch);
	struct error e;

	if (k->ended && !k->heard)
		hear(k);
	if (!k->cause)
		return false;
	error_take(&e);
	free(e.message);
	e.message = strdup(k->cause);
	error_give(&e);
	return true;
}

static void kept_close(struct channel *ch)
{
	struct kept *k = self(ch);

	channel_close(k->data);
	channel_close(k->keeper);
	free(k->cause);
	free(ch->how);
	free(k);
}

static const struct channel_ops kept_ops = {
	.read = kept_read,
	.write = kept_write,
	.shutdown_write = kept_shutdown_write,
	.poll = kept_poll,
	.explain = kept_explain,
	.close = kept_close,
};

/* -- the keeper -- */

struct search {
	struct share_search base;
	const struct uri *uri;
	struct asker *asker;
	struct channel *keeper; /* it said hello */
	int fd;                 /* of that */
};

static int look(struct share_search *base)
{
	struct search *s = (struct search *)base;
	CLEANUP(cleanup_channel) struct channel *ch = NULL;
	CLEANUP_BUF struct buf data = {0};
	enum keep_type type;
	int fd = share_connect(base->socket);

	if (fd < 0)
		return fd;
	ch = channel_from_socket(fd, "the keeper of the login");
	if (!ch) {
		close(fd);
		return SHARE_FOREIGN;
	}
	if (keep_receive(ch, &type, &data, share_deadline(base, HELLO_MS)) < 0 || type != KEEP_HELLO) {
		log_info("%s: the keeper behind %s does not answer", base->how, base->socket);
		/* one that is about to end takes the connection with it */
		return error_last()->code == ERR_OPERATION_TIMEOUT ? SHARE_FOREIGN : SHARE_NOBODY;
	}
	channel_close(s->keeper);
	s->keeper = steal(&ch);
	s->fd = fd;
	return 0;
}

/* By when the login has to be done: people may take their time. */
static long long login_deadline(const struct search *s, int64_t asked_before_ms)
{
	if (s->base.deadline_ms < 0)
		return -1;
	return s->base.deadline_ms + LATE_MS + (s->asker ? s->asker->spent_ms - asked_before_ms : 0);
}

/* Goes through the login with the keeper. 0, 1 if it is none, -1 if the login failed. */
static int attend(struct search *s, struct channel *ch)
{
	int64_t asked_ms = s->asker ? s->asker->spent_ms : 0;
	int status;

	for (;;) {
		CLEANUP_BUF struct buf data = {0};
		enum keep_type type;
		long long until = login_deadline(s, asked_ms);

		if (keep_receive(ch, &type, &data, until) < 0)
			return error_last()->code == ERR_OPERATION_TIMEOUT ? -1 : 1;
		if (type == KEEP_FAILED)
			return keep_set_error(&data);
		if (type == KEEP_READY)
			return process_wait(ch, now_ms() + RUN_MS, &status) && status == 0 ? 0 : 1;
		if (type != KEEP_QUESTION || keep_answer(ch, &data, s->asker, until) < 0)
			return 1;
	}
}

static int start(struct share_search *base, const char *path)
{
	struct search *s = (struct search *)base;
	CLEANUP_FREE char *uri = uri_format(s->uri);
	CLEANUP(cleanup_channel) struct channel *ch = NULL;
	char within[32];
	const char *argv[] = {"rvirt-dial", "--keep", path, "--within", within, "--", uri, NULL};
	int r;

	if (!uri)
		return -1;
	snprintf(within, sizeof within, "%lld",
			 base->deadline_ms < 0 ? 0 : base->deadline_ms - now_ms() + 1);
	if (process_open((char *const *)(uintptr_t)argv, "rvirt-dial --keep", NULL, &ch) < 0)
		r = 1;
	else
		r = attend(s, ch);
	if (r <= 0)
		return r;
	if (ch)
		channel_explain(ch);
	log_info("%s: %s", base->how, error_last()->message);
	error_reset();
	return share_refrain(base, "rvirt-dial cannot keep it");
}

/* Has the keeper run the command. 0; 1 if it cannot, with the error set; 2 if it is gone. */
static int ask_to_run(struct search *s, const char *command, struct kept *k, struct buf *ret_how)
{
	CLEANUP_CLOSE int theirs = -1;
	long long until = share_deadline(&s->base, RUN_MS);
	enum keep_type type;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return error_oom() < 0 ? 1 : 1;
	theirs = pair[1];
	k->data = channel_from_socket(pair[0], s->base.how);
	if (!k->data)
		close(pair[0]);
	if (!k->data || keep_pass(s->fd, theirs) < 0 ||
		keep_send(s->keeper, KEEP_RUN, command, strlen(command), until) < 0 ||
		keep_receive(s->keeper, &type, ret_how, until) < 0)
		return 1;
	if (type == KEEP_GONE)
		return 2;
	if (type == KEEP_FAILED)
		keep_set_error(ret_how);
	else if (type != KEEP_RUNS)
		error_set(FROM_RPC, ERR_RPC, "the keeper says what nobody asked");
	return type == KEEP_RUNS ? 0 : 1;
}

static int run_there(struct search *s, const char *command, struct channel **ret_channel)
{
	struct kept *k = calloc(1, sizeof *k);
	CLEANUP_BUF struct buf how = {0};
	int r;

	if (!k)
		return error_oom();
	k->head.ops = &kept_ops;
	r = ask_to_run(s, command, k, &how);
	if (r == 0) {
		k->keeper = steal(&s->keeper);
		k->head.how = buf_steal_text(&how);
		if (k->head.how) {
			*ret_channel = &k->head;
			return 0;
		}
		r = -1;
	}
	kept_close(&k->head);
	channel_close(steal(&s->keeper));
	return r;
}

static int run(struct search *s, const char *command, struct channel **ret_channel)
{
	CLEANUP_FREE char *why = NULL;
	int r = 2;

	/* a keeper that has lost its host ends, and another can be started */
	for (int i = 0; i < 2 && r == 2; i++) {
		share_search_clear(&s->base);
		r = share_find(&s->base);
		if (r != 0)
			return r;
		if (!s->keeper && look(&s->base) < 0)
			return share_refrain(&s->base, "its keeper ended at once");
		r = run_there(s, command, ret_channel);
	}
	if (r <= 0)
		return r;
	if (r == 2)
		return share_refrain(&s->base, "its keeper has lost the host");
	why = error_last()->message ? strdup(error_last()->message) : NULL;
	error_reset();
	return share_refrain(&s->base, why ? why : "its keeper runs no command");
}

int libssh2_run_shared(const struct uri *uri, const struct transport_options *options,
					   const struct share_settings *settings, const char *command,
					   struct channel **ret_channel)
{
	struct search s = {
		.base = {.settings = settings,
				 .deadline_ms = options->deadline_ms,
				 .look = look,
				 .start = start},
		.uri = uri,
		.asker = options->asker,
	};
	CLEANUP_FREE char *how = NULL;
	int r;

	if (settings->mode == SHARE_NO)
		return 1;
	if (asprintf(&how, "%s to host %s", uri_transport(uri), uri_host(uri)) < 0) {
		how = NULL;
		return error_oom();
	}
	s.base.how = how;
	r = ssh_share_name(uri, "ssh", "lib", &s.base.name) < 0 ? -1 : run(&s, command, ret_channel);
	channel_close(s.keeper);
	share_search_clear(&s.base);
	return r;
}
