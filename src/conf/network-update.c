/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Changes to a part of a network: one row for each section of its document. A part is read like any
 * other of its kind, found among those that are there, and put in, put in place of another or taken
 * out. What results must be a network that can be read again.
 */
#include "config.h"
#include "conf/network.h"

#include <strings.h>

#include "conf/network-rules.h"

/* The protocol's numbers. */
enum command { MODIFY = 1, DELETE = 2, ADD_LAST = 3, ADD_FIRST = 4 };

struct update {
	struct conf c;
	struct network_part part;
	const struct section *section;
	struct node *root, *parent, *n; /* n: what was given, not in the tree */
	unsigned command;
	int index; /* of the <ip> */
};

struct section {
	unsigned number;
	const char *name, *element; /* without element: it can't be changed */
	const char *fixed;          /* why it can't be modified, or NULL */
	struct node *(*parent)(struct update *u);
	bool (*same)(const struct update *u, const struct node *have);
	int (*check)(const struct update *u, const struct node *found, size_t count);
	void (*done)(struct node *parent); /* or NULL */
};

static bool adding(const struct update *u)
{
	return u->command == ADD_FIRST || u->command == ADD_LAST;
}

static bool both(const struct update *u, const struct node *have, const char *attr)
{
	const char *a = node_attr(u->n, attr), *b = node_attr(have, attr);

	return a && b && strcasecmp(a, b) == 0;
}

/* What was given is the same. */
static bool as_given(const struct update *u, const struct node *have, const char *attr)
{
	return !node_attr(u->n, attr) || same(node_attr(u->n, attr), node_attr(have, attr));
}

/* What a message says of an attribute. */
static const char *text_of(const struct node *n, const char *attr, const char *missing)
{
	return node_attr(n, attr) ? node_attr(n, attr) : missing;
}

/* Which <ip> serves, or shall serve, addresses. */
static struct node *find_ip(const struct update *u)
{
	struct node *four = NULL, *six = NULL, *serving = NULL;
	int i = 0;

	NODE_EACH(ip, u->root, "ip")
	{
		const struct node *dhcp = node_child(ip, "dhcp");
		struct address a;

		network_ip_prefix(ip, &a);
		if (i++ == u->index)
			return ip;
		if (!serving && (node_child(dhcp, "range") || node_child(dhcp, "host")))
			serving = ip;
		if (a.family == AF_INET)
			four = four ? four : ip;
		else
			six = six ? six : ip;
	}
	if (u->index >= 0)
		return NULL;
	return serving ? serving : four ? four : six;
}

static struct node *dhcp_parent(struct update *u)
{
	struct node *ip = find_ip(u);

	if (ip)
		return node_need(ip, "dhcp");
	if (u->index >= 0)
		refuse_now("couldn't update dhcp host entry - no <ip> element found at index %d in network "
				   "'%s'",
				   u->index, network_name(&u->c));
	else
		refuse_now("couldn't update dhcp host entry - no <ip> element found in network '%s'",
				   network_name(&u->c));
	return NULL;
}

static struct node *forward_parent(struct update *u)
{
	struct node *forward = node_child(u->root, "forward");

	if (forward)
		return forward;
	if (!(forward = node_add(u->root, "forward")) || node_set(forward, "mode", "none") < 0)
		return NULL;
	forward->show |= SHOW_NEVER;
	return forward;
}

static struct node *dns_parent(struct update *u)
{
	return node_need(u->root, "dns");
}

static struct node *root_parent(struct update *u)
{
	return u->root;
}

static void forward_done(struct node *forward)
{
	const struct node *first = node_child(forward, "interface");

	node_set(forward, "dev", first ? node_attr(first, "dev") : NULL);
}

static int family_of(const struct node *n, const char *attr)
{
	struct address a;

	return node_attr(n, attr) && address_parse(node_attr(n, attr), AF_UNSPEC, &a) == 0 ? a.family
																					   : AF_UNSPEC;
}

