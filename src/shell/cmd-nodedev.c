/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The host's devices.
 */
#include "config.h"

#include "document.h"
#include "domain.h"
#include "event.h"
#include "file.h"
#include "object.h"
#include "output.h"
#include "strings.h"
#include "table.h"
#include "tree.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The capabilities, in the order of their bits. */
static const char *const caps[] = {
	"system",      "pci",        "usb_device", "usb",     "net",    "scsi_host",
	"scsi_target", "scsi",       "storage",    "fc_host", "vports", "scsi_generic",
	"drm",         "mdev_types", "mdev",       "ccw",     "css",    "vdpa",
	"ap_card",     "ap_queue",   "ap_matrix",  "vpd"};
#define N_CAPS (sizeof(caps) / sizeof(*caps))

static void cap_complete(struct shell *sh, const struct invocation *in, unsigned what,
						 struct strings *to)
{
	(void)sh;
	(void)in;
	(void)what;
	for (size_t i = 0; i < N_CAPS; i++)
		strings_add(to, caps[i]);
}

/* The flags of a list of capabilities. 0, or -1 with the error reported. */
static int cap_flags(struct shell *sh, const char *list, unsigned *ret)
{
	CLEANUP_STRINGS struct strings names = {0};

	strings_split(&names, list, ',');
	for (size_t i = 0; i < names.n; i++) {
		size_t cap = 0;

		while (cap < N_CAPS && strcmp(caps[cap], names.at[i]) != 0)
			cap++;
		if (cap == N_CAPS)
			return out_refuse(sh, "Invalid capability type");
		*ret |= 1u << cap;
	}
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcasecmp(*(char *const *)a, *(char *const *)b);
}

/* The parents of all but the root, asked for at once. */
static char **ask_parents(struct shell *sh, const struct strings *names)
{
	struct rvirt_call **calls = shell_alloc((names->n + 1) * sizeof(*calls));
	char **parents = shell_alloc((names->n + 1) * sizeof(*parents));

	for (size_t i = 0; i < names->n; i++) {
		struct rvirt_wire_name_args args = {names->at[i]};

		if (strcmp(names->at[i], "computer") != 0)
			calls[i] = rvirt_call_send(sh->conn, RVIRT_PROC_NODE_DEVICE_GET_PARENT, &args);
	}
	for (size_t i = 0; i < names->n; i++) {
		struct rvirt_wire_parent_name_ret ret = {0};

		if (calls[i] && rvirt_call_wait(calls[i], &ret) == 0)
			parents[i] = ret.parent_name;
	}
	free(calls);
	return parents;
}

static void print_list(struct shell *sh, const struct strings *names, bool tree)
{
	char **parents = tree || sh->json ? ask_parents(sh, names) : NULL;
	json_t *all = json_array();

	if (tree)
		tree_print(sh, names->at, parents, names->n);
	for (size_t i = 0; i < names->n; i++) {
		if (!tree)
			out_text(sh, "%s\n", names->at[i]);
		json_array_append_new(all, json_pack("{s:o, s:o}", "name", out_json_text(names->at[i]),
											 "parent", out_json_text(parents ? parents[i] : NULL)));
	}
	out_value(sh, json_pack("{s:o}", "devices", all));
	for (size_t i = 0; parents && i < names->n; i++)
		free(parents[i]);
	free(parents);
}

static int list_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_STRINGS struct strings names = {0};
	bool tree = args_given(in, "tree"), inactive = args_given(in, "inactive");
	bool all = args_given(in, "all");
	const char *cap = args_text(in, "cap");
	unsigned flags = 0, states;

	if (all && inactive)
		return out_refuse(sh, "Option --all is incompatible with --inactive");
	if (tree && (cap || inactive))
		return out_refuse(sh, "Option --tree is incompatible with --cap and --inactive");
	if (cap && cap_flags(sh, cap, &flags) < 0)
		return -1;
	states = (inactive || all ? RVIRT_CONNECT_LIST_NODE_DEVICES_INACTIVE : 0) |
			 (inactive ? 0 : RVIRT_CONNECT_LIST_NODE_DEVICES_ACTIVE);
	/* a host that knows no states has active devices only */
	if (object_names(sh, OBJECT_DEVICE, flags | states, &names) < 0 &&
		(inactive || all || rvirt_last_error().code != RVIRT_ERR_INVALID_ARG ||
		 object_names(sh, OBJECT_DEVICE, flags, &names) < 0))
		return out_fail_at(sh, "Failed to list node devices");
	if (names.n)
		qsort(names.at, names.n, sizeof(*names.at), by_name);
	print_list(sh, &names, tree);
	return 0;
}

