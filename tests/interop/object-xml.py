# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compares what we make of documents of an object with what libvirt makes of them, byte for byte.

object-xml.py PROGRAM KIND [COUNT [SEED [SOCKET]]]: PROGRAM is tests/lib/object-xml, SOCKET that of the libvirtd whose
drivers are asked where the test driver has no such object. The documents are drawn from libvirt's
schema, every fourth with something wrong in it; every fifteenth is validated against the schema first. Of documents
with more than one fault one in a hundred may be refused for another one than libvirt names first. Exit status 1 if any
other answer differs."""
import os
import re
import sys
import tempfile
import xml.etree.ElementTree as ET

import libvirt

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))
import schema_samples  # noqa: E402
import xml_compare  # noqa: E402

SCHEMAS = '/usr/share/libvirt/schemas/'


def define_network(conn, text, how):
    return conn.networkDefineXMLFlags(text, libvirt.VIR_NETWORK_DEFINE_VALIDATE if how else 0).XMLDesc()


def define_interface(conn, text, how):
    return conn.interfaceDefineXML(text, libvirt.VIR_INTERFACE_DEFINE_VALIDATE if how else 0).XMLDesc()


def read_device(conn, text, how):
    """There is no call that takes any device; the test driver takes them from a file, and validates none."""
    with tempfile.NamedTemporaryFile('w', suffix='.xml') as file:
        file.write('<node>%s</node>' % text)
        file.flush()
        own = libvirt.open('test://' + file.name)
        try:
            return own.listAllDevices()[0].XMLDesc()
        finally:
            own.close()


def define_secret(conn, text, how):
    """Libvirt's driver of secrets keeps them on the host; a UUID of each document's own is undefined again."""
    secret = conn.secretDefineXML(text, libvirt.VIR_SECRET_DEFINE_VALIDATE if how else 0)
    try:
        return secret.XMLDesc()
    finally:
        secret.undefine()


def define_filter(conn, text, how):
    made = conn.nwfilterDefineXMLFlags(text, libvirt.VIR_NWFILTER_DEFINE_VALIDATE if how else 0)
    try:
        return made.XMLDesc()
    finally:
        made.undefine()


def define_pool(conn, text, how):
    """The test driver's pools all have the same space; a definition alone has none."""
    written = conn.storagePoolDefineXML(text, libvirt.VIR_STORAGE_POOL_DEFINE_VALIDATE if how else 0).XMLDesc()
    return written.replace("'bytes'>107374182400<", "'bytes'>0<")


def volume_maker(pool):
    """Makes a volume in such a pool. Where it is says the pool, and not the definition alone."""
    def make(conn, text, how):
        place = conn.storagePoolCreateXML(pool)
        volume = place.createXML(text, libvirt.VIR_STORAGE_VOL_CREATE_VALIDATE if how else 0)
        written = re.sub('  <key>.*</key>\n', '', volume.XMLDesc(), count=1)
        written = re.sub('    <path>.*</path>\n', '', written, count=1)
        return written.replace('  <target>\n  </target>\n', '')
    return make


def chance(random, part, share=0.95):
    """Whether to make this right: not always, so that refusals are compared too."""
    return part is not None and random.random() < share


def tidy_bandwidth(random, parent):
    for bandwidth in parent.findall('bandwidth'):
        bandwidth.attrib.pop('classID', None)
        for name in ('inbound', 'outbound'):
            for i, rate in enumerate(bandwidth.findall(name)):
                rate.set('average', str(random.randint(1, 5000)))
                rate.attrib.pop('floor', None)
                if i:
                    bandwidth.remove(rate)


def tidy_vlan(random, parent):
    tags = parent.findall('vlan/tag')
    for tag in tags[1:]:
        tag.attrib.pop('nativeMode', None)
    for vlan in parent.findall('vlan'):
        if len(tags) > 1 or vlan.find('tag[@nativeMode]') is not None:
            vlan.set('trunk', 'yes')


def tidy_dns(random, dns):
    if len(dns):
        dns.attrib.pop('enable', None)
    for forwarder in dns.findall('forwarder'):
        if not forwarder.attrib:
            forwarder.set('domain', 'example.org')
    for i, srv in enumerate(dns.findall('srv')):
        srv.set('service', 'name%d' % i)
        if 'port' in srv.attrib or 'weight' in srv.attrib or 'priority' in srv.attrib:
            srv.set('target', 'host.example.org')
    for i, host in enumerate(dns.findall('host')):
        host.set('ip', '10.9.0.%d' % i)
        if host.find('hostname') is None:
            ET.SubElement(host, 'hostname').text = 'host%d' % i
    for txt in dns.findall('txt'):
        txt.set('name', 'example')


def lease(random, parent):
    if random.random() < 0.3:
        made = ET.SubElement(parent, 'lease', expiry=str(random.choice([0, 1, 2, 120, 3600])))
        if random.random() < 0.5:
            made.set('unit', random.choice(['seconds', 'minutes', 'hours']))


