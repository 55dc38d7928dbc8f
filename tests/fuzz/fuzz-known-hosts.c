/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files of known hosts: "HOST PORT" in the first line, the file behind it. Whatever it holds, what
 * is kept of it are whole keys, on lines that it has, which are known afterwards.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "transport/known-hosts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_entry(const struct known_hosts *known, const struct known_host *e, int lines)
{
	enum known_host_verdict v = known_hosts_check(known, e->key, e->len, NULL);
	const char *type = known_hosts_key_type(e->key, e->len);

	if (e->line < 1 || e->line > lines || !type || strcmp(type, e->type) != 0)
		abort();
	if (e->marker == KNOWN_HOST_PLAIN && !e->by_plain_name && v != KNOWN_HOST_OK &&
		v != KNOWN_HOST_REVOKED)
		abort();
	if (e->marker == KNOWN_HOST_IS_REVOKED && !e->by_plain_name && v != KNOWN_HOST_REVOKED)
		abort();
}

static void check(const char *host, int port, const char *text, size_t len)
{
	CLEANUP_KNOWN_HOSTS struct known_hosts *known = known_hosts_new(host, port);
	CLEANUP_BUF struct buf order = {0};
	int lines = 1;

	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	if (!known || known_hosts_read_text(known, text, len, "f") < 0)
		abort();
	for (size_t i = 0; i < known->n_entries; i++)
		check_entry(known, &known->entries[i], lines);
	if (known_hosts_order(known, "ssh-ed25519,rsa-sha2-512,ssh-rsa", &order) < 0 ||
		buf_len(&order) != strlen("ssh-ed25519,rsa-sha2-512,ssh-rsa"))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	const char *end = size ? memchr(text, '\n', size) : NULL;
	size_t first = end ? (size_t)(end - text) : size;
	CLEANUP_FREE char *host = strndup(size ? text : "", first);
	char *port = host ? strchr(host, ' ') : NULL;

	if (port)
		*port++ = '\0';
	if (host)
		check(host, port ? atoi(port) : 0, text + first, size - first);
	return 0;
}
