# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks docs/json.md against what rvsh says with --json.

    json-schema.py commands    every command has its row, and one only
    json-schema.py keys        in what commands print on the test driver, every key is in the command's row, and every key
                               of a row that the test driver can tell is printed
    json-schema.py examples    each example line of the document prints something
    json-schema.py manual      rvsh(1) has every command with its options, and no other
"""
import json
import os
import re
import subprocess
import sys

DOCUMENT = os.path.join(os.environ["RVIRT_SRCDIR"], "docs/json.md")
WORDS = {"a domain": {"name", "uuid", "id"}, "a deed": {"name", "uuid", "result"}, "an act": {"name", "result"}}

# What is run, from the test driver's first state; before the last command: what it needs.
LINES = """
list --all --title
dominfo test
domstate test
domcontrol test
domid test; domname 1; domuuid test
domstats
suspend test; resume test; reset test; reboot test; destroy test; start test; shutdown test
autostart test; undefine test
dump test dump
managedsave test; managedsave-remove test
save test saved; restore saved
save test saved2; save-image-dumpxml saved2; save-image-dumpxml saved2 --xpath //name
inject-nmi test; send-key test 1; send-process-signal test 1 9; set-lifecycle-action test crash destroy
set-user-password test a b; domfstrim test
iothreadadd test 5; iothreadset test 5 --poll-max-ns 5; iothreadinfo test; iothreadpin test 5 0; iothreaddel test 5
attach-disk test /x vdb --print-xml; detach-disk test vda --print-xml; attach-interface test network default --print-xml
blockcopy test vda --dest /x --print-xml
dumpxml test; dumpxml test --xpath //name; edit test
capabilities; sysinfo
setmem test 1024; setvcpus test 1; destroy test; setmaxmem test 4194304
vcpucount test; vcpucount test --live --current
vcpuinfo test; vcpupin test; vcpupin test 0 0; emulatorpin test; emulatorpin test 0
dommemstat test; dommemstat test --period 5
memtune test; blkiotune test; numatune test; schedinfo test; perf test; blkdeviotune test vda; domiftune test testnet0
memtune test --hard-limit 5G; schedinfo test --weight 5
cpu-stats test
domblklist test --details; domblkinfo test vda; domblkinfo test --all; domblkstat test vda; domblkerror test
domiflist test; domifaddr test; domifstat test testnet0; domif-getlink test testnet0
domtime test; domtime test --time 5; domhostname test; domfsinfo test; domfsfreeze test; domfsthaw test
ttyconsole test; screenshot test shot
desc test; desc test --title; desc test a text
metadata test http://x --key k --set <a/>; metadata test http://x
event --list; net-event --list; nodedev-event --list; secret-event --list; pool-event --list
snapshot-create-as test s; snapshot-create-as test t --print-xml; snapshot-create-as test t; snapshot-list test; snapshot-info test s
snapshot-create-as test s; snapshot-create-as test t; snapshot-parent test t; snapshot-dumpxml test s; snapshot-dumpxml test s --xpath //name
snapshot-create test; snapshot-current test; snapshot-current test --name; snapshot-create-as test s; snapshot-current test s
snapshot-create-as test s; snapshot-edit test s; snapshot-revert test s; snapshot-delete test s
checkpoint-create-as test s; checkpoint-create-as test t --print-xml; checkpoint-create-as test t; checkpoint-list test; checkpoint-info test s
checkpoint-create test; checkpoint-create-as test t; checkpoint-parent test t; checkpoint-dumpxml test t; checkpoint-delete test t
net-list; net-info default; net-uuid default; net-dumpxml default; net-dumpxml default --xpath //name
net-destroy default; net-start default; net-edit default; net-destroy default; net-undefine default
net-name dd8fe884-6c02-601e-7551-cca97df1c5df; net-autostart default; net-update default add dns-host "<host ip='192.168.122.9'><hostname>a</hostname></host>"
iface-list; iface-mac eth1; iface-name aa:bb:cc:dd:ee:ff; iface-dumpxml eth1; iface-destroy eth1; iface-start eth1; iface-edit eth1
iface-begin; iface-commit; iface-begin; iface-rollback; iface-undefine eth1
nodedev-list; nodedev-info computer; nodedev-dumpxml computer; nodedev-destroy scsi_host11
pool-list; pool-info default-pool; pool-name default-pool; pool-uuid default-pool; pool-dumpxml default-pool; pool-dumpxml default-pool --xpath //name
pool-refresh default-pool; pool-autostart default-pool; pool-destroy default-pool; pool-build default-pool; pool-start default-pool
pool-define-as other dir --target /x; pool-define-as more dir --print-xml; pool-create-as a dir --target /y; pool-create-as b dir --print-xml; pool-undefine other
vol-create-as default-pool v 1M; vol-list default-pool; vol-info v default-pool; vol-path v default-pool; vol-name /default-pool/v; vol-key v default-pool
vol-create-as default-pool v 1M; vol-pool /default-pool/v; vol-dumpxml v default-pool; vol-clone v w default-pool; vol-delete v default-pool
vol-create-as default-pool v 1M --print-xml
pool-destroy default-pool; pool-edit default-pool
hostname; uri; version --daemon; nodeinfo; nodecpustats; nodecpumap; freecell; freecell 0; freecell --all; freepages --all; maxvcpus
nodecpustats --percent; cpu-models x86_64
connect; pwd; echo a; help; help monitor; help list; uri-parse test+ssh://a@b/c?d=e
call --list; call --template DOMAIN_GET_INFO
"""

# Keys that only other hosts or states have.
UNSEEN = {
    "dominfo": {"managed_save", "security_doi", "security_label", "security_enforcing", "messages", "security_model"},
    "nodeinfo": {"cpu_mhz"}, "vol-info": {"physical"}, "nodecpustats": {"iowait", "intr", "usage"}, "version": {"daemon"},
}


def fail(text):
    print(text)
    fail.count += 1


fail.count = 0


def read_rows():
    """{command: the text of its row}."""
    rows = {}
    with open(DOCUMENT, encoding="utf-8") as lines:
        for line in lines:
            match = re.match(r"\| ([a-z0-9, -]+) \| (.*) \|$", line)
            if not match or match.group(1) == "command":
                continue
            for name in match.group(1).split(", "):
                if name in rows:
                    fail("%s has two rows" % name)
                rows[name] = match.group(2)
    return rows


def keys_of(text):
    keys = {key for key in re.findall(r"`([a-z_]+)`", text)}
    for words, more in WORDS.items():
        if words in text:
            keys |= more
    return keys


def parse_all(text):
    decoder = json.JSONDecoder()
    text = text.strip()
    while text:
        value, end = decoder.raw_decode(text)
        yield value
        text = text[end:].strip()


def found_keys(value):
    """All keys, also of what is inside."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from found_keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from found_keys(inner)


