/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How a guest is reached and what it may be trusted with: domdisplay, vncdisplay, ttyconsole,
 * domlaunchsecinfo, domsetlaunchsecstate, get-user-sshkeys, set-user-sshkeys.
 */
#include "config.h"

#include "domain.h"
#include "file.h"
#include "output.h"
#include "strings.h"
#include "table.h"
#include "typed.h"
#include "xml.h"

#include <stdlib.h>
#include <string.h>

/* The XML of a domain as a document, which must be running if inactive is false; NULL with the
 * error reported. */
static xmlDoc *description(struct shell *sh, const struct invocation *in, unsigned flags,
						   bool inactive)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP_FREE char *text = NULL;
	xmlDoc *doc;

	if (domain_find(sh, in, BY_ANY, &dom) < 0)
		return NULL;
	if (!inactive && dom.id < 0) {
		out_refuse(sh, "Domain is not running");
		return NULL;
	}
	if (!(text = domain_xml(sh, &dom, flags)))
		return NULL;
	if (!(doc = xml_parse(text, true)))
		out_refuse(sh, "the domain's XML is not well-formed");
	return doc;
}

static xmlDoc *running(struct shell *sh, const struct invocation *in, unsigned flags)
{
	return description(sh, in, flags, false);
}

/* Where a display listens, owned by the caller; NULL: it is not known. */
static char *listener(xmlDoc *doc, xmlNode *graphics)
{
	char *address = xml_string(doc, graphics, "string(./@listen)");

	return address ? address
				   : xml_string(doc, graphics, "string(./listen[@type='address'][1]/@address)");
}

static bool is_any(const char *address)
{
	return strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0;
}

/* The host part of a display's URI. */
static char *uri_host(struct shell *sh, xmlDoc *doc, xmlNode *graphics)
{
	CLEANUP_FREE char *address = listener(doc, graphics);
	CLEANUP_FREE char *uri = NULL;
	const char *at, *end;

	if (address && !is_any(address))
		return strchr(address, ':') ? shell_printf("[%s]", address) : shell_strdup(address);
	/* one of the host's own addresses: the one that the connection has */
	uri = address ? rvirt_conn_uri(sh->conn) : NULL;
	at = uri ? strstr(uri, "://") : NULL;
	if (!at || at[3] == '/' || !at[3])
		return shell_strdup("localhost");
	at += 3;
	end = at + strcspn(at, "/?");
	if (memchr(at, '@', (size_t)(end - at)))
		at = (const char *)memchr(at, '@', (size_t)(end - at)) + 1;
	if (*at != '[' && memchr(at, ':', (size_t)(end - at)))
		end = memchr(at, ':', (size_t)(end - at));
	return shell_printf("%.*s", (int)(end - at), at);
}

/* The URI of one display, owned by the caller; NULL: it cannot be reached. */
static char *display_uri(struct shell *sh, xmlDoc *doc, xmlNode *graphics, bool password)
{
	CLEANUP_FREE char *type = xml_string(doc, graphics, "string(./@type)");
	CLEANUP_FREE char *socket = xml_string(doc, graphics, "string(./@socket | ./listen/@socket)");
	CLEANUP_FREE char *host = NULL, *before = NULL, *secure = NULL, *after = NULL, *secret = NULL;
	int port = xml_number(doc, graphics, "string(./@port)");
	int tls = xml_number(doc, graphics, "string(./@tlsPort)");
	bool vnc = type && strcmp(type, "vnc") == 0, spice = type && strcmp(type, "spice") == 0;

	if (!type || (port <= 0 && tls <= 0 && !socket))
		return NULL;
	if (password)
		secret = xml_string(doc, graphics, "string(./@passwd)");
	before = secret && vnc ? shell_printf(":%s@", secret) : shell_strdup("");
	if (port <= 0 && tls <= 0)
		return shell_printf("%s+unix://%s%s", type, before, socket);
	host = uri_host(sh, doc, graphics);
	secure = spice && tls > 0 ? shell_printf("?tls-port=%d", tls) : shell_strdup("");
	after = secret && spice ? shell_printf("%cpassword=%s", *secure ? '&' : '?', secret)
							: shell_strdup("");
	if (port <= 0)
		return shell_printf("%s://%s%s%s%s", type, before, host, secure, after);
	return shell_printf("%s://%s%s:%d%s%s", type, before, host, vnc ? port - 5900 : port, secure,
						after);
}

