/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Migration: a guest, or the definition of one, goes to another host. Included by <rvirt/rvirt.h>,
 * whose conventions hold here too.
 *
 * Flags are RVIRT_MIGRATE_… of <rvirt/constants.h>. Parameters are typed, by the names below, each
 * at most once but for RVIRT_MIGRATE_PARAM_MIGRATE_DISKS and RVIRT_MIGRATE_PARAM_COMPRESSION.
 *
 * While a migration is under way its thread waits; another one may ask how far it is
 * (DOMAIN_GET_JOB_STATS), limit it (DOMAIN_MIGRATE_SET_MAX_SPEED, …_MAX_DOWNTIME) and end it
 * (DOMAIN_ABORT_JOB) on the connection of the source. Whatever fails, in whichever phase: the guest
 * goes on where it was, and nothing of it is left on the destination. The one exception is a
 * connection to the destination that is lost after everything was sent: who has the guest then is
 * not known here, and the error says so.
 */
#ifndef RVIRT_MIGRATE_H
#define RVIRT_MIGRATE_H

#include <rvirt/protocol.h>

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rvirt_conn;
struct rvirt_domain;

/* Where the source's hypervisor reaches the destination's: "tcp://host:49152"; text. */
#define RVIRT_MIGRATE_PARAM_URI "migrate_uri"
#define RVIRT_MIGRATE_PARAM_DEST_NAME "destination_name" /* another name there; text */
#define RVIRT_MIGRATE_PARAM_DEST_XML "destination_xml"   /* the guest's XML there; text */
#define RVIRT_MIGRATE_PARAM_PERSIST_XML "persistent_xml" /* its definition's there; text */
#define RVIRT_MIGRATE_PARAM_BANDWIDTH "bandwidth"        /* MiB a second at most; ullong */
#define RVIRT_MIGRATE_PARAM_GRAPHICS_URI "graphics_uri"  /* where viewers go to; text */
#define RVIRT_MIGRATE_PARAM_LISTEN_ADDRESS "listen_address"
#define RVIRT_MIGRATE_PARAM_MIGRATE_DISKS                                                          \
	"migrate_disks"                                   /* a disk to copy, by its target; text       \
													   */
#define RVIRT_MIGRATE_PARAM_DISKS_PORT "disks_port"   /* int */
#define RVIRT_MIGRATE_PARAM_DISKS_URI "disks_uri"     /* text */
#define RVIRT_MIGRATE_PARAM_COMPRESSION "compression" /* "mt", "xbzrle"; text */
#define RVIRT_MIGRATE_PARAM_COMPRESSION_MT_LEVEL "compression.mt.level"         /* int */
#define RVIRT_MIGRATE_PARAM_COMPRESSION_MT_THREADS "compression.mt.threads"     /* int */
#define RVIRT_MIGRATE_PARAM_COMPRESSION_MT_DTHREADS "compression.mt.dthreads"   /* int */
#define RVIRT_MIGRATE_PARAM_COMPRESSION_XBZRLE_CACHE "compression.xbzrle.cache" /* ullong */
#define RVIRT_MIGRATE_PARAM_AUTO_CONVERGE_INITIAL "auto_converge.initial"       /* percent; int */
#define RVIRT_MIGRATE_PARAM_AUTO_CONVERGE_INCREMENT "auto_converge.increment"   /* percent; int */
#define RVIRT_MIGRATE_PARAM_BANDWIDTH_POSTCOPY "bandwidth.postcopy"             /* ullong */
#define RVIRT_MIGRATE_PARAM_PARALLEL_CONNECTIONS "parallel.connections"         /* int */
#define RVIRT_MIGRATE_PARAM_TLS_DESTINATION "tls.destination"                   /* text */

/* Migrates dom to the host of dest: this process speaks with both daemons, the hypervisors with
 * each other. The handle of the domain there, or NULL with the first failure's error. Both hosts
 * have to serve the protocol's version 3 with parameters (libvirt 1.1.0 or later); flags must not
 * ask for RVIRT_MIGRATE_PEER2PEER or RVIRT_MIGRATE_TUNNELLED. */
struct rvirt_domain *rvirt_domain_migrate(struct rvirt_domain *dom, struct rvirt_conn *dest,
										  const struct rvirt_wire_typed_param *params, size_t n,
										  unsigned flags);

/* The source's daemon does it by itself. With RVIRT_MIGRATE_PEER2PEER, dest_uri is what it opens
 * to speak with the destination's, as seen from there; with RVIRT_MIGRATE_TUNNELLED too, the guest
 * travels in that connection. Without, dest_uri is ignored (NULL) and RVIRT_MIGRATE_PARAM_URI names
 * a hypervisor, which few drivers serve. 0, or -1. */
int rvirt_domain_migrate_to_uri(struct rvirt_domain *dom, const char *dest_uri,
								const struct rvirt_wire_typed_param *params, size_t n,
								unsigned flags);

#ifdef __cplusplus
}
#endif

#endif