def make_ip(random, n):
    """An address with a service, and the route to another network by it."""
    six = random.random() < 0.3
    net = ('fd00:%x::' % n) if six else '10.%d.7.' % n
    ip = ET.Element('ip', address=net + '1')
    if six:
        ip.set('family', 'ipv6')
    elif random.random() < 0.3:
        ip.set('family', 'ipv4')
    if six or random.random() < 0.5:
        ip.set('prefix', '64' if six else '24')
    elif random.random() < 0.7:
        ip.set('netmask', '255.255.255.0')
    if random.random() < 0.2:
        ip.set('localPtr', random.choice(['yes', 'no']))
    if random.random() < 0.2 and not six:
        ET.SubElement(ip, 'tftp', root='/srv/tftp')
    if random.random() < 0.6:
        dhcp = ET.SubElement(ip, 'dhcp')
        for i in range(random.randint(0, 2)):
            lease(random, ET.SubElement(dhcp, 'range', start=net + str(10 + 20 * i), end=net + str(25 + 20 * i)))
        for i in range(random.randint(0, 3)):
            host = ET.SubElement(dhcp, 'host', ip=net + str(60 + i), name='host%d' % i)
            host.set(*('id', '0:1:a:%d' % i) if six else ('mac', '52:54:00:aa:bb:%02x' % i))
            lease(random, host)
        if random.random() < 0.3:
            bootp = ET.SubElement(dhcp, 'bootp', file='pxe<&>.0')
            if random.random() < 0.5:
                bootp.set('server', '10.0.0.1')
    route = ET.Element('route', address='fd01:%x::' % n if six else '172.16.%d.0' % n, gateway=net + '9',
                       prefix='64' if six else '24', **({'family': 'ipv6'} if six else {}))
    return ip, route


def tidy_forward(random, network, forward):
    mode = forward.get('mode', 'nat')
    for nat in forward.findall('nat'):
        if mode != 'nat' or nat is not forward.find('nat'):
            forward.remove(nat)
        for address in nat.findall('address'):
            address.attrib.update(start='10.1.2.3', end='10.1.2.9')
        for port in nat.findall('port'):
            port.attrib.update(start='500', end='1000')
    if forward.find('address') is not None or forward.find('pf') is not None:
        forward.attrib.pop('dev', None)
    interfaces = forward.findall('interface')
    for i, interface in enumerate(interfaces):
        interface.set('dev', 'eth%d' % i)
        if mode in ('nat', 'route', 'open') and (i or mode == 'open'):
            forward.remove(interface)
    if interfaces:
        forward.attrib.pop('dev', None)
    if mode == 'open':
        forward.attrib.pop('dev', None)
    bridge = network.find('bridge')
    if mode not in ('nat', 'route', 'open', 'none'):
        for tag in ('mtu',) + (() if mode == 'bridge' and not len(forward) and not forward.get('dev') else ('bridge',)):
            for part in network.findall(tag):
                network.remove(part)
        for name in ('stp', 'delay', 'zone') if bridge is not None else ():
            bridge.attrib.pop(name, None)


def tidy_network(random, network):
    """Makes right, mostly, what the schema allows and libvirt does not."""
    for part in [network] + network.findall('portgroup'):
        tidy_bandwidth(random, part)
        tidy_vlan(random, part)
        if chance(random, part.find('virtualport')):
            part.find('virtualport').attrib.setdefault('type', 'openvswitch')
    if chance(random, network.find('dns')):
        tidy_dns(random, network.find('dns'))
    if chance(random, network.find('mac')):
        network.find('mac').set('address', '52:54:00:%02x:00:0A' % random.randint(0, 255))
    if chance(random, network):
        for part in network.findall('ip') + network.findall('route'):
            network.remove(part)
        for n in range(random.randint(1, 3)):
            ip, route = make_ip(random, n)
            network.append(ip)
            if random.random() < 0.3:
                network.append(route)
    if chance(random, network.find('forward')):
        tidy_forward(random, network, network.find('forward'))


def tidy_interface(random, interface):
    interface.set('name', interface.get('name') or 'eth0')
    if chance(random, interface.find('bridge')):
        interface.find('bridge').set('stp', random.choice(['on', 'off']))


def tidy_device(random, device):
    """Leaves one or two parts, mostly of those that libvirt reads."""
    parts = device.findall('capability')
    random.shuffle(parts)
    left = random.randint(1, 2)
    for part in parts:
        found_only = part.get('type') in ('fc_host', 'vports', 'scsi_generic', 'mdev_types', 'vdpa', 'vpd')
        if left == 0 or (found_only and random.random() < 0.9):
            device.remove(part)
        else:
            left -= 1
    if device.find('capability') is None:
        ET.SubElement(ET.SubElement(device, 'capability', type='drm'), 'type').text = random.choice(['primary', 'render'])
    for domain in device.iter('ap-domain'):
        domain.text = hex(random.randint(0, 255))
    for part in device.iter('capability'):
        if part.get('type') == 'fc_host':
            for name in ('wwnn', 'wwpn'):
                if part.find(name) is None:
                    ET.SubElement(part, name).text = '1000000012341234'


