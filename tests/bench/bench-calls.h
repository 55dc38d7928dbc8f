/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What bench-calls measures of a client library: the same few calls, in libvirt's and in rvirt's
 * words. Failures end the program.
 */
#ifndef BENCH_CALLS_H
#define BENCH_CALLS_H

/* Opaque: the library's own. */
void *api_open(const char *uri);
void api_close(void *conn);
void *api_lookup(void *conn, const char *name);
void api_release(void *domain);

/* DOMAIN_GET_INFO; the number of virtual CPUs. */
int api_info(void *domain);

#endif
