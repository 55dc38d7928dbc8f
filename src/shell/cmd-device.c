/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Devices of a domain plugged in, taken out and changed by their XML or alias: attach-device,
 * detach-device, update-device, detach-device-alias.
 */
#include "config.h"

#include "device.h"
#include "file.h"
#include "output.h"
#include "table.h"

#include <stdlib.h>
#include <string.h>

int device_affect(struct shell *sh, const struct invocation *in, unsigned *ret_flags)
{
	if (args_exclusive(sh, in, "persistent", "current") < 0 || domain_affect(sh, in, ret_flags) < 0)
		return -1;
	if (args_given(in, "persistent"))
		*ret_flags |= RVIRT_DOMAIN_AFFECT_CONFIG;
	return 0;
}

int device_change(struct shell *sh, const struct invocation *in,
				  const struct rvirt_wire_domain *dom, enum device_act act, const char *xml,
				  unsigned flags)
{
	static const enum rvirt_proc with_flags[] = {RVIRT_PROC_DOMAIN_ATTACH_DEVICE_FLAGS,
												 RVIRT_PROC_DOMAIN_DETACH_DEVICE_FLAGS,
												 RVIRT_PROC_DOMAIN_UPDATE_DEVICE_FLAGS};
	static const enum rvirt_proc plain[] = {RVIRT_PROC_DOMAIN_ATTACH_DEVICE,
											RVIRT_PROC_DOMAIN_DETACH_DEVICE};
	struct rvirt_wire_dom_xml_flags_args args = {*dom, borrow(xml), flags};
	struct rvirt_wire_dom_xml_args plain_args = {*dom, borrow(xml)};

	if (args_given(in, "persistent") && dom->id >= 0)
		args.flags |= RVIRT_DOMAIN_AFFECT_LIVE;
	if (act == UPDATE || args.flags || args_given(in, "current"))
		return domain_wait(rvirt_call_send(sh->conn, with_flags[act], &args), NULL);
	return domain_wait(rvirt_call_send(sh->conn, plain[act], &plain_args), NULL);
}

static int device_run(struct shell *sh, const struct invocation *in)
{
	static const char *const verbs[] = {"attach", "detach", "update"};
	static const char *const done[] = {"Device attached successfully\n",
									   "Device detached successfully\n",
									   "Device updated successfully\n"};
	enum device_act act = *in->cmd->name == 'a' ? ATTACH : *in->cmd->name == 'd' ? DETACH : UPDATE;
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP_FREE char *xml = NULL;
	const char *file;
	unsigned flags;

	if (device_affect(sh, in, &flags) < 0 || domain_find(sh, in, BY_ANY, &dom) < 0 ||
		args_get_text(sh, in, "file", &file) < 0 || !(xml = file_read(sh, file)))
		return -1;
	if (act == UPDATE && args_given(in, "force"))
		flags |= RVIRT_DOMAIN_DEVICE_MODIFY_FORCE;
	if (device_change(sh, in, &dom, act, xml, flags) < 0)
		return out_fail_at(sh, "Failed to %s device from %s", verbs[act], file);
	out_note(sh, "%s", done[act]);
	return domain_done(sh, &dom,
					   act == ATTACH   ? "attached"
					   : act == DETACH ? "detached"
									   : "updated");
}

static int detach_alias_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_dom_alias_flags_args args;
	const char *alias;
	unsigned flags;

	if (domain_affect(sh, in, &flags) < 0 || domain_find(sh, in, BY_ANY, &dom) < 0 ||
		args_get_text(sh, in, "alias", &alias) < 0)
		return -1;
	args = (struct rvirt_wire_dom_alias_flags_args){dom, borrow(alias), flags};
	if (rvirt_call_domain_detach_device_alias(sh->conn, &args) < 0)
		return out_fail_at(sh, "Failed to detach device with alias %s", alias);
	out_note(sh, "Device detach request sent successfully\n");
	return domain_done(sh, &dom, "detaching");
}

#define ARG_DEVICE_FILE                                                                            \
	{                                                                                              \
		"file", ARG_DATA, "file with the XML of a device", 0, file_complete                        \
	}

static const struct arg device_args[] = {
	ARG_DOMAIN_ANY(0), ARG_DEVICE_FILE, ARG_PERSISTENT, ARGS_AFFECT, {NULL}};
static const struct arg update_args[] = {
	ARG_DOMAIN_ANY(0),
	ARG_DEVICE_FILE,
	ARG_PERSISTENT,
	ARGS_AFFECT,
	{"force", ARG_BOOL, "also where the guest may not like it"},
	{NULL}};
static const struct arg alias_args[] = {
	ARG_DOMAIN_ANY(0), {"alias", ARG_DATA, "alias of a device"}, ARGS_AFFECT, {NULL}};
const struct cmd *cmd_device_rows(void)
{
	static const struct cmd rows[] = {
		{"attach-device", "domain", "plug in a device from an XML file",
		 "Plugs a device into a domain.", device_args, CMD_WRITES, device_run},
		{"detach-device", "domain", "take out a device by an XML file",
		 "Takes the device that the XML describes out of a domain.", device_args, CMD_WRITES,
		 device_run},
		{"update-device", "domain", "change a device by an XML file",
		 "Changes the device that the XML describes.", update_args, CMD_WRITES, device_run},
		{"detach-device-alias", "domain", "take out a device by its alias",
		 "Asks the guest to give up the device with this alias.", alias_args, CMD_WRITES,
		 detach_alias_run},
		{NULL},
	};

	return rows;
}
