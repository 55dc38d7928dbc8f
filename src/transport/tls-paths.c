/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Looks for certificates: beside each other in a directory, in the user's home, in the
 * system's directories.
 */
#include "config.h"
#include "transport/tls-paths.h"

#include "base/error.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

void tls_paths_clear(struct tls_paths *p)
{
	free(p->ca);
	free(p->crl);
	free(p->cert);
	free(p->key);
	*p = (struct tls_paths){0};
}

/* "DIRECTORY/BELOW" and the rest, a name of one or two parts. */
static int join(const char *directory, const char *below, const char *name, const char *more,
				char **ret)
{
	if (asprintf(ret, "%s/%s%s%s", directory, below, name, more) >= 0)
		return 0;
	*ret = NULL;
	return error_oom();
}

/* One that may not be looked at is there: it fails by its name when it is read. */
static bool exists(const char *path)
{
	return access(path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

static void drop_absent(char **path)
{
	if (*path && !exists(*path))
		free(steal(path));
}

/* All four beside each other in a directory. */
static int fill_in(const char *side, const char *directory, const char *below, struct tls_paths *p)
{
	if (join(directory, below, "cacert", ".pem", &p->ca) < 0 ||
		join(directory, below, "cacrl", ".pem", &p->crl) < 0 ||
		join(directory, below, side, "cert.pem", &p->cert) < 0)
		return -1;
	return join(directory, below, side, "key.pem", &p->key);
}

/* What the user has, and the system's for the rest. */
static int complete(const char *side, const char *system, struct tls_paths *p)
{
	drop_absent(&p->ca);
	drop_absent(&p->crl);
	if (p->cert && (!exists(p->cert) || !exists(p->key))) {
		free(steal(&p->cert));
		free(steal(&p->key));
	}
	if ((!p->ca && join(system, "CA/", "cacert", ".pem", &p->ca) < 0) ||
		(!p->crl && join(system, "CA/", "cacrl", ".pem", &p->crl) < 0))
		return -1;
	if (p->cert)
		return 0;
	if (join(system, "libvirt/", side, "cert.pem", &p->cert) < 0)
		return -1;
	return join(system, "libvirt/private/", side, "key.pem", &p->key);
}

int tls_paths_find(const char *side, const char *directory, const char *home, const char *system,
				   struct tls_paths *ret)
{
	CLEANUP_TLS_PATHS struct tls_paths p = {0};

	if (directory) {
		if (fill_in(side, directory, "", &p) < 0)
			return -1;
	} else if ((home && fill_in(side, home, ".pki/libvirt/", &p) < 0) ||
			   complete(side, system, &p) < 0) {
		return -1;
	}
	drop_absent(&p.crl);
	*ret = p;
	p = (struct tls_paths){0};
	return 0;
}

const char *tls_paths_home(void)
{
	const char *home = getenv("HOME");

	if (geteuid() == 0)
		return NULL;
	return home && *home ? home : NULL;
}
