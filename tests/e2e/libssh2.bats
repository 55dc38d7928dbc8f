# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The libssh2 transport through a real sshd and the real rvirt-gateway. What it needs of ssh is only `ssh -G`.

load ../lib/common
load ../lib/sshd

setup_file() {
  need sshd openssh-server
  peers_begin
  sshd_start
  sshd_offers rvirt-gateway
}

teardown_file() {
  peers_end
}

setup() {
  cd "$BATS_TEST_TMPDIR"
  head -c 3000000 /dev/urandom > data
  sum=$(sha256sum < data)
  export sum=${sum%% *}
  uri="test+libssh2://far/default?socket=$PWD/sock"
}

# with ADDRESS… -- COMMAND…: runs it while a daemon is played.
with() {
  run limit python3 "$RVIRT_SRCDIR/tests/e2e/transport-peer.py" "$@" 3>&-
}

# fails URI WORDS: what is said on standard error has the words.
fails() {
  run limit rvirt-dial "$1" < /dev/null
  [ "$status" = 1 ]
  if [[ $output != *"$2"* ]]; then
    echo "$output"
    return 1
  fi
}

@test "every byte goes and comes, the answer after the end of the question" {
  with sock -- bash -ec '
    timeout 60 rvirt-dial "$0" < data > answer
    read -r line < answer
    [ "$line" = "3000000 $sum" ]
    [ "$(tail -n +2 answer | sha256sum)" = "$ANSWER  -" ]' "$uri"
  [ "$status" = 0 ]
}

@test "the far side's end leaves the near one's running" {
  with talk:sock -- bash -ec '
    coproc dial { exec rvirt-dial "$0"; }
    to=${dial[1]} from=${dial[0]} pid=$!
    echo end >&$to
    read -rt 20 a <&$from
    ! read -rt 20 b <&$from
    echo more >&$to
    kill -0 $pid
    exec {to}>&-
    wait $pid' "$uri"
  [ "$status" = 0 ]
}

@test "what the gateway says, and how it ended, is the error" {
  fails "$uri" "port $(peer_port sshd) of 127.0.0.1 ended with exit status"
  fails "$uri" "$PWD/sock"
  sshd_offers
  fails "test+libssh2://far/" "ended with exit status 127: none of rvirt-gateway, virt-ssh-helper, nc found on far; install"
  sshd_offers rvirt-gateway
}
