/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Domains: handles, and the calls that people need most. Included by <rvirt/rvirt.h>, whose
 * conventions hold here too. A handle needs its connection open.
 */
#ifndef RVIRT_DOMAIN_H
#define RVIRT_DOMAIN_H

#include <rvirt/protocol.h>

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rvirt_conn;
struct rvirt_domain;

/* All domains that match the flags of CONNECT_LIST_ALL_DOMAINS (0: all), in one call. Each is
 * released with rvirt_domain_free(), the array with free(). */
int rvirt_domain_list(struct rvirt_conn *conn, unsigned flags, struct rvirt_domain ***ret_domains,
					  size_t *ret_n);
struct rvirt_domain *rvirt_domain_by_id(struct rvirt_conn *conn, int id);
struct rvirt_domain *rvirt_domain_by_name(struct rvirt_conn *conn, const char *name);
struct rvirt_domain *rvirt_domain_by_uuid(struct rvirt_conn *conn,
										  const unsigned char uuid[RVIRT_UUID_LEN]);
void rvirt_domain_free(struct rvirt_domain *dom);

struct rvirt_conn *rvirt_domain_conn(struct rvirt_domain *dom);
const char *rvirt_domain_name(const struct rvirt_domain *dom);
const unsigned char *rvirt_domain_uuid(const struct rvirt_domain *dom);
int rvirt_domain_id(const struct rvirt_domain *dom); /* -1: not running when it was looked up */

/* The handle as the protocol has it, to fill in the arguments of <rvirt/calls.h>; borrowed from
 * dom. */
struct rvirt_wire_domain rvirt_domain_wire(const struct rvirt_domain *dom);

struct rvirt_domain *rvirt_domain_define(struct rvirt_conn *conn, const char *xml, unsigned flags);
struct rvirt_domain *rvirt_domain_create_xml(struct rvirt_conn *conn, const char *xml,
											 unsigned flags);
int rvirt_domain_start(struct rvirt_domain *dom, unsigned flags);
int rvirt_domain_suspend(struct rvirt_domain *dom);
int rvirt_domain_resume(struct rvirt_domain *dom);
int rvirt_domain_shutdown(struct rvirt_domain *dom, unsigned flags);
int rvirt_domain_reboot(struct rvirt_domain *dom, unsigned flags);
int rvirt_domain_reset(struct rvirt_domain *dom);
int rvirt_domain_destroy(struct rvirt_domain *dom, unsigned flags);
int rvirt_domain_undefine(struct rvirt_domain *dom, unsigned flags);
int rvirt_domain_state(struct rvirt_domain *dom, int *ret_state, int *ret_reason);
int rvirt_domain_info(struct rvirt_domain *dom, struct rvirt_wire_domain_get_info_ret *ret_info);
char *rvirt_domain_xml(struct rvirt_domain *dom, unsigned flags);
int rvirt_domain_autostart(struct rvirt_domain *dom, int *ret_autostart);
int rvirt_domain_set_autostart(struct rvirt_domain *dom, int autostart);

#ifdef __cplusplus
}
#endif

#endif
