# SPDX-License-Identifier: LGPL-2.1-or-later
#
# An unmodified virsh reaches an unmodified libvirtd through a real sshd and rvirt-gateway, under each of the
# gateway's names; and the gateway ends with whoever it serves.

load ../lib/libvirtd
load ../lib/sshd

setup_file() {
  need_libvirt
  need sshd openssh-server
  peers_begin
  libvirtd_start
  sshd_start
  export GATEWAY=$RVIRT_BUILDDIR/gateway/rvirt-gateway
}

virsh_lists() {
  run -0 limit virsh -c "$1" list --all
  [[ $output == *" 1    test   running"* ]]
  run -0 limit virsh -r -c "$1" list --all
  [[ $output == *" 1    test   running"* ]]
}

# process_named PATTERN: the process id of what the tests of this file started, by its command line.
process_named() {
  marked_processes | grep -E "^[0-9]+ $1" | cut -d' ' -f1 | grep .
}

no_process_named() {
  ! process_named "$1"
}

@test "as netcat= of the URI" {
  sshd_offers "$GATEWAY"
  virsh_lists "test+ssh://far/default?netcat=rvirt-gateway&socket=$PEERS/libvirtd/libvirt-sock"
}

@test "installed as nc" {
  sshd_offers "nc=$GATEWAY"
  virsh_lists "test+ssh://far/default?socket=$PEERS/libvirtd/libvirt-sock"
}

@test "installed as virt-ssh-helper, which finds the daemon" {
  sshd_offers "virt-ssh-helper=$GATEWAY"
  sshd_serves libvirtd
  virsh_lists "test+ssh://far/default"
  sshd_serves
}

@test "installed as virt-ssh-helper, a read-only connection is one" {
  need_root "a session has no read-only socket"
  sshd_offers "virt-ssh-helper=$GATEWAY"
  sshd_serves libvirtd
  run -0 limit ssh far virt-ssh-helper -r test:///default < /dev/null
  rm "$PEERS/sshd/run/libvirt/libvirt-sock"
  run -0 limit virsh -r -c "test+ssh://far/default" list
  run -1 limit virsh -c "test+ssh://far/default" list
  sshd_serves
}

@test "without a daemon, virsh shows what the gateway says" {
  sshd_offers "virt-ssh-helper=$GATEWAY"
  sshd_serves
  run -1 limit virsh -c "test+ssh://far/default" list
  [[ $output == *"no daemon is running"*"/run/libvirt/libvirt-sock"* ]]
}

@test "ssh hands on the exit code" {
  sshd_offers "$GATEWAY"
  run -2 limit ssh far rvirt-gateway -U /nowhere < /dev/null
}

@test "100 MiB each way at once through sshd, with half-close" {
  sshd_offers "$GATEWAY"
  printf '#!/bin/sh\nexec ssh far rvirt-gateway "$@"\n' > "$BATS_TEST_TMPDIR/through-ssh"
  chmod +x "$BATS_TEST_TMPDIR/through-ssh"
  # Not "down": ssh keeps its stdout open until the command has ended.
  for scenario in up both mixed ping-pong client-closes daemon-closes both-close; do
    LIMIT=60 limit python3 "$RVIRT_SRCDIR/tests/e2e/gateway-traffic.py" "$BATS_TEST_TMPDIR/through-ssh" pipes $scenario
  done
}

@test "kill -9 of the gateway is noticed by virsh at once" {
  sshd_offers "virt-ssh-helper=$GATEWAY"
  sshd_serves libvirtd
  limit virsh -c "test+ssh://far/default" event --domain test --event lifecycle --timeout 25 \
    > "$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
  wait_until 10 process_named 'virt-ssh-helper ' > /dev/null
  kill -9 "$(process_named 'virt-ssh-helper ')"
  # It may be in the middle of opening, or waiting for events: then it exits 0, and does not always say why.
  wait $! || [ $? = 1 ]
  run -1 grep "event loop timed out" "$BATS_TEST_TMPDIR/out"
  sshd_serves
}

@test "kill -9 of ssh ends the gateway" {
  sshd_offers "$GATEWAY"
  mkfifo "$BATS_TEST_TMPDIR/idle"
  ssh far rvirt-gateway -U "$PEERS/libvirtd/libvirt-sock" <> "$BATS_TEST_TMPDIR/idle" 3>&- &
  wait_until 10 process_named 'rvirt-gateway ' > /dev/null
  kill -9 "$(process_named '[^ ]*ssh -F .* far rvirt-gateway')"
  wait_until 10 no_process_named 'rvirt-gateway ' > /dev/null
}
