# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A private rvirtd with its QEMU driver. Its guests outlive it, so that qemu_stop ends them. Stands on common.bash,
# rvirtd.bash and guest.bash.

# qemu_start [CONFIG-LINE…]: the daemon "rvirtd", whose state is in $PEERS/state.
qemu_start() {
  need qemu-system-x86_64 qemu-system-x86
  rvirtd_start rvirtd "state_dir = \"$PEERS/state\"" "$@"
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

# state_is NAME TEXT…: what domstate --reason says.
state_is() {
  [ "$(on domstate "$1" --reason)" = "${*:2}" ]
}

# qemu_stop: ends all guests, then everything else.
qemu_stop() {
  local file
  for file in "$PEERS"/state/run/qemu/*.xml; do
    [ ! -e "$file" ] || kill -9 "$(guest_pid "$(basename "$file" .xml)")" 2> /dev/null || true
  done
  peers_end
}
