/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Says what our reader makes of files of known hosts, for a comparison with ssh's. Reads lines
 * "HOST PORT FILE TYPE BASE64" and answers each with the verdict on the key, the number of the line
 * that says so, and the lines that are about the host: "changed 3: 1 3 4ca 5revoked". With
 * arguments add FILE HOST PORT TYPE BASE64 [hashed] adds a key instead.
 */
#include "config.h"

#include "base/error.h"
#include "transport/known-hosts.h"

#include <stdio.h>
#include <string.h>

/* "TYPE BASE64" */
static struct known_hosts *read_key(const char *text)
{
	CLEANUP_KNOWN_HOSTS struct known_hosts *key = known_hosts_new("key", 0);
	char line[8192];

	snprintf(line, sizeof line, "key %s\n", text);
	if (!key || known_hosts_read_text(key, line, strlen(line), "key") < 0 || key->n_entries != 1)
		return NULL;
	return steal(&key);
}

static int add(int argc, char **argv)
{
	CLEANUP_KNOWN_HOSTS struct known_hosts *key = NULL, *known = NULL;
	char text[8192];

	snprintf(text, sizeof text, "%s %s", argv[5], argv[6]);
	key = read_key(text);
	known = known_hosts_new(argv[3], atoi(argv[4]));
	if (key && known &&
		known_hosts_add(argv[2], known->name, key->entries[0].key, key->entries[0].len,
						argc == 8) == 0)
		return 0;
	fprintf(stderr, "%s\n", error_last()->message);
	return 1;
}

static int answer(const char *host, int port, const char *file, const char *key_text)
{
	static const char *const verdicts[] = {"ok", "unknown", "other", "changed", "revoked"};
	static const char *const markers[] = {"", "ca", "revoked"};
	CLEANUP_KNOWN_HOSTS struct known_hosts *key = read_key(key_text);
	CLEANUP_KNOWN_HOSTS struct known_hosts *known = known_hosts_new(host, port);
	const struct known_host *entry;
	enum known_host_verdict verdict;

	if (!key || !known || known_hosts_read_file(known, file) < 0)
		return -1;
	verdict = known_hosts_check(known, key->entries[0].key, key->entries[0].len, &entry);
	printf("%s %d:", verdicts[verdict], entry ? entry->line : 0);
	for (size_t i = 0; i < known->n_entries; i++)
		if (!known->entries[i].by_plain_name)
			printf(" %d%s", known->entries[i].line, markers[known->entries[i].marker]);
	puts("");
	return fflush(stdout);
}

int main(int argc, char **argv)
{
	char line[8192], host[256], file[1024], type[128], text[4096], key[4300];
	int port;

	if (argc == 7 || argc == 8)
		return add(argc, argv);
	while (fgets(line, sizeof line, stdin)) {
		if (sscanf(line, "%255s %d %1023s %127s %4095s", host, &port, file, type, text) != 5)
			return 2;
		snprintf(key, sizeof key, "%s %s", type, text);
		if (answer(host, port, file, key) < 0) {
			fprintf(stderr, "%s\n", error_last()->message ? error_last()->message : line);
			return 1;
		}
	}
	return 0;
}
