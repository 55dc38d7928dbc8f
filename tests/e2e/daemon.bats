# SPDX-License-Identifier: LGPL-2.1-or-later
#
# rvirtd as a program of its host: sockets, processes, signals, configuration, limits.

load ../lib/rvirtd

setup_file() {
  peers_begin
}

setup() {
  name=d$BATS_TEST_NUMBER
  dir=$PEERS/$name
  socket=$dir/libvirt-sock
  mkdir -p "$dir"
  unset started
}

teardown() {
  peer_stop "$name"
  [ -z "${started:-}" ] || kill "$started" 2> /dev/null || true
}

# config LINE…: a configuration for this test's directory, in $dir/conf.
config() {
  { echo "unix_sock_dir = \"$dir\""; printf '%s\n' "$@"; } > "$dir/conf"
}

# serve ARGUMENT…: starts rvirtd with $dir/conf and waits until it serves.
serve() {
  peer_start "$name" "$socket" "$socket-ro" -- rvirtd -f "$dir/conf" "$@"
}

client() {
  limit python3 "$RVIRT_SRCDIR/tests/e2e/daemon-client.py" "$@"
}

# client_in_background LOG WORD…: a client of $socket; its pid is $started.
client_in_background() {
  local log=$1
  shift
  client "$socket" "$@" > "$log" 2>&1 3>&- &
  started=$!
}

# says PATTERN FILE
says() {
  grep -qE "$1" "$2"
}

refused() {
  run -1 limit rvirtd -f "$dir/conf" "$@"
}

@test "the sockets have the group and the modes of the configuration" {
  group=$(id -Gn | tr ' ' '\n' | tail -n 1)
  config "unix_sock_group = \"$group\"" 'unix_sock_ro_perms = "0707"' 'unix_sock_rw_perms = "0660"'
  serve
  [ "$(stat -c '%a %G' "$socket")" = "660 $group" ]
  [ "$(stat -c '%a %G' "$socket-ro")" = "707 $group" ]
}

@test "without a configuration, only the owner may write" {
  config
  serve
  [ "$(stat -c %a "$socket")" = 700 ]
  [ "$(stat -c %a "$socket-ro")" = 777 ]
}

@test "a user's daemon puts its sockets into the user's run-time directory" {
  user=()
  mkdir -m 700 "$dir/run"
  if [ "$(id -u)" = 0 ]; then
    chmod 711 "$PEERS"
    chown 65534:65534 "$dir/run"
    user=(setpriv --reuid=65534 --regid=65534 --clear-groups)
  fi
  export XDG_RUNTIME_DIR=$dir/run XDG_CONFIG_HOME=$dir/run
  peer_start "$name" "$dir/run/libvirt/libvirt-sock" "$dir/run/libvirt/libvirt-sock-ro" -- \
    "${user[@]}" "$(real_program rvirtd)"
  [ "$(stat -c %a "$dir/run/libvirt")" = 700 ]
  # and its configuration is the user's too
  mkdir -p "$dir/run/rvirt"
  echo 'max_clients = "many"' > "$dir/run/rvirt/rvirtd.conf"
  run "${user[@]}" "$PEERS/rvirtd"
  [ "$status" = 1 ]
  [[ $output == *"$dir/run/rvirt/rvirtd.conf:1"* ]]
}

# real_program NAME: the file that is run; in a build tree, the name is a script that other users can't read.
real_program() {
  local path
  path=$(command -v "$1")
  if [ -x "$(dirname "$path")/.libs/$1" ]; then
    path=$(dirname "$path")/.libs/$1
  fi
  cp "$path" "$PEERS/$1"
  chmod 755 "$PEERS/$1"
  echo "$PEERS/$1"
}

@test "an unknown group is refused by name" {
  config 'unix_sock_group = "no-such-group"'
  refused
  [[ $output == *"no-such-group"* ]]
}

@test "a wrong mode is refused by name" {
  config 'unix_sock_rw_perms = "0888"'
  refused
  [[ $output == *"unix_sock_rw_perms = \"0888\""* ]]
}

