# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs a command at a terminal of its own, and types.

    at-terminal.py PROMPT TEXT [PROMPT TEXT...] -- COMMAND [ARGUMENT...]

Types each TEXT (\\n, \\r, \\x03 and the like are understood) when its PROMPT has come. Prints what was on the terminal,
then "exit STATUS" (or "signal NUMBER"), and "echo on" or "echo off" as the terminal is left.
"""
import fcntl
import os
import select
import signal
import sys
import termios
import time


def main():
    split = sys.argv.index("--")
    script, command = sys.argv[1:split], sys.argv[split + 1:]
    # the other end stays open here, so that what the command leaves it as can be seen
    terminal, slave = os.openpty()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        for fd in range(3):
            os.dup2(slave, fd)
        os.execvp(command[0], command)
    seen, since, end = b"", 0, time.monotonic() + 30
    while time.monotonic() < end:
        if not select.select([terminal], [], [], 0.1)[0]:
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                break
            continue
        try:
            seen += os.read(terminal, 4096)
        except OSError:
            break
        if script and script[0].encode() in seen[since:]:
            since = len(seen)
            os.write(terminal, script[1].encode().decode("unicode_escape").encode("latin-1"))
            script = script[2:]
    else:
        os.kill(pid, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    print(seen.decode(errors="replace").replace("\r\n", "\n"))
    print(f"exit {status}" if status >= 0 else f"signal {-status}")
    print("echo on" if termios.tcgetattr(slave)[3] & termios.ECHO else "echo off")


main()
