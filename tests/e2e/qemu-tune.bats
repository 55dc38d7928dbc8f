# SPDX-License-Identifier: LGPL-2.1-or-later
#
# How much of the host a machine gets, and where on it, as the kernel has it.

load ../lib/common
load ../lib/rvirtd
load ../lib/guest
load ../lib/qemu

setup_file() {
  peers_begin
  qemu_start
}

teardown_file() {
  qemu_stop
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
  define p kernel=no vcpus=2 top="<iothreads>1</iothreads><cputune><vcpupin vcpu='0' cpuset='1'/>
    <emulatorpin cpuset='0'/><iothreadpin iothread='1' cpuset='0'/><vcpusched vcpus='0' scheduler='batch'/></cputune>"
  all=$(cat /sys/devices/system/cpu/online)
  on start p
  threads p > threads
  grep -qx 'CPU 0/TCG: 1' threads
  grep -qx "CPU 1/TCG: $all" threads
  grep -qx 'IO iothread1: 0' threads
  grep -qx 'qemu-system-x86: 0' threads
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
