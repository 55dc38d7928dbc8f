#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""PORT N: N connections that begin a TLS handshake and stop, one before its first byte. Ends when all were closed by
the other side."""
import socket
import ssl
import sys


def hello():
    """A client's first message."""
    context = ssl.create_default_context()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        context.wrap_bio(incoming, outgoing, server_hostname="localhost").do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


connections = [socket.create_connection(("127.0.0.1", int(sys.argv[1])), 30) for _ in range(int(sys.argv[2]))]
for connection in connections[1:]:
    connection.send(hello()[:100])
print("stopped", flush=True)
for connection in connections:
    while connection.recv(4096):
        pass
