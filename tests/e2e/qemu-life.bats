# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The life of machines: real QEMU, whose guests have nothing to boot where nothing of them is needed.

load ../lib/qemu

setup_file() {
  peers_begin
  qemu_start
}

# gone NAME: ends and forgets a guest.
gone() {
  on destroy "$1" > /dev/null 2>&1 || true
  on undefine "$1" > /dev/null
}

@test "a machine is defined, started, suspended, resumed, reset, destroyed, undefined" {
  define one kernel=no
  [ "$(on list --name --all)" = one ]
  state_is one 'shut off (unknown)'
  on start one
  state_is one 'running (booted)'
  run -1 on start one
  [[ $output == *'already active'* ]]
  on suspend one
  state_is one 'paused (user)'
  on resume one
  state_is one 'running (unpaused)'
  on reset one
  on destroy one
  state_is one 'shut off (destroyed)'
  run -1 on destroy one
  [[ $output == *'domain is not running'* ]]
  on undefine one
  [ -z "$(on list --name --all)" ]
  [ -z "$(find "$PEERS/state" -name 'one*.xml')" ]
}

@test "what is transient is gone when it ends" {
  guest_xml fleeting kernel=no > "$BATS_TEST_TMPDIR/x.xml"
  on create --paused "$BATS_TEST_TMPDIR/x.xml"
  state_is fleeting 'paused (user)'
  on destroy fleeting
  run -1 on domstate fleeting
}

@test "a daemon that was killed finds its guests again" {
  define lasting kernel=no
  on start lasting
  pid=$(guest_pid lasting)
  peer_stop rvirtd KILL
  process_alive "$pid"
  qemu_start
  state_is lasting 'running (booted)'
  on suspend lasting
  state_is lasting 'paused (user)'
  on destroy lasting
  wait_until 10 process_gone "$pid"
  gone lasting
}

@test "a guest that ended while the daemon was away is told of with the reason" {
  define lost kernel=no
  on start lost
  peer_stop rvirtd
  kill -9 "$(guest_pid lost)"
  wait_until 10 process_gone "$(guest_pid lost)"
  qemu_start
  wait_until 10 state_is lost 'shut off (crashed)'
  gone lost
}

@test "a guest that hangs blocks neither another nor its own state" {
  define stuck kernel=no
  define other kernel=no
  on start stuck
  on start other
  pid=$(guest_pid stuck)
  kill -STOP "$pid"
  on suspend stuck > "$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
  LIMIT=5 on suspend other
  LIMIT=5 on domstate stuck
  wait_until 10 grep -q occupied <(LIMIT=5 on domcontrol stuck) || LIMIT=5 on domcontrol stuck | grep occupied
  LIMIT=5 on list
  kill -CONT "$pid"
  wait %1
  state_is stuck 'paused (user)'
  gone stuck
  gone other
}

@test "a guest that hangs can be destroyed" {
  define stuck kernel=no
  on start stuck
  kill -STOP "$(guest_pid stuck)"
  LIMIT=25 on destroy stuck
  gone stuck
}

@test "what starts by itself does so with the daemon, once for each start of the host" {
  define early kernel=no
  on autostart early
  [ -L "$PEERS/state/qemu/autostart/early.xml" ]
  peer_stop rvirtd
  rm -f "$PEERS/state/run/qemu/autostarted"
  qemu_start
  wait_until 20 state_is early 'running (booted)'
  on destroy early
  peer_stop rvirtd
  qemu_start
  state_is early 'shut off (unknown)'
  gone early
}
