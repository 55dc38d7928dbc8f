/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Limits for what a domain's disks may do: <iotune> of a disk, as a list of parameters that are
 * named as its elements are.
 */
#ifndef DRIVERS_DOMAINS_IOTUNE_H
#define DRIVERS_DOMAINS_IOTUNE_H

#include "conf/tree.h"
#include "drivers/params.h"

/* All that there are; the one that is a text is the name of a group. */
enum { IOTUNE_N = 20, IOTUNE_PARAMS_MAX = 32, IOTUNE_STRING_OKAY = 4 };
extern const struct param_rule iotune_rules[IOTUNE_N + 1];

/* A limit that <iotune> has (NULL: has none), or 0. */
unsigned long long iotune_figure(const struct node *tune, const char *name);

/* What a client asks for: all of it, as far as nparams and flags go. 0 or -1. */
int iotune_give(const struct node *tune, int nparams, unsigned flags, uint32_t *ret_n,
				struct rvirt_wire_typed_param **ret_params);

/* No amount is beyond what can be limited. 0, or -1 with the error set. */
int iotune_check_amounts(const struct rvirt_wire_typed_param *params, uint32_t n, int error_domain);

/* A limit of both directions and one of a single direction exclude each other. 0 or -1. */
int iotune_check_directions(const struct node *tune, int error_domain);

/* Sets one of a disk (text NULL: a figure); 0 and an empty name are as good as none. 0 or -1. */
int iotune_set(struct node *disk, const char *name, unsigned long long figure, const char *text);
int iotune_set_param(struct node *disk, const struct rvirt_wire_typed_param *param);

#endif
