# SPDX-License-Identifier: LGPL-2.1-or-later
#
# rvsh tells of every event with every detail what virsh tells. A daemon that is played sends them, also in the form of
# daemons from before callback ids.

load ../lib/common

setup_file() {
  need virsh libvirt-clients
  peers_begin
}

setup() {
  socket=$PEERS/play/socket
}

teardown() {
  peer_stop play
}

# play KIND [NUMBER]: starts the daemon with the script of these events.
play() {
  python3 "$RVIRT_SRCDIR/tests/interop/events.py" "$@" | play_script
}

# play_script: starts the daemon with the script on stdin.
play_script() {
  mkdir -p "$PEERS/play"
  rm -f "$socket"
  cat > "$PEERS/play/script"
  peer_start play "$socket" -- "$RVIRT_BUILDDIR/tests/lib/play-daemon" "$socket" "$PEERS/play/script"
}

# hear SHELL COMMAND…: what a shell prints of the events.
hear() {
  limit python3 "$RVIRT_SRCDIR/tests/interop/events.py" run "$socket" "$1" -c "test+unix:///default?socket=$socket" "${@:2}" 2> /dev/null
}

# same MINIMUM COMMAND…: both shells print the same, at least so many lines.
same() {
  hear virsh "${@:2}" > "$BATS_TEST_TMPDIR/virsh"
  hear rvsh "${@:2}" > "$BATS_TEST_TMPDIR/rvsh"
  diff -u "$BATS_TEST_TMPDIR/virsh" "$BATS_TEST_TMPDIR/rvsh"
  [ "$(wc -l < "$BATS_TEST_TMPDIR/rvsh")" -ge "$1" ]
}

@test "events of domains" {
  play domain
  same 2000 event --all --loop --timestamp
}

@test "events of one domain" {
  play domain
  same 2000 event web --all --loop
}

@test "events of domains in their old form" {
  play old
  same 700 event --all --loop
}

@test "events of one domain in their old form" {
  play old
  same 390 event web --all --loop
  ! grep other "$BATS_TEST_TMPDIR/rvsh"
}

@test "events of networks" {
  play network 0
  same 55 net-event --event lifecycle --loop
}

@test "events of pools" {
  play pool 0
  same 55 pool-event --event lifecycle --loop
  peer_stop play
  play pool 1
  same 5 pool-event --event refresh --loop --timestamp
}

@test "events of node devices" {
  play nodedev 0
  same 55 nodedev-event --event lifecycle --loop
  peer_stop play
  play nodedev 1
  same 5 nodedev-event --event update --loop --timestamp
}

@test "events of secrets" {
  play secret 0
  same 55 secret-event --event lifecycle --loop
  peer_stop play
  play secret 1
  same 5 secret-event --event value-changed --loop --timestamp
}

DOMAIN='"dom": {"name": "web", "uuid": "11111111-2222-4333-8444-555555555555", "id": 3}'

# play_job EVENT-JSON…: a disk's job that gets on at each look, and then has these events; none: a host without events.
play_job() {
  {
    echo "answer DOMAIN_LOOKUP_BY_NAME {$DOMAIN}"
    printf 'answer DOMAIN_%s {}\n' BLOCK_PULL BLOCK_REBASE BLOCK_COMMIT BLOCK_COPY BLOCK_JOB_ABORT
    printf 'answer DOMAIN_GET_BLOCK_JOB_INFO {"found": 1, "type": 2, "cur": %s, "end": 1000}\n' 0 500 999
    if [ $# != 0 ]; then
      echo "answer DOMAIN_GET_BLOCK_JOB_INFO {\"found\": 1, \"type\": 2, \"cur\": 999, \"end\": 1000}"
      echo "feature 14"
      echo "await DOMAIN_GET_BLOCK_JOB_INFO 3"
      printf 'event DOMAIN_EVENT_BLOCK_JOB_2 {"callback_id": 116, %s, "dst": "vda", %s}\n' "$DOMAIN" "$@"
    else
      echo "answer DOMAIN_GET_BLOCK_JOB_INFO {\"found\": 0}"
    fi
  } | play_script
}

# same_job COMMAND…: both streams and the exit status.
same_job() {
  for shell in virsh rvsh; do
    {
      limit "$shell" -c "test+unix:///default?socket=$socket" "$@" 2> "$BATS_TEST_TMPDIR/err"
      echo "exit $?"
      # what virsh says of a daemon that does not take its closing callback; and whether the last look at the job or
      # the event comes first is open
      sed -e /disconnect/d -e '/not supported.*CLOSE_CALLBACK/d' -e 's/\r[^\r]*\[ 99 %\]//' "$BATS_TEST_TMPDIR/err"
    } > "$BATS_TEST_TMPDIR/$shell" || true
  done
  diff -u "$BATS_TEST_TMPDIR/virsh" "$BATS_TEST_TMPDIR/rvsh"
}

@test "a disk's job that ends well" {
  play_job '"type": 2, "status": 0'
  same_job blockpull web vda --wait --verbose
  grep -a 'Block Pull: \[100 %\]' "$BATS_TEST_TMPDIR/rvsh"
  same_job blockcommit web vda --wait --verbose --async
  same_job blockcopy web vda --dest /a --timeout 25 --verbose
}

@test "a disk's job that can be changed over" {
  play_job '"type": 2, "status": 3'
  for how in wait pivot finish; do
    same_job blockcopy web vda --dest /a --$how
    same_job blockcopy web vda --dest /a --format qcow2 --$how --verbose
  done
  for how in wait pivot keep-overlay; do
    same_job blockcommit web vda --active --$how
  done
}

@test "a disk's job that fails, or is ended" {
  for status in 1 2; do
    play_job "\"type\": 2, \"status\": $status"
    same_job blockpull web vda --wait
    same_job blockcommit web vda --pivot --verbose
    same_job blockcopy web vda --dest /a --finish
    peer_stop play
  done
  grep -q 'Copy aborted' "$BATS_TEST_TMPDIR/rvsh"
}

@test "a disk's job that takes too long" {
  play_job '"type": 2, "status": 77'
  sed -i /^event/d "$PEERS/play/script"
  peer_stop play
  play_script < <(cat "$PEERS/play/script")
  same_job blockcopy web vda --dest /a --timeout 1
  same_job blockpull web vda --wait --timeout 1 --async
}

@test "a disk's job of a host without events" {
  play_job
  same_job blockpull web vda --wait --verbose
  same_job blockcopy web vda --dest /a --pivot --verbose
}

@test "how far a disk's job is" {
  play_job
  for more in "" --raw --bytes "--raw --bytes" --info; do
    # shellcheck disable=SC2086
    same_job blockjob web vda $more
  done
}
