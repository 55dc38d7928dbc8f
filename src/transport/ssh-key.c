/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads key files: OpenSSH's own kind, which has its public half in clear, and the older PEM kinds.
 */
#include "config.h"
#include "transport/ssh-key.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/fd.h"

#include <gnutls/gnutls.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

enum { KEY_MAX = 64 * 1024 };

static const char magic[] = "openssh-key-v1";

/* A piece of bytes that are read from the front. */
struct reader {
	const unsigned char *at;
	size_t left;
};

static bool take(struct reader *r, size_t n, const unsigned char **ret)
{
	if (n > r->left)
		return false;
	*ret = r->at;
	r->at += n;
	r->left -= n;
	return true;
}

static bool take_u32(struct reader *r, uint32_t *ret)
{
	const unsigned char *b;

	if (!take(r, 4, &b))
		return false;
	*ret = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
	return true;
}

static bool take_string(struct reader *r, const unsigned char **ret, uint32_t *ret_len)
{
	return take_u32(r, ret_len) && take(r, *ret_len, ret);
}

void ssh_key_type(const void *blob, size_t len, char ret[SSH_KEY_TYPE_MAX + 1])
{
	struct reader r = {blob, len};
	const unsigned char *name;
	uint32_t n;

	*ret = '\0';
	if (!take_string(&r, &name, &n) || n == 0 || n > SSH_KEY_TYPE_MAX)
		return;
	for (uint32_t i = 0; i < n; i++)
		if (name[i] <= ' ' || name[i] > '~' || name[i] == ',')
			return;
	memcpy(ret, name, n);
	ret[n] = '\0';
}

static int keep_blob(struct ssh_key *key, const unsigned char *blob, size_t len)
{
	char type[SSH_KEY_TYPE_MAX + 1];

	ssh_key_type(blob, len, type);
	if (key->blob || !*type)
		return 0;
	key->blob = malloc(len);
	if (!key->blob)
		return error_oom();
	memcpy(key->blob, blob, len);
	key->blob_len = len;
	memcpy(key->type, type, sizeof type);
	return 0;
}

/* The part of OpenSSH's kind that is in clear: magic, cipher, how the passphrase makes a key of it,
 * the number of keys, the public key. */
static int read_openssh(struct ssh_key *key)
{
	gnutls_datum_t text = {(unsigned char *)key->private, (unsigned)key->private_len};
	gnutls_datum_t data = {NULL, 0};
	const unsigned char *piece, *cipher;
	uint32_t n, n_cipher;
	struct reader r;
	int result = 0;

	if (gnutls_pem_base64_decode2("OPENSSH PRIVATE KEY", &text, &data) < 0)
		return 0;
	r = (struct reader){data.data, data.size};
	if (take(&r, sizeof magic, &piece) && !memcmp(piece, magic, sizeof magic) &&
		take_string(&r, &cipher, &n_cipher) && take_string(&r, &piece, &n) &&
		take_string(&r, &piece, &n) && take_u32(&r, &n) && n == 1 && take_string(&r, &piece, &n)) {
		key->encrypted = n_cipher != 4 || memcmp(cipher, "none", 4) != 0;
		result = keep_blob(key, piece, n);
	}
	gnutls_memset(data.data, 0, data.size);
	gnutls_free(data.data);
	return result;
}

/* "TYPE BASE64 COMMENT" */
static int read_public(struct ssh_key *key, const char *text)
{
	size_t type = strcspn(text, " \t"), gap = strspn(text + type, " \t");
	const char *base64 = text + type + gap;
	gnutls_datum_t in = {(unsigned char *)(uintptr_t)base64, (unsigned)strcspn(base64, " \t\r\n")};
	gnutls_datum_t out = {NULL, 0};
	int r = 0;

	if (gnutls_base64_decode2(&in, &out) == 0)
		r = keep_blob(key, out.data, out.size);
	gnutls_free(out.data);
	return r;
}

static int read_public_file(struct ssh_key *key)
{
	CLEANUP_BUF struct buf path = {0};
	CLEANUP_FREE char *text = NULL;
	struct error saved;
	size_t len;

	if (buf_printf(&path, "%s.pub", key->path) < 0)
		return -1;
	error_take(&saved);
	text = fd_read_regular_file((char *)buf_at(&path), KEY_MAX, &len);
	error_give(&saved);
	return text ? read_public(key, text) : 0;
}

static void read_private_file(struct ssh_key *key)
{
	struct error saved;
	struct stat st;

	error_take(&saved);
	key->private = fd_read_regular_file(key->path, KEY_MAX, &key->private_len);
	error_give(&saved);
	key->exposed = key->private && stat(key->path, &st) == 0 && st.st_uid == getuid() &&
				   (st.st_mode & 077) != 0;
}

int ssh_key_read(const char *path, struct ssh_key *ret)
{
	struct ssh_key key = {.path = path};
	int r = 0;

	read_private_file(&key);
	if (key.private) {
		key.encrypted = strstr(key.private, "ENCRYPTED") != NULL;
		if (strstr(key.private, "BEGIN RSA PRIVATE KEY"))
			strcpy(key.type, "ssh-rsa");
		r = read_openssh(&key);
	}
	if (r == 0 && !key.blob)
		r = read_public_file(&key);
	if (r < 0) {
		ssh_key_clear(&key);
		return -1;
	}
	*ret = key;
	return 0;
}

void ssh_key_clear(struct ssh_key *key)
{
	if (key->private)
		explicit_bzero(key->private, key->private_len);
	free(key->private);
	free(key->blob);
	*key = (struct ssh_key){0};
}

char *ssh_key_text(const void *blob, size_t len)
{
	gnutls_datum_t in = {(unsigned char *)(uintptr_t)blob, (unsigned)len}, out = {NULL, 0};
	CLEANUP_BUF struct buf text = {0};
	char type[SSH_KEY_TYPE_MAX + 1];
	int r;

	ssh_key_type(blob, len, type);
	if (gnutls_base64_encode2(&in, &out) < 0) {
		error_oom();
		return NULL;
	}
	r = buf_printf(&text, "%s %.*s", type, (int)out.size, (char *)out.data);
	gnutls_free(out.data);
	return r < 0 ? NULL : buf_steal_text(&text);
}
