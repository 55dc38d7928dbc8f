# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The program beside the remote one: what clients say to QEMU itself, through both daemons, by virsh and by rvsh.

load ../lib/qemu

setup_file() {
  both_start
  guest_xml one kernel=no uuid=11111111-2222-4333-8444-555555555555 > "$PEERS/one.xml"
  for daemon in "$(libvirtd_qemu_uri)" "$(qemu_uri)"; do
    limit virsh -q -c "$daemon" "define $PEERS/one.xml; start one --paused"
  done
}

# said PROGRAM URI ARGUMENT…: what it prints, without the number that libvirt gives its requests, and how it ends.
said() {
  local status=0
  limit "$1" -c "$2" "${@:3}" > "$BATS_TEST_TMPDIR/said" 2>&1 || status=$?
  sed -E -e 's/,"id":"libvirt-[0-9]+"//; s/"id":"libvirt-[0-9]+",//; s/ at [0-9]+\.[0-9]{6} / at TIME /; s/^[-0-9]{10} [:.0-9]{12}\+0000/TIME/' \
    -e '/^error: One or more references were leaked/d' "$BATS_TEST_TMPDIR/said"
  echo "exit status $status"
}

# same ARGUMENT…: both programs say the same of both daemons.
same() {
  said virsh "$(libvirtd_qemu_uri)" "$@" > "$BATS_TEST_TMPDIR/expected"
  for who in "virsh $(qemu_uri)" "rvsh $(libvirtd_qemu_uri)" "rvsh $(qemu_uri)"; do
    said $who "$@" > "$BATS_TEST_TMPDIR/seen"
    diff -u "$BATS_TEST_TMPDIR/expected" "$BATS_TEST_TMPDIR/seen" || { echo "$who: $*"; return 1; }
  done
}

@test "a command for the monitor, in both of its languages" {
  same qemu-monitor-command one '{"execute":"query-status"}'
  same qemu-monitor-command one query-status --return-value
  same qemu-monitor-command one --pretty --return-value query-status
  same qemu-monitor-command one --pretty --return-value query-iothreads
  same qemu-monitor-command one qom-get '{"path":"/machine/peripheral",' '"property":"type"}' --return-value
  same qemu-monitor-command one qom-get '"path":"/machine/peripheral","property":"type"' --return-value
  same qemu-monitor-command one no-such-command
  same qemu-monitor-command one no-such-command --return-value
  same qemu-monitor-command one --hmp info status
  same qemu-monitor-command one --hmp --return-value info
  same qemu-monitor-command nosuch query-status
  grep -q '^exit status 1' "$BATS_TEST_TMPDIR/seen"
  run -1 limit rvsh -c "$(qemu_uri)" qemu-monitor-command one qom-get nonsense
  [[ $output == *"failed to wrap arguments 'nonsense' into a QMP command wrapper"* ]]
  run -0 limit rvsh -c "$(qemu_uri)" qemu-monitor-command one query-status --return-value
  [[ $output == '{"status":"'*'"running":false'* ]]
  run -0 limit rvsh -c "$(qemu_uri)" qemu-monitor-command one --hmp info status
  [[ $output == *paused* ]]
}

# heard PROGRAM URI OPTION…: what it hears of a guest that runs for a moment.
heard() {
  said "$@" > "$BATS_TEST_TMPDIR/heard" 3>&- &
  # until the program is there nobody hears: the guest goes on starting and stopping
  while kill -0 $! 2> /dev/null; do
    limit virsh -q -c "$2" 'resume one; suspend one'
  done
  cat "$BATS_TEST_TMPDIR/heard"
}

@test "events of the monitor, by name and by pattern" {
  for options in "--event STOP --domain one" "--event stop --no-case" "--event ^ST.P\$ --regex --timestamp" \
    "--event resume --regex --no-case --pretty"; do
    heard virsh "$(libvirtd_qemu_uri)" qemu-monitor-event $options --timeout 10 > "$BATS_TEST_TMPDIR/expected"
    grep -q "for domain 'one'" "$BATS_TEST_TMPDIR/expected"
    for who in "virsh $(qemu_uri)" "rvsh $(libvirtd_qemu_uri)" "rvsh $(qemu_uri)"; do
      heard $who qemu-monitor-event $options --timeout 10 > "$BATS_TEST_TMPDIR/seen"
      diff -u "$BATS_TEST_TMPDIR/expected" "$BATS_TEST_TMPDIR/seen"
    done
  done
}

@test "events that a filter keeps back, and a pattern that is none" {
  same qemu-monitor-event --event NONESUCH --timeout 1
  run -1 limit rvsh -c "$(qemu_uri)" qemu-monitor-event --event '(' --regex
  [[ $output == *"failed to compile regex"* ]]
}

@test "what is not served is refused by name, and nothing of it is for readers" {
  run -1 limit virsh -c "$(qemu_uri)" qemu-attach 1
  [[ $output == *"not supported by the connection driver"*QEMU_ATTACH* ]]
  run -1 limit virsh -r -c "$(qemu_uri)" qemu-monitor-command one query-status
  [[ $output == *"read only access"* ]]
  run -1 limit rvsh -r -c "$(qemu_uri)" qemu-monitor-command one query-status
  [[ $output == *"read only access prevents virDomainQemuMonitorCommand"* ]]
  run -0 limit rvsh -c "$(qemu_uri)" domstate one
}
