# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The libssh2 transport through a real sshd and the real rvirt-gateway. What it needs of ssh is only `ssh -G`.

load ../lib/rvirtd
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
  sshd_offers rvirt-gateway
  uri="test+libssh2://far/default?socket=$PWD/sock"
}

@test "every byte goes and comes, the answer after the end of the question" {
  with sock -- bash -c 'exchange "$0"' "$uri"
  [ "$status" = 0 ]
}

@test "the far side's end leaves the near one's running" {
  with talk:sock -- bash -c 'far_end_first "$0"' "$uri"
  [ "$status" = 0 ]
}

@test "what the gateway says, and how it ended, is the error" {
  fails "$uri" "port $(peer_port sshd) of 127.0.0.1 ended with exit status"
  fails "$uri" "$PWD/sock"
  sshd_offers
  fails "test+libssh2://far/" "ended with exit status 127: none of rvirt-gateway, virt-ssh-helper, nc found on far; install"
}

@test "connect: no port, no host, no ssh there" {
  fails "test+libssh2://far:1/" "connect: "
  fails "test+libssh2://far:1/" "Connection refused"
  fails "test+libssh2://nonexistent.invalid/" "resolve: "
}

# hostile KIND COMMAND…
hostile() {
  local kind=$1
  shift
  port=$(free_port)
  export port
  LIMIT=200 run limit python3 "$RVIRT_SRCDIR/tests/e2e/hostile-ssh.py" "$kind" "$port" -- "$@" 3>&-
}

@test "what is no server of ssh is told so, in time" {
  for kind in silent closes lines long garbage huge http; do
    hostile "$kind" bash -c 'rvirt-dial "test+libssh2://far:$port/?connect_timeout=3" < /dev/null'
    echo "$kind: $output"
    [ "$status" = 1 ]
    [[ $output == *"connect: ssh handshake: "*"libssh2 to host far, port $port"* ]]
  done
}

@test "a connection that breaks off at any place is an error, never a wait" {
  local n
  hostile "cut=1:97:$(peer_port sshd)" bash -c '
    for i in {1..40}; do
      timeout 60 rvirt-dial "test+libssh2://far:$port/default?socket=/nonexistent" < /dev/null 2>> said
      [ $? = 1 ] || exit 7
    done'
  [ "$status" = 1 ] || [ "$status" = 0 ]
  n=$(grep -c 'rvirt-dial: error: ' said)
  [ "$n" = 40 ]
  [ "$(grep -c 'libssh2 to host far' said)" = 40 ]
}

@test "a byte that is changed on the way is found out" {
  hostile "flip=30:61:$(peer_port sshd)" bash -c '
    for i in {1..25}; do
      timeout 60 rvirt-dial "test+libssh2://far:$port/default?socket=/nonexistent&connect_timeout=2" < /dev/null 2>> said
      [ $? = 1 ] || exit 7
    done'
  [ "$status" != 7 ]
  [ "$(grep -c 'libssh2 to host far' said)" = 25 ]
}

# libssh2 1.10 forgets to free the host's key when keys are exchanged again.
forgive_libssh2() {
  echo leak:libssh2.so > leaks
  export LSAN_OPTIONS=suppressions=$PWD/leaks:print_suppressions=0
}

@test "much in both directions at once arrives byte for byte, also across new keys" {
  head -c 40000000 /dev/urandom > much
  printf '#!/bin/sh\nexec cat\n' > echoes
  chmod +x echoes
  sshd_offers "$PWD/echoes" cat
  limit rvirt-dial "test+libssh2://far/?proxy=netcat&netcat=echoes&socket=/none" < much > back
  cmp much back
  sshd_restart "RekeyLimit 3M"
  forgive_libssh2
  limit rvirt-dial "test+libssh2://far/?proxy=netcat&netcat=echoes&socket=/none" < much > back
  cmp much back
  sshd_restart
}

@test "what was sent before the end arrives before it" {
  printf '#!/bin/sh\nhead -c 5000000 /dev/zero; exit 0\n' > spout
  chmod +x spout
  sshd_offers "$PWD/spout" head
  for _ in {1..5}; do
    limit rvirt-dial "test+libssh2://far/?proxy=netcat&netcat=spout&socket=/none" < /dev/null > back
    [ "$(stat -c %s back)" = 5000000 ]
  done
}

