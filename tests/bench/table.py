#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Measures the rows of the table, us, the peer and the bare limit in turn, and prints medians. Started by `run`, which
has the servers up. To add a row: a function with @row that returns a Row."""
import argparse
import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

PEERS = Path(os.environ["PEERS"])
PROGRAMS = Path(os.environ["BENCH_PROGRAMS"])
VOLUMES = Path(f"/dev/shm/{PEERS.name}")
URI = "test+unix:///default?socket={}/libvirt-sock"
DAEMON = {"us": "rvirtd", "peer": "libvirtd"}
LIBRARY = {"us": "bench-rvirt", "peer": "bench-libvirt"}
SHELL = {"us": "rvsh", "peer": "virsh"}
SIDES = [who for who in DAEMON if (PEERS / DAEMON[who] / "pid").exists()]
ALL = [*SIDES, "bare"]


@dataclass
class Row:
    name: str
    unit: str
    values: dict                    # who -> median, who in us, peer, bare
    peer_goal: float = None         # ratio to the peer; at least it where more is better, else at most
    bare_goal: float = None
    more_is_better: bool = False
    peer_name: str = "peer"         # what stands in the peer's column
    notes: list = field(default_factory=list)

    def ratio(self, to):
        us, other = self.values.get("us"), self.values.get(to)
        return us / other if us is not None and other else None

    def goals(self):
        sign = ">=" if self.more_is_better else "<="
        return [(to, sign, goal) for to, goal in (("peer", self.peer_goal), ("bare", self.bare_goal)) if goal]

    def met(self):
        ratios = [(self.ratio(to), sign, goal) for to, sign, goal in self.goals()]
        if not ratios or any(ratio is None for ratio, _, _ in ratios):
            return None
        return all(ratio >= goal if sign == ">=" else ratio <= goal for ratio, sign, goal in ratios)


def run(*command, cpu=None):
    """The "KEY VALUE" lines that a program prints; None if it is not built here."""
    if not shutil.which(str(command[0])):
        return None
    done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, text=True, timeout=600, check=True,
                          preexec_fn=(lambda: os.sched_setaffinity(0, cpu)) if cpu else None)
    return {key: float(value) for key, value in (line.split() for line in done.stdout.splitlines())}


def daemon_pid(who):
    return int((PEERS / DAEMON[who] / "pid").read_text())


def pin_daemons(cpus):
    for who in SIDES:
        for thread in os.listdir(f"/proc/{daemon_pid(who)}/task"):
            os.sched_setaffinity(int(thread), cpus)


def socket_of(who):
    return PEERS / DAEMON[who] / "libvirt-sock"


def uri_of(who):
    return URI.format(PEERS / DAEMON[who])


def interleave(rounds, commands):
    """commands: who -> function giving a dict of numbers. who -> the dict of medians, or None."""
    seen = {who: [] for who in commands}
    for _ in range(rounds):
        for who, measure in commands.items():
            result = measure()
            if result is not None:
                seen[who].append(result)
    return {who: {key: statistics.median(r[key] for r in results) for key in results[0]}
            for who, results in seen.items() if results}


def pick(medians, key):
    return {who: values[key] for who, values in medians.items()}


def spawn_ms(*command):
    """Wall-clock time of a whole process that must succeed, within two minutes."""
    if not shutil.which(command[0]):
        return None
    command = ("timeout", "120", *command)
    devnull = [(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_RDWR, 0) for fd in (0, 1)]
    start = time.perf_counter_ns()
    pid = os.posix_spawnp(command[0], command, os.environ, file_actions=devnull)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status != 0:
        sys.exit(f"{' '.join(command)}: exit status {status}")
    return {"ms": (time.perf_counter_ns() - start) / 1e6}


ROWS = {}


def row(function):
    ROWS[function.__name__] = function
    return function


def call_rows(options, label, cpus):
    def measure(who):
        if who == "bare":
            return lambda: run(PROGRAMS / "bench-bare", "call", options.calls, cpu=cpus)
        return lambda: run(PROGRAMS / LIBRARY[who], "call", options.calls, uri_of(who), daemon_pid(who), cpu=cpus)

    pin_daemons(cpus)
    medians = interleave(options.rounds, {who: measure(who) for who in ALL})
    pin_daemons(os.sched_getaffinity(0))
    yield Row(f"one call, {label}", "us", pick(medians, "p50_us"), 0.25, 2)
    yield Row(f"CPU a call, {label}", "us", pick(medians, "cpu_us"), 0.15)


@row
def call(options):
    """One thread. A wake-up of the other CPU can cost more than the call: shown with and without it."""
    yield from call_rows(options, "one CPU", {max(os.sched_getaffinity(0))})
    yield from call_rows(options, "all CPUs", os.sched_getaffinity(0))


@row
def flight(options):
    """Raw frames, so that the client costs the same."""
    def measure(who):
        if who == "bare":
            return lambda: run(PROGRAMS / "bench-bare", "flight", 20 * options.calls, 16)
        return lambda: run(PROGRAMS / "bench-frames", "flight", 4 * options.calls, 16, socket_of(who))

    medians = interleave(options.rounds, {who: measure(who) for who in ALL})
    yield Row("16 in flight, bare client", "calls/s", pick(medians, "per_s"), 15, more_is_better=True)


@row
def threads(options):
    medians = interleave(options.rounds, {
        who: lambda who=who: run(PROGRAMS / LIBRARY[who], "threads", options.calls // 2, 8, uri_of(who))
        for who in SIDES})
    yield Row("8 threads, one connection", "calls/s", pick(medians, "per_s"), 8, more_is_better=True)


@row
def opening(options):
    def measure(who):
        if who == "bare":
            return lambda: run(PROGRAMS / "bench-bare", "open", options.calls // 10)
        return lambda: run(PROGRAMS / LIBRARY[who], "open", options.calls // 10, uri_of(who))

    medians = interleave(options.rounds, {who: measure(who) for who in ALL})
    yield Row("open and close", "us", pick(medians, "p50_us"), 0.12)


def tls_uri_of(who):
    port = (PEERS / DAEMON[who] / "tls-port").read_text().strip()
    return f"test+tls://127.0.0.1:{port}/default?pkipath={os.environ['TLS_PATH']}"


@row
def tls(options):
    """RSA keys of 3072 bits on both sides; opening is a whole handshake, checks and all."""
    calls = interleave(options.rounds, {
        who: lambda who=who: run(PROGRAMS / LIBRARY[who], "call", options.calls // 2, tls_uri_of(who), daemon_pid(who))
        for who in SIDES})
    yield Row("one call over TLS", "us", pick(calls, "p50_us"), 0.4)
    yield Row("CPU a call over TLS", "us", pick(calls, "cpu_us"))
    opens = interleave(options.rounds, {
        who: lambda who=who: run(PROGRAMS / LIBRARY[who], "open", options.calls // 100, tls_uri_of(who))
        for who in SIDES})
    yield Row("open and close over TLS", "us", pick(opens, "p50_us"), 0.75)


@row
def bulk(options):
    """Messages of 20 MiB; bare is GnuTLS with the same cipher and record size, and nothing else."""
    ways = {"us": "channel", "bare": "gnutls"}
    medians = interleave(2 * options.rounds, {
        who: lambda way=way: run(PROGRAMS / "bench-tls", way, os.environ["PKI"], 20, max(2, options.mib // 40))
        for who, way in ways.items()})
    yield Row("large messages over TLS", "MiB/s", pick(medians, "mib_per_s"), bare_goal=0.9, more_is_better=True)
    yield Row("large messages over TLS, CPU", "ms/GiB", pick(medians, "cpu_ms_per_gib"))


@row
def process(options):
    commands = {who: lambda who=who: spawn_ms(SHELL[who], "-c", uri_of(who), "list") for who in SIDES}
    commands["bare"] = lambda: spawn_ms("true")
    medians = interleave(4 * options.rounds, commands)
    yield Row("list, whole process", "ms", pick(medians, "ms"), 0.4)


@row
def ssh(options):
    uri = "test+ssh://far/default?socket={}"
    commands = {who: lambda who=who: spawn_ms(SHELL[who], "-c", uri.format(socket_of(who)), "list")
                for who in SIDES}
    commands["bare"] = lambda: spawn_ms("ssh", "far", "true")
    medians = interleave(2 * options.rounds, commands)
    yield Row("list over ssh (bare: ssh host true)", "ms", pick(medians, "ms"), bare_goal=1.1)


def shared_uri(transport):
    return f"test+{transport}://far/default?share=only&socket={socket_of('us')}"


@row
def shared(options):
    """The first one logs in. Bare is ssh by itself through the same login."""
    uri = "test+ssh://far/default?socket={}"
    for transport in "ssh", "libssh2":
        spawn_ms("rvsh", "-c", shared_uri(transport), "list")
    medians = interleave(2 * options.rounds, {
        "us": lambda: spawn_ms("rvsh", "-c", shared_uri("ssh"), "list"),
        "libssh2": lambda: spawn_ms("rvsh", "-c", shared_uri("libssh2"), "list"),
        "peer": lambda: spawn_ms("virsh", "-c", uri.format(socket_of("peer")), "list"),
        "bare": lambda: spawn_ms("ssh", "-S", keeper(), "far", "true")})
    times = pick(medians, "ms")
    yield Row("list over ssh, login shared", "ms", times, 0.12)
    yield Row("list over libssh2, login shared (peer: ssh)", "ms", {**times, "us": times["libssh2"]}, 0.12)


def keeper():
    return str(next((Path(os.environ["XDG_RUNTIME_DIR"]) / "rvirt").glob("ssh-*")))


@row
def ssh_call(options):
    """Bare is a client that only writes and reads, through the same ssh and the same gateway."""
    spawn_ms("rvsh", "-c", shared_uri("ssh"), "list")
    medians = interleave(options.rounds, {
        "us": lambda: run(PROGRAMS / LIBRARY["us"], "call", options.calls // 5, shared_uri("ssh"), daemon_pid("us")),
        "bare": lambda: run(PROGRAMS / "bench-gateway", "socketpairs", "calls", options.calls // 5, "ssh", "-S", keeper(),
                            "far", "rvirt-gateway -U SOCKET")})
    yield Row("one call over ssh", "us", pick(medians, "p50_us"), bare_goal=1.2)


@row
def libssh2(options):
    """The peer is libvirt's own use of libssh2."""
    sshd = PEERS / "sshd"
    port = (sshd / "port").read_text().strip()
    known = PEERS / "known-by-port"
    known.write_text((sshd / "known_hosts").read_text().replace("far", f"[127.0.0.1]:{port}", 1))
    uri = (f"test+libssh2://root@127.0.0.1:{port}/default?keyfile={sshd / 'client_key'}&known_hosts={known}"
           "&sshauth=privkey&share=no&socket={}")
    medians = interleave(2 * options.rounds, {
        who: lambda who=who: spawn_ms(SHELL[who], "-c", uri.format(socket_of(who)), "list") for who in SIDES})
    yield Row("list over libssh2", "ms", pick(medians, "ms"), 1.0)


