/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The filter of network traffic as a kind of definition, and what its rules mean: the elements of a
 * rule are one set of attributes, each to be matched or (match='no') not, and are written as few
 * elements as say so.
 */
#include "config.h"
#include "conf/nwfilter.h"

#include <stdlib.h>
#include <strings.h>

#include "conf/common-rules.h"
#include "conf/nwfilter-format.h" /* the rules that nwfilter.fmt names: rule_NAME() */
#include "conf/nwfilter-value.h"
#include "conf/schema.h"
#include "conf/value.h"

#define refuse(...) error_set(FROM_NWFILTER, ERR_INTERNAL_ERROR, __VA_ARGS__)
#define refuse_arg(...) error_set(FROM_NWFILTER, ERR_INVALID_ARG, __VA_ARGS__)

enum { PRIORITY_MAX = 1000, CHAIN_MAX = 12 };

const struct def_kind *def_kind_nwfilter(void)
{
	static const char *const files[] = SCHEMA_FILES("nwfilter.rng");
	static struct schema schema = SCHEMA(files);
	static const struct def_kind kind = {.root = "filter",
										 .what = "(nwfilter_definition)",
										 .name_attr = true,
										 .error_domain = FROM_NWFILTER,
										 .format = format_filter,
										 .schema = &schema};

	return &kind;
}

/* The chains, and where they stand among each other. */
static const struct {
	const char *name;
	int priority;
} chains[] = {{"root", 0},   {"mac", -800},  {"vlan", -750}, {"stp", 0},
			  {"arp", -500}, {"rarp", -400}, {"ipv4", -700}, {"ipv6", -600}};
enum { N_CHAINS = sizeof chains / sizeof chains[0] };

