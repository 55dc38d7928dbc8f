# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Secrets of the host by rvsh: kept with their values, read again by the next daemon, private ones never shown.

load ../lib/rvirtd

setup() {
  peers_begin
  rvirtd_start rvirtd "state_dir = \"$PEERS/state\""
}

teardown() {
  peers_end
}

on() {
  limit rvsh -c "secret+unix:///session?socket=$PEERS/rvirtd/libvirt-sock" "$@"
}

# secret ATTRIBUTES NAME: defines one.
secret() {
  echo "<secret $1><usage type='ceph'><name>$2</name></usage></secret>" > "$BATS_TEST_TMPDIR/secret.xml"
  on secret-define "$BATS_TEST_TMPDIR/secret.xml"
}

uuid_of() {
  on secret-list | awk -v name="$1" '$3 == name { print $1 }'
}

@test "secrets and their values outlive the daemon, but for ephemeral ones" {
  secret "" kept
  secret "private='yes'" hidden
  secret "ephemeral='yes'" lost
  for name in kept hidden lost; do
    on secret-set-value "$(uuid_of "$name")" --base64 aGVsbG8=
  done
  [ "$(on secret-get-value "$(uuid_of lost)")" = "aGVsbG8=" ]
  run ! on secret-get-value "$(uuid_of hidden)"
  [[ $output == *"secret is private"* ]]
  secret "" kept && false
  secret "uuid='x'" kept && false
  peer_stop rvirtd
  rvirtd_start rvirtd "state_dir = \"$PEERS/state\""
  [ "$(on secret-get-value "$(uuid_of kept)")" = "aGVsbG8=" ]
  [ -n "$(uuid_of hidden)" ]
  [ -z "$(uuid_of lost)" ]
  on secret-undefine "$(uuid_of kept)"
  on secret-undefine "$(uuid_of hidden)"
  [ -z "$(find "$PEERS/state/secrets" -type f)" ]
}