@row
def link(options):
    """Bytes from a far host to here; the peer is scp over the same link."""
    size = 100_000_000
    sshd = PEERS / "sshd"
    (PEERS / "bytes").write_bytes(bytes(size))
    spout = sshd / "path" / "spout"
    spout.write_text(f"#!/bin/sh\nexec head -c {size} /dev/zero\n")
    spout.chmod(0o755)
    config = sshd / "ssh_config"
    config.write_text(f"Host slow\n  HostName 127.0.0.1\n  HostKeyAlias far\n"
                      f"  ProxyCommand {PROGRAMS / 'bench-delay'} 25 {(sshd / 'port').read_text()}\n"
                      f"{config.read_text()}")

    def dial(transport):
        return spawn_ms("rvirt-dial", f"test+{transport}://slow/?proxy=netcat&netcat=spout&socket=/none&share=no")

    medians = interleave(options.rounds, {
        "us": lambda: dial("libssh2"), "ssh": lambda: dial("ssh"),
        "peer": lambda: spawn_ms("scp", "-O", "-q", "-S", sshd / "bin" / "ssh", f"slow:{PEERS / 'bytes'}", "/dev/null")})
    speeds = {who: size / 1000 / values["ms"] for who, values in medians.items()}
    yield Row("libssh2 over 25 ms each way (peer: scp)", "MB/s", speeds, 0.9, more_is_better=True)
    yield Row("ssh over 25 ms each way (peer: scp)", "MB/s", {"us": speeds["ssh"], "peer": speeds["peer"]}, 0.9,
              more_is_better=True)


