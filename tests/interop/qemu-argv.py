# SPDX-License-Identifier: LGPL-2.1-or-later
#
# qemu-argv.py EXPECTED SEEN: compares libvirt's command line (as domxml-to-native writes it) with ours (an argument a
# line). What is meant to differ is made equal here.
import difflib
import json
import re
import shlex
import sys


def options(argv):
    """Pairs of option and value, JSON with its members in order."""
    i = 1
    while i < len(argv):
        option, value = argv[i], None
        i += 1
        if i < len(argv) and not argv[i].startswith("-"):
            value = argv[i]
            i += 1
            if value.startswith("{"):
                value = json.loads(value)
        yield option, value


def same(option, value):
    if isinstance(value, dict):
        # libvirt keeps its secrets encrypted with a key in a file; we keep them out of command lines
        if value.get("id") == "masterKey0":
            return None
        # what is below an image is found when the domain starts
        if option == "-blockdev":
            value.pop("backing", None)
        # domxml-to-native writes descriptors as if it had them, for whatever an interface is connected to
        if option == "-netdev":
            value = {"id": value["id"]}
        value.pop("vhostfd", None)
        # libvirt forgets the boot order of interfaces that it counts as connected to nothing
        if value.get("netdev"):
            value.pop("bootindex", None)
        value = json.dumps(value, sort_keys=True)
    if option == "-vnc":
        # passwords are set by the monitor in both; libvirt sets it by an option as well
        value = re.sub(",password=on", "", re.sub(r":\d+", ":N", value))
    if option == "-spice":
        value = re.sub(r"port=\d+", "port=N", value)
    if option == "-chardev" and "id=chrtpm" in value:
        # domxml-to-native names no socket
        value = "chrtpm"
    if option == "-rtc":
        value = re.sub(r"base=\d{4}-[-:T0-9]*", "base=TIME", value)
    if option == "-fsdev":
        value = value.replace("readonly=on", "readonly")
    # nodes of disks without an image have a number with libvirt
    value = re.sub(r"libvirt-\d+-", "libvirt-N-", value or "")
    value = re.sub(r"/var/lib/libvirt/qemu/(channel/target/)?domain-+1-[^/]*|/run/d\b", "DIR", value)
    return f"{option} {value}"


def lines(argv):
    return [line for line in (same(*pair) for pair in options(argv)) if line]


words = shlex.split(open(sys.argv[1], encoding="utf-8").read())
expected = words[next(i for i, word in enumerate(words) if word.startswith("/")):]
with open(sys.argv[2], encoding="utf-8") as seen:
    diff = list(difflib.unified_diff(lines(expected), lines(seen.read().split("\n")[:-1]), lineterm="", n=0))
print("\n".join(diff))
sys.exit(1 if diff else 0)
