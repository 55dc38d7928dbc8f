/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a client means where its URI does not say: the default URI, aliases, and defaults of
 * parameters, from environment and configuration file.
 */
#ifndef TRANSPORT_CLIENT_CONF_H
#define TRANSPORT_CLIENT_CONF_H

#include "transport/uri.h"

#include <stdbool.h>

/* The URI that text stands for, owned by the caller:
 *   NULL or ""   the first of $RVIRT_DEFAULT_URI, $LIBVIRT_DEFAULT_URI, uri_default of the
 * configuration file; else "remote+unix:///" ("remote+unix:///session" if not root): what the local
 * daemon chooses. No alias is looked up in it. an alias     (with aliases set) what uri_aliases of
 * the configuration file gives it else         text itself, which need not be a URI
 *
 * The configuration file is the first that exists of $XDG_CONFIG_HOME/rvirt/rvirt.conf,
 * $XDG_CONFIG_HOME/libvirt/libvirt.conf (not for root), SYSCONFDIR/rvirt/rvirt.conf, and for root
 * SYSCONFDIR/libvirt/libvirt.conf and /etc/libvirt/libvirt.conf. It is read only where it is
 * needed; keys unknown here are left alone. -1 with ERR_CONF_SYNTAX for what is wrong in it. */
int client_conf_uri(const char *text, bool aliases, char **ret_uri);

/* Gives the URI the parameters mode and proxy from remote_mode and remote_proxy of the same file,
 * where it has none and its transport uses them. -1 with ERR_CONF_SYNTAX for a value that the
 * parameter cannot have. */
int client_conf_fill(struct uri *uri);

/* tls_priority of the same file, owned by the caller; NULL if it is not there. */
int client_conf_tls_priority(char **ret);

struct share_settings;
/* share and share_idle of the same file; what is not there stays as it is. */
int client_conf_share(struct share_settings *settings);

#endif
