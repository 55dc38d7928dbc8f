/* SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * QEMU numbers keys as a PC's keyboard of 1981 did, with 0x80 added to those that came later
 * behind a prefix. Linux kept the same numbers up to F12.
 */
#include "config.h"
#include "drivers/qemu/keymap.h"

#include <linux/input-event-codes.h>
#include <rvirt/constants.h>
#include <stddef.h>

static const struct {
	unsigned linux_code;
	int qnum;
} later_keys[] = {
	{KEY_102ND, 0x56},     {KEY_F11, 0x57},      {KEY_F12, 0x58},       {KEY_KPENTER, 0x9c},
	{KEY_RIGHTCTRL, 0x9d}, {KEY_KPSLASH, 0xb5},  {KEY_SYSRQ, 0x54},     {KEY_RIGHTALT, 0xb8},
	{KEY_HOME, 0xc7},      {KEY_UP, 0xc8},       {KEY_PAGEUP, 0xc9},    {KEY_LEFT, 0xcb},
	{KEY_RIGHT, 0xcd},     {KEY_END, 0xcf},      {KEY_DOWN, 0xd0},      {KEY_PAGEDOWN, 0xd1},
	{KEY_INSERT, 0xd2},    {KEY_DELETE, 0xd3},   {KEY_MUTE, 0xa0},      {KEY_VOLUMEDOWN, 0xae},
	{KEY_VOLUMEUP, 0xb0},  {KEY_POWER, 0xde},    {KEY_KPEQUAL, 0x59},   {KEY_PAUSE, 0xc6},
	{KEY_KPCOMMA, 0x7e},   {KEY_LEFTMETA, 0xdb}, {KEY_RIGHTMETA, 0xdc}, {KEY_COMPOSE, 0xdd},
	{KEY_SLEEP, 0xdf},     {KEY_WAKEUP, 0xe3},
};

/* Usages of the HID page for keyboards (USB HID Usage Tables, section 10). */
static const unsigned char usb_keys[] = {
	[4] = KEY_A,    KEY_B,          KEY_C,
	KEY_D,          KEY_E,          KEY_F,
	KEY_G,          KEY_H,          KEY_I,
	KEY_J,          KEY_K,          KEY_L,
	KEY_M,          KEY_N,          KEY_O,
	KEY_P,          KEY_Q,          KEY_R,
	KEY_S,          KEY_T,          KEY_U,
	KEY_V,          KEY_W,          KEY_X,
	KEY_Y,          KEY_Z,          KEY_1,
	KEY_2,          KEY_3,          KEY_4,
	KEY_5,          KEY_6,          KEY_7,
	KEY_8,          KEY_9,          KEY_0,
	KEY_ENTER,      KEY_ESC,        KEY_BACKSPACE,
	KEY_TAB,        KEY_SPACE,      KEY_MINUS,
	KEY_EQUAL,      KEY_LEFTBRACE,  KEY_RIGHTBRACE,
	KEY_BACKSLASH,  KEY_BACKSLASH,  KEY_SEMICOLON,
	KEY_APOSTROPHE, KEY_GRAVE,      KEY_COMMA,
	KEY_DOT,        KEY_SLASH,      KEY_CAPSLOCK,
	KEY_F1,         KEY_F2,         KEY_F3,
	KEY_F4,         KEY_F5,         KEY_F6,
	KEY_F7,         KEY_F8,         KEY_F9,
	KEY_F10,        KEY_F11,        KEY_F12,
	KEY_SYSRQ,      KEY_SCROLLLOCK, KEY_PAUSE,
	KEY_INSERT,     KEY_HOME,       KEY_PAGEUP,
	KEY_DELETE,     KEY_END,        KEY_PAGEDOWN,
	KEY_RIGHT,      KEY_LEFT,       KEY_DOWN,
	KEY_UP,         KEY_NUMLOCK,    KEY_KPSLASH,
	KEY_KPASTERISK, KEY_KPMINUS,    KEY_KPPLUS,
	KEY_KPENTER,    KEY_KP1,        KEY_KP2,
	KEY_KP3,        KEY_KP4,        KEY_KP5,
	KEY_KP6,        KEY_KP7,        KEY_KP8,
	KEY_KP9,        KEY_KP0,        KEY_KPDOT,
	KEY_102ND,      KEY_COMPOSE,    [224] = KEY_LEFTCTRL,
	KEY_LEFTSHIFT,  KEY_LEFTALT,    KEY_LEFTMETA,
	KEY_RIGHTCTRL,  KEY_RIGHTSHIFT, KEY_RIGHTALT,
	KEY_RIGHTMETA,
};

static int from_linux(unsigned code)
{
	if (code > 0 && code <= KEY_KPDOT)
		return (int)code;
	for (size_t i = 0; i < sizeof later_keys / sizeof later_keys[0]; i++)
		if (later_keys[i].linux_code == code)
			return later_keys[i].qnum;
	return -1;
}

int keymap_qnum(int codeset, unsigned code)
{
	enum { PREFIX = 0xe000 };

	switch (codeset) {
	case RVIRT_KEYCODE_SET_LINUX:
		return from_linux(code);
	case RVIRT_KEYCODE_SET_USB:
		return code < sizeof usb_keys && usb_keys[code] ? from_linux(usb_keys[code]) : -1;
	case RVIRT_KEYCODE_SET_ATSET1:
	case RVIRT_KEYCODE_SET_XT:
		if ((code & ~0xffu) == PREFIX)
			return (int)(code & 0x7f) | 0x80;
		return code > 0 && code < 0x80 ? (int)code : -1;
	case RVIRT_KEYCODE_SET_XT_KBD:
	case RVIRT_KEYCODE_SET_QNUM:
		return code > 0 && code <= 0xff ? (int)code : -1;
	default:
		return -1;
	}
}
