# SPDX-License-Identifier: LGPL-2.1-or-later
"""Talks with a guest at its console, which is a terminal or a unix socket.

    console.py WHERE [EXPECTED [TYPED]]...

Waits for each EXPECTED, an empty one being there at once, and types TYPED and return. Prints all that came. The caller
sets the time limit.
"""
import os
import socket
import stat
import sys
import termios


def attach(where):
    if stat.S_ISSOCK(os.stat(where).st_mode):
        peer = socket.socket(socket.AF_UNIX)
        peer.connect(where)
        return peer.detach()
    fd = os.open(where, os.O_RDWR | os.O_NOCTTY)
    mode = termios.tcgetattr(fd)
    mode[0] = mode[1] = mode[3] = 0
    mode[2] |= termios.CS8
    termios.tcsetattr(fd, termios.TCSANOW, mode)
    return fd


def main():
    fd, script, seen = attach(sys.argv[1]), sys.argv[2:], b""
    while script:
        expected = script.pop(0).encode()
        while expected not in seen:
            data = os.read(fd, 4096)
            if not data:
                sys.exit(f"the console ended before {expected}")
            sys.stdout.buffer.write(data)
            sys.stdout.flush()
            seen += data
        seen = seen[seen.index(expected) + len(expected):]
        if script:
            os.write(fd, script.pop(0).encode() + b"\r")


main()
