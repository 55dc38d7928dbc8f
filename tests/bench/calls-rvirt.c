/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The calls of bench-calls.h in rvirt's words.
 */
#include "config.h"
#include "bench-calls.h"

#include <rvirt/rvirt.h>
#include <stddef.h>

#include "bench.h"

void *api_open(const char *uri)
{
	struct rvirt_conn *conn = rvirt_open(uri, NULL);

	if (!conn)
		bench_die("cannot open %s: %s", uri, rvirt_last_error().message);
	return conn;
}

void api_close(void *conn)
{
	rvirt_close(conn);
}

void *api_lookup(void *conn, const char *name)
{
	struct rvirt_domain *domain = rvirt_domain_by_name(conn, name);

	if (!domain)
		bench_die("no domain %s: %s", name, rvirt_last_error().message);
	return domain;
}

void api_release(void *domain)
{
	rvirt_domain_free(domain);
}

int api_info(void *domain)
{
	struct rvirt_wire_domain_get_info_ret info;

	if (rvirt_domain_info(domain, &info) < 0)
		bench_die("%s", rvirt_last_error().message);
	return info.nr_virt_cpu;
}
