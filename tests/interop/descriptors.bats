# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Descriptors over unix sockets, ours and libvirt's library with either daemon: what comes through them, what is
# refused, and that nothing of it stays open.

load ../lib/qemu

setup_file() {
  local uri
  both_start 'test_driver_state = "daemon"'
  guest_xml screen kernel=no memory=32 console=none devices="<graphics type='vnc'><listen type='none'/></graphics>" \
    > "$PEERS/screen.xml"
  for uri in "$(libvirtd_qemu_uri)" "$(qemu_uri)"; do
    limit virsh -q -c "$uri" create "$PEERS/screen.xml" --paused
  done
}

# Guests do not end with their daemons.
teardown_file() {
  local uri
  for uri in "$(libvirtd_qemu_uri)" "$(qemu_uri)"; do
    limit virsh -q -c "$uri" destroy screen || true
  done
  peers_end
}

# open_in NAME: how many descriptors the daemon has.
open_in() {
  local fds=("/proc/$(peer_pid "$1")/fd"/*)
  echo "${#fds[@]}"
}

same_number() {
  [ "$(open_in "$1")" -le "$2" ]
}

@test "libvirt's library gets a display through a descriptor and brings one, as with libvirt's daemon" {
  local before
  before=$(open_in rvirtd)
  limit /usr/bin/python3 "$BATS_TEST_DIRNAME/descriptors.py" "$(libvirtd_qemu_uri)" screen > "$PEERS/libvirtd.seen"
  limit /usr/bin/python3 "$BATS_TEST_DIRNAME/descriptors.py" "$(qemu_uri)" screen > "$PEERS/rvirtd.seen"
  diff -u "$PEERS/libvirtd.seen" "$PEERS/rvirtd.seen"
  [ "$(grep -c '^RFB 003.008$' "$PEERS/rvirtd.seen")" = 2 ]
  wait_until 10 same_number rvirtd "$before"
}

@test "our library gets a display from either daemon and brings one" {
  local uri how before
  before=$(open_in rvirtd)
  for uri in "$(libvirtd_qemu_uri)" "$(qemu_uri)"; do
    for how in get bring; do
      run -0 limit "$RVIRT_BUILDDIR/tests/lib/open-graphics" "$how" "$uri" screen
      [ "$output" = "RFB 003.008" ]
    done
  done
  wait_until 10 same_number rvirtd "$before"
}

@test "where no unix socket is on the way, descriptors are refused by both sides" {
  local uri
  uri="qemu+tcp://127.0.0.1:$(peer_port rvirtd)/system"
  run -1 limit "$RVIRT_BUILDDIR/tests/lib/open-graphics" bring "$uri" screen
  [[ $output == *"fd passing is not supported by this connection"* ]]
  run -1 limit "$RVIRT_BUILDDIR/tests/lib/open-graphics" get "$uri" screen
  [[ $output == *"fd passing is not supported by this connection"* ]]
  run -1 limit /usr/bin/python3 "$BATS_TEST_DIRNAME/descriptors.py" "$uri" screen
  [[ $output == *"fd passing is not supported by this connection"* ]]
}

# passed SHELL DAEMON: commands that take descriptors.
passed() {
  local uri="test+unix:///default?socket=$PEERS/$2/libvirt-sock" qemu="qemu+unix:///system?socket=$PEERS/$2/libvirt-sock"
  limit "$1" -c "$uri" 'destroy test; start test --pass-fds 5,6; domstate test' 2>&1 5< /dev/null 6< /dev/null
  limit "$1" -c "$uri" "destroy test; create $PEERS/made.xml --pass-fds 5; domstate made; destroy made; start test" 2>&1 5< /dev/null
  limit "$1" -c "$uri" 'start test --pass-fds 5,x' 2>&1 5< /dev/null || echo "exit status $?"
  limit "$1" -c "$qemu" qemu-monitor-command screen --pass-fds 5 --cmd '{"execute":"getfd","arguments":{"fdname":"x"}}' \
    --return-value 2>&1 5< /dev/null
  limit "$1" -c "$qemu" qemu-monitor-command screen --cmd '{"execute":"closefd","arguments":{"fdname":"x"}}' --return-value 2>&1
}

@test "virsh and rvsh pass descriptors to either daemon, which keeps none" {
  local shell daemon before
  echo "<domain type='test'><name>made</name><memory>1024</memory><os><type>hvm</type></os></domain>" > "$PEERS/made.xml"
  before=$(open_in rvirtd)
  for shell in virsh rvsh; do
    for daemon in libvirtd rvirtd; do
      passed "$shell" "$daemon" > "$PEERS/$shell-$daemon.seen"
      diff -u "$PEERS/virsh-libvirtd.seen" "$PEERS/$shell-$daemon.seen"
    done
  done
  grep -q "Domain 'test' started" "$PEERS/rvsh-rvirtd.seen"
  wait_until 10 same_number rvirtd "$before"
}
