# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Guests go from rvirtd to libvirtd and back, and virsh moves them between two rvirtd.

load ../lib/libvirtd
load ../lib/migrate

setup_file() {
  need_libvirt
  need qemu-system-x86_64 qemu-system-x86
  need_root "guests of a private libvirtd"
  peers_begin
  guest_image
  host_start a
  host_start b
  LIBVIRTD_HOST=theirs libvirtd_start theirs 'host_uuid = "22222222-2222-4222-8222-222222222222"'
  guest_xml still kernel=no memory=32 console=none > "$PEERS/still.xml"
}

setup() {
  THEIRS=$(libvirtd_qemu_uri theirs)
}

teardown() {
  local guest
  clear_hosts
  for guest in still counter; do
    limit virsh -q -c "$THEIRS" destroy "$guest" || :
    limit virsh -q -c "$THEIRS" undefine "$guest" || :
  done > "$PEERS/teardown.log" 2>&1
}

# with CLIENT URI COMMAND…: by virsh or rvsh
with() {
  limit "$1" -q -c "$2" "${@:3}"
}

theirs() {
  limit virsh -q -c "$THEIRS" list --all | sed 's/^ *[0-9-]* *//; s/  */ /g; s/ *$//'
}

# there_and_back CLIENT OPTION…
there_and_back() {
  local client=$1
  shift
  still a
  with "$client" "$(uri a)" migrate still "$THEIRS" --live "$@"
  [ "$(places), $(theirs)" = "a: b:, still running" ]
  with "$client" "$THEIRS" migrate still "$(uri a)" --live "$@"
  [ "$(places), $(theirs)" = "a:still running b:, " ]
}

@test "virsh: to libvirtd and back" { there_and_back virsh --migrateuri "$HERE"; }
@test "virsh: to libvirtd and back, peer-to-peer" { there_and_back virsh --p2p --migrateuri "$HERE"; }
@test "virsh: to libvirtd and back, tunnelled" { there_and_back virsh --p2p --tunnelled; }
@test "rvsh: to libvirtd and back" { there_and_back rvsh --migrateuri "$HERE"; }
@test "rvsh: to libvirtd and back, tunnelled, with the definition" {
  there_and_back rvsh --p2p --tunnelled --persistent --undefinesource
}

@test "to libvirtd and back by several connections, compressed, with post-copy" {
  local options
  still a
  for options in "--parallel --parallel-connections 3" --compressed "--comp-methods mt" \
    "--postcopy --postcopy-after-precopy" "--auto-converge --bandwidth 500"; do
    # shellcheck disable=SC2086
    with virsh "$(uri a)" migrate still "$THEIRS" --live --migrateuri "$HERE" $options
    [ "$(places), $(theirs)" = "a: b:, still running" ]
    # shellcheck disable=SC2086
    with rvsh "$THEIRS" migrate still "$(uri a)" --live --migrateuri "$HERE" $options
    [ "$(places), $(theirs)" = "a:still running b:, " ]
  done
}

@test "options that don't go together are refused as by libvirtd" {
  local options
  still a
  limit virsh -q -c "$THEIRS" create "$PEERS/still.xml" --paused
  for options in "--parallel-connections 3" "--comp-xbzrle-cache 65536 --comp-methods mt" "--comp-methods nonsense" \
    "--comp-methods mt --comp-methods mt" "--auto-converge-initial 10" "--comp-mt-level 3"; do
    # shellcheck disable=SC2086
    run -1 with virsh "$(uri a)" migrate still "$(uri b)" --live --migrateuri "$HERE" $options
    echo "$output" > "$BATS_TEST_TMPDIR/ours"
    # shellcheck disable=SC2086
    run -1 with virsh "$THEIRS" migrate still "$(uri b)" --live --migrateuri "$HERE" $options
    echo "$output" | diff -u - "$BATS_TEST_TMPDIR/ours"
  done
}

@test "offline to libvirtd and back" {
  on a define "$PEERS/still.xml"
  with virsh "$(uri a)" migrate still "$THEIRS" --offline --persistent --undefinesource --migrateuri "$HERE"
  [ "$(places), $(theirs)" = "a: b:, still shut off" ]
  with virsh "$THEIRS" migrate still "$(uri a)" --offline --persistent --undefinesource --migrateuri "$HERE"
  [ "$(places), $(theirs)" = "a:still shut off b:, " ]
}

@test "virsh between two rvirtd: progress, abort, numbers" {
  still a
  run with virsh "$(uri a)" migrate still "$(uri b)" --live --verbose --migrateuri "$HERE"
  [ "$status" = 0 ]
  [[ $output == *"Migration: [100 %]"* ]]
  run with virsh "$(uri b)" domjobinfo still --completed
  [[ $output == *"Operation:        Incoming migration"* && $output == *"Total downtime:"* ]]
  with virsh "$(uri b)" migrate still "$(uri a)" --live --p2p --tunnelled
  [ "$(places)" = "a:still running b:" ]
}

@test "what libvirtd can't take stays here" {
  still a
  limit virsh -q -c "$THEIRS" create "$PEERS/still.xml" --paused
  run with virsh "$(uri a)" migrate still "$THEIRS" --live --migrateuri "$HERE"
  [ "$status" = 1 ]
  [ "$(places), $(theirs)" = "a:still running b:, still paused" ]
}

@test "disks are copied to libvirtd and back" {
  local disk="<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='$PEERS/ours.img'/>
    <target dev='vda' bus='virtio'/></disk>"
  head -c 8M /dev/urandom > "$PEERS/ours.img"
  truncate -s 8M "$PEERS/theirs.img"
  guest_xml still kernel=no memory=32 console=none devices="$disk" > "$PEERS/disk.xml"
  on a create "$PEERS/disk.xml"
  on a dumpxml --migratable still | sed 's,/ours.img,/theirs.img,' > "$PEERS/there.xml"
  with virsh "$(uri a)" migrate still "$THEIRS" --live --copy-storage-all --xml "$PEERS/there.xml" --migrateuri "$HERE"
  cmp "$PEERS/ours.img" "$PEERS/theirs.img"
  truncate -s 0 "$PEERS/ours.img"
  truncate -s 8M "$PEERS/ours.img"
  limit virsh -c "$THEIRS" dumpxml --migratable still | sed 's,/theirs.img,/ours.img,' > "$PEERS/back.xml"
  with virsh "$THEIRS" migrate still "$(uri a)" --live --copy-storage-all --xml "$PEERS/back.xml" --migrateuri "$HERE"
  cmp "$PEERS/ours.img" "$PEERS/theirs.img"
  [ "$(places), $(theirs)" = "a:still running b:, " ]
}

@test "a guest that counts goes on counting on libvirtd, and again here" {
  guest_xml counter append=count=1 "console=file:$PEERS/count" > "$PEERS/counter.xml"
  on a create "$PEERS/counter.xml"
  wait_for_console "$PEERS/count" "count 3"
  with virsh "$(uri a)" migrate counter "$THEIRS" --live --migrateuri "$HERE"
  goes_on "$PEERS/count"
  with rvsh "$THEIRS" migrate counter "$(uri a)" --live --p2p --tunnelled
  goes_on "$PEERS/count"
}
