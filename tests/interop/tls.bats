# SPDX-License-Identifier: LGPL-2.1-or-later
#
# TLS between our programs and libvirt's: each kind of key, chains, revocation, IPv6, and what is said when it fails.

load ../lib/client
load ../lib/libvirtd
load ../lib/rvirtd
load ../lib/pki

setup_file() {
  need_libvirt
  need certtool gnutls-bin
  need openssl openssl
  peers_begin
  pki_begin rsa
  pki_ca other
}

teardown() {
  peer_stop theirs
  peer_stop ours
}

# start theirs|ours CONFIG-LINE…: a libvirtd or an rvirtd that listens for TLS on the host's addresses for itself.
start() {
  local name=$1 dir=$PEERS/$1 daemon=(rvirtd) config=rvirtd_config
  shift
  [ "$name" = ours ] || { daemon=(libvirtd_exec) config=libvirtd_config; }
  mkdir -p "$dir"
  free_port > "$dir/port"
  # the first of two lines with the same key counts
  { printf '%s\n' "$@" "tls_port = \"$(cat "$dir/port")\"" 'log_outputs = "2:stderr"' && "$config" "$dir"; } |
    sed 's/^listen_tls.*/listen_tls = 1/; s/^listen_tcp.*/listen_tcp = 0/; s/^tcp_port.*//' |
    awk -F ' = ' '!seen[$1]++' > "$dir/conf"
  peer_start "$name" "$dir/libvirt-sock" -- "${daemon[@]}" -l -f "$dir/conf" -p "$dir/daemon.pid"
}

# works SHELL DAEMON PKIPATH [HOST [PARAMETERS]]: a list, and a change that the next command sees.
works() {
  manages "$1" "$(uri "${@:2}")"
}

fails() {
  run -1 limit "$1" -c "$(uri "${@:2}")" list
}

# uri DAEMON PKIPATH [HOST [PARAMETERS]]
uri() {
  echo "test+tls://${3:-127.0.0.1}:$(peer_port "$1")/default?pkipath=$2${4:+&$4}"
}

# both PKIPATH [HOST]: virsh with rvirtd, and rvsh with libvirtd.
both() {
  works virsh ours "$@"
  works rvsh theirs "$@"
}

# start_both CONFIG-LINE…
start_both() {
  start ours "$@"
  start theirs "$@"
}

@test "RSA, with TLS 1.2 and 1.3" {
  start_both "$(tls_config ca server)"
  both "$(pki_path x ca client)"
  for version in 1.2 1.3; do
    works virsh ours "$(pki_path x ca client)" 127.0.0.1 "tls_priority=NORMAL:-VERS-ALL:%2BVERS-TLS$version"
    works rvsh theirs "$(pki_path x ca client)" 127.0.0.1 "tls_priority=NORMAL:-VERS-ALL:%2BVERS-TLS$version"
  done
  works rvsh ours "$(pki_path x ca client)"
  works rvsh theirs "$(pki_path x ca client)" localhost
}

@test "ECDSA and Ed25519" {
  for kind in EC ED25519; do
    pki_plain "server-$kind" ca serverAuth "$kind"
    pki_plain "client-$kind" ca clientAuth "$kind"
    start_both "$(tls_config ca "server-$kind")"
    both "$(pki_path x ca "client-$kind")"
    teardown
  done
}

# libvirt looks for the issuer of its own certificate among the authorities only.
@test "chains with an intermediate authority" {
  pki_cert middle ca "$(printf '%s\n' ca cert_signing_key)" rsa
  for who in server client; do
    pki_cert "leaf-$who" middle "$("pki_$who")" rsa
    cat "$PKI/leaf-$who.pem" "$PKI/middle.pem" > "$PKI/chain-$who.pem"
    cp -p "$PKI/leaf-$who-key.pem" "$PKI/chain-$who-key.pem"
  done
  cat "$PKI/ca.pem" "$PKI/middle.pem" > "$PKI/both.pem"
  start theirs "$(tls_config both chain-server)"
  start ours "$(tls_config ca chain-server)"
  works rvsh theirs "$(pki_path x ca chain-client)"
  works virsh ours "$(pki_path x both chain-client)"
}

@test "revocation" {
  pki_cert gone ca "$(pki_client)" rsa
  pki_crl crl ca gone
  pki_crl servers ca server
  start_both "$(tls_config ca server crl)"
  both "$(pki_path x ca client crl)"
  fails virsh ours "$(pki_path x ca gone)"
  grep -q "'O=rvirt test,CN=gone' has been revoked" "$PEERS/ours/log"
  fails rvsh theirs "$(pki_path x ca gone)"
  [[ $output == *"the daemon refused this client (it closed the connection after the handshake)"*CN=gone* ]]
  fails virsh ours "$(pki_path x ca client servers)"
  fails rvsh theirs "$(pki_path x ca client servers)"
  [[ $output == *"the certificate of 'O=rvirt test,CN=server' has been revoked"* ]]
}

