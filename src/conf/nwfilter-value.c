/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One row for each attribute: what it holds.
 */
#include "config.h"
#include "conf/nwfilter-value.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "conf/address.h"
#include "conf/value.h"

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
enum { COMMENT_MAX = 256 };

/* A number's name. */
struct name {
	const char *name;
	unsigned number;
};

static const struct name ether_types[] = {{"arp", 0x806},   {"rarp", 0x8035}, {"ipv4", 0x800},
										  {"ipv6", 0x86dd}, {"vlan", 0x8100}, {NULL}};
static const struct name opcodes[] = {{"Request", 1},         {"Reply", 2},
									  {"Request_Reverse", 3}, {"Reply_Reverse", 4},
									  {"DRARP_Request", 5},   {"DRARP_Reply", 6},
									  {"DRARP_Error", 7},     {"InARP_Request", 8},
									  {"ARP_NAK", 9},         {NULL}};
static const struct name ip_protocols[] = {
	{"tcp", 6},  {"udp", 17}, {"udplite", 136}, {"esp", 50},    {"ah", 51},
	{"icmp", 1}, {"igmp", 2}, {"sctp", 132},    {"icmpv6", 58}, {NULL}};
static const struct name states[] = {{"NEW", 1},     {"ESTABLISHED", 2}, {"RELATED", 4},
									 {"INVALID", 8}, {"NONE", 16},       {NULL}};
static const struct name tcp_flags[] = {{"FIN", 1},  {"SYN", 2},  {"RST", 4},
										{"PSH", 8},  {"ACK", 16}, {"URG", 32},
										{"ALL", 63}, {"NONE", 0}, {NULL}};

