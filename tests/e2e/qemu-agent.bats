# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A guest with an agent: what it tells and does, and what becomes of one that is not there, hangs, or talks nonsense. One
# guest does it all, so the tests follow each other.

load ../lib/qemu

CHANNEL="<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"

setup_file() {
  peers_begin
  qemu_start
  guest_agent_image
  # what nobody has asked for yet is done beforehand
  truncate -s 8M "$PEERS/disk.img"
  mke2fs -q -t ext4 "$PEERS/disk.img"
  chmod 755 "$PEERS"
  define a vcpus=3 log="$PEERS/log" console="unix:$PEERS/console" devices="$CHANNEL
    <disk type='file'><driver name='qemu' type='raw' discard='unmap'/><source file='$PEERS/disk.img'/>
      <target dev='vda' bus='virtio'/></disk>"
  events_begin
  on setvcpus a 2 --config
  on start a
  wait_for_console "$PEERS/log" "rvirt-guest: ready"
}

# events_begin: what is told of guests' agents goes to $PEERS/events.
events_begin() {
  rvsh -c "$(qemu_uri)" event --event agent-lifecycle --loop > "$PEERS/events" 2>&1 3>&- &
  echo $! > "$PEERS/events.pid"
  wait_until 20 grep -q . "$PEERS/events.pid"
}

# inside COMMAND: runs it in the guest.
inside() {
  console_talk "$PEERS/console" '' "$1; echo fini''shed" finished > /dev/null
}

setup() {
  cd "$BATS_TEST_TMPDIR"
}

is_connected() {
  [[ $(on dumpxml a) == *"state='connected'"* ]]
}

# agent COMMAND: what the agent answers.
agent() {
  on qemu-agent-command a "$@"
}

@test "an agent is there when its channel is open, and clients are told" {
  wait_until 30 is_connected
  [ "$(agent '{"execute":"guest-ping"}')" = '{"return":{}}' ]
  [[ $(on dumpxml a --inactive) != *"state="* ]]
}

@test "an agent tells the time, and sets it" {
  on domtime a --time 1500000000
  [[ $(on domtime a) == "Time: 150000000"? ]]
}

@test "file systems are frozen, thawed and trimmed" {
  inside 'mkdir -p /disk; mount /dev/vda /disk'
  run -0 on domfsfreeze a
  [[ $output == "Froze 1 filesystem(s)"* ]]
  run -1 on domfsfreeze a
  [[ $output == *"the agent is in frozen state"* ]]
  [ "$(on domfsthaw a)" = "Thawed 1 filesystem(s)" ]
  [ "$(on domfsthaw a)" = "Thawed 0 filesystem(s)" ]
  on domfstrim a
}

@test "an agent tells of its guest" {
  run -0 on domfsinfo a
  [[ $output == *"/disk"*vda*ext4*vda* ]]
  run -0 on guestinfo a --os --filesystem --hostname
  [[ $output == *"os.id               : rvirt"*"hostname            : guest"*"fs.0.disk.0.alias   : vda"* ]]
  run -0 on domifaddr a --source agent
  [[ $output == *"ipv4         127.0.0.1/8"* ]]
  [ "$(on domhostname a)" = guest ]
  on domifaddr a --source arp
  run -1 on domhostname a --source lease
  [[ $output == *"no hostname found for domain a"* ]]
}

@test "virtual CPUs are turned on and off in the guest, and listed with their processors" {
  [ "$(on vcpucount a --guest)" = 2 ]
  on setvcpus a 1 --guest
  [ "$(on vcpucount a --guest)" = 1 ]
  run -0 on guestvcpus a
  [[ $output == *"online         : 0"* ]]
  on guestvcpus a --cpulist 1 --enable
  run -0 on vcpuinfo a
  [ "$(grep -c '^State: *running' <<< "$output")" = 2 ]
  [[ $output == *"CPU Affinity:"* ]]
  run -1 on setvcpus a 1 --live
  [[ $output == *"failed to find appropriate hotpluggable vcpus"* ]]
}

has_cpus() {
  [ "$(on vcpucount a --live --current)" = "$1" ]
}

# sees_cpus N: the guest has so many.
sees_cpus() {
  [ "$(on guestvcpus a | sed -n 's/^vcpus *: 0-//p')" = $(($1 - 1)) ]
}

@test "an agent that hangs keeps nobody from anything else, and is back when it goes on" {
  inside 'killall -STOP qemu-ga'
  on guest-agent-timeout a --timeout 1
  run -1 on domtime a
  [[ $output == *"Guest agent is not responding: the guest agent did not answer in time"* ]]
  # while one asks, others go on
  on guest-agent-timeout a --timeout 5
  on domtime a > asks 2>&1 3>&- &
  asking=$!
  on dommemstat a
  on suspend a
  on resume a
  rc=0
  wait "$asking" || rc=$?
  [ "$rc" = 1 ]
  grep -q "Guest agent" asks
  inside 'killall -CONT qemu-ga'
  [ "$(agent '{"execute":"guest-ping"}')" = '{"return":{}}' ]
  on guest-agent-timeout a
}

@test "an agent that talks nonsense, or is not there, is said to be so" {
  inside ': > /no-agent; killall qemu-ga'
  wait_until 20 is_not_connected
  run -1 on domtime a
  [[ $output == *"Guest agent is not responding: QEMU guest agent is not connected"* ]]
  inside 'port=$(grep -l guest_agent /sys/class/virtio-ports/*/name); port=${port%/name}; yes rubbish > /dev/${port##*/} & true'
  wait_until 20 is_connected
  on guest-agent-timeout a --timeout 1
  run -1 on domtime a
  [[ $output == *"Guest agent is not responding"* ]]
  [ "$(on domstate a)" = running ]
  inside 'killall yes; rm /no-agent'
  on guest-agent-timeout a
  wait_until 20 agent '{"execute":"guest-ping"}'
}

is_not_connected() {
  ! is_connected
}

@test "another daemon finds the agent again" {
  peer_stop rvirtd KILL
  qemu_start
  wait_until 20 is_connected
  [ "$(agent '{"execute":"guest-ping"}')" = '{"return":{}}' ]
}

@test "a guest is shut down and started again by its agent" {
  id=$(on domid a)
  : > "$PEERS/log"
  on reboot a --mode agent
  wait_for_console "$PEERS/log" "rvirt-guest: ready"
  [ "$(on domid a)" = "$id" ]
  wait_until 30 is_connected
  on shutdown a --mode agent
  wait_until 20 state_is a 'shut off (shutdown)'
  run -1 on shutdown a --mode agent
  [[ $output == *"domain is not running"* ]]
}

@test "a guest without a channel for an agent has none" {
  define none kernel=no
  on start none
  run -1 on domtime none
  [[ $output == *"argument unsupported: QEMU guest agent is not configured"* ]]
  on suspend none
  run -1 on domtime none
  [[ $output == *"domain is not running"* ]]
  on destroy none
}

# QEMU 7.2 can't reset a machine any more that has let go of an emulated processor: this comes last.
@test "virtual CPUs come to a guest and leave it" {
  on start a
  wait_until 60 is_connected
  on setvcpus a 3 --live
  wait_until 20 sees_cpus 3
  # a guest that is slow to let go of one is not waited for
  on setvcpus a 2 --live || wait_until 60 on setvcpus a 2 --live
  has_cpus 2
  wait_until 20 sees_cpus 2
}
