/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The integers that travel: states, reasons, flags, event numbers. Their values are the protocol's;
 * the names are libvirt's with RVIRT_ for VIR_. Which call takes which flags is said by the name:
 * RVIRT_CONNECT_LIST_DOMAINS_… is for CONNECT_LIST_ALL_DOMAINS, RVIRT_DOMAIN_XML_… for
 * DOMAIN_GET_XML_DESC.
 */
#ifndef RVIRT_CONSTANTS_H
#define RVIRT_CONSTANTS_H

#include <rvirt/constants/domain-block.h>
#include <rvirt/constants/domain-device.h>
#include <rvirt/constants/domain-event-detail.h>
#include <rvirt/constants/domain-event.h>
#include <rvirt/constants/domain-guest.h>
#include <rvirt/constants/domain-job.h>
#include <rvirt/constants/domain-state.h>
#include <rvirt/constants/domain-stats.h>
#include <rvirt/constants/domain.h>
#include <rvirt/constants/host.h>
#include <rvirt/constants/interface.h>
#include <rvirt/constants/network.h>
#include <rvirt/constants/nodedev.h>
#include <rvirt/constants/nwfilter.h>
#include <rvirt/constants/qemu.h>
#include <rvirt/constants/secret.h>
#include <rvirt/constants/snapshot.h>
#include <rvirt/constants/storage.h>
#include <rvirt/constants/stream.h>
#include <rvirt/constants/typed-param.h>

#endif
