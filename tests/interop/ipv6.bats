# SPDX-License-Identifier: LGPL-2.1-or-later
#
# ::1 by tcp, TLS and ssh, between our programs and libvirt's.

load ../lib/client
load ../lib/libvirtd
load ../lib/rvirtd
load ../lib/sshd

setup_file() {
  need_libvirt
  need sshd openssh-server
  peers_begin
  has_ipv6 || return 0
  pki=$PEERS/pki
  limit rvirt-pki --dir "$pki" --key rsa ca
  limit rvirt-pki --dir "$pki" server ::1
  limit rvirt-pki --dir "$pki" --out "$PEERS/desk" client alice
  start rvirtd
  start libvirtd
  sshd_start
  sshd_offers rvirt-gateway nc
}

setup() {
  has_ipv6 || skip "no IPv6 here"
}

has_ipv6() {
  grep -q ' lo$' /proc/net/if_inet6
}

# start DAEMON: on ::1 alone, for tcp and TLS.
start() {
  local dir=$PEERS/$1
  mkdir -p "$dir"
  free_port > "$dir/port"
  free_port > "$dir/tls-port"
  {
    daemon_config "$dir" | sed 's/^listen_addr.*/listen_addr = "::1"/; s/^listen_tls.*/listen_tls = 1/'
    printf '%s\n' "tls_port = \"$(cat "$dir/tls-port")\"" "ca_file = \"$pki/CA/cacert.pem\"" \
      "cert_file = \"$pki/libvirt/servercert.pem\"" "key_file = \"$pki/libvirt/private/serverkey.pem\""
  } > "$dir/conf"
  peer_start "$1" "$dir/libvirt-sock" "[::1]:$(peer_port "$1")" "[::1]:$(cat "$dir/tls-port")" -- \
    "$1_exec" -l -f "$dir/conf" -p "$dir/daemon.pid"
}

# everybody FUNCTION: each pair that has one of ours; FUNCTION says the URI of a daemon.
everybody() {
  manages virsh "$("$1" rvirtd)"
  manages rvsh "$("$1" libvirtd)"
  manages rvsh "$("$1" rvirtd)"
}

tcp_uri() {
  echo "test+tcp://[::1]:$(peer_port "$1")/default"
}

tls_uri() {
  echo "test://[::1]:$(cat "$PEERS/$1/tls-port")/default?pkipath=$PEERS/desk"
}

ssh_uri() {
  echo "test+ssh://[::1]:$(peer_port sshd)/default?socket=$PEERS/$1/libvirt-sock&$way"
}

@test "tcp" {
  run accepts "$(peer_port rvirtd)"
  [ "$status" != 0 ]
  everybody tcp_uri
}

@test "TLS: the certificate is for ::1" {
  everybody tls_uri
}

@test "ssh, with each way to the socket" {
  for way in proxy=netcat netcat=rvirt-gateway; do
    everybody ssh_uri
  done
  way=proxy=native
  manages rvsh "$(ssh_uri rvirtd)"
  [ "$(grep -c 'Accepted publickey for .* from ::1 ' "$PEERS/sshd/log")" -ge 7 ]
}
