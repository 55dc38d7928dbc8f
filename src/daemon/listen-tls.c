/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * TLS as the configuration has it: the daemon's certificates, when it starts and again while it
 * runs, and the sockets.
 */
#include "config.h"
#include "daemon/listen.h"

#include "base/error.h"
#include "base/log.h"
#include "transport/tls-paths.h"

static const char *or_else(const char *configured, const char *customary)
{
	return configured ? configured : customary;
}

int listen_tls_context(const struct config *config, struct tls_context **ret)
{
	CLEANUP_TLS_PATHS struct tls_paths paths = {0};
	struct tls_settings settings = {
		.side = TLS_SERVER,
		.priority = config->tls_priority,
		.no_verify = config->tls_no_verify_certificate,
		.no_sanity = config->tls_no_sanity_certificate,
		.allowed_dns = config->tls_allowed_dn_list,
	};

	if (tls_paths_find("server", NULL, tls_paths_home(), TLS_SYSTEM_DIR, &paths) < 0)
		return -1;
	settings.ca = or_else(config->ca_file, paths.ca);
	settings.crl = or_else(config->crl_file, paths.crl);
	settings.cert = or_else(config->cert_file, paths.cert);
	settings.key = or_else(config->key_file, paths.key);
	if (tls_context_new(&settings, ret) < 0)
		return error_suffix("TLS needs the files of ca_file, cert_file and key_file");
	if (settings.no_verify)
		log_warning("tls_no_verify_certificate = 1: clients over TLS may be anybody%s",
					settings.allowed_dns ? ", and tls_allowed_dn_list has no effect" : "");
	return 0;
}

void listener_set_tls(struct listener *l, struct tls_context *ctx)
{
	struct tls_context *before = l->tls;

	l->tls = tls_context_ref(ctx);
	l->traits.secure = l->is_unix || ctx;
	tls_context_unref(before);
}

int listen_tls(const struct config *config, struct listener **list)
{
	CLEANUP_TLS_CONTEXT struct tls_context *ctx = NULL;
	struct listen_port port = {
		.kind = "tls",
		.key = "tls_port",
		.number = config->tls_port,
	};

	if (listen_tls_context(config, &ctx) < 0)
		return error_suffix("or set listen_tls = 0");
	port.tls = ctx;
	return listen_port(config, &port, list);
}

int listen_tls_reload(const struct config *config, struct listener *list)
{
	CLEANUP_TLS_CONTEXT struct tls_context *ctx = NULL;

	for (struct listener *l = list; l; l = l->next) {
		if (!l->tls)
			continue;
		if (!ctx && listen_tls_context(config, &ctx) < 0)
			return -1;
		listener_set_tls(l, ctx);
	}
	return 0;
}
