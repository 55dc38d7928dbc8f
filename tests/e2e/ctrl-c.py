# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs a command on a terminal of its own and types Ctrl-C when a file has come to be: ctrl-c.py FILE COMMAND…
Exits as the command does; 130 where Ctrl-C ended it."""
import os
import pty
import select
import sys
import time


def main():
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(sys.argv[2], sys.argv[2:])
    typed = False
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if not typed and os.path.exists(sys.argv[1]):
            os.write(terminal, b"\x03")
            typed = True
        if select.select([terminal], [], [], 0.05)[0]:
            try:
                os.write(1, os.read(terminal, 4096))
            except OSError:
                break
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    sys.exit(status if status >= 0 else 128 - status)


main()
