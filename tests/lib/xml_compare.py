# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compares what we make of documents with what libvirt makes of them, byte for byte.

What is made by chance (UUIDs, MAC addresses) is not compared. Documents with more than one fault may be refused for
another one of them than libvirt names first."""
import difflib
import html
import multiprocessing
import re
import subprocess
import xml.etree.ElementTree as ET

import libvirt

UUID = re.compile('[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}')
MAC = re.compile('52:54:00(:[0-9a-f]{2}){3}')
SILENT = 'error 1: An error occurred, but the cause is unknown'  # libvirt refuses, but does not say why
LIMIT = re.compile('error 67: unsupported configuration: more than [0-9]+ ')  # ours alone


def serve(link, answer):
    libvirt.registerErrorHandler(lambda *_: None, None)
    while True:
        try:
            link.send(answer(*link.recv()))
        except libvirt.libvirtError as e:
            link.send('error %d: %s' % (e.get_error_code(), e.get_error_message()))


class Libvirt:
    """Libvirt in a process of its own: there are documents at which it crashes."""

    def __init__(self, answer):
        self.function, self.process = answer, None

    def answer(self, *args):
        """The answer, or None if libvirt crashed."""
        if self.process is None:
            self.link, far = multiprocessing.Pipe()
            self.process = multiprocessing.Process(target=serve, args=(far, self.function), daemon=True)
            self.process.start()
            far.close()
        self.link.send(args)
        try:
            return self.link.recv()
        except EOFError:
            self.process = None
            return None


def ours(command, texts):
    done = subprocess.run(command, input='\0'.join(texts) + '\0', capture_output=True, text=True, timeout=300,
                          check=True)
    return done.stdout.split('\0')[:-1]


def comparable(answer, text):
    given = text.lower()
    bare = given.replace('-', '')
    answer = answer.replace(' />', '/>')  # of a USB device's maker without a name
    answer = UUID.sub(lambda m: m[0] if m[0].replace('-', '') in bare else 'UUID', answer)
    return MAC.sub(lambda m: m[0] if m[0] in given else 'MAC', answer)


def is_whole(text):
    try:
        ET.fromstring(text)
    except ET.ParseError:
        return False
    return True


class Count:
    """How many answers are the same, or: refused for another fault; wrong; the same but for what libvirt forgot to
    escape; given by ours, where libvirt crashed."""

    def __init__(self):
        self.taken = self.same = self.other_fault = self.unescaped = self.crashes = self.wrong = 0

    def verdict(self, total):
        """Prints a line; the exit status."""
        print('%d documents, %d of them taken: %d answers the same, %d refused for another fault, %d unescaped, %d wrong; '
              'libvirt crashed at %d' % (total, self.taken, self.same, self.other_fault, self.unescaped, self.wrong,
                                         self.crashes))
        return 1 if self.wrong or self.other_fault * 100 > total else 0


def judge(wanted, answer):
    """The count to which an answer belongs, wanted being libvirt's."""
    if answer == wanted or LIMIT.match(answer):
        return 'same'
    if wanted.startswith('error ') and answer.startswith('error '):
        return 'same' if wanted == SILENT else 'other_fault'
    if wanted.count('&') < answer.count('&') and is_whole(answer) and html.unescape(wanted) == html.unescape(answer):
        return 'unescaped'
    return 'wrong'


def compare(command, answer, texts, seeds, options, count):
    """Compares all: command(*options(seed)) is ours, answer(text, *options(seed)) libvirt's. Which were taken."""
    return compare_answers(lambda opts, some: ours(command(*opts), some), answer, texts, seeds, options, count)


def compare_answers(ask, answer, texts, seeds, options, count):
    """The same, where ask(options, texts) are our answers."""
    oracle, taken = Libvirt(answer), []
    for opts in sorted(set(map(options, seeds))):
        mine = [i for i in range(len(texts)) if options(seeds[i]) == opts]
        for i, made in zip(mine, ask(opts, [texts[i] for i in mine])):
            wanted = oracle.answer(texts[i], *opts)
            if wanted is None:
                count.crashes += 1
                continue
            if not wanted.startswith('error '):
                taken.append(i)
            wanted, made = comparable(wanted, texts[i]), comparable(made, texts[i])
            verdict = judge(wanted, made)
            setattr(count, verdict, getattr(count, verdict) + 1)
            if verdict not in ('same', 'unescaped'):
                print('== document %d, %s\n%s' % (seeds[i], opts, texts[i]))
                print('\n'.join(difflib.unified_diff(wanted.splitlines(), made.splitlines(), 'libvirt', 'ours', n=1)))
    count.taken += len(taken)
    return sorted(taken)
