# SPDX-License-Identifier: LGPL-2.1-or-later
"""A round of a desktop's program with libvirt-glib, in GLib's main loop: glib.py URI."""
import sys

import gi

gi.require_version("LibvirtGLib", "1.0")
gi.require_version("LibvirtGObject", "1.0")
gi.require_version("LibvirtGConfig", "1.0")
from gi.repository import GLib, LibvirtGConfig, LibvirtGLib, LibvirtGObject

SECONDS = 20
seen = []


def note(*words):
    seen.append(" ".join(str(w) for w in words))


def expect(title, count):
    """Runs the loop until so many signals have come."""
    context = GLib.MainContext.default()
    late = []
    timer = GLib.timeout_add_seconds(SECONDS, lambda: late.append(1) or True)
    while len(seen) < count and not late:
        context.iteration(True)
    GLib.source_remove(timer)
    print(f"{title}:", *seen, sep="\n  ")
    if len(seen) != count:
        sys.exit(f"{title}: {len(seen)} signals, not {count}")
    seen.clear()


def watch(domain):
    for signal in ("started", "suspended", "resumed", "stopped", "updated"):
        domain.connect(signal, lambda *args: note(args[-1], domain.get_name()), signal)


def names(objects):
    return " ".join(sorted(o.get_name() for o in objects))


def host(conn):
    conn.fetch_domains(None)
    conn.fetch_storage_pools(None)
    conn.fetch_networks(None)
    conn.fetch_interfaces(None)
    print("domains", names(conn.get_domains()), "pools", names(conn.get_storage_pools()), "networks",
          names(conn.get_networks()), "interfaces", names(conn.get_interfaces()))
    node = conn.get_node_info()
    print("node", node.memory, node.cpus, node.mhz, node.nodes, node.sockets, node.cores, node.threads)
    capabilities = conn.get_capabilities()
    print("host", capabilities.get_host().get_cpu().get_arch(), "guests",
          [g.get_arch().get_name() for g in capabilities.get_guests()])


def config():
    domain = LibvirtGConfig.Domain.new_from_xml("<domain type='test'/>")
    domain.set_name("web")
    domain.set_memory(512 * 1024)
    domain.set_vcpus(2)
    os = LibvirtGConfig.DomainOs.new()
    os.set_os_type(LibvirtGConfig.DomainOsType.HVM)
    os.set_arch("i686")
    domain.set_os(os)
    return domain


def changes(conn):
    conn.connect("domain-added", lambda _, d: note("added", d.get_name()))
    conn.connect("domain-removed", lambda _, d: note("removed", d.get_name()))
    domain = conn.create_domain(config())
    expect("created", 1)
    watch(domain)
    domain.start(0)
    expect("start", 1)
    info = domain.get_info()
    print("info", info.state.value_nick, info.memory, info.maxMem, info.nrVirtCpu, domain.get_persistent())
    read = domain.get_config(0)
    print("config", read.get_name(), read.get_memory(), read.get_vcpus(), read.get_os().get_arch())
    domain.suspend()
    domain.resume()
    expect("pause", 2)
    read.set_title("A title")
    domain.set_config(read)
    expect("set", 1)
    print("title", domain.get_config(LibvirtGObject.DomainXMLFlags.INACTIVE).get_title())
    domain.stop(0)
    expect("stop", 1)
    domain.delete(0)
    expect("deleted", 1)


def main():
    LibvirtGLib.event_register()
    conn = LibvirtGObject.Connection.new(sys.argv[1])
    conn.open(None)
    print("open", conn.is_open(), conn.is_read_only())
    host(conn)
    changes(conn)
    conn.close()
    print("open", conn.is_open())


main()