@test "a directory that is not absolute is refused by name" {
  config
  echo 'unix_sock_dir = ""' >> "$dir/conf"
  refused
  [[ $output == *"unix_sock_dir = \"\""* ]]
}

@test "the live socket of another daemon is not replaced, and its holder is named" {
  config
  peer_start "$name" "$socket" -- socat "UNIX-LISTEN:$socket,fork" PIPE
  refused
  [[ $output == *"$socket is served by socat (pid $(peer_pid "$name"))"* ]]
  accepts "$socket"
  [ ! -e "$socket-ro" ]
}

@test "a socket that nobody serves is replaced" {
  config
  python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$socket"
  serve
}

@test "a file that is no socket is kept" {
  config
  echo precious > "$socket"
  refused
  [[ $output == *"is no socket"* ]]
  [ "$(cat "$socket")" = precious ]
}

@test "a second daemon is refused, and told who runs" {
  config
  serve -p "$dir/pidfile"
  refused -p "$dir/pidfile"
  [[ $output == *"pid $(peer_pid "$name") holds $dir/pidfile"* ]]
  refused
  [[ $output == *"$socket is served by"*"(pid $(peer_pid "$name"))"* ]]
  accepts "$socket"
}

@test "SIGTERM ends it with status 0, and takes away sockets and pid file" {
  config
  rvirtd -f "$dir/conf" -p "$dir/pidfile" 3>&- &
  started=$!
  wait_until 10 accepts "$socket-ro"
  client_pid=$started
  client "$socket" open hostname wait "$dir/go" ended > "$dir/client" 3>&- &
  wait_until 10 says waiting "$dir/client"
  kill -TERM "$client_pid"
  touch "$dir/go"
  wait "$client_pid"
  [ ! -e "$socket" ] && [ ! -e "$socket-ro" ] && [ ! -e "$dir/pidfile" ]
  wait_until 10 says ended "$dir/client"
}

@test "SIGINT ends it too" {
  config
  serve
  peer_stop "$name" INT
  [ ! -e "$socket" ]
}

@test "-d returns when the sockets listen, and the pid file names the daemon" {
  config "log_outputs = \"2:file:$dir/log\""
  limit rvirtd -d -f "$dir/conf" -p "$dir/pid"
  accepts "$socket"
  accepts "$socket-ro"
  [ "$(readlink "/proc/$(cat "$dir/pid")/cwd")" = / ]
  says "listens on unix socket $socket" "$dir/log"
}

@test "-d fails where the daemon can't start" {
  config 'unix_sock_group = "no-such-group"'
  refused -d
  [[ $output == *"no-such-group"* ]]
}

@test "-t ends a daemon that nobody uses, and only that" {
  config
  # Long enough for a busy machine to see that all sockets are served.
  serve -t 5
  client_in_background "$dir/client" open wait "$dir/go"
  wait_until 10 says waiting "$dir/client"
  peer_alive "$name"
  touch "$dir/go"
  wait_until 30 process_gone "$(peer_pid "$name")"
  [ ! -e "$socket" ]
}

@test "SIGHUP takes the new limits, and keeps the old ones when the file is wrong" {
  config 'max_clients = 1'
  serve -v
  client_in_background "$dir/first" open wait "$dir/go"
  wait_until 10 says waiting "$dir/first"
  client "$socket" open > "$dir/second" 3>&- &
  config 'max_clients = many'
  kill -HUP "$(peer_pid "$name")"
  wait_until 10 says 'not reloaded: .*conf:2:' "$dir/log"
  [ ! -s "$dir/second" ]
  config 'max_clients = 2'
  kill -HUP "$(peer_pid "$name")"
  wait_until 10 says 0 "$dir/second"
  touch "$dir/go"
}

