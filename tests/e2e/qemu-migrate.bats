# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Guests go from one rvirtd to another, which take themselves for two hosts; and stay where they were when it fails,
# whichever phase it is.

load ../lib/migrate
load ../lib/sshd

setup_file() {
  need qemu-system-x86_64 qemu-system-x86
  need sshd openssh-server
  peers_begin
  guest_image
  export BATS_TEST_TIMEOUT=120
  sshd_start
  sshd_offers rvirt-gateway
  host_start a
  host_start b
  guest_xml still kernel=no memory=32 console=none > "$PEERS/still.xml"
}

teardown() {
  wait_until 10 no_jobs a
  wait_until 10 no_jobs b
  clear_hosts
}

@test "a guest that runs goes to the other host and runs there" {
  still a
  run on a migrate still "$(uri b)" --live --verbose --migrateuri "$HERE"
  [ "$status" = 0 ]
  [[ $output == *"Migration: [100 %]"* ]]
  [ "$(places)" = "a: b:still running" ]
  [ "$(on b domstate still --reason)" = "running (migrated)" ]
}

@test "a guest that is paused stays so" {
  still a --paused
  on a migrate still "$(uri b)" --live --migrateuri "$HERE"
  [ "$(places)" = "a: b:still paused" ]
}

@test "peer-to-peer, and tunnelled through the connection of the daemons" {
  still a
  on a migrate still "$(uri b)" --live --p2p --migrateuri "$HERE"
  [ "$(places)" = "a: b:still running" ]
  on b migrate still "$(uri a)" --live --p2p --tunnelled
  [ "$(places)" = "a:still running b:" ]
}

