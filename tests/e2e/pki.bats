# SPDX-License-Identifier: LGPL-2.1-or-later
#
# rvirt-pki: what it makes is believed by others, what is there is not lost, and what check says is so. At the end the
# administrator's guide, word by word.

load ../lib/common
load ../lib/guide

setup_file() {
  peers_begin
  rvirt-pki --dir "$PEERS/pki" --org Example --name 'Test CA' ca
  rvirt-pki --dir "$PEERS/pki" server localhost 127.0.0.1 ::1
  rvirt-pki --dir "$PEERS/pki" client alice
}

setup() {
  base=$PEERS/pki
  dir=$PEERS/p$BATS_TEST_NUMBER
  mkdir "$dir"
}

pki() {
  limit rvirt-pki --dir "$dir/pki" "$@"
}

# everything [OPTION…]: an authority and what it signs, in $dir/pki.
everything() {
  pki "$@" ca
  pki "$@" server localhost 127.0.0.1
  pki "$@" client alice
}

# copy: the set-up that all tests share, to be damaged, in $dir/pki.
copy() {
  cp -a "$base" "$dir/pki"
}

field() {
  openssl x509 -noout -in "$1" "${@:2}"
}

# believed CA CERT PURPOSE: by GnuTLS and OpenSSL.
believed() {
  limit certtool --verify --verify-profile medium --load-ca-certificate "$1" --infile "$2" > "$dir/certtool" || return 1
  limit openssl verify -x509_strict -purpose "$3" -CAfile "$1" "$2"
}

# faulty TEXT MEND: check must find a fault whose line has TEXT, and name MEND below it.
faulty() {
  run -1 pki check
  [[ $output == *"FAULT "*"$1"*"mend: $2"* ]]
}

