/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The calls of bench-calls.h in libvirt's words.
 */
#include "config.h"
#include "bench-calls.h"

#include <libvirt/libvirt.h>
#include <stddef.h>

#include "bench.h"

void *api_open(const char *uri)
{
	virConnectPtr conn = virConnectOpen(uri);

	if (!conn)
		bench_die("cannot open %s", uri);
	return conn;
}

void api_close(void *conn)
{
	virConnectClose(conn);
}

void *api_lookup(void *conn, const char *name)
{
	virDomainPtr domain = virDomainLookupByName(conn, name);

	if (!domain)
		bench_die("no domain %s", name);
	return domain;
}

void api_release(void *domain)
{
	virDomainFree(domain);
}

int api_info(void *domain)
{
	virDomainInfo info;

	if (virDomainGetInfo(domain, &info) < 0)
		bench_die("virDomainGetInfo");
	return info.nrVirtCpu;
}
