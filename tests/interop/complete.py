# SPDX-License-Identifier: LGPL-2.1-or-later
"""What virsh offers as the value of an option, rvsh offers too: for every option of every command, on the test driver of
each one's own process. rvsh may offer more. Prints what it lacks; exit 1 if there is any.

MEANT says by command and option where rvsh offers other things.
"""
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

URI = "test:///default"
GIVEN = {"domain": "test", "pool": "default-pool", "network": "default", "interface": "testnet0"}
MEANT = {
    ("domname", "domain"): "names too, which nobody asks a name for",
    ("net-name", "network"): "names too",
    ("iface-name", "interface"): "names too",
    # BTN_ are no keys
    ("send-key", "keycode"): "keys, and no buttons",
}


def offers(shell, words):
    result = subprocess.run([shell, "-c", URI, "complete", "--", *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=60,
                            check=False)
    return set(result.stdout.split("\n")) - {""}


def help_of(*words):
    return json.loads(subprocess.run(["rvsh", "help", *words, "--json"], stdout=subprocess.PIPE, check=True, timeout=60).stdout)


def lines():
    known = set(subprocess.run(["virsh", "help"], stdout=subprocess.PIPE, text=True, check=True, timeout=60).stdout.split())
    for group in help_of()["groups"]:
        if group["keyword"] == "rvsh":
            continue
        for command in group["commands"]:
            if command["name"] not in known:
                continue
            names = [option["name"] for option in help_of(command["name"])["options"] if option["type"] != "flag"]
            for name in names:
                before = [word for given, value in GIVEN.items() if given in names and given != name for word in ("--" + given, value)]
                yield command["name"], name, [command["name"], *before, "--" + name, ""]


def compare(line):
    command, option, words = line
    # which virsh offers and the host refuses
    theirs = offers("virsh", words) - {"none"}
    return command, option, theirs - offers("rvsh", words), len(theirs)


def main():
    wrong = total = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for command, option, lacking, n in pool.map(compare, lines()):
            total += n
            if lacking and (command, option) not in MEANT:
                print("%s --%s: lacks %s" % (command, option, " ".join(sorted(lacking)[:8])))
                wrong = 1
    print("%d candidates of virsh" % total)
    sys.exit(wrong)


main()
