# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Ways on which guests go from one rvirtd to another: several connections, compressed, by TLS, and with a guest that runs
# on the other host before its memory is there.

load ../lib/common
load ../lib/migrate
load ../lib/pki

setup_file() {
  need qemu-system-x86_64 qemu-system-x86
  need certtool gnutls-bin
  need_root "what comes later is fetched by QEMU itself"
  peers_begin
  guest_image
  pki_begin
  export GUEST_KERNEL GUEST_INITRD BATS_TEST_TIMEOUT=120
  mkdir "$PEERS/tls" "$PEERS/tls/of-another"
  for name in server client; do
    cp "$PKI/$name.pem" "$PEERS/tls/$name-cert.pem"
    cp "$PKI/$name-key.pem" "$PEERS/tls/$name-key.pem"
  done
  cp "$PKI/ca.pem" "$PEERS/tls/ca-cert.pem"
  for host in a b; do
    host_start "$host" "migrate_tls_x509_cert_dir = \"$PEERS/tls\""
  done
  guest_xml still kernel=no memory=32 console=none > "$PEERS/still.xml"
}

teardown() {
  clear_hosts
}

@test "by several connections, plain and compressed" {
  still a
  on a migrate still "$(uri b)" --live --parallel --parallel-connections 3 --migrateuri "$HERE"
  [ "$(places)" = "a: b:still running" ]
  on b migrate still "$(uri a)" --live --parallel --compressed --comp-methods zstd --migrateuri "$HERE"
  [ "$(places)" = "a:still running b:" ]
  # what was said once is forgotten
  on a migrate still "$(uri b)" --live --migrateuri "$HERE"
  [ "$(places)" = "a: b:still running" ]
}

@test "compressed by threads and by what has changed" {
  still a
  on a migrate still "$(uri b)" --live --compressed --comp-methods mt --comp-mt-level 1 --comp-mt-threads 2 --migrateuri "$HERE"
  on b migrate still "$(uri a)" --live --compressed --comp-xbzrle-cache 67108864 --migrateuri "$HERE"
  [ "$(places)" = "a:still running b:" ]
  on a domjobinfo still --completed | grep -q '^Compression cache: 64.000 MiB'
}

@test "options that need others are refused, and the guest runs on" {
  local option
  still a
  for option in "--parallel-connections 2" "--comp-methods zlib" "--comp-methods nonsense" "--comp-mt-level 3" \
    "--comp-xbzrle-cache 65536" "--parallel --comp-methods xbzrle" "--parallel --postcopy"; do
    # shellcheck disable=SC2086
    run -1 on a migrate still "$(uri b)" --live $option --migrateuri "$HERE"
  done
  for option in --parallel --postcopy --tls; do
    run -1 on a migrate still "$(uri b)" --live --p2p --tunnelled $option
    [[ $output == *"is not supported with tunnelled migration"* ]]
  done
  run -1 on a migrate-postcopy still
  [[ $output == *"post-copy can only be started while outgoing migration is in progress"* ]]
  [ "$(places)" = "a:still running b:" ]
}

@test "by TLS, with certificates of both" {
  still a
  on a migrate still "$(uri b)" --live --tls --migrateuri "$HERE"
  [ "$(places)" = "a: b:still running" ]
  on b migrate still "$(uri a)" --live --tls --tls-destination localhost --parallel --migrateuri "$HERE"
  [ "$(places)" = "a:still running b:" ]
  clear_hosts
  head -c 1M /dev/urandom > "$PEERS/here.img"
  truncate -s 1M "$PEERS/there.img"
  guest_xml still kernel=no memory=32 console=none devices="<disk type='file' device='disk'>
    <driver name='qemu' type='raw'/><source file='$PEERS/here.img'/><target dev='vda' bus='virtio'/></disk>" \
    > "$PEERS/disk.xml"
  on a create "$PEERS/disk.xml"
  on a dumpxml --migratable still | sed 's,/here.img,/there.img,' > "$PEERS/there.xml"
  on a migrate still "$(uri b)" --live --tls --tls-destination localhost --copy-storage-all --xml "$PEERS/there.xml" \
    --migrateuri "$HERE"
  cmp "$PEERS/here.img" "$PEERS/there.img"
}

@test "by TLS only to the host that is meant, and with certificates" {
  still a
  run -1 on a migrate still "$(uri b)" --live --tls --tls-destination other.example --migrateuri "$HERE"
  [[ $output == *"Certificate does not match the hostname other.example"* ]]
  [ "$(places)" = "a:still running b:" ]
  mv "$PEERS/tls/ca-cert.pem" "$PEERS/tls/of-another/"
  run -1 on a migrate still "$(uri b)" --live --tls --migrateuri "$HERE"
  mv "$PEERS/tls/of-another/ca-cert.pem" "$PEERS/tls/"
  [[ $output == *"TLS of the migration, with the certificates of $PEERS/tls"* ]]
  [ "$(places)" = "a:still running b:" ]
}

# switching OPTION…: a slow migration that has been told to let the guest run on b.
switching() {
  SLOW_MIB=2048 slow_migration --postcopy "$@"
  on a migrate-postcopy still
}

@test "a guest that counts goes on counting on the other host before its memory is there" {
  guest_xml counter append=count=1 "console=file:$PEERS/count" > "$PEERS/counter.xml"
  on a create "$PEERS/counter.xml"
  wait_for_console "$PEERS/count" "count 3"
  on a migrate-setspeed counter 1
  on a migrate counter "$(uri b)" --live --postcopy --postcopy-after-precopy --timeout 2 --timeout-postcopy --migrateuri "$HERE"
  goes_on "$PEERS/count"
  [ "$(on b domstate counter --reason)" = "running (migrated)" ]
  [ "$(places)" = "a: b:counter running" ]
}

@test "once it runs there, it can't be called back" {
  switching --postcopy-bandwidth 1
  wait_until 20 is_switched
  run -1 on a domjobabort still
  [[ $output == *"cannot abort migration in post-copy mode"* ]]
  [ "$(on a domstate still --reason)" = "paused (post-copy)" ]
  on a migrate-setspeed still 0 --postcopy
  wait "$migration"
  [ "$(places)" = "a: b:still running" ]
}

is_switched() {
  [ "$(on b domstate still --reason 2> "$PEERS/no")" = "running (post-copy)" ]
}

@test "it comes to its end though the client is killed after the switch" {
  switching --postcopy-bandwidth 1
  wait_until 20 is_switched
  kill -9 "$migration"
  on a migrate-setspeed still 0 --postcopy
  wait_until 30 at "a: b:still running"
  wait_until 10 state_at_b "running (migrated)"
}

# state_at_b TEXT
state_at_b() {
  [ "$(on b domstate still --reason)" = "$1" ]
}

@test "the source's QEMU is killed after the switch: what is there stays and says so" {
  switching --postcopy-bandwidth 1
  wait_until 20 is_switched
  kill -9 "$(host_pid a still)"
  ! wait "$migration"
  wait_until 20 state_at_b "running (post-copy failed)"
  on b destroy still
}
