# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The test driver answers as libvirt's does, call by call: results, and errors with code, domain and words. Each
# file of calls begins on a host of its own, described by node.xml.

load ../lib/libvirtd
load ../lib/rvirtd

setup_file() {
  need libvirtd libvirt-daemon-system
  peers_begin
  libvirtd_start
}

# same_answers FILE [URI]
same_answers() {
  local dir=$RVIRT_SRCDIR/tests/interop/test-driver calls uri
  calls=$RVIRT_BUILDDIR/tests/lib/driver-calls
  cp "$dir/node.xml" "$BATS_TEST_TMPDIR/node.xml"
  uri=${2:-test://$BATS_TEST_TMPDIR/node.xml}
  sed -f "$dir/names.sed" -e "s|@dir|$BATS_TEST_TMPDIR/files|g" "$dir/$1.calls" > "$BATS_TEST_TMPDIR/calls"
  mkdir "$BATS_TEST_TMPDIR/files"
  limit "$calls" "$uri" < "$BATS_TEST_TMPDIR/calls" | python3 "$dir/sort.py" > "$BATS_TEST_TMPDIR/ours"
  rm -rf "$BATS_TEST_TMPDIR/files"
  mkdir "$BATS_TEST_TMPDIR/files"
  limit "$calls" "$uri" "$PEERS/libvirtd/libvirt-sock" < "$BATS_TEST_TMPDIR/calls" |
    python3 "$dir/sort.py" > "$BATS_TEST_TMPDIR/theirs"
  [ -s "$BATS_TEST_TMPDIR/ours" ]
  diff -U1 "$BATS_TEST_TMPDIR/theirs" "$BATS_TEST_TMPDIR/ours"
}

golden=$RVIRT_SRCDIR/tests/golden/test-driver.txt

# as_in_table KIND WHOSE: a fresh daemon answers each procedure as the table says
as_in_table() {
  local dir=$RVIRT_SRCDIR/tests/interop/test-driver files=$BATS_TEST_TMPDIR/files
  "$1_start" fresh
  mkdir "$files"
  python3 "$dir/golden.py" calls "$golden" | sed -f "$dir/names.sed" -e "s|@dir|$files|g" > "$BATS_TEST_TMPDIR/calls"
  limit "$RVIRT_BUILDDIR/tests/lib/driver-calls" test:///default "$PEERS/fresh/libvirt-sock" < "$BATS_TEST_TMPDIR/calls" |
    python3 "$dir/sort.py" | sed -e "s|$files|@dir|g" > "$BATS_TEST_TMPDIR/answers"
  peer_stop fresh
  python3 "$dir/golden.py" compare "$golden" "$2" < "$BATS_TEST_TMPDIR/answers"
}

@test "the table of answers has every procedure" {
  run -0 python3 "$RVIRT_SRCDIR/tests/interop/test-driver/golden.py" missing "$golden" "$RVIRT_SRCDIR/tests/golden/protocol.txt"
  [ -z "$output" ]
}

@test "libvirt answers each procedure as the table says" {
  as_in_table libvirtd theirs
}

@test "rvirtd answers each procedure as the table says, and otherwise than libvirt for a reason" {
  as_in_table rvirtd ours
}

# answers_of NAME FILE: what the daemon answers to FILE's calls, with no other connection open
answers_of() {
  local files=$BATS_TEST_TMPDIR/files
  rm -rf "$files"
  mkdir "$files"
  limit "$RVIRT_BUILDDIR/tests/lib/driver-calls" test:///default "$PEERS/$1/libvirt-sock" < "$2" |
    python3 "$RVIRT_SRCDIR/tests/interop/test-driver/sort.py" > "$BATS_TEST_TMPDIR/$1"
}

@test "2,000 calls drawn by chance are answered as by libvirt" {
  local chance=$RVIRT_SRCDIR/tests/interop/test-driver/chance.py calls=$BATS_TEST_TMPDIR/calls
  rvirtd_start
  for seed in {1..10}; do
    python3 "$chance" calls "$golden" "$seed" 200 | sed -e "s|@dir|$BATS_TEST_TMPDIR/files|g" > "$calls"
    answers_of libvirtd "$calls"
    answers_of rvirtd "$calls"
    python3 "$chance" compare "$calls" "$BATS_TEST_TMPDIR/libvirtd" "$BATS_TEST_TMPDIR/rvirtd"
  done
}

@test "what 1,000 lists of processors have in common is as in libvirt" {
  python3 "$RVIRT_SRCDIR/tests/interop/cpu-calls.py" baseline 1 1000 > "$BATS_TEST_TMPDIR/calls"
  rvirtd_start cpus
  answers_of libvirtd "$BATS_TEST_TMPDIR/calls"
  answers_of cpus "$BATS_TEST_TMPDIR/calls"
  peer_stop cpus
  diff -U1 "$BATS_TEST_TMPDIR/libvirtd" "$BATS_TEST_TMPDIR/cpus"
  "$RVIRT_SRCDIR/scripts/cpu-tables" check
}

@test "the default host describes itself as libvirt's" {
  same_answers host test:///default
}

@test "a host from a file describes itself as libvirt's" {
  same_answers host
}

@test "domains are counted, listed and found as in libvirt" {
  same_answers list
}

@test "domains are started and stopped as in libvirt" {
  same_answers life
}

@test "domains are defined, created, renamed and undefined as in libvirt" {
  same_answers define
}

@test "memory, vcpus and parameters are set as in libvirt" {
  same_answers tune
}

@test "titles, descriptions and metadata are kept as in libvirt" {
  same_answers metadata
}

@test "guests, disks and network interfaces answer as in libvirt" {
  same_answers guest
}

@test "I/O threads are added, pinned and taken away as in libvirt" {
  same_answers iothread
}

@test "limits of disks and performance counters are set as in libvirt" {
  same_answers iotune
}

@test "domains are saved, restored and dumped as in libvirt" {
  same_answers image
}

@test "trees of snapshots are kept as in libvirt" {
  same_answers snapshot
}

@test "trees of checkpoints are kept as in libvirt" {
  same_answers checkpoint
}

@test "networks, pools, interfaces and devices answer as in libvirt" {
  same_answers objects test:///default
}

@test "networks are defined, created and changed as in libvirt" {
  same_answers network test:///default
}

@test "storage pools and volumes are made, changed and found as in libvirt" {
  same_answers storage test:///default
}

@test "storage pools of a host from a file have the volumes that it names" {
  same_answers storage-file "test://$RVIRT_SRCDIR/tests/interop/test-driver/storage.xml"
}

@test "interfaces are defined, and changes to them undone, as in libvirt" {
  same_answers interface test:///default
}

@test "devices are made and destroyed as in libvirt" {
  same_answers device test:///default
}
