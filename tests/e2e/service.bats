# SPDX-License-Identifier: LGPL-2.1-or-later
#
# rvirtd as a service: systemd's own tools read the units and the files beside them, and rvirtd gets what they promise.

load ../lib/rvirtd

UNITS=$RVIRT_BUILDDIR/src/daemon/systemd
SOURCES=$RVIRT_SRCDIR/src/daemon/systemd

setup_file() {
  peers_begin
}

setup() {
  dir=$PEERS/s$BATS_TEST_NUMBER
  mkdir -p "$dir"
  unset started
}

teardown() {
  [ -z "${started:-}" ] || kill "$started" 2> /dev/null || true
}

# units: copies in $dir that start the rvirtd that was built.
units() {
  local unit
  for unit in "$UNITS"/rvirtd*.s*; do
    sed "s,^ExecStart=[^ ]*,ExecStart=$(command -v rvirtd)," "$unit" > "$dir/${unit##*/}"
  done
}

# setting FILE KEY: its values in a unit.
setting() {
  sed -n "s/^$2=//p" "$UNITS/$1"
}

@test "systemd-analyze verify has nothing to say about the units" {
  need systemd-analyze systemd
  units
  run -0 limit systemd-analyze verify --man=no "$dir"/rvirtd*
  [ -z "$output" ]
}

@test "what a host with machines adds to the service is understood, and is in force" {
  need systemd-analyze systemd
  units
  mkdir "$dir/rvirtd.service.d"
  cp "$RVIRT_SRCDIR/src/daemon/systemd/machines.conf" "$dir/rvirtd.service.d/"
  run -0 limit systemd-analyze verify --man=no "$dir/rvirtd.service"
  [ -z "$output" ]
  run -1 limit systemd-analyze security --offline=true --threshold=25 --no-pager "$dir/rvirtd.service"
}

@test "systemd-analyze security finds little that the service could do" {
  need systemd-analyze systemd
  units
  run -0 limit systemd-analyze security --offline=true --threshold=25 --no-pager "$dir/rvirtd.service"
}

