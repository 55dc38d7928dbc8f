/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The character devices of a running machine as streams: consoles, which are terminals or sockets,
 * and channels, which are sockets. One stream has a device at a time, by its path.
 */
#include "config.h"
#include "drivers/qemu/ops.h"
#include "drivers/qemu/qemu.h"

#include "drivers/qemu/alias.h"
#include "drivers/qemu/device.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>

/* A device that is in use. */
struct qemu_session {
	struct qemu *qemu;
	struct qemu_session *next;
	struct driver_stream *stream;
	char path[];
};

static void session_closed(void *opaque)
{
	struct qemu_session *session = opaque;
	struct qemu *q = session->qemu;
	struct qemu_session **at;

	hub_lock(&q->hub);
	for (at = &q->sessions; *at && *at != session; at = &(*at)->next)
		;
	if (*at)
		*at = session->next;
	hub_unlock(&q->hub);
	free(session);
}

/* Nobody else has the device then. 0, or -1 with the error set; what: "console session". */
static int make_free(struct qemu *q, const char *path, bool force, const char *what)
{
	struct qemu_session **at = &q->sessions;

	while (*at && strcmp((*at)->path, path) != 0)
		at = &(*at)->next;
	if (!*at)
		return 0;
	if (!force)
		return error_set(FROM_QEMU, ERR_OPERATION_FAILED, "Active %s exists for this domain", what);
	driver_stream_cut((*at)->stream, "another session took the device over");
	*at = (*at)->next;
	return 0;
}

/* -- opening -- */

/* Bytes go through a terminal as they are. */
static int open_terminal(const char *path)
{
	CLEANUP_CLOSE int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
	struct termios mode;

	if (fd < 0 || tcgetattr(fd, &mode) < 0)
		return error_errno(FROM_QEMU, errno, "unable to open '%s'", path);
	cfmakeraw(&mode);
	if (tcsetattr(fd, TCSANOW, &mode) < 0)
		return error_errno(FROM_QEMU, errno, "unable to set up '%s'", path);
	return steal_fd(&fd);
}

static int open_socket(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	CLEANUP_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof addr.sun_path)
		return error_errno(FROM_QEMU, ENAMETOOLONG, "unable to connect to '%s'", path);
	strcpy(addr.sun_path, path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof addr) < 0)
		return error_errno(FROM_QEMU, errno, "unable to connect to '%s'", path);
	return steal_fd(&fd);
}

/* With the lock. NULL with the error set. */
static struct driver_stream *open_device(struct qemu *q, const struct node *device, bool force,
										 const char *what)
{
	const char *path = child_attr(device, "source", "path");
	CLEANUP_FREE struct qemu_session *session = NULL;
	struct driver_stream_fd_options options = {
		.reads = true, .writes = true, .closed = session_closed};
	int fd;

	if (!path) {
		error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "PTY device is not yet assigned");
		return NULL;
	}
	session = calloc(1, sizeof *session + strlen(path) + 1);
	if (!session) {
		error_oom();
		return NULL;
	}
	if (make_free(q, path, force, what) < 0)
		return NULL;
	strcpy(session->path, path);
	session->qemu = q;
	fd = is(device, "type", "pty") ? open_terminal(path) : open_socket(path);
	options.opaque = session;
	if (fd < 0 || !(session->stream = driver_stream_from_fd(fd, &options)))
		return NULL;
	session->next = q->sessions;
	q->sessions = session;
	return steal(&session)->stream;
}

/* -- finding -- */

static bool is_character(const struct node *n)
{
	return is_called(n, "console") || is_called(n, "serial") || is_called(n, "channel") ||
		   is_called(n, "parallel");
}

/* The console of that alias; NULL: the first one. */
static const struct node *find_console(const struct domain_def *def, const char *alias)
{
	const struct node *found;

	if (!alias) {
		found = domain_def_device(def, "console", 0);
		return found ? found : domain_def_device(def, "serial", 0);
	}
	found = qemu_alias_find(def, alias);
	return found && is_character(found) ? found : NULL;
}

static const struct node *find_channel(const struct domain_def *def, const char *name)
{
	NODE_EACH(n, node_child(def->root, "devices"), "channel")
	{
		if (!name || text_is(child_attr(n, "target", "name"), name))
			return n;
	}
	return NULL;
}

/* NULL with the error set. */
static struct vm *find_running(struct qemu *q, const struct rvirt_wire_domain *dom)
{
	struct vm *vm = vm_find(q, dom);

	return vm && vm_check_active(vm) == 0 ? vm : NULL;
}

/* As libvirt names a device that was not named. */
static const char *or_null(const char *name)
{
	return name ? name : "(null)";
}

int qemu_domain_open_console(struct driver_conn *conn,
							 const struct rvirt_wire_dom_dev_name_flags_args *args,
							 struct driver_stream **ret_stream)
{
	QEMU_LOCKED(q, conn);
	const struct node *device;
	const struct vm *vm;

	/* SAFE asks for what is always so: that others are kept off */
	if (qemu_flags(args->flags, RVIRT_DOMAIN_CONSOLE_FORCE | RVIRT_DOMAIN_CONSOLE_SAFE,
				   "qemuDomainOpenConsole") < 0 ||
		!(vm = find_running(q, &args->dom)))
		return -1;
	device = find_console(vm->d.def, args->dev_name);
	if (!device)
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "cannot find character device %s",
						 or_null(args->dev_name));
	if (!is(device, "type", "pty") && !is(device, "type", "unix"))
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR,
						 "character device %s is not using a PTY or UNIX socket",
						 args->dev_name ? args->dev_name : qemu_alias(device));
	*ret_stream =
		open_device(q, device, args->flags & RVIRT_DOMAIN_CONSOLE_FORCE, "console session");
	return *ret_stream ? 0 : -1;
}

int qemu_domain_open_channel(struct driver_conn *conn,
							 const struct rvirt_wire_domain_open_channel_args *args,
							 struct driver_stream **ret_stream)
{
	QEMU_LOCKED(q, conn);
	const struct node *device;
	const struct vm *vm;

	if (qemu_flags(args->flags, RVIRT_DOMAIN_CHANNEL_FORCE, "qemuDomainOpenChannel") < 0 ||
		!(vm = find_running(q, &args->dom)))
		return -1;
	device = find_channel(vm->d.def, args->name);
	if (!device)
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "cannot find channel %s",
						 or_null(args->name));
	if (!is(device, "type", "unix"))
		return error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "channel %s is not using a UNIX socket",
						 args->name ? args->name : child_attr(device, "target", "name"));
	*ret_stream =
		open_device(q, device, args->flags & RVIRT_DOMAIN_CHANNEL_FORCE, "channel stream");
	return *ret_stream ? 0 : -1;
}
