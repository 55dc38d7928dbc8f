/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads `ssh -G`: a line for each option that ssh knows, whether it is set or not. What is left out
 * here has no effect on a connection that carries one program's input and output (forwarding,
 * terminals, looks, the environment over there), is only a wish (IPQoS, RekeyLimit,
 * ConnectionAttempts, ServerAliveCountMax: the protocol has its own), or only loosens
 * (ForwardAgent, NoHostAuthenticationForLocalhost).
 */
#include "config.h"
#include "transport/ssh-settings.h"

#include "base/error.h"

#include <string.h>

static const char *const keywords[] = {
#define KEYWORD(id, keyword) keyword,
	SSH_SETTINGS(KEYWORD)
#undef KEYWORD
};

/* An option that changes whom or how ssh would reach, its values with which it does not, with '|'
 * around each. */
struct refused {
	const char *keyword, *name, *harmless;
};

static const struct refused refused[] = {
	{"knownhostscommand", "KnownHostsCommand", "|none|"},
	{"revokedhostkeys", "RevokedHostKeys", "|none|"},
	{"verifyhostkeydns", "VerifyHostKeyDNS", "|no|false|ask|"},
	{"certificatefile", "CertificateFile", "|none|"},
	{"pkcs11provider", "PKCS11Provider", "|none|"},
	{"securitykeyprovider", "SecurityKeyProvider", "|internal|none|$SSH_SK_PROVIDER|"},
	{"bindinterface", "BindInterface", "|none|"},
	{"bindaddress", "BindAddress", "|none|"},
	{"tunnel", "Tunnel", "|no|false|"},
	{"remotecommand", "RemoteCommand", "|none|"},
	{"sessiontype", "SessionType", "|default|"},
};
/* To add one: a row. */

int ssh_setting_refuse(const char *host, const char *keyword, const char *value)
{
	return error_set(
		FROM_RPC, ERR_CONFIG_UNSUPPORTED,
		"ssh configuration: %s is '%s' for host %s, which the libssh2 transport cannot "
		"honour; use +ssh instead of +libssh2, or set it otherwise for this host",
		keyword, value, host);
}

static int check_refused(const char *keyword, const char *value, const char *host)
{
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		const char *at;
		size_t n = strlen(value);

		if (strcmp(refused[i].keyword, keyword) != 0)
			continue;
		at = n ? strstr(refused[i].harmless, value) : NULL;
		if (!n || (at && at > refused[i].harmless && at[-1] == '|' && at[n] == '|'))
			return 0;
		return ssh_setting_refuse(host, refused[i].name, value);
	}
	return 0;
}

static int add(struct ssh_values *list, const char *value, const char *host)
{
	if (list->n == SSH_LIST_MAX)
		return error_set(FROM_RPC, ERR_OVERFLOW,
						 "ssh configuration: host %s has more than %d identity files", host,
						 SSH_LIST_MAX);
	list->v[list->n++] = value;
	return 0;
}

static int take(struct ssh_settings *s, const char *keyword, const char *value, const char *host)
{
	for (int i = 0; i < SSH_N_SETTINGS; i++)
		if (!strcmp(keyword, keywords[i])) {
			if (!s->value[i])
				s->value[i] = value;
			return 0;
		}
	if (!strcmp(keyword, "identityfile"))
		return add(&s->identity_files, value, host);
	return check_refused(keyword, value, host);
}

int ssh_settings_read(char *text, const char *host, struct ssh_settings *ret)
{
	struct ssh_settings settings = {0};
	char *rest = text, *line;
	bool local_command = false;
	const char *command = NULL;

	while ((line = strsep(&rest, "\n"))) {
		char *keyword = strsep(&line, " ");
		const char *value = line ? line : "";

		if (take(&settings, keyword, value, host) < 0)
			return -1;
		if (!strcmp(keyword, "permitlocalcommand"))
			local_command = !strcmp(value, "yes");
		if (!strcmp(keyword, "localcommand") && strcmp(value, "none") != 0)
			command = value;
	}
	if (local_command && command)
		return ssh_setting_refuse(host, "LocalCommand", command);
	if (ssh_setting_is_given(&settings, SSH_PROXY_COMMAND) &&
		ssh_setting_is_on(&settings, SSH_PROXY_USE_FDPASS))
		return ssh_setting_refuse(host, "ProxyUseFdpass", "yes");
	*ret = settings;
	return 0;
}

bool ssh_setting_is_on(const struct ssh_settings *settings, enum ssh_setting id)
{
	const char *value = settings->value[id];

	return value && (!strcmp(value, "yes") || !strcmp(value, "true"));
}

bool ssh_setting_is_given(const struct ssh_settings *settings, enum ssh_setting id)
{
	const char *value = settings->value[id];

	return value && *value && strcmp(value, "none") != 0;
}