@test "each manual that a unit names is there" {
  for page in $(cat "$UNITS"/rvirtd*.s* | sed -n 's/^Documentation=//p' | tr ' ' '\n' | sort -u); do
    page=${page#man:}
    name=${page%%(*}.${page//[!0-9]/}
    [ -e "$RVIRT_SRCDIR/docs/man/$name" ] || [ -e "$RVIRT_BUILDDIR/docs/man/$name" ]
  done
}

@test "each socket starts the service and goes with the read-write one" {
  for unit in "$UNITS"/rvirtd*.socket; do
    grep -qx 'Service=rvirtd.service' "$unit"
    [ "${unit##*/}" = rvirtd.socket ] || grep -qx 'BindsTo=rvirtd.socket' "$unit"
  done
}

@test "the unix sockets are where clients look for them" {
  run -0 setting rvirtd.socket ListenStream
  [[ $output == */libvirt/libvirt-sock ]]
  [ "$(setting rvirtd-ro.socket ListenStream)" = "$output-ro" ]
  grep -q "^d ${output%/libvirt-sock} 0755 root root" "$UNITS/rvirt.tmpfiles"
  [ "$(setting rvirtd.service ReadWritePaths)" = "-${output%/libvirt-sock}" ]
}

@test "plain tcp stays on this host" {
  run -0 setting rvirtd-tcp.socket ListenStream
  [ "$output" = $'127.0.0.1:16509\n[::1]:16509' ]
}

@test "rvirtd knows its sockets by the names of their units" {
  need systemd-socket-activate systemd
  free_port > "$dir/port"
  echo 'auth_tcp = "none"' > "$dir/conf"
  systemd-socket-activate -l "$dir/one" -l "$dir/two" -l "127.0.0.1:$(cat "$dir/port")" \
    --fdname=rvirtd.socket:rvirtd-ro.socket:rvirtd-tcp.socket rvirtd -f "$dir/conf" > "$dir/log" 2>&1 3>&- &
  started=$!
  wait_until 10 test -S "$dir/two"
  client="limit python3 $RVIRT_SRCDIR/tests/e2e/daemon-client.py"
  run -0 $client "$dir/one" open suspend resume
  [ "$output" = $'0\n0\n0' ]
  run -0 $client "$dir/two" open suspend
  [ "$output" = $'0\n1 29' ]
  run -0 $client "$(cat "$dir/port")" open suspend resume
  [ "$output" = $'0\n0\n0' ]
}

# activated CONFIG-LINE… -- ADDRESS NAME: rvirtd gets this socket from systemd once somebody comes. Its log is $dir/log.
activated() {
  local lines=()
  while [ "$1" != -- ]; do
    lines+=("$1")
    shift
  done
  printf '%s\n' "${lines[@]}" > "$dir/conf"
  systemd-socket-activate -l "$2" --fdname="$3" rvirtd -f "$dir/conf" > "$dir/log" 2>&1 3>&- &
  started=$!
  wait_until 10 grep -q Listening "$dir/log"
}

# refuses_socket PATTERN: rvirtd does not serve the socket, and says this.
refuses_socket() {
  # who comes may see the connection reset already
  accepts "$(cat "$dir/port")" || true
  wait_until 10 process_gone "$started"
  grep -qE -- "$1" "$dir/log"
}

@test "a plain socket from systemd obeys the rules of rvirtd's own" {
  need systemd-socket-activate systemd
  free_port > "$dir/port"
  port=$(cat "$dir/port")
  activated 'max_clients = 9' -- "127.0.0.1:$port" rvirtd-tcp.socket
  refuses_socket "tcp 127.0.0.1 port $port from systemd: auth_tcp is not set"
  activated 'auth_tcp = "none"' -- "0.0.0.0:$port" rvirtd-tcp.socket
  refuses_socket "tcp 0.0.0.0 port $port from systemd would give everybody .* full access.* tcp_insecure = 1"
  activated 'auth_tcp = "none"' -- "[::]:$port" rvirtd-tcp.socket
  refuses_socket "tcp :: port $port from systemd would give everybody"
  activated 'auth_tcp = "none"' 'tcp_insecure = 1' -- "0.0.0.0:$port" rvirtd-tcp.socket
  run -0 limit python3 "$RVIRT_SRCDIR/tests/e2e/daemon-client.py" "$port" open hostname
  kill "$started"
  activated 'auth_tcp = "none"' -- "[::1]:$port" rvirtd-tcp.socket
  run -0 limit rvsh -c "test+tcp://[::1]:$port/default" domname 1
  [ "$output" = test ]
}

@test "a socket from systemd for TLS is served by its name: a real call, and none without TLS or certificate" {
  need systemd-socket-activate systemd
  free_port > "$dir/port"
  port=$(cat "$dir/port")
  limit rvirt-pki --dir "$dir/pki" ca
  limit rvirt-pki --dir "$dir/pki" server 127.0.0.1 ::1
  limit rvirt-pki --dir "$dir/pki" --out "$dir/desk" client alice
  for address in 127.0.0.1 '[::1]'; do
    activated "ca_file = \"$dir/pki/CA/cacert.pem\"" "cert_file = \"$dir/pki/libvirt/servercert.pem\"" \
      "key_file = \"$dir/pki/libvirt/private/serverkey.pem\"" -- "$address:$port" rvirtd-tls.socket
    run -0 limit rvsh -c "test+tls://$address:$port/default?pkipath=$dir/desk" domname 1
    [ "$output" = test ]
    run -1 limit rvsh -c "test+tcp://$address:$port/default" domname 1
    mkdir -p "$dir/bare"
    cp "$dir/desk/cacert.pem" "$dir/bare"
    run -1 limit rvsh -c "test+tls://$address:$port/default?pkipath=$dir/bare" domname 1
    [[ $output == *"the daemon refused this client"* ]]
    kill "$started"
    wait_until 10 process_gone "$started"
  done
}

@test "rvirtd tells systemd when it serves, and that it ends" {
  need socat socat
  socat -u "UNIX-RECV:$dir/notify" "OPEN:$dir/told,creat,append" 3>&- &
  started=$!
  wait_until 10 test -S "$dir/notify"
  echo "unix_sock_dir = \"$dir\"" > "$dir/conf"
  NOTIFY_SOCKET=$dir/notify run -0 limit rvirtd -f "$dir/conf" --timeout 1
  grep -q READY=1 "$dir/told"
  grep -q STOPPING=1 "$dir/told"
}

@test "rvirtd needs no other capabilities than the unit leaves it" {
  need setpriv util-linux
  need_root "taking capabilities away"
  bounding=$(setting rvirtd.service CapabilityBoundingSet | tr 'A-Z ' 'a-z,' | sed 's/cap_/+/g')
  printf '%s\n' "unix_sock_dir = \"$dir\"" 'unix_sock_group = "daemon"' 'unix_sock_rw_perms = "0770"' > "$dir/conf"
  name=s$BATS_TEST_NUMBER
  peer_start "$name" "$dir/libvirt-sock" -- \
    setpriv --bounding-set "-all,$bounding" --inh-caps -all --no-new-privs rvirtd -f "$dir/conf"
  [ "$(stat -c '%G %a' "$dir/libvirt-sock")" = "daemon 770" ]
  peer_stop "$name"
}

@test "the default file is one for systemd, and its arguments are rvirtd's" {
  # shellcheck disable=SC1091
  . "$SOURCES/rvirtd.default"
  [ -n "$RVIRTD_ARGS" ]
  grep -qF "EnvironmentFile=-" "$UNITS/rvirtd.service"
  grep -q "^ExecStart=.*/rvirtd \$RVIRTD_ARGS$" "$UNITS/rvirtd.service"
  # shellcheck disable=SC2086
  run -0 limit rvirtd $RVIRTD_ARGS --version
}

@test "systemd-sysusers makes the group of the read-write socket" {
  need systemd-sysusers systemd
  mkdir -p "$dir/root/etc"
  run -0 limit systemd-sysusers --root="$dir/root" "$SOURCES/rvirt.sysusers"
  grep -q "^$(setting rvirtd.socket SocketGroup):" "$dir/root/etc/group"
}

@test "systemd-tmpfiles makes the directory of the sockets" {
  need systemd-tmpfiles systemd
  need_root "giving files to root"
  mkdir -p "$dir/root/etc"
  grep ^root: /etc/passwd > "$dir/root/etc/passwd"
  grep ^root: /etc/group > "$dir/root/etc/group"
  run -0 limit systemd-tmpfiles --root="$dir/root" --create "$UNITS/rvirt.tmpfiles"
  [ "$(stat -c %a "$dir/root/$(dirname "$(setting rvirtd.socket ListenStream)")")" = 755 ]
}
