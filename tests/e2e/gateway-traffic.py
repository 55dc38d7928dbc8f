# SPDX-License-Identifier: LGPL-2.1-or-later
"""Plays both neighbours of rvirt-gateway: the client on its stdio and the daemon behind the socket.

    gateway-traffic.py GATEWAY STDIO SCENARIO

STDIO is how a client holds the gateway: pipes, socketpair (one for both) or socketpairs (two).
Exits 0 when every byte arrived, each direction ended when it should, and the gateway ended.
"""
import hashlib
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

MIB = 1 << 20
LIMIT = 50  # seconds until whatever hangs is reported


class End:
    """One end of a direction or of both: the same calls for pipes and sockets."""

    def __init__(self, read_fd, write_fd):
        self.read_fd, self.write_fd = read_fd, write_fd

    def read(self, size=MIB):
        try:
            return os.read(self.read_fd, size)
        except ConnectionResetError:
            return b""

    def send(self, data):
        view = memoryview(data)
        while view:
            view = view[os.write(self.write_fd, view):]

    def end(self):
        """No more output from here."""
        if self.read_fd == self.write_fd:
            socket.socket(fileno=os.dup(self.write_fd)).shutdown(socket.SHUT_WR)
        else:
            os.close(self.write_fd)
            self.write_fd = None

    def end_reading(self):
        """Whatever comes is not wanted any more; of one socket, that ends both."""
        if self.read_fd == self.write_fd:
            self.write_fd = None
        os.close(self.read_fd)
        self.read_fd = None

    def close(self):
        for fd in {self.read_fd, self.write_fd} - {None}:
            os.close(fd)
        self.read_fd = self.write_fd = None


def both_ends(stdio):
    """Returns (stdin, stdout) for the gateway, and the client's End."""
    if stdio == "pipes":
        stdin, ours_out = os.pipe()
        ours_in, stdout = os.pipe()
    elif stdio == "socketpair":
        theirs, ours = (s.detach() for s in socket.socketpair())
        stdin, stdout, ours_in, ours_out = theirs, theirs, ours, ours
    else:
        stdin, ours_out = (s.detach() for s in socket.socketpair())
        ours_in, stdout = (s.detach() for s in socket.socketpair())
    return stdin, stdout, End(ours_in, ours_out)


class Case:
    def __init__(self, gateway, stdio):
        self.dir = tempfile.TemporaryDirectory()
        path = os.path.join(self.dir.name, "sock")
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen()
        stdin, stdout, self.client = both_ends(stdio)
        self.process = subprocess.Popen([gateway, "-U", path], stdin=stdin, stdout=stdout)
        for fd in {stdin, stdout}:
            os.close(fd)
        fd = listener.accept()[0].detach()
        self.daemon = End(fd, fd)
        listener.close()

    def ended(self, *codes):
        got = self.process.wait(LIMIT)
        assert got in (codes or (0,)), f"exit code {got}, not {codes}"


def pour(end, total, digest, sizes=(MIB,), then_end=True):
    """Writes `total` bytes in pieces of the given sizes."""
    rng = random.Random(total)
    block = rng.randbytes(max(sizes) + 4096)
    while total:
        size = min(total, rng.choice(sizes))
        start = rng.randrange(4096)
        piece = block[start:start + size]
        end.send(piece)
        digest.update(piece)
        total -= size
    if then_end:
        end.end()


def drink(end, digest, pace=0):
    """Reads to the end of file. Returns the number of bytes."""
    total = 0
    while data := end.read():
        digest.update(data)
        total += len(data)
        if pace:
            time.sleep(pace)
    return total


def check_flow(source, sink, total, sizes=(MIB,), then_end=True):
    """Starts the two sides of a direction. Returns a function that waits and compares."""
    sent, got, count = hashlib.sha256(), hashlib.sha256(), []
    threads = [
        threading.Thread(target=pour, args=(source, total, sent, sizes, then_end), daemon=True),
        threading.Thread(target=lambda: count.append(drink(sink, got)), daemon=True),
    ]
    for t in threads:
        t.start()

    def wait():
        for t in threads:
            t.join(LIMIT)
            assert not t.is_alive(), "a direction hangs"
        assert count == [total], f"{count} bytes arrived of {total}"
        assert sent.digest() == got.digest(), "what arrived is not what was sent"

    return wait


MIXED = (1, 7, 100, 4096, 65535, 65536, 65537, 300000, MIB)


