# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The ssh transport through a real sshd and the real rvirt-gateway, to daemons that are played.

load ../lib/sshd
load ../lib/transport

setup_file() {
  need sshd openssh-server
  peers_begin
  sshd_start
  sshd_offers rvirt-gateway
}

setup() {
  cd "$BATS_TEST_TMPDIR"
  transport_data
  uri="test+ssh://far/default?socket=$PWD/sock"
}

@test "every byte goes and comes, the answer after the end of the question" {
  with sock -- bash -c 'exchange "$0"' "$uri"
  [ "$status" = 0 ]
}

@test "the far side's end leaves the near one's running" {
  with talk:sock -- bash -c 'far_end_first "$0"' "$uri"
  [ "$status" = 0 ]
}

@test "a failure is told with its stage and what to do" {
  touch known_hosts
  ssh-keygen -q -t ed25519 -N '' -f other_key
  echo "far $(cut -d' ' -f1,2 other_key.pub)" > changed_hosts
  fails "test+ssh://far:1/" "connect: ssh to host far, port 1 ended with exit status 255: ssh: connect to host 127.0.0.1 port 1: Connection refused; check that sshd runs there"
  fails "test+ssh://nonexistent.invalid/" "resolve: ssh to host nonexistent.invalid ended"
  fails "test+ssh://far/?known_hosts=$PWD/known_hosts" "Host key verification failed.; it is not known"
  fails "test+ssh://far/?known_hosts=$PWD/changed_hosts" "host key: ssh to host far ended"
  fails "test+ssh://nobody@far/?sshauth=password" "Permission denied"
  fails "test+ssh://far/?socket=/nonexistent" "ssh to host far ended with exit status"
  fails "test+ssh://far/?socket=/nonexistent" "/nonexistent"
}

@test "no_verify accepts a host key that is not known" {
  with path:sock -- rvirt-dial "$uri&known_hosts=$PWD/none&no_verify=1"
  [ "$output" = sock ] || [[ $output == *"/sock" ]]
}

@test "ssh that is killed while in use is a failure" {
  with talk:sock -- bash -c '
    coproc dial { exec rvirt-dial "$0" 2> errors; }
    to=${dial[1]} from=${dial[0]} pid=$!
    echo one >&$to
    read -rt 20 a <&$from
    read -r child < /proc/$pid/task/$pid/children
    kill -KILL $child
    wait $pid
    echo $?' "$uri"
  [ "$output" = 1 ]
  [[ $(cat errors) == *"ssh to host far was ended by signal 9"* ]]
}
