# SPDX-License-Identifier: LGPL-2.1-or-later
"""Command lines for rvsh-vs-virsh.py: what is done to a domain's devices, threads, memory image and guest."""
import itertools

# More machines, to have something to sort and to filter.
MORE = "define web.xml; define Db.xml; create uni.xml; define wide.xml; "


def options(*names, upto=2):
    """Every combination of at most that many of these options."""
    for n in range(upto + 1):
        for some in itertools.combinations(names, n):
            yield " ".join("--" + name for name in some)


AFFECTS = list(options("config", "live", "current"))


def device_lines():
    """What is known of disks and network interfaces."""
    for name in ("test", "web", "nosuch", ""):
        for command in ("domblklist", "domblklist --details", "domblklist --inactive", "domblkinfo --all", "domblkinfo --all --human",
                        "domblkerror", "domiflist", "domiflist --inactive", "domifaddr", "domifaddr --full", "domblkstat"):
            yield MORE + command + " " + name
    yield "define disk.xml; domblklist disk; domblklist disk --details; domblkinfo disk vda; domblkinfo disk --all"
    for disk in ("vda", "/guest/diskimage1", "nosuch", "''"):
        yield "domblkinfo test %s; domblkinfo test %s --human; domblkinfo test --device %s --all" % (disk, disk, disk)
        yield "domblkstat test %s; domblkstat test %s --human" % (disk, disk)
        yield "domblkthreshold test %s 100; blockresize test %s 10M" % (disk, disk)
    yield "domblkthreshold test vda x; domblkthreshold test vda; blockresize test vda x; blockresize test vda 3b; blockresize nosuch vda 1"
    for iface in ("testnet0", "aa:bb:cc:dd:ee:ff", "AA:BB:CC:DD:EE:FF", "aa:bb:cc:dd:ee:00", "nosuch", "''"):
        yield "domifstat test %s; domif-getlink test %s; domif-getlink test %s --config; domiftune test %s" % ((iface,) * 4)
        for state in ("up", "down", "sideways"):
            yield "domif-setlink test %s %s; domif-setlink test %s %s --print-xml" % (iface, state, iface, state)
            yield "domif-setlink test %s %s --config; destroy test; domif-setlink test %s %s" % (iface, state, iface, state)
    for source in ("lease", "agent", "arp", "nosuch", "''"):
        yield "domifaddr test --source %s; domifaddr test --interface testnet0 --source %s" % (source, source)
    yield "domifaddr test testnet0; domifaddr test --interface nosuch; domifstat test; domif-getlink test; domif-setlink test testnet0"
    for rate in ("5", "5,6", "5,6,7", "5,6,7,8", "0", "0,5", "x", "5,x", "1,2,3,4,5", "''", ",5", "4294967296", "-1", ",,,5"):
        for way in ("inbound", "outbound"):
            yield "domiftune test testnet0 --%s %s; domiftune test testnet0; dumpxml test" % (way, rate)
    for some in AFFECTS:
        yield "domiftune test testnet0 --inbound 5 %s; domiftune test testnet0 %s" % (some, some)
        yield MORE + "domiftune web testnet0 %s" % some


