# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A private rvirtd. What is beside the usual comes as lines of its config.

. "${BASH_SOURCE%/*}/daemon.bash"

# rvirtd_start [NAME [CONFIG-LINE…]]: see daemon_start.
rvirtd_start() {
  daemon_start rvirtd "${1:-rvirtd}" "${@:2}"
}

rvirtd_config() {
  daemon_config "$1"
  shift
  # The folders of tests are nobody else's. What comes after counts.
  echo 'qemu_user = "root"'
  [ $# = 0 ] || printf '%s\n' "$@"
}

rvirtd_exec() {
  exec rvirtd "$@"
}

rvirtd_uri() {
  daemon_uri "${1:-rvirtd}"
}
