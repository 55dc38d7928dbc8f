# SPDX-License-Identifier: LGPL-2.1-or-later
#
# TLS between rvirtd and rvsh: each thing that can be wrong with a certificate, on both sides, beside the neighbour
# that is right; and peers that are neither.

load ../lib/rvirtd
load ../lib/pki

setup_file() {
  need certtool gnutls-bin
  need openssl openssl
  peers_begin
  pki_begin
  pki_ca other
  pki_cert others other "$(pki_client)"
  rvirtd_tls good "$(tls_config ca server)"
}

setup() {
  name=d$BATS_TEST_NUMBER
  # a standard input that neither says anything nor ends
  silence=$BATS_TEST_TMPDIR/silence
  mkfifo "$silence"
  exec 6<> "$silence"
}

teardown() {
  exec 6>&-
  peer_stop "$name"
}

# rvirtd_tls NAME CONFIG-LINE…: a daemon with TLS on the port of $PEERS/NAME/tls-port.
rvirtd_tls() {
  mkdir -p "$PEERS/$1"
  free_port > "$PEERS/$1/tls-port"
  rvirtd_start "$1" 'listen_tls = 1' "tls_port = \"$(tls_port "$1")\"" 'log_outputs = "2:stderr"' "${@:2}"
}

# serve CONFIG-LINE…: this test's own daemon.
serve() {
  rvirtd_tls "$name" "$@"
}

# refused CONFIG-LINE…: this configuration does not get a daemon started. What it says is in $output.
refused() {
  mkdir -p "$PEERS/$name"
  echo 0 > "$PEERS/$name/port"
  rvirtd_config "$PEERS/$name" 'listen_tls = 1' 'listen_tcp = 0' 'tls_port = "0"' "$@" > "$PEERS/$name/conf"
  run -1 limit rvirtd -l -f "$PEERS/$name/conf"
}

tls_port() {
  cat "$PEERS/$1/tls-port"
}

# uri DAEMON PKIPATH [HOST [PARAMETERS]]
uri() {
  echo "test+tls://${3:-127.0.0.1}:$(tls_port "$1")/default?pkipath=$2${4:+&$4}"
}

# connects DAEMON PKIPATH [HOST [PARAMETERS]]
connects() {
  run -0 --separate-stderr limit rvsh -c "$(uri "$@")" domname 1
  [ "$output" = test ]
}

# fails the same way: what is said is in $output.
fails() {
  run -1 limit rvsh -c "$(uri "$@")" domname 1
}

# logged DAEMON PATTERN
logged() {
  grep -qE -- "$2" "$PEERS/$1/log"
}

# reloaded N: the daemon has read its configuration again so often.
reloaded() {
  [ "$(grep -c 'configuration reloaded' "$PEERS/$name/log")" = "$1" ]
}

# listens PORT: without connecting, which would be the one client that the listener wants.
listens() {
  ss -ltn | grep -q ":$1 "
}

client_path() {
  pki_path "$BATS_TEST_NUMBER" "${1:-ca}" "${2-client}" "${3:-}"
}

past='activation_date = "2019-01-01 00:00:00 UTC"
expiration_date = "2020-01-01 00:00:00 UTC"'
future='activation_date = "2060-01-01 00:00:00 UTC"
expiration_date = "2061-01-01 00:00:00 UTC"'

@test "TLS 1.2 and 1.3 are spoken, and nothing older" {
  path=$(client_path)
  for version in 1.2 1.3; do
    connects good "$path" 127.0.0.1 "tls_priority=NORMAL:-VERS-ALL:%2BVERS-TLS$version"
    run limit openssl s_client -connect "127.0.0.1:$(tls_port good)" "-tls${version/./_}" -cert "$PKI/client.pem" \
      -key "$PKI/client-key.pem" -CAfile "$PKI/ca.pem" < /dev/null
    [[ $output == *"Verify return code: 0 (ok)"* && $output == *"TLSv$version, Cipher"* ]]
  done
  fails good "$path" 127.0.0.1 "tls_priority=NORMAL:-VERS-ALL:%2BVERS-TLS1.1"
  [[ $output == *"no version and cipher in common"*"Error in protocol version"*"VERS-TLS1.1"* ]]
}

