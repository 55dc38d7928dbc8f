# SPDX-License-Identifier: LGPL-2.1-or-later
"""Opens many connections at once, keeps them all, makes a call on each, and says how many were answered:
many.py SOCKET COUNT"""
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../lib"))
import wire  # noqa: E402


def main():
    socks = []
    for _ in range(int(sys.argv[2])):
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(30)
        sock.connect(sys.argv[1])
        sock.sendall(wire.frame(wire.AUTH_LIST) + wire.call_open())
        socks.append(sock)
    for sock in socks:
        for procedure in wire.AUTH_LIST, wire.CONNECT_OPEN:
            message = wire.receive(sock)
            assert message and message[0] == procedure and message[3] == 0, message
    for sock in socks:
        sock.sendall(wire.frame(wire.GET_HOSTNAME, serial=2))
    answered = 0
    for sock in socks:
        message = wire.receive(sock)
        assert message and message[:4] == (wire.GET_HOSTNAME, wire.REPLY, 2, 0), message
        answered += 1
    print(answered)


main()
