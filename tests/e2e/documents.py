# SPDX-License-Identifier: LGPL-2.1-or-later
"""Defines domains from documents of several MiB, all sent at once, while another client asks again and again:
documents.py SOCKET COUNT PID
Prints how many threads the daemon PID has started for it, and "served" if the other never waited as long as a document."""
import os
import select
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../lib"))
import wire  # noqa: E402

DEFINE = 350
DOCUMENT = ("<domain type='test'><name>long{0}</name><uuid>00000000-0000-4000-8000-{0:012}</uuid><memory>1024</memory>"
            "<os><type>hvm</type></os><metadata><a xmlns='urn:a'>{1}</a></metadata></domain>")


def connect(path):
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(60)
    sock.connect(path)
    sock.sendall(wire.call_open())
    assert wire.receive(sock)[3] == 0
    return sock


def ask(sock):
    """How long it takes to be answered."""
    start = time.monotonic()
    sock.sendall(wire.frame(wire.GET_HOSTNAME))
    assert wire.receive(sock)[3] == 0
    return time.monotonic() - start


def threads(pid):
    return len(os.listdir(f"/proc/{pid}/task"))


def main():
    path, count, pid = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    sock, other = connect(path), connect(path)
    before = threads(pid)
    calls = b"".join(
        wire.frame(DEFINE, wire.text(DOCUMENT.format(i, "<b c='d'>e</b>" * 250000)) + struct.pack(">I", 0), serial=i)
        for i in range(count))
    waits, answered, done, begun = [], 0, 0, None
    sock.setblocking(False)
    while answered < count:
        readable, writable, _ = select.select([sock], [sock] if done < len(calls) else [], [], 0)
        if writable:
            done += sock.send(calls[done:done + 262144])
            begun = time.monotonic()
        if readable:
            message = wire.receive(sock)
            assert message[0] == DEFINE and message[3] == 0, message
            answered += 1
        if done == len(calls) and answered < count:
            waits.append(ask(other))
    took = (time.monotonic() - begun) / count
    print(threads(pid) - before)
    print("served" if len(waits) > 10 and max(waits) < took else f"waited {max(waits, default=0)} of {took} s")


main()
