# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs command lines in virsh and in rvsh and compares what is seen: both streams and the exit status.

    rvsh-vs-virsh.py VIRSH-URI RVSH-URI GROUP…

Every line starts from the state that the test driver has when nobody else is connected, so that the URIs must not lead
to the same daemon. Each shell has a folder of its name to work in. Differences that are meant are made equal by
neutral(). Prints each line that differs; exit 1 if one does.
"""
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import rvsh_lines
from rvsh_lines import MORE, options

TIME_LIMIT = 30
RACE_LIMIT = 3
def list_lines():
    filters = ("inactive", "all", "transient", "persistent", "with-snapshot", "without-snapshot", "with-checkpoint",
               "without-checkpoint", "state-running", "state-paused", "state-shutoff", "state-other", "autostart",
               "no-autostart", "with-managed-save", "without-managed-save")
    change = MORE + "autostart web; desc web --title --new-desc A title; suspend uni; "
    for some in options(*filters):
        yield change + "list " + some
    for some in options("uuid", "name", "id", "table", "managed-save", "title", upto=4):
        yield change + "list --all " + some
        yield change + "list " + some


def info_lines():
    for name in ("test", "1", "6695eb01-f6a4-8304-79aa-97f2502e193f", "web", "uni", "nosuch", "77", "''", "-1", "+1",
                 "11111111-2222-4333-8444-555555555555", "11111111222243338444555555555555", "Test"):
        for command in ("dominfo", "domstate", "domstate --reason", "domid", "domuuid", "domname", "dumpxml", "desc",
                        "domstats", "vcpucount", "vcpuinfo", "dommemstat", "start", "suspend", "undefine", "shutdown"):
            yield MORE + command + " " + name
    for state in ("suspend test", "destroy test", "shutdown test", "destroy test; start test --paused"):
        yield state + "; domstate test; domstate test --reason; dominfo test"
    for some in options("inactive", "security-info", "update-cpu", "migratable"):
        yield "dumpxml test " + some
        yield MORE + "dumpxml web " + some
    yield "dumpxml test --xpath //name; dumpxml test --xpath //memory --wrap; dumpxml test --xpath //nothing"
    yield "dumpxml test --xpath //nothing --wrap; dumpxml --xpath=//vcpu test"
    for some in options("state", "cpu-total", "balloon", "vcpu", "interface", "block", "perf", "iothread", "memory",
                        "dirtyrate", "vm", "raw", "enforce", "backing", "nowait"):
        yield "domstats test " + some


def stats_lines():
    """Of several domains, in the order in which the daemon lists them."""
    for some in options("list-active", "list-inactive", "list-persistent", "list-transient", "list-running",
                        "list-paused", "list-shutoff", "list-other"):
        yield MORE + "domstats --state " + some
    yield MORE + "domstats web test uni; domstats web nosuch test; domstats --domain web"


def lifecycle_lines():
    for some in options("paused", "autodestroy", "bypass-cache", "force-boot", "reset-nvram"):
        yield MORE + "start web %s; list --all" % some
    for some in options("paused", "autodestroy", "validate", "reset-nvram"):
        yield "create web.xml %s; list --all" % some
    for some in options("managed-save", "remove-all-storage", "delete-storage-volume-snapshots", "delete-snapshots",
                        "wipe-storage", "snapshots-metadata", "checkpoints-metadata", "nvram", "keep-nvram", "tpm",
                        "keep-tpm"):
        yield MORE + "undefine web %s; list --all" % some
    yield MORE + "undefine disk --storage vda; undefine uni; undefine test; list --all"
    yield "define disk.xml; undefine disk --storage vda,nosuch; undefine disk --storage vda; list --all"
    yield "define disk.xml; undefine disk --storage vda --remove-all-storage; undefine disk --remove-all-storage"
    for command in ("shutdown", "reboot"):
        for mode in ("acpi", "agent", "initctl", "signal", "paravirt", "acpi,agent", "nosuch", "acpi,", "''", ","):
            yield "%s test --mode %s" % (command, mode)
            yield "%s test %s" % (command, mode)
    for some in options("graceful", "remove-logs"):
        yield "destroy test %s; list --all" % some
    for command in ("suspend", "resume", "reset", "destroy", "shutdown", "reboot", "start"):
        yield MORE + "%s test; %s web; %s uni; %s nosuch; list --all" % (command, command, command, command)
        yield "suspend test; %s test; list --all" % command
        yield "%s; %s test more; %s --nosuch" % (command, command, command)
    yield MORE + "autostart web; autostart web --disable; autostart test; autostart uni; dominfo web"
    yield MORE + "domrename web www; domrename test x; domrename web test; domrename web ''; list --all"
    for name in ("web.xml", "nosuch.xml", "broken.xml", "empty.xml", ".", "''"):
        yield "define %s; create %s" % (name, name)
        yield "define %s --validate" % name


def tuning_lines():
    affects = list(options("config", "live", "current", upto=3))
    for some in affects:
        for command in ("setmem test 1048576", "setmaxmem test 1048576", "setvcpus test 1", "setmem web 1024",
                        "setmaxmem web 1048576", "setvcpus web 1", "desc test", "desc test --title", "desc web",
                        "desc web new text", "desc web --title --new-desc title", "dommemstat test --period 5",
                        "metadata test http://x.org/a --key k --set <a/>", "metadata web http://x.org/a"):
            yield MORE + "%s %s; dominfo test; dominfo web; dumpxml web" % (command, some)
    for size in ("1", "0", "1k", "1K", "1KiB", "1kb", "1MB", "1MiB", "1g", "1T", "1P", "1E", "16E", "1b", "1bytes", "1byte",
                 "1X", "1kib2", "-1", "''", "x", "99999999999999999999", "0x10", " 1", "1.5", "2097152"):
        yield "setmem test -- '%s'; dominfo test" % size
        yield "setmaxmem test --size='%s'; dominfo test" % size
    yield "setmem test --kilobytes 1024; setmem --kilobytes=2048 test; setmem test --size 1024 --kilobytes 5"
    for count in ("0", "1", "2", "3", "-1", "x", "''", "99999999999", "33"):
        for some in options("maximum", "config", "live", "current", "guest", "hotpluggable"):
            yield "setvcpus test %s -- %s; vcpucount test" % (some, count)
    for some in options("maximum", "active", "live", "config", "current", "guest", upto=3):
        yield MORE + "vcpucount test %s; vcpucount web %s; vcpucount uni %s" % (some, some, some)
    yield MORE + "vcpuinfo test; vcpuinfo test --pretty; vcpuinfo web; vcpuinfo web --pretty; vcpuinfo uni"
    for period in ("1", "0", "-1", "x", "''"):
        yield "dommemstat test --period=%s; dommemstat test" % period
    for some in options("edit", "set", "remove", "key"):
        yield "metadata test http://x.org/a " + " ".join(o + {"--set": "=<a/>", "--key": "=k"}.get(o, "")
                                                         for o in some.split() if o != "--edit")
    yield "metadata test http://x.org/a --key k --set '<a b=\"c\"/>'; metadata test http://x.org/a; dumpxml test"
    yield "metadata test http://x.org/a --key k --set broken; metadata test ''; metadata test"


def host_lines():
    yield from ("hostname", "uri", "nodeinfo", "capabilities", "sysinfo", "nodememstats", "nodememstats --cell 0",
                "freecell", "freecell --all", "freecell --cellno 0", "freecell 1", "freecell --cellno 99",
                "freecell --cellno x", "freecell --cellno 0 --all", "freecell --cellno -1", "version", "version --daemon",
                "maxvcpus", "maxvcpus --type test", "maxvcpus nosuch", "maxvcpus --type ''", "nodecpustats",
                "nodecpustats --cpu 0", "nodecpustats 1", "nodecpustats --cpu 99", "nodecpustats --cpu x")


def shell_lines():
    yield from ("", ";", " ; ; ", "#", "# list", "list # list", "list;# x", "list\nlist", "list \\\n --all", "echo 'a' \"b\" c\\ d",
                "echo 'a\"b' \"a'b\" \"a\\\"b\" 'a\\b'", "echo \"unfinished", "echo 'unfinished", "echo x\\", "echo --", "echo -- --shell",
                "echo --shell a 'b c' \"it's\" ''", "echo --xml '<a b=\"c\">&x' \"'\"", "echo --split a,b,,c , ,,", "echo --err x y",
                "echo --err", "echo --shell --xml x", "echo --split --xml x", "echo --str x", "echo --hi", "echo --hi=x",
                "echo --string x --string=y z", "echo", "echo -x", "echo --9", "echo --shell=x", "echo --shell --shell",
                "pwd", "pwd x", "cd", "cd /", "quit", "exit", "quit x", "hostname; quit; hostname", "exit; nosuch",
                "connect", "connect nosuch:///", "connect ''", "connect --readonly; suspend test", "connect test:///default; list",
                "help nosuch", "nosuch", "list; nosuch", "nosuch; list", "list --nosuch", "list --all --all", "list --all=x", "list x",
                "dominfo", "dominfo test test", "dominfo --domain", "dominfo --domain=", "dominfo --domain test --domain test",
                "dominfo test --domain test", "dominfo --domain ; list", "dominfo -- test", "dominfo -- --all", "dominfo -x",
                "setmem", "setmem test", "setmem --size 1", "setmem 1 --domain test", "setvcpus --count", "setvcpus --count 1 test",
                "domrename test", "metadata", "create", "domstate nosuch; domstate test", "domstate test; domstate nosuch",
                "list; ;list", "\tlist\t--all", "'list' \"--all\"", "l\\ist", "undefine nosuch --delete-snapshots")


# Options before the command, with the words after them; {} is the connection's URI.
WORDS = [
    ["-c", "{}", "-q", "list", "--all"], ["-c", "{}", "-q", "list; dominfo test"], ["-q", "-c", "{}", "desc", "test"],
    ["-c", "{}", "list", ";", "list"], ["-c", "{}", "echo", "a;b"], ["-c", "{}", "echo", "a b", "'c'"], ["-c", "{}", "#", "x"],
    ["-c", "{}", "list", "#", "x"], ["-c", "{}", "--", "list"], ["-c", "{}", "-r", "suspend", "test"], ["-r", "-c", "{}", "list"],
    ["-r", "-c", "{}", "suspend test; define web.xml; dumpxml test; dumpxml --security-info test"],
    ["--connect={}", "--readonly", "list"], ["--connect", "{}", "--quiet", "list"], ["-c"], ["--connect"], ["-z"], ["--nosuch"],
    ["-d", "x", "list"], ["-d", "9", "-c", "{}", "list"], ["--debug=-1", "-c", "{}", "list"], ["-e", "x", "-c", "{}", "list"], ["-e", "^", "list"],
    ["-e", "^]", "-c", "{}", "list"], ["-e", "ab", "list"], ["-k", "x", "list"], ["-k", "-1", "list"], ["-K", "-1", "list"],
    ["--keepalive-count=x", "list"], ["-k", "0", "-c", "{}", "list"], ["-l", "/nosuch/file", "list"], ["-c", "{}", "-t", "nosuch"],
    ["-qc", "{}", "list"], ["-c", "{}", "-d", "0", "domstate nosuch"], ["-c", "{}", "domid", "test"],
]

GROUPS = {"list": list_lines, "info": info_lines, "stats": stats_lines, "lifecycle": lifecycle_lines, "tuning": tuning_lines, "host": host_lines,
          "shell": shell_lines, "options": lambda: WORDS, **rvsh_lines.GROUPS}

KNOWN = (
    # our own name and versions
    (re.compile(rb"\b(virsh|rvsh)\b"), b"SHELL"),
    (re.compile(rb"library: (libvirt|rvirt) [0-9.]+"), b"library: LIBRARY"),
    # what counts time
    (re.compile(rb"(CPU time: +)[0-9.]+s"), rb"\1TIME"),
    (re.compile(rb"(last_update |(?:user|system|idle|iowait|intr): +)[0-9]+"), rb"\1TIME"),
    (re.compile(rb"((?:cpu\.(?:time|user|system)|vcpu\.[0-9]+\.(?:time|wait|delay)))=[0-9]+"), rb"\1=TIME"),
    (re.compile(rb"\(Time: [0-9.]+ ms\)"), rb"(Time)"),
    (re.compile(rb"((?:rd_|wr_|rx_|tx_)[a-z]+|errs|error count:|number of [a-z ]+:) +[0-9]+"), rb"\1 N"),
    # when a moment was
    (re.compile(rb"20[0-9][0-9]-[0-9-]+ [0-9:]+ [+-][0-9]{4}|\b1[789][0-9]{8}\b"), b"WHEN"),
    # a call that a driver does not have: named by function in libvirt, by driver and procedure here
    (re.compile(rb"(not supported by the connection driver: ).*"), rb"\1CALL"),
    # the driver in virsh's process has no keepalive, which it says with -d
    (re.compile(rb"Failed to setup keepalive on connection\n"), b""),
    # libvirt's log, where a host's own name does not resolve
    (re.compile(rb"^[0-9-]{10} [0-9:.+]+: [0-9]+: (info|warning) : .*\n", re.M), b""),
    # advice that is ours
    (re.compile(rb"^error: (?:resolve|connect|socket|call): ", re.M), b"error: "),
    (re.compile(rb"; no daemon listens there.*"), b""),
)


# Statistics of domains come in the order of a hash, which each libvirtd has its own way.
FIGURES = re.compile(rb"Domain: '.*\n(?:  .*\n)+\n")


def neutral(output):
    for pattern, replacement in KNOWN:
        output = pattern.sub(replacement, output)
    return re.sub(rb"(?:%s)+" % FIGURES.pattern, lambda all: b"".join(sorted(FIGURES.findall(all[0]))), output)


def finish(words):
    """Runs it to its end. virsh stops for good now and then when it saves or dumps a domain, by a race of its own."""
    race = words[0] == "virsh" and re.search(r"\b(save|managedsave|dump) ", words[-1])
    for limit in [RACE_LIMIT] * 5 if race else [TIME_LIMIT]:
        try:
            return subprocess.run(words, cwd=words[0], stdin=subprocess.DEVNULL, capture_output=True, timeout=limit,
                                  check=False)
        except subprocess.TimeoutExpired:
            pass
    return None


def observe(shell, uri, line):
    words = [w.replace("{}", uri) for w in line] if isinstance(line, list) else ["-c", uri, line]
    done = finish([shell, *words])
    if not done:
        return "no end within %d s" % TIME_LIMIT
    seen = neutral(done.stdout) + b"--- stderr\n" + neutral(done.stderr) + b"--- exit %d\n" % done.returncode
    return seen.decode(errors="backslashreplace").replace(uri, "URI")


def main():
    virsh_uri, rvsh_uri, *groups = sys.argv[1:]
    lines = [line for group in groups for line in GROUPS[group]()]
    # A daemon's test driver is shared by those who are connected at the same time: one after the other then.
    workers = 1 if "+" in virsh_uri.split(":")[0] else os.cpu_count()
    with ThreadPoolExecutor(workers) as theirs, ThreadPoolExecutor(workers) as ours:
        pairs = zip(theirs.map(lambda line: observe("virsh", virsh_uri, line), lines),
                    ours.map(lambda line: observe("rvsh", rvsh_uri, line), lines))
        wrong = 0
        for line, (expected, seen) in zip(lines, pairs):
            if expected != seen:
                wrong += 1
                print("== %s\n-- virsh\n%s-- rvsh\n%s" % (line, expected, seen))
    print("%d lines, %d differ" % (len(lines), wrong))
    return 1 if wrong or not lines else 0


sys.exit(main())