static char *printed(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static char *printed(const char *fmt, ...)
{
	struct buf b = {0};
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = buf_vprintf(&b, fmt, ap);
	va_end(ap);
	return rc == 0 ? buf_steal_text(&b) : NULL;
}

/* A decimal number, or else a hexadecimal one, as it was written. */
static char *number(const char *text, unsigned least, unsigned most, bool hex, unsigned *ret_value)
{
	unsigned v;

	if (value_parse_uint(text, 10, &v) == 0) {
		if (ret_value)
			*ret_value = v;
		return v >= least && v <= most ? printed("%u", v) : NULL;
	}
	if (!hex || value_parse_uint(text, 16, &v) < 0 || v < least || v > most)
		return NULL;
	if (ret_value)
		*ret_value = v;
	return printed("0x%x", v);
}

/* A number that may have a name. */
static char *named(const struct name *names, const char *text, unsigned least, unsigned most,
				   bool hex_shown)
{
	unsigned v = 0;
	char *plain;

	for (const struct name *n = names; n->name; n++)
		if (strcasecmp(n->name, text) == 0)
			return strdup(n->name);
	if (!(plain = number(text, least, most, true, &v)))
		return NULL;
	for (const struct name *n = names; n->name; n++) {
		if (n->number == v) {
			free(plain);
			return strdup(n->name);
		}
	}
	if (hex_shown)
		return plain;
	free(plain);
	return printed("%u", v);
}

static char *mac(const char *text, bool mask)
{
	unsigned char m[6];
	bool zero = false;

	if (value_parse_mac(text, m) < 0)
		return NULL;
	for (int i = 0; mask && i < 48; i++) {
		bool one = m[i / 8] >> (7 - i % 8) & 1;

		if (one && zero)
			return NULL;
		zero = zero || !one;
	}
	return printed("%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
}

static char *ip(const char *text, int family)
{
	char out[ADDRESS_TEXT_LEN];
	struct address a;

	return address_parse(text, family, &a) < 0 ? NULL : strdup(address_format(&a, out));
}

static char *ip_mask(const char *text, int family)
{
	struct address a;
	unsigned bits;

	if (value_parse_uint(text, 10, &bits) == 0)
		return bits <= (family == AF_INET ? 32u : 128u) ? printed("%u", bits) : NULL;
	if (address_parse(text, family, &a) < 0 || address_mask_prefix(&a) < 0)
		return NULL;
	return printed("%d", address_mask_prefix(&a));
}

/* Names with commas or blanks between them, as bits. -1 if one is unknown. */
static int parse_bits(const struct name *names, const char *text, size_t len)
{
	const char *end = text + len;
	int bits = 0;

	while (text < end) {
		const struct name *n = names;

		if (isspace((unsigned char)*text) || *text == ',') {
			text++;
			continue;
		}
		while (n->name && strncasecmp(n->name, text, strlen(n->name)) != 0)
			n++;
		if (!n->name)
			return -1;
		bits |= (int)n->number;
		text += strlen(n->name);
	}
	return bits;
}

static int put_bits(struct buf *b, const struct name *names, int bits)
{
	bool first = true;

	for (int bit = 1; bit <= 32; bit <<= 1) {
		for (const struct name *n = names; n->name && (bits & bit); n++) {
			if (n->number != (unsigned)bit)
				continue;
			if ((!first && buf_puts(b, ",") < 0) || buf_puts(b, n->name) < 0)
				return -1;
			first = false;
		}
	}
	return buf_puts(b, "");
}

static char *state(const char *text)
{
	int bits = parse_bits(states, text, strlen(text));
	struct buf b = {0};

	if (bits < 0)
		return NULL;
	return put_bits(&b, states, bits & 16 ? 16 : bits) < 0 ? NULL : buf_steal_text(&b);
}

static int put_flags(struct buf *b, int flags)
{
	if (flags == 0)
		return buf_puts(b, "NONE");
	return flags == 63 ? buf_puts(b, "ALL") : put_bits(b, tcp_flags, flags);
}

static char *flags(const char *text)
{
	const char *slash = strchr(text, '/');
	int mask, set;
	struct buf b = {0};

	if (!slash || (mask = parse_bits(tcp_flags, text, (size_t)(slash - text))) < 0 ||
		(set = parse_bits(tcp_flags, slash + 1, strlen(slash + 1))) < 0)
		return NULL;
	if (put_flags(&b, mask) < 0 || buf_puts(&b, "/") < 0 || put_flags(&b, set) < 0)
		return NULL;
	return buf_steal_text(&b);
}

static char *ipset(const char *text)
{
	return strlen(text) < 32 && !text[strspn(text, ALNUM "_.:-+ ")] ? strdup(text) : NULL;
}

static char *ipset_flags(const char *text)
{
	struct buf b = {0};

	for (int i = 0; i < 6; i++) {
		bool src = strncasecmp(text, "src", 3) == 0;

		if (!src && strncasecmp(text, "dst", 3) != 0)
			break;
		if (buf_puts(&b, i ? "," : "") < 0 || buf_puts(&b, src ? "src" : "dst") < 0)
			return NULL;
		text += 3;
		if (!*text)
			return buf_steal_text(&b);
		if (*text++ != ',')
			break;
	}
	buf_clear(&b);
	return NULL;
}

/* $NAME, $NAME[INDEX] or $NAME[@ITERATOR]. */
static char *variable(const char *text)
{
	size_t len = strspn(text + 1, ALNUM "_") + 1;
	const char *p = text + len;
	unsigned v = 0;
	bool iterator;
	char *end;

	if (len < 2)
		return NULL;
	if (!*p)
		return strdup(text);
	if (*p++ != '[')
		return NULL;
	p += strspn(p, " \t\n");
	iterator = *p == '@';
	p += iterator;
	if (!isdigit((unsigned char)*p))
		return NULL;
	v = (unsigned)strtoul(p, &end, 10);
	end += strspn(end, " \t\n");
	if (strcmp(end, "]") != 0 || (iterator && v > 65535))
		return NULL;
	if (iterator && v == 0)
		return printed("%.*s", (int)len, text);
	return printed(iterator ? "%.*s[@%u]" : "%.*s[%u]", (int)len, text, v);
}

enum kind {
	UINT8,
	UINT16,
	UINT32,
	DECIMAL,
	DSCP,
	VLAN,
	MAC,
	MAC_MASK,
	IP,
	IP_MASK,
	IPV4,
	ETHER,
	ENCAP,
	OPCODE,
	PROTOCOL,
	STATE,
	TCP_FLAGS,
	IPSET,
	IPSET_FLAGS,
	BOOLEAN,
	COMMENT
};

/* To add an attribute: its row. */
static const struct {
	const char *attr;
	enum kind kind;
} kinds[] = {
	{"srcmacaddr", MAC},
	{"srcmacmask", MAC_MASK},
	{"dstmacaddr", MAC},
	{"dstmacmask", MAC_MASK},
	{"arpsrcmacaddr", MAC},
	{"arpdstmacaddr", MAC},
	{"root-address", MAC},
	{"root-address-mask", MAC_MASK},
	{"sender-address", MAC},
	{"sender-address-mask", MAC_MASK},
	{"srcipaddr", IP},
	{"srcipmask", IP_MASK},
	{"dstipaddr", IP},
	{"dstipmask", IP_MASK},
	{"arpsrcipaddr", IP},
	{"arpsrcipmask", IP_MASK},
	{"arpdstipaddr", IP},
	{"arpdstipmask", IP_MASK},
	{"srcipfrom", IP},
	{"srcipto", IP},
	{"dstipfrom", IP},
	{"dstipto", IPV4},
	{"protocolid", ETHER},
	{"encap-protocol", ENCAP},
	{"opcode", OPCODE},
	{"protocol", PROTOCOL},
	{"state", STATE},
	{"ipset", IPSET},
	{"ipsetflags", IPSET_FLAGS},
	{"gratuitous", BOOLEAN},
	{"comment", COMMENT},
	{"vlanid", VLAN},
	{"dscp", DSCP},
	{"type", UINT8},
	{"typeend", UINT8},
	{"code", UINT8},
	{"codeend", UINT8},
	{"option", UINT8},
	{"root-cost", UINT32},
	{"root-cost-hi", UINT32},
	{"connlimit-above", DECIMAL},
};

static enum kind kind_of(const char *protocol, const char *attr)
{
	if (strcmp(attr, "flags") == 0)
		return strcmp(protocol, "stp") == 0 ? UINT8 : TCP_FLAGS;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(kinds[i].attr, attr) == 0)
			return kinds[i].kind;
	return UINT16;
}

static char *number_value(enum kind kind, const char *text)
{
	switch (kind) {
	case UINT8:
		return number(text, 0, 0xff, true, NULL);
	case UINT32:
		return number(text, 0, 0xffffffff, true, NULL);
	case DECIMAL:
		return number(text, 0, 0xffff, false, NULL);
	case DSCP:
		return number(text, 0, 63, true, NULL);
	case VLAN:
		return number(text, 0, 4095, true, NULL);
	case ETHER:
		return named(ether_types, text, 0x600, 0xffff, true);
	case ENCAP:
		return named(ether_types, text, 0x3c, 0xffff, true);
	case OPCODE:
		return named(opcodes, text, 0, 0xffff, false);
	case PROTOCOL:
		return named(ip_protocols, text, 0, 0xff, true);
	default:
		return number(text, 0, 0xffff, true, NULL);
	}
}

char *nwfilter_value(const char *protocol, const char *attr, const char *text)
{
	const char *six = strstr(protocol, "v6");
	int family = six ? AF_INET6 : AF_INET;
	enum kind kind = kind_of(protocol, attr);

	if (*text == '$')
		return variable(text);
	switch (kind) {
	case MAC:
	case MAC_MASK:
		return mac(text, kind == MAC_MASK);
	case IP:
		return ip(text, family);
	case IPV4:
		return ip(text, AF_INET);
	case IP_MASK:
		return ip_mask(text, family);
	case STATE:
		return state(text);
	case TCP_FLAGS:
		return flags(text);
	case IPSET:
		return ipset(text);
	case IPSET_FLAGS:
		return ipset_flags(text);
	case BOOLEAN:
		return strdup(strcmp(text, "true") == 0 || strcmp(text, "1") == 0 ||
							  strcmp(text, "yes") == 0
						  ? "true"
						  : "false");
	case COMMENT:
		return strndup(text, COMMENT_MAX);
	default:
		return number_value(kind, text);
	}
}
