# SPDX-License-Identifier: LGPL-2.1-or-later
"""Scripts for play-daemon that send every event with every detail, known ones and others.

    events.py domain|old > SCRIPT, events.py network|pool|nodedev|secret NUMBER > SCRIPT
    events.py run SOCKET COMMAND...    runs a command on such a daemon until the last event has come, then presses Ctrl-C

Each script knocks with an event of START, and its last one is of END. A START is not printed.
"""
import json
import re
import signal
import subprocess
import sys

UUID = "11111111-2222-4333-8444-555555555555"
DOMAIN = {"name": "web", "uuid": UUID, "id": 3}
FIRST_CALLBACK = 100
ABOVE = 3  # how many numbers beyond the known ones are tried

# The events of domains in the order of their numbers: name in the protocol, number of the old form, and messages.
# {"reason": 0} beside "msg" is what some have in the callback form alone.
NUMBERS = (-1, 0, 1, 2, 5, 2147483647)


def each(**ranges):
    """Messages with each number of each range, the others being 0."""
    for name, upto in ranges.items():
        for number in [-1] + list(range(upto + ABOVE)):
            yield {**dict.fromkeys(ranges, 0), name: number}


def pairs(first, upto):
    """Of two numbers, every pair."""
    for a in [-1] + list(range(upto[0] + ABOVE)):
        for b in [-1] + list(range(upto[1] + ABOVE)):
            yield {first[0]: a, first[1]: b}


def with_all(messages, **more):
    for message in messages:
        yield {**message, **more}


def params():
    values = [{"i": -5}, {"ui": 5}, {"l": -5000000000}, {"ul": 5000000000}, {"d": 1.5}, {"d": 1e30}, {"b": 1}, {"b": 0}, {"s": "a text"}, {"s": ""}]
    types = {"i": 1, "ui": 2, "l": 3, "ul": 4, "d": 5, "b": 6, "s": 7}
    yield {"params": []}
    yield {"params": [{"field": "cputune.vcpupin0", "value": {"s": "0-1"}}]}
    yield {"params": [{"field": "f%d" % i, "value": value} for i, value in enumerate(values)]}
    assert types


def graphics():
    for message in each(phase=3):
        for family in range(4):
            address = {"family": family, "node": "127.0.0.1", "service": "5900"}
            yield {**message, "local": address, "remote": {**address, "node": "::1", "service": ""}, "auth_scheme": "none",
                   "subject": [{"type": "x509dname", "name": "CN=a"}, {"type": "saslUsername", "name": ""}][:family]}


def paths(*names):
    """Texts that may be absent."""
    for bits in range(1 << len(names)):
        yield {name: "/%s" % name if bits & 1 << i else None for i, name in enumerate(names)}


def plain():
    yield {}