def guest_lines():
    """What a guest is asked."""
    yield from ("domtime test --time 55; domtime test; domtime test --pretty", "domtime test --now --time 5", "domtime test --sync --now",
                "domtime test --sync; domtime test --time x; domtime test --time ''; domtime test --time -5; domtime test",
                "suspend test; domtime test; destroy test; domtime test; domtime test --time 4", "domtime nosuch; domtime")
    for command in ("domhostname", "domcontrol", "domfsinfo", "domfsfreeze", "domfsthaw", "domfstrim", "guestinfo",
                    "guestvcpus", "guest-agent-timeout", "dompmwakeup", "dompmsuspend mem --domain",
                    "set-user-password --user a --password b --domain"):
        yield "%s test" % command
        yield MORE + "%s web; %s nosuch; destroy test; %s test" % (command, command, command)
        yield command
    for seconds in (0, 500, 15000, 30000, 30001, 30002, 30003, 70000):
        yield "domtime test --time %d; domcontrol test" % seconds
    for source in ("lease", "agent", "nosuch", "''"):
        yield "domhostname test --source %s" % source
    yield "domfsfreeze test / /boot; domfsfreeze test; domfsthaw test /; domfsthaw test; domfsthaw test --mountpoint / /boot"
    yield "domfsfreeze test /nosuch; domfsthaw test /nosuch; domfsfreeze test --mountpoint"
    yield "domfstrim test --minimum 5; domfstrim test --minimum x; domfstrim test --mountpoint /; domfstrim test --mountpoint /x"
    yield "domfstrim test --minimum -1; domfstrim test 5 /; define disk.xml; start disk; domfsinfo disk; create web.xml; domfsinfo web"
    yield "set-user-password test a b; set-user-password test a b --encrypted; set-user-password test a; set-user-password test '' b"
    yield "guestvcpus test --cpulist 1 --enable; guestvcpus test --cpulist 1; guestvcpus test --enable; guestvcpus test --enable --disable"
    yield "guest-agent-timeout test --timeout 5; guest-agent-timeout test --timeout x; guest-agent-timeout test 5"
    yield "guestinfo test --user --os; guestinfo test --nosuch"
    for target in ("mem", "disk", "hybrid", "nosuch", "''"):
        yield "dompmsuspend test %s; dompmsuspend test %s --duration 5; nodesuspend %s 60" % (target, target, target)
    yield "dompmsuspend test mem --duration x; nodesuspend mem 0; nodesuspend mem x; nodesuspend mem; nodesuspend mem -5"


def pin_lines():
    """Where threads may run, and I/O threads."""
    for name in ("test", "web", "uni", "nosuch"):
        for command in ("vcpupin", "emulatorpin", "iothreadinfo"):
            for some in AFFECTS:
                yield MORE + "%s %s %s" % (command, name, some)
    for cpus in ("0", "0-3", "0-3,^2", "r", "99", "x", "''", "3-1", "1,", ",1", "^1", "-1", "0-"):
        yield "vcpupin test 0 %s; vcpupin test" % cpus
        yield "vcpupin test --vcpu 1 --cpulist=%s; vcpupin test 1; dumpxml test" % cpus
        yield "emulatorpin test %s; emulatorpin test" % cpus
        yield "iothreadadd test 1; iothreadpin test 1 %s; iothreadinfo test" % cpus
    for some in AFFECTS:
        yield MORE + "vcpupin test 0 1 %s; emulatorpin test 1 %s; vcpupin web 0 1 %s; dumpxml test; dumpxml test --inactive" % (some, some, some)
        yield MORE + "iothreadadd test 4 %s; iothreadinfo test %s; iothreadset test 4 --poll-grow 5 %s; iothreaddel test 4 %s" % (some, some, some, some)
        yield MORE + "iothreadadd web 4 %s; iothreadpin web 4 1 %s; iothreadinfo web %s; dumpxml web; dumpxml --inactive test" % (some, some, some)
        yield "setvcpu test 1 --enable %s; setvcpu test 1 --disable %s" % (some, some)
    yield "vcpupin test x; vcpupin test 7; vcpupin test --cpulist 1; vcpupin test 7 1; vcpupin test -1 1; vcpupin test x 1"
    for number in ("0", "-1", "x", "''", "99999999999"):
        yield "iothreadadd test %s; iothreaddel test %s; iothreadpin test %s 1; iothreadset test %s --poll-grow 1" % ((number,) * 4)
    yield "iothreadadd test 1; iothreadadd test 1; iothreadset test 1; iothreadset test 1 --poll-max-ns 5 --poll-shrink 3; domstats test --iothread"
    yield "iothreadadd test 1; iothreadset test 1 --poll-max-ns x; iothreadset test 1 --thread-pool-min 3; iothreadset test 1 --poll-grow -1"
    yield "iothreaddel test 9; iothreadpin test 9 1; iothreadset test 9 --poll-grow 1; iothreadpin test 1; iothreadadd test"
    yield "setvcpu test 1; setvcpu test x --enable; setvcpu test 1 --enable --disable; setvcpu test"


