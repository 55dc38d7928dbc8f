#!/usr/bin/env bats
# SPDX-License-Identifier: LGPL-2.1-or-later
# rvirt-gateway alone, between neighbours that are played. `gw` is the gateway compiled to look for
# the system's sockets below the working directory, so that no daemon of this machine is met.

setup() {
  here=$RVIRT_SRCDIR/tests/e2e
  gateway=$RVIRT_BUILDDIR/gateway/rvirt-gateway
  dir=$(mktemp -d)
  chmod 755 "$dir"
  cd "$dir" || return
  mkdir bin home session
  cp "$RVIRT_BUILDDIR/tests/e2e/gateway-here" bin/rvirt-gateway
  chmod 755 bin/rvirt-gateway
  export XDG_RUNTIME_DIR=$dir/session HOME=$dir/home
}

teardown() {
  cd /
  rm -rf "$dir"
}

# listen SOCKET... -- COMMAND: runs the command while the sockets are listened on.
listen() {
  run timeout 60 python3 "$here/gateway-listen.py" "$@"
}

# Runs a command as somebody who is not root.
as_user() {
  if [ "$(id -u)" = 0 ]; then
    setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
  else
    "$@"
  fi
}
export -f as_user

gw() {
  timeout 50 bin/rvirt-gateway "$@" </dev/null
}

gw_as_user() {
  as_user timeout 50 bin/rvirt-gateway "$@" </dev/null
}
export -f gw gw_as_user

@test "no URI: the common daemon's socket, and the read-only one with -r" {
  listen run/libvirt/libvirt-sock{,-ro} -- bash -c 'gw; gw -r; gw --readonly; gw ""'
  [ "$status" = 0 ]
  [ "${lines[*]}" = "run/libvirt/libvirt-sock run/libvirt/libvirt-sock-ro run/libvirt/libvirt-sock-ro run/libvirt/libvirt-sock" ]
}

@test "no URI and no common daemon: any that runs guests" {
  listen run/libvirt/virtlxcd-sock -- bash -c 'gw'
  [ "$status" = 0 ]
  [ "$output" = run/libvirt/virtlxcd-sock ]
}

@test "a driver's own daemon goes before the common one, unless mode= says otherwise" {
  listen run/libvirt/{libvirt,virtqemud}-sock{,-ro} -- bash -c '
    gw qemu:///system
    gw -r qemu+unix:///system
    gw "qemu:///system?mode=legacy"
    gw "qemu:///system?x=y&mode=direct#f"
    gw "qemu:///system?mode=auto"
    gw "xen:///system"'
  [ "$status" = 0 ]
  [ "${lines[0]}" = run/libvirt/virtqemud-sock ]
  [ "${lines[1]}" = run/libvirt/virtqemud-sock-ro ]
  [ "${lines[2]}" = run/libvirt/libvirt-sock ]
  [ "${lines[3]}" = run/libvirt/virtqemud-sock ]
  [ "${lines[4]}" = run/libvirt/virtqemud-sock ]
  [ "${lines[5]}" = run/libvirt/libvirt-sock ]
}

@test "mode=legacy without a driver asks the common daemon alone" {
  listen run/libvirt/virtqemud-sock -- bash -c 'gw "remote:///?mode=legacy"'
  [ "$status" = 2 ]
  [[ "$output" != *virtqemud* ]]
}

@test "every driver's own daemon is found" {
  for driver in qemu xen lxc vbox ch bhyve vz network interface nodedev nwfilter secret storage; do
    listen run/libvirt/virt${driver}d-sock -- bash -c "gw $driver:///system"
    [ "$status" = 0 ]
    [ "$output" = run/libvirt/virt${driver}d-sock ]
  done
}

@test "a socket that nobody listens on is passed over" {
  listen dead:run/libvirt/virtqemud-sock run/libvirt/libvirt-sock -- bash -c 'gw qemu:///system'
  [ "$status" = 0 ]
  [ "$output" = run/libvirt/libvirt-sock ]
}

