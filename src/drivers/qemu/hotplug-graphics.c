/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The password of a running machine's graphics changes, and until when it holds.
 */
#include "config.h"
#include "drivers/qemu/hotplug.h"

#include "drivers/qemu/device.h"
#include "drivers/qemu/setup.h"

static const char *const changeable[] = {"passwd", "passwdValidTo", "connected"};
enum { N_CHANGEABLE = sizeof changeable / sizeof changeable[0] };

/* What says of graphics all but its password and what it has only while it runs; owned by the
 * caller. NULL with NO_MEMORY. */
static char *without_password(const struct node *graphics, bool automatic)
{
	static const char *const ports[] = {"port", "tlsPort", "websocket", "autoport"};
	CLEANUP(cleanup_node) struct node *n = node_copy(graphics);
	CLEANUP_BUF struct buf b = {0};

	if (!n)
		return NULL;
	for (size_t i = 0; i < N_CHANGEABLE; i++)
		node_set(n, changeable[i], NULL);
	for (size_t i = 0; automatic && i < sizeof ports / sizeof ports[0]; i++)
		node_set(n, ports[i], NULL);
	node_remove_all(n, "alias");
	return node_write(n, &b, 0, SHOW_LIVE) < 0 ? NULL : buf_steal_text(&b);
}

int hotplug_change_password(struct vm *vm, struct node *graphics, const struct node *wish)
{
	bool automatic = is(graphics, "autoport", "yes") && is(wish, "autoport", "yes");
	CLEANUP_FREE char *before = without_password(graphics, automatic);
	CLEANUP_FREE char *after = without_password(wish, automatic);

	if (!before || !after)
		return error_oom();
	if (strcmp(before, after) != 0)
		return error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
						 "of the graphics of a running domain only the password can be changed");
	if (!node_attr(wish, "passwd"))
		return node_attr(graphics, "passwd")
				   ? error_set(FROM_QEMU, ERR_OPERATION_UNSUPPORTED,
							   "the password of a running domain's graphics can't be taken away")
				   : 0;
	if (setup_password(vm, wish) < 0 || vm_check_active(vm) < 0)
		return -1;
	for (size_t i = 0; i < N_CHANGEABLE; i++) {
		if (node_set(graphics, changeable[i], node_attr(wish, changeable[i])) < 0)
			return -1;
		node_show(graphics, changeable[i], SHOW_SECURE);
	}
	return vm_save_status(vm);
}
