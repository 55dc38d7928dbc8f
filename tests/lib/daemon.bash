# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What a private libvirtd and a private rvirtd have in common: libvirtd.bash and rvirtd.bash stand on it.

. "${BASH_SOURCE%/*}/common.bash"

# daemon_start KIND NAME [CONFIG-LINE…]: a daemon with sockets $PEERS/NAME/libvirt-sock and libvirt-sock-ro, and a
# tcp port. KIND_config writes its configuration, KIND_exec becomes it.
daemon_start() {
  local kind=$1 name=$2 dir=$PEERS/$2
  shift 2
  mkdir -p "$dir"
  for _ in 1 2 3; do
    free_port > "$dir/port"
    "${kind}_config" "$dir" "$@" > "$dir/$kind.conf"
    peer_start "$name" "$dir/libvirt-sock" "$dir/libvirt-sock-ro" "$(peer_port "$name")" -- \
      "${kind}_exec" -l -f "$dir/$kind.conf" -p "$dir/$kind.pid" && return
  done
  return 1
}

# daemon_config DIR: the lines that both read.
daemon_config() {
  cat << END
unix_sock_dir = "$1"
unix_sock_rw_perms = "0777"
auth_unix_ro = "none"
auth_unix_rw = "none"
listen_tls = 0
listen_tcp = 1
listen_addr = "127.0.0.1"
tcp_port = "$(cat "$1/port")"
auth_tcp = "none"
END
}

# daemon_uri NAME: the daemon's test driver over its read-write socket.
daemon_uri() {
  echo "test+unix:///default?socket=$PEERS/$1/libvirt-sock"
}
