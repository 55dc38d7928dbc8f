# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Every command of virsh is there, with the same options, which take the same kinds of values and stand in the same
# places.

load ../lib/common

setup_file() {
  need virsh libvirt-clients
  peers_begin
}

@test "every command of virsh has its options in rvsh" {
  cd "$PEERS"
  LIMIT=200 run limit python3 "$RVIRT_SRCDIR/tests/interop/help.py" "$RVIRT_SRCDIR/tests/interop/help.meant"
  echo "$output"
  [ "$status" = 0 ]
}

@test "what virsh offers for the value of an option, rvsh offers too" {
  cd "$PEERS"
  LIMIT=400 run limit python3 "$RVIRT_SRCDIR/tests/interop/complete.py"
  echo "$output"
  [ "$status" = 0 ]
  [[ $output =~ ([0-9]+)" candidates" ]]
  [ "${BASH_REMATCH[1]}" -gt 500 ]
}