@test "files are where libvirt has them, keys for their owner alone" {
  (umask 0; everything)
  run -0 find "$dir/pki" -type f -not -path '*/newcerts/*' -printf '%m %P\n'
  [ "$(sort -k2 <<< "$output")" = '644 CA/cacert.pem
600 CA/private/cakey.pem
644 libvirt/clientcert.pem
600 libvirt/private/clientkey.pem
600 libvirt/private/serverkey.pem
644 libvirt/servercert.pem' ]
  [ "$(stat -c %a "$dir/pki/CA/private" "$dir/pki/libvirt/private")" = $'700\n700' ]
  (umask 077; dir=$dir/strict; pki ca; [ "$(stat -c %a "$dir/pki/CA/cacert.pem")" = 644 ])
}

@test "certificates of each kind of key are believed by GnuTLS and OpenSSL, for their purpose alone" {
  need certtool gnutls-bin
  need openssl openssl
  for kind in ecdsa rsa ed25519; do
    rm -rf "$dir/pki"
    everything --key $kind
    ca=$dir/pki/CA/cacert.pem
    believed "$ca" "$dir/pki/libvirt/servercert.pem" sslserver
    believed "$ca" "$dir/pki/libvirt/clientcert.pem" sslclient
    run ! believed "$ca" "$dir/pki/libvirt/servercert.pem" sslclient
    run ! believed "$ca" "$dir/pki/libvirt/clientcert.pem" sslserver
    run -0 pki check
  done
}

@test "names, hosts, usages and lifetimes" {
  need openssl openssl
  [ "$(field "$base/CA/cacert.pem" -subject -nameopt RFC2253)" = 'subject=O=Example,CN=Test CA' ]
  [ "$(field "$base/libvirt/clientcert.pem" -subject -nameopt RFC2253)" = 'subject=O=Example,CN=alice' ]
  run -0 field "$base/libvirt/servercert.pem" -ext subjectAltName,keyUsage,extendedKeyUsage,basicConstraints
  [[ $output == *"DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1"* ]]
  [[ $output == *"Digital Signature"* && $output == *"TLS Web Server Authentication"* && $output == *"CA:FALSE"* ]]
  run -0 field "$base/CA/cacert.pem" -ext keyUsage,basicConstraints
  [[ $output == *"CA:TRUE, pathlen:0"* && $output == *"Certificate Sign, CRL Sign"* ]]
  year=$((365 * 86400))
  field "$base/CA/cacert.pem" -checkend $((9 * year))
  field "$base/libvirt/servercert.pem" -checkend $((year * 19 / 10))
  run ! field "$base/libvirt/servercert.pem" -checkend $((3 * year))
}

@test "no certificate outlives its authority" {
  need openssl openssl
  pki --days 10 ca
  pki --days 1000 client alice
  [ "$(field "$dir/pki/CA/cacert.pem" -enddate)" = "$(field "$dir/pki/libvirt/clientcert.pem" -enddate)" ]
}

@test "nothing is overwritten without --force" {
  copy
  sum=$(find "$dir/pki" -type f -exec sha256sum {} + | sort)
  for command in "ca" "server localhost" "client alice"; do
    # shellcheck disable=SC2086
    run -1 pki $command
    [[ $output == *"is there already; --force replaces it"* ]]
  done
  [ "$(find "$dir/pki" -type f -exec sha256sum {} + | sort)" = "$sum" ]
  pki --force client bob
  [ "$(find "$dir/pki" -type f -exec sha256sum {} + | sort)" != "$sum" ]
  run -0 pki check
}

@test "half of a pair is enough to be refused, and nothing is left" {
  copy
  rm "$dir/pki/libvirt/private/clientkey.pem"
  run -1 pki client alice
  [ ! -e "$dir/pki/libvirt/private/clientkey.pem" ]
  run -0 find "$dir/pki" -name '.*'
  [ -z "$output" ]
}

@test "a directory that can't be written is named" {
  echo > "$dir/file"
  run -1 limit rvirt-pki --dir "$dir/file" ca
  [[ $output == *"$dir/file"* ]]
}

@test "--out makes a directory that serves as pkipath" {
  copy
  pki --out "$dir/desk" client bob
  run -0 ls "$dir/desk"
  [ "$output" = $'cacert.pem\nclientcert.pem\nclientkey.pem' ]
  [ "$(stat -c %a "$dir/desk/clientkey.pem")" = 600 ]
  cmp "$dir/desk/cacert.pem" "$base/CA/cacert.pem"
  run -0 pki list
  [[ $output == *"CN=bob,O=Example"*"newcerts"* ]]
}

@test "--user works in the user's directory" {
  HOME=$dir run -0 limit rvirt-pki --user ca
  HOME=$dir run -0 limit rvirt-pki --user client alice
  [ -s "$dir/.pki/libvirt/cakey.pem" ]
  [ -s "$dir/.pki/libvirt/clientkey.pem" ]
  HOME=$dir run -0 limit rvirt-pki --user check
}

@test "hosts that are none, and names that fit no certificate, are refused" {
  copy
  for host in '' a_b -a a- .a a. a..b 192.0.2.300 '[::1]' fe80::1%eth0 host:16514 test://host/ 'a b' $'a\nb' '*' '*.' 'ä' \
    "$(printf 'a%.0s' {1..64})" "$(printf 'abcdefgh.%.0s' {1..40})a"; do
    run -2 pki --force server "$host"
  done
  for name in '' $'a\nb' "$(printf 'a%.0s' {1..65})"; do
    run -2 pki --force client "$name"
  done
  run -2 pki --force --name "$(printf 'a%.0s' {1..65})" ca
  for host in '*.example.com' xn--bcher-kva.example 2001:db8::1 1host; do
    run -0 pki --force server "$host"
  done
  run -0 pki --force client "O'Neil, J. <j@example.com>"
}

@test "a wrong command line is told from a failure" {
  for args in "" nonsense server client "client a b" "ca x" "list x" "check a b" "--key dsa ca" "--days -1 ca" \
    "--days x ca" "--nonsense ca" "--user ca"; do
    # shellcheck disable=SC2086
    run -2 pki $args
    [[ $output == *"rvirt-pki: error: "* ]]
  done
  run -1 pki server localhost
  [[ $output == *"rvirt-pki --dir $dir/pki ca"* ]]
  run -0 pki --help
  run -0 pki --version
}

@test "a revoked certificate stays revoked, and the others are believed" {
  need openssl openssl
  copy
  pki --out "$dir/desk" client bob
  run -0 pki crl
  run -0 pki crl "$dir/desk/clientcert.pem"
  serial=$(field "$base/libvirt/clientcert.pem" -serial)
  serial=${serial#serial=}
  run -0 pki crl "${serial,,}"
  run -0 pki crl "${serial,,}"
  [[ $output == *"revoked already"* ]]
  run -0 openssl crl -in "$dir/pki/CA/cacrl.pem" -noout -text -CAfile "$dir/pki/CA/cacert.pem"
  [[ $output == *"verify OK"* ]]
  [ "$(grep -c 'Serial Number' <<< "$output")" = 2 ]
  [[ $output == *"X509v3 CRL Number"*$'\n'*" 4"* ]]
  cat "$dir/pki/CA/cacert.pem" "$dir/pki/CA/cacrl.pem" > "$dir/both"
  run -0 openssl verify -crl_check -CAfile "$dir/both" "$dir/pki/libvirt/servercert.pem"
  run -2 openssl verify -crl_check -CAfile "$dir/both" "$dir/desk/clientcert.pem"
  run -0 pki list
  [[ $output == *"client  revoked "*"CN=alice"* && $output == *"client  revoked "*"CN=bob"* ]]
  [[ $output == *"server  valid "* ]]
}

@test "only its own certificates are revoked by an authority" {
  copy
  dir=$dir/other everything
  run -2 pki crl "$dir/other/pki/libvirt/clientcert.pem"
  [[ $output == *"is not of this authority"* ]]
  [ ! -e "$dir/pki/CA/cacrl.pem" ]
  run -1 pki crl 0123456789abcdef
  run -1 pki crl "$dir/nothing.pem"
  (dir=$dir/other pki crl)
  cp "$dir/other/pki/CA/cacrl.pem" "$dir/pki/CA/"
  run -1 pki crl
  [[ $output == *"cacrl.pem"*"not signed by an authority"* ]]
}

@test "check finds nothing wrong with what is right" {
  copy
  pki crl
  run -0 pki check
  [[ $output != *FAULT* ]]
  [[ $output == *"CN=Test CA"* && $output == *"DNS localhost, IP 127.0.0.1, IP ::1"* && $output == *"0 faults"* ]]
}

@test "check of an empty place says how to begin" {
  run -1 pki check
  [[ $output == *"FAULT "*"cacert.pem"*"mend: "*"rvirt-pki --dir $dir/pki ca"* ]]
  [[ $output == *"rvirt-pki --dir $dir/pki server "* && $output == *"rvirt-pki --dir $dir/pki client NAME"* ]]
}

@test "check names what is missing, damaged or open to all, and what mends it" {
  copy
  chmod 644 "$dir/pki/libvirt/private/serverkey.pem"
  faulty "serverkey.pem: everybody on this host can read" "chmod 600 $dir/pki/libvirt/private/serverkey.pem"
  chmod 600 "$dir/pki/libvirt/private/serverkey.pem"
  run -0 pki check
  rm "$dir/pki/libvirt/private/clientkey.pem"
  faulty "clientkey.pem" "rvirt-pki --dir $dir/pki client --force alice"
  run -0 pki client --force alice
  run -0 pki check
  echo nonsense > "$dir/pki/libvirt/servercert.pem"
  faulty "servercert.pem: no certificate in PEM form" "rvirt-pki --dir $dir/pki server"
}

@test "what check says mends it: keys that do not match, another authority, expiry" {
  copy
  cp "$dir/pki/libvirt/private/clientkey.pem" "$dir/pki/libvirt/private/serverkey.pem"
  faulty "does not belong to the private key" "rvirt-pki --dir $dir/pki server --force localhost 127.0.0.1 ::1"
  eval "limit $(sed -n 's/.*mend: //p' <<< "$output" | head -n 1)"
  run -0 pki check
  pki ca --force
  faulty "was not signed by an authority in" "rvirt-pki --dir $dir/pki server --force localhost 127.0.0.1 ::1"
  while read -r command; do
    eval "limit $command"
  done < <(sed -n 's/.*mend: //p' <<< "$output" | sort -u)
  run -0 pki check
}

@test "check uses the files of the daemon's configuration" {
  copy
  mv "$dir/pki/libvirt/servercert.pem" "$dir/elsewhere.pem"
  run -1 pki check
  printf '%s\n' "cert_file = \"$dir/elsewhere.pem\"" 'listen_tls = 0' > "$dir/conf"
  run -0 pki --config "$dir/conf" check
  [[ $output == *"$dir/elsewhere.pem"* && $output == *"listen_tls = 0"* ]]
  echo 'cert_file = ' >> "$dir/conf"
  run -1 pki --config "$dir/conf" check
}

# tls_daemon [CONFIG-LINE…]: rvirtd on TLS with the files of $dir/pki; the port is in $dir/port, $uri leads there.
tls_daemon() {
  free_port > "$dir/port"
  {
    printf '%s\n' "unix_sock_dir = \"$dir\"" 'listen_tls = 1' 'listen_addr = "127.0.0.1"' "tls_port = \"$(cat "$dir/port")\"" \
      "ca_file = \"$dir/pki/CA/cacert.pem\"" "cert_file = \"$dir/pki/libvirt/servercert.pem\"" \
      "key_file = \"$dir/pki/libvirt/private/serverkey.pem\""
    [ $# = 0 ] || printf '%s\n' "$@"
  } > "$dir/conf"
  name=p$BATS_TEST_NUMBER
  peer_start "$name" "$dir/libvirt-sock" "$(cat "$dir/port")" -- rvirtd -l -f "$dir/conf"
  uri="test://localhost:$(cat "$dir/port")/default?pkipath=$dir/desk"
}

@test "rvirtd, rvsh and virsh believe them, and check goes the whole way" {
  copy
  pki --out "$dir/desk" client bob
  tls_daemon 'tls_allowed_dn_list = ["CN=bob,O=Example"]'
  run -0 limit rvsh -c "$uri" list
  [[ $output == *test* ]]
  run -0 pki check "$uri"
  [[ $output == *"the host localhost is at "*"reached: "*"connected: "*"the daemon answers"* ]]
  if command -v virsh > /dev/null; then
    run -0 limit virsh -c "$uri" list
  fi
  peer_stop "$name"
}

@test "check tells at which step the way to a daemon ends" {
  copy
  pki --out "$dir/desk" client bob
  (dir=$dir/other; mkdir "$dir"; pki ca; pki --out "$dir/desk" client mallory)
  run -1 pki check 'test://nowhere.invalid/default'
  [[ $output == *"FAULT "*"nowhere.invalid"*"mend: "*"getent hosts nowhere.invalid"* ]]
  run -1 pki check "test://127.0.0.1:1/default?pkipath=$dir/desk"
  [[ $output == *"FAULT "*"127.0.0.1"*"rvirtd-tls.socket"* ]]
  run -1 pki check 'test://host/?nonsense=%'
  tls_daemon
  run -1 pki check "test://localhost:$(cat "$dir/port")/default?pkipath=$dir/other/desk"
  [[ $output == *"reached: "*"FAULT "*"signed by an authority that is not known"*"mend: copy the CA certificate"* ]]
  pki --force server elsewhere.example
  kill -HUP "$(peer_pid "$name")"
  wait_until 10 not_for_host
  peer_stop "$name"
}

not_for_host() {
  run -1 pki check "$uri"
  [[ $output == *"FAULT "*"is not for the host"*"rvirt-pki server --force"* ]]
}

# The guide. What is played: the other hosts are directories, scp copies there, and systemctl starts rvirtd.
guide_begin() {
  mkdir -p "$dir/bin" "$dir/root" "$dir/desk/home" "$dir/two"
  free_port > "$dir/port"
  cat > "$dir/bin/systemctl" << END
#!/bin/sh -e
conf=$dir/conf pki=$dir/root/pki
printf '%s\n' 'unix_sock_dir = "$dir"' 'listen_addr = "127.0.0.1"' 'tls_port = "$(cat "$dir/port")"' \
  "ca_file = \"\$pki/CA/cacert.pem\"" "cert_file = \"\$pki/libvirt/servercert.pem\"" \
  "key_file = \"\$pki/libvirt/private/serverkey.pem\"" > \$conf
[ ! -e "\$pki/CA/cacrl.pem" ] || echo "crl_file = \"\$pki/CA/cacrl.pem\"" >> \$conf
case \$1 in
  enable) rvirtd -d -l -f \$conf -p $dir/pid 3>&- ;;
  try-reload-or-restart) kill -HUP \$(cat $dir/pid) ;;
esac
END
  cat > "$dir/bin/scp" << END
#!/bin/sh -e
host=\${3#*@}
cp -r "\$2" "$dir/\${host%%.*}/"
END
  cat > "$dir/bin/rvirt-pki" << END
#!/bin/sh
case " \$* " in *" --user "*) ;; *) set -- --dir "\$PKI" "\$@" ;; esac
exec $(command -v rvirt-pki) "\$@"
END
  chmod +x "$dir"/bin/*
}

guide_command() {
  local command
  command=$(sed "s,test://server.example.com/default,'test://localhost:$(cat "$dir/port")/default?pkipath=$dir/desk/home/.pki/libvirt'," <<< "$2")
  command=${command//server.example.com/server.example.com localhost}
  command=${command//\/etc\/pki/$dir/$1/pki}
  cd "$dir/$1"
  PATH=$dir/bin:$PATH HOME=$dir/$1/home PKI=$dir/$1/pki LIMIT=30 limit bash -c "$command"
}

@test "the guide, word by word" {
  guide_begin
  guide_follow tls.md guide_command
  wait_until 10 desk_is_refused
  kill "$(cat "$dir/pid")"
  wait_until 10 test ! -e "$dir/libvirt-sock"
}

desk_is_refused() {
  ! guide_command desk 'rvsh -c test://server.example.com/default list' > "$dir/refused" 2>&1 && grep -q refused "$dir/refused"
}