/* Only one address of each family may serve. */
static int check_others(const struct update *u)
{
	const struct node *own = u->parent->parent;
	int family = family_of(own, "address");

	NODE_EACH(ip, u->root, "ip")
	{
		const struct node *dhcp = node_child(ip, "dhcp");

		if (ip != own && family_of(ip, "address") == family &&
			(node_child(dhcp, "range") || node_child(dhcp, "host")))
			return refuse_now("dhcp is supported only for a single %s address on each network",
							  family == AF_INET ? "IPv4" : "IPv6");
	}
	return 0;
}

static bool same_host(const struct update *u, const struct node *have)
{
	if (u->command == DELETE)
		return (!node_attr(u->n, "mac") || !node_attr(have, "mac") || both(u, have, "mac")) &&
			   as_given(u, have, "name") && as_given(u, have, "ip");
	return both(u, have, "mac") || both(u, have, "ip") ||
		   (node_attr(u->n, "name") && as_given(u, have, "name"));
}

static int check_host(const struct update *u, const struct node *found, size_t count)
{
	const char *mac = text_of(u->n, "mac", "unknown"), *name = text_of(u->n, "name", "(null)");
	const char *ip = text_of(u->n, "ip", "unknown"), *network = network_name(&u->c);

	(void)count;
	if (u->command != DELETE && family_of(u->parent->parent, "address") != family_of(u->n, "ip"))
		return refuse_now("the address family of a host entry IP must match the address family of "
						  "the dhcp element's parent");
	if (u->command == MODIFY && !found)
		return refuse_now("couldn't locate an existing dhcp host entry with \"mac='%s'\" "
						  "\"name='%s'\" \"ip='%s'\" in network '%s'",
						  mac, name, ip, network);
	if (u->command == DELETE && !found)
		return refuse_now("couldn't locate a matching dhcp host entry in network '%s'", network);
	if (adding(u) && check_others(u) < 0)
		return -1;
	if (adding(u) && found)
		return refuse_now("there is an existing dhcp host entry in network '%s' that matches "
						  "\"<host mac='%s' name='%s' ip='%s'/>\"",
						  network, mac, name, ip);
	return 0;
}

static bool same_range(const struct update *u, const struct node *have)
{
	return as_given(u, have, "start") && as_given(u, have, "end");
}

static int check_range(const struct update *u, const struct node *found, size_t count)
{
	(void)count;
	if (family_of(u->parent->parent, "address") != family_of(u->n, "start"))
		return refuse_now("the address family of a dhcp range must match the address family of the "
						  "dhcp element's parent");
	if (u->command == DELETE && !found)
		return refuse_now("couldn't locate a matching dhcp range entry in network '%s'",
						  network_name(&u->c));
	if (adding(u) && check_others(u) < 0)
		return -1;
	if (adding(u) && found)
		return refuse_now("there is an existing dhcp range entry in network '%s' that matches "
						  "\"<range start='%s' end='%s'/>\"",
						  network_name(&u->c), node_attr(u->n, "start"), node_attr(u->n, "end"));
	return 0;
}

static bool same_interface(const struct update *u, const struct node *have)
{
	return as_given(u, have, "dev");
}

static int check_interface(const struct update *u, const struct node *found, size_t count)
{
	const char *dev = node_attr(u->n, "dev");

	(void)count;
	if (adding(u) && found)
		return refuse_now("there is an existing interface entry in network '%s' that matches "
						  "\"<interface dev='%s'>\"",
						  network_name(&u->c), dev);
	if (u->command == DELETE && !found)
		return refuse_now("couldn't find an interface entry in network '%s' matching <interface "
						  "dev='%s'>",
						  network_name(&u->c), dev);
	return 0;
}

static bool same_name(const struct update *u, const struct node *have)
{
	return same(node_attr(u->n, "name"), node_attr(have, "name"));
}

