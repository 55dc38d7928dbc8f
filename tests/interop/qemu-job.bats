# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Jobs of machines: what is told of them, in the middle and afterwards, by rvsh as by virsh.

load ../lib/libvirtd
load ../lib/migrate

setup_file() {
  need virsh libvirt-clients
  need qemu-system-x86_64 qemu-system-x86
  peers_begin
  host_start a
  host_start b
  guest_xml still kernel=no memory=32 console=none > "$PEERS/still.xml"
}

teardown() {
  clear_hosts
}

# same_info HOST OPTION…: both show the same.
same_info() {
  limit virsh -c "$(uri "$1")" domjobinfo still "${@:2}" > "$BATS_TEST_TMPDIR/virsh" 2>&1 || :
  limit rvsh -c "$(uri "$1")" domjobinfo still "${@:2}" > "$BATS_TEST_TMPDIR/rvsh" 2>&1 || :
  diff -u "$BATS_TEST_TMPDIR/virsh" "$BATS_TEST_TMPDIR/rvsh"
}

# alike HOST OPTION…: the same but for the numbers, which change all the time.
alike() {
  limit virsh -c "$(uri "$1")" domjobinfo still "${@:2}" > "$BATS_TEST_TMPDIR/virsh"
  limit rvsh -c "$(uri "$1")" domjobinfo still "${@:2}" > "$BATS_TEST_TMPDIR/rvsh"
  grep -q '[0-9]' "$BATS_TEST_TMPDIR/rvsh"
  sed -i 's/[0-9.]\+ *\([KMG]iB\|B\)\?/N /g' "$BATS_TEST_TMPDIR/virsh" "$BATS_TEST_TMPDIR/rvsh"
  diff -u "$BATS_TEST_TMPDIR/virsh" "$BATS_TEST_TMPDIR/rvsh"
}

@test "rvsh tells of a migration and of what came before and after as virsh does" {
  slow_migration
  same_info b
  alike a
  alike a --rawstats
  on a migrate-setspeed still 1000
  wait "$migration"
  same_info b
  same_info b --completed --keep-completed
  grep -q "Incoming migration" "$BATS_TEST_TMPDIR/rvsh"
  same_info b --completed --keep-completed --rawstats
  same_info b --completed --keep-completed --anystats
  # and once it was told it is forgotten
  on b domjobinfo still --completed | grep -q Completed
  same_info b --completed
  same_info b --rawstats
}

# told URI [OPTION…]: which lines virsh has of the last job
told() {
  limit virsh -c "$1" domjobinfo still --completed | sed 's/\(: *\)[0-9].*/\1N/' >> "$BATS_TEST_TMPDIR/seen"
}

@test "a dump and a save are told of as by libvirtd" {
  local theirs where seen
  need_root "guests of a private libvirtd"
  libvirtd_start theirs
  theirs=$(libvirtd_qemu_uri theirs)
  for where in "$(uri a)" "$theirs"; do
    limit virsh -q -c "$where" define "$PEERS/still.xml"
    limit virsh -q -c "$where" start still
    limit virsh -q -c "$where" dump still "$BATS_TEST_TMPDIR/dump"
    told "$where"
    limit virsh -q -c "$where" dump still "$BATS_TEST_TMPDIR/dump" --memory-only
    told "$where"
    limit virsh -q -c "$where" save still "$BATS_TEST_TMPDIR/image"
    told "$where"
    limit virsh -q -c "$where" restore "$BATS_TEST_TMPDIR/image"
    told "$where"
    limit virsh -q -c "$where" destroy still
    limit virsh -q -c "$where" undefine still
    rm "$BATS_TEST_TMPDIR/image" "$BATS_TEST_TMPDIR/dump"
    seen=ours
    [ "$where" != "$theirs" ] || seen=theirs
    mv "$BATS_TEST_TMPDIR/seen" "$BATS_TEST_TMPDIR/$seen"
  done
  grep -q "Operation: *Save" "$BATS_TEST_TMPDIR/ours"
  diff -u "$BATS_TEST_TMPDIR/theirs" "$BATS_TEST_TMPDIR/ours"
}