def save_lines():
    """Domains in files."""
    for some in options("bypass-cache", "running", "paused"):
        yield "save test saved %s; list --all; restore saved %s; domstate --reason test" % (some, some)
        yield "managedsave test %s; list --all --managed-save; dominfo test; start test; domstate --reason test" % some
        yield "save test saved; save-image-define saved web.xml %s; save-image-edit saved %s; managedsave-define test web.xml %s; managedsave-edit test %s" % (
            some.replace("--bypass-cache", ""), some.replace("--bypass-cache", ""), some.replace("--bypass-cache", ""),
            some.replace("--bypass-cache", ""))
    for some in options("live", "crash", "bypass-cache", "reset", "memory-only", "verbose"):
        yield "dump test dumped %s; domstate --reason test" % some
    for kind in ("elf", "kdump-zlib", "kdump-lzo", "kdump-snappy", "win-dmp", "nosuch", "''"):
        yield "dump test dumped --format %s; dump test dumped --memory-only --format %s" % (kind, kind)
    yield MORE + "save test saved; save-image-dumpxml saved; save-image-dumpxml saved --security-info; save-image-dumpxml saved --xpath //name --wrap"
    yield "save test saved; save-image-define saved web.xml; save-image-dumpxml saved; restore saved; list --all"
    yield "save test saved; restore saved; restore saved; save test saved --xml web.xml; restore saved --xml web.xml; save test saved --xml nosuch.xml"
    for name in ("nosuch", "nosuch/saved", "/", "empty.save", "''"):
        yield "save test %s; restore %s; save-image-dumpxml %s; save-image-define %s web.xml; dump test %s" % ((name,) * 5)
    for command in ("save nosuch saved", "managedsave nosuch", "managedsave-remove nosuch", "dump nosuch dumped", "managedsave-dumpxml nosuch",
                    "managedsave-dumpxml test", "managedsave-remove test", "managedsave test; managedsave-remove test; managedsave-remove test",
                    "save test", "restore", "dump test", "managedsave-define test", "managedsave-edit nosuch", "save-image-define saved",
                    "managedsave test --verbose; start test", "save test saved --verbose", "destroy test; save test saved; managedsave test; dump test dumped",
                    "restore saved --reset-nvram", "create uni.xml; managedsave uni; save uni saved; list --all"):
        yield command


def tune_lines():
    """Tunables as lists of parameters, and processor time."""
    commands = ("memtune", "blkiotune", "numatune", "schedinfo", "perf")
    for name in ("test", "web", "uni", "nosuch"):
        for command in commands:
            for some in AFFECTS:
                yield MORE + "%s %s %s" % (command, name, some)
        yield MORE + "cpu-stats %s; blkdeviotune %s vda; blkdeviotune %s" % (name, name, name)
    for some in AFFECTS:
        yield "memtune test --soft-limit 2G %s; numatune test --nodeset 1 %s; blkiotune test --weight 7 %s; dumpxml test; dumpxml test --inactive" % (some, some, some)
        yield "schedinfo test --weight 5 %s; perf test --enable cmt,mbmt --disable mbml %s; dumpxml test; dumpxml test --inactive" % (some, some)
        yield "blkdeviotune test vda --total-iops-sec-max 9 --total-iops-sec 9 %s; blkdeviotune test vda %s; dumpxml test --inactive" % (some, some)
    for size in ("5", "0", "-1", "1k", "1KB", "1M", "2G", "x", "''", "99999999999999999999", "1X", "-5", "9007199254740991"):
        for option in ("hard-limit", "soft-limit", "swap-hard-limit", "min-guarantee"):
            yield "memtune test --swap-hard-limit 3G --%s=%s; memtune test" % (option, size)
        yield "memtune test %s; memtune test" % size
        yield "blkdeviotune test vda --total-bytes-sec-max 2M --total-bytes-sec=%s; blkdeviotune test vda" % size
        yield "blkdeviotune test vda --read-iops-sec-max 2000 --read-iops-sec=%s; blkdeviotune test vda" % size
        yield "blkiotune test --weight=%s; schedinfo test --weight=%s; blkiotune test --device-weights /a,%s; blkiotune test" % (size, size, size)
    for mode in ("strict", "preferred", "interleave", "restrictive", "0", "1", "77", "nosuch", "''", "-1"):
        yield "numatune test --mode=%s; numatune test; dumpxml test" % mode
        yield "numatune web --mode=%s --nodeset 0; destroy test; numatune test --mode=%s --nodeset=0-1; numatune test" % (mode, mode)
    for nodes in ("0", "0-1", "x", "''", "99"):
        yield "numatune test --nodeset=%s; destroy test; numatune test --nodeset=%s; numatune test" % (nodes, nodes)
    for setting in ("weight=5", "weight=x", "weight=", "weight", "nosuch=1", "=1", "weight=5 weight=6", "''", "cap=1"):
        yield "schedinfo test %s; schedinfo test --set %s; schedinfo test --live %s" % (setting, setting, setting)
    yield "schedinfo test --cap 4; schedinfo test --weight 4 --cap 5; schedinfo test weight=4 --config --live"
    for events in ("cmt", "cmt,mbmt", "nosuch", "''", "cmt,", "cmt,cmt", ",", "cmt,nosuch"):
        yield "perf test --enable=%s; perf test; perf test --disable=%s; dumpxml test" % (events, events)
    yield "perf test --enable cmt --disable cmt; perf test cmt mbmt; perf test cmt cmt"
    for device in ("vda", "/guest/diskimage1", "nosuch", "''"):
        yield "blkdeviotune test %s; blkdeviotune test %s --size-iops-sec 5; blkdeviotune test %s" % (device, device, device)
    yield "blkdeviotune test vda --total_bytes_sec_max 9 --total_bytes_sec 9 --group_name g --total-bytes-sec-max-length 7; blkdeviotune test vda; dumpxml test"
    yield "blkdeviotune test vda --total-bytes-sec 9; blkdeviotune test vda --total-bytes-sec-max 9 --read-bytes-sec-max 9; blkdeviotune test vda --group-name ''"
    for some in ("", "--total", "--start 0", "--start 1", "--start 2", "--start -1", "--start x", "--count 0", "--count 1", "--count 3", "--count -1",
                 "--count x", "--start 1 --count 1", "--total --start 1", "1 1", "--total --count 9"):
        yield "cpu-stats test " + some