@test "clients over max_clients wait until another leaves" {
  config 'max_clients = 1'
  serve
  client_in_background "$dir/first" open wait "$dir/go"
  wait_until 10 says waiting "$dir/first"
  client "$socket" open hostname > "$dir/second" 3>&- &
  wait_until 10 says 'no more are accepted' "$dir/log"
  [ ! -s "$dir/second" ]
  touch "$dir/go"
  wait_until 10 says 0 "$dir/second"
}

@test "authentication that is not there is refused at start, and an order to reload it is not followed" {
  for line in 'auth_unix_ro = "polkit"' 'auth_unix_rw = "polkit"' 'auth_tcp = "sasl"' 'auth_tls = "sasl"'; do
    config '# asks for more' "$line"
    refused
    [[ $output == *"$dir/conf:3: $line: "*"write ${line% = *} = \"none\""* ]]
    [ ! -e "$socket" ]
  done
  config
  serve -v
  config 'auth_unix_rw = "polkit"' 'max_clients = 1'
  kill -HUP "$(peer_pid "$name")"
  wait_until 10 says 'not reloaded: .*conf:2: auth_unix_rw = "polkit"' "$dir/log"
  client_in_background "$dir/first" open wait "$dir/go"
  wait_until 10 says waiting "$dir/first"
  run -0 client "$socket" open hostname
  touch "$dir/go"
}

@test "tcp that would ask for SASL is not opened" {
  free_port > "$dir/port"
  config 'listen_tls = 0' 'listen_tcp = 1' 'listen_addr = "127.0.0.1"' "tcp_port = \"$(cat "$dir/port")\""
  refused -l
  [[ $output == *"tcp 127.0.0.1 port $(cat "$dir/port"): auth_tcp is not set"*'write auth_tcp = "none"'* ]]
}

@test "a client that knows keepalive is pinged, and ended when it is silent" {
  config 'keepalive_interval = 1' 'keepalive_count = 1'
  serve
  run -0 client "$socket" open keepalive pinged ended
  [ "$output" = $'0\n0\n1\nended' ]
  says 'nothing heard' "$dir/log"
}

@test "a client that never asked for keepalive is left alone" {
  config 'keepalive_interval = 1' 'keepalive_count = 0'
  serve
  client_in_background "$dir/quiet" open wait "$dir/go" hostname
  wait_until 10 says waiting "$dir/quiet"
  run -0 client "$socket" open keepalive ended
  touch "$dir/go"
  wait "$started"
  [ "$(tail -n 1 "$dir/quiet")" = 0 ]
}

@test "what is no message is told in the log, and others are served" {
  config
  serve
  run -0 client "$socket" say $'GET / HTTP/1.0\r\n\r\n' ended
  says 'the peer speaks HTTP' "$dir/log"
  run -0 client "$socket" open hostname
}

@test "the read-only socket refuses changes" {
  config
  serve
  run -0 client "$socket-ro" open hostname suspend
  [ "$output" = $'0\n0\n1 29' ]
}

@test "a name that leads to a pipe keeps nobody waiting" {
  config
  serve
  mkfifo "$dir/pipe"
  run -0 client "$socket-ro" "open=test://$dir/pipe" open hostname
  [ "$output" = $'1 27\n0\n0' ]
}

@test "lifecycle events reach those who asked for them" {
  config
  serve
  client_in_background "$dir/watcher" open register wait "$dir/go" event event
  wait_until 10 says waiting "$dir/watcher"
  run -0 client "$socket" open suspend resume
  touch "$dir/go"
  wait "$started"
  [ "$(tail -n 2 "$dir/watcher")" = $'318\n318' ]
}

