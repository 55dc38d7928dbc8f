# SPDX-License-Identifier: LGPL-2.1-or-later
#
# One login a host: connections share what the first one left behind, and whatever is wrong with that, they connect.

load ../lib/rvirtd
load ../lib/sshd
load ../lib/transport

setup_file() {
  need sshd openssh-server
  peers_begin
  rvirtd_start
  sshd_start
  sshd_offers rvirt-gateway
}

setup() {
  cd "$BATS_TEST_TMPDIR"
  uri="test+ssh://far/default?socket=$PEERS/rvirtd/libvirt-sock"
  places=$XDG_RUNTIME_DIR/rvirt
  before=$(sshd_logins)
}

teardown() {
  keepers_end
}

lists() {
  run limit rvsh -c "$@" list
  echo "$output"
  [ "$status" = 0 ]
  [[ $output == *" 1    test   running"* ]]
}

# logins COUNT: so many since the test began.
logins() {
  [ $(($(sshd_logins) - before)) = "$1" ]
}

# lists_at_once COUNT URI: all at the same time, and none fails.
lists_at_once() {
  local pids=() pid
  for _ in $(seq "$1"); do
    limit rvsh -c "$2" list >> out 2>&1 3>&- &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do
    wait "$pid" || { cat out; return 1; }
  done
  [ "$(grep -c ' 1    test   running' out)" = "$1" ]
}

nobody_keeps() {
  [ -z "$(keepers)" ]
}

# restarts LINE: sshd, with this line; what it logged is gone.
restarts() {
  sshd_restart "$@"
  before=0
}

# not_shared WHY: it works, with a login of its own, and the log says why.
not_shared() {
  local now
  now=$(sshd_logins)
  RVIRT_LOG=info lists "$uri&share=auto"
  [[ $output == *"is not shared: $1"* ]]
  [ "$(sshd_logins)" = $((now + 1)) ]
}

@test "ten commands in a row: one login" {
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    lists "$uri&share=auto"
  done
  logins 1
}

@test "ten commands at once: one login" {
  lists_at_once 10 "$uri&share=auto"
  logins 1
}

@test "share=no, in the URI or the configuration file, is a login each" {
  lists "$uri&share=no"
  lists "$uri"
  logins 2
  [ ! -e "$places" ]
}

@test "it is shared unless something says otherwise" {
  mv "$XDG_CONFIG_HOME/rvirt/rvirt.conf" conf
  lists "$uri"
  lists "$uri"
  echo 'share = "maybe"' > "$XDG_CONFIG_HOME/rvirt/rvirt.conf"
  run limit rvsh -c "$uri" list
  mv conf "$XDG_CONFIG_HOME/rvirt/rvirt.conf"
  logins 1
  [[ $output == *"rvirt.conf:1: 'share' must be one of no, auto, only"* ]]
  run limit rvsh -c "$uri&share=yes" list
  [[ $output == *"share must be one of no, auto, only, not 'yes'"* ]]
}

@test "the keeper holds nothing of its starter: who reads to the end sees the end" {
  run limit bash -c "rvsh -c '$uri&share=auto' list 2>&1 | cat"
  [[ $output == *running* ]]
  pid=$(keepers)
  run ls -l "/proc/$pid/fd"
  [[ $output != *pipe:* ]]
  [ "$(grep -c /dev/null <<< "$output")" = 3 ]
  # a session of its own, where no key of the terminal reaches it
  [ "$(ps -o sid= -p "$pid" | tr -d ' ')" = "$pid" ]
}

@test "the keeper ends when nobody used it for so long" {
  lists "$uri&share=auto&share_idle=2"
  # to ask it is to use it
  pid=$(keepers)
  wait_until 20 process_gone "$pid"
  lists "$uri&share=auto"
  logins 2
  run limit rvsh -c "$uri&share_idle=0" list
  [[ $output == *"share_idle must be 1 second or more"* ]]
}

@test "a keeper that was killed is replaced" {
  lists "$uri&share=auto"
  kill -KILL "$(keepers)"
  lists "$uri&share=auto"
  logins 2
  [ "$(find "$places" -type s | wc -l)" = 1 ]
}

