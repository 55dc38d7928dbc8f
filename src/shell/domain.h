/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the commands on domains share: the domain that a line names, the words for states, sending
 * calls on many domains at once.
 */
#ifndef SHELL_DOMAIN_H
#define SHELL_DOMAIN_H

#include "args.h"

#include "base/cleanup.h"

enum domain_by { BY_ID = 1, BY_UUID = 2, BY_NAME = 4, BY_ANY = 7 };

/* Finds the domain of option "domain" in one round trip, whatever it may be. 0 with *ret to be
 * released by domain_clear(), or -1 with the error reported. */
int domain_find(struct shell *sh, const struct invocation *in, unsigned by,
				struct rvirt_wire_domain *ret);

/* The same for several at once; *ret_domains as the names are, each to be released, and the array
 * to be freed. */
int domain_find_all(struct shell *sh, const char *const *names, size_t n, unsigned by,
					struct rvirt_wire_domain **ret_domains);

/* Reads a UUID, with dashes or without. */
bool domain_parse_uuid(const char *text, unsigned char ret[RVIRT_UUID_LEN]);

/* Waits for a call that may not have been sent (NULL). */
int domain_wait(struct rvirt_call *call, void *ret);

/* A text that a call only reads, as the calls' structs want it. */
static inline char *borrow(const char *text)
{
	union {
		const char *theirs;
		char *ours;
	} u = {text};

	return u.ours;
}

/* Whether text is a UUID, which is then *ret. */
bool domain_parse_uuid(const char *text, unsigned char ret[RVIRT_UUID_LEN]);

void domain_clear(struct rvirt_wire_domain *dom);
#define CLEANUP_DOMAIN CLEANUP(domain_clear)

static inline struct rvirt_wire_dom_args domain_args(const struct rvirt_wire_domain *dom)
{
	return (struct rvirt_wire_dom_args){*dom};
}

static inline struct rvirt_wire_dom_flags_args
domain_flags_args(const struct rvirt_wire_domain *dom, unsigned flags)
{
	return (struct rvirt_wire_dom_flags_args){*dom, flags};
}

/* {"name": …, "uuid": …, "id": … or null} */
struct json_t *domain_json(const struct rvirt_wire_domain *dom);

/* The words for a state and a reason of the protocol's numbers. */
const char *domain_state_text(int state);
const char *domain_reason_text(int state, int reason);

/* A domain's XML; NULL with the error reported. */
char *domain_xml(struct shell *sh, const struct rvirt_wire_domain *dom, unsigned flags);

/* Asks for the title or description without waiting, and waits for it: an empty text when there is
 * none, NULL with the library's error set. */
struct rvirt_call *domain_send_description(struct shell *sh, const struct rvirt_wire_domain *dom,
										   int type, unsigned flags);
char *domain_wait_description(struct shell *sh, const struct rvirt_wire_domain *dom, int type,
							  unsigned flags, struct rvirt_call *call);

/* --current, --live and --config as flags. 0, or -1 with the error reported: they exclude each
 * other. */
int domain_affect(struct shell *sh, const struct invocation *in, unsigned *ret_flags);

/* {"name", "uuid", "result"}: what a command did to a domain, as its JSON. Returns 0. */
int domain_done(struct shell *sh, const struct rvirt_wire_domain *dom, const char *result);

/* Completes names of domains; what: flags of enum list_flag, 0 for all. */
void domain_complete(struct shell *sh, const struct invocation *in, unsigned what,
					 struct strings *to);

/* A row for the argument "domain"; what as above. */
#define ARG_DOMAIN(help_, what_)                                                                   \
	{                                                                                              \
		"domain", ARG_DATA, help_, 0, domain_complete, what_                                       \
	}
#define ARG_DOMAIN_ANY(what_) ARG_DOMAIN("name, id or UUID of the domain", what_)

/* The rows of --config, --live and --current. */
#define ARG_AFFECT_CONFIG                                                                          \
	{                                                                                              \
		"config", ARG_BOOL, "from the next boot on"                                                \
	}
#define ARG_AFFECT_LIVE                                                                            \
	{                                                                                              \
		"live", ARG_BOOL, "now, on the running guest"                                              \
	}
#define ARG_AFFECT_CURRENT                                                                         \
	{                                                                                              \
		"current", ARG_BOOL, "now or from the next boot on, by its state"                          \
	}
#define ARGS_AFFECT ARG_AFFECT_CONFIG, ARG_AFFECT_LIVE, ARG_AFFECT_CURRENT

#endif
