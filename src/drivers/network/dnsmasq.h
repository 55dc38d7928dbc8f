/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The dnsmasq of a network: a program that outlives the daemon and is found again by its pid file.
 * Functions that can fail return 0, or -1 with an error of FROM_NETWORK set.
 */
#ifndef DRIVERS_NETWORK_DNSMASQ_H
#define DRIVERS_NETWORK_DNSMASQ_H

#include "drivers/network/dnsmasq-conf.h"

#include <sys/types.h>

/* Where the files of a network of that name are. */
int dnsmasq_files_init(struct dnsmasq_files *files, const char *run_dir, const char *lib_dir,
					   const char *name);
void dnsmasq_files_clear(struct dnsmasq_files *files);
#define CLEANUP_DNSMASQ_FILES __attribute__((cleanup(dnsmasq_files_clear)))

/* Its process, or 0. */
pid_t dnsmasq_find(const struct dnsmasq_files *files);

/* Starts it if the network has anything to serve; it answers when this returns. */
int dnsmasq_start(const struct dnsmasq_files *files, const struct def *def);

/* Ends it, and waits for its end. Its leases stay. */
void dnsmasq_stop(const struct dnsmasq_files *files);

/* Tells it of other hosts and names; starts it if it does not run. */
int dnsmasq_refresh(const struct dnsmasq_files *files, const struct def *def);

#endif
