# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Every command of virsh is there, with the same options, which take the same kinds of values and stand in the same
# places.

load ../lib/common

setup_file() {
  need virsh libvirt-clients
  peers_begin
}

teardown_file() {
  peers_end
}

@test "every command of virsh has its options in rvsh" {
  cd "$PEERS"
  LIMIT=200 run limit python3 "$RVIRT_SRCDIR/tests/interop/help.py" "$RVIRT_SRCDIR/tests/interop/help.meant"
  echo "$output"
  [ "$status" = 0 ]
}