def tidy_filter(random, filter):
    """Names that can be files, and no filter that uses itself; most numbers within their bounds."""
    filter.set('name', 'sample%d' % random.randint(0, 99))
    for use in filter.findall('filterref'):
        use.set('filter', 'none')
    for rule in filter.findall('rule'):
        for part in rule:
            if part.get('ipset') and random.random() < 0.7:
                part.attrib.pop('ipsetflags', None)
            for name in ('srcportstart', 'srcportend', 'dstportstart', 'dstportend'):
                if part.tag in ('ip', 'ipv6') and name in part.attrib and random.random() < 0.8:
                    part.set('protocol', random.choice(['tcp', '17', '0x84', '33']))


def child(parent, name):
    found = parent.find(name)
    return ET.SubElement(parent, name) if found is None else found


def tidy_permissions(random, parent):
    for permissions in parent.iter('permissions'):
        for part in permissions:
            if part.tag in ('owner', 'group') and random.random() < 0.9:
                part.text = str(random.choice([-1, 0, 107, 65534]))


def tidy_pool(random, pool):
    """Names that can be there, and a source that has what its type needs."""
    tidy_permissions(random, pool)
    source = child(pool, 'source')
    if chance(random, pool):
        child(pool, 'name').text = 'sample'
        child(source, 'name').text = random.choice(['name', 'a b'])
        for host in source.findall('host')[1:]:
            source.remove(host)
    for host in source.findall('host'):
        if random.random() < 0.9:
            host.set('port', str(random.randint(1, 65535)))
    for adapter in source.findall('adapter'):
        if adapter.get('type') == 'fc_host' and random.random() < 0.9:
            adapter.set('wwnn', '1000000012341234')
            adapter.set('wwpn', '1000000012341235')
    for protocol in source.findall('protocol'):
        if random.random() < 0.8:
            protocol.set('ver', random.choice(['3', '4']))


def tidy_volume(random, volume):
    """Sizes that the test driver's pools have."""
    tidy_permissions(random, volume)
    if chance(random, volume, 0.97):
        child(volume, 'capacity').text = str(random.randint(0, 9))
    if volume.find('capacity') is not None:
        child(volume, 'allocation').text = random.choice(['0', '1', '17', '1.5'])
        volume.find('allocation').attrib.pop('unit', None)


def tidy_nothing(random, element):
    pass


# The kinds: the file of the schema, what define the element there, where libvirt has it, how it is asked, and what
# makes a document right. To add one: a row.
KINDS = {
    'device': ('nodedev.rng', 'device', None, read_device, tidy_device),
    'pool': ('storagepool.rng', 'pool', 'test:///default', define_pool, tidy_pool),
    'volume/dir': ('storagevol.rng', 'vol', 'test:///default', volume_maker(
        "<pool type='dir'><name>p</name><target><path>/p</path></target></pool>"), tidy_volume),
    'volume/disk': ('storagevol.rng', 'vol', 'test:///default', volume_maker(
        "<pool type='disk'><name>p</name><source><device path='/p'/></source><target><path>/p</path></target></pool>"), tidy_volume),
    'volume/logical': ('storagevol.rng', 'vol', 'test:///default', volume_maker("<pool type='logical'><name>p</name></pool>"), tidy_volume),
    'interface': ('interface.rng', 'ethernet-interface bridge-interface bond-interface vlan-interface', 'test:///default', define_interface, tidy_interface),
    'filter': ('nwfilter.rng', 'filter', 'nwfilter:///system?socket=', define_filter, tidy_filter),
    'secret': ('secret.rng', 'secret', 'secret:///system?socket=', define_secret, tidy_nothing),
    'network': ('network.rng', 'network', 'test:///default', define_network, tidy_network),
}


def sample(schema, define, tidy, seed):
    sampler = schema_samples.Sampler(schema, seed, lambda path: 0.5 if len(path) < 2 else 0.4,
                                     0.03 if seed % 4 == 0 else 0)
    element = sampler.element(sampler.random.choice(define.split()))
    tidy(sampler.random, element)
    return ET.tostring(element, encoding='unicode')


def main(program, kind, total=500, seed=1, socket=''):
    total, seed = int(total), int(seed)
    file, define, uri, ask, tidy = KINDS[kind]
    validates = not kind.startswith('volume/')  # libvirt 9.0.0 refuses its own flag
    schema, count = schema_samples.Schema(SCHEMAS + file), xml_compare.Count()

    def answer(text, how):
        conn = libvirt.open(uri + (socket if uri.endswith('=') else '')) if uri else None
        try:
            return ask(conn, text, how)
        finally:
            if conn:
                conn.close()

    seeds = range(seed, seed + total)
    texts = [sample(schema, define, tidy, s) for s in seeds]
    xml_compare.compare(lambda how: [program, kind, str(how)], answer, texts, seeds,
                        lambda s: (1 if uri and validates and s % 15 == 0 else 0,), count)
    return count.verdict(total)


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
