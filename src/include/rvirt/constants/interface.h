/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Interfaces of hosts. Part of <rvirt/constants.h>.
 */
#ifndef RVIRT_CONSTANTS_INTERFACE_H
#define RVIRT_CONSTANTS_INTERFACE_H

enum rvirt_connect_list_all_interfaces_flags {
	RVIRT_CONNECT_LIST_INTERFACES_INACTIVE = 1,
	RVIRT_CONNECT_LIST_INTERFACES_ACTIVE = 2,
};

enum rvirt_interface_xml_flags {
	RVIRT_INTERFACE_XML_INACTIVE = 1,
};

enum rvirt_interface_define_flags {
	RVIRT_INTERFACE_DEFINE_VALIDATE = 1,
};

#endif
