# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compares what we make of domain documents with what libvirt's test driver makes of them, byte for byte.

domain-xml.py PROGRAM [COUNT [SEED]]: PROGRAM is tests/lib/domain-xml. The documents are drawn from libvirt's schema;
those of the first half stand alone, those of the second are put together from parts that libvirt took. What is made
by chance (UUIDs, MAC addresses) is not compared. Every fifteenth is validated against the schema first. Documents with more than one fault may be refused for another one of
them than libvirt names first, but not more than one in a hundred. Exit status 1 if any other answer differs.
"""
import copy
import difflib
import multiprocessing
import os
import random
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import libvirt

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../lib'))
import schema_samples  # noqa: E402

SCHEMA = '/usr/share/libvirt/schemas/domain.rng'
UUID = re.compile('[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}')
MAC = re.compile('52:54:00(:[0-9a-f]{2}){3}')
SILENT = 'error 1: An error occurred, but the cause is unknown'  # libvirt refuses, but does not say why
LIMIT = re.compile('error 67: unsupported configuration: more than [0-9]+ ')  # ours alone
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
    except libvirt.libvirtError as e:
        return 'error %d: %s' % (e.get_error_code(), e.get_error_message())
    finally:
        conn.close()


def serve(link):
    libvirt.registerErrorHandler(lambda *_: None, None)
    while True:
        link.send(answer_as_libvirt(*link.recv()))


class Libvirt:
    """Libvirt in a process of its own: there are documents at which it crashes."""

    def __init__(self):
        self.process = None

    def answer(self, text, flags, how):
        """The answer, or None if libvirt crashed."""
        if self.process is None:
            self.link, far = multiprocessing.Pipe()
            self.process = multiprocessing.Process(target=serve, args=(far,), daemon=True)
            self.process.start()
            far.close()
        self.link.send((text, flags, how))
        try:
            return self.link.recv()
        except EOFError:
            self.process = None
            return None


def ours(program, texts, flags, how):
    done = subprocess.run([program, str(flags), str(how)], input='\0'.join(texts) + '\0', capture_output=True, text=True,
                          timeout=300, check=True)
    return done.stdout.split('\0')[:-1]


def comparable(answer, text):
    given = text.lower()
    bare = given.replace('-', '')
    answer = UUID.sub(lambda m: m[0] if m[0].replace('-', '') in bare else 'UUID', answer)
    return MAC.sub(lambda m: m[0] if m[0] in given else 'MAC', answer)


class Count:
    def __init__(self):
        self.taken = self.same = self.other_fault = self.crashes = self.wrong = 0


def judge(wanted, answer):
    """The count to which an answer belongs, wanted being libvirt's."""
    if answer == wanted or LIMIT.match(answer):
        return 'same'
    if wanted.startswith('error ') and answer.startswith('error '):
        return 'same' if wanted == SILENT else 'other_fault'
    return 'wrong'


def compare(program, texts, seeds, count):
    """Compares all; which of the documents were taken."""
    oracle, taken = Libvirt(), []
    for flags, how in sorted(set(map(flags_of, seeds))):
        mine = [i for i in range(len(texts)) if flags_of(seeds[i]) == (flags, how)]
        for i, answer in zip(mine, ours(program, [texts[i] for i in mine], flags, how)):
            wanted = oracle.answer(texts[i], flags, how)
            if wanted is None:
                count.crashes += 1
                continue
            if not wanted.startswith('error '):
                taken.append(i)
            wanted, answer = comparable(wanted, texts[i]), comparable(answer, texts[i])
            verdict = judge(wanted, answer)
            setattr(count, verdict, getattr(count, verdict) + 1)
            if verdict != 'same':
                print('== document %d, flags %d, %d\n%s' % (seeds[i], flags, how, texts[i]))
                print('\n'.join(difflib.unified_diff(wanted.splitlines(), answer.splitlines(), 'libvirt', 'ours', n=1)))
    count.taken += len(taken)
    return sorted(taken)


def main(program, total=2000, seed=1):
    schema, count, parts = schema_samples.Schema(SCHEMA), Count(), []
    seeds = list(range(seed, seed + total // 2))
    texts = [sample(schema, s) for s in seeds]
    for i in compare(program, texts, seeds, count):
        parts.extend(parts_of(texts[i]))
    seeds = list(range(seed + total // 2, seed + total))
    compare(program, [compose(parts, s) for s in seeds], seeds, count)
    print('%d documents, %d of them taken: %d answers the same, %d refused for another fault, %d wrong; '
          'libvirt crashed at %d' % (total, count.taken, count.same, count.other_fault, count.wrong, count.crashes))
    return 1 if count.wrong or count.other_fault * 100 > total else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1], *map(int, sys.argv[2:])))
