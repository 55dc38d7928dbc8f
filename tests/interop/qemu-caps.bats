# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the QEMU driver says of the host and of QEMU's binaries, beside what libvirt's says.

load ../lib/qemu

setup_file() {
  need jq jq
  both_start
}

# ask DAEMON COMMANDS
ask() {
  limit virsh -c "qemu+unix:///system?socket=$PEERS/$1/libvirt-sock" "$2" 2>&1
}

# same COMMANDS [SED]: both daemons answer the same, after sed.
same() {
  diff -u <(ask libvirtd "$1" | sed -E "${2:-}") <(ask rvirtd "$1" | sed -E "${2:-}")
}

@test "the host is the same" {
  # the memory of a virtual host may grow while libvirt remembers
  same nodeinfo '/Memory size|frequency/d'
  same nodecpumap
  same version
  same maxvcpus
  same hostname
  same nodememstats 's/[0-9]+ KiB/N KiB/'
  same "nodememstats 0" 's/[0-9]+ KiB/N KiB/'
  same nodecpustats 's/ [0-9]+$/ N/'
  same "nodecpustats --cpu 0" 's/ [0-9]+$/ N/'
  same "freecell --all" 's/[0-9]+ KiB/N KiB/'
  same "freepages --all" 's/: [0-9]+/: N/'
}

@test "the host's memory is tuned as with libvirt" {
  # each daemon counts for itself, and the kernel goes on
  same node-memory-tune 's/ [0-9]+$/ N/'
  # nothing changes by it
  same "node-memory-tune --shm-pages-to-scan $(cat /sys/kernel/mm/ksm/pages_to_scan)"
  for pages in "4K 1" "8K 1" "8K 1 --cellno 0" "2M 0" "2M 0 --cellno 0" "2M 0 --all" "2M 1 --cellno 9"; do
    same "allocpages $pages --add"
  done
  same nodesevinfo
}

@test "capabilities name the same cells, machines, accelerators" {
  for daemon in libvirtd rvirtd; do
    ask "$daemon" capabilities > "$BATS_TEST_TMPDIR/$daemon"
    sed -n '/<topology>/,/<\/topology>/p' "$BATS_TEST_TMPDIR/$daemon" | sed -E 's/>[0-9]+</>N</' \
      > "$BATS_TEST_TMPDIR/$daemon.topology"
    sed -n '/<guest>/,$p' "$BATS_TEST_TMPDIR/$daemon" > "$BATS_TEST_TMPDIR/$daemon.guests"
  done
  diff -u "$BATS_TEST_TMPDIR/libvirtd.topology" "$BATS_TEST_TMPDIR/rvirtd.topology"
  # libvirt takes a device file for KVM, we take a guest that ran
  diff -u <(sort "$BATS_TEST_TMPDIR/libvirtd.guests" | grep -v "type='kvm'") \
    <(sort "$BATS_TEST_TMPDIR/rvirtd.guests" | grep -v "type='kvm'")
}

@test "domain capabilities name nothing that libvirt does not" {
  for machine in q35 pc; do
    for daemon in libvirtd rvirtd; do
      ask "$daemon" "domcapabilities --virttype qemu --machine $machine" > "$BATS_TEST_TMPDIR/$daemon"
    done
    run diff "$BATS_TEST_TMPDIR/libvirtd" "$BATS_TEST_TMPDIR/rvirtd"
    [ "$(grep '^>' <<< "$output")" = "$(printf '%s\n' ">     <genid supported='no'/>" ">     <backup supported='no'/>")" ]
  done
  run ask rvirtd "domcapabilities --machine nonsense"
  [[ $output == *"the machine 'nonsense' is not supported by emulator"* ]]
}

@test "what was learnt of a binary is kept until it changes" {
  file=$(find "$PEERS/state" -name '*qemu-system-x86_64.json')
  jq -e '.machines["pc-q35-7.2"] and .stamp.size > 0' "$file" > "$BATS_TEST_TMPDIR/out"
}

@test "a document's command line for a shell is libvirt's, and nothing is made for it" {
  sed "s,IMAGES/,/nowhere/,g" "$RVIRT_SRCDIR/tests/interop/qemu-xml/min-q35.xml" > "$BATS_TEST_TMPDIR/min.xml"
  for daemon in libvirtd rvirtd; do
    ask "$daemon" "domxml-to-native qemu-argv --xml $BATS_TEST_TMPDIR/min.xml" > "$BATS_TEST_TMPDIR/$daemon"
  done
  # as many words, each as a shell reads it
  eval "words=($(cat "$BATS_TEST_TMPDIR/rvirtd"))"
  printf '%s\n' "${words[@]}" > "$BATS_TEST_TMPDIR/words"
  python3 "$RVIRT_SRCDIR/tests/interop/qemu-argv.py" "$BATS_TEST_TMPDIR/libvirtd" \
    <(sed "s,$PEERS/state/lib/qemu/domain--1-[^/,\"]*,/run/d,g" "$BATS_TEST_TMPDIR/words")
  [ -z "$(find "$PEERS/state" -name 'domain--1*')" ]
  same "domxml-to-native nonsense --xml $BATS_TEST_TMPDIR/min.xml"
}