@test "a user who may use the system's socket gets it, others get their session's" {
  listen run/libvirt/libvirt-sock session/libvirt/libvirt-sock -- bash -c 'gw_as_user test:///default'
  [ "$status" = 0 ]
  [ "$output" = run/libvirt/libvirt-sock ]
  rm -r run session
  listen 000:run/libvirt/libvirt-sock session/libvirt/libvirt-sock -- bash -c 'gw_as_user test:///default; gw_as_user -r'
  [ "$status" = 0 ]
  [ "${lines[*]}" = "session/libvirt/libvirt-sock session/libvirt/libvirt-sock" ]
}

@test "/system and /session are kept to" {
  listen {run,session}/libvirt/virtqemud-sock -- bash -c 'gw_as_user qemu:///system; gw_as_user qemu:///session'
  [ "$status" = 0 ]
  [ "${lines[*]}" = "run/libvirt/virtqemud-sock session/libvirt/virtqemud-sock" ]
  rm -r run
  listen -- bash -c 'gw_as_user qemu:///system'
  [ "$status" = 2 ]
}

@test "root is served by the system's daemon even for /session" {
  local as_root=()
  if [ "$(id -u)" != 0 ]; then
    unshare -r true || return 0
    as_root=(unshare -r)
  fi
  listen {run,session}/libvirt/virtqemud-sock -- "${as_root[@]}" bash -c 'gw qemu:///session'
  [ "$status" = 0 ]
  [ "$output" = run/libvirt/virtqemud-sock ]
}

@test "without XDG_RUNTIME_DIR a session's sockets are below ~/.cache" {
  listen home/.cache/libvirt/libvirt-sock -- bash -c 'unset XDG_RUNTIME_DIR; gw_as_user qemu:///session'
  [ "$status" = 0 ]
  [ "$output" = home/.cache/libvirt/libvirt-sock ]
}

@test "socket= and -U name the one socket to use" {
  listen "a b%/sock" run/libvirt/libvirt-sock -- bash -c "
    gw 'test:///default?socket=a%20b%25%2fsock'
    gw -U 'a b%/sock'
    gw -q0 -U 'a b%/sock'
    gw -q 0 -N -U 'a b%/sock'"
  [ "$status" = 0 ]
  [ "${lines[*]}" = "a b%/sock a b%/sock a b%/sock a b%/sock" ]
  run gw -U "a b%/sock"
  [ "$status" = 2 ]
}

@test "called as virt-ssh-helper" {
  ln -s rvirt-gateway bin/virt-ssh-helper
  listen run/libvirt/libvirt-sock{,-ro} -- bash -c "bin/virt-ssh-helper test:///default; bin/virt-ssh-helper -r 'test:///default'"
  [ "$status" = 0 ]
  [ "${lines[*]}" = "run/libvirt/libvirt-sock run/libvirt/libvirt-sock-ro" ]
}

@test "called as nc, and as the netcat= of a client that looks for -q first" {
  ln -s rvirt-gateway bin/nc
  for name in nc rvirt-gateway; do
    listen sock -- sh -c "
      if bin/$name -q 2>&1 | grep 'requires an argument' >/dev/null 2>&1
      then ARG=-q0; else ARG=; fi; echo \$ARG; bin/$name \$ARG -U sock"
    [ "$status" = 0 ]
    [ "${lines[*]}" = "-q0 sock" ]
    rm sock
  done
}

@test "no socket: every path that was tried is named, exit code 2" {
  run gw_as_user xen:///
  [ "$status" = 2 ]
  [ "${#lines[@]}" = 1 ]
  [[ "$output" == "rvirt-gateway: "*"no daemon is running"* ]]
  for path in {run,"$dir/session"}/libvirt/{virtxend,libvirt}-sock; do
    [[ "$output" == *"$path (No such file or directory)"* ]]
  done
  run "$gateway" -U "$dir/none" </dev/null
  [ "$status" = 2 ]
  [[ "$output" == *"$dir/none (No such file or directory)"* ]]
  listen dead:sock -- bash -c 'gw -U sock'
  [ "$status" = 2 ]
  [[ "$output" == *"sock (Connection refused)"* ]]
}

