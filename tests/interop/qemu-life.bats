# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The life of a machine as libvirt's own clients see it: answers, errors and events are those of libvirt's daemon.

load ../lib/qemu

setup_file() {
  /usr/bin/python3 -c 'import libvirt' || need python3-libvirt python3-libvirt
  both_start
  guest_image
}

# live URI NAME: what a client sees of the whole life of a guest.
live() {
  guest_xml life uuid=11111111-2222-4333-8444-555555555555 log="$PEERS/$2.console" > "$PEERS/$2.xml"
  touch "$PEERS/$2.console"
  LIMIT=150 limit /usr/bin/python3 "$RVIRT_SRCDIR/tests/interop/qemu-life.py" "$1" "$PEERS/$2.xml" "$PEERS/$2.console"
}

@test "a client of libvirt's sees the same life of a guest as of libvirt's daemon" {
  live "$(libvirtd_qemu_uri)" libvirtd > "$PEERS/libvirtd.seen" 3>&- &
  live "$(qemu_uri)" rvirtd > "$PEERS/rvirtd.seen"
  wait $!
  diff -u "$PEERS/libvirtd.seen" "$PEERS/rvirtd.seen"
}

# gone: nothing is left of the guest, whatever came of the test before.
gone() {
  for daemon in "$(libvirtd_qemu_uri)" "$(qemu_uri)"; do
    limit virsh -c "$daemon" 'destroy life; undefine life' > /dev/null 2>&1 || true
  done
}

# said URI COMMANDS: what virsh prints, but for what differs by nature, and how it ends.
said() {
  local status=0
  limit virsh -c "$1" "$2" > "$BATS_TEST_TMPDIR/said" 2>&1 || status=$?
  sed -E '/^(CPU time|Used memory|Security|Managed|Messages)/d; /^-?$/d' "$BATS_TEST_TMPDIR/said"
  echo "exit status $status"
}

@test "virsh prints the same of a machine" {
  gone
  guest_xml one kernel=no uuid=11111111-2222-4333-8444-555555555556 > "$PEERS/one.xml"
  for commands in "define $PEERS/one.xml" 'list --all' 'start two' 'start one' 'start one' 'domstate one --reason' \
    'suspend one; domstate one --reason; resume one' 'autostart one' 'dominfo one' 'autostart --disable one' \
    'desc one --title new --live --config' 'list --title' 'domrename one three' 'undefine one' 'list --transient' \
    'destroy one' 'domstate one'; do
    said "$(libvirtd_qemu_uri)" "$commands" > "$BATS_TEST_TMPDIR/expected"
    said "$(qemu_uri)" "$commands" > "$BATS_TEST_TMPDIR/seen"
    diff -u "$BATS_TEST_TMPDIR/expected" "$BATS_TEST_TMPDIR/seen"
  done
}
