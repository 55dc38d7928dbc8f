# SPDX-License-Identifier: LGPL-2.1-or-later
"""Calls drawn by chance, and whether two daemons answer them alike.

chance.py calls TABLE SEED COUNT    prints calls for driver-calls
chance.py compare CALLS ANSWERS ANSWERS     compares what it and sort.py made of them: libvirt's, then ours

The calls are the calls of the table of answers (golden.py), in any order, with other numbers, names and objects in their
arguments. Left out is what ends a connection, and what is answered differently each time or on purpose. A call that the
driver does not have libvirt may refuse for its arguments first."""
import json
import os
import random
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import golden  # noqa: E402

# What the daemons answer themselves, and what stays different for long: statistics, time, what is kept in files.
LEFT_OUT = re.compile('AUTH_|CONNECT_(OPEN|CLOSE)|.*_EVENT_|.*CLOSE_CALLBACK|CONNECT_SET_IDENTITY|CONNECT_GET_ALL_DOMAIN_STATS'
                      '|DOMAIN_(SCREENSHOT|OPEN_|UNDEFINE_FLAGS)|STORAGE_VOL_(UP|DOWN)LOAD'
                      '|INTERFACE_LOOKUP_BY_MAC_STRING|CONNECT_SUPPORTS_FEATURE')
NUMBERS = [0, 0, 1, 1, 2, 3, 4, 5, 7, 8, 16, 32, 64, 128, 1024, 4096, 16385, 2**20, 2**31 - 1]
SIGNED = {'nparams', 'maxinfo', 'cpu_num', 'start_cell', 'start_cpu', 'period', 'signum',
          'maxcells', 'maxerrors', 'command', 'section', 'parent_index', 'autostart', 'source', 'maxuuids', 'ncpumaps',
          'cell_num', 'id', 'action', 'codeset', 'target'}
NAMES = {'dom': ['test', 'new', 'none'], 'name': ['test', 'default', 'default-pool', 'eth1', 'a', 's1', 's2', 'computer', ''],
         'device': ['testnet0', 'aa:bb:cc:dd:ee:ff', 'none', ''], 'disk': ['vda', 'vdz', ''], 'path': ['vda', 'vdz', '/p/a', ''],
         'new_name': ['new', 'test', 'other', 'a/b', ''], 'mac': ['aa:bb:cc:dd:ee:ff', '00:00:00:00:00:00', 'x'],
         'cap': [None, 'system', 'fc_host', 'none'], 'arch': ['x86_64', 'i686', 'aarch64', 'none'], 'key': ['/p/a', 'a'],
         'mount_point': ['/', '/boot', '/none', None], 'user': ['root', ''], 'uri': [None, 'http://example.org', '']}
DOMAINS = {'test': '6695eb01-f6a4-8304-79aa-97f2502e193f', 'new': '66666666-6666-6666-6666-666666666666',
           'none': '99999999-9999-9999-9999-999999999999'}


def vary(chance, key, value):
    if key == 'dom' and isinstance(value, dict):
        name = chance.choice(['test'] * 6 + list(DOMAINS))
        return {'name': name, 'uuid': DOMAINS[name], 'id': value['id']}
    if isinstance(value, dict):
        return {k: vary(chance, k, v) for k, v in value.items()}
    if isinstance(value, list):
        return [vary(chance, key, v) for v in value] * chance.choice([1, 1, 1, 1, 2, 0])
    if isinstance(value, bool) or chance.random() < 0.6:
        return value
    if key in ('maxnames', 'maxids'):  # of more than that libvirt gives any
        return chance.choice([0, 99, 1024, 16385, -1])
    if key == 'maplen':
        return chance.choice([0, 1, 2, 5, 2048, 4096])
    if isinstance(value, int):
        return chance.choice(NUMBERS + ([-1, -2] if key in SIGNED else []))
    if key in NAMES:
        return chance.choice(NAMES[key])
    return value


def arguments(text, names):
    """The JSON of a call, with names.sed's names put in."""
    for find, put in names:
        text = re.sub(find, put.replace('\\/', '/'), text)
    return json.loads(text)


def compare(calls, theirs, ours):
    calls = golden.read(calls)
    theirs, ours = (golden.answers(calls, open(path, encoding='utf-8')) for path in (theirs, ours))
    wrong = 0 if len(theirs) == len(ours) == len(calls) else 1
    for call, their, our in zip(calls, theirs, ours):
        if their != our and not (our.startswith('! 3 ') and their.startswith(('! 8 ', '! 1 ', '! 39 '))):
            print('%s\n- %s\n+ %s' % (call.text, their, our))
            wrong = 1
    return wrong


def draw(table, seed, count):
    chance = random.Random(int(seed))
    names = []
    for line in open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'names.sed'), encoding='utf-8'):
        _, find, put, _ = re.split(r'(?<!\\)/', line.strip())
        names.append((find, put))
    calls = [c for c in golden.read(table) if not LEFT_OUT.match(c.name) and not c.text.startswith('~') and not c.ours]
    making = [c for c in calls if re.search('CREATE|DEFINE|SET_|ADD_|UPDATE', c.name)]
    for _ in range(int(count)):
        call = chance.choice(making if chance.random() < 0.3 else calls)
        text = call.text.split(' ', 1)
        print(text[0], json.dumps(vary(chance, '', arguments(text[1], names))) if len(text) > 1 else '')


if __name__ == '__main__':
    sys.exit({'calls': draw, 'compare': compare}[sys.argv[1]](*sys.argv[2:]))