@test "IPv6" {
  grep -q ' lo$' /proc/net/if_inet6 || skip "no IPv6 here"
  start_both "$(tls_config ca server)" 'listen_addr = "::1"'
  both "$(pki_path x ca client)" '[::1]'
}

@test "a client without a certificate, or with a stranger's" {
  pki_cert stranger other "$(pki_client)" rsa
  start_both "$(tls_config ca server)"
  for path in "$(pki_path none ca "")" "$(pki_path stranger ca stranger)"; do
    fails virsh ours "$path"
    fails rvsh theirs "$path" 127.0.0.1 no_sanity=1
    [[ $output == *"the daemon refused this client"* ]]
  done
}

@test "a server that is not the one of the URI" {
  pki_cert elsewhere ca "$(printf '%s\n' 'dns_name = elsewhere.example' tls_www_server signing_key encryption_key)" rsa
  start_both "$(tls_config ca elsewhere)"
  path=$(pki_path x ca client)
  fails virsh ours "$path"
  fails rvsh theirs "$path"
  [[ $output == *"is not for the host '127.0.0.1' in the URI, but for: DNS elsewhere.example"* ]]
  works virsh ours "$path" 127.0.0.1 no_verify=1
  works rvsh theirs "$path" 127.0.0.1 no_verify=1
}

@test "names that may connect" {
  pki_cert 'cl[i]nt' ca "$(pki_client)" rsa
  start_both "$(tls_config ca server)" 'tls_allowed_dn_list = [ "O=rvirt*,CN=cl?ent", "O=rvirt test,CN=cl[i]nt" ]'
  both "$(pki_path x ca client)"
  both "$(pki_path y ca 'cl[i]nt')"
  teardown
  start_both "$(tls_config ca server)" 'tls_allowed_dn_list = [ "O=rvirt test,CN=boss", "O=rvirt test,CN=[c]lient" ]'
  fails virsh ours "$(pki_path x ca client)"
  fails rvsh theirs "$(pki_path x ca client)"
  [[ $output == *"the daemon refused this client"*tls_allowed_dn_list* ]]
}

@test "both sides call the connection secure" {
  [ -e /usr/lib/python3/dist-packages/libvirt.py ] || need python3-libvirt python3-libvirt
  start_both "$(tls_config ca server)"
  for daemon in ours theirs; do
    run -0 limit /usr/bin/python3 -c 'import libvirt, sys; c = libvirt.open(sys.argv[1]); print(c.isSecure(), c.isEncrypted())' \
      "$(uri "$daemon" "$(pki_path x ca client)")"
    [ "$output" = "1 1" ]
  done
}

@test "many messages and large ones, one to a record" {
  python3 - > "$BATS_TEST_TMPDIR/big.xml" << 'END'
print("<domain type='test'><name>big</name><memory>1024</memory><os><type>hvm</type></os><description>"
      + "".join(f"{i:07} " for i in range(100000)) + "</description></domain>")
END
  start_both "$(tls_config ca server)"
  for pair in virsh:ours rvsh:theirs; do
    limit "${pair%:*}" -c "$(uri "${pair#*:}" "$(pki_path x ca client)")" \
      "define $BATS_TEST_TMPDIR/big.xml; dumpxml big; $(printf 'dominfo test; %.0s' {1..100}) undefine big" \
      > "$BATS_TEST_TMPDIR/out"
    [ "$(grep '<description>' "$BATS_TEST_TMPDIR/out" | grep -oE '[0-9]{7} ' | sort -u | wc -l)" = 100000 ]
    [ "$(grep -c '^State: *running' "$BATS_TEST_TMPDIR/out")" = 100 ]
  done
}

@test "virsh through rvirt-dial, which opens TLS for it" {
  start theirs "$(tls_config ca server)"
  reach=$BATS_TEST_TMPDIR/reach
  printf '#!/bin/sh\nPATH=%s exec rvirt-dial "%s"\n' "$PATH" "$(uri theirs "$(pki_path x ca client)")" > "$reach"
  chmod +x "$reach"
  run -0 limit virsh -c "test+ext://far/default?command=$reach" 'list; dominfo test; dumpxml test'
  [[ $output == *" 1    test   running"*"</domain>"* ]]
}
