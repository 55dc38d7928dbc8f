/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Declares the functions of ops.def, each with the type that struct driver_ops gives it.
 */
#ifndef DRIVERS_SECRET_OPS_H
#define DRIVERS_SECRET_OPS_H

#include "drivers/driver.h"

#define OP(name) __typeof__(*((struct driver_ops *)0)->name) secret_op_##name;
#include "drivers/secret/ops.def"
#undef OP

#endif