DOMAIN_EVENTS = [
    ("CALLBACK_LIFECYCLE", "LIFECYCLE", list(pairs(("event", "detail"), (9, 9)))),
    ("CALLBACK_REBOOT", "REBOOT", list(plain())),
    ("CALLBACK_RTC_CHANGE", "RTC_CHANGE", [{"offset": n} for n in (*NUMBERS, -3600, 1 << 40)]),
    ("CALLBACK_WATCHDOG", "WATCHDOG", list(each(action=7))),
    ("CALLBACK_IO_ERROR", "IO_ERROR", list(with_all(each(action=3), src_path="/a b", dev_alias="virtio-disk0"))),
    ("CALLBACK_GRAPHICS", "GRAPHICS", list(graphics())),
    ("CALLBACK_IO_ERROR_REASON", "IO_ERROR_REASON",
     [{**m, "src_path": "", "dev_alias": "", "reason": r} for m in each(action=3) for r in ("enospc", "")]),
    ("CALLBACK_CONTROL_ERROR", "CONTROL_ERROR", list(plain())),
    ("CALLBACK_BLOCK_JOB", "BLOCK_JOB", list(with_all(pairs(("type", "status"), (6, 4)), path="/x/y"))),
    ("CALLBACK_DISK_CHANGE", "DISK_CHANGE", [{**m, **p, "dev_alias": "ide0"} for m in each(reason=2) for p in paths("old_src_path", "new_src_path")]),
    ("CALLBACK_TRAY_CHANGE", "TRAY_CHANGE", list(with_all(each(reason=2), dev_alias="ide0"))),
    ("CALLBACK_PMWAKEUP", "PMWAKEUP", list(plain())),
    ("CALLBACK_PMSUSPEND", "PMSUSPEND", list(plain())),
    ("CALLBACK_BALLOON_CHANGE", "BALLOON_CHANGE", [{"actual": n} for n in (0, 1, 1 << 40)]),
    ("CALLBACK_PMSUSPEND_DISK", "PMSUSPEND_DISK", list(plain())),
    ("CALLBACK_DEVICE_REMOVED", "DEVICE_REMOVED", [{"dev_alias": "net0"}]),
    ("BLOCK_JOB_2", None, list(with_all(pairs(("type", "status"), (6, 4)), dst="vda"))),
    ("CALLBACK_TUNABLE", None, list(params())),
    ("CALLBACK_AGENT_LIFECYCLE", None, list(pairs(("state", "reason"), (3, 3)))),
    ("CALLBACK_DEVICE_ADDED", None, [{"dev_alias": "net0"}]),
    ("CALLBACK_MIGRATION_ITERATION", None, [{"iteration": n} for n in NUMBERS]),
    ("CALLBACK_JOB_COMPLETED", None, list(params())),
    ("CALLBACK_DEVICE_REMOVAL_FAILED", None, [{"dev_alias": "net0"}]),
    ("CALLBACK_METADATA_CHANGE", None, [{**m, **p} for m in each(type=3) for p in paths("nsuri")]),
    ("BLOCK_THRESHOLD", None, [{"dev": "vda[1]", **p, "threshold": 1 << 40, "excess": 5} for p in paths("path")]),
    ("MEMORY_FAILURE", None, [{**m, "flags": f} for m in pairs(("recipient", "action"), (2, 4)) for f in range(5)]),
    ("MEMORY_DEVICE_SIZE_CHANGE", None, [{"alias": "dimm0", "size": n} for n in (0, 1 << 40)]),
]

OTHERS = {
    "network": ("CONNECT_NETWORK_EVENT_REGISTER_ANY", [("NETWORK_EVENT_LIFECYCLE", "net", {"name": "default", "uuid": UUID})]),
    "pool": ("CONNECT_STORAGE_POOL_EVENT_REGISTER_ANY",
             [("STORAGE_POOL_EVENT_LIFECYCLE", "pool", {"name": "images", "uuid": UUID}), ("STORAGE_POOL_EVENT_REFRESH", "pool", {"name": "images", "uuid": UUID})]),
    "nodedev": ("CONNECT_NODE_DEVICE_EVENT_REGISTER_ANY",
                [("NODE_DEVICE_EVENT_LIFECYCLE", "dev", {"name": "scsi_host1"}), ("NODE_DEVICE_EVENT_UPDATE", "dev", {"name": "scsi_host1"})]),
    "secret": ("CONNECT_SECRET_EVENT_REGISTER_ANY",
               [("SECRET_EVENT_LIFECYCLE", "secret", {"uuid": UUID, "usage_type": 1, "usage_id": "/x"}),
                ("SECRET_EVENT_VALUE_CHANGED", "secret", {"uuid": UUID, "usage_type": 1, "usage_id": "/x"})]),
}
START, END = {"name": "START", "uuid": "55555555-2222-4333-8444-555555555555"}, {"name": "END", "uuid": "eeeeeeee-2222-4333-8444-555555555555"}


def named(thing, name):
    """The thing with what it has of START's or END's name."""
    return {key: name.get(key, value) for key, value in thing.items()}


def knock(name, message):
    print("knock", name, json.dumps(message))


def event(name, message):
    print("event", name, json.dumps(message))


