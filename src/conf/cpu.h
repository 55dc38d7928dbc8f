/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Processors as documents of their own: what a host has, or what a guest is to have. Inside of a
 * domain's document the element is the same as a guest's here.
 */
#ifndef CONF_CPU_H
#define CONF_CPU_H

#include "conf/def.h"

/* A host's document has a child "arch", a guest's has none. */
const struct def_kind *def_kind_cpu(void);
/* The same where only a host's is taken. */
const struct def_kind *def_kind_host_cpu(void);

/* A guest's processor of that model, of mode "custom" and match "exact", to be completed; owned by
 * the caller. NULL with NO_MEMORY. */
struct def *cpu_def_new(const char *model);

#endif