/* The first display of a kind that can be reached is added to the list. */
static void show_display(struct shell *sh, xmlDoc *doc, const char *type, const char *end,
						 bool password, json_t *list)
{
	CLEANUP_FREE char *path = shell_printf("/domain/devices/graphics[@type='%s']", type);
	CLEANUP_FREE char *uri = NULL;
	xmlNode **nodes = NULL;
	size_t n;

	if (xml_nodes(doc, path, &nodes, &n) < 0)
		return;
	for (size_t i = 0; i < n && !uri; i++)
		uri = display_uri(sh, doc, nodes[i], password);
	free((void *)nodes);
	if (!uri)
		return;
	out_text(sh, "%s%s", uri, end);
	json_array_append_new(list, out_json_text(uri));
}

static int domdisplay_run(struct shell *sh, const struct invocation *in)
{
	static const char *const kinds[] = {"vnc", "spice", "rdp"};
	bool all = args_given(in, "all"), password = args_given(in, "include-password");
	CLEANUP_XML xmlDoc *doc = running(sh, in, password ? RVIRT_DOMAIN_XML_SECURE : 0);
	const char *type;
	json_t *list;
	size_t shown;

	if (!doc || args_get_text(sh, in, "type", &type) < 0)
		return -1;
	list = json_array();
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if ((!type || strcmp(type, kinds[i]) == 0) && (all || !json_array_size(list)))
			show_display(sh, doc, kinds[i], all ? "\n" : "", password, list);
	shown = json_array_size(list);
	if (shown)
		out_value(sh, list);
	else
		json_decref(list);
	if (!shown && type)
		return out_refuse(sh, "No graphical display with type '%s' found", type);
	return shown ? 0 : out_refuse(sh, "No graphical display found");
}

static int vncdisplay_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_XML xmlDoc *doc = running(sh, in, 0);
	CLEANUP_FREE char *address = NULL, *text = NULL;
	xmlNode **nodes = NULL;
	size_t n;
	int port = -1;

	if (!doc)
		return -1;
	if (xml_nodes(doc, "/domain/devices/graphics[@type='vnc']", &nodes, &n) == 0 && n) {
		port = xml_number(doc, nodes[0], "string(./@port)");
		address = listener(doc, nodes[0]);
	}
	free((void *)nodes);
	if (port < 0)
		return out_refuse(sh, "Failed to get VNC port. Is this domain using VNC?");
	text = shell_printf("%s:%d", address && !is_any(address) ? address : "", port - 5900);
	out_text(sh, "%s\n", text);
	out_value(sh, json_pack("{s:s}", "display", text));
	return 0;
}

static int ttyconsole_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_XML xmlDoc *doc = description(sh, in, 0, true);
	CLEANUP_FREE char *tty = NULL;

	if (!doc)
		return -1;
	tty = xml_string(doc, NULL, "string(/domain/devices/console/@tty)");
	out_value(sh, json_pack("{s:o}", "tty", out_json_text(tty)));
	if (!tty)
		return -1;
	out_text(sh, "%s\n", tty);
	return 0;
}

/* -- encrypted guests -- */

