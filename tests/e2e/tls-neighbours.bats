# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Certificates that are right, close to those that tls.bats shows to be wrong, on both sides; and what can be wrong with
# the files of a client besides.

load ../lib/rvirtd
load ../lib/pki

setup_file() {
  need certtool gnutls-bin
  need openssl openssl
  peers_begin
  pki_begin
  serve good "$(tls_config ca server)"
}

teardown() {
  peer_stop mine
}

# serve NAME CONFIG-LINE…: a daemon with TLS.
serve() {
  mkdir -p "$PEERS/$1"
  free_port > "$PEERS/$1/tls-port"
  rvirtd_start "$1" 'listen_tls = 1' "tls_port = \"$(cat "$PEERS/$1/tls-port")\"" 'log_outputs = "2:stderr"' "${@:2}"
}

# connects DAEMON PKIPATH
connects() {
  run -0 --separate-stderr limit rvsh -c "test+tls://localhost:$(cat "$PEERS/$1/tls-port")/default?pkipath=$2" domname 1
  [ "$output" = test ]
  [ -z "$stderr" ]
}

# fails PKIPATH: before anybody is asked; what is said is in $output.
fails() {
  run -1 limit rvsh -c "test+tls://localhost:1/default?pkipath=$1" domname 1
  [[ $output == *"tls to host localhost, port 1" ]]
}

ago() {
  date -u -d "$1" '+%F %T UTC'
}

# neighbours PURPOSE: "NAME:TEMPLATE-LINES" of certificates that are all right.
neighbours() {
  cat << END
no-usages:
both-purposes:tls_www_client\ntls_www_server\nsigning_key
no-purpose:signing_key
no-usage:$1
more-usages:$1\nsigning_key\nencryption_key\nnon_repudiation
almost-expired:$1\nsigning_key\nactivation_date = "$(ago '-1 day')"\nexpiration_date = "$(ago '+1 hour')"
just-valid:$1\nsigning_key\nactivation_date = "$(ago '-1 second')"\nexpiration_date = "$(ago '+1 year')"
END
}

@test "a server's certificates that are right are accepted by the daemon at start and by the client" {
  path=$(pki_path x ca client)
  while IFS=: read -r cert lines; do
    echo "$cert"
    pki_cert "s-$cert" ca "$(printf '%b\n' "dns_name = localhost\n$lines")" rsa
    serve mine "$(tls_config ca "s-$cert")"
    connects mine "$path"
    peer_stop mine
  done < <(neighbours tls_www_server)
}

@test "a client's certificates that are right are accepted by the client itself and by the daemon" {
  while IFS=: read -r cert lines; do
    echo "$cert"
    pki_cert "c-$cert" ca "$(printf '%b\n' "$lines")" rsa
    connects good "$(pki_path x ca "c-$cert")"
  done < <(neighbours tls_www_client)
}

@test "authorities that are right are accepted on both sides" {
  while IFS=: read -r ca lines; do
    echo "$ca"
    pki_ca "a-$ca" "$(printf '%b\n' "$lines")"
    pki_cert "server-$ca" "a-$ca" "$(pki_server)"
    pki_cert "client-$ca" "a-$ca" "$(pki_client)"
    serve mine "$(tls_config "a-$ca" "server-$ca")"
    connects mine "$(pki_path x "a-$ca" "client-$ca")"
    peer_stop mine
  done << END
bit-alone:ca
with-length:ca\npath_len = 0\ncert_signing_key
signs-more:ca\ncert_signing_key\ncrl_signing_key\nsigning_key
almost-expired:ca\ncert_signing_key\nactivation_date = "$(ago '-1 day')"\nexpiration_date = "$(ago '+2 days')"
END
}

@test "one of several authorities is enough, and keys that only the owner's group may read are private" {
  pki_ca other
  cat "$PKI/other.pem" "$PKI/ca.pem" > "$PKI/several.pem"
  chmod 640 "$PKI/server-key.pem"
  serve mine "$(tls_config several server)"
  chmod 600 "$PKI/server-key.pem"
  path=$(pki_path x several client)
  chmod 640 "$path/clientkey.pem"
  connects mine "$path"
}

@test "what is wrong with a client's authorities is said by file and field" {
  while IFS=: read -r ca lines words; do
    pki_ca "w-$ca" "$(printf '%b\n' "$lines")"
    path=$(pki_path x "w-$ca" "")
    fails "$path"
    [[ $output == *"$path/cacert.pem: the certificate of 'O=rvirt test,CN=w-$ca' $words"* ]]
  done << 'END'
plain:cert_signing_key:is not that of an authority (basicConstraints: no CA)
mute:ca\ncrl_signing_key:may not sign certificates (keyUsage: no keyCertSign)
old:ca\ncert_signing_key\nactivation_date = "2019-01-01"\nexpiration_date = "2020-01-01":expired on 2020-01-01
early:ca\ncert_signing_key\nactivation_date = "2060-01-01"\nexpiration_date = "2061-01-01":is not valid before 2060-01-01
END
}

@test "a certificate that cannot sign is named by the client, though it does not check its own" {
  pki_cert nosign ca encryption_key rsa
  path=$(pki_path x ca nosign)
  for version in 1.2 1.3; do
    run -1 limit rvsh -c "test+tls://localhost:$(cat "$PEERS/good/tls-port")/default?pkipath=$path&no_sanity=1&tls_priority=NORMAL:-VERS-ALL:%2BVERS-TLS$version" list
    [[ $output == *"no certificate serves for this handshake"*digitalSignature*"'O=rvirt test,CN=nosign' in $path/clientcert.pem"* ]]
  done
}

@test "files of a client that cannot be read, or are not what they should be, are named" {
  path=$(pki_path x ca client)
  for file in cacert.pem:"CA certificate" clientcert.pem:certificate clientkey.pem:"private key"; do
    what=${file#*:} file=$path/${file%%:*}
    mv "$file" "$file.kept"
    mkdir "$file"
    fails "$path"
    [[ $output == *"$what: cannot read $file: Is a directory"* ]]
    rmdir "$file"
    echo nonsense > "$file"
    chmod 600 "$file"
    fails "$path"
    [[ $output == *"$file: no $what in PEM form"* || $output == *"$file: no certificate in PEM form"* ]]
    mv "$file.kept" "$file"
  done
  openssl pkcs8 -topk8 -in "$PKI/client-key.pem" -out "$path/clientkey.pem" -passout pass:x
  fails "$path"
  [[ $output == *"$path/clientkey.pem: the private key is encrypted"* ]]
  cp "$PKI/client-key.pem" "$path/clientkey.pem"
  echo nonsense > "$path/cacrl.pem"
  fails "$path"
  [[ $output == *"$path/cacrl.pem: no revocation list in PEM form"* ]]
  rm "$path/cacrl.pem"
  connects good "$path"
}