static int detach_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_OBJECT struct object o = {.type = OBJECT_DEVICE};
	const char *driver = args_text(in, "driver");
	struct rvirt_wire_name_driver_name_flags_args args = {0};
	int rc;

	if (object_find(sh, in, OBJECT_DEVICE, NULL, OBJECT_BY_NAME, &o) < 0)
		return -1;
	args.name = o.as.dev.name;
	args.driver_name = driver ? borrow(driver) : NULL;
	rc = driver ? rvirt_call_node_device_detach_flags(sh->conn, &args)
				: object_call(sh, &o, RVIRT_PROC_NODE_DEVICE_DETTACH, NULL);
	if (rc < 0)
		return out_fail_at(sh, "Failed to detach device %s", o.label);
	out_note(sh, "Device %s detached\n", o.label);
	return object_done(sh, &o, "detached");
}

static int autostart_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_OBJECT struct object o = {.type = OBJECT_DEVICE};

	if (object_find(sh, in, OBJECT_DEVICE, NULL, OBJECT_BY_ANY, &o) < 0)
		return -1;
	return object_autostart(sh, in, &o, RVIRT_PROC_NODE_DEVICE_SET_AUTOSTART, "device");
}

static int info_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_OBJECT struct object o = {.type = OBJECT_DEVICE};
	struct rvirt_wire_parent_name_ret parent = {0};
	/* a host that does not tell has devices that are there, and stay */
	struct rvirt_wire_active_ret active = {1};
	struct rvirt_wire_persistent_ret persistent = {1};
	struct rvirt_wire_autostart_ret autostart;
	const char *text;
	json_t *all = NULL;
	bool known;

	if (object_find(sh, in, OBJECT_DEVICE, NULL, OBJECT_BY_ANY, &o) < 0)
		return -1;
	object_call(sh, &o, RVIRT_PROC_NODE_DEVICE_GET_PARENT, &parent);
	object_call(sh, &o, RVIRT_PROC_NODE_DEVICE_IS_ACTIVE, &active);
	object_call(sh, &o, RVIRT_PROC_NODE_DEVICE_IS_PERSISTENT, &persistent);
	known = object_call(sh, &o, RVIRT_PROC_NODE_DEVICE_GET_AUTOSTART, &autostart) == 0;
	out_field(sh, &all, 15, "Name:", "name", out_json_text(o.as.dev.name), "%s", o.as.dev.name);
	out_field(sh, &all, 15, "Parent:", "parent", out_json_text(parent.parent_name), "%s",
			  parent.parent_name ? parent.parent_name : "");
	text = active.active ? "yes" : "no";
	out_field(sh, &all, 15, "Active:", "active", json_boolean(active.active), "%s", text);
	text = persistent.persistent ? "yes" : "no";
	out_field(sh, &all, 15, "Persistent:", "persistent", json_boolean(persistent.persistent), "%s",
			  text);
	text = !known ? "no autostart" : autostart.autostart ? "yes" : "no";
	out_field(sh, &all, 15, "Autostart:", "autostart",
			  known ? json_boolean(autostart.autostart) : json_null(), "%s", text);
	out_value(sh, all);
	free(parent.parent_name);
	return 0;
}

static const char *describe_lifecycle(const void *msg, char buf[37], char **ret_text)
{
	static const char *const events[] = {"Created", "Deleted", "Defined", "Undefined"};
	const struct rvirt_wire_node_device_event_lifecycle_msg *m = msg;

	(void)buf;
	*ret_text = shell_strdup(m->event >= 0 && m->event < 4 ? events[m->event] : "unknown");
	return m->dev.name;
}

static const char *describe_update(const void *msg, char buf[37], char **ret_text)
{
	(void)buf;
	(void)ret_text;
	return ((const struct rvirt_wire_node_device_event_update_msg *)msg)->dev.name;
}

static const struct event_type types[] = {
	{"lifecycle", RVIRT_PROC_NODE_DEVICE_EVENT_LIFECYCLE, describe_lifecycle},
	{"update", RVIRT_PROC_NODE_DEVICE_EVENT_UPDATE, describe_update},
	{NULL}};