def run(line):
    result = subprocess.run(["rvsh", "-c", "test:///default", "--json", line], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60,
                            check=False)
    if result.stderr:
        fail("%s: %s" % (line, result.stderr))
    return list(parse_all(result.stdout))


def help_of(*words):
    return json.loads(subprocess.run(["rvsh", "help", *words, "--json"], stdout=subprocess.PIPE, check=True, timeout=60).stdout)


def check_commands():
    rows = read_rows()
    for group in help_of()["groups"]:
        for command in group["commands"]:
            if command["name"] not in rows:
                fail("%s is not in %s" % (command["name"], DOCUMENT))


def check_keys():
    rows, seen = read_rows(), {}
    for line in filter(None, LINES.split("\n")):
        values = run(line)
        commands = [part.split()[0] for part in line.split("; ")]
        if len(values) != len(commands):
            fail("%s: %d documents" % (line, len(values)))
            continue
        for command, value in zip(commands, values):
            seen.setdefault(command, set()).update(found_keys(value))
    for command, keys in seen.items():
        if "own names" not in rows[command]:
            for key in keys - keys_of(rows[command]):
                fail("%s: %s is not documented" % (command, key))
        # of "a deed when it is changed" and the like the lines do one or the other
        wanted = keys_of(rows[command]) if not re.search("a deed|an act|`nodes`|`--", rows[command]) else set()
        for key in wanted - keys - UNSEEN.get(command, set()):
            fail("%s: %s is documented and not there" % (command, key))
    print("%d commands seen" % len(seen))


def check_examples():
    with open(DOCUMENT, encoding="utf-8") as lines:
        examples = re.findall(r"^    (rvsh .*)$", lines.read(), re.M)
    for example in examples:
        result = subprocess.run(["bash", "-o", "pipefail", "-c", example], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
        # the last one shows an error
        wrong = result.returncode != (1 if "nosuch" in example else 0)
        if wrong or result.stderr or result.stdout.strip() in ("", "null"):
            fail("%s: status %d, %r, %r" % (example, result.returncode, result.stdout, result.stderr))
    print("%d examples" % len(examples))
    if len(examples) < 10:
        fail("too few examples")


def check_manual():
    with open(os.path.join(os.environ["RVIRT_BUILDDIR"], "docs/man/rvsh.1"), encoding="utf-8") as page:
        text = page.read().replace("\\-", "-")
    # from the first group of commands to what follows the last
    parts = re.split(r"^\.SS (.*)\n", text, flags=re.M)
    pages = dict(zip(parts[1::2], (part.split("\n.SH ")[0] for part in parts[2::2])))
    names = {command["name"] for group in help_of()["groups"] for command in group["commands"]}
    for name in names - set(pages):
        fail("the manual lacks %s" % name)
    for name in names & set(pages):
        # "[--name] <string>" or "<name>": as it stands in the help
        there = set(re.findall(r"^\.B \[?-?-?<?([A-Za-z0-9_-]+)", pages[name], re.M)[1:])
        options = {option["name"] for option in help_of(name)["options"]}
        for option in options ^ there:
            fail("%s: %s is in the %s alone" % (name, option, "table" if option in options else "manual"))
    print("%d commands" % len(names))


{"commands": check_commands, "keys": check_keys, "examples": check_examples, "manual": check_manual}[sys.argv[1]]()
sys.exit(fail.count > 0)