@test "a keeper that does not answer is not waited for" {
  lists "$uri&share=auto"
  pid=$(keepers)
  kill -STOP "$pid"
  LIMIT=10 not_shared "its socket is not to be used"
  kill -CONT "$pid"
  lists "$uri&share=auto"
  logins 2
}

@test "a socket or a directory that others could have made is not used" {
  lists "$uri&share=auto"
  socket=$(echo "$places"/ssh-*)
  chmod 666 "$socket"
  not_shared "its socket is not to be used"
  chmod 600 "$socket"
  keepers_end
  mkdir -m 755 "$places"
  not_shared "there is no directory"
  rmdir "$places"
  mkdir -m 700 elsewhere
  ln -s "$PWD/elsewhere" "$places"
  not_shared "there is no directory"
  [ -z "$(ls elsewhere)" ]
  run limit rvsh -c "$uri&share=only" list
  [ "$status" = 1 ]
  [[ $output == *"ssh to host far: share=only, but there is no directory of this user's alone"* ]]
  rm "$places"
}

@test "a host that takes no second session gets a second login" {
  restarts 'MaxSessions 1'
  mkfifo pipe
  limit rvirt-dial "$uri&share=auto" < pipe > /dev/null 3>&- &
  first=$!
  exec 8> pipe
  wait_until 20 logins 1
  lists "$uri&share=auto"
  logins 2
  run limit rvsh -c "$uri&share=only" list
  echo "$output"
  [ "$status" = 1 ]
  [[ $output == *"raise sshd's MaxSessions"* ]]
  exec 8>&-
  wait $first || true
  keepers_end
  sshd_restart
}

@test "the user's own control socket is used, and no other" {
  cp "$PEERS/sshd/ssh_config" ssh_config
  printf '  ControlMaster auto\n  ControlPath %s/own\n  ControlPersist 30\n' "$XDG_RUNTIME_DIR" >> "$PEERS/sshd/ssh_config"
  lists "$uri&share=auto"
  lists "$uri&share=auto"
  [ -S "$XDG_RUNTIME_DIR/own" ]
  [ -z "$(ls "$places")" ]
  ssh -S "$XDG_RUNTIME_DIR/own" -O exit any
  mv ssh_config "$PEERS/sshd/ssh_config"
  logins 1
}

@test "who does not verify the host gives nothing to who does" {
  lists "$uri&share=auto&known_hosts=$PWD/none&no_verify=1"
  rm -f none
  run limit rvsh -c "$uri&share=auto&known_hosts=$PWD/none" list
  [ "$status" = 1 ]
  [[ $output == *"host key: ssh to host far"*"Host key verification failed."* ]]
  lists "$uri&share=auto&known_hosts=$PWD/none&no_verify=1&no_tty=1"
  logins 1
}

@test "only ssh itself is believed to share" {
  ln -s "$PEERS/sshd/bin/ssh" my-ssh
  lists "$uri&share=auto&command=$PWD/my-ssh"
  [ ! -e "$places" ]
  lists "$uri&share=only&command=$PWD/my-ssh"
  lists "$uri&share=only&command=$PWD/my-ssh"
  logins 2
}

@test "a login that fails fails once, as it would without sharing" {
  tries=$(grep -c 'Connection from' "$PEERS/sshd/log" || true)
  run limit rvsh -c "${uri/far/nobody@far}&share=auto" list
  [ "$status" = 1 ]
  echo "$output"
  [[ $output == *"login: ssh to host far"*"ended with exit status 255: "*"Permission denied"* ]]
  [ "$(grep -c 'Connection from' "$PEERS/sshd/log")" = $((tries + 1)) ]
}

