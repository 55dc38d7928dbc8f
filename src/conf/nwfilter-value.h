/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The values of the attributes by which a filter's rule knows packets. Private to nwfilter*.c.
 */
#ifndef CONF_NWFILTER_VALUE_H
#define CONF_NWFILTER_VALUE_H

/* The canonical text of an attribute's value, owned by the caller; NULL (with no error set) if it
 * is none. A variable ("$NAME") is one everywhere. */
char *nwfilter_value(const char *protocol, const char *attr, const char *text);

#endif
