# SPDX-License-Identifier: LGPL-2.1-or-later
#
# rvirt-dial opens every transport to an unmodified libvirtd, for an unmodified virsh that takes it as its ext command.

load ../lib/libvirtd
load ../lib/sshd

setup_file() {
  need_libvirt
  need sshd openssh-server
  peers_begin
  libvirtd_start
  sshd_start
}

setup() {
  socket=$PEERS/libvirtd/libvirt-sock
}

# virsh_lists_through URI: virsh reaches the daemon through rvirt-dial URI. What virsh starts finds nothing in its
# environment but PATH.
virsh_lists_through() {
  printf '#!/bin/sh\nPATH=%s exec rvirt-dial "%s"\n' "$PATH" "$1" > "$BATS_TEST_TMPDIR/dial"
  chmod +x "$BATS_TEST_TMPDIR/dial"
  run -0 limit virsh -c "test+ext://far/default?command=$BATS_TEST_TMPDIR/dial" list --all
  [[ $output == *" 1    test   running"* ]]
}

@test "unix" {
  virsh_lists_through "test+unix:///default?socket=$socket"
}

@test "tcp" {
  virsh_lists_through "test+tcp://127.0.0.1:$(peer_port libvirtd)/default"
}

@test "ssh through rvirt-gateway" {
  sshd_offers rvirt-gateway
  virsh_lists_through "test+ssh://far/default?socket=$socket"
}

@test "ssh through rvirt-gateway without a shell's syntax" {
  sshd_offers rvirt-gateway
  virsh_lists_through "test+ssh://far/default?proxy=native&socket=$socket"
}

@test "ssh through rvirt-gateway, which finds the daemon" {
  need_root "libvirtd's place is the system's"
  sshd_offers rvirt-gateway
  sshd_serves libvirtd
  virsh_lists_through "test+ssh://far/default"
}

@test "ssh through virt-ssh-helper" {
  need_root "it looks for the system's daemon"
  sshd_offers virt-ssh-helper
  sshd_serves libvirtd
  virsh_lists_through "test+ssh://far/default"
}

@test "ssh through nc" {
  sshd_offers nc
  virsh_lists_through "test+ssh://far/default?socket=$socket"
  virsh_lists_through "test+ssh://far/default?proxy=netcat&socket=$socket"
}

@test "ssh as another command" {
  sshd_offers rvirt-gateway
  ln -s "$PEERS/sshd/bin/ssh" "$BATS_TEST_TMPDIR/my-ssh"
  virsh_lists_through "test+ssh://far/default?command=$BATS_TEST_TMPDIR/my-ssh&socket=$socket"
}

@test "ext, a single word" {
  printf '#!/bin/sh\n[ $# = 0 ] || exit 9\nexec nc -U %s\n' "$socket" > "$BATS_TEST_TMPDIR/reach"
  chmod +x "$BATS_TEST_TMPDIR/reach"
  virsh_lists_through "test+ext://far/default?command=$BATS_TEST_TMPDIR/reach"
}

@test "ext, several words, with the host in one" {
  ln -s "$socket" "$BATS_TEST_TMPDIR/far"
  virsh_lists_through "test+ext://far/default?command=nc%20-U%20$BATS_TEST_TMPDIR/%25h"
}

@test "one login reaches the daemon, whatever the far side has" {
  for program in rvirt-gateway nc; do
    sshd_offers "$program"
    before=$(sshd_logins)
    virsh_lists_through "test+ssh://far/default?socket=$socket"
    [ "$(sshd_logins)" = $((before + 1)) ]
  done
}

@test "a far side that has none of the programs is named" {
  sshd_offers sh
  run limit rvirt-dial "test+ssh://far/default?socket=$socket" < /dev/null
  [ "$status" != 0 ]
  [[ $output == *far*rvirt-gateway* ]]
}

@test "a host key that is not known is refused" {
  sshd_offers rvirt-gateway
  run limit rvirt-dial "test+ssh://127.0.0.1:$(peer_port sshd)/default?socket=$socket" < /dev/null
  [ "$status" != 0 ]
  [[ $output == *"ost key verification failed"* ]]
}
