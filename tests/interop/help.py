# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compares the options of every command of virsh with rvsh's: names, order, types, which are required.

    help.py MEANT

MEANT lists the differences that are meant, one a line: "COMMAND: DIFFERENCE  # reason". A line that no difference
needs any more is an error too.
"""
import re
import subprocess
import sys


def words_of(shell, *args):
    return subprocess.run([shell, "help", *args], stdout=subprocess.PIPE, text=True, check=True, timeout=60).stdout


def commands(shell):
    return re.findall(r"^    ([a-z][a-z0-9-]*) ", words_of(shell), re.M)


def helps(shell, names):
    """{command: its help}, asked for in one run."""
    script = "\n".join("help " + name for name in names)
    out = subprocess.run([shell, "-q"], input=script, stdout=subprocess.PIPE, text=True, check=True, timeout=120).stdout
    found = {}
    for part in re.split(r"^  NAME\n", out, flags=re.M)[1:]:
        found[part.split()[0]] = part
    return found


def options(text):
    """["[--name <string>]", "<domain>", ...]: the synopsis, its options one by one."""
    line = text.split("  SYNOPSIS\n", 1)[1].split("\n", 1)[0].split(None, 1)
    if len(line) == 1:
        return []
    # an option in brackets, one in braces or angles, a repetition
    return re.findall(r"\[\[--[^]]*\] [^]]*\](?:\.\.\.)?|\{[^}]*\}(?:\.\.\.)?|\[[^]]*\](?:\.\.\.)?|<[^>]*>(?:\.\.\.)?", line[1])


def differences(command, ours, theirs):
    """What differs between two lists of options."""
    # what every command of rvsh has
    ours = [option for option in ours if option != "[--json]"]
    for option in theirs:
        if option not in ours:
            yield "%s: lacks %s" % (command, option)
    for option in ours:
        if option not in theirs:
            yield "%s: has %s" % (command, option)
    both = [option for option in theirs if option in ours]
    if both != [option for option in ours if option in theirs]:
        yield "%s: other order" % command


def places(shell, names):
    """{command: the options that words without a name go to}, as both shells' debug output tells. No command runs: the
    last word of each line is refused."""
    script = "\n".join("%s %s --nosuch-option" % (name, " ".join("w%d" % i for i in range(40))) for name in names)
    err = subprocess.run([shell, "-q", "-d", "1"], input=script, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                         timeout=120, check=False).stderr
    found = {name: [] for name in names}
    for name, option in re.findall(r"^([a-z0-9-]+): ([a-z0-9_-]+)\(optdata\): w", err, re.M):
        if name in found and option not in found[name]:
            found[name].append(option)
    return found


def compare():
    theirs, ours = commands("virsh"), commands("rvsh")
    for name in theirs:
        if name not in ours:
            yield "%s: no such command" % name
    for name in ours:
        if name not in theirs:
            yield "%s: virsh has no such command" % name
    both = [name for name in theirs if name in ours]
    virsh, rvsh = helps("virsh", both), helps("rvsh", both)
    for name in both:
        yield from differences(name, options(rvsh[name]), options(virsh[name]))
    theirs, ours = places("virsh", both), places("rvsh", both)
    for name in both:
        if ours[name] != theirs[name]:
            yield "%s: words go to %s, not to %s" % (name, " ".join(ours[name]) or "nothing", " ".join(theirs[name]) or "nothing")


def main():
    meant = {}
    with open(sys.argv[1], encoding="utf-8") as lines:
        for line in lines:
            what, _, reason = line.strip().partition("  # ")
            if reason:
                meant[what] = reason
    found = list(compare())
    for what in found:
        if what not in meant:
            print(what)
    stale = [what for what in meant if what not in found]
    for what in stale:
        print("not so any more:", what)
    sys.exit(bool(stale) or any(what not in meant for what in found))


main()
