# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A private libvirtd, without a trace on the host. It runs as the system daemon does (only that one has a read-only
# socket), with its directories in a mount namespace of its own where that is allowed.

# libvirtd_start [NAME [CONFIG-LINE…]]: sockets $PEERS/NAME/libvirt-sock and libvirt-sock-ro, and a tcp port.
libvirtd_start() {
  local name=${1:-libvirtd} dir
  shift || true
  dir=$PEERS/$name
  mkdir -p "$dir"
  for _ in 1 2 3; do
    free_port > "$dir/port"
    libvirtd_config "$dir" "$@" > "$dir/libvirtd.conf"
    peer_start "$name" "$dir/libvirt-sock" "$dir/libvirt-sock-ro" "$(peer_port "$name")" -- \
      libvirtd_alone -l -f "$dir/libvirtd.conf" -p "$dir/libvirtd.pid" && return
  done
  return 1
}

libvirtd_config() {
  local dir=$1
  shift
  # of two lines with the same key libvirtd takes the first
  [ $# = 0 ] || printf '%s\n' "$@"
  cat << END
unix_sock_dir = "$dir"
unix_sock_rw_perms = "0777"
auth_unix_ro = "none"
auth_unix_rw = "none"
listen_tls = 0
listen_tcp = 1
listen_addr = "127.0.0.1"
tcp_port = "$(cat "$dir/port")"
auth_tcp = "none"
log_outputs = "3:stderr"
END
}

# libvirtd_alone ARGUMENT…: becomes libvirtd with empty directories where it keeps its state. Guests run as the
# only user there is in a namespace that is not root's.
libvirtd_alone() {
  local user=()
  [ "$(id -u)" = 0 ] || user=(-U -r)
  own_mounts || exec /usr/sbin/libvirtd "$@"
  # shellcheck disable=SC2016
  exec unshare "${user[@]}" -m sh -c '
    for dir in /run /etc/libvirt /var/lib/libvirt /var/cache/libvirt /var/log/libvirt; do
      if [ -d "$dir" ]; then mount -t tmpfs tmpfs "$dir" || exit 1; fi
    done
    printf "user = \"+0\"\ngroup = \"+0\"\ndynamic_ownership = 0\n" > /etc/libvirt/qemu.conf
    exec /usr/sbin/libvirtd "$@"' libvirtd "$@"
}

# libvirtd_uri [NAME]: makes virsh talk to the daemon, whose test driver then answers.
libvirtd_uri() {
  echo "test+unix:///default?socket=$PEERS/${1:-libvirtd}/libvirt-sock"
}