static int launchsecinfo_run(struct shell *sh, const struct invocation *in)
{
	/* texts are asked for with a flag, as of other parameters */
	enum { STRING_OKAY = 4 };
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_dom_flags_args args;
	struct rvirt_wire_params64_ret ret = {0};
	json_t *object;

	if (domain_find(sh, in, BY_ANY, &dom) < 0)
		return -1;
	args = domain_flags_args(&dom, STRING_OKAY);
	if (rvirt_call_domain_get_launch_security_info(sh->conn, &args, &ret) < 0)
		return out_fail_at(sh, "Unable to get launch security parameters");
	object = json_object();
	for (uint32_t i = 0; i < ret.n_params; i++) {
		CLEANUP_FREE char *text = typed_format(&ret.params[i]);

		out_text(sh, "%-15s: %s\n", ret.params[i].field, text);
		json_object_set_new(object, ret.params[i].field, typed_json(&ret.params[i]));
	}
	out_value(sh, object);
	rvirt_wire_clear(RVIRT_PROC_DOMAIN_GET_LAUNCH_SECURITY_INFO, &ret);
	return 0;
}

static int setlaunchsecstate_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP_FREE char *header = NULL, *secret = NULL;
	struct rvirt_wire_dom_params64_flags_args args = {0};
	struct typed params = {.n = 0};
	const char *header_path, *secret_path;
	uint64_t address;
	int given;

	if (domain_find(sh, in, BY_ANY, &dom) < 0 ||
		args_get_text(sh, in, "secrethdr", &header_path) < 0 ||
		args_get_text(sh, in, "secret", &secret_path) < 0)
		return -1;
	if (!header_path || !secret_path)
		return out_refuse(sh, "Both secret and the secret header are required");
	if (!(header = file_read(sh, header_path)) || !(secret = file_read(sh, secret_path)) ||
		(given = args_get_ull(sh, in, "set-address", &address)) < 0)
		return -1;
	typed_text(&params, "sev-secret-header", header);
	typed_text(&params, "sev-secret", secret);
	if (given)
		typed_ull(&params, "sev-secret-set-address", address);
	args.dom = dom;
	args.n_params = params.n;
	args.params = params.list;
	if (rvirt_call_domain_set_launch_security_state(sh->conn, &args) < 0)
		return out_fail_at(sh, "Unable to set launch security state");
	return domain_done(sh, &dom, "set");
}

/* -- keys of users -- */

static int get_keys_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	struct rvirt_wire_dom_user_flags_args args = {0};
	struct rvirt_wire_keys_ret ret = {0};
	const char *user;
	json_t *list;

	if (domain_find(sh, in, BY_ANY, &dom) < 0 || args_get_text(sh, in, "user", &user) < 0)
		return -1;
	args.dom = dom;
	args.user = borrow(user);
	if (rvirt_call_domain_authorized_ssh_keys_get(sh->conn, &args, &ret) < 0)
		return out_fail(sh);
	list = json_array();
	for (uint32_t i = 0; i < ret.n_keys; i++) {
		out_text(sh, "%s\n", ret.keys[i]);
		json_array_append_new(list, out_json_text(ret.keys[i]));
	}
	out_value(sh, list);
	rvirt_wire_clear(RVIRT_PROC_DOMAIN_AUTHORIZED_SSH_KEYS_GET, &ret);
	return 0;
}

/* The lines of a file that are keys. 0, or -1 with the error reported. */
static int read_keys(struct shell *sh, const char *path, struct strings *keys)
{
	CLEANUP_STRINGS struct strings lines = {0};
	CLEANUP_FREE char *text = file_read(sh, path);

	if (!text)
		return -1;
	strings_split(&lines, text, '\n');
	for (size_t i = 0; i < lines.n; i++)
		if (*lines.at[i] && *lines.at[i] != '#')
			strings_add(keys, lines.at[i]);
	return keys->n ? 0 : out_refuse(sh, "File %s contains no keys", path);
}