def input_lines():
    """What is sent to a guest, and what happens when it ends."""
    for keys in ("30", "KEY_A", "KEY_LEFTCTRL KEY_LEFTALT KEY_DELETE", "0x1e", "nosuch", "''", "-1", "65536", "30 nosuch", " ".join(["1"] * 16),
                 " ".join(["1"] * 17), "1e", "key_a"):
        yield "send-key test %s" % keys
        for codes in ("linux", "xt", "atset1", "qnum", "rfb", "nosuch", "''"):
            yield "send-key test --codeset %s %s" % (codes, keys if "KEY" not in keys else "5")
    yield "send-key test; send-key test --holdtime 5 1; send-key test --holdtime x 1; send-key test --keycode 1 2; destroy test; send-key test 1"
    for name in ("nop", "hup", "SIGHUP", "sig_hup", "io", "poll", "sys", "rt0", "rt32", "rt33", "sigrt5", "rtmin", "0", "9", "64", "65", "-1", "x", "''", "stkflt"):
        yield "send-process-signal test 1 %s" % name
    yield "send-process-signal test 2 9; send-process-signal test x 9; send-process-signal test 0 9; send-process-signal test -1 9"
    yield "send-process-signal test 1; inject-nmi test; destroy test; inject-nmi test; send-process-signal test 1 9; inject-nmi"
    for kind in ("poweroff", "reboot", "crash", "nosuch", "''"):
        for action in ("destroy", "restart", "rename-restart", "preserve", "coredump-destroy", "coredump-restart", "nosuch", "''"):
            yield "set-lifecycle-action test %s %s; dumpxml test" % (kind, action)
    for some in AFFECTS:
        yield MORE + "set-lifecycle-action test crash preserve %s; set-lifecycle-action web crash preserve %s; dumpxml --inactive test" % (some, some)


THREE = "snapshot-create-as test s1 first; snapshot-create-as test s2; suspend test; snapshot-create-as test s3; snapshot-revert test s2; snapshot-create-as test s4; "


