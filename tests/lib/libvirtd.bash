# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A private libvirtd, without a trace on the host. It runs as the system daemon does (only that one has a read-only
# socket), with its directories in a mount namespace of its own where that is allowed.

. "${BASH_SOURCE%/*}/daemon.bash"

# need_libvirt: its daemon, and virsh.
need_libvirt() {
  need virsh libvirt-clients
  need libvirtd libvirt-daemon-system
}

# libvirtd_start [NAME [CONFIG-LINE…]]: see daemon_start. With LIBVIRTD_HOST=NAME (and a host_uuid in its configuration)
# it takes itself for another host than this one, for migrations.
libvirtd_start() {
  daemon_start libvirtd "${1:-libvirtd}" "${@:2}"
}

libvirtd_config() {
  local dir=$1
  shift
  # of two lines with the same key libvirtd takes the first
  [ $# = 0 ] || printf '%s\n' "$@"
  daemon_config "$dir"
  echo 'log_outputs = "3:stderr"'
}

# libvirtd_exec ARGUMENT…: becomes libvirtd with empty directories where it keeps its state. Guests run as the
# only user there is in a namespace that is not root's.
libvirtd_exec() {
  local user=()
  [ "$(id -u)" = 0 ] || user=(-U -r)
  own_mounts || exec /usr/sbin/libvirtd "$@"
  # shellcheck disable=SC2016
  exec unshare "${user[@]}" -m ${LIBVIRTD_HOST:+-u} sh -c '
    [ -z "$LIBVIRTD_HOST" ] || echo "$LIBVIRTD_HOST" > /proc/sys/kernel/hostname
    for dir in /run /etc/libvirt /var/lib/libvirt /var/cache/libvirt /var/log/libvirt; do
      if [ -d "$dir" ]; then mount -t tmpfs tmpfs "$dir" || exit 1; fi
    done
    mkdir -p /run/lock
    echo "$0" > /etc/libvirt/qemu.conf
    exec /usr/sbin/libvirtd "$@"' "$(libvirtd_qemu_config)" "$@"
}

# libvirtd_qemu_config: guests that need nothing of the host beside QEMU; files they write are written by QEMU itself.
libvirtd_qemu_config() {
  cat << 'END'
user = "+0"
group = "+0"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
namespaces = []
cgroup_controllers = []
stdio_handler = "file"
END
}

# libvirtd_qemu_uri [NAME]: its QEMU driver. Only for tests that asked for own_mounts (need_root): else its guests
# would be kept among the host's.
libvirtd_qemu_uri() {
  echo "qemu+unix:///system?socket=$PEERS/${1:-libvirtd}/libvirt-sock"
}

# libvirtd_uri [NAME]: makes virsh talk to the daemon, whose test driver then answers.
libvirtd_uri() {
  daemon_uri "${1:-libvirtd}"
}
