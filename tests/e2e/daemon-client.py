# SPDX-License-Identifier: LGPL-2.1-or-later
"""A client of a daemon that does what it is told, word by word: daemon-client.py SOCKET|PORT|- WORD…
  auth          prints what AUTH_LIST offers
  open          CONNECT_OPEN of test:///default; prints its status, and an error's code
  open=NAME     the same of NAME
  hostname      GET_HOSTNAME; prints its status
  suspend       DOMAIN_SUSPEND of test; prints its status and the error's code
  suspend,resume events: register  asks for lifecycle events; event  prints the next message's procedure
  keepalive     asks whether keepalive is known
  pinged        waits for a ping
  ended         waits until the daemon ends the connection
  say TEXT      sends TEXT as it is
  wait FILE     says "waiting" and waits until FILE is there
The address "-": stdin and stdout carry the protocol, and stderr what is printed.
A word's output is one line. Fails when an answer does not come within 20 seconds."""
import os
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../lib"))
import wire  # noqa: E402

DOMAIN = wire.text("test") + bytes.fromhex("6695eb01f6a4830479aa97f2502e193f") + struct.pack(">i", 1)
SUSPEND, RESUME, REGISTER = 34, 28, 316


class Stdio:
    @staticmethod
    def sendall(data):
        os.write(1, data)

    @staticmethod
    def recv(n):
        return os.read(0, n)


def connect(address):
    if address == "-":
        return Stdio()
    if address.isdigit():
        sock = socket.create_connection(("127.0.0.1", int(address)))
    else:
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(address)
    sock.settimeout(20)
    return sock


class Client:
    def __init__(self, address):
        self.sock = connect(address)
        self.serial = 0
        self.out = sys.stderr if address == "-" else sys.stdout

    def call(self, procedure, payload=b""):
        self.serial += 1
        self.sock.sendall(wire.frame(procedure, payload, serial=self.serial))
        while True:
            message = wire.receive(self.sock)
            if message is None:
                return None, b""
            if message[1] == wire.REPLY and message[2] == self.serial:
                return message[3], message[4]

    def status(self, procedure, payload=b""):
        status, data = self.call(procedure, payload)
        return f"{status} {struct.unpack('>i', data[:4])[0]}" if status == 1 else str(status)

    def do(self, word, rest):
        if word == "auth":
            return self.call(wire.AUTH_LIST)[1].hex()
        if word == "open":
            return self.status(wire.CONNECT_OPEN, wire.call_open()[28:])
        if word.startswith("open="):
            return self.status(wire.CONNECT_OPEN, wire.call_open(word[5:])[28:])
        if word == "hostname":
            return self.status(wire.GET_HOSTNAME)
        if word in ("suspend", "resume"):
            return self.status({"suspend": SUSPEND, "resume": RESUME}[word], DOMAIN)
        if word == "register":
            return self.status(REGISTER, struct.pack(">iI", 0, 0))
        if word == "keepalive":
            return self.status(wire.SUPPORTS_FEATURE, struct.pack(">i", 10))
        if word in ("event", "pinged"):
            return str(wire.receive(self.sock)[0])
        if word == "ended":
            while self.sock.recv(4096):
                pass
            return "ended"
        if word == "say":
            self.sock.sendall(rest.pop(0).encode())
            return "said"
        if word == "wait":
            print("waiting", file=self.out, flush=True)
            name = rest.pop(0)
            while not os.path.exists(name):
                time.sleep(0.01)
            return "waited"
        raise SystemExit(f"what is {word}?")


def main():
    client = Client(sys.argv[1])
    words = sys.argv[2:]
    while words:
        print(client.do(words.pop(0), words), file=client.out, flush=True)


main()