@test "the first login asks, the following do not" {
  ssh-keygen -q -t ed25519 -N secret -f locked
  cp "$PEERS/sshd/authorized_keys" .
  cp "$PEERS/sshd/ssh_config" .
  cat locked.pub >> "$PEERS/sshd/authorized_keys"
  sed -i -e '/BatchMode/d' -e '/IdentityFile/d' "$PEERS/sshd/ssh_config"
  printf '#!/bin/sh\necho asked >> %s/asked\necho secret\n' "$PWD" > askpass
  chmod +x askpass
  export SSH_ASKPASS=$PWD/askpass SSH_ASKPASS_REQUIRE=force
  lists "$uri&share=auto&keyfile=$PWD/locked"
  lists "$uri&share=auto&keyfile=$PWD/locked"
  lists "$uri&share=auto&keyfile=$PWD/locked&no_tty=1"
  mv ssh_config authorized_keys "$PEERS/sshd/"
  [ "$(cat asked)" = asked ]
  logins 1
}

@test "the keeper is killed in mid-call" {
  socket=$PEERS/deaf/socket
  peer_start deaf "$socket" -- python3 "$RVIRT_SRCDIR/tests/e2e/deaf.py" "$socket" "$PWD/called"
  limit rvsh -c "test+ssh://far/default?socket=$socket&share=auto" hostname > out 2>&1 3>&- &
  wait_until 20 test -e called
  kill -KILL "$(keepers)"
  ! wait $!
  cat out
  peer_stop deaf
  grep -q "error: .*ssh to host far ended with exit status 255" out
}

@test "twenty at once at a host that lets one log in at a time" {
  restarts 'MaxStartups 1:100:1'
  lists_at_once 20 "$uri&share=auto"
  logins 1
  rm out
  lists_at_once 3 "$uri&share=no"
  sshd_restart
}

@test "a host that lets nobody log in any more is named with its limit" {
  restarts 'MaxStartups 1:100:1'
  wait_until 10 holds_the_place
  for share in no auto; do
    run limit rvsh -c "$uri&connect_timeout=4&share=$share" list
    echo "$output"
    [ "$status" = 1 ]
    [[ $output == *"connect: ssh to host far"*"raise its MaxStartups or PerSourceMaxStartups"* ]]
  done
  exec 9>&-
  sshd_restart
}

# The same for the login that rvirt-dial keeps, by libssh2.

lib() {
  echo "${uri/+ssh/+libssh2}&share=${1:-auto}"
}

@test "libssh2: ten commands in a row, and twenty at once: one login" {
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    lists "$(lib)"
  done
  logins 1
  keepers_end
  lists_at_once 20 "$(lib)"
  logins 2
}

@test "libssh2: the keeper holds nothing of its starter, and ends when nobody used it for so long" {
  run limit bash -c "rvsh -c '$(lib)&share_idle=2' list 2>&1 | cat"
  [[ $output == *running* ]]
  pid=$(keepers)
  run ls -l "/proc/$pid/fd"
  [[ $output != *pipe:* ]]
  [ "$(grep -c /dev/null <<< "$output")" = 3 ]
  [ "$(ps -o sid= -p "$pid" | tr -d ' ')" != "$(ps -o sid= -p $$ | tr -d ' ')" ]
  [ "$(readlink "/proc/$pid/cwd")" = / ]
  wait_until 10 nobody_keeps
  wait_until 5 test -z "$(ls "$places")"
}

@test "libssh2: every byte goes and comes through the keeper, the answer after the end of the question" {
  transport_data
  with sock -- bash -c 'for _ in 1 2; do exchange "$0" || exit 1; done' "test+libssh2://far/default?share=only&socket=$PWD/sock"
  echo "$output"
  [ "$status" = 0 ]
  logins 1
}

@test "libssh2: a keeper that was killed is replaced, and so is one whose host is gone" {
  lists "$(lib)"
  kill -KILL "$(keepers)"
  lists "$(lib)"
  logins 2
  pid=$(keepers)
  ss -Htnp state established "( dport = :$(peer_port sshd) )" | grep -q "pid=$pid,"
  ss -HtnK state established "( dport = :$(peer_port sshd) )" > /dev/null || skip "ss -K does nothing here"
  lists "$(lib)"
  logins 3
}

@test "libssh2: a keeper that does not answer is not waited for" {
  lists "$(lib)"
  pid=$(keepers)
  kill -STOP "$pid"
  LIMIT=10 RVIRT_LOG=info lists "$(lib)"
  kill -CONT "$pid"
  [[ $output == *"is not shared: its socket is not to be used"* ]]
  logins 2
}

