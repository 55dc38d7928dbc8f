# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Migrations that fail before or after the guest's memory goes over: the guest is where it was, once, and nothing of it is
# left on the other host.

load ../lib/common
load ../lib/migrate

setup_file() {
  need qemu-system-x86_64 qemu-system-x86
  need ss iproute2
  peers_begin
  export BATS_TEST_TIMEOUT=120
  host_start a
  host_start b
  guest_xml still kernel=no memory=32 console=none > "$PEERS/still.xml"
  # the same guest with a disk, for each host its own
  head -c 1M /dev/urandom > "$PEERS/here.img"
  guest_xml still kernel=no memory=32 console=none devices="<disk type='file' device='disk'>
    <driver name='qemu' type='raw'/><source file='$PEERS/here.img'/><target dev='vda' bus='virtio'/></disk>" \
    > "$PEERS/disk.xml"
}

teardown() {
  [ -z "${helper:-}" ] || kill -9 "$helper" 2> "$BATS_TEST_TMPDIR/kill" || :
  clear_hosts
}

# rolled_back: the guest runs on a, and b has nothing of it: no machine, no process, no folder.
rolled_back() {
  [ "$(places)" = "a:still running b:" ]
  no_jobs a
  [ -z "$(find "$PEERS/state-b/run/qemu" "$PEERS/state-b/lib/qemu" -name '*still*')" ]
  run ! pgrep -f "guest=still.*$PEERS/state-b"
}

# with_disk: it runs on a; its XML for b is there.xml, where the disk is there.img.
with_disk() {
  rm -f "$PEERS/there.img"
  on a create "$PEERS/disk.xml"
  on a dumpxml --migratable still | sed 's,/here.img,/there.img,' > "$PEERS/there.xml"
}

# busy_port: a port on which somebody listens, as $port.
busy_port() {
  python3 -c 'import socket, time
s = socket.create_server(("0.0.0.0", 0))
print(s.getsockname()[1], flush=True)
time.sleep(100)' > "$BATS_TEST_TMPDIR/port" 3>&- &
  helper=$!
  wait_until 10 test -s "$BATS_TEST_TMPDIR/port"
  port=$(cat "$BATS_TEST_TMPDIR/port")
}

@test "prepare: somebody else listens on the port of the migration, or of its disks" {
  busy_port
  with_disk
  truncate -s 1M "$PEERS/there.img"
  run -1 on a migrate still "$(uri b)" --live --unsafe --xml "$PEERS/there.xml" --migrateuri "$HERE:$port" --listen-address 0.0.0.0
  [[ $output == *"Address already in use"* ]]
  rolled_back
  run -1 on a migrate still "$(uri b)" --live --copy-storage-all --disks-port "$port" --xml "$PEERS/there.xml" \
    --migrateuri "$HERE" --listen-address 0.0.0.0
  [[ $output == *"Address already in use"* ]]
  rolled_back
}

@test "prepare: the destination has not got the disk" {
  with_disk
  run -1 on a migrate still "$(uri b)" --live --unsafe --xml "$PEERS/there.xml" --migrateuri "$HERE"
  [[ $output == *"there.img"*"No such file or directory"* ]]
  rolled_back
  run -1 on a migrate still "$(uri b)" --live --p2p --copy-storage-all --xml "$PEERS/there.xml" --migrateuri "$HERE"
  [[ $output == *"there.img"*"No such file or directory"* ]]
  rolled_back
}

@test "finish: the guest can't go on there, for somebody else has its disk" {
  with_disk
  truncate -s 1M "$PEERS/there.img"
  sed "s,>still<,>holder<,; s,/here.img,/there.img," "$PEERS/disk.xml" > "$BATS_TEST_TMPDIR/holder.xml"
  on a create "$BATS_TEST_TMPDIR/holder.xml"
  run -1 on a migrate still "$(uri b)" --live --unsafe --xml "$PEERS/there.xml" --migrateuri "$HERE"
  [[ $output == *"Failed to get "*" lock"* ]]
  on a destroy holder
  rolled_back
}

# A request that the daemon b has not read yet.
unread() {
  ss -xnH | awk -v path="$PEERS/b/libvirt-sock" 'index($0, path) && $3 > 0 { found = 1 } END { exit !found }'
}

@test "confirm: the client is lost when only the destination knows; the guest does not run twice" {
  slow_migration
  kill -STOP "$(peer_pid b)"
  on a migrate-setspeed still 1000
  wait_until 30 unread
  kill -9 "$migration"
  wait_until 20 no_jobs a
  [ "$(on a domstate still --reason)" = "paused (migrating)" ]
  kill -CONT "$(peer_pid b)"
  wait_until 20 at "a:still paused b:still running"
  on a destroy still
  [ "$(places)" = "a: b:still running" ]
}
