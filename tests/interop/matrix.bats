# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Every client, over ssh, with every bridge on the far side, to either daemon, through two makes of ssh server. What
# has no cell here has its reason in docs/interop.md.

load ../lib/client
load ../lib/libvirtd
load ../lib/rvirtd
load ../lib/sshd

setup_file() {
  need_libvirt
  need sshd openssh-server
  need dropbear dropbear-bin
  need go golang-go
  peers_begin
  libvirtd_start
  rvirtd_start
  sshd_start
  if [ "$(id -u)" = 0 ] && own_mounts; then dropbear_start; fi
  GO111MODULE=off GOPATH=/usr/share/gocode GOCACHE=$PEERS/go go build -o "$PEERS/go-list" \
    "$RVIRT_SRCDIR/tests/interop/go-list.go"
}

# each_daemon BRIDGE COMMAND…: COMMAND with "socket" set, for either daemon, which is also at the usual place of the
# far side, whose PATH has only the bridge.
each_daemon() {
  local bridge=$1 daemon socket
  shift
  need_root "the far side has its daemon at the system's place"
  case $bridge in
    gateway) sshd_offers rvirt-gateway ;;
    helper) sshd_offers "virt-ssh-helper=$(command -v rvirt-gateway)" ;;
    nc) sshd_offers nc ;;
  esac
  for daemon in rvirtd libvirtd; do
    sshd_serves "$daemon"
    socket=$PEERS/$daemon/libvirt-sock
    if ! "$@" "$bridge"; then
      echo "$daemon through $bridge: $output"
      return 1
    fi
  done
}

# uri_of TRANSPORT HOST BRIDGE [PARAMETERS]: PARAMETERS make a client use the gateway that would not by itself
uri_of() {
  local uri="test+$1://$2/default"
  case $3 in
    nc) uri+="?proxy=netcat&socket=$socket" ;;
    gateway) uri+=${4:-} ;;
  esac
  echo "$uri"
}

libvirt_uri() {
  uri_of ssh "$1" "$2" "?netcat=rvirt-gateway&socket=$socket"
}

rvsh_ssh() {
  manages rvsh "$(uri_of ssh "$1" "$2")"
}

rvsh_libssh2() {
  manages rvsh "$(uri_of libssh2 "$1" "$2")"
}

virsh_ssh() {
  manages virsh "$(libvirt_uri "$1" "$2")"
}

python_ssh() {
  run -0 limit /usr/bin/python3 "$RVIRT_SRCDIR/tests/interop/python-round.py" "$(libvirt_uri "$1" "$2")"
  [ "$output" = "1 domain, then 2, then 1" ]
}

go_ssh() {
  local program=(rvirt-gateway -U "$socket")
  case $2 in
    helper) program=(virt-ssh-helper test:///default) ;;
    nc) program=(nc -U "$socket") ;;
  esac
  run -0 limit "$PEERS/go-list" ssh -T "$1" "${program[@]}"
  [ "$output" = "test state 3" ]
}

@test "rvsh, OpenSSH, gateway" { each_daemon gateway rvsh_ssh far; }
@test "rvsh, OpenSSH, virt-ssh-helper" { each_daemon helper rvsh_ssh far; }
@test "rvsh, OpenSSH, nc" { each_daemon nc rvsh_ssh far; }
@test "rvsh by libssh2, OpenSSH, gateway" { each_daemon gateway rvsh_libssh2 far; }
@test "rvsh by libssh2, OpenSSH, virt-ssh-helper" { each_daemon helper rvsh_libssh2 far; }
@test "rvsh by libssh2, OpenSSH, nc" { each_daemon nc rvsh_libssh2 far; }
@test "virsh, OpenSSH, gateway" { each_daemon gateway virsh_ssh far; }
@test "virsh, OpenSSH, virt-ssh-helper" { each_daemon helper virsh_ssh far; }
@test "virsh, OpenSSH, nc" { each_daemon nc virsh_ssh far; }
@test "Python, OpenSSH, gateway" { each_daemon gateway python_ssh far; }
@test "Python, OpenSSH, virt-ssh-helper" { each_daemon helper python_ssh far; }
@test "Python, OpenSSH, nc" { each_daemon nc python_ssh far; }
@test "Go, OpenSSH, gateway" { each_daemon gateway go_ssh far; }
@test "Go, OpenSSH, virt-ssh-helper" { each_daemon helper go_ssh far; }
@test "Go, OpenSSH, nc" { each_daemon nc go_ssh far; }

@test "rvsh, dropbear, gateway" { each_daemon gateway rvsh_ssh drop; }
@test "rvsh, dropbear, virt-ssh-helper" { each_daemon helper rvsh_ssh drop; }
@test "rvsh, dropbear, nc" { each_daemon nc rvsh_ssh drop; }
@test "rvsh by libssh2, dropbear, gateway" { each_daemon gateway rvsh_libssh2 drop; }
@test "rvsh by libssh2, dropbear, virt-ssh-helper" { each_daemon helper rvsh_libssh2 drop; }
@test "rvsh by libssh2, dropbear, nc" { each_daemon nc rvsh_libssh2 drop; }
@test "virsh, dropbear, gateway" { each_daemon gateway virsh_ssh drop; }
@test "virsh, dropbear, virt-ssh-helper" { each_daemon helper virsh_ssh drop; }
@test "virsh, dropbear, nc" { each_daemon nc virsh_ssh drop; }
@test "Python, dropbear, gateway" { each_daemon gateway python_ssh drop; }
@test "Python, dropbear, virt-ssh-helper" { each_daemon helper python_ssh drop; }
@test "Python, dropbear, nc" { each_daemon nc python_ssh drop; }
@test "Go, dropbear, gateway" { each_daemon gateway go_ssh drop; }
@test "Go, dropbear, virt-ssh-helper" { each_daemon helper go_ssh drop; }
@test "Go, dropbear, nc" { each_daemon nc go_ssh drop; }