static int check_portgroup(const struct update *u, const struct node *found, size_t count)
{
	const char *name = node_attr(u->n, "name");

	(void)count;
	if (!found && (u->command == MODIFY || u->command == DELETE))
		return refuse_now("couldn't find a portgroup entry in network '%s' matching <portgroup "
						  "name='%s'>",
						  network_name(&u->c), name);
	if (found && adding(u))
		return refuse_now("there is an existing portgroup entry in network '%s' that matches "
						  "\"<portgroup name='%s'>\"",
						  network_name(&u->c), name);
	NODE_EACH(have, u->root, "portgroup")
	{
		if (u->command != DELETE && node_attr(u->n, "default") && node_attr(have, "default") &&
			have != found)
			return refuse_now("a different portgroup entry in network '%s' is already set as the "
							  "default. Only one default is allowed.",
							  network_name(&u->c));
	}
	return 0;
}

static bool same_dns_host(const struct update *u, const struct node *have)
{
	if (both(u, have, "ip"))
		return true;
	NODE_EACH(a, u->n, "hostname")
	{
		NODE_EACH(b, have, "hostname")
		{
			if (!adding(u) && same(a->text, b->text))
				return true;
		}
	}
	return false;
}

static int check_dns_host(const struct update *u, const struct node *found, size_t count)
{
	const char *network = network_name(&u->c);

	if (adding(u) && found)
		return refuse_now("there is already at least one DNS HOST record with a matching field in "
						  "network %s",
						  network);
	if (u->command == DELETE && !found)
		return refuse_now("couldn't locate a matching DNS HOST record in network %s", network);
	if (u->command == DELETE && count > 1)
		return refuse_now("multiple matching DNS HOST records were found in network %s", network);
	return 0;
}

static int check_txt(const struct update *u, const struct node *found, size_t count)
{
	const char *network = network_name(&u->c);

	(void)count;
	if (adding(u) && found)
		return refuse_now("there is already a DNS TXT record with name '%s' in network %s",
						  node_attr(u->n, "name"), network);
	if (u->command == DELETE && !found)
		return refuse_now("couldn't locate a matching DNS TXT record in network %s", network);
	return 0;
}

static bool same_srv(const struct update *u, const struct node *have)
{
	return as_given(u, have, "domain") && as_given(u, have, "service") &&
		   as_given(u, have, "protocol") && as_given(u, have, "target");
}

static int check_srv(const struct update *u, const struct node *found, size_t count)
{
	const char *network = network_name(&u->c);

	if (adding(u) && found)
		return refuse_now("there is already at least one DNS SRV record matching all specified "
						  "fields in network %s",
						  network);
	if (u->command == DELETE && !found)
		return refuse_now("couldn't locate a matching DNS SRV record in network %s", network);
	if (u->command == DELETE && count > 1)
		return refuse_now("multiple DNS SRV records matching all specified fields were found in "
						  "network %s",
						  network);
	return 0;
}

/* To add a section: a row, what is the same, and what is refused. */
static const struct section sections[] = {
	{.number = 1, .name = "bridge"},
	{.number = 2, .name = "domain"},
	{.number = 3, .name = "ip"},
	{4, "dhcp host", "host", NULL, dhcp_parent, same_host, check_host, network_show_dhcp},
	{5, "dhcp range", "range", "dhcp ranges cannot be modified, only added or deleted", dhcp_parent,
	 same_range, check_range, network_show_dhcp},
	{.number = 6, .name = "forward"},
	{7, "forward interface", "interface",
	 "forward interface entries cannot be modified, only added or deleted", forward_parent,
	 same_interface, check_interface, forward_done},
	{.number = 8, .name = "forward pf"},
	{9, "portgroup", "portgroup", NULL, root_parent, same_name, check_portgroup, NULL},
	{10, "dns host", "host", "DNS HOST records cannot be modified, only added or deleted",
	 dns_parent, same_dns_host, check_dns_host, NULL},
	{11, "dns txt", "txt", "DNS TXT records cannot be modified, only added or deleted", dns_parent,
	 same_name, check_txt, NULL},
	{12, "dns srv", "srv", "DNS SRV records cannot be modified, only added or deleted", dns_parent,
	 same_srv, check_srv, NULL},
};