# says_word COMMAND…: a client whose server says one byte, 0x01, and waits.
says_word() {
  local file=$BATS_TEST_TMPDIR/word pid
  timeout 30 "$@" > "$file" 2> "$BATS_TEST_TMPDIR/err" < "$silence" 3>&- &
  pid=$!
  wait_until 5 test -s "$file" || cat "$BATS_TEST_TMPDIR/err" >&2
  kill "$pid"
  wait "$pid" || true
  [ "$(od -An -tx1 "$file")" = " 01" ]
}

@test "gnutls-cli and openssl s_client get the daemon's word, and nobody without a certificate" {
  says_word gnutls-cli --logfile=/dev/null --port "$(tls_port good)" 127.0.0.1 --x509cafile "$PKI/ca.pem" \
    --x509certfile "$PKI/client.pem" --x509keyfile "$PKI/client-key.pem"
  says_word openssl s_client -quiet -verify_quiet -CAfile "$PKI/ca.pem" -cert "$PKI/client.pem" \
    -key "$PKI/client-key.pem" -connect "127.0.0.1:$(tls_port good)"
  run limit openssl s_client -quiet -CAfile "$PKI/ca.pem" -connect "127.0.0.1:$(tls_port good)" < /dev/null
  [[ $output == *"certificate required"* ]]
  logged good 'the peer shows no certificate, tls 127.0.0.1 port [0-9]+, client 127.0.0.1'
}

@test "keys are RSA, ECDSA or Ed25519" {
  for kind in rsa ecdsa ed25519 rsa-pss; do
    pki_ca "ca-$kind" "" "$kind"
    pki_cert "server-$kind" "ca-$kind" "$(pki_server)" "$kind"
    pki_cert "client-$kind" "ca-$kind" "$(pki_client)" "$kind"
    serve "$(tls_config "ca-$kind" "server-$kind")"
    path=$(client_path "ca-$kind" "client-$kind")
    connects "$name" "$path"
    connects "$name" "$path" 127.0.0.1 "tls_priority=NORMAL:-VERS-ALL:%2BVERS-TLS1.2"
    peer_stop "$name"
  done
}

@test "the certificate is for the host of the URI: names, addresses, IPv6" {
  path=$(client_path)
  connects good "$path" 127.0.0.1
  [ -z "$stderr" ]
  connects good "$path" localhost
  pki_cert server6 ca "$(printf '%s\n' 'ip_address = ::1' 'dns_name = elsewhere.example' tls_www_server signing_key)"
  serve "$(tls_config ca server6)" 'listen_addr = "localhost"'
  fails "$name" "$path" 127.0.0.1
  [[ $output == *"'O=rvirt test,CN=server6' is not for the host '127.0.0.1' in the URI"* ]]
  [[ $output == *"DNS elsewhere.example"*"IP ::1"* ]]
  logged "$name" 'client refused this daemon \(Certificate is bad'
  fails "$name" "$path" localhost
  connects "$name" "$path" localhost no_verify=1
  run limit python3 -c 'import socket; socket.socket(socket.AF_INET6).bind(("::1", 0))'
  [ "$status" = 0 ] || skip "no IPv6 here"
  peer_stop "$name"
  # the harness asks 127.0.0.1 whether the daemon listens
  serve "$(tls_config ca server6)" 'listen_addr = "localhost"'
  sed -i 's/^listen_addr.*/listen_addr = "::1"/; s/^listen_tcp.*/listen_tcp = 0/' "$PEERS/$name/rvirtd.conf"
  peer_stop "$name"
  peer_start "$name" "$PEERS/$name/libvirt-sock" -- rvirtd -l -f "$PEERS/$name/rvirtd.conf"
  connects "$name" "$path" '[::1]'
}

