# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A private rvirtd with its QEMU driver.

. "${BASH_SOURCE%/*}/guest.bash"
. "${BASH_SOURCE%/*}/libvirtd.bash"
. "${BASH_SOURCE%/*}/rvirtd.bash"

# qemu_start [CONFIG-LINE…]: the daemon "rvirtd", whose state is in $PEERS/state.
qemu_start() {
  need qemu-system-x86_64 qemu-system-x86
  rvirtd_start rvirtd "state_dir = \"$PEERS/state\"" "$@"
}

# both_start [CONFIG-LINE…]: libvirt's daemon too, to be compared with.
both_start() {
  need_libvirt
  need_root "libvirt's guests are kept apart"
  peers_begin
  libvirtd_start
  qemu_start "$@"
}

# qemu_uri: the driver over the daemon's socket.
qemu_uri() {
  local path=system
  [ "$(id -u)" = 0 ] || path=session
  echo "qemu+unix:///$path?socket=$PEERS/rvirtd/libvirt-sock"
}

# on COMMAND…: rvsh on the driver.
on() {
  limit rvsh -c "$(qemu_uri)" "$@"
}

# guest_pid NAME: the process of a running guest.
guest_pid() {
  sed -n "1s/.* pid='\([0-9]*\)'.*/\1/p" "$PEERS/state/run/qemu/$1.xml"
}

# define NAME [KEY=VALUE…]: a guest of guest_xml.
define() {
  guest_xml "$@" > "$BATS_TEST_TMPDIR/$1.xml"
  on define "$BATS_TEST_TMPDIR/$1.xml"
}

# has NAME TEXT [OPTION…], lacks: the definition has it, or not.
has() {
  [[ $(on dumpxml "$1" "${@:3}") == *"$2"* ]]
}

lacks() {
  ! has "$@"
}

# open_by NAME FILE: QEMU has it open.
open_by() {
  find "/proc/$(guest_pid "$1")/fd" -lname "$2" | grep -q .
}

# state_is NAME TEXT…: what domstate --reason says.
state_is() {
  [ "$(on domstate "$1" --reason)" = "${*:2}" ]
}
