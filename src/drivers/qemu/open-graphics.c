/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Viewers that come as a descriptor: no port is listened on for them, and who may ask libvirt's
 * daemon may look.
 */
#include "config.h"
#include "drivers/qemu/device.h"
#include "drivers/qemu/ops.h"
#include "drivers/qemu/qemu.h"

#include "base/fds.h"

#include <errno.h>
#include <sys/socket.h>

/* What QEMU calls the display's protocol; NULL with the error set. */
static const char *protocol_of(const struct vm *vm, uint32_t index)
{
	const struct node *graphics = domain_def_device(vm->d.def, "graphics", index);
	const char *type = node_attr(graphics, "type");

	if (!graphics)
		error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "No graphics backend with index %d", (int)index);
	else if (text_is(type, "vnc") || text_is(type, "spice"))
		return type;
	else
		error_set(FROM_QEMU, ERR_INTERNAL_ERROR,
				  "Can only open VNC or SPICE graphics backends, not %s", type);
	return NULL;
}

static int open_graphics(struct driver_conn *conn, const struct rvirt_wire_dom_idx_flags_args *args,
						 int fd, const char *function)
{
	static const char name[] = "graphicsfd";
	QEMU_LOCKED(q, conn);
	const char *protocol;
	bool skips_auth = args->flags & RVIRT_DOMAIN_OPEN_GRAPHICS_SKIPAUTH;

	if (qemu_flags(args->flags, RVIRT_DOMAIN_OPEN_GRAPHICS_SKIPAUTH, function) < 0)
		return -1;

	VM_JOB(vm, q, &args->dom, VM_JOB_MODIFY);

	if (!vm || vm_check_active(vm) < 0 || !(protocol = protocol_of(vm, args->idx)) ||
		vm_call_for(vm, "getfd", json_pack("{s:s}", "fdname", name), fd, VM_CALL_MS, NULL) < 0)
		return -1;
	if (vm_call(vm, "add_client",
				json_pack("{s:s, s:s, s:b}", "protocol", protocol, "fdname", name, "skipauth",
						  skips_auth),
				NULL) == 0)
		return 0;
	struct error cause;

	error_take(&cause);
	vm_call(vm, "closefd", json_pack("{s:s}", "fdname", name), NULL);
	error_give(&cause);
	return -1;
}

int qemu_domain_open_graphics(struct driver_conn *conn,
							  const struct rvirt_wire_dom_idx_flags_args *args,
							  const struct rvirt_fds *fds)
{
	socklen_t len = sizeof(int);
	int type;

	if (fds->n == 0)
		return error_set(FROM_RPC, ERR_INTERNAL_ERROR, "No FD available at slot 0");
	if (getsockopt(fds->fd[0], SOL_SOCKET, SO_TYPE, &type, &len) < 0)
		return error_set(FROM_QEMU, ERR_INVALID_ARG, "fd in %s must be a socket", __func__);
	return open_graphics(conn, args, fds->fd[0], "qemuDomainOpenGraphics");
}

int qemu_domain_open_graphics_fd(struct driver_conn *conn,
								 const struct rvirt_wire_dom_idx_flags_args *args,
								 struct rvirt_fds *ret_fds)
{
	int pair[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return error_errno(FROM_QEMU, errno, "unable to create socket pair");
	r = open_graphics(conn, args, pair[1], "qemuDomainOpenGraphicsFD");
	close(pair[1]);
	if (r == 0)
		fds_add(ret_fds, pair[0]);
	else
		close(pair[0]);
	return r;
}
