# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Programs on librvirt, with libvirt's daemon and with ours.

load ../lib/libvirtd
load ../lib/rvirtd

setup_file() {
  need libvirtd libvirt-daemon-system
  peers_begin
  libvirtd_start
  rvirtd_start
}

# api DAEMON WHAT…: runs api-calls with a daemon's unix socket.
api() {
  local uri
  uri=$("$1_uri" "$1")
  shift
  limit "$RVIRT_BUILDDIR/tests/lib/api-calls" "$uri" "$@"
}

@test "a thousand calls are on their way to libvirtd at once" {
  api libvirtd pipeline
}

@test "a thousand calls are on their way to rvirtd at once" {
  api rvirtd pipeline
}

@test "threads share a connection to libvirtd" {
  api libvirtd threads
}

@test "threads share a connection to rvirtd" {
  api rvirtd threads
}

@test "events of libvirtd reach a program's own loop" {
  api libvirtd events
}

@test "events of rvirtd reach a program's own loop" {
  api rvirtd events
}

@test "a frozen libvirtd costs a call, not the connection" {
  api libvirtd frozen "$(peer_pid libvirtd)"
}

@test "a frozen rvirtd costs a call, not the connection" {
  api rvirtd frozen "$(peer_pid rvirtd)"
}

@test "pings find out that libvirtd is silent" {
  api libvirtd silent "$(peer_pid libvirtd)"
}

@test "pings find out that rvirtd is silent" {
  api rvirtd silent "$(peer_pid rvirtd)"
}

@test "libvirtd is killed in mid-call" {
  api libvirtd killed "$(peer_pid libvirtd)"
}

@test "rvirtd is killed in mid-call" {
  api rvirtd killed "$(peer_pid rvirtd)"
}
