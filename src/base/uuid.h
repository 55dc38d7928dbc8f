/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * UUIDs (RFC 4122): 16 bytes, and their text form of 36 characters.
 */
#ifndef BASE_UUID_H
#define BASE_UUID_H

#define UUID_LEN 16
#define UUID_TEXT_LEN 37 /* with the NUL */

/* Writes the lower-case text form; returns text. */
char *uuid_format(const unsigned char uuid[UUID_LEN], char text[UUID_TEXT_LEN]);

/* Reads 32 hexadecimal digits with hyphens and blanks anywhere between pairs, as libvirt does.
 * 0, or -1 (no error is set: the caller knows what the text was). */
int uuid_parse(const char *text, unsigned char ret_uuid[UUID_LEN]);

/* A random UUID (version 4). 0, or -1 with the error set. */
int uuid_generate(unsigned char ret_uuid[UUID_LEN]);

#endif
