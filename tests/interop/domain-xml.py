# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compares what we make of domain documents with what libvirt's test driver makes of them, byte for byte.

domain-xml.py PROGRAM [COUNT [SEED]]: PROGRAM is tests/lib/domain-xml. The documents are drawn from libvirt's schema;
those of the first half stand alone, those of the second are put together from parts that libvirt took. What is made
by chance (UUIDs, MAC addresses) is not compared. Every fifteenth is validated against the schema first. Documents with more than one fault may be refused for another one of
them than libvirt names first, but not more than one in a hundred. Exit status 1 if any other answer differs.
"""
import copy
import os
import random
import sys
import xml.etree.ElementTree as ET

import libvirt

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))
import schema_samples  # noqa: E402
import xml_compare  # noqa: E402

SCHEMA = '/usr/share/libvirt/schemas/domain.rng'
FLAGS = [0, libvirt.VIR_DOMAIN_XML_SECURE, libvirt.VIR_DOMAIN_XML_INACTIVE, libvirt.VIR_DOMAIN_XML_MIGRATABLE]
VALIDATE = libvirt.VIR_DOMAIN_DEFINE_VALIDATE


def chances(path):
    if len(path) == 1:
        return 0.08
    return 0.25 if path[-1] == 'devices' else 0.45


def sample(schema, seed):
    """A small document: some parts below <domain>, some devices; every fourth with something wrong in it."""
    sampler = schema_samples.Sampler(schema, seed, chances, 0.02 if seed % 4 == 0 else 0)
    domain = sampler.element('domain')
    if domain.find('devices') is None and sampler.random.random() < 0.7:
        devices = ET.SubElement(domain, 'devices')
        sampler.path = ['domain', 'devices']
        for _ in range(sampler.random.randint(1, 2)):
            sampler.fill(schema.defines['devices'], holder := ET.Element('holder'))
            devices.extend(device for made in holder for device in made)
    if sampler.random.random() < 0.8:
        domain.set('type', 'test')
    if sampler.random.random() < 0.9 and (name := domain.find('name')) is not None:
        name.text = 'sample%d' % seed
    return ET.tostring(domain, encoding='unicode')


def compose(parts, seed):
    """A larger document of parts that were taken each for itself."""
    chance = random.Random(seed)
    domain = ET.fromstring("<domain type='test'><name>whole%d</name><memory>65536</memory>"
                           "<os><type>hvm</type></os></domain>" % seed)
    devices = ET.Element('devices')
    for path, part in chance.sample(parts, min(len(parts), chance.randint(3, 9))):
        if path == 'devices':
            devices.append(copy.deepcopy(part))
        elif domain.find(part.tag) is None or part.tag == 'seclabel':
            domain.append(copy.deepcopy(part))
    domain.insert(chance.randint(2, len(domain)), devices)
    return ET.tostring(domain, encoding='unicode')


def parts_of(text):
    domain = ET.fromstring(text)
    for part in domain:
        if part.tag == 'devices':
            yield from (('devices', device) for device in part)
        elif part.tag not in ('name', 'uuid', 'id'):
            yield '', part


def flags_of(seed):
    """How a document is to be written, and how to be read."""
    return FLAGS[seed // 2 % len(FLAGS)], VALIDATE if seed % 15 == 0 else 0


def answer_as_libvirt(text, flags, how):
    """What libvirt writes, as a test driver of our own to which nothing else belongs."""
    conn = libvirt.open('test:///default')
    try:
        conn.lookupByName('test').destroy()
        conn.lookupByName('test').undefine()
        return conn.defineXMLFlags(text, how).XMLDesc(flags)
    finally:
        conn.close()


def main(program, total=2000, seed=1):
    schema, count, parts = schema_samples.Schema(SCHEMA), xml_compare.Count(), []

    def compare(texts, seeds):
        return xml_compare.compare(lambda flags, how: [program, str(flags), str(how)], answer_as_libvirt, texts, seeds,
                                   flags_of, count)

    seeds = list(range(seed, seed + total // 2))
    texts = [sample(schema, s) for s in seeds]
    for i in compare(texts, seeds):
        parts.extend(parts_of(texts[i]))
    seeds = list(range(seed + total // 2, seed + total))
    compare([compose(parts, s) for s in seeds], seeds)
    return count.verdict(total)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1], *map(int, sys.argv[2:])))