@test "permission denied: owner, group, mode and user are named, exit code 3" {
  user=$(as_user id -un)
  listen 000:run/libvirt/libvirt-sock -- bash -c 'gw_as_user test:///system'
  [ "$status" = 3 ]
  [ "${#lines[@]}" = 1 ]
  [[ "$output" == "rvirt-gateway: cannot connect to run/libvirt/libvirt-sock: Permission denied (owner $(id -un), group $(id -gn), mode 0000; user $user is "*"in group $(id -gn))" ]]
}

@test "permission denied by a directory: it is named, exit code 3" {
  mkdir -p run/libvirt
  chmod 000 run
  run gw_as_user test:///system
  chmod 755 run
  [ "$status" = 3 ]
  [[ "$output" == *"cannot connect to run/libvirt/libvirt-sock: Permission denied (run: owner "*" mode 0000;"* ]]
}

@test "what cannot be used is refused with exit code 1 and one line" {
  long=$(printf '%0200d' 0)
  for arg in qemu+ssh:///system qemu://host/system :///system nonsense 'qemu:///system?mode=maybe' \
    'test:///default?socket=%2' 'test:///default?socket=%00' 'test:///default?socket=%-1' \
    "test:///default?socket=$long" "a$long:///system" -Ulong"$long" -U; do
    run gw "$arg"
    [ "$status" = 1 ]
    [ "${#lines[@]}" = 1 ]
  done
  run gw qemu:///system xen:///system
  [ "$status" = 1 ]
  run gw -U sock qemu:///system
  [ "$status" = 1 ]
}

@test "help and version" {
  run "$gateway" --help
  [ "$status" = 0 ]
  [[ "$output" == "Usage: rvirt-gateway [-r] [URI]"* ]]
  run "$gateway" --version
  [ "$status" = 0 ]
  [[ "$output" == "rvirt-gateway (rvirt) "* ]]
}

@test "it needs libc alone and less than 100 KiB" {
  run readelf -d "$gateway"
  if [[ "$output" != *libasan* ]]; then
    [ "$(grep -c NEEDED <<<"$output" || true)" = "$(grep -c 'NEEDED.*libc\.' <<<"$output" || true)" ]
    strip -o stripped "$gateway"
    grep -q NEEDED <<<"$output" && [ "$(stat -c %s stripped)" -lt 102400 ]
  fi
}

# traffic SCENARIO: on pipes, on one socketpair and on two.
traffic() {
  for stdio in pipes socketpair socketpairs; do
    timeout 60 python3 "$here/gateway-traffic.py" "$gateway" $stdio "$1"
  done
}

@test "100 MiB to the daemon, end of file, and its answer after that" { traffic up; }
@test "100 MiB from the daemon, end of file, and words to it after that" { traffic down; }
@test "100 MiB both ways at once" { traffic both; }
@test "pieces from one byte to one MiB both ways at once" { traffic mixed; }
@test "question and answer of many sizes" { traffic ping-pong; }
@test "what the client sent before it closed arrives" { traffic client-closes; }
@test "what the daemon sent before it closed arrives" { traffic daemon-closes; }
@test "nothing is lost when both sides end" { traffic both-close; }
@test "it ends when nobody reads its output, even if its input stays open" { traffic reader-gone; }
@test "it ends when the reader leaves in the middle of a flood" { traffic reader-gone-in-flood; }
@test "it ends when the daemon is killed, even if its input stays open" { traffic daemon-killed; }
@test "a client that floods a daemon that dies is told" { traffic stuffed-daemon-dies; }