def snapshot_lines():
    """Trees of snapshots."""
    for some in options("parent", "roots", "leaves", "no-leaves", "metadata", "no-metadata", "inactive", "active", "disk-only", "internal", "external",
                        "tree", "current", "descendants", "name", "topological", "from=s1", "from=nosuch"):
        yield THREE + "snapshot-list test " + some
    yield THREE + "snapshot-list test --from s1 --descendants --tree; snapshot-list test --from s2 --descendants --name; snapshot-list test; snapshot-list nosuch"
    for name in ("s1", "s2", "s3", "s4", "nosuch", "''", "--current", "", "s1 --current"):
        yield THREE + "snapshot-info test %s; snapshot-parent test %s; snapshot-info nosuch %s" % (name, name, name)
        yield THREE + "snapshot-delete test %s; snapshot-list test --tree; snapshot-current test --name" % name
        yield THREE + "snapshot-delete test %s --children; snapshot-list test --tree; snapshot-current test --name" % name
        yield THREE + "snapshot-delete test %s --children-only; snapshot-list test --tree; snapshot-delete test %s --metadata" % (name, name)
        yield THREE + "snapshot-revert test %s; domstate --reason test; snapshot-current test --name" % name
        yield THREE + "snapshot-edit test %s; snapshot-edit test %s --rename --clone" % (name, name)
        yield THREE + "snapshot-dumpxml test %s --xpath //memory; snapshot-dumpxml test %s --security-info --xpath //name --wrap" % (name, name)
    for some in options("running", "paused", "force", "reset-nvram"):
        yield THREE + "snapshot-revert test s1 %s; domstate --reason test; snapshot-revert test s3 %s; domstate --reason test" % (some, some)
    yield "snapshot-current test; snapshot-current test --name; snapshot-create-as test s1; snapshot-create-as test s2; snapshot-current test --snapshotname s1; snapshot-current test --name"
    yield "snapshot-current test --snapshotname nosuch; snapshot-current test --snapshotname x --name; snapshot-current nosuch"
    for some in options("no-metadata", "halt", "disk-only", "reuse-external", "quiesce", "atomic", "live", "validate"):
        yield "snapshot-create-as test s1 %s; domstate --reason test; snapshot-list test --name" % some
    for spec in ("file=/a", "/a", "/a,snapshot=external", "snapshot=no", "snapshot=internal", "x=1", "''", "file=/a,,b", "/a,/b", "file=a"):
        yield "snapshot-create-as test s1 --print-xml --memspec %s; snapshot-create-as test s1 --memspec %s" % (spec, spec)
    for spec in ("vda", "vda,snapshot=external,file=/x", "vda,file=/x,driver=qcow2", "vda,stype=block,file=/dev/x", "vdb", "vda,nosuch=1", "vda,snapshot=no",
                 "vda,snapshot=bogus", "vda vda", "vda,file=/a<b"):
        yield "snapshot-create-as test s1 --print-xml --diskspec %s; snapshot-create-as test s1 --diskspec %s" % (spec, spec)
    yield "snapshot-create-as test 'a<b' 'c&d' --print-xml; snapshot-create-as test --print-xml; snapshot-create-as test ''; snapshot-create-as nosuch"
    yield "snapshot-create test nosuch.xml; snapshot-create test web.xml; snapshot-create test --xmlfile empty.xml --redefine; snapshot-create nosuch"
    yield "snapshot-create-as test s1; undefine test; destroy test; undefine test --snapshots-metadata; list --all"
    yield "snapshot-create-as test s1; list --with-snapshot; list --without-snapshot; checkpoint-create-as test c1"


CHAIN = "checkpoint-create-as test c1 first; checkpoint-create-as test c2; checkpoint-create-as test c3; "


def checkpoint_lines():
    """Trees of checkpoints."""
    for some in options("parent", "roots", "leaves", "no-leaves", "tree", "descendants", "name", "topological", "from=c1", "from=nosuch"):
        yield CHAIN + "checkpoint-list test " + some
    for name in ("c1", "c2", "c3", "nosuch", "''", ""):
        yield CHAIN + "checkpoint-info test %s; checkpoint-parent test %s" % (name, name)
        for some in options("children", "children-only", "metadata"):
            yield CHAIN + "checkpoint-delete test %s %s; checkpoint-list test --tree" % (name, some)
        yield CHAIN + "checkpoint-dumpxml test %s --xpath //disks; checkpoint-dumpxml test %s --no-domain --size --xpath //name; checkpoint-edit test %s" % (name, name, name)
    for spec in ("vda", "vda,checkpoint=bitmap", "vda,checkpoint=bitmap,bitmap=b", "vda,checkpoint=no", "vda,bitmap=b", "vdb", "vda,file=/x", "vda vda"):
        yield "checkpoint-create-as test c1 --print-xml --diskspec %s; checkpoint-create-as test c1 --diskspec %s; checkpoint-dumpxml test c1 --xpath //disks" % (spec, spec)
    yield "checkpoint-create-as test c1 --quiesce; checkpoint-create test web.xml; checkpoint-create test nosuch.xml; checkpoint-create test --redefine-validate"
    yield "checkpoint-create-as test 'a<b' --print-xml; destroy test; checkpoint-create-as test c; list --all --with-checkpoint; checkpoint-list nosuch"


