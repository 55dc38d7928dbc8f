# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What libvirt's daemon refuses, told by rvsh over ssh and libssh2. The rest of it is in tests/e2e/errors.bats.

load ../lib/sshd
load ../lib/libvirtd

setup_file() {
  need sshd openssh-server
  need libvirtd libvirt-daemon
  peers_begin
  sshd_start
}

# The far side of somebody without rights, with server NAME.
guest_of() {
  need_root "logs in as somebody without rights"
  mkdir -p "$PEERS/bin"
  cp "$(command -v rvirt-gateway)" "$PEERS/bin/gateway"
  chmod 755 "$PEERS/bin"
  sshd_user guest 65534
  sshd_restart
  sshd_serves "$1"
  sshd_offers "rvirt-gateway=$PEERS/bin/gateway"
}

# says URI WORDS…: what listing fails with has the words, in this order.
says() {
  local uri=$1 rest word
  shift
  run limit rvsh -c "$uri" list < /dev/null
  rest=${lines[-1]}
  echo "$uri: $rest"
  [ "$status" = 1 ]
  for word; do
    [[ $rest == *"$word"* ]]
    rest=${rest#*"$word"}
  done
}

@test "authentication: polkit refuses" {
  libvirtd_start polkit 'auth_unix_rw = "polkit"'
  guest_of polkit
  for t in ssh libssh2; do
    says "test+$t://guest@far/default" "authentication: " "polkit" "to host far" "group" "libvirt" 'auth_unix_rw = "none"'
  done
  peer_stop polkit
}

@test "authentication: the daemon wants SASL" {
  libvirtd_start sasl 'auth_unix_rw = "sasl"'
  sshd_serves sasl
  sshd_offers rvirt-gateway
  for t in ssh libssh2; do
    says "test+$t://far/default" "authentication: " "SASL" "to host far"
  done
  peer_stop sasl
}

@test "socket: libvirt's own gateways name what they could not reach" {
  need virt-ssh-helper libvirt-daemon
  need nc netcat-openbsd
  sshd_serves
  for gateway in virt-ssh-helper nc; do
    sshd_offers "$gateway"
    for t in ssh libssh2; do
      says "test+$t://far/default" "socket: " "to host far" "No such file" "daemon"
    done
  done
}