@row
def far(options):
    """The peer takes half a minute: once is enough."""
    node = PEERS / "500.xml"
    node.write_text("<node>\n" + "".join(
        f"<domain type='test'><name>d{i:03}</name><uuid>00000000-0000-4000-8000-{i:012}</uuid>"
        "<memory>1024</memory><os><type>hvm</type></os></domain>\n" for i in range(500)) + "</node>\n")

    def command(who):
        """An ext command is started without arguments, and libvirt clears its environment: a script says the rest."""
        script = PEERS / f"reach-{who}"
        script.write_text(f"#!/bin/sh\nexec {PROGRAMS / 'bench-delay'} 25 {socket_of(who)}\n")
        script.chmod(0o755)
        return script

    medians = interleave(1, {
        who: lambda who=who: spawn_ms(SHELL[who], "-c", f"test+ext://far{node}?command={command(who)}", "list", "--all")
        for who in SIDES})
    yield Row("list of 500, 25 ms each way", "ms", pick(medians, "ms"), 0.02)


@row
def idle(options):
    """At each level the same is measured: 15 times another 100 connections are opened, timed, and closed again. What
    differs by less than a tenth counts as the same."""
    medians = {}
    for who in SIDES:
        # The peer takes most of a minute: once is enough. Memory is what the first round took: later ones reuse it.
        seen = [run(PROGRAMS / "bench-frames", "idle", 5000, socket_of(who), daemon_pid(who))
                for _ in range(options.rounds if who == "us" else 1)]
        medians[who] = {key: statistics.median(r[key] for r in seen) for key in seen[0]}
        medians[who]["bytes"] = seen[0]["bytes"]
    yield Row("5,000 idle: memory each", "bytes", pick(medians, "bytes"), 1.0)
    for count in (100, 1000, 5000):
        yield Row(f"connections opened, {count:,} being open", "per s", pick(medians, f"per_s_at_{count}"),
                  20 if count > 100 else None, more_is_better=True)
    if "us" in medians:
        at = medians["us"]
        yield Row("ours with 5,000 open, against 100 open", "per s",
                  {"us": at["per_s_at_5000"], "peer": at["per_s_at_100"]}, 0.9, more_is_better=True,
                  peer_name="at 100")


