/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * UUIDs in bytes and text.
 */
#include "config.h"
#include "base/uuid.h"

#include "base/error.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <sys/random.h>

char *uuid_format(const unsigned char uuid[UUID_LEN], char text[UUID_TEXT_LEN])
{
	static const char digits[] = "0123456789abcdef";
	char *at = text;

	for (int i = 0; i < UUID_LEN; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*at++ = '-';
		*at++ = digits[uuid[i] >> 4];
		*at++ = digits[uuid[i] & 15];
	}
	*at = 0;
	return text;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int uuid_parse(const char *text, unsigned char ret_uuid[UUID_LEN])
{
	unsigned char uuid[UUID_LEN];

	while (isspace((unsigned char)*text))
		text++;
	for (int i = 0; i < UUID_LEN; i++) {
		int high, low;

		while (*text == '-' || *text == ' ')
			text++;
		high = digit(*text);
		low = high < 0 ? -1 : digit(text[1]);
		if (low < 0)
			return -1;
		uuid[i] = (unsigned char)(high << 4 | low);
		text += 2;
	}
	for (; *text; text++)
		if (!isspace((unsigned char)*text))
			return -1;
	for (int i = 0; i < UUID_LEN; i++)
		ret_uuid[i] = uuid[i];
	return 0;
}

int uuid_generate(unsigned char ret_uuid[UUID_LEN])
{
	if (getrandom(ret_uuid, UUID_LEN, 0) != UUID_LEN)
		return error_errno(FROM_NONE, errno, "cannot read random bytes");
	ret_uuid[6] = (unsigned char)((ret_uuid[6] & 0x0f) | 0x40);
	ret_uuid[8] = (unsigned char)((ret_uuid[8] & 0x3f) | 0x80);
	return 0;
}
