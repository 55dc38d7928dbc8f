/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Checks of complete interfaces.
 */
#include "config.h"

#include <string.h>

#include "conf/domain-rules.h"

static int check_net_teaming(const struct node *n)
{
	const struct node *t = node_child(n, "teaming");

	if (is(t, "type", "transient") && !node_attr(t, "persistent"))
		return refuse_config(
			"teaming persistent attribute must be set if teaming type is 'transient'");
	if (is(t, "type", "persistent") && node_attr(t, "persistent"))
		return refuse_config(
			"teaming persistent attribute not allowed if teaming type is 'persistent'");
	return 0;
}

static int check_isolation(const struct node *n)
{
	const char *mac = node_attr(node_child(n, "mac"), "address"), *type = node_attr(n, "type");
	const char *port = node_attr(node_child(n, "virtualport"), "type");

	if (!is(node_child(n, "port"), "isolated", "yes"))
		return 0;
	if (strcmp(type, "network") != 0 && strcmp(type, "bridge") != 0)
		return refuse_config("interface %s - <port isolated='yes'/> is not supported for network "
							 "interfaces with type='%s'",
							 mac, type);
	if (port)
		return refuse_config("interface %s - <port isolated='yes'/> is not supported for network "
							 "interfaces with virtualport type='%s'",
							 mac, port);
	return 0;
}

static int check_vhostuser(const struct node *n, bool virtio)
{
	const struct node *source = node_child(n, "source");

	if (!virtio)
		return refuse_internal("Wrong or no <model> 'type' attribute specified with <interface "
							   "type='vhostuser'/>. vhostuser requires the virtio-net* frontend");
	if (is(source, "mode", "server") && is(node_child(source, "reconnect"), "enabled", "yes"))
		return refuse_config("'reconnect' attribute unsupported 'server' mode for <interface "
							 "type='vhostuser'>");
	return 0;
}

int domain_check_interface(struct conf *c, const struct node *n)
{
	const struct node *source = node_child(n, "source");
	const char *type = node_attr(n, "type");
	bool virtio = domain_is_virtio(node_attr(node_child(n, "model"), "type"));

	(void)c;
	if ((node_child(source, "ip") || node_child(source, "route")) && strcmp(type, "ethernet") != 0)
		return refuse_config("Invalid attempt to set network interface host-side IP route and/or "
							 "address info on interface of type '%s'. This is only supported on "
							 "interfaces of type 'ethernet'",
							 type);
	if (is(node_child(n, "target"), "managed", "no") && strcmp(type, "ethernet") != 0)
		return refuse_config("unmanaged target dev is not supported on interfaces of type '%s'",
							 type);
	if (check_net_teaming(n) < 0 || check_isolation(n) < 0)
		return -1;
	if (!virtio && domain_check_no_virtio(node_child(n, "driver")) < 0)
		return -1;
	return strcmp(type, "vhostuser") == 0 ? check_vhostuser(n, virtio) : 0;
}
