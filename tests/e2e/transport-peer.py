# SPDX-License-Identifier: LGPL-2.1-or-later
"""Plays a daemon while a command runs.

    transport-peer.py [KIND:]ADDRESS... -- COMMAND [ARGUMENT...]

ADDRESS is a unix socket's path or a TCP port of 127.0.0.1. KIND is how it serves a connection:
  digest  (unless given) reads to the end, answers a line "BYTES SHA256", then 5,000,000 bytes, and closes
  talk    answers each line with itself; "end" ends its output alone, then the rest is read to the end
  path    answers with its address and closes
  full    accepts nothing, and its queue has no place left
Exits with the command's code.
"""
import hashlib
import os
import socket
import subprocess
import sys
import threading

ANSWER = hashlib.shake_128(b"answer").digest(5_000_000)


def digest(peer, _address):
    sha, count = hashlib.sha256(), 0
    while data := peer.recv(1 << 16):
        sha.update(data)
        count += len(data)
    peer.sendall(b"%d %s\n" % (count, sha.hexdigest().encode()) + ANSWER)


def talk(peer, _address):
    for line in peer.makefile("rb"):
        peer.sendall(line)
        if line == b"end\n":
            peer.shutdown(socket.SHUT_WR)
            while peer.recv(4096):
                pass
            return


def path(peer, address):
    peer.sendall(address.encode() + b"\n")


def serve(listener, kind, address):
    while True:
        with listener.accept()[0] as peer:
            try:
                kind(peer, address)
            except OSError:
                pass


def fill(listener):
    peers = []
    while True:
        peer = socket.socket(listener.family)
        peer.settimeout(0.3)
        try:
            peer.connect(listener.getsockname())
        except OSError:
            return peers
        peers.append(peer)


split = sys.argv.index("--")
kept = []
for arg in sys.argv[1:split]:
    name, _, address = arg.rpartition(":")
    unix = not address.isdigit()
    listener = socket.socket(socket.AF_UNIX if unix else socket.AF_INET)
    if not unix:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(address if unix else ("127.0.0.1", int(address)))
    listener.listen(0 if name == "full" else 64)
    if name == "full":
        kept.append((listener, fill(listener)))
        continue
    kind = {"": digest, "digest": digest, "talk": talk, "path": path}[name]
    threading.Thread(target=serve, args=(listener, kind, address), daemon=True).start()
os.environ["ANSWER"] = hashlib.sha256(ANSWER).hexdigest()
sys.exit(subprocess.call(sys.argv[split + 1:], timeout=100))
