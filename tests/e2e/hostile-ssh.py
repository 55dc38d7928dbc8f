# SPDX-License-Identifier: LGPL-2.1-or-later
"""Plays servers of ssh that are none, while a command runs, and a way to a real one that breaks.

    hostile-ssh.py KIND[=ARGUMENT] PORT -- COMMAND [ARGUMENT...]

KIND is what a connection to 127.0.0.1:PORT meets:
  silent          nothing is ever said
  closes          the connection is closed at once
  lines           lines that are no banner, without end
  long            a line without end
  garbage         a banner, then random bytes
  huge            a banner, then a packet that says to be of 4 GiB
  http            an answer of another protocol
  cut=N           the real sshd on port ARGUMENT; after N of its bytes the connection is closed
  flip=N          the same; the N-th of its bytes is changed
N counts up from 1 with each connection where it is given as "N:STEP:PORT" (STEP for each). Exits with the command's code.
"""
import os
import random
import socket
import subprocess
import sys
import threading

BANNER = b"SSH-2.0-OpenSSH_9.2\r\n"
COUNT = [0]


def endless(peer, data):
    while True:
        peer.sendall(data)


def relay(peer, argument, damage):
    start, step, port = (int(n) for n in argument.split(":"))
    at = start + step * COUNT[0]
    COUNT[0] += 1
    far = socket.create_connection(("127.0.0.1", port))

    def forward():
        try:
            while data := peer.recv(65536):
                far.sendall(data)
        except OSError:
            pass
        far.close()

    threading.Thread(target=forward, daemon=True).start()
    seen = 0
    while data := far.recv(65536):
        if seen <= at < seen + len(data):
            if damage == "cut":
                peer.sendall(data[:at - seen])
                return
            data = data[:at - seen] + bytes([data[at - seen] ^ 0x41]) + data[at - seen + 1:]
        seen += len(data)
        peer.sendall(data)


def serve(peer, kind, argument):
    if kind == "silent":
        peer.recv(1 << 20)
        while peer.recv(4096):
            pass
    elif kind == "lines":
        endless(peer, b"no banner\r\n" * 1000)
    elif kind == "long":
        endless(peer, b"x" * 4096)
    elif kind == "garbage":
        peer.sendall(BANNER)
        endless(peer, random.Random(1).randbytes(65536))
    elif kind == "huge":
        peer.sendall(BANNER + b"\xff\xff\xff\xff\x04")
        endless(peer, bytes(65536))
    elif kind == "http":
        peer.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        peer.recv(4096)
    elif kind in ("cut", "flip"):
        relay(peer, argument, kind)


def accept(listener, kind, argument):
    def one(peer):
        with peer:
            try:
                serve(peer, kind, argument)
                peer.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    while True:
        peer = listener.accept()[0]
        threading.Thread(target=one, args=(peer,), daemon=True).start()


def main():
    kind, _, argument = sys.argv[1].partition("=")
    listener = socket.create_server(("127.0.0.1", int(sys.argv[2])))
    threading.Thread(target=accept, args=(listener, kind, argument), daemon=True).start()
    sys.stdout.flush()
    code = subprocess.run(sys.argv[4:]).returncode
    os._exit(code)


main()
