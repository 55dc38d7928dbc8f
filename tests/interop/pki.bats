# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What rvirt-pki makes, between libvirt's daemon and clients and ours.

load ../lib/libvirtd
load ../lib/rvirtd

setup_file() {
  peers_begin
}

teardown() {
  [ -z "${made:-}" ] || rmdir "$made"
}

# daemon KIND DAEMON: an authority, and DAEMON (libvirtd or rvirtd) with a server's certificate; $uri is a client's.
daemon() {
  local dir=$PEERS/pki-$2-$1 name=$2-$1 port
  rvirt-pki --dir "$dir" --key "$1" ca
  rvirt-pki --dir "$dir" --key "$1" server localhost 127.0.0.1 ::1
  rvirt-pki --dir "$dir" --key "$1" --out "$dir/client" client alice
  rvirt-pki --dir "$dir" crl
  port=$(free_port)
  "$2_start" "$name" 'listen_tls = 1' "tls_port = \"$port\"" "ca_file = \"$dir/CA/cacert.pem\"" \
    "crl_file = \"$dir/CA/cacrl.pem\"" "cert_file = \"$dir/libvirt/servercert.pem\"" \
    "key_file = \"$dir/libvirt/private/serverkey.pem\"" 'tls_allowed_dn_list = ["CN=alice"]'
  wait_until 10 accepts "$port"
  uri="test://localhost:$port/default?pkipath=$dir/client"
}

@test "libvirtd takes certificates with each kind of key, and so do virsh, rvsh and check" {
  need virsh libvirt-clients
  [ -x /usr/sbin/libvirtd ] || need libvirtd libvirt-daemon
  for kind in ecdsa rsa ed25519; do
    daemon $kind libvirtd
    run -0 limit virsh -c "$uri" list --name
    [[ $output == *test* ]]
    run -0 limit rvsh -c "$uri" list --name
    [[ $output == *test* ]]
    run -0 limit rvirt-pki --dir "$PEERS/pki-libvirtd-$kind" check "$uri"
    peer_stop "libvirtd-$kind" # one at a time can have the system's directories
  done
}

@test "virsh takes rvirtd's with each kind of key" {
  need virsh libvirt-clients
  for kind in ecdsa rsa ed25519; do
    daemon $kind rvirtd
    run -0 limit virsh -c "$uri" list --name
    [[ $output == *test* ]]
  done
}

@test "virt-pki-validate finds what rvirt-pki has made" {
  need virt-pki-validate libvirt-clients
  need_root "a view of its own on /etc"
  # the place to mount on is all that the host sees
  if mkdir /etc/pki 2> "$PEERS/made"; then made=/etc/pki; fi
  run -0 limit unshare -m sh -c 'mount -t tmpfs tmpfs /etc/pki && rvirt-pki --org Example ca &&
    rvirt-pki server "$(hostname)" && rvirt-pki client alice && rvirt-pki check && virt-pki-validate'
  [[ $output == *"Found CA certificate"*"Found client certificate"*"Found client private key"* ]]
  [[ $output == *"Found server certificate"*"Found server private key"* ]]
}