@test "libssh2: a socket that others could have made is not used" {
  lists "$(lib)"
  socket=$(echo "$places"/lib-*)
  chmod 666 "$socket"
  RVIRT_LOG=info lists "$(lib)"
  [[ $output == *"is not shared: its socket is not to be used"* ]]
  chmod 600 "$socket"
  run limit python3 -c 'import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.recv(8); s.sendall(b"x" * 100); print(s.recv(1))' "$socket"
  lists "$(lib)"
  logins 2
}

@test "libssh2: a host that takes no second session gets a second login" {
  restarts 'MaxSessions 1'
  mkfifo pipe
  limit rvirt-dial "$(lib)" < pipe > /dev/null 3>&- &
  first=$!
  exec 8> pipe
  wait_until 20 logins 1
  wait_until 20 grep -q 'Starting session' "$PEERS/sshd/log"
  lists "$(lib)"
  logins 2
  run limit rvsh -c "$(lib only)" list
  echo "$output"
  [ "$status" = 1 ]
  [[ $output == *"share=only, but "*"opening a session: "* ]]
  exec 8>&-
  wait $first || true
  keepers_end
  sshd_restart
}

@test "libssh2: what the other host says of the command comes through the keeper" {
  run limit rvsh -c "test+libssh2://far/default?netcat=nix" list
  direct=${output//+libssh2/}
  for _ in 1 2; do
    run limit rvsh -c "test+libssh2://far/default?netcat=nix&share=only" list
    echo "$output"
    [ "$status" = 1 ]
    [ "$output" = "$direct" ]
  done
  logins 2
}

@test "libssh2: the first login asks in the first client, the following do not" {
  ssh-keygen -q -t ed25519 -N secret -f locked
  cp "$PEERS/sshd/authorized_keys" .
  cp "$PEERS/sshd/ssh_config" .
  cat locked.pub >> "$PEERS/sshd/authorized_keys"
  sed -i -e '/BatchMode/d' -e '/IdentityFile/d' "$PEERS/sshd/ssh_config"
  printf '#!/bin/sh\nps -o comm= $PPID >> %s/asked\necho secret\n' "$PWD" > askpass
  chmod +x askpass
  export SSH_ASKPASS=$PWD/askpass SSH_ASKPASS_REQUIRE=force
  lists "$(lib)&keyfile=$PWD/locked"
  lists "$(lib)&keyfile=$PWD/locked"
  mv ssh_config authorized_keys "$PEERS/sshd/"
  cat asked
  [[ $(cat asked) == *rvsh ]]
  logins 1
}

@test "libssh2: a login that fails is told as it would be without sharing" {
  run limit rvsh -c "$(lib no | sed s/far/nobody@far/)" list
  direct=$output
  run limit rvsh -c "$(lib auto | sed s/far/nobody@far/)" list
  echo "$output"
  [ "$status" = 1 ]
  [ "$output" = "$direct" ]
}

@test "libssh2: the keeper is killed in mid-call" {
  socket=$PEERS/deaf2/socket
  peer_start deaf2 "$socket" -- python3 "$RVIRT_SRCDIR/tests/e2e/deaf.py" "$socket" "$PWD/called"
  limit rvsh -c "test+libssh2://far/default?socket=$socket&share=auto" hostname > out 2>&1 3>&- &
  wait_until 20 test -e called
  kill -KILL "$(keepers)"
  ! wait $!
  cat out
  peer_stop deaf2
  grep -q "error: call: the process that kept the shared login is gone, libssh2 to host far" out
}

@test "libssh2: a host that lets nobody log in any more is named with its limit, and is tried again" {
  restarts 'MaxStartups 1:100:1'
  wait_until 10 holds_the_place
  for share in no auto; do
    run limit rvsh -c "$(lib $share)&connect_timeout=4" list
    echo "$output"
    [ "$status" = 1 ]
    [[ $output == *"raise its MaxStartups or PerSourceMaxStartups"*"tried "* ]]
  done
  exec 9>&-
  lists_at_once 3 "$(lib no)"
  sshd_restart
}