@test "what the daemon's own files have wrong ends its start, by file and field" {
  pki_cert expired ca "$(pki_server; echo "$past")"
  refused "$(tls_config ca expired)"
  [[ $output == *"$PKI/expired.pem: the certificate of 'O=rvirt test,CN=expired' expired on 2020-01-01 00:00:00 UTC (notAfter)"* ]]

  pki_cert early ca "$(pki_server; echo "$future")"
  refused "$(tls_config ca early)"
  [[ $output == *"$PKI/early.pem: "*" is not valid before 2060-01-01 00:00:00 UTC (notBefore)"* ]]

  pki_cert isca ca "$(pki_server; echo ca)"
  refused "$(tls_config ca isca)"
  [[ $output == *"$PKI/isca.pem: "*" is that of an authority, not of a server (basicConstraints"* ]]

  pki_cert nosign ca "$(printf '%s\n' 'dns_name = localhost' encryption_key)" rsa
  refused "$(tls_config ca nosign)"
  [[ $output == *"$PKI/nosign.pem: "*" may not sign a handshake (keyUsage: no digitalSignature)"* ]]

  pki_cert forclient ca "$(pki_client; echo 'dns_name = localhost')"
  refused "$(tls_config ca forclient)"
  [[ $output == *"$PKI/forclient.pem: "*" is not for a TLS server (extendedKeyUsage: no serverAuth)"* ]]

  refused "$(tls_config ca server)" "key_file = \"$PKI/client-key.pem\""
  [[ $output == *"$PKI/server.pem: "*"does not belong to the private key in $PKI/client-key.pem"* ]]

  refused "$(tls_config other server)"
  [[ $output == *"$PKI/server.pem: "*"was not signed by an authority in $PKI/other.pem (issuer)"* ]]

  cp "$PKI/server-key.pem" "$PKI/open-key.pem"
  chmod 644 "$PKI/open-key.pem"
  refused "$(tls_config ca server)" "key_file = \"$PKI/open-key.pem\""
  [[ $output == *"$PKI/open-key.pem: everybody on this host can read this private key (mode 0644)"* ]]
  chmod 640 "$PKI/open-key.pem"
  serve "$(tls_config ca server)" "key_file = \"$PKI/open-key.pem\""
  connects "$name" "$(client_path)"
}

@test "the authority's faults end the start too" {
  pki_ca plain cert_signing_key
  pki_cert under-plain plain "$(pki_server)"
  refused "$(tls_config plain under-plain)"
  [[ $output == *"$PKI/plain.pem: "*" is not that of an authority (basicConstraints: no CA)"* ]]

  pki_ca mute "$(printf '%s\n' ca crl_signing_key)"
  pki_cert under-mute mute "$(pki_server)"
  refused "$(tls_config mute under-mute)"
  [[ $output == *"$PKI/mute.pem: "*" may not sign certificates (keyUsage: no keyCertSign)"* ]]

  pki_ca oldca "$(printf '%s\n' ca cert_signing_key "$past")"
  pki_cert under-old oldca "$(pki_server)"
  refused "$(tls_config oldca under-old)"
  [[ $output == *"$PKI/oldca.pem: "*" expired on 2020-01-01"*"(notAfter)"* ]]
}

@test "files that are not there, not to be read, or not what they should be" {
  refused "$(tls_config ca server)" 'ca_file = "/nonexistent/ca.pem"'
  [[ $output == *"CA certificate: cannot open /nonexistent/ca.pem: No such file"* ]]
  refused "$(tls_config ca server)" 'cert_file = "/nonexistent/cert.pem"'
  [[ $output == *"certificate: cannot open /nonexistent/cert.pem: No such file"* ]]
  refused "$(tls_config ca server)" 'key_file = "/nonexistent/key.pem"'
  [[ $output == *"private key: cannot open /nonexistent/key.pem: No such file"* ]]
  refused "$(tls_config ca server)" 'crl_file = "/nonexistent/crl.pem"'
  [[ $output == *"revocation list: cannot open /nonexistent/crl.pem: No such file"* ]]
  refused "$(tls_config ca server)" "cert_file = \"$PKI\""
  [[ $output == *"certificate: cannot read $PKI: Is a directory"* ]]
  refused "$(tls_config ca server)" "cert_file = \"$PKI/server.cfg\""
  [[ $output == *"$PKI/server.cfg: no certificate in PEM form"* ]]
  refused "$(tls_config ca server)" "key_file = \"$PKI/server.pem\""
  [[ $output == *"$PKI/server.pem: no private key in PEM form"* ]]
  openssl pkcs8 -topk8 -in "$PKI/server-key.pem" -out "$PKI/locked-key.pem" -passout pass:x
  refused "$(tls_config ca server)" "key_file = \"$PKI/locked-key.pem\""
  [[ $output == *"$PKI/locked-key.pem: the private key is encrypted"* ]]
  refused "$(tls_config ca server)" 'tls_priority = "NORMAL:+NONSENSE"'
  [[ $output == *"tls_priority 'NORMAL:+NONSENSE' is not understood from '+NONSENSE'"* ]]
}

