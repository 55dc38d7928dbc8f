/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Default URI, URI aliases and the defaults of some parameters. The files and most keys are
 * libvirt's too, so that what serves virsh serves here.
 */
#include "config.h"
#include "transport/client-conf.h"

#include "base/account.h"
#include "base/conf-file.h"
#include "base/error.h"
#include "transport/share.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static const char alias_characters[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

/* *ret_file stays NULL if there is none. */
static int read_conf(struct conf_file **ret_file)
{
	CLEANUP_FREE char *home = account_config_home();
	bool root = geteuid() == 0;

	if (!home)
		return -1;
	if (conf_file_read_if_there(home, "rvirt/rvirt.conf", ret_file) < 0 ||
		(!root && conf_file_read_if_there(home, "libvirt/libvirt.conf", ret_file) < 0) ||
		conf_file_read_if_there(SYSCONFDIR, "rvirt/rvirt.conf", ret_file) < 0)
		return -1;
	if (!root)
		return 0;
	if (conf_file_read_if_there(SYSCONFDIR, "libvirt/libvirt.conf", ret_file) < 0)
		return -1;
	return conf_file_read_if_there("/etc", "libvirt/libvirt.conf", ret_file);
}

static int copy(const char *text, char **ret)
{
	*ret = strdup(text);
	return *ret ? 0 : error_oom();
}

/* The text of a key, borrowed; NULL if it is not there. */
static int find_text(const struct conf_file *file, const char *key, const char **ret)
{
	const struct conf_entry *entry = file ? conf_file_find(file, key) : NULL;

	if (entry && entry->value.type != CONF_STRING)
		return conf_file_error(file, entry->line, "expected a string for '%s'", key);
	*ret = entry ? entry->value.text : NULL;
	return 0;
}

static int default_uri(char **ret_uri)
{
	CLEANUP_CONF_FILE struct conf_file *file = NULL;
	static const char *const variables[] = {"RVIRT_DEFAULT_URI", "LIBVIRT_DEFAULT_URI"};
	const char *text;

	for (int i = 0; i < 2; i++)
		if (getenv(variables[i]) && *getenv(variables[i]))
			return copy(getenv(variables[i]), ret_uri);
	if (read_conf(&file) < 0 || find_text(file, "uri_default", &text) < 0)
		return -1;
	if (text && *text)
		return copy(text, ret_uri);
	return copy(geteuid() == 0 ? "remote+unix:///" : "remote+unix:///session", ret_uri);
}

/* The URI in "alias=uri" if it is that of name; NULL if it is another's. *ret_bad: it is neither.
 */
static const char *match(const char *alias, const char *name, bool *ret_bad)
{
	size_t n = strspn(alias, alias_characters);

	if (n == 0 || alias[n] != '=') {
		*ret_bad = true;
		return NULL;
	}
	return strlen(name) == n && !strncmp(alias, name, n) ? alias + n + 1 : NULL;
}

/* NULL if it is none, or with the error set. */
static const char *find_alias(const struct conf_file *file, const char *name)
{
	const struct conf_entry *entry = conf_file_find(file, "uri_aliases");
	const struct conf_value *list = entry ? &entry->value : NULL;
	bool bad = entry && list->type != CONF_LIST;
	const char *uri = NULL;

	for (size_t i = 0; entry && !bad && !uri && i < list->n_items; i++) {
		bad = list->items[i].type != CONF_STRING;
		if (!bad)
			uri = match(list->items[i].text, name, &bad);
	}
	if (bad)
		conf_file_error(file, entry->line,
						"'uri_aliases' must be a list of 'alias=uri://host/path', "
						"the aliases of a-Z, 0-9, _, - only");
	return uri;
}

int client_conf_uri(const char *text, bool aliases, char **ret_uri)
{
	CLEANUP_CONF_FILE struct conf_file *file = NULL;
	const char *uri = NULL;

	if (!text || !*text)
		return default_uri(ret_uri);
	if (!aliases || text[strspn(text, alias_characters)])
		return copy(text, ret_uri);
	error_reset();
	if (read_conf(&file) < 0)
		return -1;
	if (file)
		uri = find_alias(file, text);
	if (!uri && error_last()->code)
		return -1;
	return copy(uri ? uri : text, ret_uri);
}

/* A key that is the default of a parameter. */
struct default_param {
	const char *key;
	enum uri_param_id id;
	const char *choices; /* '|' around each */
	const char *list;    /* the same for people */
};

static const struct default_param default_params[] = {
	{"remote_mode", URI_MODE, "|auto|direct|legacy|", "auto, direct, legacy"},
	{"remote_proxy", URI_PROXY, "|auto|netcat|native|", "auto, netcat, native"},
};

static bool is_choice(const char *choices, const char *value)
{
	const char *at = *value ? strstr(choices, value) : NULL;

	return at && at > choices && at[-1] == '|' && at[strlen(value)] == '|';
}

static int set_param(struct uri *uri, enum uri_param_id id, const char *value)
{
	struct uri_pair *more = reallocarray(uri->params, uri->n_params + 1, sizeof *more), *p;

	if (!more)
		return error_oom();
	uri->params = more;
	p = &more[uri->n_params];
	*p = (struct uri_pair){.own = true};
	if (copy(uri_param_name(id), &p->name) < 0 || copy(value, &p->value) < 0) {
		free(p->name);
		return -1;
	}
	uri->n_params++;
	uri->own[id] = p->value;
	return 0;
}

static int fill(const struct conf_file *file, const struct default_param *d, struct uri *uri)
{
	const char *value;

	if (uri_param(uri, d->id))
		return 0;
	if (find_text(file, d->key, &value) < 0)
		return -1;
	if (!value)
		return 0;
	if (!is_choice(d->choices, value))
		return conf_file_error(file, conf_file_find(file, d->key)->line,
							   "'%s' must be one of %s, not '%s'", d->key, d->list, value);
	return set_param(uri, d->id, value);
}

int client_conf_fill(struct uri *uri)
{
	CLEANUP_CONF_FILE struct conf_file *file = NULL;
	const char *transport = uri_transport(uri);
	bool local = !strcmp(transport, "unix");

	if (!local && !strstr(transport, "ssh"))
		return 0;
	if (uri_param(uri, URI_MODE) && (local || uri_param(uri, URI_PROXY)))
		return 0;
	if (read_conf(&file) < 0 || fill(file, &default_params[0], uri) < 0)
		return -1;
	return local ? 0 : fill(file, &default_params[1], uri);
}

int client_conf_tls_priority(char **ret)
{
	CLEANUP_CONF_FILE struct conf_file *file = NULL;
	const char *text;

	if (read_conf(&file) < 0 || find_text(file, "tls_priority", &text) < 0)
		return -1;
	*ret = NULL;
	return text ? copy(text, ret) : 0;
}

int client_conf_share(struct share_settings *settings)
{
	CLEANUP_CONF_FILE struct conf_file *file = NULL;
	const struct conf_entry *entry;
	const char *mode;

	if (read_conf(&file) < 0 || find_text(file, "share", &mode) < 0)
		return -1;
	if (mode && share_mode_parse(mode, &settings->mode) < 0)
		return conf_file_error(file, conf_file_find(file, "share")->line,
							   "'share' must be one of no, auto, only");
	entry = file ? conf_file_find(file, "share_idle") : NULL;
	if (!entry)
		return 0;
	if (entry->value.type != CONF_INT || entry->value.number < 1 ||
		entry->value.number > INT_MAX / 1000)
		return conf_file_error(file, entry->line, "'share_idle' must be seconds, 1 or more");
	settings->idle_s = (int)entry->value.number;
	return 0;
}
