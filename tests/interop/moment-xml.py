# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compares the snapshots and checkpoints that rvirtd's test driver makes of documents with those of libvirt's.

moment-xml.py snapshot|checkpoint URI [COUNT [SEED]]: URI is rvirtd's. The documents are drawn from libvirt's schema,
every fourth with something wrong in it, and describe moments of one domain, running or off: new ones, or ones that
there were. Each is asked for with the flags that its number names. Exit status 1 if any answer differs; of documents
with more than one fault one in a hundred may be refused for another one than libvirt names first."""
import os
import re
import sys
import time
import xml.etree.ElementTree as ET

import libvirt

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))
import schema_samples  # noqa: E402
import xml_compare  # noqa: E402

SCHEMAS = '/usr/share/libvirt/schemas/'
UUID = 'b6cbb7c7-8ed4-4d9c-9a4c-2d5f3a7a9c51'
DOMAIN = """<domain type='test'><name>moments</name><uuid>%s</uuid><memory>8192</memory><os><type>hvm</type></os><devices>
<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='/images/a.qcow2'/><target dev='vda' bus='virtio'/></disk>
<disk type='block' device='disk'><driver name='qemu' type='raw'/><source dev='/dev/b'/><target dev='vdb' bus='virtio'/></disk>
<disk type='network' device='disk'><driver name='qemu' type='raw'/><source protocol='nbd' name='c'><host name='h' port='1'/></source><target dev='vdc' bus='virtio'/></disk>
<disk type='file' device='cdrom'><target dev='sda' bus='sata'/><readonly/></disk>%s</devices></domain>""" % (UUID, '%s')
SHARED = "<disk type='file' device='disk' snapshot='no'><source file='/images/d'/><target dev='vdd' bus='virtio'/><shareable/></disk>"

REDEFINE, VALIDATE = 1, 2  # ours, for both kinds
SNAPSHOT = {REDEFINE: libvirt.VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE, VALIDATE: libvirt.VIR_DOMAIN_SNAPSHOT_CREATE_VALIDATE,
            4: libvirt.VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY, 8: libvirt.VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA}
CHECKPOINT = {REDEFINE: libvirt.VIR_DOMAIN_CHECKPOINT_CREATE_REDEFINE, VALIDATE: libvirt.VIR_DOMAIN_CHECKPOINT_CREATE_XML_VALIDATE
              if hasattr(libvirt, 'VIR_DOMAIN_CHECKPOINT_CREATE_XML_VALIDATE') else 0}


def flags_of(values, how):
    return sum(value for bit, value in values.items() if how & bit)


def snapshot(domain, text, how):
    made = domain.snapshotCreateXML(text, flags_of(SNAPSHOT, how))
    try:
        return made.getXMLDesc()
    finally:
        made.delete(0)


def checkpoint(domain, text, how):
    made = domain.checkpointCreateXML(text, flags_of(CHECKPOINT, how))
    try:
        return made.getXMLDesc()
    finally:
        made.delete(0)


def without_time(text):
    """New moments, and what is called by them, without the second in which they were made."""
    return re.sub(r'\b\d{10}\b', lambda m: 'NOW' if abs(int(m[0]) - time.time()) < 3600 else m[0], text)


def ask(uri, kind, text, how, runs):
    """What a fresh domain's moment is, as the host of this URI writes it."""
    conn = libvirt.open(uri)
    try:
        domain = conn.defineXML(DOMAIN % (SHARED if how & 16 else ''))
        try:
            if runs:
                domain.create()
            return without_time(KINDS[kind][2](domain, text, how))
        finally:
            if domain.isActive():
                domain.destroy()
            domain.undefine()
    finally:
        conn.close()


def tidy(random, root):
    """Most documents speak of disks that there are, and of the domain that they are of."""
    for name in ('domain', 'inactiveDomain'):
        for part in root.findall(name):
            at = list(root).index(part)
            root.remove(part)
            if random.random() < 0.4:
                whole = ET.fromstring(DOMAIN % '')
                whole.tag = name
                if random.random() < 0.1:
                    whole.find('uuid').text = UUID.replace('b', 'a')
                root.insert(at, whole)
    if random.random() < 0.97:
        for part in root.findall('parent'):
            root.remove(part)
    times = root.find('creationTime')
    if times is not None:
        times.text = str(random.randint(1000000000, 1700000000))
    state = root.find('state')
    if state is not None and random.random() < 0.9:
        state.text = random.choice(['running', 'paused', 'shutoff', 'disk-snapshot'])
    if random.random() < 0.9 and root.find('name') is None:
        ET.SubElement(root, 'name').text = random.choice(['a', 'two words', '<&>'])
    if random.random() < 0.9 and times is None:
        ET.SubElement(root, 'creationTime').text = '1234567890'
    if random.random() < 0.9 and state is None and root.tag == 'domainsnapshot':
        state = ET.SubElement(root, 'state')
        state.text = random.choice(['running', 'shutoff', 'disk-snapshot'])
    online = state is not None and state.text in ('running', 'paused')
    if root.tag == 'domainsnapshot' and random.random() < 0.9:
        for memory in root.findall('memory'):
            root.remove(memory)
        if random.random() < 0.6:
            ET.SubElement(root, 'memory', random.choice(
                [{'snapshot': 'internal'}, {'snapshot': 'external', 'file': '/m'}, {'file': '/m'}]
                if online else [{'snapshot': 'no'}]))
    mode = random.choice(['internal', 'external'])
    for disk in root.findall('disks/disk'):
        if random.random() < 0.95 and 'snapshot' in disk.attrib:
            disk.set('snapshot', mode)
        if random.random() < 0.9 and mode == 'internal':
            disk.attrib.pop('type', None)
            for part in list(disk):
                disk.remove(part)
    names = ['vda', 'vdb', 'vdc', 'sda', '/images/a.qcow2', '/dev/b']
    random.shuffle(names)
    for i, disk in enumerate(root.findall('disks/disk')):
        if random.random() < 0.95:
            disk.set('name', names[i % len(names)])


# The kinds: the file of the schema, what defines the element there, how it is asked. To add one: a row.
KINDS = {
    'snapshot': ('domainsnapshot.rng', 'domainsnapshot', snapshot),
    'checkpoint': ('domaincheckpoint.rng', 'domaincheckpoint', checkpoint),
}


def sample(schema, define, seed):
    sampler = schema_samples.Sampler(schema, seed, lambda path: 0 if 'domain' in path[1:2] else 0.6,
                                     0.03 if seed % 4 == 0 else 0)
    element = sampler.element(define)
    tidy(sampler.random, element)
    return ET.tostring(element, encoding='unicode')


def how_of(seed):
    random = schema_samples.random.Random(seed)
    return (random.choice([0, REDEFINE, REDEFINE]) + random.choice([0, 0, 4]) + random.choice([0, 16]) +
            (VALIDATE if seed % 15 == 0 else 0), random.random() < 0.5)


def main(kind, uri, total=500, seed=1):
    total, seed = int(total), int(seed)
    file, define, _ = KINDS[kind]
    schema, count = schema_samples.Schema(SCHEMAS + file), xml_compare.Count()
    ours = xml_compare.Libvirt(lambda text, how, runs: ask(uri, kind, text, how, runs))
    seeds = range(seed, seed + total)
    texts = [sample(schema, define, s) for s in seeds]
    xml_compare.compare_answers(lambda options, some: [ours.answer(text, *options) for text in some],
                                lambda text, how, runs: ask('test:///default', kind, text, how, runs), texts, seeds,
                                how_of, count)
    return count.verdict(total)


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
