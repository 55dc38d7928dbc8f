# SPDX-License-Identifier: LGPL-2.1-or-later
"""Calls about processors, for driver-calls: cpu-calls.py WHAT SEED COUNT

WHAT is baseline (what the test driver has too) or hypervisor. First each model there is, then documents drawn by chance:
of hosts and guests, with any features and policies, vendors, flags, and now and then something wrong."""
import json
import random
import re
import sys
from pathlib import Path

TABLES = Path(__file__).resolve().parents[2] / 'src/drivers/cpu'
FEATURES = re.findall(r'^FEATURE\("([^"]+)"', (TABLES / 'x86-features.def').read_text(), re.M)
MODELS = re.findall(r'^MODEL\("([^"]+)"', (TABLES / 'x86-models.def').read_text(), re.M)
POLICIES = ['force', 'require', 'require', 'require', 'optional', 'disable', 'disable', 'forbid']
WRONG = ['<cpu/>', '<cpu', '<host/>', '<cpu><arch>x86_64</arch></cpu>', '<cpu><model>Penryn</model></cpu>',
         '<cpu><arch>none</arch><model>Penryn</model></cpu>', '<cpu><arch/><model>Penryn</model></cpu>',
         '<cpu mode="custom"><arch>x86_64</arch><model>Penryn</model></cpu>',
         '<cpu match="exact"><arch>x86_64</arch><model>Penryn</model></cpu>',
         '<cpu migratable="on"><arch>x86_64</arch><model>Penryn</model></cpu>',
         '<cpu><arch>x86_64</arch><model>Penryn</model><microcode version="x"/></cpu>',
         '<cpu><arch>x86_64</arch><signature family="0" model="1" stepping="1"/><model>Penryn</model></cpu>',
         '<cpu><arch>x86_64</arch><signature family="6" model="1"/><model>Penryn</model></cpu>',
         '<cpu><arch>x86_64</arch><counter name="tsc"/><model>Penryn</model></cpu>',
         '<cpu><arch>x86_64</arch><model>Penryn</model><topology sockets="1" cores="0" threads="1"/></cpu>',
         '<cpu><arch>x86_64</arch><model>Penryn</model><feature/></cpu>',
         '<cpu><arch>x86_64</arch><model>Penryn</model><feature name="vmx"/><feature name="vmx"/></cpu>',
         '<cpu><arch>x86_64</arch><model>Penryn</model><cache mode="x"/></cpu>',
         '<cpu><arch>x86_64</arch><model>Penryn</model><maxphysaddr/></cpu>',
         '<cpu><arch>s390x</arch><model>z14</model></cpu>', '<cpu><arch>mips</arch><model>24K</model></cpu>',
         '<cpu><feature name="vmx"/></cpu>', '<cpu mode="x"/>', '<cpu match="x"><model>Penryn</model></cpu>',
         '<cpu check="x"><model>Penryn</model></cpu>', '<cpu><model fallback="x">Penryn</model></cpu>',
         '<cpu><model vendor_id="short">Penryn</model></cpu>', '<cpu><vendor>Intel</vendor></cpu>',
         '<cpu><model>Penryn</model><feature name="vmx" policy="x"/></cpu>', '<cpu mode="host-model"/>',
         '<cpu mode="host-passthrough"/>', '<cpu mode="maximum" migratable="on"/>',
         '<cpu><topology sockets="1" cores="1" threads="1"/></cpu>']


def features(chance, policies):
    names = chance.sample(FEATURES, chance.choice([0, 0, 1, 2, 5, 20]))
    if chance.random() < 0.03:
        names.append('none')
    policy = ' policy="%s"'
    return ''.join('<feature%s name="%s"/>' % (policy % chance.choice(POLICIES) if policies else '', n) for n in names)


def vendor(chance):
    name = chance.choice([None] * 5 + ['Intel'] * 3 + ['AMD', 'Hygon', 'None'])
    return '<vendor>%s</vendor>' % name if name else ''


def model(chance):
    return 'none' if chance.random() < 0.02 else chance.choice(MODELS)


def host(chance, near=None):
    arch = chance.choice(['x86_64'] * 12 + ['i686'])
    return '<cpu><arch>%s</arch><model>%s</model>%s%s</cpu>' % (arch, near or model(chance), vendor(chance), features(chance, False))


def guest(chance, near=None):
    match = chance.choice(['', '', ' match="strict"', ' match="minimum"', ' mode="custom" check="full"'])
    return '<cpu%s><model>%s</model>%s%s</cpu>' % (match, near or model(chance), vendor(chance), features(chance, True))


def document(chance, kinds, near=None):
    if chance.random() < 0.1:
        return chance.choice(WRONG)
    return chance.choice(kinds)(chance, near)


def documents(chance, kinds):
    near = model(chance) if chance.random() < 0.5 else None
    return [document(chance, kinds, near) for _ in range(chance.choice([1, 1, 2, 2, 3, 4]))]


def call(name, **arguments):
    print(name, json.dumps(arguments))


def baseline(chance):
    call('CONNECT_BASELINE_CPU', xml_cpus=documents(chance, [host]), flags=chance.choice([0, 0, 1, 4]))


def hypervisor(chance):
    binary = {'emulator': None, 'arch': chance.choice([None, 'x86_64', 'i686']), 'machine': chance.choice([None, None, 'pc', 'q35', 'none']),
              'virttype': chance.choice(['qemu', 'qemu', 'qemu', 'qemu', 'nothing'])}
    kind = chance.randrange(4)
    if kind == 0:
        call('CONNECT_COMPARE_CPU', xml=document(chance, [host, guest]), flags=chance.choice([0, 1, 1, 2, 4]))
    elif kind == 1:
        call('CONNECT_COMPARE_HYPERVISOR_CPU', **binary, xml_cpu=document(chance, [host, guest]), flags=chance.choice([0, 1, 1, 2, 4]))
    elif kind == 2:
        call('CONNECT_BASELINE_CPU', xml_cpus=documents(chance, [host]), flags=chance.choice([0, 1, 2, 3, 4]))
    else:
        call('CONNECT_BASELINE_HYPERVISOR_CPU', **binary, xml_cpus=documents(chance, [host, guest]), flags=chance.choice([0, 1, 2, 3, 4]))


def main():
    what, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    chance = random.Random(seed)
    for name in MODELS + ['none']:
        for flags in (0, 1):
            call('CONNECT_BASELINE_CPU', xml_cpus=['<cpu><arch>x86_64</arch><model>%s</model></cpu>' % name], flags=flags)
    for text in WRONG:
        call('CONNECT_BASELINE_CPU', xml_cpus=[text], flags=0)
    call('CONNECT_BASELINE_CPU', xml_cpus=[], flags=0)
    for _ in range(count):
        {'baseline': baseline, 'hypervisor': hypervisor}[what](chance)


main()
