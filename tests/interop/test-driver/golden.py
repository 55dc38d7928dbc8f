# SPDX-License-Identifier: LGPL-2.1-or-later
"""The table of what each procedure answers, tests/golden/test-driver.txt.

golden.py calls TABLE               prints its calls, for driver-calls
golden.py compare TABLE WHOSE       compares it with the answers to these calls (from driver-calls and sort.py, on
                                    standard input) of libvirt ("theirs") or of rvirt ("ours")
golden.py write TABLE < ANSWERS     prints the table with libvirt's answers put in anew
golden.py missing TABLE PROTOCOL    prints the procedures that it lacks

A call is a line; below it, indented, stand libvirt's answer, and where ours is meant to differ, after "ours:" that, and
after "why:" the reason. Of a call with ~ in front only counts whether it is refused."""
import sys


class Call:
    def __init__(self, text):
        self.text, self.theirs, self.ours, self.why, self.above = text, '', None, None, []

    @property
    def name(self):
        return self.text.split()[0].lstrip('~')


def read(path):
    calls, above = [], []
    for line in open(path, encoding='utf-8'):
        line = line.rstrip('\n')
        if line.startswith('  ours: '):
            calls[-1].ours = line[8:]
        elif line.startswith('  why: '):
            calls[-1].why = line[7:]
        elif line.startswith('  '):
            calls[-1].theirs += ('\n' if calls[-1].theirs else '') + line[2:]
        elif line.startswith('#') or not line:
            above.append(line)
        else:
            calls.append(Call(line))
            calls[-1].above, above = above, []
    return calls


def answers(calls, lines):
    """The answers, in the order of the calls; a message may have several lines."""
    found = []
    for line in lines:
        line = line.rstrip('\n')
        if len(found) < len(calls) and line.split(' ')[0] == calls[len(found)].name:
            found.append('')
        elif found:
            found[-1] += ('\n' if found[-1] else '') + line.removeprefix('  ').rstrip()
    return found


def print_table(calls, found):
    for call, answer in zip(calls, found):
        for line in call.above:
            print(line)
        print(call.text)
        print('  ' + answer.replace('\n', '\n  '))
        if call.ours is not None:
            print('  ours: %s\n  why: %s' % (call.ours, call.why))


def compare(calls, found, ours):
    wrong = 0
    if len(found) != len(calls):
        print('%d calls, %d answers' % (len(calls), len(found)))
        wrong = 1
    for call, answer in zip(calls, found):
        wanted = call.ours if ours and call.ours is not None else call.theirs
        vague = 1 if call.text.startswith('~') else None
        if answer[:vague] != wanted.rstrip()[:vague]:
            print('%s\n- %s\n+ %s' % (call.text, wanted, answer))
            wrong = 1
        if ours and call.ours is not None and (call.ours == call.theirs or not call.why):
            print('%s\n  differs without a reason, or does not differ' % call.text)
            wrong = 1
    return wrong


def main(verb, path, *more):
    calls = read(path)
    if verb == 'calls':
        print('\n'.join(call.text for call in calls))
    elif verb == 'compare':
        return compare(calls, answers(calls, sys.stdin), more[0] == 'ours')
    elif verb == 'write':
        print_table(calls, answers(calls, sys.stdin))
    elif verb == 'missing':
        names = {call.name for call in calls}
        for line in open(more[0], encoding='utf-8'):
            name = line.split(' ')[1].split('(')[0]
            if '-> ' in line and name not in names:
                print(name)
    return 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