def plug_lines():
    """Devices plugged in and out."""
    for some in options("persistent", "config", "live", "current"):
        for command in ("attach-device test disk.xml", "detach-device test disk.xml", "update-device test disk.xml", "detach-disk test vda",
                        "attach-disk test /x vdb", "attach-interface test network default", "detach-interface test network"):
            yield MORE + "%s %s; %s --domain web" % (command, some, command.replace(" test", ""))
        yield "detach-device-alias test x %s; detach-disk test vda --print-xml %s; detach-interface test network --print-xml %s" % ((some.replace("--persistent", "").replace("--config --live", ""),) * 3)
    for name in ("nosuch.xml", "empty.xml", "''", "."):
        yield "attach-device test %s; detach-device test %s; update-device test %s --force" % (name, name, name)
    for target in ("vda", "/guest/diskimage1", "nosuch", "''"):
        yield "detach-disk test %s; detach-disk test %s --print-xml; detach-disk test %s --config; detach-disk nosuch %s" % ((target,) * 4)
    for kind in ("network", "bridge", "nosuch", "''"):
        for mac in ("", "--mac aa:bb:cc:dd:ee:ff", "--mac aa:bb:cc:dd:ee:00", "--mac x"):
            yield "detach-interface test %s %s; detach-interface test %s %s --print-xml" % (kind, mac, kind, mac)
    for more in ("", "--targetbus scsi", "--driver qemu --subdriver qcow2 --cache none --io native --iothread 1", "--type cdrom --mode readonly",
                 "--mode shareable", "--mode nosuch", "--shareable", "--sourcetype file", "--sourcetype block", "--sourcetype nosuch", "--serial ab", "--alias ua-x",
                 "--rawio", "--sourcetype network --source-protocol nbd --source-host-name h --source-host-transport tcp", "--driver file"):
        yield "attach-disk test /x vdb --print-xml %s; attach-disk nosuch /x vdb %s" % (more, more)
    for kind, source in (("network", "default"), ("bridge", "br0"), ("direct", "eth0"), ("user", "x"), ("nosuch", "x"), ("hostdev", "0000:03:1a.1"), ("hostdev", "x")):
        for more in ("", "--mac 52:54:00:00:00:01 --target t0 --model virtio", "--script /s --alias ua-y", "--inbound 5,6,7,8 --outbound 1,2,3", "--inbound 0",
                     "--outbound 1,,,4", "--managed", "--inbound x"):
            yield "attach-interface test %s %s --print-xml %s" % (kind, source, more)
    for some in options("eject", "insert", "update", "block", "force", "live", "config", "current"):
        for disk in ("hdc", "fda"):
            yield "define drives.xml; change-media drives %s %s; change-media drives %s /new %s --print-xml" % (disk, some, disk, some)
    for disk in ("hdc", "/cd", "fda", "vda", "nosuch", "''"):
        yield "define drives.xml; change-media drives %s --eject --print-xml; change-media drives %s --source '' --update; change-media drives %s 'a<&b' --print-xml" % ((disk,) * 3)
    yield "change-media; change-media test; change-media test vda --eject; change-media nosuch vda --eject; define web.xml; change-media web vda --eject"
    for name in ("one", "two"):
        for more in ("", "--node 0", "--node 1", "--node 7", "--node x", "--node -1", "--alias ua-x", "--alias ''", "--alias a --node 0"):
            for size in ("", "--requested-size 5", "--requested-size 64MiB", "--requested-size 1025b", "--requested-size x", "--requested-size 0"):
                yield "define %s.xml; update-memory-device %s %s %s --print-xml; update-memory-device %s %s %s" % ((name,) + (name, more, size) * 2)
        for some in AFFECTS:
            yield "create %s.xml; update-memory-device %s --node 1 %s; update-memory-device %s --node 0 --print-xml %s" % (name, name, some, name, some)
    yield "update-memory-device; update-memory-device test; update-memory-device nosuch"
    yield "attach-disk test; attach-disk test /x; attach-interface test network; detach-disk test; detach-interface test; attach-device test"


