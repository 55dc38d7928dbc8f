# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Processors of the QEMU driver are libvirt's: the host's, those that QEMU gives, what several have in common, and what
# a guest's becomes when it starts.

load ../lib/qemu

setup_file() {
  /usr/bin/python3 -c 'import libvirt' || need python3-libvirt python3-libvirt
  both_start
}

uri_of() {
  echo "qemu+unix:///system?socket=$PEERS/$1/libvirt-sock"
}

# part_of DAEMON COMMAND ELEMENT: that element of the document.
part_of() {
  limit virsh -c "$(uri_of "$1")" "$2" | sed -n "/$3/,/<\/${3:1:4}/p"
}

@test "the host's processor and the best for guests are the same" {
  for daemon in libvirtd rvirtd; do
    part_of "$daemon" capabilities '<cpu>' > "$BATS_TEST_TMPDIR/$daemon"
    part_of "$daemon" 'domcapabilities --virttype qemu' "<mode name='host-model'" >> "$BATS_TEST_TMPDIR/$daemon"
  done
  grep -q fallback "$BATS_TEST_TMPDIR/rvirtd"
  # KVM tells the frequency anew each time, within some KHz
  diff -u <(sed "/name='tsc'/d" "$BATS_TEST_TMPDIR/libvirtd") <(sed "/name='tsc'/d" "$BATS_TEST_TMPDIR/rvirtd")
}

@test "500 questions about processors, drawn by chance, are answered as by libvirt" {
  python3 "$RVIRT_SRCDIR/tests/interop/cpu-calls.py" hypervisor 1 500 > "$BATS_TEST_TMPDIR/calls"
  for daemon in libvirtd rvirtd; do
    limit "$RVIRT_BUILDDIR/tests/lib/driver-calls" qemu:///system "$PEERS/$daemon/libvirt-sock" \
      < "$BATS_TEST_TMPDIR/calls" > "$BATS_TEST_TMPDIR/$daemon"
  done
  diff -U1 "$BATS_TEST_TMPDIR/libvirtd" "$BATS_TEST_TMPDIR/rvirtd"
}

@test "a guest's processor becomes what it does with libvirt" {
  LIMIT=150 limit /usr/bin/python3 "$RVIRT_SRCDIR/tests/interop/qemu-cpu.py" "$(uri_of libvirtd)" "$(uri_of rvirtd)"
}

@test "virsh compares and lists processors" {
  for command in 'cpu-models x86_64' "cpu-compare $BATS_TEST_TMPDIR/cpu.xml" "hypervisor-cpu-compare $BATS_TEST_TMPDIR/cpu.xml --virttype qemu" \
    "cpu-baseline $BATS_TEST_TMPDIR/hosts.xml --features" "hypervisor-cpu-baseline $BATS_TEST_TMPDIR/hosts.xml --virttype qemu --migratable" \
    "cpu-compare $BATS_TEST_TMPDIR/cpu.xml --error --validate"; do
    echo "<cpu match='exact'><model>Penryn</model><feature policy='require' name='3dnow'/></cpu>" > "$BATS_TEST_TMPDIR/cpu.xml"
    echo "<cpus><cpu><arch>x86_64</arch><model>Haswell</model></cpu><cpu><arch>x86_64</arch><model>EPYC</model></cpu></cpus>" \
      > "$BATS_TEST_TMPDIR/hosts.xml"
    for daemon in libvirtd rvirtd; do
      { limit virsh -c "$(uri_of "$daemon")" "$command" 2>&1 || echo "exit status $?"; } > "$BATS_TEST_TMPDIR/$daemon"
    done
    diff -u "$BATS_TEST_TMPDIR/libvirtd" "$BATS_TEST_TMPDIR/rvirtd"
  done
}