@test "without sanity checks the daemon starts, and its clients find the same faults" {
  pki_cert expired ca "$(pki_server; echo "$past")"
  pki_cert early ca "$(pki_server; echo "$future")"
  pki_cert forclient ca "$(pki_client; echo 'dns_name = localhost')"
  pki_cert isca ca "$(pki_server; echo ca)"
  pki_cert nosign ca "$(printf '%s\n' 'dns_name = localhost' encryption_key)" rsa
  path=$(client_path)
  while IFS=: read -r cert words; do
    serve "$(tls_config ca "$cert")" 'tls_no_sanity_certificate = 1'
    fails "$name" "$path" localhost
    [[ $output == *"authentication failed: the server: the certificate of 'O=rvirt test,CN=$cert' $words"* ]]
    connects "$name" "$path" localhost no_verify=1
    [[ $stderr == *"the server's certificate is not verified (no_verify)"* ]]
    peer_stop "$name"
  done << 'END'
expired:expired on 2020-01-01 00:00:00 UTC (notAfter)
early:is not valid before 2060-01-01 00:00:00 UTC (notBefore)
forclient:is not for a TLS server (extendedKeyUsage: no serverAuth)
isca:is that of an authority, not of a server (basicConstraints
nosign:may not sign a handshake (keyUsage: no digitalSignature)
END
  pki_cert stranger other "$(pki_server)"
  serve "$(tls_config ca stranger)" 'tls_no_sanity_certificate = 1'
  fails "$name" "$path" localhost
  [[ $output == *"the certificate of 'O=rvirt test,CN=stranger' was signed by an authority that is not known, says $path/cacert.pem"* ]]
}

@test "what the client's own files have wrong is said before anybody is bothered" {
  while IFS=: read -r cert lines words; do
    pki_cert "c-$cert" ca "$(printf '%b\n' "$lines")" rsa
    fails good "$(client_path ca "c-$cert")"
    [[ $output == *"clientcert.pem: the certificate of 'O=rvirt test,CN=c-$cert' $words"* ]]
    [[ $output == *"tls to host 127.0.0.1, port $(tls_port good)" ]]
  done << 'END'
expired:tls_www_client\nsigning_key\nexpiration_date = "2020-01-01"\nactivation_date = "2019-01-01":expired on 2020-01-01
early:tls_www_client\nsigning_key\nactivation_date = "2060-01-01"\nexpiration_date = "2061-01-01":is not valid before 2060-01-01
isca:tls_www_client\nsigning_key\nca:is that of an authority, not of a client
nosign:encryption_key:may not sign a handshake (keyUsage: no digitalSignature)
forserver:tls_www_server\nsigning_key:is not for a TLS client (extendedKeyUsage: no clientAuth)
END
  fails good "$(client_path ca others)"
  [[ $output == *"clientcert.pem: "*"was not signed by an authority in "*"cacert.pem (issuer)"* ]]
  path=$(client_path)
  cp "$PKI/others-key.pem" "$path/clientkey.pem"
  fails good "$path"
  [[ $output == *"does not belong to the private key in $path/clientkey.pem"* ]]
  path=$(client_path)
  chmod 604 "$path/clientkey.pem"
  fails good "$path"
  [[ $output == *"$path/clientkey.pem: everybody on this host can read this private key (mode 0604)"* ]]
  connects good "$path" 127.0.0.1 no_sanity=1
  rm "$path/clientkey.pem"
  fails good "$path"
  [[ $output == *"private key: cannot open $path/clientkey.pem: No such file"* ]]
  rm "$path/cacert.pem"
  fails good "$path"
  [[ $output == *"CA certificate: cannot open $path/cacert.pem: No such file"* ]]
  connects good "$(client_path)"
}

@test "the daemon refuses a client by name and reason, and the client hears it" {
  while IFS=: read -r cert ca lines words alert; do
    pki_cert "r-$cert" "$ca" "$(printf '%b\n' "$lines")"
    path=$(client_path ca "r-$cert")
    fails good "$path" 127.0.0.1 no_sanity=1
    [[ $output == *"authentication failed: TLS: the daemon refused this client ($alert), tls to host 127.0.0.1"* ]]
    [[ $output == *"it was shown the certificate of 'O=rvirt test,CN=r-$cert' in $path/clientcert.pem"* ]]
    fails good "$path" 127.0.0.1 "no_sanity=1&tls_priority=NORMAL:-VERS-ALL:%2BVERS-TLS1.2"
    [[ $output == *"the daemon refused this client ($alert)"* ]]
    logged good "authentication failed: .*'O=rvirt test,CN=r-$cert' $words.*tls 127.0.0.1 port $(tls_port good), client 127.0.0.1"
  done << 'END'
expired:ca:tls_www_client\nsigning_key\nexpiration_date = "2020-01-01"\nactivation_date = "2019-01-01":expired on 2020-01-01:Certificate is expired
early:ca:tls_www_client\nsigning_key\nactivation_date = "2060-01-01"\nexpiration_date = "2061-01-01":is not valid before 2060-01-01:Certificate is bad
isca:ca:tls_www_client\nsigning_key\nca:is that of an authority:Certificate is bad
forserver:ca:tls_www_server\nsigning_key:is not for a TLS client:Certificate is bad
stranger:other:tls_www_client\nsigning_key:was signed by an authority that is not known:CA is unknown
END
  fails good "$(client_path ca "")"
  [[ $output == *"the daemon refused this client (Certificate is required)"*"it was shown no certificate"* ]]
  connects good "$(client_path)"
}

@test "revoked certificates are refused on both sides" {
  pki_cert gone ca "$(pki_client)"
  pki_crl crl ca gone
  serve "$(tls_config ca server crl)"
  connects "$name" "$(client_path)"
  fails "$name" "$(client_path ca gone)"
  [[ $output == *"the daemon refused this client (Certificate was revoked)"* ]]
  logged "$name" "'O=rvirt test,CN=gone' has been revoked"
  fails good "$(client_path ca gone crl)"
  [[ $output == *"clientcert.pem: the certificate of 'O=rvirt test,CN=gone' has been revoked"* ]]
  pki_crl servers ca server
  fails good "$(client_path ca client servers)"
  [[ $output == *"the certificate of 'O=rvirt test,CN=server' has been revoked"* ]]
  pki_crl foreign other others
  peer_stop "$name"
  refused "$(tls_config ca server foreign)"
  [[ $output == *"$PKI/foreign.pem: the revocation list was not signed by an authority in $PKI/ca.pem (issuer)"* ]]
}

@test "chains with intermediate authorities" {
  pki_cert middle ca "$(printf '%s\n' ca cert_signing_key)"
  for who in server client; do
    pki_cert "leaf-$who" middle "$("pki_$who")"
    cat "$PKI/leaf-$who.pem" "$PKI/middle.pem" > "$PKI/chain-$who.pem"
    cp -p "$PKI/leaf-$who-key.pem" "$PKI/chain-$who-key.pem"
  done
  serve "$(tls_config ca chain-server)"
  connects "$name" "$(client_path ca chain-client)"
  connects "$name" "$(client_path ca client)"
  fails "$name" "$(client_path ca leaf-client)"
  [[ $output == *"was not signed by an authority in"*"intermediate certificates belong behind it"* ]]
  fails "$name" "$(client_path ca leaf-client)" 127.0.0.1 no_sanity=1
  [[ $output == *"(CA is unknown)"* ]]
  peer_stop "$name"
  refused "$(tls_config ca leaf-server)"
  [[ $output == *"$PKI/leaf-server.pem: "*"was not signed by an authority in"* ]]
  pki_cert early-middle ca "$(printf '%s\n' ca cert_signing_key "$past")"
  pki_cert late-leaf early-middle "$(pki_server)"
  cat "$PKI/early-middle.pem" >> "$PKI/late-leaf.pem"
  refused "$(tls_config ca late-leaf)"
  [[ $output == *"$PKI/late-leaf.pem: the certificate of 'O=rvirt test,CN=early-middle' expired"* ]]
}

@test "names that may connect" {
  path=$(client_path)
  serve "$(tls_config ca server)" 'tls_allowed_dn_list = [ "O=rvirt test,CN=boss", "O=rvirt*,CN=cl*" ]'
  connects "$name" "$path"
  peer_stop "$name"
  serve "$(tls_config ca server)" 'tls_allowed_dn_list = [ "O=rvirt test,CN=boss" ]'
  fails "$name" "$path"
  [[ $output == *"the daemon refused this client (Access was denied)"*tls_allowed_dn_list* ]]
  logged "$name" "'O=rvirt test,CN=client' is not in tls_allowed_dn_list"
}

@test "a daemon that verifies nobody says so, and takes clients without a certificate" {
  serve "$(tls_config ca server)" 'tls_no_verify_certificate = 1'
  logged "$name" 'tls_no_verify_certificate = 1: clients over TLS may be anybody'
  connects "$name" "$(client_path ca "")"
  connects "$name" "$(client_path ca others)" 127.0.0.1 no_sanity=1
}

@test "tls_priority: the daemon's, the URI's, the configuration file's" {
  path=$(client_path)
  serve "$(tls_config ca server)" 'tls_priority = "NORMAL:-VERS-ALL:+VERS-TLS1.2"'
  connects "$name" "$path"
  fails "$name" "$path" 127.0.0.1 "tls_priority=NORMAL:-VERS-ALL:%2BVERS-TLS1.3"
  [[ $output == *"no version and cipher in common"* ]]
  logged "$name" "no version and cipher in common|version"
  fails "$name" "$path" 127.0.0.1 "tls_priority=NORMAL:%2BNONSENSE"
  [[ $output == *"tls_priority 'NORMAL:+NONSENSE' is not understood from '+NONSENSE'"* ]]
  mkdir -p "$XDG_CONFIG_HOME/rvirt"
  echo 'tls_priority = "NORMAL:-VERS-ALL:+VERS-TLS1.3"' > "$XDG_CONFIG_HOME/rvirt/rvirt.conf"
  fails "$name" "$path"
  [[ $output == *"no version and cipher in common"* ]]
  connects "$name" "$path" 127.0.0.1 "tls_priority=NORMAL"
  rm "$XDG_CONFIG_HOME/rvirt/rvirt.conf"
}

@test "on SIGHUP certificates change for those who come, and those who are there stay" {
  cp "$PKI/ca.pem" "$PKI/now.pem"
  serve "$(tls_config ca server)" "ca_file = \"$PKI/now.pem\""
  flag=$BATS_TEST_TMPDIR/flag
  : > "$BATS_TEST_TMPDIR/out"
  # a client that makes a call before and after; rvirt-dial opens TLS for it
  timeout 30 socat "EXEC:python3 $RVIRT_SRCDIR/tests/e2e/daemon-client.py - open wait $flag hostname" \
    "EXEC:rvirt-dial $(uri "$name" "$(client_path)" | sed 's/[:&]/\\&/g')" > "$BATS_TEST_TMPDIR/out" 2>&1 < "$silence" 3>&- &
  stays=$!
  wait_until 10 grep -q waiting "$BATS_TEST_TMPDIR/out"
  cp "$PKI/other.pem" "$PKI/now.pem"
  sed -i 's/^ca_file = .*ca.pem"//' "$PEERS/$name/rvirtd.conf"
  kill -HUP "$(peer_pid "$name")"
  wait_until 5 logged "$name" 'certificates stay as they were: .*server.pem.*was not signed by an authority in .*now.pem'
  connects "$name" "$(client_path)"
  cat "$PKI/ca.pem" "$PKI/other.pem" > "$PKI/now.pem"
  kill -HUP "$(peer_pid "$name")"
  wait_until 5 reloaded 2
  connects "$name" "$(client_path ca others)" 127.0.0.1 no_sanity=1
  touch "$flag"
  wait "$stays"
  [ "$(paste -sd ' ' "$BATS_TEST_TMPDIR/out")" = "0 waiting waited 0" ]
}

@test "a client that stops in its handshake is dropped, and others are served meanwhile" {
  serve "$(tls_config ca server)" 'tls_handshake_timeout = 1' 'keepalive_interval = -1' 'max_anonymous_clients = 3'
  path=$(client_path)
  timeout 30 python3 "$RVIRT_SRCDIR/tests/e2e/tls-stop.py" "$(tls_port "$name")" 2 > "$BATS_TEST_TMPDIR/stopped" 3>&- &
  stopped=$!
  wait_until 5 grep -q stopped "$BATS_TEST_TMPDIR/stopped"
  connects "$name" "$path"
  wait "$stopped"
  [ "$(grep -c 'its handshake was not done in 1 seconds' "$PEERS/$name/log")" = 2 ]
}

@test "strangers who fill the places of those not known do not keep local clients out" {
  serve "$(tls_config ca server)" 'tls_handshake_timeout = 600' 'max_anonymous_clients = 2'
  timeout 30 python3 "$RVIRT_SRCDIR/tests/e2e/tls-stop.py" "$(tls_port "$name")" 2 > "$BATS_TEST_TMPDIR/stopped" 3>&- &
  stopped=$!
  wait_until 5 logged "$name" 'no more are accepted now'
  run -0 limit rvsh -c "$(rvirtd_uri "$name")" domname 1
  kill "$stopped"
  wait_until 5 connects "$name" "$(client_path)"
}

@test "peers that speak something else" {
  path=$(client_path)
  run -1 limit rvsh -c "test+tcp://127.0.0.1:$(tls_port good)/default" domname 1
  [[ $output == *"the peer speaks TLS where plain messages are expected"* ]]
  run -1 limit rvsh -c "test+tls://127.0.0.1:$(peer_port good)/default?pkipath=$path" domname 1
  [[ $output == *"TLS: the peer closed the connection in the middle of the handshake, tls to host 127.0.0.1"* ]]
  port=$(free_port)
  timeout 30 socat "TCP-LISTEN:$port,bind=127.0.0.1" 'SYSTEM:echo "SSH-2.0-OpenSSH_9.2"; cat > /dev/null' 3>&- &
  wait_until 5 listens "$port"
  run -1 limit rvsh -c "test+tls://127.0.0.1:$port/default?pkipath=$path" domname 1
  [[ $output == *"the peer does not speak TLS"* ]]
}

@test "the daemon's word is waited for no longer than connect_timeout" {
  port=$(free_port)
  timeout 30 openssl s_server -accept "127.0.0.1:$port" -cert "$PKI/server.pem" -key "$PKI/server-key.pem" -quiet \
    > "$BATS_TEST_TMPDIR/said" 2>&1 < "$silence" 3>&- &
  server=$!
  wait_until 5 listens "$port"
  run -1 limit rvsh -c "test+tls://127.0.0.1:$port/default?pkipath=$(client_path)&connect_timeout=1" domname 1
  [[ $output == *"no answer in time, tls to host 127.0.0.1"*"waiting for the daemon's word"* ]]
  kill "$server"
}

@test "large answers and many calls go through" {
  path=$(client_path)
  python3 - > "$BATS_TEST_TMPDIR/big.xml" << 'END'
print("<domain type='test'><name>big</name><memory>1024</memory><os><type>hvm</type></os><description>"
      + "".join(f"{i:07} " for i in range(200000)) + "</description></domain>")
END
  limit rvsh -c "$(uri good "$path")" "define $BATS_TEST_TMPDIR/big.xml; dumpxml big; undefine big" > "$BATS_TEST_TMPDIR/out"
  [ "$(grep -oE '[0-9]{7} ' "$BATS_TEST_TMPDIR/out" | sort -u | wc -l)" = 200000 ]
}

@test "rvirt-dial carries virsh's messages one to a record" {
  connects good "$(client_path)"
  run -0 limit rvsh -c "$(uri good "$(client_path)" 127.0.0.1 dial=)" domname 1
  [ "${lines[0]}" = test ]
}