@test "much on stderr stops nothing, and the end of it is told" {
  printf '#!/bin/sh\nhead -c 3000000 /dev/zero | tr "\\0" e >&2; echo last words >&2; exit 5\n' > chatter
  chmod +x chatter
  sshd_offers "$PWD/chatter" head tr
  fails "test+libssh2://far/?proxy=netcat&netcat=chatter&socket=/none" "ended with exit status 5: "
  [[ $output == *"eeeelast words"* ]]
  [ "${#output}" -lt 6000 ]
  printf '#!/bin/sh\nkill -TERM $$\n' > killed
  chmod +x killed
  sshd_offers "$PWD/killed"
  fails "test+libssh2://far/?proxy=netcat&netcat=killed&socket=/none" "was ended by signal TERM"
}

@test "sshd that is killed while in use is a failure" {
  with talk:sock -- bash -c '
    coproc dial { exec rvirt-dial "$0" 2> errors; }
    to=${dial[1]} from=${dial[0]} pid=$!
    echo one >&$to
    read -rt 20 a <&$from
    read -r children < /proc/$1/task/$1/children
    kill -KILL $children
    wait $pid
    echo $?' "$uri" "$(peer_pid sshd)"
  cat errors
  [ "$output" = 1 ]
  [[ $(cat errors) == *"call: the server closed the connection, libssh2 to host far"* ]]
}

@test "jump hosts: two of them, each a login of its own" {
  local before
  {
    printf 'Host inner\n  HostName 127.0.0.1\n  HostKeyAlias far\n  Port %s\n  ProxyJump hop1,hop2\n' "$(peer_port sshd)"
    printf 'Host hop1 hop2\n  HostName 127.0.0.1\n  HostKeyAlias far\n  Port %s\n' "$(peer_port sshd)"
    cat "$PEERS/sshd/ssh_config"
  } > config
  cp "$PEERS/sshd/ssh_config" before
  cp config "$PEERS/sshd/ssh_config"
  before=$(sshd_logins)
  with sock -- bash -c 'exchange "$0"' "${uri/far/inner}"
  [ "$status" = 0 ]
  [ "$(sshd_logins)" = $((before + 3)) ]
  sed -i 's/ProxyJump hop1,hop2/ProxyCommand sh -c "echo no way >\&2; exit 3"/' "$PEERS/sshd/ssh_config"
  fails "test+libssh2://inner/" "no way"
  cp before "$PEERS/sshd/ssh_config"
}

@test "dropbear is a server too" {
  need dropbear dropbear-bin
  need_root "a home of its own for dropbear"
  dropbear_start
  sshd_offers rvirt-gateway
  with sock -- bash -c 'exchange "$0"' "${uri/far/drop}"
  [ "$status" = 0 ]
}

@test "many channels share a session, each with a thread of its own" {
  local before
  before=$(sshd_logins)
  sshd_offers cat
  LIMIT=100 limit "$RVIRT_BUILDDIR/tests/lib/ssh-channels" "test+libssh2://far/" 8
  [ "$(sshd_logins)" = $((before + 1)) ]
  sshd_restart "RekeyLimit 2M"
  forgive_libssh2
  LIMIT=100 limit "$RVIRT_BUILDDIR/tests/lib/ssh-channels" "test+libssh2://far/" 4
  sshd_restart "MaxSessions 2"
  run limit "$RVIRT_BUILDDIR/tests/lib/ssh-channels" "test+libssh2://far/" 4
  [ "$status" = 1 ]
  [[ $output == *"login: opening a session: "*"sshd there allows no further one"* ]]
  sshd_restart
}

@test "threads and a thousand calls on their way share a connection" {
  rvirtd_start
  for what in threads pipeline; do
    limit "$RVIRT_BUILDDIR/tests/lib/api-calls" "test+libssh2://far/default?socket=$PEERS/rvirtd/libvirt-sock" $what
  done
}

@test "ServerAliveInterval: a host that falls silent is given up, one that only waits is not" {
  cp "$PEERS/sshd/ssh_config" before
  sed -i 's/^Host \*/&\n  ServerAliveInterval 2/' "$PEERS/sshd/ssh_config"
  with talk:sock -- bash -c '
    coproc dial { exec rvirt-dial "$0" 2> errors; }
    to=${dial[1]} from=${dial[0]} pid=$!
    echo one >&$to
    read -rt 20 a <&$from
    # three questions later
    ! read -rt 9 b <&$from
    echo two >&$to
    read -rt 20 b <&$from
    read -r children < /proc/$1/task/$1/children
    kill -STOP $children
    wait $pid
    echo $a $b $?
    kill -KILL $children' "$uri" "$(peer_pid sshd)"
  cp before "$PEERS/sshd/ssh_config"
  cat errors
  [ "$output" = "one two 1" ]
  [[ $(cat errors) == *"the host does not answer any more"* ]]
}