def job_lines():
    """What takes a host a while; the test driver refuses all of it."""
    for command in ("domjobinfo", "domjobabort", "domjobabort --postcopy", "blockpull --path vda", "blockcommit --path vda", "blockjob --path vda",
                    "blockjob --path vda --abort", "blockjob --path vda --bandwidth 5", "blockjob --path vda --info", "blockpull --path vda --base /b",
                    "backup-begin", "backup-dumpxml", "migrate-setspeed --bandwidth 5", "migrate-getspeed", "migrate-getspeed --postcopy", "migrate-compcache",
                    "migrate-setmaxdowntime --downtime 5", "migrate-setmaxdowntime --downtime 0", "migrate-setmaxdowntime --downtime x",
                    "migrate-getmaxdowntime", "migrate-compcache --size 5", "migrate-postcopy", "domdirtyrate-calc", "domdirtyrate-calc --mode dirty-ring",
                    "domdirtyrate-calc --mode nosuch", "domdirtyrate-calc --seconds x", "domjobinfo --completed", "domjobinfo --rawstats",
                    "backup-begin --backupxml nosuch.xml", "backup-begin --checkpointxml nosuch.xml"):
        yield "%s --domain test; %s --domain nosuch; %s" % (command, command, command)


def block_lines():
    """Jobs of disks, as far as their options; the test driver starts none."""
    ends = ("wait", "verbose", "async", "timeout=5", "timeout=0")
    for some in options(*ends, "base=/b", "keep-relative", "bytes", upto=2):
        yield "blockpull test vda " + some
    for some in options(*ends, "pivot", "keep-overlay", "active", "shallow", "delete", "top=/t", "base=/b", upto=2):
        yield "blockcommit test vda " + some
    for some in options(*ends, "pivot", "finish", "dest=/a", "xml=cpu.xml", "format=raw", "format=qcow2", "raw", "blockdev", "granularity=512", "buf-size=5",
                        "transient-job", "synchronous-writes", "shallow", "reuse-external", upto=2):
        yield "blockcopy test vda " + some
        yield "blockcopy test vda --dest '/a<b' --print-xml " + some
    for some in options("abort", "async", "pivot", "info", "bytes", "raw", "bandwidth=5", upto=2):
        yield "blockjob test vda %s; blockjob nosuch vda %s" % (some, some)
    for speed in ("0", "5", "-1", "5M", "5Q", "x", "''", "99999999999999999999", "17592186044415", "17592186044416"):
        for command in ("blockjob test vda", "blockpull test vda", "blockpull --base /b test vda", "blockcommit test vda", "blockcopy test vda --dest /a",
                        "blockcopy test vda --dest /a --format qcow2"):
            yield "%s --bandwidth=%s; %s --bandwidth=%s --bytes" % (command, speed, command, speed)
    for text in ("0", "x", "-1", "''"):
        yield "blockcopy test vda --dest /a --granularity=%s; blockcopy test vda --dest /a --buf-size=%s" % (text, text)
    yield "blockcopy; blockcopy test; blockcopy nosuch vda --dest /a; blockcopy test vda --xml nosuch.xml; blockcopy test vda --xml ''; blockcopy test '' --dest /a"
    yield "blockcopy test vda /a 5 x; blockcommit test vda 5; blockpull test vda 5"


