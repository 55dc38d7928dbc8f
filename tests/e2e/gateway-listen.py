# SPDX-License-Identifier: LGPL-2.1-or-later
"""Listens while a command runs, and greets each connection with the path of the socket it came to.

    gateway-listen.py [MODE:]SOCKET... -- COMMAND [ARGUMENT...]

MODE (octal) is that of the socket, 777 unless given; `dead` leaves a socket that nobody listens on.
Exits with the command's code.
"""
import os
import socket
import subprocess
import sys
import threading


def greet(listener, path):
    while True:
        peer = listener.accept()[0]
        peer.sendall(path.encode() + b"\n")
        peer.close()


split = sys.argv.index("--")
for arg in sys.argv[1:split]:
    mode, _, path = arg.rpartition(":")
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    if mode == "dead":
        listener.close()
        continue
    os.chmod(path, int(mode or "777", 8))
    listener.listen()
    threading.Thread(target=greet, args=(listener, path), daemon=True).start()
sys.exit(subprocess.call(sys.argv[split + 1:], stdin=subprocess.DEVNULL, timeout=50))