BRIDGES = {
    "us": ["rvirt-gateway", "-U", "SOCKET"],
    "peer": ["nc", "-N", "-U", "SOCKET"],
    "bare": ["loop"],
    "socat": ["socat", "-", "UNIX-CONNECT:SOCKET"],
    # It goes where XDG_RUNTIME_DIR says, except for root.
    "virt-ssh-helper": [*(["setpriv", "--reuid=65534", "--clear-groups"] if os.getuid() == 0 else []),
                        "virt-ssh-helper", "test:///session"],
}


@row
def gateway(options):
    """The peer is nc unless the row names another; bare is a plain 64 KiB read-write loop."""
    def measure(who, *what):
        command = BRIDGES[who]
        if who != "bare" and not shutil.which(command[0]):
            return None
        return run(PROGRAMS / "bench-gateway", *what, *command)

    for stdio in "pipes", "socketpairs":
        for flow in "up", "down", "both":
            medians = interleave(options.rounds, {
                who: lambda who=who: measure(who, stdio, flow, options.mib) for who in BRIDGES})
            speeds, costs = pick(medians, "gib_per_s"), pick(medians, "cpu_ms_per_gib")
            name = f"gateway {flow}, {stdio}"
            yield Row(name, "GiB/s", speeds, 2, more_is_better=True)
            yield Row(f"{name}, CPU", "ms/GiB", costs, 0.3, 0.6)
            for other in "socat", "virt-ssh-helper":
                yield Row(f"{name}, {other}", "GiB/s", {"us": speeds["us"], "peer": speeds.get(other)},
                          more_is_better=True)
        medians = interleave(3 * options.rounds, {
            who: lambda who=who: measure(who, stdio, "calls", options.calls) for who in BRIDGES})
        yield Row(f"gateway, call and reply, {stdio}", "us", pick(medians, "p50_us"), bare_goal=1.05)


