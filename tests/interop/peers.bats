# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The real peers reach each other in the private place that the other files rely on. A failure here says that
# the place is broken, not rvirt.

load ../lib/libvirtd
load ../lib/sshd

setup_file() {
  need_libvirt
  need sshd openssh-server
  peers_begin
  libvirtd_start
  sshd_start
}

virsh_lists() {
  run -0 limit virsh -c "$1" list --all
  [[ $output == *" 1    test   running"* ]]
}

@test "virsh reaches libvirtd over unix" {
  virsh_lists "$(libvirtd_uri)"
}

@test "virsh reaches libvirtd's read-only socket" {
  run -1 limit virsh -r -c "test+unix:///default?socket=$PEERS/libvirtd/libvirt-sock-ro" suspend test
  [[ $output == *"read only"* ]]
}

@test "virsh reaches libvirtd over tcp" {
  virsh_lists "test+tcp://127.0.0.1:$(peer_port libvirtd)/default"
}

@test "virsh reaches libvirtd over ssh through nc" {
  sshd_offers nc
  virsh_lists "test+ssh://far/default?socket=$PEERS/libvirtd/libvirt-sock"
}

@test "virsh reaches libvirtd over ssh through virt-ssh-helper" {
  need_root "virt-ssh-helper looks only for the system's daemon"
  sshd_offers virt-ssh-helper
  sshd_serves libvirtd
  virsh_lists "test+ssh://far/default"
  sshd_serves
  run -1 limit virsh -c "test+ssh://far/default" list
}

@test "virsh reaches libvirtd through an ext command" {
  printf '#!/bin/sh\nexec nc -U %s\n' "$PEERS/libvirtd/libvirt-sock" > "$BATS_TEST_TMPDIR/reach"
  chmod +x "$BATS_TEST_TMPDIR/reach"
  virsh_lists "test+ext://far/default?command=$BATS_TEST_TMPDIR/reach"
}

@test "what the far side does not offer is not found there" {
  sshd_offers
  run -127 limit ssh far nc -h
}

@test "logins are counted" {
  before=$(sshd_logins)
  run -0 limit ssh far id
  [ "$(sshd_logins)" = $((before + 1)) ]
}

@test "a server that dies at once is reported with its log" {
  run -1 peer_start broken "$PEERS/broken/socket" -- sh -c 'echo out of order; exit 3'
  [[ $output == *"broken does not accept"*"out of order"* ]]
}

@test "a process that a test forgot is found" {
  tail -f /dev/null 3>&- &
  [[ $(marked_processes) == *"$! tail -f /dev/null"* ]]
  kill $!
  wait_until 5 process_gone $!
}
