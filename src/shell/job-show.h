/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What a host says of a job that it has, or had, with a domain: for people, in virsh's words.
 */
#ifndef SHELL_JOB_SHOW_H
#define SHELL_JOB_SHOW_H

#include "shell.h"

#include <rvirt/rvirt.h>

enum job_show {
	JOB_SHOW_USUAL,     /* numbers of a job that goes on */
	JOB_SHOW_COMPLETED, /* those of one that is over, too */
	JOB_SHOW_ANY,       /* even of one that failed */
	JOB_SHOW_RAW        /* names and values as the host has them */
};

/* type: of enum rvirt_domain_job_type. The same as JSON, by the host's own names. */
void job_show(struct shell *sh, int type, const struct rvirt_wire_typed_param *params, uint32_t n,
			  enum job_show how);

/* The answer of a host that knows no statistics. */
void job_show_old(struct shell *sh, const struct rvirt_wire_domain_get_job_info_ret *job);

#endif
