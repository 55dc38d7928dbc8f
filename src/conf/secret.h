/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Secrets: their documents, which never hold their values.
 */
#ifndef CONF_SECRET_H
#define CONF_SECRET_H

#include "conf/def.h"

const struct def_kind *def_kind_secret(void);

#endif
