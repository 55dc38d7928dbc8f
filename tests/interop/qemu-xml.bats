# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The QEMU driver makes of documents what libvirt's makes of them: the same definition, with the same controllers and
# addresses, and the same command line; and the real QEMU takes that.

load ../lib/common
load ../lib/libvirtd

setup_file() {
  need virsh libvirt-clients
  need libvirtd libvirt-daemon-system
  need qemu-system-x86_64 qemu-system-x86
  need_root "QEMU's definitions under libvirt"
  peers_begin
  libvirtd_start
  mkdir "$PEERS/xml" "$PEERS/images" "$PEERS/run-dir"
  for name in a.qcow2 b.img c.iso d.img e.img hda.img fda.img scsi.img "a,b.img" block kernel initrd; do
    truncate -s 1474560 "$PEERS/images/$name"
  done
  qemu-img create -q -f qcow2 "$PEERS/images/a.qcow2" 1M
  for file in "$RVIRT_SRCDIR"/tests/interop/qemu-xml/*.xml; do
    sed "s,IMAGES/,$PEERS/images/,g" "$file" > "$PEERS/xml/$(basename "$file")"
  done
  URI=$(libvirtd_qemu_uri)
  export URI
  # libvirt refuses some at once what others make clear
  for file in "$PEERS"/xml/*.xml; do
    limit virsh -q -c "$URI" define "$file"
  done
}

teardown_file() {
  peers_end
}

# ours WHAT FILE…
ours() {
  QEMU_XML_DIR=$PEERS/run-dir limit "$RVIRT_BUILDDIR/tests/lib/qemu-xml" "$1" "$PEERS/caps" "${@:2}"
}

@test "definitions have the same devices, addresses and defaults" {
  for file in "$PEERS"/xml/*.xml; do
    limit virsh -q -c "$URI" dumpxml --inactive --security-info "$(basename "$file" .xml)" | sed '/^$/d' \
      > "$BATS_TEST_TMPDIR/expected"
    ours define "$file" | sed 1d > "$BATS_TEST_TMPDIR/seen"
    diff -u "$BATS_TEST_TMPDIR/expected" "$BATS_TEST_TMPDIR/seen"
    # and read again they stay as they are
    ours define "$BATS_TEST_TMPDIR/seen" > "$BATS_TEST_TMPDIR/again"
    limit virsh -q -c "$URI" define "$BATS_TEST_TMPDIR/expected"
    limit virsh -q -c "$URI" dumpxml --inactive --security-info "$(basename "$file" .xml)" | sed '/^$/d' \
      > "$BATS_TEST_TMPDIR/expected-again"
    sed 1d "$BATS_TEST_TMPDIR/again" | diff -u "$BATS_TEST_TMPDIR/expected-again" -
  done
}

@test "command lines are the same, but for what is meant" {
  for file in "$PEERS"/xml/*.xml; do
    limit virsh -q -c "$URI" domxml-to-native qemu-argv --domain "$(basename "$file" .xml)" \
      > "$BATS_TEST_TMPDIR/expected" 2> "$BATS_TEST_TMPDIR/why" || {
      grep -q "Could not open TPM device" "$BATS_TEST_TMPDIR/why"
      continue
    }
    ours argv "$file" | sed 1d > "$BATS_TEST_TMPDIR/seen"
    limit python3 "$RVIRT_SRCDIR/tests/interop/qemu-argv.py" "$BATS_TEST_TMPDIR/expected" "$BATS_TEST_TMPDIR/seen"
  done
}
