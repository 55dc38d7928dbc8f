/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Typed parameters: the discriminant of struct rvirt_wire_typed_value. Part of <rvirt/constants.h>.
 */
#ifndef RVIRT_CONSTANTS_TYPED_PARAM_H
#define RVIRT_CONSTANTS_TYPED_PARAM_H

enum rvirt_typed_param_type {
	RVIRT_TYPED_PARAM_INT = 1,
	RVIRT_TYPED_PARAM_UINT = 2,
	RVIRT_TYPED_PARAM_LLONG = 3,
	RVIRT_TYPED_PARAM_ULLONG = 4,
	RVIRT_TYPED_PARAM_DOUBLE = 5,
	RVIRT_TYPED_PARAM_BOOLEAN = 6,
	RVIRT_TYPED_PARAM_STRING = 7,
};

#endif