def up(c):
    wait = check_flow(c.client, c.daemon, 100 * MIB)
    wait()
    c.daemon.send(b"the answer comes after the end of the question")
    assert c.client.read() == b"the answer comes after the end of the question"
    c.daemon.close()
    assert c.client.read() == b""
    c.ended()


def down(c):
    wait = check_flow(c.daemon, c.client, 100 * MIB)
    wait()
    c.client.send(b"still heard")
    assert c.daemon.read() == b"still heard"
    c.client.end()
    assert c.daemon.read() == b""
    c.ended()


def both(c, total=100 * MIB, sizes=(MIB,)):
    waits = [check_flow(c.client, c.daemon, total, sizes), check_flow(c.daemon, c.client, total, sizes)]
    for wait in waits:
        wait()
    c.ended()


def mixed(c):
    both(c, 40 * MIB, MIXED)


def ping_pong(c):
    for size in (1, 28, 4096, 65536, 70000) * 50:
        for source, sink in ((c.client, c.daemon), (c.daemon, c.client)):
            got = b""
            source.send(b"x" * size)
            while len(got) < size:
                got += sink.read()
            assert got == b"x" * size
    c.client.end()
    assert c.daemon.read() == b""
    c.daemon.close()
    c.ended()


def client_closes(c):
    """All that the client sent before it closed arrives, though the daemon reads late."""
    sent, got = hashlib.sha256(), hashlib.sha256()
    pour(c.client, 100000, sent, then_end=False)
    c.client.close()
    assert drink(c.daemon, got) == 100000 and sent.digest() == got.digest()
    c.daemon.close()
    c.ended()


def daemon_closes(c):
    """All that the daemon sent before it closed arrives, though the client reads late and stays."""
    sent, got = hashlib.sha256(), hashlib.sha256()
    pour(c.daemon, 100000, sent, then_end=False)
    c.daemon.close()
    assert drink(c.client, got) == 100000 and sent.digest() == got.digest()
    c.ended()


def both_close(c):
    """Each side sends 8 MiB, half-closes, and reads slowly what the other sent."""
    total, result = 8 * MIB, []

    def side(end):
        sent, got = hashlib.sha256(), hashlib.sha256()
        reader = threading.Thread(target=lambda: result.append((drink(end, got, 0.001), got.digest())))
        reader.start()
        pour(end, total, sent)
        reader.join()
        end.close()
        result.append((total, sent.digest()))

    sides = [threading.Thread(target=side, args=(e,), daemon=True) for e in (c.client, c.daemon)]
    for t in sides:
        t.start()
    for t in sides:
        t.join(LIMIT)
        assert not t.is_alive(), "a side hangs"
    assert len(set(result)) == 1 and len(result) == 4, result
    c.ended()


def reader_gone(c):
    """Nobody reads its output any more; its input stays open and idle."""
    c.client.send(b"last words")
    c.client.end_reading()
    assert c.daemon.read() == b"last words"
    assert c.daemon.read() == b""
    c.ended()


def reader_gone_in_flood(c):
    """Nobody reads its output any more while the daemon sends: the rest is reported as lost, unless the daemon
    had been told before it sent more."""
    def flood():
        try:
            while True:
                c.daemon.send(b"x" * MIB)
        except (BrokenPipeError, ConnectionResetError):
            pass

    t = threading.Thread(target=flood, daemon=True)
    t.start()
    c.client.read()
    c.client.end_reading()
    t.join(LIMIT)
    assert not t.is_alive(), "the daemon is not told"
    c.ended(4, 0)


def daemon_killed(c):
    """The process that holds the daemon's end is killed; the client stays."""
    pid = os.fork()
    if pid == 0:
        c.client.close()
        signal.pause()
    fd = os.dup(c.daemon.read_fd)
    c.daemon.close()
    c.client.send(b"call")
    assert os.read(fd, 5) == b"call"
    os.close(fd)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert c.client.read() == b""
    c.ended()


def stuffed_daemon_dies(c):
    """The daemon dies without having read: the client's next writes fail instead of hanging."""
    done = []

    def flood():
        try:
            while True:
                c.client.send(b"x" * MIB)
        except (BrokenPipeError, ConnectionResetError):
            done.append(True)

    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    t = threading.Thread(target=flood, daemon=True)
    t.start()
    c.daemon.read(1)
    c.daemon.close()
    t.join(LIMIT)
    assert done, "the client is not told"
    c.ended(4)


if __name__ == "__main__":
    case = Case(sys.argv[1], sys.argv[2])
    try:
        globals()[sys.argv[3].replace("-", "_")](case)
    finally:
        if case.process.poll() is None:
            case.process.kill()
