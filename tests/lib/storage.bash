# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Storage of both daemons at once: the same commands, and what is seen of them made comparable.

. "${BASH_SOURCE%/*}/libvirtd.bash"
. "${BASH_SOURCE%/*}/rvirtd.bash"

# shell SHELL DAEMON COMMANDS
shell() {
  limit "$1" -c "storage+unix:///system?socket=$PEERS/$2/libvirt-sock" "$3"
}

# observe SHELL DAEMON COMMANDS: what is seen, with what differs by nature made equal.
observe() {
  local status=0
  shell "$@" > "$BATS_TEST_TMPDIR/out" 2>&1 || status=$?
  sed -E -e "s,$PEERS/$2-pool,POOL,g" -e "s/\b$1\b/SHELL/g" \
    -e 's/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/UUID/g' -e 's/(time>)[0-9.]+</\1TIME</' \
    -e '/pool type/,/<source>/s/(unit=.bytes.>)[0-9]+</\1SIZE</' -e '/^State: /,$s/^(Capacity|Allocation|Available): .*/\1: SIZE/' \
    -e '/Persistent  /,$s/[0-9.]+ [KMGT]iB( +|$)/SIZE /g' -e 's/-{10,}/---/' -e 's/  +/  /g' \
    -e "s,$(device "$2"),DEVICE,g" -e "s,\b$(basename "$(device "$2")"),DEVICE,g" -e "s,$2group,GROUP,g" \
    -e "s/(<(extent|freeExtent) ).*/\1.../" -e '/volume type=.block/,$s/(unit=.bytes.>)[0-9]+</\1SIZE</' \
    -e '/ block +[0-9]/s/[0-9.]+ [KMGT]iB/SIZE/g' \
    -e 's,\((/usr)?/s?bin/,(,' "$BATS_TEST_TMPDIR/out" | cat -s
  echo "--- exit status $status"
}

# same COMMANDS…: the SHELL (virsh) sees the same of both daemons, as virsh does of libvirt's. Each group of commands
# starts where the one before has ended. DIR and DEVICE stand for the folder and the device of each daemon.
same() {
  local shell=${SHELL_UNDER_TEST:-virsh} commands
  for commands in "$@"; do
    observe virsh libvirtd "$(placed libvirtd "$commands")" > "$BATS_TEST_TMPDIR/expected"
    observe "$shell" rvirtd "$(placed rvirtd "$commands")" > "$BATS_TEST_TMPDIR/seen"
    diff -u "$BATS_TEST_TMPDIR/expected" "$BATS_TEST_TMPDIR/seen"
  done
}

placed() {
  sed -e "s,DIR,$PEERS/$1-pool,g" -e "s,DEVICE,$(device "$1"),g" -e "s,GROUP,$1group,g" \
    -e "s,PART,$(basename "$(device "$1")")p,g" <<< "$2"
}

# device DAEMON: its loop device, if devices_begin has made them.
device() {
  cat "$PEERS/$1.device" 2> /dev/null || echo /no-such-device
}

# devices_begin MIB: a loop device for each daemon, which devices_end gives back. Without them a test is skipped, as in
# most containers.
devices_begin() {
  local daemon device
  for daemon in libvirtd rvirtd; do
    truncate -s "$1M" "$PEERS/$daemon.image"
    device=$(limit losetup -P -f --show "$PEERS/$daemon.image" 2>&1) || skip "needs loop devices: $device"
    echo "$device" > "$PEERS/$daemon.device"
  done
}

devices_end() {
  local daemon
  for daemon in libvirtd rvirtd; do
    [ ! -e "$PEERS/$daemon.device" ] || limit losetup -d "$(device "$daemon")"
    rm -f "$PEERS/$daemon.device" "$PEERS/$daemon.image"
  done
}

# blank: nothing is on the devices.
blank() {
  local daemon
  for daemon in libvirtd rvirtd; do
    limit wipefs -afq "$(device "$daemon")"
  done
}