static int event_run_device(struct shell *sh, const struct invocation *in)
{
	static const struct event_class c = {"node device", types,
										 RVIRT_PROC_CONNECT_NODE_DEVICE_EVENT_REGISTER_ANY,
										 RVIRT_PROC_CONNECT_NODE_DEVICE_EVENT_DEREGISTER_ANY};
	CLEANUP_OBJECT struct object o = {.type = OBJECT_DEVICE};
	bool one = args_given(in, "device");
	int rc = event_prepare(sh, in, &c);

	if (rc <= 0)
		return rc;
	if (one && object_find(sh, in, OBJECT_DEVICE, NULL, OBJECT_BY_NAME, &o) < 0)
		return -1;
	return event_run(sh, in, &c, one ? &o.as : NULL);
}

static void event_complete_device(struct shell *sh, const struct invocation *in, unsigned what,
								  struct strings *to)
{
	(void)sh;
	(void)in;
	(void)what;
	event_complete(types, to);
}

static const struct arg any_args[] = {ARG_DEVICE, {NULL}};
static const struct arg list_args[] = {
	{"tree", ARG_BOOL, "print a tree"},
	{"cap", ARG_STRING, "only devices with one of these capabilities: NAME,NAME…", 0, cap_complete},
	{"inactive", ARG_BOOL, "only devices that are not active"},
	{"all", ARG_BOOL, "active and inactive devices"},
	{NULL},
};
static const struct arg file_args[] = {
	{"file", ARG_DATA, "file with the device's XML", 0, file_complete},
	{"validate", ARG_BOOL, "check the XML against the schema"},
	{NULL},
};
static const struct arg dumpxml_args[] = {ARG_DEVICE, ARGS_XPATH, {NULL}};
static const struct arg detach_args[] = {
	ARG_DEVICE,
	{"driver", ARG_STRING, "the driver that takes it: vfio, xen …"},
	{NULL},
};
static const struct arg autostart_args[] = {
	ARG_DEVICE,
	{"disable", ARG_BOOL, "do not start it with the host"},
	{NULL},
};
static const struct arg event_args[] = {
	{"device", ARG_STRING, "only events of this device", 0, object_complete,
	 OBJECT_WHAT(OBJECT_DEVICE, 0)},
	ARGS_EVENT(event_complete_device),
	{NULL},
};

const struct cmd *cmd_nodedev_rows(void)
{
	static const struct cmd rows[] = {
		{"nodedev-autostart", "nodedev", "start a device with its host",
		 "Makes a defined device start when its host does.", autostart_args, CMD_WRITES,
		 autostart_run},
		{"nodedev-create", "nodedev", "create a device from an XML file",
		 "Creates a device on the host.", file_args, CMD_WRITES, object_make_run},
		{"nodedev-define", "nodedev", "define a device from an XML file",
		 "Defines a device, to be started later.", file_args, CMD_WRITES, object_make_run},
		{"nodedev-destroy", "nodedev", "stop a device", "Removes a device from the host.", any_args,
		 CMD_WRITES, object_act_run},
		{"nodedev-detach", "nodedev", "take a device from the host's driver",
		 "Takes a device from the host's driver, so that a guest can have it.", detach_args,
		 CMD_WRITES, detach_run},
		{"nodedev-dumpxml", "nodedev", "show a device's XML", "Prints the XML of a device.",
		 dumpxml_args, 0, object_dump_run},
		{"nodedev-event", "nodedev", "wait for events of devices",
		 "Waits for an event of a device, or lists the types.", event_args, 0, event_run_device},
		{"nodedev-info", "nodedev", "show a device's properties",
		 "Shows a device's parent and whether it is active, persistent and autostarted.", any_args,
		 0, info_run},
		{"nodedev-list", "nodedev", "list the host's devices",
		 "Lists the active devices, or those that the options ask for.", list_args, 0, list_run},
		{"nodedev-reattach", "nodedev", "give a device back to the host's driver",
		 "Gives a device that a guest had back to the host's driver.", any_args, CMD_WRITES,
		 object_act_run},
		{"nodedev-reset", "nodedev", "reset a device",
		 "Resets a device before or after a guest has it.", any_args, CMD_WRITES, object_act_run},
		{"nodedev-start", "nodedev", "start a device", "Starts a device that is defined.", any_args,
		 CMD_WRITES, object_act_run},
		{"nodedev-undefine", "nodedev", "undefine a device",
		 "Removes the definition of a device that is not active.", any_args, CMD_WRITES,
		 object_act_run},
		{NULL},
	};

	return rows;
}
