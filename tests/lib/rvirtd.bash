# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A private rvirtd. What is beside the usual comes as lines of its config.

# rvirtd_start [NAME [CONFIG-LINE…]]: sockets $PEERS/NAME/libvirt-sock and libvirt-sock-ro, and a tcp port.
rvirtd_start() {
  local name=${1:-rvirtd} dir
  shift || true
  dir=$PEERS/$name
  mkdir -p "$dir"
  for _ in 1 2 3; do
    free_port > "$dir/port"
    rvirtd_config "$dir" "$@" > "$dir/rvirtd.conf"
    peer_start "$name" "$dir/libvirt-sock" "$dir/libvirt-sock-ro" "$(peer_port "$name")" -- \
      rvirtd -l -f "$dir/rvirtd.conf" -p "$dir/rvirtd.pid" && return
  done
  return 1
}

rvirtd_config() {
  local dir=$1
  shift
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
END
  [ $# = 0 ] || printf '%s\n' "$@"
}

rvirtd_uri() {
  echo "test+unix:///default?socket=$PEERS/${1:-rvirtd}/libvirt-sock"
}
