/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Commands on objects that are rows of a table: one call on one object, one made of a file, its
 * document, its document in an editor.
 */
#include "config.h"
#include "object.h"

#include "document.h"
#include "domain.h"
#include "file.h"
#include "output.h"
#include "table.h"

#include <string.h>

#define FIND_ROW(rows, in)                                                                         \
	({                                                                                             \
		size_t at = 0;                                                                             \
		while (strcmp((rows)[at].command, (in)->cmd->name) != 0)                                   \
			at++;                                                                                  \
		&(rows)[at];                                                                               \
	})

/* To add a command of one call: a row here, and one of its file. */
static const struct act {
	const char *command;
	enum object_type type;
	enum rvirt_proc proc;
	const char *before, *after; /* "BEFORE name AFTER" when it is done */
	const char *fail;           /* "FAIL name" */
	const char *quote;
	bool flags; /* the call has flags */
} acts[] = {
	{"net-start", OBJECT_NETWORK, RVIRT_PROC_NETWORK_CREATE, "Network ", " started",
	 "Failed to start network ", "", false},
	{"net-destroy", OBJECT_NETWORK, RVIRT_PROC_NETWORK_DESTROY, "Network ", " destroyed",
	 "Failed to destroy network ", "", false},
	{"net-undefine", OBJECT_NETWORK, RVIRT_PROC_NETWORK_UNDEFINE, "Network ", " has been undefined",
	 "Failed to undefine network ", "", false},
	{"iface-start", OBJECT_INTERFACE, RVIRT_PROC_INTERFACE_CREATE, "Interface ", " started",
	 "Failed to start interface ", "", true},
	{"iface-destroy", OBJECT_INTERFACE, RVIRT_PROC_INTERFACE_DESTROY, "Interface ", " destroyed",
	 "Failed to destroy interface ", "", true},
	{"iface-undefine", OBJECT_INTERFACE, RVIRT_PROC_INTERFACE_UNDEFINE, "Interface ", " undefined",
	 "Failed to undefine interface ", "", false},
	{"nodedev-destroy", OBJECT_DEVICE, RVIRT_PROC_NODE_DEVICE_DESTROY, "Destroyed node device ", "",
	 "Failed to destroy node device ", "'", false},
	{"nodedev-reattach", OBJECT_DEVICE, RVIRT_PROC_NODE_DEVICE_RE_ATTACH, "Device ", " re-attached",
	 "Failed to re-attach device ", "", false},
	{"nodedev-reset", OBJECT_DEVICE, RVIRT_PROC_NODE_DEVICE_RESET, "Device ", " reset",
	 "Failed to reset device ", "", false},
	{"nodedev-undefine", OBJECT_DEVICE, RVIRT_PROC_NODE_DEVICE_UNDEFINE, "Undefined node device ",
	 "", "Failed to undefine node device ", "'", true},
	{"nodedev-start", OBJECT_DEVICE, RVIRT_PROC_NODE_DEVICE_CREATE, "Device ", " started",
	 "Failed to start device ", "", true},
	{"secret-undefine", OBJECT_SECRET, RVIRT_PROC_SECRET_UNDEFINE, "Secret ", " deleted",
	 "Failed to delete secret ", "", false},
	{"nwfilter-undefine", OBJECT_NWFILTER, RVIRT_PROC_NWFILTER_UNDEFINE, "Network filter ",
	 " undefined", "Failed to undefine network filter ", "", false},
	{"nwfilter-binding-delete", OBJECT_BINDING, RVIRT_PROC_NWFILTER_BINDING_DELETE,
	 "Network filter binding on ", " deleted", "Failed to delete network filter binding on ", "",
	 false},
};

int object_act_run(struct shell *sh, const struct invocation *in)
{
	const struct act *a = FIND_ROW(acts, in);
	CLEANUP_OBJECT struct object o = {.type = a->type};
	int rc;

	if (object_find(sh, in, a->type, NULL, OBJECT_BY_ANY, &o) < 0)
		return -1;
	rc =
		a->flags ? object_call_flags(sh, &o, a->proc, 0, NULL) : object_call(sh, &o, a->proc, NULL);
	if (rc < 0)
		return out_fail_at(sh, "%s%s%s%s", a->fail, a->quote, o.label, a->quote);
	out_note(sh, "%s%s%s%s%s\n", a->before, a->quote, o.label, a->quote, a->after);
	return object_done(sh, &o, in->cmd->name);
}

