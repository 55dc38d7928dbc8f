/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads a configuration file by the table of config.def.
 */
#include "config.h"
#include "daemon/daemon-config.h"

#include "base/account.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/conf-file.h"
#include "base/error.h"
#include "base/log.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum kind { FLAG, NUMBER, TEXT, LIST };
enum when { START, RELOAD, INERT };

static const struct key {
	const char *name;
	enum kind kind;
	enum when when;
	size_t offset;
	int number, min, max; /* the default and its bounds */
	const char *text;     /* the default */
} keys[] = {
#define CONFIG_SECTION(title)
#define CONFIG_FLAG(key, value, when, help)                                                        \
	{#key, FLAG, when, offsetof(struct config, key), value, 0, 1, NULL},
#define CONFIG_NUMBER(key, value, min, max, when, help)                                            \
	{#key, NUMBER, when, offsetof(struct config, key), value, min, max, NULL},
#define CONFIG_TEXT(key, value, example, when, help)                                               \
	{#key, TEXT, when, offsetof(struct config, key), 0, 0, 0, value},
#define CONFIG_LIST(key, example, when, help)                                                      \
	{#key, LIST, when, offsetof(struct config, key), 0, 0, 0, NULL},
#include "daemon/config.def"
#undef CONFIG_SECTION
#undef CONFIG_FLAG
#undef CONFIG_NUMBER
#undef CONFIG_TEXT
#undef CONFIG_LIST
};
enum { N_KEYS = sizeof keys / sizeof keys[0] };

static void *member(struct config *config, const struct key *k)
{
	return (char *)config + k->offset;
}

static void list_free(char **list)
{
	for (char **p = list; p && *p; p++)
		free(*p);
	free(list);
}
DEFINE_CLEANUP(list, char **, list_free)

static void clear_key(struct config *config, const struct key *k)
{
	if (k->kind == TEXT) {
		free(*(char **)member(config, k));
		*(char **)member(config, k) = NULL;
	} else if (k->kind == LIST) {
		list_free(*(char ***)member(config, k));
		*(char ***)member(config, k) = NULL;
	}
}

void config_clear(struct config *config)
{
	for (int i = 0; i < N_KEYS; i++)
		clear_key(config, &keys[i]);
}

static int set_defaults(struct config *config)
{
	*config = (struct config){0};
	for (int i = 0; i < N_KEYS; i++) {
		const struct key *k = &keys[i];

		if (k->kind == FLAG || k->kind == NUMBER)
			*(int *)member(config, k) = k->number;
		else if (k->text && !(*(char **)member(config, k) = strdup(k->text)))
			return error_oom();
	}
	return 0;
}

static int set_number(const struct conf_file *file, const struct conf_entry *e, const struct key *k,
					  int *ret)
{
	if (e->value.type != CONF_INT)
		return conf_file_error(file, e->line, "%s is a number, without quotes", k->name);
	if (e->value.number < k->min || e->value.number > k->max)
		return conf_file_error(file, e->line, "%s = %lld is out of range: %d to %d", k->name,
							   e->value.number, k->min, k->max);
	*ret = (int)e->value.number;
	return 0;
}

static int set_list(const struct conf_file *file, const struct conf_entry *e, const struct key *k,
					char ***ret)
{
	CLEANUP(cleanup_list) char **list = NULL;

	if (e->value.type != CONF_LIST)
		return conf_file_error(file, e->line, "%s is a list: [ \"text\", ... ]", k->name);
	list = calloc(e->value.n_items + 1, sizeof *list);
	if (!list)
		return error_oom();
	for (size_t i = 0; i < e->value.n_items; i++) {
		if (e->value.items[i].type != CONF_STRING)
			return conf_file_error(file, e->line, "%s is a list of texts in quotes", k->name);
		list[i] = strdup(e->value.items[i].text);
		if (!list[i])
			return error_oom();
	}
	*ret = steal(&list);
	return 0;
}

static int set_key(const struct conf_file *file, const struct conf_entry *e, const struct key *k,
				   struct config *config)
{
	char *copy;

	clear_key(config, k);
	switch (k->kind) {
	case FLAG:
	case NUMBER:
		return set_number(file, e, k, member(config, k));
	case TEXT:
		if (e->value.type != CONF_STRING)
			return conf_file_error(file, e->line, "%s is a text: put it in quotes", k->name);
		copy = strdup(e->value.text);
		*(char **)member(config, k) = copy;
		return copy ? 0 : error_oom();
	case LIST:
		return set_list(file, e, k, member(config, k));
	}
	return 0;
}

static const struct key *find_key(const char *name)
{
	for (int i = 0; i < N_KEYS; i++)
		if (!strcmp(keys[i].name, name))
			return &keys[i];
	return NULL;
}

/* To serve what asks for a check that is not in this build without it would give away what it
 * protects. */
static int refuse_checks(const struct conf_file *file, const struct conf_entry *e)
{
	static const struct {
		const char *key, *instead;
	} rows[] = {
		{"auth_unix_ro", "unix_sock_group and unix_sock_ro_perms then say who may connect"},
		{"auth_unix_rw", "unix_sock_group and unix_sock_rw_perms then say who may connect"},
		{"auth_tcp", "whoever reaches the port is then let in; TLS asks for certificates"},
		{"auth_tls", "certificates, and tls_allowed_dn_list, then say who may connect"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (!strcmp(rows[i].key, e->key) && strcmp(e->value.text, "none") != 0)
			return error_set(
				FROM_CONF, ERR_CONFIG_UNSUPPORTED,
				"%s:%d: %s = \"%s\": this daemon has neither sasl nor polkit; write %s "
				"= \"none\" (%s)",
				file->name, e->line, e->key, e->value.text, e->key, rows[i].instead);
	if (!strcmp(e->key, "access_drivers") && e->value.n_items)
		return error_set(FROM_CONF, ERR_CONFIG_UNSUPPORTED,
						 "%s:%d: access_drivers: this daemon has no driver '%s'; leave the list "
						 "empty (whoever may connect may do everything, or only look)",
						 file->name, e->line, e->value.items[0].text);
	return 0;
}

static int set_keys(const struct conf_file *file, struct config *config)
{
	CLEANUP_BUF struct buf inert = {0};

	for (size_t i = 0; i < file->n_entries; i++) {
		const struct conf_entry *e = &file->entries[i];
		const struct key *k = find_key(e->key);

		if (!k)
			return conf_file_error(file, e->line, "unknown key '%s'", e->key);
		if (set_key(file, e, k, config) < 0 || refuse_checks(file, e) < 0)
			return -1;
		if (k->when == INERT)
			buf_printf(&inert, "%s%s", buf_len(&inert) ? ", " : "", k->name);
	}
	if (buf_len(&inert))
		log_warning("%s: these keys have no effect: %s", file->name, (char *)buf_at(&inert));
	return 0;
}

/* The file at path, or where path is NULL, the first that there is: the system's for root, else the
 * user's own. *ret_file may stay NULL. */
static int read_file(const char *path, struct conf_file **ret_file)
{
	CLEANUP_FREE char *home = NULL;
	const char *directory = SYSCONFDIR;

	if (path)
		return conf_file_read(path, ret_file);
	if (geteuid() != 0) {
		directory = home = account_config_home();
		if (!home)
			return -1;
	}
	if (conf_file_read_if_there(directory, "rvirt/rvirtd.conf", ret_file) < 0)
		return -1;
	return conf_file_read_if_there(directory, "libvirt/libvirtd.conf", ret_file);
}

int config_read(const char *path, struct config *ret)
{
	CLEANUP_CONF_FILE struct conf_file *file = NULL;
	struct config config;

	if (read_file(path, &file) < 0)
		return -1;
	if (set_defaults(&config) < 0 || (file && set_keys(file, &config) < 0)) {
		config_clear(&config);
		return -1;
	}
	*ret = config;
	return 0;
}

void config_reload(struct config *config, struct config *fresh)
{
	for (int i = 0; i < N_KEYS; i++) {
		const struct key *k = &keys[i];

		if (k->when != RELOAD)
			continue;
		if (k->kind == TEXT) {
			char **to = member(config, k), **from = member(fresh, k);

			free(*to);
			*to = steal(from);
		} else if (k->kind == LIST) {
			char ***to = member(config, k), ***from = member(fresh, k);

			list_free(*to);
			*to = steal(from);
		} else {
			*(int *)member(config, k) = *(int *)member(fresh, k);
		}
	}
}
