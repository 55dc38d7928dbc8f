# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Each way to fail, for real, over ssh and over libssh2: the error begins with its stage, says where and as whom, and
# ends with what to do. docs/errors.md is the table of them.

load ../lib/sshd
load ../lib/rvirtd

setup_file() {
  need sshd openssh-server
  peers_begin
  sshd_start
  rvirtd_start
  cd "$PEERS"
  mkdir keys
  ssh-keygen -q -t ed25519 -N '' -f keys/other
  ssh-keygen -q -t ecdsa -N '' -f keys/ecdsa
  ssh-keygen -q -t ed25519 -N secret -f keys/locked
  echo "far $(cut -d' ' -f1,2 keys/other.pub)" > keys/changed
  echo "far $(cut -d' ' -f1,2 keys/ecdsa.pub)" > keys/type
  touch keys/none
}

setup() {
  keys=$PEERS/keys
  ssh_config "$PEERS/sshd" > "$PEERS/sshd/ssh_config"
  sshd_offers rvirt-gateway
}

# fails URI STAGE WORDS…: listing fails at the stage, and the words are in the error, in this order.
fails() {
  local uri=$1 stage=$2 rest word
  shift 2
  run limit rvsh -c "$uri" list < /dev/null
  rest=${lines[-1]#error: }
  echo "$uri: $rest"
  [ "$status" = 1 ]
  [[ $rest == "$stage: "* || $rest == *": $stage"[\ :]* ]]
  for word; do
    [[ $rest == *"$word"* ]]
    rest=${rest#*"$word"}
  done
}

# both REST STAGE WORDS…: the same of test+ssh://REST and test+libssh2://REST.
both() {
  local rest=$1
  shift
  fails "test+ssh://$rest" "$@"
  fails "test+libssh2://$rest" "$@"
}

# without LINE…: ssh's configuration without the lines that have these words.
without() {
  local word
  for word; do
    sed -i "/$word/d" "$PEERS/sshd/ssh_config"
  done
}

@test "resolve: a host that is not known" {
  both nonexistent.invalid/default resolve "nonexistent.invalid" "check the host's name"
  fails test+tcp://nonexistent.invalid/ resolve "tcp to host nonexistent.invalid, port 16509" "check the host's name"
}

@test "connect: a port that is closed" {
  fails test+ssh://far:1/ connect "ssh to host far, port 1" "Connection refused" "check that sshd runs there, and the port"
  fails test+libssh2://far:1/ connect "'127.0.0.1:1': 127.0.0.1: Connection refused" "nothing listens on that port"
  fails test+tcp://127.0.0.1:1/ connect "Connection refused" "tcp to host 127.0.0.1, port 1" "nothing listens"
  fails "test+tls://127.0.0.1:1/?no_verify=1&pkipath=$keys" connect "Connection refused" "tls to host 127.0.0.1, port 1"
}

@test "connect: sshd that has MaxStartups logins under way" {
  sshd_restart 'MaxStartups 1'
  wait_until 10 holds_the_place
  both "far/?connect_timeout=3" connect "to host far" MaxStartups
  exec 9>&-
  sshd_restart
}

@test "host key: one that is not known, with its fingerprint" {
  print=$(ssh-keygen -lf "$PEERS/sshd/host_key.pub" | cut -d' ' -f2)
  both "far/?known_hosts=$keys/none" "host key" "not known"
  fails "test+libssh2://far/?known_hosts=$keys/none" "host key" "$print" "far" "console" "known_hosts_verify=auto"
}

@test "host key: one of another type than the known one" {
  both "far/?known_hosts=$keys/type" "host key" "$keys/type"
  fails "test+libssh2://far/?known_hosts=$keys/type" "host key" "keys of other types are" "line 1"
}

@test "host key: one that has changed" {
  both "far/?known_hosts=$keys/changed" "host key" "$keys/changed" "ssh-keygen -R"
  both "far/?known_hosts=$keys/changed&known_hosts_verify=auto" "host key" "$keys/changed" "ssh-keygen -R"
}

@test "login: no key is accepted" {
  without client_key
  both "far/?keyfile=$keys/other" login "$(id -un)" "tried: " "no agent" "$keys/other"
}

@test "login: a key file that is not there" {
  both "nobody@far/?keyfile=$keys/absent" login "$keys/absent" "No such file"
}

@test "login: a wrong passphrase" {
  cat "$keys/locked.pub" >> "$PEERS/sshd/authorized_keys"
  printf '#!/bin/sh\necho wrong\n' > "$keys/askpass"
  chmod +x "$keys/askpass"
  without client_key BatchMode
  export SSH_ASKPASS=$keys/askpass SSH_ASKPASS_REQUIRE=force DISPLAY=none
  both "far/?keyfile=$keys/locked&sshauth=privkey" login "$(id -un)" "tried: " "$keys/locked"
  fails "test+libssh2://far/?keyfile=$keys/locked&sshauth=privkey" login "$keys/locked" "passphrase"
  # nobody can be asked
  both "far/?keyfile=$keys/locked&sshauth=privkey&no_tty=1" login "$keys/locked"
}

@test "login: sshd that does not answer within connect_timeout" {
  silent=$(free_port)
  peer_start silent "$silent" -- python3 -c "import signal, socket
s = socket.create_server(('127.0.0.1', $silent), backlog=16)
signal.pause()"
  fails "test+ssh://far:$silent/?connect_timeout=3" connect "ssh to host far, port $silent" "timed out"
  fails "test+libssh2://far:$silent/?connect_timeout=1" connect "handshake" "in time" "to host far"
  peer_stop silent
}

@test "gateway: none on the host, and what the login runs in its place" {
  sshd_offers
  both far/default gateway "to host far" "none of rvirt-gateway, virt-ssh-helper, nc found" "install rvirt-gateway"
  both "far/default?proxy=native" gateway "to host far" "not found" "install rvirt-gateway"
  sshd_restart 'ForceCommand echo go away >&2; exit 1'
  both far/default gateway "to host far" "go away" "ForceCommand"
  sshd_restart
}

@test "gateway: the login's shell prints something, or something else answers" {
  sshd_serves rvirtd
  echo 'echo Welcome' > "$PEERS/sshd/home/.bashrc"
  both far/default gateway "begins with 'Welc'" "to host far" ".bashrc"
  rm "$PEERS/sshd/home/.bashrc"
  printf '#!/bin/sh\nprintf "HTTP/1.1 400 Bad Request\\r\\n\\r\\n"\nexec cat > /dev/null\n' > "$keys/http"
  chmod +x "$keys/http"
  sshd_offers cat "rvirt-gateway=$keys/http"
  both far/default gateway "the peer speaks HTTP" "to host far" "what is run as the gateway"
}

@test "gateway: what was started does not answer within connect_timeout" {
  printf '#!/bin/sh\nexec cat > /dev/null\n' > "$keys/mute"
  chmod +x "$keys/mute"
  sshd_offers cat "rvirt-gateway=$keys/mute"
  fails "test+ssh://far/?connect_timeout=2" login "far" "by hand"
  fails "test+libssh2://far/?connect_timeout=2" gateway "far" "not answered before connect_timeout"
}

@test "socket: no daemon runs, here or there" {
  sshd_serves
  both far/default socket "to host far" "no daemon is running" "/libvirt-sock (No such file" "start rvirtd or libvirtd"
  both "far/default?socket=/nonexistent" socket "to host far" "/nonexistent (No such file" "socket="
  fails "test+unix:///?socket=/nonexistent" socket "'/nonexistent': No such file" "start it, or name its socket"
}

@test "socket: the user may not connect" {
  need_root "logs in as somebody without rights"
  mkdir -p "$PEERS/bin"
  cp "$(command -v rvirt-gateway)" "$PEERS/bin/gateway"
  chmod 755 "$PEERS/bin"
  sshd_user guest 65432
  sshd_restart
  rvirtd_start closed 'unix_sock_group = "daemon"' 'unix_sock_rw_perms = "0770"'
  sshd_serves closed
  sshd_offers "rvirt-gateway=$PEERS/bin/gateway"
  both "guest@far/default?socket=/run/libvirt/libvirt-sock" socket "to host far" "user guest" "Permission denied" \
    "owner root, group daemon, mode 0770" "user guest" "into that group"
  # the same without ssh
  setpriv --reuid 65432 --clear-groups test -x "$(command -v rvsh)" || skip "what was built is not open to others"
  LIMIT=10 run limit setpriv --reuid 65432 --clear-groups rvsh -c "test+unix:///default?socket=$PEERS/closed/libvirt-sock" list
  [[ ${lines[-1]} == "error: socket: "*"Permission denied"*"owner root, group daemon, mode 0770"* ]]
  peer_stop closed
}

@test "call: the connection is lost in the middle of one" {
  peer_start deaf "$PEERS/deaf.sock" -- python3 "$RVIRT_SRCDIR/tests/e2e/deaf.py" "$PEERS/deaf.sock" "$PEERS/called"
  for t in ssh libssh2; do
    rm -f "$PEERS/called"
    limit rvsh -c "test+$t://far/default?socket=$PEERS/deaf.sock" list > "$PEERS/lost" 2>&1 3>&- &
    pid=$!
    wait_until 10 test -e "$PEERS/called"
    read -r children < "/proc/$(peer_pid sshd)/task/$(peer_pid sshd)/children" || [ -n "$children" ]
    # shellcheck disable=SC2086
    kill -KILL $children
    wait $pid || true
    echo "$t: $(cat "$PEERS/lost")"
    [[ $(grep error: "$PEERS/lost" | tail -n 1) == *"call: "*"to host far"* ]]
  done
  peer_stop deaf
}

@test "call: the daemon goes away in the middle of one" {
  for t in ssh libssh2 unix; do
    rm -f "$PEERS/deaf.sock"
    peer_start deaf "$PEERS/deaf.sock" -- python3 "$RVIRT_SRCDIR/tests/e2e/deaf.py" "$PEERS/deaf.sock" "$PEERS/called"
    rm -f "$PEERS/called"
    host=far
    [ $t != unix ] || host=
    limit rvsh -c "test+$t://$host/default?socket=$PEERS/deaf.sock" list > "$PEERS/lost" 2>&1 3>&- &
    pid=$!
    wait_until 10 test -e "$PEERS/called"
    peer_stop deaf KILL
    wait $pid || true
    echo "$t: $(cat "$PEERS/lost")"
    [[ $(grep error: "$PEERS/lost" | tail -n 1) == *"call: "*"$t"* ]]
  done
}

@test "call: a value of megabytes is told by its beginning and its end" {
  python3 -c '
print("<domain type=\"test\"><name>x</name><memory>1</memory><os><type>hvm</type></os><clock offset=\"begin%send\"/></domain>" % ("b" * 4000000))' \
    > "$PEERS/long.xml"
  run -1 limit rvsh -c test:///default define "$PEERS/long.xml"
  [[ $output == *"unknown clock offset 'begin"*"bytes left out"*"bbbend'" ]]
  [ ${#output} -lt 5000 ]
}