def volume_uris(who):
    """What stands for no libvirt daemon is ssh's own way to copy."""
    socket, port = socket_of(who), {"tcp": "port", "tls": "tls-port"}
    port = {transport: (PEERS / DAEMON[who] / name).read_text().strip() for transport, name in port.items()}
    return {"unix": f"storage+unix:///system?socket={socket}",
            "tcp": f"storage+tcp://127.0.0.1:{port['tcp']}/system",
            "tls": f"storage+tls://127.0.0.1:{port['tls']}/system?pkipath={os.environ['TLS_PATH']}",
            "ssh": f"storage+ssh://far/system?share=no&socket={socket}",
            "libssh2": f"storage+libssh2://far/system?share=no&socket={socket}"}


def move_volume(who, shell, uri, what):
    """A transfer by a shell: gigabytes a second, and what shell and daemon use of the processors for a gigabyte."""
    def used():
        children = os.times()
        return bench_cpu(daemon_pid(who)) + children.children_user + children.children_system

    (VOLUMES / "back").unlink(missing_ok=True)
    size, cpu = (VOLUMES / "file").stat().st_size / 1e9, used()
    ms = spawn_ms(shell, "-c", uri, what)["ms"]
    return {"rate": size / ms * 1e3, "cpu": (used() - cpu) / size}


def bench_cpu(pid):
    """Seconds of processor time of a process."""
    ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def copy_by_ssh(how):
    (VOLUMES / "copy").unlink(missing_ok=True)
    ms = spawn_ms("sh", "-c", how)["ms"]
    return {"rate": (VOLUMES / "file").stat().st_size / 1e6 / ms}