def domain_script():
    print("feature 14")
    print("answer DOMAIN_LOOKUP_BY_NAME", json.dumps({"dom": DOMAIN}))
    print("await CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY", len(DOMAIN_EVENTS))
    knock("DOMAIN_EVENT_MEMORY_DEVICE_SIZE_CHANGE", {"callback_id": FIRST_CALLBACK + len(DOMAIN_EVENTS) - 1, "dom": {**DOMAIN, "name": "START"}, "alias": "", "size": 0})
    for number, (name, old, messages) in enumerate(DOMAIN_EVENTS):
        for message in messages:
            message = {"dom": DOMAIN, **message}
            event("DOMAIN_EVENT_" + name, {"callback_id": FIRST_CALLBACK + number, **({"msg": message} if old else message)})
    event("DOMAIN_EVENT_CALLBACK_REBOOT", {"callback_id": FIRST_CALLBACK + 1, "msg": {"dom": {**DOMAIN, "name": "END"}}})


def old_script():
    """As a daemon from before callback ids does: every kind that has an old form."""
    olds = [(old, messages) for _, old, messages in DOMAIN_EVENTS if old]
    other = {"name": "other", "uuid": UUID.replace("1", "2"), "id": 4}
    print("answer CONNECT_DOMAIN_EVENT_REGISTER_ANY {}")
    print("answer DOMAIN_LOOKUP_BY_NAME", json.dumps({"dom": DOMAIN}))
    print("answer CONNECT_DOMAIN_EVENT_DEREGISTER_ANY {}")
    print("await CONNECT_DOMAIN_EVENT_REGISTER_ANY", len(DOMAIN_EVENTS))
    # of the same domain by its UUID, which is what a filter looks at
    knock("DOMAIN_EVENT_CONTROL_ERROR", {"dom": {**DOMAIN, "name": "START"}})
    for old, messages in olds:
        for message in messages:
            event("DOMAIN_EVENT_" + old, {"dom": DOMAIN, **message})
            event("DOMAIN_EVENT_" + old, {"dom": other, **message})
    event("DOMAIN_EVENT_REBOOT", {"dom": {**DOMAIN, "name": "END"}})


def other_script(kind, number):
    """Of the numberth type of the kind, which the client has asked for; what it has not asked for comes too."""
    register, events = OTHERS[kind]
    print("feature 14")
    print("await", register, 1)
    wanted = events[number]
    zero = {"event": 0, "detail": 0} if wanted[0].endswith("LIFECYCLE") else {}
    knock(wanted[0], {"callback_id": FIRST_CALLBACK + number, wanted[1]: named(wanted[2], START), **zero})
    for i, (name, member, thing) in enumerate(events):
        for message in pairs(("event", "detail"), (5, 2)) if name.endswith("LIFECYCLE") else [{}]:
            event(name, {"callback_id": FIRST_CALLBACK + i, member: thing, **message})
    event(wanted[0], {"callback_id": FIRST_CALLBACK + number, wanted[1]: named(wanted[2], END), **zero})


def run(socket, command):
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        skip = False
        for line in process.stdout:
            if "START" in line or START["uuid"] in line:
                with open(socket + ".seen", "w", encoding="ascii"):
                    skip = True
                continue
            # an event may have more lines
            skip = skip and "event" not in line
            if skip:
                continue
            # when it came, and how often was knocked, is never the same
            line = re.sub(r"^[0-9-]+ [0-9:.]+\+0000: ", "WHEN: ", line)
            print(re.sub("^events received: .*", "events received: N", line), end="")
            if "END" in line or END["uuid"] in line:
                process.send_signal(signal.SIGINT)
    # virsh 9.0.0 now and then crashes when all is said, in closing a connection whose events still come
    crashed = command[0] == "virsh" and process.wait() == -signal.SIGSEGV
    print("exit", 0 if crashed else process.wait())


if sys.argv[1] == "run":
    run(sys.argv[2], sys.argv[3:])
elif sys.argv[1] == "domain":
    domain_script()
elif sys.argv[1] == "old":
    old_script()
else:
    other_script(sys.argv[1], int(sys.argv[2]))
