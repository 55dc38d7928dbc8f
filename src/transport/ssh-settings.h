/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The text that `ssh -G` writes, as a table of values. Knows no meaning but that of what cannot be
 * honoured without ssh.
 */
#ifndef TRANSPORT_SSH_SETTINGS_H
#define TRANSPORT_SSH_SETTINGS_H

#include <stdbool.h>

/* SSH_SETTING(ID, "keyword"): of a keyword that comes again, the first counts. */
#define SSH_SETTINGS(SSH_SETTING)                                                                  \
	SSH_SETTING(HOSTNAME, "hostname")                                                              \
	SSH_SETTING(PORT, "port")                                                                      \
	SSH_SETTING(USER, "user")                                                                      \
	SSH_SETTING(ADDRESS_FAMILY, "addressfamily")                                                   \
	SSH_SETTING(PROXY_COMMAND, "proxycommand")                                                     \
	SSH_SETTING(PROXY_JUMP, "proxyjump")                                                           \
	SSH_SETTING(PROXY_USE_FDPASS, "proxyusefdpass")                                                \
	SSH_SETTING(CONNECT_TIMEOUT, "connecttimeout")                                                 \
	SSH_SETTING(CONTROL_PATH, "controlpath")                                                       \
	SSH_SETTING(HOST_KEY_ALIAS, "hostkeyalias")                                                    \
	SSH_SETTING(USER_KNOWN_HOSTS, "userknownhostsfile")                                            \
	SSH_SETTING(GLOBAL_KNOWN_HOSTS, "globalknownhostsfile")                                        \
	SSH_SETTING(STRICT, "stricthostkeychecking")                                                   \
	SSH_SETTING(HASH_KNOWN_HOSTS, "hashknownhosts")                                                \
	SSH_SETTING(BATCH, "batchmode")                                                                \
	SSH_SETTING(PREFERRED, "preferredauthentications")                                             \
	SSH_SETTING(PUBKEY, "pubkeyauthentication")                                                    \
	SSH_SETTING(PASSWORD, "passwordauthentication")                                                \
	SSH_SETTING(INTERACTIVE, "kbdinteractiveauthentication")                                       \
	SSH_SETTING(OLD_INTERACTIVE, "challengeresponseauthentication") /* its name before ssh 8.7 */  \
	SSH_SETTING(IDENTITIES_ONLY, "identitiesonly")                                                 \
	SSH_SETTING(IDENTITY_AGENT, "identityagent")                                                   \
	SSH_SETTING(PASSWORD_PROMPTS, "numberofpasswordprompts")                                       \
	SSH_SETTING(MIN_RSA, "requiredrsasize")                                                        \
	SSH_SETTING(KEX, "kexalgorithms")                                                              \
	SSH_SETTING(CIPHERS, "ciphers")                                                                \
	SSH_SETTING(MACS, "macs")                                                                      \
	SSH_SETTING(HOST_KEY_ALGORITHMS, "hostkeyalgorithms")                                          \
	SSH_SETTING(COMPRESSION, "compression")                                                        \
	SSH_SETTING(ALIVE_INTERVAL, "serveraliveinterval")
/* To add one: a row. One that ssh alone can honour has its row in the table of ssh-settings.c. */

enum ssh_setting {
#define ID(id, keyword) SSH_##id,
	SSH_SETTINGS(ID)
#undef ID
		SSH_N_SETTINGS
};

enum { SSH_LIST_MAX = 64 }; /* values of a keyword that are kept */

/* Values of a keyword of which each counts; ends with NULL. */
struct ssh_values {
	const char *v[SSH_LIST_MAX + 1];
	int n;
};

/* All values are borrowed from the text. */
struct ssh_settings {
	const char *value[SSH_N_SETTINGS]; /* NULL: not there */
	struct ssh_values identity_files;
};

/* Reads text, in which lines are ended on the way. -1 with ERR_CONFIG_UNSUPPORTED if it has for
 * host what only ssh itself can honour, and with ERR_OVERFLOW if it has too many values. */
int ssh_settings_read(char *text, const char *host, struct ssh_settings *ret);

/* Is the value "yes" or "true"? */
bool ssh_setting_is_on(const struct ssh_settings *settings, enum ssh_setting id);

/* Is there a value, other than "none"? */
bool ssh_setting_is_given(const struct ssh_settings *settings, enum ssh_setting id);

/* Sets ERR_CONFIG_UNSUPPORTED for a keyword of the configuration. Returns -1. */
int ssh_setting_refuse(const char *host, const char *keyword, const char *value);

#endif
