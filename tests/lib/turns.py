# SPDX-License-Identifier: LGPL-2.1-or-later
"""Joins stdio to a unix socket and counts round trips: how often bytes went out after bytes had come in.
turns.py SOCKET FILE-FOR-THE-COUNT"""
import os
import selectors
import socket
import sys


def main():
    peer = socket.socket(socket.AF_UNIX)
    peer.connect(sys.argv[1])
    selector = selectors.DefaultSelector()
    selector.register(0, selectors.EVENT_READ)
    selector.register(peer.fileno(), selectors.EVENT_READ)
    turns, answered = 0, True
    while True:
        for key, _ in selector.select():
            data = os.read(key.fd, 1 << 20)
            if not data:
                return
            if key.fd == 0:
                if answered:
                    turns += 1
                    with open(sys.argv[2], "w", encoding="utf-8") as f:
                        print(turns, file=f)
                answered = False
                peer.sendall(data)
            else:
                answered = True
                os.write(1, data)


main()
