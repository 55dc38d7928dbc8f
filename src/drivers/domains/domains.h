/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What every driver of domains knows of one, and the list of them: found by UUID, name and id,
 * defined, made active and inactive, filtered. Which guest is behind it, and the lock over the
 * list, are the driver's.
 */
#ifndef DRIVERS_DOMAINS_DOMAINS_H
#define DRIVERS_DOMAINS_DOMAINS_H

#include "conf/domain.h"
#include "drivers/domains/moments.h"
#include "drivers/driver.h"

#include <rvirt/constants.h>
#include <uthash.h>

/* A driver's own struct begins with it. */
struct domain {
	unsigned char uuid[UUID_LEN];
	char *name;
	int id; /* -1: not active */
	int state, reason;
	bool persistent, autostart, managed_save;
	struct domain_def *def;  /* of what runs, else what is defined */
	struct domain_def *next; /* while it runs: what it will be when it stops, or NULL */
	struct moments snapshots, checkpoints;
	UT_hash_handle hh, hh_name, hh_id;
};

struct domains {
	struct domain *all, *by_name, *by_id; /* uthash heads; all keeps the order of making */
	int next_id;
	int error_domain;   /* of errors that are the driver's: FROM_TEST … */
	const char *prefix; /* how messages begin the names of its functions: "test" */
	/* A new domain of the driver, zeroed; NULL with NO_MEMORY. */
	struct domain *(*make)(struct domains *list);
	/* It is in no list any more: frees it, domain_clear() first, once nobody uses it. */
	void (*free)(struct domain *d);
};

/* The domain that a caller means. NULL with NO_DOMAIN set, naming it. */
struct domain *domains_find(const struct domains *list, const struct rvirt_wire_domain *dom);

/* NULL, without an error, if there is none. */
struct domain *domains_by_uuid(const struct domains *list, const unsigned char uuid[UUID_LEN]);
struct domain *domains_by_name(const struct domains *list, const char *name);
struct domain *domains_by_id(const struct domains *list, int id);

/* The domain if it is active; NULL with OPERATION_INVALID set if not, or as domains_find(). */
struct domain *domains_find_active(const struct domains *list, const struct rvirt_wire_domain *dom);

/* Puts a definition, which it takes over, in the list: as a new domain, or as that of the domain
 * with this name and UUID. live: it is about to run, and nothing else may run under its name; else
 * it is what will run the next time. NULL with the error set. */
struct domain *domains_add(struct domains *list, struct domain_def **def, bool live, bool *ret_new);

/* The checks of domains_add() alone. *ret is the domain that it would change, or NULL. 0 or -1. */
int domains_check_add(const struct domains *list, const struct domain_def *def, bool live,
					  struct domain **ret);

void domains_remove(struct domains *list, struct domain *d);

/* Frees what it holds, and not itself. */
void domain_clear(struct domain *d);
void domains_clear(struct domains *list);

/* Makes it active and running, under the next id. 0 or -1. */
int domains_start(struct domains *list, struct domain *d, int reason);

/* Gives it the id that it had when the daemon ended. */
void domains_take_id(struct domains *list, struct domain *d, int id);

/* Makes it inactive; one without a definition for the next time keeps id and definition, since it
 * is about to be removed. */
void domains_shut(struct domains *list, struct domain *d, int reason);

int domains_rename(struct domains *list, struct domain *d, const char *name);

static inline bool domain_active(const struct domain *d)
{
	return d->id != -1;
}

static inline void domain_set_state(struct domain *d, int state, int reason)
{
	d->state = state;
	d->reason = reason;
}

/* What travels of it. 0, or -1 with NO_MEMORY. */
int domain_wire(const struct domain *d, struct rvirt_wire_domain *ret);

/* The definitions that flags (RVIRT_DOMAIN_AFFECT_…) mean: both of a running domain at the most.
 * Either is NULL where it is not meant. 0, or -1 with OPERATION_INVALID. */
int domain_defs(struct domain *d, unsigned flags, struct domain_def **ret_live,
				struct domain_def **ret_config);

/* The one definition that flags mean. ret_live may be NULL. NULL with the error set. */
struct domain_def *domain_one_def(struct domain *d, unsigned flags, bool *ret_live);

/* -- list.c: the lists that clients ask for. flags were checked by the caller -- */

/* Whether the filters of CONNECT_LIST_ALL_DOMAINS let it pass. */
bool domain_matches(const struct domain *d, unsigned flags);

enum {
	DOMAINS_LIST_MAX = 16384,
	DOMAINS_LIST_ALL = 65535,     /* all filters of CONNECT_LIST_ALL_DOMAINS */
	DOMAINS_LIST_FOR_STATS = 255, /* those that statistics in bulk know too */
};

int domains_list_ids(const struct domains *list, const struct rvirt_wire_maxids_args *args,
					 struct rvirt_wire_ids_ret *ret);
int domains_list_defined(const struct domains *list, const struct rvirt_wire_maxnames_args *args,
						 struct rvirt_wire_names_ret *ret);
int domains_list_all(const struct domains *list,
					 const struct rvirt_wire_need_results_flags_args *args,
					 struct rvirt_wire_domains_count_ret *ret);
int domains_num(const struct domains *list);
int domains_num_defined(const struct domains *list);

/* -- metadata.c: title, description, and elements of their own -- */

int domain_get_metadata(struct domain *d, const struct rvirt_wire_domain_get_metadata_args *args,
						char **ret_metadata);
/* The checks of the arguments alone, before the domain is looked up. */
int domain_check_get_metadata(const struct rvirt_wire_domain_get_metadata_args *args);
int domain_check_set_metadata(const struct rvirt_wire_domain_set_metadata_args *args);
/* Changes the definitions that flags mean. */
int domain_set_metadata(struct domain *d, const struct rvirt_wire_domain_set_metadata_args *args);
/* The event of it: 0, or -1 if there is no memory. */
int domain_metadata_event(const struct domain *d, int type, const char *uri,
						  struct rvirt_wire_domain_event_callback_metadata_change_msg *ret);

/* -- calls.c: arguments; 0, or -1 with the error set -- */

int domain_check_cpu_stats(const struct rvirt_wire_domain_get_cpu_stats_args *args);
/* "on_crash", "coredump-destroy" */
int domain_read_lifecycle(unsigned type, unsigned action, const char **ret_event,
						  const char **ret_action);
/* The size that a domain has when it starts, where nothing else says that. */
int domain_change_max_memory(struct domain_def *def, unsigned long long kib, int error_domain);

#endif