static int set_keys_run(struct shell *sh, const struct invocation *in)
{
	CLEANUP_DOMAIN struct rvirt_wire_domain dom = {0};
	CLEANUP_STRINGS struct strings keys = {0};
	struct rvirt_wire_domain_authorized_ssh_keys_set_args args = {0};
	bool add = !args_given(in, "reset"), away = args_given(in, "remove");
	const char *user, *path;

	if (args_given(in, "remove") && !args_given(in, "file"))
		return out_refuse(sh, "Option --file is required by option --remove");
	if (domain_find(sh, in, BY_ANY, &dom) < 0 || args_get_text(sh, in, "user", &user) < 0 ||
		args_get_text(sh, in, "file", &path) < 0)
		return -1;
	if (!path && add)
		return out_refuse(sh, "Option --file is required");
	if (path && read_keys(sh, path, &keys) < 0)
		return -1;
	args.dom = dom;
	args.user = borrow(user);
	args.n_keys = (uint32_t)keys.n;
	args.keys = keys.at;
	args.flags = away  ? RVIRT_DOMAIN_AUTHORIZED_SSH_KEYS_SET_REMOVE
				 : add ? RVIRT_DOMAIN_AUTHORIZED_SSH_KEYS_SET_APPEND
					   : 0;
	if (rvirt_call_domain_authorized_ssh_keys_set(sh->conn, &args) < 0)
		return out_fail(sh);
	return domain_done(sh, &dom, "set");
}

static const struct arg domdisplay_args[] = {
	ARG_DOMAIN_ANY(0),
	{"include-password", ARG_BOOL, "with the password, if it is known"},
	{"type", ARG_STRING, "kind of display: vnc, spice, rdp"},
	{"all", ARG_BOOL, "every display"},
	{NULL},
};
static const struct arg domain_args_only[] = {ARG_DOMAIN_ANY(0), {NULL}};
static const struct arg setlaunchsecstate_args[] = {
	ARG_DOMAIN_ANY(0),
	{"secrethdr", ARG_STRING, "file with the header of the secret", ARG_NAMED, file_complete},
	{"secret", ARG_STRING, "file with the secret", ARG_NAMED, file_complete},
	{"set-address", ARG_INT, "where in the guest's memory it is put", ARG_NAMED},
	{NULL},
};
static const struct arg get_keys_args[] = {
	ARG_DOMAIN_ANY(0),
	{"user", ARG_DATA, "name of a user in the guest"},
	{NULL},
};
static const struct arg set_keys_args[] = {
	ARG_DOMAIN_ANY(0),
	{"user", ARG_DATA, "name of a user in the guest"},
	{"file", ARG_STRING, "file with one key in each line", 0, file_complete},
	{"reset", ARG_BOOL, "remove the keys that are there first"},
	{"remove", ARG_BOOL, "remove these keys"},
	{NULL},
};

const struct cmd *cmd_display_rows(void)
{
	static const struct cmd rows[] = {
		{"domdisplay", "domain", "URI of a guest's display",
		 "Prints the URI of the first display that can be reached, or of all.", domdisplay_args, 0,
		 domdisplay_run},
		{"vncdisplay", "domain", "address of a guest's VNC display",
		 "Prints the address and the number of the VNC display.", domain_args_only, 0,
		 vncdisplay_run},
		{"ttyconsole", "domain", "device of a guest's console",
		 "Prints the name of the terminal that the console is on.", domain_args_only, 0,
		 ttyconsole_run},
		{"domlaunchsecinfo", "domain", "how an encrypted guest was started",
		 "Shows what proves the start of an encrypted guest.", domain_args_only, 0,
		 launchsecinfo_run},
		{"domsetlaunchsecstate", "domain", "give an encrypted guest a secret",
		 "Puts an encrypted secret into the memory of a guest that has not begun to run.",
		 setlaunchsecstate_args, CMD_WRITES, setlaunchsecstate_run},
		{"get-user-sshkeys", "domain", "SSH keys that a guest's user accepts",
		 "Lists the keys, by way of the guest's agent.", get_keys_args, CMD_WRITES, get_keys_run},
		{"set-user-sshkeys", "domain", "change SSH keys that a guest's user accepts",
		 "Adds the keys of a file, by way of the guest's agent, replaces the keys, or removes "
		 "them.",
		 set_keys_args, CMD_WRITES, set_keys_run},
		{NULL},
	};

	return rows;
}
