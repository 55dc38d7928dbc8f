/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What stands before a machine: its screen, its keyboard, the button for emergencies.
 */
#include "config.h"
#include "drivers/qemu/keymap.h"
#include "drivers/qemu/ops.h"
#include "drivers/qemu/qemu.h"

#include "base/fd.h"
#include "drivers/stream.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* QEMU writes the picture into a file of its folder; the stream has the open file, its name is gone
 * at once. */
int qemu_domain_screenshot(struct driver_conn *conn,
						   const struct rvirt_wire_dom_screen_flags_args *args,
						   struct rvirt_wire_mime_ret *ret, struct driver_stream **ret_stream)
{
	struct driver_stream_range all = {0};
	QEMU_LOCKED(q, conn);
	CLEANUP_FREE char *path = NULL;
	const struct node *video;
	int r;

	if (qemu_flags(args->flags, 0, "qemuDomainScreenshot") < 0)
		return -1;

	VM_JOB(vm, q, &args->dom, VM_JOB_QUERY);

	if (!vm || vm_check_active(vm) < 0)
		return -1;
	video = domain_def_device(vm->d.def, "video", 0);
	if (!video)
		return error_set(FROM_QEMU, ERR_INVALID_ARG, "no screens to take screenshot from");
	if (args->screen)
		return error_set(FROM_QEMU, ERR_INVALID_ARG, "screen %u: only the first one can be taken",
						 args->screen);
	if (asprintf(&path, "%s/screen.ppm", vm->dir) < 0)
		return error_oom();
	if (vm_call(vm, "screendump", json_pack("{s:s}", "filename", path), NULL) < 0)
		return -1;
	*ret_stream = driver_stream_from_file(path, &all, false);
	r = *ret_stream ? 0 : -1;
	unlink(path);
	if (r == 0 && !(ret->mime = strdup("image/x-portable-pixmap")))
		r = error_oom();
	return r;
}

/* -- keys -- */

enum { KEYS_MAX = 16 };

/* QEMU's numbers of the keys, as its argument; NULL with the error set. */
static json_t *keys(const struct rvirt_wire_domain_send_key_args *args)
{
	json_t *list = json_array();

	for (uint32_t i = 0; list && i < args->n_keycodes; i++) {
		int number = keymap_qnum((int)args->codeset, args->keycodes[i]);

		if (number < 0) {
			json_decref(list);
			error_set(FROM_QEMU, ERR_INTERNAL_ERROR, "cannot translate keycode %u of codeset %u",
					  args->keycodes[i], args->codeset);
			return NULL;
		}
		json_array_append_new(list, json_pack("{s:s, s:i}", "type", "number", "data", number));
	}
	if (!list)
		error_oom();
	return list;
}

int qemu_domain_send_key(struct driver_conn *conn,
						 const struct rvirt_wire_domain_send_key_args *args)
{
	QEMU_LOCKED(q, conn);
	json_t *list, *request;

	if (qemu_flags(args->flags, 0, "qemuDomainSendKey") < 0 ||
		args_max((int)args->n_keycodes, KEYS_MAX, "nkeycodes", "16") < 0)
		return -1;

	VM_JOB(vm, q, &args->dom, VM_JOB_MODIFY);

	if (!vm || vm_check_active(vm) < 0 || !(list = keys(args)))
		return -1;
	request = json_pack("{s:o}", "keys", list);
	if (args->holdtime)
		json_object_set_new(request, "hold-time", json_integer(args->holdtime));
	return vm_call(vm, "send-key", request, NULL);
}

int qemu_domain_inject_nmi(struct driver_conn *conn, const struct rvirt_wire_dom_flags_args *args)
{
	QEMU_LOCKED(q, conn);

	if (qemu_flags(args->flags, 0, "qemuDomainInjectNMI") < 0)
		return -1;

	VM_JOB(vm, q, &args->dom, VM_JOB_MODIFY);

	if (!vm || vm_check_active(vm) < 0)
		return -1;
	return vm_call(vm, "inject-nmi", NULL, NULL);
}
