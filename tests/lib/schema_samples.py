# SPDX-License-Identifier: LGPL-2.1-or-later
"""Documents that a RELAX NG schema allows, drawn by chance from a seed: the same seed, the same documents."""

import os
import random
import re
import xml.etree.ElementTree as ET

try:
    from re import _parser as sre_parse
except ImportError:
    import sre_parse

RNG = '{http://relaxng.org/ns/structure/1.0}'
NUMBERS = {
    'int': (-2**31, 2**31 - 1), 'integer': (-2**63, 2**63 - 1), 'long': (-2**63, 2**63 - 1),
    'short': (-2**15, 2**15 - 1), 'positiveInteger': (1, 2**64 - 1), 'unsignedShort': (0, 2**16 - 1),
    'unsignedInt': (0, 2**32 - 1), 'unsignedLong': (0, 2**64 - 1),
}
TEXTS = ['text', 'a', 'two words', '/some/path', 'it\'s <"&">', '42', 'ß', ' blank ']


class Schema:
    """The definitions of a schema and of what it includes."""

    def __init__(self, path):
        self.defines = {}
        self.read(path)

    def read(self, path):
        for item in ET.parse(path).getroot():
            if item.tag == RNG + 'include':
                self.read(os.path.join(os.path.dirname(path), item.get('href')))
                for own in item.findall(RNG + 'define'):
                    self.defines[own.get('name')] = [own]
            elif item.tag == RNG + 'define':
                self.defines.setdefault(item.get('name'), []).append(item)


class Sampler:
    """odds(names) is the chance of an optional part below the elements of those names."""

    def __init__(self, schema, seed, odds, wrong=0.0):
        self.schema, self.random, self.odds, self.wrong = schema, random.Random(seed), odds, wrong
        self.path = []

    def element(self, define):
        holder = ET.Element('holder')
        self.fill(self.schema.defines[define], holder)
        return holder[0]

    def fill(self, patterns, out):
        for pattern in patterns:
            name = pattern.tag.removeprefix(RNG) if isinstance(pattern.tag, str) else ''
            getattr(self, 'fill_' + name, self.fill_nothing)(pattern, out)

    def fill_nothing(self, pattern, out):
        pass

    def fill_define(self, pattern, out):
        self.fill(pattern, out)

    fill_group = fill_define

    def fill_mixed(self, pattern, out):
        self.fill(pattern, out)
        self.text(out, self.random.choice(TEXTS))

    def fill_interleave(self, pattern, out):
        parts = list(pattern)
        self.random.shuffle(parts)
        self.fill(parts, out)

    def fill_ref(self, pattern, out):
        self.fill(self.schema.defines.get(pattern.get('name'), []), out)

    def fill_optional(self, pattern, out):
        if self.random.random() < self.odds(self.path):
            self.fill(pattern, out)

    def fill_zeroOrMore(self, pattern, out):
        while self.random.random() < self.odds(self.path):
            self.fill(pattern, out)

    def fill_oneOrMore(self, pattern, out):
        self.fill(pattern, out)
        self.fill_zeroOrMore(pattern, out)

    def fill_choice(self, pattern, out):
        parts = [p for p in pattern if p.tag != RNG + 'notAllowed']
        if parts:
            self.fill([self.random.choice(parts)], out)

    def fill_list(self, pattern, out):
        self.fill(pattern, out)

    def fill_element(self, pattern, out):
        name = pattern.get('name')
        if name is None:  # any name: what belongs to others
            ET.SubElement(out, '{urn:sample}other', {'a': '1'}).text = 'text'
            return
        if len(self.path) > 12 or (self.path and self.random.random() < self.wrong / 8):
            return
        child = ET.SubElement(out, name)
        self.path.append(name)
        self.fill(pattern, child)
        self.path.pop()

    def fill_attribute(self, pattern, out):
        if pattern.get('name') is None or self.random.random() < self.wrong / 8:
            return
        holder = ET.Element('holder')
        self.fill(pattern, holder)
        if not len(pattern) or (len(pattern) == 1 and pattern[0].tag == RNG + 'name'):
            holder.text = self.random.choice(TEXTS)
        out.set(pattern.get('name'), self.spoil(holder.text or ''))

    def fill_text(self, pattern, out):
        self.text(out, self.random.choice(TEXTS))

    def fill_value(self, pattern, out):
        self.text(out, pattern.text or '')

    def fill_data(self, pattern, out):
        params = {p.get('name'): p.text for p in pattern.findall(RNG + 'param')}
        kind = pattern.get('type')
        if 'pattern' in params:
            self.text(out, self.match(params['pattern']))
        elif kind in NUMBERS:
            low, high = NUMBERS[kind]
            low = int(params.get('minInclusive', low))
            high = int(params.get('maxInclusive', high))
            some = [n for n in (0, 1, 2, 3, 7, 16, 64, 100, 512, 1024, 65536, low, high) if low <= n <= high]
            self.text(out, str(self.random.choice(some + [self.random.randint(max(low, 0), min(high, 4000))])))
        elif kind == 'dateTime':
            self.text(out, '2030-01-%02dT12:00:00' % self.random.randint(1, 28))
        else:
            self.text(out, self.random.choice(TEXTS))

    def text(self, out, value):
        out.text = (out.text or '') + self.spoil(value) if out.tag != 'holder' else (out.text or '') + value

    def spoil(self, value):
        if self.random.random() >= self.wrong:
            return value
        return self.random.choice(['', 'wrong', '-1', '99999999999999999999', value + ' ', value.upper(), '0x10', '007'])

    def match(self, pattern):
        """A text that the pattern matches."""
        return ''.join(self.piece(p) for p in sre_parse.parse(pattern))

    def piece(self, piece):
        kind, value = str(piece[0]), piece[1]
        if kind == 'LITERAL':
            return chr(value)
        if kind == 'IN':
            return self.one_of(value)
        if kind == 'BRANCH':
            return ''.join(self.piece(p) for p in self.random.choice(value[1]))
        if kind == 'SUBPATTERN':
            return ''.join(self.piece(p) for p in value[-1])
        if kind in ('MAX_REPEAT', 'MIN_REPEAT'):
            low, high, inner = value
            count = self.random.randint(low, min(int(high), low + 5))
            return ''.join(self.piece(p) for _ in range(count) for p in inner)
        return 'x' if kind in ('ANY', 'NOT_LITERAL', 'CATEGORY') else ''

    def one_of(self, members):
        if str(members[0][0]) == 'NEGATE':
            return self.random.choice('abcxyz')
        member, value = self.random.choice(members)
        if str(member) == 'RANGE':
            return chr(self.random.randint(value[0], value[1]))
        if str(member) == 'CATEGORY':
            return self.random.choice('0123456789' if 'DIGIT' in str(value) else 'ab1')
        return chr(value)