@row
def volumes(options):
    """Half of --mib in memory, up and down. For ssh the peer is ssh with cat, for libssh2 it is scp."""
    VOLUMES.mkdir()
    mib, uris = options.mib // 2, {who: volume_uris(who) for who in SIDES}
    file, back, copy = (VOLUMES / name for name in ("file", "back", "copy"))
    file.write_bytes(os.urandom(1 << 20) * mib)
    for who in SIDES:
        (VOLUMES / who).mkdir()
        spawn_ms(SHELL[who], "-q", "-c", uris[who]["unix"],
                 f"pool-define-as p dir --target {VOLUMES / who}; pool-start p; vol-create-as p v {mib}M --allocation 0")
    scp = f"scp -O -q -S {PEERS / 'sshd' / 'bin' / 'ssh'}"
    by_ssh = {("ssh", "upload"): f"ssh far 'cat > {copy}' < {file}", ("ssh", "download"): f"ssh far cat {file} > {copy}",
              ("libssh2", "upload"): f"{scp} {file} far:{copy}", ("libssh2", "download"): f"{scp} far:{file} {copy}"}
    goals = {("unix", "upload"): 1.4, ("unix", "download"): 2, "tcp": 1.2, "tls": 1.2, "ssh": 0.95, "libssh2": 1}
    for transport, way in itertools.product(("unix", "tcp", "tls", "ssh", "libssh2"), ("upload", "download")):
        what = f"vol-{way} v {file if way == 'upload' else back} --pool p"
        commands = {who: lambda who=who: move_volume(who, SHELL[who], uris[who][transport], what) for who in SIDES}
        if (transport, way) in by_ssh:
            commands["peer"] = lambda: copy_by_ssh(by_ssh[transport, way])
        medians = interleave(options.rounds, commands)
        yield Row(f"volume, {way} by {transport}", "GB/s", pick(medians, "rate"),
                  goals.get((transport, way)) or goals[transport], more_is_better=True)
        if transport == "unix":
            yield Row(f"volume, {way} by {transport}, CPU", "s/GB", pick(medians, "cpu"), 0.6)
    shutil.rmtree(VOLUMES)


@row
def guests(options):
    """Real guests, emulated: from the call to the first byte on the console of one that boots a sector of a disk, and of
    one that boots Linux; 50 that are started paused side by side; and all their statistics."""
    uri, directory = "qemu+unix:///system?socket={}", PEERS / "guests"

    def measure(who, what):
        return run("/usr/bin/env", f"DAEMON_PID={daemon_pid(who)}", "/usr/bin/python3", Path(__file__).with_name("guests.py"),
                   uri.format(socket_of(who)), *what, directory)

    for name in "sector", "linux":
        medians = interleave(options.rounds, {who: lambda who=who: measure(who, ("first", name)) for who in SIDES})
        yield Row(f"start to first byte, {name}", "ms", pick(medians, "ms"), 1.0)
        if name == "sector":
            yield Row("start, the call alone", "ms", pick(medians, "create_ms"), 1.0)
    medians = interleave(1, {who: lambda who=who: measure(who, ("many", "50")) for who in SIDES})
    yield Row("50 guests started side by side", "ms", pick(medians, "ms"), 1.0)
    yield Row("memory of the daemon for each guest", "bytes", pick(medians, "bytes"), 1.0)
    yield Row("statistics of 50 guests", "ms", pick(medians, "stats_ms"), 1.0)


def number(value):
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def print_row(r):
    names = {"peer": r.peer_name, "bare": "bare"}
    ratios = ", ".join(f"{number(r.ratio(to))} {names[to]}" for to, _, _ in r.goals())
    goals = ", ".join(f"{sign} {goal:g} {names[to]}" for to, sign, goal in r.goals())
    met = {None: "-", True: "yes", False: "NO"}[r.met()]
    print(f"{r.name + ' (' + r.unit + ')':50} | {number(r.values.get('us')):>9} | {number(r.values.get('peer')):>9} | "
          f"{number(r.values.get('bare')):>9} | {ratios:24} | {goals:24} | {met}", flush=True)


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/run", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="medians of this many")
    parser.add_argument("--calls", type=int, default=10000, help="calls in a measurement")
    parser.add_argument("--mib", type=int, default=1024, help="MiB through a bridge in each direction")
    parser.add_argument("--only", default=",".join(ROWS), help="rows, of " + ",".join(ROWS))
    parser.add_argument("--json", type=Path, help="write the numbers into this file too")
    options = parser.parse_args()
    print(f"{'row':50} | {'us':>9} | {'peer':>9} | {'bare':>9} | {'ratio':24} | {'goal':24} | met")
    rows = []
    for name in options.only.split(","):
        for r in ROWS[name](options):
            print_row(r)
            rows.append({"row": r.name, "unit": r.unit, **r.values, "met": r.met()})
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


main()
