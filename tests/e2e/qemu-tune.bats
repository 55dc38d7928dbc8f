# SPDX-License-Identifier: LGPL-2.1-or-later
#
# How much of the host a machine gets, and where on it, as the kernel has it.

load ../lib/qemu

setup_file() {
  peers_begin
  qemu_start
}

setup() {
  cd "$BATS_TEST_TMPDIR"
  chmod 755 "$BATS_TEST_TMPDIR"
}

# threads NAME: the processors of each thread of a guest, by the thread's name.
threads() {
  local task
  for task in "/proc/$(guest_pid "$1")"/task/*; do
    echo "$(cat "$task/comm"): $(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' "$task/status")"
  done | sort
}

@test "threads run where they are pinned, from the start and later" {
  [ "$(nproc)" -gt 1 ] || skip "one processor"
  define p kernel=no vcpus=3 top="<iothreads>1</iothreads><cputune><vcpupin vcpu='0' cpuset='1'/>
    <emulatorpin cpuset='0'/><iothreadpin iothread='1' cpuset='0'/><vcpusched vcpus='0' scheduler='batch'/></cputune>"
  all=$(cat /sys/devices/system/cpu/online)
  on setvcpus p 2 --config
  on vcpupin p 2 1 --config
  on start p
  threads p > threads
  grep -qx 'CPU 0/TCG: 1' threads
  grep -qx "CPU 1/TCG: $all" threads
  grep -qx 'IO iothread1: 0' threads
  grep -qx 'qemu-system-x86: 0' threads
  # one that comes later goes where it belongs
  on setvcpus p 3
  grep -qx 'CPU 2/TCG: 1' <(threads p)
  on vcpupin p 1 1
  on emulatorpin p 1
  on iothreadadd p 7
  on iothreadpin p 7 1
  threads p > threads
  grep -qx 'CPU 1/TCG: 1' threads
  grep -qx 'qemu-system-x86: 1' threads
  grep -qx 'IO iothread7: 1' threads
  on iothreadset p 7 --poll-max-ns 5000
  [[ $(on qemu-monitor-command p '{"execute":"query-iothreads"}' | tr -d ' ') == *'"poll-max-ns":5000'* ]]
  # what was changed is still known to another daemon
  peer_stop rvirtd
  qemu_start
  [[ $(on dumpxml p) == *"<iothreadpin iothread='7' cpuset='1'/>"* ]]
  on iothreaddel p 7
  run ! grep -q iothread7 <(threads p)
  [[ $(on dumpxml p) != *"iothread='7'"* ]]
  on destroy p
  [[ $(on dumpxml p) == *"<emulatorpin cpuset='0'/>"* ]]
  on undefine p
}

@test "what the host can't do is refused when the machine starts, and by name" {
  grep -qw cpu "$(findmnt -nt cgroup2 -o TARGET)/cgroup.controllers" && skip "this host has controllers"
  for top in "<cputune><shares>100</shares></cputune>=cgroup CPU controller" \
    "<cputune><quota>10000</quota></cputune>=cgroup cpu is required" \
    "<memtune><hard_limit>1000000</hard_limit></memtune>=cgroup memory controller" \
    "<blkiotune><weight>500</weight></blkiotune>=cgroup io controller" \
    "<numatune><memory mode='strict' nodeset='777'/></numatune>=NUMA node 777 is unavailable"; do
    define r kernel=no top="${top%=*}"
    run -1 on start r
    [[ $output == *"${top##*=}"* ]]
    on undefine r
  done
}

@test "a machine's process is in a group of its own" {
  group=$(findmnt -nt cgroup2 -o TARGET)
  [ -n "$group" ] && mkdir -p "$group/rvirt/probe" && rmdir "$group/rvirt/probe" || skip "no groups of version 2 can be made here"
  define o kernel=no top="<numatune><memory mode='strict' nodeset='0'/></numatune><defaultiothread thread_pool_min='1' thread_pool_max='9'/>"
  on start o
  path=$(sed -n 's/^0:://p' "/proc/$(guest_pid o)/cgroup")
  [[ $path == */rvirt/qemu-* ]]
  [ "$(cat "$group$path/cgroup.procs")" = "$(guest_pid o)" ]
  on destroy o
  [ ! -e "$group$path" ]
  on undefine o
}

# The kernel of this host may lend nothing; that of a guest has all controllers.
@test "groups do what they are told, with a kernel that has their controllers" {
  guest_image
  need cc gcc
  # shellcheck disable=SC2086
  limit cc -static -D_GNU_SOURCE -I"$RVIRT_BUILDDIR" -I"$RVIRT_SRCDIR/src" -o program "$RVIRT_SRCDIR"/tests/lib/cgroup-calls.c \
    "$RVIRT_SRCDIR"/src/drivers/qemu/{cgroup,cgroup-tune}.c "$RVIRT_SRCDIR"/src/base/{error,fd,log,buf}.c
  truncate -s %512 program
  define k memory=192 log="$PEERS/k.log" devices="<disk type='file'><driver name='qemu' type='raw'/><source file='$PWD/program'/>
    <target dev='vda' bus='virtio'/></disk>"
  on start k
  wait_for_console "$PEERS/k.log" "rvirt-guest: ready"
  console_talk "$(on ttyconsole k)" '' 'mount -t cgroup2 none /sys/fs/cgroup; cat /dev/vda > /program; chmod +x /program; /program /dev/vda; echo en""d' end
  grep -q '^done' "$PEERS/k.log"
  on destroy k
  on undefine k
}

# dumps NAME: how many files the memory of a guest has been put into.
dumps() {
  find "$PEERS/state/lib/qemu/dump" -name "*-$1-*" 2> /dev/null | wc -l
}

dumped_twice() {
  [ "$(dumps "$1")" -ge 2 ]
}

@test "the memory of a guest that has crashed is kept, and it ends or starts again" {
  # a boot sector that tells the panic device: mov dx, 0x505; mov al, 1; out dx, al; hlt
  printf '\272\005\005\260\001\356\364' > panic.img
  truncate -s 510 panic.img
  printf '\125\252' >> panic.img
  truncate -s 1M panic.img
  for action in destroy restart; do
    cp panic.img "$action.img"
    disk="<disk type='file'><driver name='qemu' type='raw'/><source file='$PWD/$action.img'/><target dev='vda' bus='virtio'/></disk>"
    define "c$action" kernel=no memory=16 devices="<panic model='isa'/>$disk" top="<on_crash>coredump-$action</on_crash>"
    on start "c$action"
  done
  wait_until 30 state_is cdestroy 'shut off (crashed)'
  [ "$(dumps cdestroy)" = 1 ]
  [ "$(head -c 4 "$PEERS"/state/lib/qemu/dump/*-cdestroy-* | tail -c 3)" = ELF ]
  wait_until 30 dumped_twice crestart
  on destroy crestart
  on undefine cdestroy
  on undefine crestart
}