/* To add a command that makes an object: a row here, and one of its file. */
static const struct make {
	const char *command;
	enum object_type type;
	enum rvirt_proc plain, validated; /* the same: it has flags always */
	unsigned validate;
	const char *before, *after; /* "BEFORE name AFTER file" */
	const char *fail;           /* "FAIL file" */
	const char *quote;
} makes[] = {
	{"net-define", OBJECT_NETWORK, RVIRT_PROC_NETWORK_DEFINE_XML,
	 RVIRT_PROC_NETWORK_DEFINE_XML_FLAGS, RVIRT_NETWORK_DEFINE_VALIDATE, "Network ",
	 " defined from ", "Failed to define network from ", ""},
	{"net-create", OBJECT_NETWORK, RVIRT_PROC_NETWORK_CREATE_XML,
	 RVIRT_PROC_NETWORK_CREATE_XML_FLAGS, RVIRT_NETWORK_CREATE_VALIDATE, "Network ",
	 " created from ", "Failed to create network from ", ""},
	{"iface-define", OBJECT_INTERFACE, RVIRT_PROC_INTERFACE_DEFINE_XML,
	 RVIRT_PROC_INTERFACE_DEFINE_XML, RVIRT_INTERFACE_DEFINE_VALIDATE, "Interface ",
	 " defined from ", "Failed to define interface from ", ""},
	{"nodedev-create", OBJECT_DEVICE, RVIRT_PROC_NODE_DEVICE_CREATE_XML,
	 RVIRT_PROC_NODE_DEVICE_CREATE_XML, RVIRT_NODE_DEVICE_CREATE_XML_VALIDATE, "Node device ",
	 " created from ", "Failed to create node device from ", ""},
	{"nodedev-define", OBJECT_DEVICE, RVIRT_PROC_NODE_DEVICE_DEFINE_XML,
	 RVIRT_PROC_NODE_DEVICE_DEFINE_XML, RVIRT_NODE_DEVICE_DEFINE_XML_VALIDATE, "Node device ",
	 " defined from ", "Failed to define node device from ", "'"},
	{"secret-define", OBJECT_SECRET, RVIRT_PROC_SECRET_DEFINE_XML, RVIRT_PROC_SECRET_DEFINE_XML,
	 RVIRT_SECRET_DEFINE_VALIDATE, "Secret ", NULL, "Failed to set attributes from ", ""},
	{"nwfilter-define", OBJECT_NWFILTER, RVIRT_PROC_NWFILTER_DEFINE_XML,
	 RVIRT_PROC_NWFILTER_DEFINE_XML_FLAGS, RVIRT_NWFILTER_DEFINE_VALIDATE, "Network filter ",
	 " defined from ", "Failed to define network filter from ", ""},
	{"nwfilter-binding-create", OBJECT_BINDING, RVIRT_PROC_NWFILTER_BINDING_CREATE_XML,
	 RVIRT_PROC_NWFILTER_BINDING_CREATE_XML, RVIRT_NWFILTER_BINDING_CREATE_VALIDATE,
	 "Network filter binding on ", " created from ", "Failed to create network filter from ", ""},
};

int object_make_run(struct shell *sh, const struct invocation *in)
{
	const struct make *m = FIND_ROW(makes, in);
	CLEANUP_OBJECT struct object o = {.type = m->type};
	CLEANUP_FREE char *xml = NULL;
	struct rvirt_wire_xml_flags_args args = {.flags = args_given(in, "validate") ? m->validate : 0};
	char text[OUT_UUID_SIZE];
	const char *file;

	if (args_get_text(sh, in, "file", &file) < 0 || !(xml = file_read(sh, file)))
		return -1;
	args.xml = xml;
	if (domain_wait(rvirt_call_send(sh->conn, args.flags ? m->validated : m->plain, &args), &o.as) <
		0)
		return out_fail_at(sh, "%s%s%s%s", m->fail, m->quote, file, m->quote);
	o.label = file;
	if (m->after)
		out_note(sh, "%s%s%s%s%s%s%s%s\n", m->before, m->quote, object_name(&o, text), m->quote,
				 m->after, m->quote, file, m->quote);
	else
		out_note(sh, "%s%s created\n", m->before, object_name(&o, text));
	return object_done(sh, &o, in->cmd->name);
}

