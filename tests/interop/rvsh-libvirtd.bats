# SPDX-License-Identifier: LGPL-2.1-or-later
#
# rvsh manages a host that has libvirt's daemon and nothing of ours, over each transport.

load ../lib/client
load ../lib/libvirtd
load ../lib/sshd

setup_file() {
  need libvirtd libvirt-daemon-system
  need sshd openssh-server
  peers_begin
  libvirtd_start
  sshd_start
}

setup() {
  socket=$PEERS/libvirtd/libvirt-sock
  reach=$BATS_TEST_TMPDIR/reach
}

@test "unix" {
  manages rvsh "test+unix:///default?socket=$socket"
}

@test "unix, read-only" {
  refuses_writes rvsh -r -c "test+unix:///default?socket=$socket"
  refuses_writes rvsh -c "test+unix:///default?socket=$socket-ro"
}

@test "tcp" {
  manages rvsh "test+tcp://127.0.0.1:$(peer_port libvirtd)/default"
}

@test "tcp, read-only" {
  refuses_writes rvsh -r -c "test+tcp://127.0.0.1:$(peer_port libvirtd)/default"
}

@test "ssh through rvirt-gateway" {
  sshd_offers rvirt-gateway
  manages rvsh "test+ssh://far/default?socket=$socket"
}

@test "ssh through rvirt-gateway, which finds the socket" {
  need_root "libvirtd's place is the system's"
  sshd_offers rvirt-gateway
  sshd_serves libvirtd
  manages rvsh "test+ssh://far/default"
}

@test "ssh through rvirt-gateway, read-only" {
  need_root "libvirtd's place is the system's"
  sshd_offers rvirt-gateway
  sshd_serves libvirtd
  refuses_writes rvsh -r -c "test+ssh://far/default"
}

@test "ssh with proxy=native" {
  need_root "libvirtd's place is the system's"
  sshd_offers rvirt-gateway
  sshd_serves libvirtd
  manages rvsh "test+ssh://far/default?proxy=native"
  run -0 tail -n 1 "$PEERS/sshd/ssh.calls"
  [[ $output != *[\;\|\&\$\'\"]* ]]
}

@test "ssh through virt-ssh-helper" {
  need_root "it looks for the system's daemon"
  sshd_offers virt-ssh-helper
  sshd_serves libvirtd
  manages rvsh "test+ssh://far/default"
}

@test "ssh through nc" {
  sshd_offers nc
  manages rvsh "test+ssh://far/default?socket=$socket"
  manages rvsh "test+ssh://far/default?proxy=netcat&socket=$socket"
  manages rvsh "test+ssh://far/default?netcat=nc&socket=$socket"
}

@test "ssh through nc at a path" {
  sshd_offers
  manages rvsh "test+ssh://far/default?netcat=$(command -v nc)&socket=$socket"
}

@test "ssh takes one login, whatever is found" {
  before=$(sshd_logins)
  sshd_offers rvirt-gateway
  manages rvsh "test+ssh://far/default?socket=$socket"
  [ "$(sshd_logins)" = $((before + 1)) ]
  sshd_offers nc
  manages rvsh "test+ssh://far/default?socket=$socket"
  [ "$(sshd_logins)" = $((before + 2)) ]
}

@test "ext, a single word" {
  printf '#!/bin/sh\n[ $# = 0 ] || exit 9\nexec nc -U %s\n' "$socket" > "$reach"
  chmod +x "$reach"
  manages rvsh "test+ext://far/default?command=$reach"
  PATH=$BATS_TEST_TMPDIR:$PATH manages rvsh "test+ext://far/default?command=reach"
}

@test "ext, several words and %h" {
  ln -s "$socket" "$BATS_TEST_TMPDIR/far"
  manages rvsh "test+ext://far/default?command=nc%20-U%20$BATS_TEST_TMPDIR/%25h"
}

@test "ext through rvirt-dial" {
  manages rvsh "test+ext://far/default?command=rvirt-dial%20%22test%2Bunix%3A///default%3Fsocket%3D$socket%22"
}

@test "opening, a list of any length and closing take a round trip each" {
  {
    echo '<node>'
    for i in {1..300}; do
      echo "<domain type='test'><name>d$i</name><memory>1024</memory><os><type>hvm</type></os></domain>"
    done
    echo '</node>'
  } > "$PEERS/300.xml"
  printf '#!/bin/sh\nexec python3 %s/tests/lib/turns.py %s %s\n' "$RVIRT_SRCDIR" "$socket" \
    "$BATS_TEST_TMPDIR/turns" > "$reach"
  chmod +x "$reach"
  run -0 limit rvsh -c "test+ext://far/default?command=$reach" list --all
  one=$(cat "$BATS_TEST_TMPDIR/turns")
  run -0 limit rvsh -c "test+ext://far$PEERS/300.xml?command=$reach" list --all
  [ "${#lines[@]}" = 302 ]
  many=$(cat "$BATS_TEST_TMPDIR/turns")
  echo "turns: $one and $many"
  [ "$one" = "$many" ]
  [ "$one" -le 3 ]
}

@test "rvsh call reaches any procedure" {
  run -0 limit rvsh -c "test+unix:///default?socket=$socket" call NODE_GET_INFO '{}'
  [[ $output == *'"cpus"'* ]]
}

@test "what libvirtd refuses is shown as it said it" {
  run -1 limit rvsh -c "test+unix:///nosuch.xml?socket=$socket" list
  [[ $output == *"nosuch.xml"* ]]
}
