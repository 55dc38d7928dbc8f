/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The files of secrets: UUID.xml is the document, UUID.base64 the value.
 */
#include "config.h"
#include "drivers/secret/secret.h"

#include "base/fd.h"
#include "base/log.h"
#include "drivers/place.h"

#include <dirent.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <string.h>

static char *file_of(const struct secrets *all, const unsigned char uuid[UUID_LEN], const char *end)
{
	char text[UUID_TEXT_LEN], *path;

	if (asprintf(&path, "%s/%s%s", all->dir, uuid_format(uuid, text), end) >= 0)
		return path;
	error_oom();
	return NULL;
}

static int save(const struct secrets *all, const struct secret *s, const char *end,
				const char *text)
{
	CLEANUP_FREE char *path = NULL;

	if (!all->dir)
		return 0;
	if (!(path = file_of(all, s->uuid, end)) || place_make(FROM_SECRET, all->dir) < 0)
		return -1;
	return place_write(FROM_SECRET, path, text);
}

int secret_save_def(const struct secrets *all, const struct secret *s)
{
	CLEANUP_FREE char *xml = def_format(s->def, 0);

	return xml ? save(all, s, ".xml", xml) : -1;
}

int secret_save_value(const struct secrets *all, const struct secret *s)
{
	gnutls_datum_t plain = {s->value, (unsigned)s->value_len}, coded = {NULL, 0};
	CLEANUP_FREE char *text = NULL;
	int r;

	if (!s->value)
		return 0;
	if (gnutls_base64_encode2(&plain, &coded) < 0)
		return error_oom();
	text = strndup((const char *)coded.data, coded.size);
	explicit_bzero(coded.data, coded.size);
	gnutls_free(coded.data);
	if (!text)
		return error_oom();
	r = save(all, s, ".base64", text);
	explicit_bzero(text, strlen(text));
	return r;
}

static int remove_file(const struct secrets *all, const struct secret *s, const char *end)
{
	CLEANUP_FREE char *path = NULL;

	if (!all->dir)
		return 0;
	if (!(path = file_of(all, s->uuid, end)))
		return -1;
	if (unlink(path) < 0 && errno != ENOENT)
		return error_errno(FROM_SECRET, errno, "cannot unlink '%s'", path);
	return 0;
}

/* The document goes first: a value alone is nothing. */
int secret_forget(const struct secrets *all, const struct secret *s)
{
	return remove_file(all, s, ".xml") < 0 ? -1 : remove_file(all, s, ".base64");
}

/* 0, or -1 with the error set. */
static int load_value(const struct secrets *all, struct secret *s)
{
	CLEANUP_FREE char *path = file_of(all, s->uuid, ".base64"), *text = NULL;
	gnutls_datum_t coded, plain = {NULL, 0};
	size_t len;
	int r;

	if (!path)
		return -1;
	if (access(path, F_OK) < 0)
		return 0;
	if (!(text = fd_read_regular_file(path, 2 * SECRET_VALUE_MAX, &len)))
		return -1;
	coded = (gnutls_datum_t){(unsigned char *)text, (unsigned)len};
	r = gnutls_base64_decode2(&coded, &plain);
	explicit_bzero(text, len);
	if (r < 0 || plain.size > SECRET_VALUE_MAX) {
		gnutls_free(plain.data);
		return error_set(FROM_SECRET, ERR_INTERNAL_ERROR, "'%s' is not in base64", path);
	}
	s->value = malloc(plain.size + 1);
	if (s->value)
		memcpy(s->value, plain.data, plain.size);
	s->value_len = s->value ? plain.size : 0;
	explicit_bzero(plain.data, plain.size);
	gnutls_free(plain.data);
	return s->value ? 0 : error_oom();
}

/* NULL with the error set. */
static struct secret *load(const struct secrets *all, const unsigned char uuid[UUID_LEN])
{
	CLEANUP_FREE char *path = file_of(all, uuid, ".xml"), *text = NULL;
	struct secret *s = calloc(1, sizeof *s);
	unsigned char own[UUID_LEN];

	if (!s || !path) {
		error_oom();
		free(s);
		return NULL;
	}
	memcpy(s->uuid, uuid, UUID_LEN);
	text = fd_read_regular_file(path, DEF_XML_MAX, NULL);
	if (text && def_parse(def_kind_secret(), text, 0, &s->def) == 0 && load_value(all, s) == 0) {
		if (def_uuid(s->def, own) && memcmp(own, uuid, UUID_LEN) == 0)
			return s;
		error_set(FROM_SECRET, ERR_INTERNAL_ERROR, "<uuid> does not match secret file name");
	}
	secret_free(s);
	return NULL;
}

void secrets_load(struct secrets *all)
{
	DIR *dir = opendir(all->dir);
	struct secret **last = &all->list;
	struct dirent *entry;
	size_t n = 0;

	while (dir && n < SECRETS_MAX && (entry = readdir(dir))) {
		size_t len = strlen(entry->d_name);
		unsigned char uuid[UUID_LEN];
		char text[UUID_TEXT_LEN];
		struct secret *s;

		if (len != UUID_TEXT_LEN - 1 + 4 || strcmp(entry->d_name + len - 4, ".xml") != 0)
			continue;
		memcpy(text, entry->d_name, UUID_TEXT_LEN - 1);
		text[UUID_TEXT_LEN - 1] = '\0';
		if (uuid_parse(text, uuid) == 0 && (s = load(all, uuid))) {
			*last = s;
			last = &s->next;
			n++;
		} else {
			log_error("the secret of %s/%s is not loaded: %s", all->dir, entry->d_name,
					  error_last()->message);
			error_reset();
		}
	}
	if (dir)
		closedir(dir);
}
