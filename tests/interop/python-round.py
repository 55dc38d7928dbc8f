# SPDX-License-Identifier: LGPL-2.1-or-later
"""One round of a management program with libvirt's Python binding: python-round.py URI."""
import sys

import libvirt

WEB = """<domain type='test'><name>web</name><uuid>11111111-2222-4333-8444-555555555555</uuid>
<memory unit='MiB'>512</memory><vcpu>2</vcpu><os><type>hvm</type></os></domain>"""


def failure_of(call, *args):
    try:
        call(*args)
    except libvirt.libvirtError as e:
        return e.get_error_code(), e.get_error_domain()
    return None


def round_of_changes(conn):
    before = len(conn.listAllDomains())
    web = conn.defineXML(WEB)
    assert not web.isActive() and web.isPersistent()
    web.create()
    assert web.state()[0] == libvirt.VIR_DOMAIN_RUNNING
    assert web.info()[1] == 512 * 1024 and web.info()[3] == 2
    assert "<name>web</name>" in web.XMLDesc()
    assert conn.lookupByUUIDString(web.UUIDString()).name() == "web"
    assert conn.lookupByID(web.ID()).name() == "web"
    web.suspend()
    assert web.state() == [libvirt.VIR_DOMAIN_PAUSED, libvirt.VIR_DOMAIN_PAUSED_USER]
    web.resume()
    web.setAutostart(1)
    assert web.autostart() == 1
    assert [d.name() for d, _ in conn.getAllDomainStats()].count("web") == 1
    between = len(conn.listAllDomains())
    web.shutdown()
    assert not web.isActive()
    web.undefine()
    return f"{before} domain, then {between}, then {len(conn.listAllDomains())}"


def main():
    libvirt.registerErrorHandler(lambda *_: None, None)
    conn = libvirt.open(sys.argv[1])
    assert conn.getType() == "TEST" or conn.getType() == "Test", conn.getType()
    assert conn.isAlive() and conn.getHostname()
    assert conn.getInfo()[2] > 0 and "<capabilities>" in conn.getCapabilities()
    assert failure_of(conn.lookupByName, "nosuch") == (libvirt.VIR_ERR_NO_DOMAIN, libvirt.VIR_FROM_TEST)
    assert failure_of(conn.defineXML, "<domain>")[0] == libvirt.VIR_ERR_XML_DETAIL
    print(round_of_changes(conn))
    assert conn.close() == 0
    readonly = libvirt.openReadOnly(sys.argv[1])
    assert failure_of(readonly.lookupByName("test").suspend)[0] == libvirt.VIR_ERR_OPERATION_DENIED
    readonly.close()


main()
