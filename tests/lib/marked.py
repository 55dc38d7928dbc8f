# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lists the live processes whose environment carries RVIRT_TEST_MARK=DIRECTORY, but for this one's ancestors."""
import os
import sys


def stat_fields(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as f:
        return f.read().rpartition(")")[2].split()


def main():
    mark = b"RVIRT_TEST_MARK=" + os.fsencode(sys.argv[1])
    ours = {0}
    pid = os.getpid()
    while pid > 0:
        ours.add(pid)
        pid = int(stat_fields(pid)[1])
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as f:
                marked = mark in f.read().split(b"\0")
            if not marked or int(pid) in ours or stat_fields(pid)[0] == "Z":
                continue
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                print(pid, f.read().replace(b"\0", b" ").decode(errors="replace").strip())
        except OSError:
            pass


main()
