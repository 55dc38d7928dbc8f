# SPDX-License-Identifier: LGPL-2.1-or-later
"""Consoles and channels of a guest by libvirt's own library.

    qemu-console.py URI DOMAIN

The guest has a channel rvirt.echo, which gives back what it gets, and a shell on its console.
"""
import sys

import libvirt


def fails(words, call, *args):
    try:
        call(*args)
    except libvirt.libvirtError as e:
        assert words in str(e), e
        return
    sys.exit(f"{call} did not fail: {words}")


def take(stream, n):
    got = b""
    while len(got) < n:
        got += stream.recv(n - len(got))
    return got


def channel(conn, domain):
    first, second = conn.newStream(), conn.newStream()
    domain.openChannel("rvirt.echo", first)
    first.send(b"one")
    assert take(first, 3) == b"one"
    fails("Active channel stream exists for this domain", domain.openChannel, None, second)
    fails("cannot find channel nosuch", domain.openChannel, "nosuch", conn.newStream())
    # whoever forces it gets it, and whoever had it is told
    domain.openChannel(None, second, libvirt.VIR_DOMAIN_CHANNEL_FORCE)
    second.send(b"two")
    assert take(second, 3) == b"two"
    fails("took the device over", first.recv, 1)
    second.finish()
    third = conn.newStream()
    domain.openChannel("rvirt.echo", third)
    third.abort()


def flood(conn, domain):
    """What neither side takes stops no call of the connection."""
    console = conn.newStream(libvirt.VIR_STREAM_NONBLOCK)
    domain.openConsole(None, console)
    for _ in range(8):
        assert console.send(b"x" * 65536) == 65536
        assert domain.isActive() == 1
    console.abort()


def main():
    conn = libvirt.open(sys.argv[1])
    domain = conn.lookupByName(sys.argv[2])
    libvirt.registerErrorHandler(lambda _, error: None, None)
    channel(conn, domain)
    flood(conn, domain)


main()
