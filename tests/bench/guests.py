# SPDX-License-Identifier: LGPL-2.1-or-later
"""Measures the QEMU driver of rvirtd against libvirtd's, by one client for both: libvirt's own library.

    guests.py URI first NAME DIR     from the call that starts DIR/NAME.xml to the first byte on its console, which connects
                                     to a socket in DIR: "ms"; and until the call returned: "create_ms"
    guests.py URI many N DIR         N guests of DIR/small.xml started side by side, paused: "ms" for all, "bytes" of memory
                                     for each in the daemon (process DAEMON_PID), "stats_ms" of one call for all
"""
import os
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import libvirt


def memory(pid):
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Private_Dirty:"):
            return int(line.split()[1]) * 1024
    return 0


def first_byte(conn, name, directory):
    """The domain must not be there before, and is not afterwards."""
    path = directory / "console"
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        domain = conn.defineXML((directory / f"{name}.xml").read_text())
        try:
            start = time.perf_counter()
            domain.create()
            created = time.perf_counter()
            with listener.accept()[0] as console:
                console.settimeout(60)
                console.recv(1)
            end = time.perf_counter()
        finally:
            domain.destroy()
            domain.undefine()
    print("ms", (end - start) * 1e3)
    print("create_ms", (created - start) * 1e3)


def many(conn, uri, directory, count):
    text, pid = (directory / "small.xml").read_text(), os.environ["DAEMON_PID"]
    conns = [libvirt.open(uri) for _ in range(8)]
    before = memory(pid)

    def create(i):
        xml = text.replace("NAME", f"small{i}")
        return conns[i % len(conns)].createXML(xml, libvirt.VIR_DOMAIN_START_PAUSED)

    domains = []
    with ThreadPoolExecutor(count) as pool:
        start = time.perf_counter()
        try:
            domains = list(pool.map(create, range(count)))
            print("ms", (time.perf_counter() - start) * 1e3)
            print("bytes", (memory(pid) - before) / count)
            start = time.perf_counter()
            stats = conn.getAllDomainStats()
            print("stats_ms", (time.perf_counter() - start) * 1e3)
            assert len(stats) >= count
        finally:
            list(pool.map(lambda domain: domain.destroy(), domains))


def main():
    uri, what, which, directory = *sys.argv[1:4], Path(sys.argv[4])
    conn = libvirt.open(uri)
    if what == "many":
        many(conn, uri, directory, int(which))
    else:
        first_byte(conn, which, directory)


main()
