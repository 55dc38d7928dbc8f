/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The test driver: a made-up host whose domains are only remembered. It answers as libvirt's driver
 * of the same name does, so that programs can be tried without a hypervisor.
 *
 *     test:///default        the same host for all connections that are open at the same time
 *     test:///path/node.xml  a host of one's own, as a file describes it
 */
#ifndef DRIVERS_TEST_TEST_H
#define DRIVERS_TEST_TEST_H

#include "drivers/driver.h"

extern const struct driver test_driver;

#endif
