# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Certificates made by certtool. Each lives in $PEERS/pki as NAME.pem and NAME-key.pem.

. "${BASH_SOURCE%/*}/common.bash"

# pki_begin [KIND]: an authority "ca", a server's certificate "server" for localhost, 127.0.0.1 and ::1, a client's "client".
pki_begin() {
  PKI=$PEERS/pki
  export PKI
  mkdir -p "$PKI"
  pki_ca ca "" "${1:-}"
  pki_cert server ca "$(pki_server)" "${1:-}"
  pki_cert client ca "$(pki_client)" "${1:-}"
}

pki_server() {
  printf '%s\n' 'dns_name = localhost' 'ip_address = 127.0.0.1' 'ip_address = ::1' tls_www_server signing_key encryption_key
}

pki_client() {
  printf '%s\n' tls_www_client signing_key encryption_key
}

# pki_key NAME [KIND]
pki_key() {
  [ -e "$PKI/$1-key.pem" ] || quiet certtool --generate-privkey --key-type "${2:-ed25519}" --outfile "$PKI/$1-key.pem"
}

# pki_ca NAME [TEMPLATE-LINES [KIND]]: an authority that signs itself.
pki_ca() {
  pki_key "$1" "${3:-}"
  pki_template "$1" "${2:-ca
cert_signing_key
crl_signing_key}"
  quiet certtool --generate-self-signed --load-privkey "$PKI/$1-key.pem" --template "$PKI/$1.cfg" --outfile "$PKI/$1.pem"
}

# pki_cert NAME CA TEMPLATE-LINES [KIND]: a certificate signed by CA.
pki_cert() {
  pki_key "$1" "${4:-}"
  pki_template "$1" "$3"
  quiet certtool --generate-certificate --load-privkey "$PKI/$1-key.pem" --template "$PKI/$1.cfg" \
    --load-ca-certificate "$PKI/$2.pem" --load-ca-privkey "$PKI/$2-key.pem" --outfile "$PKI/$1.pem"
}

# pki_plain NAME CA PURPOSE KIND: one that libvirt takes with a key that cannot encrypt: it wants keyEncipherment of
# every critical keyUsage. PURPOSE and KIND are openssl's.
pki_plain() {
  local key=$PKI/$1-key.pem parameters=()
  [ "$4" != EC ] || parameters=(-pkeyopt ec_paramgen_curve:P-256)
  quiet openssl genpkey -algorithm "$4" "${parameters[@]}" -out "$key"
  quiet openssl req -new -key "$key" -subj "/O=rvirt test/CN=$1" -out "$PKI/$1.csr"
  printf '%s\n' 'keyUsage = digitalSignature' "extendedKeyUsage = $3" 'subjectAltName = DNS:localhost, IP:127.0.0.1' \
    > "$PKI/$1.ext"
  quiet openssl x509 -req -in "$PKI/$1.csr" -CA "$PKI/$2.pem" -CAkey "$PKI/$2-key.pem" -days 10 -extfile "$PKI/$1.ext" \
    -out "$PKI/$1.pem"
}

pki_template() {
  {
    printf 'organization = "rvirt test"\ncn = "%s"\n' "$1"
    [[ $2 == *_date* ]] || echo 'expiration_days = 10'
    printf '%s\n' "$2"
  } > "$PKI/$1.cfg"
}

# pki_crl NAME CA CERT…: a revocation list of CA with these certificates in it.
pki_crl() {
  local name=$1 ca=$2
  shift 2
  (cd "$PKI" && cat /dev/null "${@/%/.pem}") > "$PKI/$name.revoked"
  printf 'crl_next_update = 10\ncrl_number = 1\n' > "$PKI/$name.cfg"
  quiet certtool --generate-crl --load-ca-certificate "$PKI/$ca.pem" --load-ca-privkey "$PKI/$ca-key.pem" \
    --load-certificate "$PKI/$name.revoked" --template "$PKI/$name.cfg" --outfile "$PKI/$name.pem"
}

# pki_path NAME CA CERT [CRL]: a directory for pkipath= with these; CERT "" for none.
pki_path() {
  local dir=$PEERS/path-$1
  rm -rf "$dir"
  mkdir "$dir"
  cp "$PKI/$2.pem" "$dir/cacert.pem"
  if [ -n "$3" ]; then
    cp "$PKI/$3.pem" "$dir/clientcert.pem"
    cp "$PKI/$3-key.pem" "$dir/clientkey.pem"
  fi
  [ -z "${4:-}" ] || cp "$PKI/$4.pem" "$dir/cacrl.pem"
  echo "$dir"
}

# tls_config CA CERT [CRL]: the lines of a daemon's config that name its files.
tls_config() {
  printf '%s\n' "ca_file = \"$PKI/$1.pem\"" "cert_file = \"$PKI/$2.pem\"" "key_file = \"$PKI/$2-key.pem\""
  [ -z "${3:-}" ] || echo "crl_file = \"$PKI/$3.pem\""
}

# quiet COMMAND…: what it says is shown only if it fails.
quiet() {
  local said
  said=$("$@" 2>&1) || {
    echo "$said" >&2
    return 1
  }
}
