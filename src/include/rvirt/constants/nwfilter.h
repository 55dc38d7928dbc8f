/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Network filters. Part of <rvirt/constants.h>.
 */
#ifndef RVIRT_CONSTANTS_NWFILTER_H
#define RVIRT_CONSTANTS_NWFILTER_H

enum rvirt_nwfilter_define_flags {
	RVIRT_NWFILTER_DEFINE_VALIDATE = 1,
};

enum rvirt_nwfilter_binding_create_flags {
	RVIRT_NWFILTER_BINDING_CREATE_VALIDATE = 1,
};

#endif