/* The row of a chain's name, which begins with it; -1 with the error set if there is none. */
static int find_chain(const char *name)
{
	if (strlen(name) > CHAIN_MAX)
		return refuse_arg("Name of chain is longer than %u characters", CHAIN_MAX);
	if (name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:-")])
		return refuse_arg("Chain name contains invalid characters");
	if (strcmp(name, "root") == 0)
		return 0;
	for (int i = 1; i < N_CHAINS && !starts(name, "root"); i++) {
		if (starts(name, chains[i].name))
			return i;
	}
	return refuse_arg(
		"Invalid chain name '%s'. Please use a chain name called 'root' or any of the "
		"following prefixes: mac, vlan, stp, arp, rarp, ipv4, ipv6",
		name);
}

int rule_nwfilter_chain(struct conf *c, struct node *n)
{
	const char *text = node_attr(n, "priority");
	bool given = xmlHasProp(n->in, (const xmlChar *)"chain");
	int priority = 0, chain;

	(void)c;
	if (text && value_parse_int(text, 10, &priority) < 0)
		return refuse_arg("Could not parse chain priority '%s'", text);
	if (priority < -PRIORITY_MAX || priority > PRIORITY_MAX)
		return refuse_arg("Priority '%d' is outside valid range of [%d,%d]", priority,
						  -PRIORITY_MAX, PRIORITY_MAX);
	if ((chain = find_chain(node_attr(n, "chain"))) < 0)
		return -1;
	if (!text)
		priority = chains[chain].priority;
	if (!given || priority == 0)
		return node_set(n, "priority", NULL);
	return node_setf(n, "priority", "%d", priority);
}

/* Which attributes are to be matched together with another. */
static const struct {
	const char *attr, *with;
} followers[] = {
	{"srcmacmask", "srcmacaddr"},
	{"dstmacmask", "dstmacaddr"},
	{"root-priority-hi", "root-priority"},
	{"root-address-mask", "root-address"},
	{"root-cost-hi", "root-cost"},
	{"sender-priority-hi", "sender-priority"},
	{"sender-address-mask", "sender-address"},
	{"port-hi", "port"},
	{"age-hi", "age"},
	{"max-age-hi", "max-age"},
	{"hello-time-hi", "hello-time"},
	{"forward-delay-hi", "forward-delay"},
	{"srcipmask", "srcipaddr"},
	{"dstipmask", "dstipaddr"},
	{"srcipto", "srcipfrom"},
	{"dstipto", "dstipfrom"},
	{"srcportend", "srcportstart"},
	{"dstportstart", "srcportstart"},
	{"dstportend", "srcportstart"},
	{"typeend", "type"},
	{"code", "type"},
	{"codeend", "type"},
};

/* The attributes of a rule's elements, as one: all in the first node. */
struct match {
	struct node *n;
	const char *negated[64]; /* their names */
	size_t n_negated;
};

static bool is_negated(const struct match *m, const char *attr)
{
	for (size_t i = 0; i < m->n_negated; i++) {
		if (strcmp(m->negated[i], attr) == 0)
			return true;
	}
	return false;
}

static void negate(struct match *m, const char *attr, bool on)
{
	for (size_t i = 0; i < m->n_negated; i++) {
		if (strcmp(m->negated[i], attr) != 0)
			continue;
		if (!on)
			m->negated[i] = m->negated[--m->n_negated];
		return;
	}
	if (on && m->n_negated < sizeof m->negated / sizeof *m->negated)
		m->negated[m->n_negated++] = attr;
}

/* Reads the attributes of one element into the set. Of several faults the last is told, as libvirt
 * does. */
static int take(struct match *m, const struct node *n)
{
	bool no = is(n, "match", "no");
	int rc = 0;

	for (size_t i = 0; i < n->nattrs; i++) {
		const char *attr = n->attrs[i].name, *text = n->attrs[i].value;
		CLEANUP_FREE char *value = NULL;

		if (strcmp(attr, "match") == 0)
			continue;
		if (!(value = nwfilter_value(node_name(n), attr, text))) {
			rc = refuse("%s has illegal value %s", attr, text);
			continue;
		}
		if (node_set(m->n, attr, value) < 0)
			return -1;
		negate(m, attr, no);
	}
	return rc;
}

static bool has_ports(const struct node *n)
{
	return node_attr(n, "srcportstart") || node_attr(n, "srcportend") ||
		   node_attr(n, "dstportstart") || node_attr(n, "dstportend");
}

static int check_ports(const struct node *n)
{
	static const char *const with_ports[] = {"tcp", "udp", "sctp", "33", "0x21"};
	bool ip = strcmp(node_name(n), "ip") == 0;

	if ((!ip && strcmp(node_name(n), "ipv6") != 0) || !has_ports(n))
		return 0;
	for (size_t i = 0; i < sizeof with_ports / sizeof *with_ports; i++) {
		if (is(n, "protocol", with_ports[i]))
			return 0;
	}
	return refuse(
		"%s rule with port specification requires protocol specification with protocol to "
		"be either one of tcp(6), udp(17), dccp(33), or sctp(132)",
		ip ? "IP" : "IPv6");
}

/* An IP set is matched by the source unless flags say else, which libvirt knows of no more. */
static int fix_ipset(struct node *n)
{
	if (starts(node_name(n), "all"))
		return 0;
	if (node_attr(n, "ipset") && !node_attr(n, "ipsetflags"))
		return node_set(n, "ipsetflags", "src");
	return node_set(n, "ipset", NULL) < 0 ? -1 : node_set(n, "ipsetflags", NULL);
}

static void fix_negations(struct match *m)
{
	bool l3 = !starts(node_name(m->n), "arp") && !starts(node_name(m->n), "rarp");
	bool ip = strcmp(node_name(m->n), "ip") == 0 || strcmp(node_name(m->n), "ipv6") == 0;

	for (size_t i = 0; l3 && i < sizeof followers / sizeof *followers; i++) {
		/* of whole IP packets libvirt forgets some */
		if (ip && (strstr(followers[i].attr, "mac") || strstr(followers[i].attr, "port")))
			continue;
		negate(m, followers[i].attr, is_negated(m, followers[i].with));
	}
}

/* Parts the set where it changes between matched and not matched. */
static int part(struct match *m, struct node *rule)
{
	struct node *all = m->n, *n = NULL;
	bool no = false;

	node_unlink(all);
	for (size_t i = 0; i < all->nattrs; i++) {
		const char *attr = all->attrs[i].name;

		if (!n || no != is_negated(m, attr)) {
			no = is_negated(m, attr);
			if (!(n = node_add(rule, node_name(all))) || (no && node_set(n, "match", "no") < 0))
				break;
		}
		if (node_set(n, attr, all->attrs[i].value) < 0) {
			n = NULL;
			break;
		}
	}
	if (all->nattrs == 0)
		n = node_add(rule, node_name(all));
	node_free(all);
	return n ? 0 : -1;
}

/* The element that says which protocol a rule is about: the first that is known. */
static struct node *find_protocol(const struct node *rule)
{
	for (const xmlNode *e = rule->in->children; e; e = e->next) {
		for (struct node *n = rule->children; n; n = n->next) {
			if (n->in == e)
				return n;
		}
	}
	return NULL;
}

static int read_protocol(struct node *rule)
{
	struct match m = {.n = find_protocol(rule)};
	const struct node *first = m.n;
	struct node *copy, *next;
	int rc = 0;

	if (!m.n)
		return 0;
	if (!(copy = node_copy(first)))
		return -1;
	while (copy->nattrs)
		node_set(copy, copy->attrs[0].name, NULL);
	m.n = copy;
	for (struct node *n = rule->children; n && rc == 0; n = n->next) {
		if (strcmp(node_name(n), node_name(first)) == 0 && (rc = take(&m, n)) == 0)
			rc = check_ports(m.n);
	}
	for (struct node *n = rule->children; n; n = next) {
		next = n->next;
		node_remove(n);
	}
	if (rc == 0)
		rc = fix_ipset(copy);
	if (rc < 0) {
		node_free(copy);
		return -1;
	}
	fix_negations(&m);
	return part(&m, rule);
}

int rule_nwfilter_rule(struct conf *c, struct node *n)
{
	const char *match = node_attr(n, "statematch"), *text = node_attr(n, "priority");
	bool no = match && (strcmp(match, "0") == 0 || strcasecmp(match, "false") == 0);
	int priority = 0;

	(void)c;
	if (!text || value_parse_int(text, 10, &priority) < 0 || priority > PRIORITY_MAX ||
		priority < -PRIORITY_MAX)
		priority = PRIORITY_MAX / 2;
	if (node_setf(n, "priority", "%d", priority) < 0 ||
		node_set(n, "statematch", no ? "false" : NULL) < 0)
		return -1;
	return read_protocol(n);
}

int rule_nwfilter_filterref(struct conf *c, struct node *n)
{
	(void)c;
	/* these are libvirt's words */
	if (!xmlHasProp(n->in, (const xmlChar *)"filter"))
		return refuse("rule node requires action attribute");
	return 0;
}