@test "a client that takes none of its events is ended, and the log tells" {
  config
  serve
  uri="test+unix:///default?socket=$socket"
  rvsh -c "$uri" event --all --loop > "$dir/watcher" 2>&1 3>&- &
  started=$!
  # it tells of events, so that it has asked for them all
  touched() {
    limit rvsh -c "$uri" metadata test http://example.org/ --key k --set '<a/>' && says metadata-change "$dir/watcher"
  }
  wait_until 20 touched
  kill -STOP "$started"
  # each event has the name: a hundred times 100 KB are more than the daemon keeps and the socket holds
  long=http://$(printf '%0100000d' 0)/
  for ((i = 0; i < 100; i++)); do
    echo "metadata test $long --key k --set <a/>"
  done | LIMIT=60 limit rvsh -c "$uri" > /dev/null
  wait_until 20 says 'ended: it does not take its events: [0-9]+ wait' "$dir/log"
  says "libvirt-sock.*ended" "$dir/log"
  kill -CONT "$started"
  status=0
  wait "$started" || status=$?
  tail -n 3 "$dir/watcher"
  [ "$status" != 0 ]
  # others go on
  run -0 limit rvsh -c "$uri" domstate test
}

@test "--run serves one command on sockets of its own, and ends with its status" {
  run -7 limit rvirtd --run sh -c \
    'echo "$uri"; [ "$uri" = "$RVIRT_DEFAULT_URI" ]; python3 "$@" "${uri#*socket=}" open hostname; exit 7' sh \
    "$RVIRT_SRCDIR/tests/e2e/daemon-client.py"
  [[ ${lines[0]} == "test+unix:///default?socket=/"* ]]
  [ "${lines[1]} ${lines[2]}" = "0 0" ]
  directory=${lines[0]#*socket=}
  [ ! -e "${directory%/*}" ]
}

@test "--run tells of a signal as a shell does" {
  run -137 limit rvirtd --run sh -c 'kill -KILL $$'
}

@test "--run without a program that could be run fails" {
  run -1 limit rvirtd --run /nonexistent/program
  [[ $output == *"/nonexistent/program"* ]]
}

@test "--stdio serves one connection and ends with it" {
  run -0 limit socat "EXEC:rvirtd --stdio" \
    "EXEC:'python3 $RVIRT_SRCDIR/tests/e2e/daemon-client.py - open hostname'"
  [ "$output" = $'0\n0' ]
}

@test "sockets from systemd are served by their names, and stay" {
  need systemd-socket-activate systemd
  config
  systemd-socket-activate -l "$dir/one" -l "$dir/two" --fdname=rvirtd.socket:rvirtd-ro.socket \
    rvirtd -f "$dir/conf" > "$dir/log" 2>&1 3>&- &
  started=$!
  wait_until 10 test -S "$dir/two"
  run -0 client "$dir/one" open suspend resume
  [ "$output" = $'0\n0\n0' ]
  run -0 client "$dir/two" open suspend
  [ "$output" = $'0\n1 29' ]
  kill -TERM "$started"
  wait "$started"
  [ -S "$dir/one" ]
  [ ! -e "$socket" ]
}

@test "tcp without authentication stays on loopback unless it is asked for twice" {
  free_port > "$dir/port"
  config 'listen_tls = 0' 'listen_tcp = 1' 'auth_tcp = "none"' "tcp_port = \"$(cat "$dir/port")\""
  refused -l
  [[ $output == *"tcp_insecure"* ]]
  [ ! -e "$socket" ]
  echo 'listen_addr = "127.0.0.1"' >> "$dir/conf"
  serve -l
  run -0 client "$(cat "$dir/port")" open hostname
  peer_stop "$name"
  sed -i 's/^listen_addr.*/tcp_insecure = 1/' "$dir/conf"
  serve -l
  run -0 client "$(cat "$dir/port")" open hostname
}

@test "without --listen there is no tcp" {
  free_port > "$dir/port"
  config 'listen_tcp = 1' 'auth_tcp = "none"' 'listen_addr = "127.0.0.1"' "tcp_port = \"$(cat "$dir/port")\""
  serve
  run -1 accepts "$(cat "$dir/port")"
}

@test "TLS is what --listen means, and needs certificates" {
  config "ca_file = \"$dir/ca.pem\""
  refused -l
  [[ $output == *"cannot open $dir/ca.pem: No such file"*"set listen_tls = 0"* ]]
  serve
}

@test "the libvirtd.conf of a fresh installation is accepted as it is" {
  [ -e /etc/libvirt/libvirtd.conf ] || skip "no /etc/libvirt/libvirtd.conf"
  { cat /etc/libvirt/libvirtd.conf && echo "unix_sock_dir = \"$dir\""; } > "$dir/conf"
  serve
  [ "$(stat -c %a "$socket")" = 700 ]
  run ! says 'warning|error' "$dir/log"
}

@test "an existing libvirtd.conf with every key set is accepted, and what has no effect is named once" {
  [ -e /etc/libvirt/libvirtd.conf ] || skip "no /etc/libvirt/libvirtd.conf"
  # each example of the file, but for other places, and for the authentication that is refused
  sed -nE 's/^#([a-z_]+ *= *[^ ].*)/\1/p' /etc/libvirt/libvirtd.conf |
    grep -vE '^(access_drivers|unix_sock_group|unix_sock_dir|log_outputs)' > "$dir/keys"
  [ "$(wc -l < "$dir/keys")" -gt 40 ]
  [ "$(grep -cE '^auth_(unix_ro|unix_rw|tcp) = "(polkit|sasl)"' "$dir/keys")" = 3 ]
  config
  cat "$dir/keys" >> "$dir/conf"
  refused
  [[ $output == *"$dir/conf:"*": auth_unix_ro = \"polkit\": "* ]]
  sed -i 's/^\(auth_.*\) = .*/\1 = "none"/' "$dir/conf"
  serve
  [ "$(grep -c 'have no effect' "$dir/log")" = 1 ]
  says 'ovs_timeout' "$dir/log"
}

@test "the sample and the manual have every key, and what the sample shows is accepted" {
  sample=$RVIRT_BUILDDIR/src/daemon/rvirtd.conf
  sed -nE 's/^CONFIG_(FLAG|NUMBER|TEXT|LIST)\(([a-z_]+),.*/\2/p' "$RVIRT_SRCDIR/src/daemon/config.def" > "$dir/keys"
  [ "$(wc -l < "$dir/keys")" -gt 50 ]
  diff "$dir/keys" <(sed -nE 's/^#([a-z_]+) = .*/\1/p' "$sample")
  diff "$dir/keys" <(sed -n 's/^\.It Li \([a-z_]*\)$/\1/p' "$RVIRT_BUILDDIR/docs/man/rvirtd.conf.5")
  cp "$sample" "$dir/conf"
  echo "unix_sock_dir = \"$dir\"" >> "$dir/conf"
  serve
  peer_stop "$name"
  # its defaults and examples as they stand, but for what only a host of its own has
  { sed -nE 's/^#([a-z_]+ = .*)/\1/p' "$sample" |
    grep -vE '^(access_drivers|auth_tcp|unix_sock_group|unix_sock_dir|log_outputs) ' && echo "unix_sock_dir = \"$dir\""; } > "$dir/conf"
  serve
  [ "$(grep -c 'have no effect' "$dir/log")" = 1 ]
}

@test "wrong configurations are told by file and line" {
  config 'max_clients = 5' 'max_cleints = 5'
  refused
  [[ $output == *"$dir/conf:3: unknown key 'max_cleints'"* ]]
  config 'max_clients = "5"'
  refused
  [[ $output == *"$dir/conf:2: max_clients"* ]]
  config 'max_clients = 5 5'
  refused
  [[ $output == *"$dir/conf:2:"* ]]
  config 'log_outputs = "9:nowhere"'
  refused
  [[ $output == *"9:nowhere"* ]]
  config 'access_drivers = [ "polkit" ]'
  refused
  [[ $output == *"access_drivers"* ]]
}

@test "wrong usage is told, and --version and --help are answered" {
  run -0 limit rvirtd --version
  [[ $output == "rvirtd (rvirt) "* ]]
  run -0 limit rvirtd --help
  [[ $output == *--pid-file* ]]
  run -1 limit rvirtd --nonsense
  run -1 limit rvirtd something
  run -1 limit rvirtd --run
  run -1 limit rvirtd --stdio -d
}