static const struct section *find_section(unsigned number, const struct conf *c)
{
	for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
		if (sections[i].number != number)
			continue;
		if (!sections[i].element)
			error_set(FROM_NETWORK, ERR_OPERATION_UNSUPPORTED,
					  "can't update '%s' section of network '%s'", sections[i].name,
					  network_name(c));
		return sections[i].element ? &sections[i] : NULL;
	}
	error_set(FROM_NETWORK, ERR_OPERATION_UNSUPPORTED,
			  "can't update unrecognized section of network");
	return NULL;
}

/* Reads what was given, as if it stood in its place. */
static int read_part(struct update *u, const xmlNode *element)
{
	const struct section *s = u->section;
	bool fixed = u->command == MODIFY && s->fixed;
	const struct row *row;

	/* libvirt says it of DNS before it looks, of others after */
	if (!xml_is(element, s->element) && !(fixed && s->parent == dns_parent))
		return refuse_xml("unexpected element <%s>, expecting <%s>, while updating network '%s'",
						  (const char *)element->name, s->element, network_name(&u->c));
	if (fixed)
		return error_set(FROM_NETWORK, ERR_OPERATION_UNSUPPORTED, "%s", s->fixed);
	if (!(u->parent = s->parent(u)))
		return -1;
	if (s->done == forward_done && !xmlHasProp(element, (const xmlChar *)"dev"))
		return refuse_xml("missing dev attribute in <interface> element");
	u->part.partial = u->command == DELETE || (s->number >= 10 && !adding(u));
	row = format_find(u->parent->row, ROW_ELEMENT, s->element, NULL, NULL);
	if (!(u->n = format_read(&u->c, row, element, u->parent)))
		return -1;
	node_unlink(u->n);
	return 0;
}

/* Puts what was given in the tree, or takes what was found out of it. */
static int apply(struct update *u, struct node *found)
{
	struct node *first = node_child(u->parent, u->section->element);

	switch (u->command) {
	case MODIFY:
		node_insert_after(found, u->n);
		node_remove(found);
		break;
	case DELETE:
		node_remove(found);
		node_free(u->n);
		break;
	case ADD_FIRST:
		node_insert(u->parent, u->n, first);
		break;
	case ADD_LAST:
		node_insert(u->parent, u->n, NULL);
		break;
	default:
		return error_set(FROM_NETWORK, ERR_OPERATION_UNSUPPORTED,
						 "unrecognized network update command code %u", u->command);
	}
	u->n = NULL;
	if (u->section->done)
		u->section->done(u->parent);
	return 0;
}

static int update(struct update *u, const xmlNode *element)
{
	struct node *found = NULL;
	size_t count = 0;

	if (read_part(u, element) < 0)
		return -1;
	NODE_EACH(have, u->parent, u->section->element)
	{
		if (u->section->same(u, have) && count++ == 0)
			found = have;
	}
	return u->section->check(u, found, count) < 0 ? -1 : apply(u, found);
}

int network_update(const struct def *def, unsigned command, unsigned section, int parent,
				   const char *xml, struct def **ret_def)
{
	CLEANUP(cleanup_xml_doc)
	xmlDoc *doc = xml_parse(xml, "network_update_xml", NULL, FROM_NETWORK);
	CLEANUP(cleanup_def) struct def *changed = doc ? def_copy(def) : NULL, *read = NULL;
	struct update u = {.command = command, .index = parent};
	int rc;

	if (!changed)
		return -1;
	u.root = changed->root;
	u.c = (struct conf){.root = u.root, .error_domain = FROM_NETWORK, .data = &u.part};
	if (!(u.section = find_section(section, &u.c)))
		return -1;
	rc = update(&u, xmlDocGetRootElement(doc));
	node_free(u.n);
	if (rc < 0 || def_reparse(changed, &read) < 0)
		return -1;
	*ret_def = steal(&changed);
	return 0;
}
