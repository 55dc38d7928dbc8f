# SPDX-License-Identifier: LGPL-2.1-or-later
"""A daemon that lets anybody open a connection and then never answers a call: deaf.py SOCKET CALLED [stubborn].
The first call that it leaves unanswered makes the file CALLED. A stubborn one does not even hang up."""
import os
import socket
import struct
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../lib"))
import wire  # noqa: E402

ANSWERS = {
    wire.AUTH_LIST: struct.pack(">Ii", 1, 0),
    wire.SUPPORTS_FEATURE: struct.pack(">i", 0),
    wire.CONNECT_OPEN: b"",
}


def serve(sock, stubborn):
    while message := wire.receive(sock):
        procedure, _, serial, _, _ = message
        if procedure in ANSWERS:
            sock.sendall(wire.frame(procedure, ANSWERS[procedure], wire.REPLY, serial))
        else:
            open(sys.argv[2], "w", encoding="utf-8").close()
    if not stubborn:
        sock.shutdown(socket.SHUT_RDWR)


def main():
    stubborn = sys.argv[3:] == ["stubborn"]
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sys.argv[1])
    listener.listen(8)
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=serve, args=(sock, stubborn), daemon=True).start()


main()