def node_lines():
    """A host's pages and CPUs, and what it offers."""
    for more in ("", "--all", "--cellno 0", "--cellno 0 --pagesize 4", "--cellno 1 --pagesize 2M", "--all --pagesize 2048", "--all --cellno 0", "--cellno 5 --pagesize 4",
                 "--cellno -1 --pagesize 4", "--cellno -2 --pagesize 4", "--cellno x", "--all --pagesize x", "--all --pagesize 5", "0 --pagesize 4"):
        yield "freepages " + more
        yield "allocpages 4 5 %s; allocpages 4 5 --add %s" % (more.replace("--pagesize 4", ""), more.replace("--pagesize 4", ""))
    yield "allocpages; allocpages 4; allocpages 4 x; allocpages x 4; nodecpumap; nodecpumap --pretty; nodesevinfo; nodesevinfo x"
    yield "node-memory-tune; node-memory-tune --shm-pages-to-scan 5 --shm-sleep-millisecs 4; node-memory-tune --shm-merge-across-nodes x; node-memory-tune 5"
    for arch in ("x86_64", "i686", "ppc64", "s390x", "aarch64", "nosuch", "''", ""):
        yield "cpu-models " + arch
    for name in ("cpu.xml", "web.xml", "nosuch.xml", "empty.xml", "''", ""):
        for command in ("cpu-compare", "cpu-compare --error --validate", "hypervisor-cpu-baseline", "hypervisor-cpu-baseline --model x",
                        "hypervisor-cpu-compare", "hypervisor-cpu-compare --virttype kvm --emulator /e --arch x --machine y", "domxml-from-native x"):
            yield "%s %s" % (command, name)
    for name in ("web.xml", "nosuch.xml", "empty.xml", "''", ""):
        yield "cpu-baseline " + name
    yield "hypervisor-cpu-baseline --model x; hypervisor-cpu-baseline --model ''; domcapabilities; domcapabilities --virttype kvm --emulatorbin /e; domcapabilities ''"
    yield "domxml-to-native x; domxml-to-native x --domain test; domxml-to-native x --domain nosuch; domxml-to-native x --xml web.xml; domxml-to-native x --xml nosuch.xml"
    yield "domxml-to-native x --xml web.xml --domain test; domxml-to-native"


def reach_lines():
    """Displays, consoles, encrypted guests, keys, and what belongs to one hypervisor only."""
    for name in ("test", "nosuch", "''", ""):
        for command in ("domdisplay", "domdisplay --type vnc", "domdisplay --all --include-password", "vncdisplay", "ttyconsole", "domlaunchsecinfo",
                        "domsetlaunchsecstate", "get-user-sshkeys --user u", "get-user-sshkeys", "set-user-sshkeys --user u --reset", "set-user-sshkeys --user u",
                        "set-user-sshkeys --user u --remove", "qemu-monitor-command --cmd x", "qemu-agent-command --cmd x", "qemu-monitor-event", "lxc-enter-namespace x"):
            yield "%s --domain %s" % (command, name) if name else command
    for what in ("vnc", "vnc2", "spice", "spice2", "socket", "tty"):
        for more in ("", "--all", "--include-password", "--type vnc", "--type spice", "--type rdp", "--type ''"):
            yield "create %s.xml; domdisplay graphics %s" % (what, more)
        yield "create %s.xml; vncdisplay graphics; ttyconsole graphics" % what
    yield "destroy test; domdisplay test; vncdisplay test; ttyconsole test; domlaunchsecinfo test"
    for name in ("web.xml", "nosuch.xml", "''"):
        yield "set-user-sshkeys test u --file %s; set-user-sshkeys test u %s --reset; set-user-sshkeys test u %s --remove" % (name, name, name)
    yield "domsetlaunchsecstate test --secret web.xml; domsetlaunchsecstate test --secret web.xml --secrethdr web.xml --set-address x"
    yield "qemu-attach 5; qemu-attach x; qemu-attach; qemu-monitor-event; qemu-monitor-event --timeout x; dom-fd-associate test n 3; dom-fd-associate test n"
    yield "qemu-monitor-command test; qemu-monitor-command test x --hmp --pretty; lxc-enter-namespace test; lxc-enter-namespace test /bin/true -- -x"
    for some in ("--timeout x", "--timeout 0", "--timeout 5", "--timeout 5 --async", "--async --block", "--pretty"):
        yield "qemu-agent-command test %s y z" % some


GROUPS = {"node": node_lines, "reach": reach_lines, "devices": device_lines, "guest": guest_lines, "pins": pin_lines, "save": save_lines, "tunables": tune_lines,
          "input": input_lines,
          "plugging": plug_lines, "jobs": job_lines, "blockjobs": block_lines, "snapshots": snapshot_lines, "checkpoints": checkpoint_lines}
