# SPDX-License-Identifier: LGPL-2.1-or-later
#
# libvirt's own clients manage an rvirtd: virsh over each transport, and the Python binding.

load ../lib/client
load ../lib/rvirtd
load ../lib/sshd

setup_file() {
  need virsh libvirt-clients
  need sshd openssh-server
  peers_begin
  rvirtd_start
  sshd_start
}

setup() {
  socket=$PEERS/rvirtd/libvirt-sock
  # virsh finds its ext command in PATH by one word, and starts it without arguments.
  reach=$BATS_TEST_TMPDIR/reach
}

@test "unix" {
  manages virsh "test+unix:///default?socket=$socket"
}

@test "unix, read-only, by virsh's own word" {
  refuses_writes virsh -r -c "test+unix:///default?socket=$socket-ro"
}

@test "unix, read-only, because the socket is" {
  refuses_writes virsh -c "test+unix:///default?socket=$socket-ro"
}

@test "unix, read-only as CONNECT_OPEN asked, on the socket that is not" {
  refuses_writes virsh -r -c "test+unix:///default?socket=$socket"
}

@test "tcp" {
  manages virsh "test+tcp://127.0.0.1:$(peer_port rvirtd)/default"
}

@test "tcp, read-only" {
  refuses_writes virsh -r -c "test+tcp://127.0.0.1:$(peer_port rvirtd)/default"
}

@test "ssh with netcat=rvirt-gateway" {
  sshd_offers rvirt-gateway
  manages virsh "test+ssh://far/default?netcat=rvirt-gateway&socket=$socket"
}

@test "ssh with netcat=rvirt-gateway, read-only" {
  sshd_offers rvirt-gateway
  refuses_writes virsh -r -c "test+ssh://far/default?netcat=rvirt-gateway&socket=$socket-ro"
}

@test "ssh with the gateway installed as virt-ssh-helper" {
  need_root "it looks for the system's daemon"
  sshd_offers "virt-ssh-helper=$(command -v rvirt-gateway)"
  sshd_serves rvirtd
  manages virsh "test+ssh://far/default"
}

@test "ssh with the gateway installed as virt-ssh-helper, read-only" {
  need_root "it looks for the system's daemon"
  sshd_offers "virt-ssh-helper=$(command -v rvirt-gateway)"
  sshd_serves rvirtd
  refuses_writes virsh -r -c "test+ssh://far/default"
}

@test "ssh with the gateway installed as nc" {
  sshd_offers "nc=$(command -v rvirt-gateway)"
  manages virsh "test+ssh://far/default?proxy=netcat&socket=$socket"
}

@test "ssh with the real nc" {
  sshd_offers nc
  manages virsh "test+ssh://far/default?proxy=netcat&socket=$socket"
}

@test "ext through rvirt-dial" {
  printf '#!/bin/sh\nexec rvirt-dial "test+unix:///default?socket=%s"\n' "$socket" > "$reach"
  chmod +x "$reach"
  manages virsh "test+ext://far/default?command=$reach"
}

@test "ext through rvirt-dial over ssh" {
  sshd_offers rvirt-gateway
  printf '#!/bin/sh\nPATH=%s exec rvirt-dial "test+ssh://far/default?socket=%s"\n' "$PATH" "$socket" > "$reach"
  chmod +x "$reach"
  manages virsh "test+ext://far/default?command=$reach"
}

@test "ext through rvirtd --stdio" {
  printf '#!/bin/sh\nPATH=%s exec rvirtd --stdio\n' "$PATH" > "$reach"
  chmod +x "$reach"
  manages virsh "test+ext://far/default?command=$reach"
}

@test "virsh that stays, with commands on its stdin" {
  run -0 limit virsh -c "test+unix:///default?socket=$socket" <<< $'list\nnodeinfo\nquit'
  [[ $output == *" 1    test   running"*"CPU model:"* ]]
}

@test "a keepalive that virsh asks for is answered" {
  run -0 limit virsh -k 1 -K 2 -c "test+unix:///default?socket=$socket" list
}

@test "what the driver does not have is refused by name" {
  run -1 limit virsh -c "test+unix:///default?socket=$socket" qemu-monitor-command test x
  [[ $output == *"not supported"* || $output == *"Cannot find program"* ]]
  run -0 limit virsh -c "test+unix:///default?socket=$socket" list
}

@test "python3-libvirt" {
  [ -e /usr/lib/python3/dist-packages/libvirt.py ] || need python3-libvirt python3-libvirt
  run -0 limit /usr/bin/python3 "$RVIRT_SRCDIR/tests/interop/python-round.py" "test+unix:///default?socket=$socket"
  [ "$output" = "1 domain, then 2, then 1" ]
}