static const struct dump {
	const char *command;
	enum object_type type;
	enum rvirt_proc proc;
	unsigned inactive;
} dumps[] = {
	{"net-dumpxml", OBJECT_NETWORK, RVIRT_PROC_NETWORK_GET_XML_DESC, RVIRT_NETWORK_XML_INACTIVE},
	{"iface-dumpxml", OBJECT_INTERFACE, RVIRT_PROC_INTERFACE_GET_XML_DESC,
	 RVIRT_INTERFACE_XML_INACTIVE},
	{"nodedev-dumpxml", OBJECT_DEVICE, RVIRT_PROC_NODE_DEVICE_GET_XML_DESC, 0},
	{"secret-dumpxml", OBJECT_SECRET, RVIRT_PROC_SECRET_GET_XML_DESC, 0},
	{"nwfilter-dumpxml", OBJECT_NWFILTER, RVIRT_PROC_NWFILTER_GET_XML_DESC, 0},
	{"nwfilter-binding-dumpxml", OBJECT_BINDING, RVIRT_PROC_NWFILTER_BINDING_GET_XML_DESC, 0},
};

int object_dump_run(struct shell *sh, const struct invocation *in)
{
	const struct dump *d = FIND_ROW(dumps, in);
	CLEANUP_OBJECT struct object o = {.type = d->type};
	struct rvirt_wire_xml_ret ret = {0};
	int rc;

	if (object_find(sh, in, d->type, NULL, OBJECT_BY_ANY, &o) < 0)
		return -1;
	if (args_given(in, "xpath") && !args_text(in, "xpath"))
		return out_refuse(sh, "Failed to get option 'xpath': Option argument is empty");
	if (object_call_flags(sh, &o, d->proc, args_given(in, "inactive") ? d->inactive : 0, &ret) < 0)
		return out_fail(sh);
	rc = document_print(sh, in, ret.xml);
	free(ret.xml);
	return rc;
}

static const struct edit {
	const char *command;
	enum object_type type;
	enum rvirt_proc get, put;
	unsigned inactive; /* asked for first; a host that does not know it is asked without */
	const char *noun;
} edits[] = {
	{"net-edit", OBJECT_NETWORK, RVIRT_PROC_NETWORK_GET_XML_DESC, RVIRT_PROC_NETWORK_DEFINE_XML,
	 RVIRT_NETWORK_XML_INACTIVE, "Network"},
	{"iface-edit", OBJECT_INTERFACE, RVIRT_PROC_INTERFACE_GET_XML_DESC,
	 RVIRT_PROC_INTERFACE_DEFINE_XML, RVIRT_INTERFACE_XML_INACTIVE, "Interface"},
	{"nwfilter-edit", OBJECT_NWFILTER, RVIRT_PROC_NWFILTER_GET_XML_DESC,
	 RVIRT_PROC_NWFILTER_DEFINE_XML, 0, "Network filter"},
};

struct editing {
	const struct edit *row;
	struct object o, edited;
};

static char *edit_get(struct shell *sh, void *opaque)
{
	struct editing *e = opaque;
	struct rvirt_wire_xml_ret ret = {0};

	if (object_call_flags(sh, &e->o, e->row->get, e->row->inactive, &ret) == 0)
		return ret.xml;
	if (e->row->inactive && rvirt_last_error().code == RVIRT_ERR_INVALID_ARG &&
		object_call_flags(sh, &e->o, e->row->get, 0, &ret) == 0)
		return ret.xml;
	return NULL;
}

static int edit_put(struct shell *sh, const char *xml, bool relaxed, void *opaque)
{
	struct editing *e = opaque;
	struct rvirt_wire_xml_flags_args args = {borrow(xml), 0};

	(void)relaxed;
	object_clear(&e->edited);
	if (domain_wait(rvirt_call_send(sh->conn, e->row->put, &args), &e->edited.as) < 0)
		return -1;
	e->edited.label = xml;
	return 0;
}

int object_edit_run(struct shell *sh, const struct invocation *in)
{
	const struct edit *row = FIND_ROW(edits, in);
	struct editing e = {row, {.type = row->type}, {.type = row->type}};
	struct document d = {.get = edit_get, .put = edit_put, .opaque = &e};
	CLEANUP_FREE char *unchanged = NULL;
	char text[OUT_UUID_SIZE];
	int rc;

	if (object_find(sh, in, row->type, NULL, OBJECT_BY_ANY, &e.o) < 0)
		return -1;
	unchanged =
		shell_printf("%s %s XML configuration not changed.\n", row->noun, object_name(&e.o, text));
	d.unchanged = unchanged;
	if ((rc = document_edit(sh, &d)) > 0) {
		out_note(sh, "%s %s XML configuration edited.\n", row->noun, object_name(&e.edited, text));
		object_done(sh, &e.edited, "edited");
		rc = 0;
	} else if (rc == 0) {
		object_done(sh, &e.o, "unchanged");
	}
	object_clear(&e.edited);
	object_clear(&e.o);
	return rc;
}