@test "tunnelled through one ssh login" {
  local there
  still a
  there=$(uri b)
  there=${there/qemu+unix:\/\//qemu+ssh://far}
  on a migrate still "$there" --live --p2p --tunnelled
  [ "$(places)" = "a: b:still running" ]
}

@test "offline, with and without the definition left behind" {
  on a define "$PEERS/still.xml"
  on a migrate still "$(uri b)" --offline --persistent --migrateuri "$HERE"
  [ "$(places)" = "a:still shut off b:still shut off" ]
  on b undefine still
  on a migrate still "$(uri b)" --offline --persistent --undefinesource --p2p --migrateuri "$HERE"
  [ "$(places)" = "a: b:still shut off" ]
}

@test "its definition goes along" {
  on a define "$PEERS/still.xml"
  on a start still
  on a migrate still "$(uri b)" --live --persistent --undefinesource --migrateuri "$HERE"
  [ "$(places)" = "a: b:still running" ]
  on b destroy still
  [ "$(places)" = "a: b:still shut off" ]
}

@test "under another name, with other XML" {
  still a
  on a dumpxml --migratable still | sed 's,<devices>,<title>moved</title>&,' > "$PEERS/changed.xml"
  on a migrate still "$(uri b)" --live --dname other --xml "$PEERS/changed.xml" --migrateuri "$HERE"
  [ "$(places)" = "a: b:other running" ]
  [ "$(on b desc --title other)" = moved ]
}

@test "a guest that counts on its console goes on counting, direct and tunnelled" {
  guest_xml counter append=count=1 "console=file:$PEERS/count" > "$PEERS/counter.xml"
  on a create "$PEERS/counter.xml"
  wait_for_console "$PEERS/count" "count 3"
  on a migrate counter "$(uri b)" --live --migrateuri "$HERE"
  goes_on "$PEERS/count"
  on b migrate counter "$(uri a)" --live --p2p --tunnelled
  goes_on "$PEERS/count"
}

@test "disks are copied, and what is on the destination is what was on the source" {
  disk_guest
  run on a migrate still "$(uri b)" --live --migrateuri "$HERE"
  [ "$status" = 1 ]
  [[ $output == *"Migration without shared storage is unsafe"* ]]
  on a migrate still "$(uri b)" --live --copy-storage-all --xml "$PEERS/there.xml" --migrateuri "$HERE"
  [ "$(places)" = "a: b:still running" ]
  cmp "$PEERS/here.img" "$PEERS/there.img"
}

@test "a copy of disks that can't be written fails, and the guest runs on with its own" {
  disk_guest
  truncate -s 1M "$PEERS/there.img"
  run on a migrate still "$(uri b)" --live --copy-storage-all --xml "$PEERS/there.xml" --migrateuri "$HERE"
  [ "$status" = 1 ]
  [ "$(places)" = "a:still running b:" ]
  # nothing of the copy is left in the way of another one
  truncate -s 8M "$PEERS/there.img"
  on a migrate still "$(uri b)" --live --copy-storage-all --xml "$PEERS/there.xml" --migrateuri "$HERE"
  cmp "$PEERS/here.img" "$PEERS/there.img"
}

@test "a copy of disks is ended by domjobabort" {
  disk_guest
  limit rvsh -q -c "$(uri a)" migrate still "$(uri b)" --live --copy-storage-all --bandwidth 1 --xml "$PEERS/there.xml" \
    --migrateuri "$HERE" > "$PEERS/migration.log" 2>&1 3>&- &
  migration=$!
  wait_until 20 copying
  on a domjobabort still
  ! wait "$migration"
  grep -q "canceled by client" "$PEERS/migration.log"
  [ "$(places)" = "a:still running b:" ]
}

copying() {
  on a domjobinfo still | grep -q '^File total:'
}

# disk_guest: a guest "still" on a whose disk is here.img, and its XML for b, where it is there.img.
disk_guest() {
  head -c 8M /dev/urandom > "$PEERS/here.img"
  rm -f "$PEERS/there.img"
  truncate -s 8M "$PEERS/there.img"
  guest_xml still kernel=no memory=32 console=none devices="<disk type='file' device='disk'>
    <driver name='qemu' type='raw'/><source file='$PEERS/here.img'/><target dev='vda' bus='virtio'/></disk>" \
    > "$PEERS/disk.xml"
  on a create "$PEERS/disk.xml"
  on a dumpxml --migratable still | sed 's,/here.img,/there.img,' > "$PEERS/there.xml"
}

@test "its numbers are told afterwards" {
  still a
  on a migrate still "$(uri b)" --live --migrateuri "$HERE"
  run on b domjobinfo still --completed
  [[ $output == *Completed* && $output == *'Memory total:'* && $output == *'Total downtime:'* ]]
}

@test "a migration to the same host is refused" {
  still a
  run on a migrate still "$(uri a)" --live --migrateuri "$HERE"
  [ "$status" = 1 ]
  [[ $output == *"same host"* ]]
  [ "$(places)" = "a:still running b:" ]
}

@test "what is not served is refused by name" {
  local option
  still a
  for option in "--rdma-pin-all RDMA" "--zerocopy zero-copy" "--postcopy --postcopy-resume post-copy"; do
    # shellcheck disable=SC2086
    run on a migrate still "$(uri b)" --live ${option% *} --migrateuri "$HERE"
    [ "$status" = 1 ]
    [[ $output == *"${option##* }"*"not supported"* ]]
  done
  [ "$(places)" = "a:still running b:" ]
}

@test "begin fails: the guest runs on" {
  still a
  run on a migrate still "$(uri b)" --live --migrate-disks vda --copy-storage-all --migrateuri "$HERE"
  [ "$status" = 1 ]
  [[ $output == *"vda"* ]]
  [ "$(places)" = "a:still running b:" ]
}

@test "prepare fails: the guest runs on" {
  still a
  still b --paused
  run on a migrate still "$(uri b)" --live --migrateuri "$HERE"
  [ "$status" = 1 ]
  [[ $output == *already* ]]
  [ "$(places)" = "a:still running b:still paused" ]
}

@test "perform fails: the guest runs on, and nothing is left on the destination" {
  still a
  run on a migrate still "$(uri b)" --live --migrateuri tcp://127.0.0.2:49999 --listen-address 127.0.0.1
  [ "$status" = 1 ]
  [[ $output == *"unable to connect"* ]]
  [ "$(places)" = "a:still running b:" ]
  run on a migrate still "$(uri b)" --live --p2p --migrateuri tcp://127.0.0.2:49999 --listen-address 127.0.0.1
  [ "$status" = 1 ]
  [[ $output == *"unable to connect"* ]]
  [ "$(places)" = "a:still running b:" ]
  run on a migrate still "$(uri b)nowhere" --live --p2p --tunnelled
  [ "$status" = 1 ]
  [[ $output == *"cannot open the destination of the migration"* ]]
}

@test "the destination's QEMU is killed in perform: the guest runs on" {
  slow_migration
  kill -9 "$(host_pid b still)"
  ! wait "$migration"
  wait_until 10 at "a:still running b:"
}

@test "the source's QEMU is killed in perform: nothing is left" {
  slow_migration
  kill -9 "$(host_pid a still)"
  ! wait "$migration"
  wait_until 10 at "a: b:"
}

@test "domjobabort ends it, and the guest runs on" {
  slow_migration
  on a domjobinfo still | grep -q Unbounded
  on a domjobabort still
  ! wait "$migration"
  grep -q "canceled by client" "$PEERS/migration.log"
  wait_until 10 at "a:still running b:"
}

@test "it ends by domjobabort though the destination's QEMU hangs" {
  slow_migration
  kill -STOP "$(host_pid b still)"
  on a domjobabort still
  ! wait "$migration"
  grep -q "canceled by client" "$PEERS/migration.log"
  wait_until 20 at "a:still running b:"
}

@test "its speed can be raised while it goes on" {
  slow_migration
  on a migrate-setspeed still 1000
  wait "$migration"
  [ "$(places)" = "a: b:still running" ]
}

@test "a client that is killed ends it" {
  slow_migration
  kill -9 "$migration"
  wait_until 20 at "a:still running b:"
  wait_until 10 no_jobs a
}

@test "the source's daemon is killed in perform: its guest runs on, found again" {
  slow_migration
  peer_stop a KILL
  ! wait "$migration"
  host_start a
  wait_until 20 at "a:still running b:"
}

@test "the destination's daemon is killed in perform: the guest runs on" {
  slow_migration
  peer_stop b KILL
  on a migrate-setspeed still 1000
  ! wait "$migration"
  host_start b
  wait_until 20 at "a:still running b:"
}
