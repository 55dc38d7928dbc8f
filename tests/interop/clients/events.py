# SPDX-License-Identifier: LGPL-2.1-or-later
"""Events as a program with libvirt's own event loop gets them: events.py URI. Prints each as it comes."""
import sys

import libvirt

WEB = """<domain type='test'><name>web</name><uuid>11111111-2222-4333-8444-555555555555</uuid>
<memory unit='MiB'>512</memory><vcpu>2</vcpu><os><type>hvm</type></os></domain>"""
BLUE = """<network><name>blue</name><uuid>11111111-2222-4333-8444-555555555556</uuid>
<ip address='10.9.0.1' prefix='24'/></network>"""
SECONDS = 20

seen = []


def note(*words):
    seen.append(" ".join(str(w) for w in words))


def domain_event(conn, dom, event, detail, which):
    note(which, "domain", dom.name(), event, detail)


def metadata_event(conn, dom, kind, uri, which):
    note(which, "metadata", dom.name(), kind, uri)


def network_event(conn, net, event, detail, which):
    note(which, "network", net.name(), event, detail)


def pool_event(conn, pool, event, detail, which):
    note(which, "pool", pool.name(), event, detail)


def refresh_event(conn, pool, which):
    note(which, "refreshed", pool.name())


def expect(title, count):
    """Prints what has come once there are so many; one too many fails here or in the next."""
    late = []
    timer = libvirt.virEventAddTimeout(SECONDS * 1000, lambda *_: late.append(1), None)
    while len(seen) < count and not late:
        libvirt.virEventRunDefaultImpl()
    libvirt.virEventRemoveTimeout(timer)
    print(f"{title}:", *seen, sep="\n  ")
    if len(seen) != count:
        sys.exit(f"{title}: {len(seen)} events, not {count}")
    seen.clear()


def refusal(title, call, *args):
    try:
        call(*args)
        print(title, "taken")
    except libvirt.libvirtError as e:
        print(title, "refused:", e.get_error_code(), e.get_error_domain())


def register(conn):
    test = conn.lookupByName("test")
    domain = [
        conn.domainEventRegisterAny(None, libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, domain_event, "any"),
        conn.domainEventRegisterAny(test, libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, domain_event, "test's"),
        conn.domainEventRegisterAny(None, libvirt.VIR_DOMAIN_EVENT_ID_METADATA_CHANGE, metadata_event, "any"),
    ]
    network = conn.networkEventRegisterAny(None, libvirt.VIR_NETWORK_EVENT_ID_LIFECYCLE, network_event, "any")
    pool = [
        conn.storagePoolEventRegisterAny(None, libvirt.VIR_STORAGE_POOL_EVENT_ID_LIFECYCLE, pool_event, "any"),
        conn.storagePoolEventRegisterAny(None, libvirt.VIR_STORAGE_POOL_EVENT_ID_REFRESH, refresh_event, "any"),
    ]
    return domain, network, pool


def every_class(conn):
    """Which classes of domain events can be asked for: all, whether the driver ever sends them or not."""
    for event in range(libvirt.VIR_DOMAIN_EVENT_ID_MEMORY_DEVICE_SIZE_CHANGE + 1):
        number = conn.domainEventRegisterAny(None, event, lambda *_: note("unasked"), None)
        conn.domainEventDeregisterAny(number)
    refusal("device events", lambda: conn.nodeDeviceEventDeregisterAny(conn.nodeDeviceEventRegisterAny(
        None, libvirt.VIR_NODE_DEVICE_EVENT_ID_LIFECYCLE, lambda *_: note("unasked"), None)))
    refusal("secret events", lambda: conn.secretEventDeregisterAny(conn.secretEventRegisterAny(
        None, libvirt.VIR_SECRET_EVENT_ID_LIFECYCLE, lambda *_: note("unasked"), None)))


def changes(conn):
    test = conn.lookupByName("test")
    test.suspend()
    test.resume()
    expect("a domain, and its own", 4)
    web = conn.defineXML(WEB)
    web.create()
    web.suspend()
    web.resume()
    web.reboot(0)
    web.destroy()
    expect("another domain", 5)
    web.setMetadata(libvirt.VIR_DOMAIN_METADATA_TITLE, "A title", None, None, 0)
    web.setMetadata(libvirt.VIR_DOMAIN_METADATA_ELEMENT, "<a/>", "key", "http://example.org/", 0)
    web.undefine()
    expect("metadata", 3)
    blue = conn.networkDefineXML(BLUE)
    blue.create()
    blue.destroy()
    blue.undefine()
    expect("a network", 4)
    pool = conn.storagePoolLookupByName("default-pool")
    pool.refresh(0)
    pool.destroy()
    pool.create(0)
    expect("a pool", 3)


def old_style(conn):
    """Without a callback's number."""
    conn.domainEventRegister(domain_event, "old")
    test = conn.lookupByName("test")
    test.suspend()
    test.resume()
    expect("the old way", 2)
    conn.domainEventDeregister(domain_event)


def quiet(conn):
    """Nothing comes once all is deregistered: not before an event that was asked for after the changes."""
    test = conn.lookupByName("test")
    test.suspend()
    number = conn.networkEventRegisterAny(None, libvirt.VIR_NETWORK_EVENT_ID_LIFECYCLE, network_event, "last")
    conn.networkLookupByName("default").destroy()
    test.resume()
    conn.networkLookupByName("default").create()
    expect("nothing but", 2)
    conn.networkEventDeregisterAny(number)


def main():
    libvirt.registerErrorHandler(lambda *_: None, None)
    libvirt.virEventRegisterDefaultImpl()
    conn = libvirt.open(sys.argv[1])
    conn.setKeepAlive(5, 3)
    closed = []
    conn.registerCloseCallback(lambda *_: closed.append(1), None)
    every_class(conn)
    domain, network, pool = register(conn)
    changes(conn)
    for number in domain:
        conn.domainEventDeregisterAny(number)
    conn.networkEventDeregisterAny(network)
    for number in pool:
        conn.storagePoolEventDeregisterAny(number)
    refusal("a number that is no more", conn.domainEventDeregisterAny, domain[0])
    old_style(conn)
    quiet(conn)
    conn.unregisterCloseCallback()
    print("closed" if closed else "open to the end", conn.close())


main()
