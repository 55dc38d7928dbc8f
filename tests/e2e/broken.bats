# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Whatever dies while a call waits for its answer, rvsh says so at once and leaves nothing behind.

load ../lib/rvirtd
load ../lib/sshd

setup_file() {
  need sshd openssh-server
  need ss iproute2
  peers_begin
  sshd_start
  sshd_offers rvirt-gateway
}

setup() {
  called=$BATS_TEST_TMPDIR/called
  out=$BATS_TEST_TMPDIR/out
  socket=$PEERS/deaf-$BATS_TEST_NUMBER/socket
  peer_start "deaf-$BATS_TEST_NUMBER" "$socket" -- \
    python3 "$RVIRT_SRCDIR/tests/e2e/deaf.py" "$socket" "$called"
}

teardown() {
  peer_stop "deaf-$BATS_TEST_NUMBER"
}

# ask URI: starts rvsh and waits until its call is under way.
ask() {
  limit rvsh -c "$1" hostname > "$out" 2>&1 3>&- &
  shell=$!
  wait_until 10 test -e "$called"
}

# fails_with PATTERN: the waiting rvsh ends with status 1, and says this.
fails_with() {
  local status=0
  wait "$shell" || status=$?
  cat "$out"
  [ $status = 1 ]
  grep -qE "$1" "$out"
}

# descendants NAME: process ids of what the waiting rvsh, or sshd, started under this name.
descendants() {
  marked_processes | awk -v name="$1" '{ n = split($2, path, "/"); if (path[n] == name) print $1 }'
}

@test "the daemon is killed" {
  ask "test+unix:///default?socket=$socket"
  peer_stop "deaf-$BATS_TEST_NUMBER" KILL
  fails_with 'error: .*(closed|reset|end of file|lost)'
}

@test "the daemon is killed behind ssh" {
  ask "test+ssh://far/default?socket=$socket"
  peer_stop "deaf-$BATS_TEST_NUMBER" KILL
  fails_with 'error: .*far'
}

@test "the gateway is killed" {
  ask "test+ssh://far/default?socket=$socket"
  descendants rvirt-gateway | xargs kill -KILL
  fails_with 'error: .*far'
}

@test "ssh is killed" {
  ask "test+ssh://far/default?socket=$socket"
  descendants ssh | xargs kill -KILL
  fails_with 'error: .*(far|ssh)'
}

@test "rvsh is killed: ssh and the gateway end" {
  ask "test+ssh://far/default?socket=$socket"
  descendants rvsh | xargs kill -KILL
  wait "$shell" || true
  wait_until 10 none_left ssh
  wait_until 10 none_left rvirt-gateway
}

@test "Ctrl-C ends rvsh, ssh and the gateway, even if the daemon does not hang up" {
  peer_start stubborn "$PEERS/stubborn/socket" -- \
    python3 "$RVIRT_SRCDIR/tests/e2e/deaf.py" "$PEERS/stubborn/socket" "$called" stubborn
  run -130 limit python3 "$RVIRT_SRCDIR/tests/e2e/ctrl-c.py" "$called" \
    rvsh -c "test+ssh://far/default?socket=$PEERS/stubborn/socket" hostname
  wait_until 10 none_left ssh
  wait_until 10 none_left rvirt-gateway
  peer_stop stubborn
}

none_left() {
  [ -z "$(descendants "$1")" ]
}

@test "rvirtd is killed before it answers, and its successor takes over the socket" {
  rvirtd_start
  kill -STOP "$(peer_pid rvirtd)"
  limit rvsh -c "$(rvirtd_uri)" hostname > "$out" 2>&1 3>&- &
  shell=$!
  wait_until 10 somebody_waits "$PEERS/rvirtd/libvirt-sock"
  peer_stop rvirtd KILL
  fails_with 'error: '
  rvirtd_start
  run -0 limit rvsh -c "$(rvirtd_uri)" hostname
  peer_stop rvirtd
}

# somebody_waits SOCKET: a connection that was not accepted yet.
somebody_waits() {
  [ "$(ss -xlH src "$1" | awk '{ print $3 }')" != 0 ]
}
