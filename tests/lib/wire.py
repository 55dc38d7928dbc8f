# SPDX-License-Identifier: LGPL-2.1-or-later
"""Frames of the remote protocol, written by hand for the tests: independent of what they test."""
import struct

REMOTE, KEEPALIVE = 0x20008086, 0x6B656570
CONNECT_OPEN, CONNECT_CLOSE, GET_HOSTNAME, SUPPORTS_FEATURE, AUTH_LIST = 1, 2, 59, 60, 66
CALL, REPLY, MESSAGE = 0, 1, 2


def text(value):
    data = value.encode()
    return struct.pack(">I", len(data)) + data + bytes(-len(data) % 4)


def frame(procedure, payload=b"", kind=CALL, serial=0, status=0, program=REMOTE):
    return struct.pack(">IIIiiIi", 28 + len(payload), program, 1, procedure, kind, serial, status) + payload


def call_open(name="test:///default", flags=0, serial=1):
    return frame(CONNECT_OPEN, struct.pack(">I", 1) + text(name) + struct.pack(">I", flags), serial=serial)


def receive(sock):
    """(procedure, kind, serial, status, payload) of the next message; None at the end."""
    head = read_all(sock, 28)
    if head is None:
        return None
    length, _, _, procedure, kind, serial, status = struct.unpack(">IIIiiIi", head)
    return procedure, kind, serial, status, read_all(sock, length - 28)


def read_all(sock, n):
    data = b""
    while len(data) < n:
        more = sock.recv(n - len(data))
        if not more:
            return None
        data += more
    return data
