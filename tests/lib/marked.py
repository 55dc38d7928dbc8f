# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lists the live processes that the tests with this DIRECTORY have started, but for this one's ancestors: those whose
environment carries RVIRT_TEST_MARK=DIRECTORY, and guests, which daemons start with an environment of their own: it has
a home in DIRECTORY, or they see the file system as a marked process does and the tests do not."""
import os
import sys


def stat_fields(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as f:
        return f.read().rpartition(")")[2].split()


def is_marked(pid, directory):
    with open(f"/proc/{pid}/environ", "rb") as f:
        words = f.read().split(b"\0")
    return b"RVIRT_TEST_MARK=" + directory in words or any(w.startswith(b"HOME=" + directory + b"/") for w in words)


def mounts(pid):
    return os.readlink(f"/proc/{pid}/ns/mnt")


def each(pids, ask, *args):
    """What ask says of each process, but for those that end meanwhile or are somebody else's."""
    for pid in pids:
        try:
            yield pid, ask(pid, *args)
        except OSError:
            pass


def main():
    directory = os.fsencode(sys.argv[1])
    ancestors = {"0"}
    pid = str(os.getpid())
    while pid not in ancestors:
        ancestors.add(pid)
        pid = stat_fields(pid)[1]
    pids = [pid for pid in os.listdir("/proc") if pid.isdigit() and pid not in ancestors]
    marked = {pid for pid, yes in each(pids, is_marked, directory) if yes}
    apart = {space for _, space in each(marked, mounts)} - {mounts("self")}
    marked |= {pid for pid, space in each(pids, mounts) if space in apart}
    for pid, stat in each(sorted(marked, key=int), stat_fields):
        for _, line in each([pid] if stat[0] != "Z" else [], lambda pid: open(f"/proc/{pid}/cmdline", "rb").read()):
            print(pid, line.replace(b"\0", b" ").decode(errors="replace").strip())


main()
