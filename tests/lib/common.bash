# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What every Bats file stands on: a private place, waiting for facts, and servers that are ended by
# their process id. A server NAME lives in $PEERS/NAME with its files: log, pid, port, and sockets.
# A file that needs servers calls peers_begin in setup_file. Each helper file loads those that it stands on.

! declare -F peers_begin > /dev/null || return 0

# The benchmarks use these servers without Bats.
[ -z "${BATS_VERSION:-}" ] || bats_require_minimum_version 1.5.0

LIB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${RVIRT_SRCDIR:=$(cd "$LIB/../.." && pwd)}"
export RVIRT_SRCDIR

# peers_begin: makes $PEERS, and a home in it, so that nothing of the user's or the host's is read or written.
peers_begin() {
  PEERS=$(mktemp -d "${TMPDIR:-/tmp}/rvirt-XXXXXX")
  # Whatever the tests start carries this mark, also behind ssh: peers_end looks for it.
  export PEERS RVIRT_TEST_MARK=$PEERS
  mkdir -p "$PEERS/home/.config" "$PEERS/home/.cache" "$PEERS/run"
  chmod 700 "$PEERS/run"
  export HOME=$PEERS/home XDG_RUNTIME_DIR=$PEERS/run LC_ALL=C.UTF-8 TERM=dumb
  export XDG_CONFIG_HOME=$HOME/.config XDG_CACHE_HOME=$HOME/.cache
  unset LIBVIRT_DEFAULT_URI VIRSH_DEFAULT_CONNECT_URI RVIRT_DEFAULT_URI RVIRT_LOG SSH_AUTH_SOCK DISPLAY
}

# A file that has more to give back has its own, which ends with peers_end.
teardown_file() {
  peers_end
}

# peers_end: ends every server and then their guests, which outlive daemons. Fails if another process is left.
peers_end() {
  local dir pid guests left=
  [ -n "${PEERS:-}" ] || return 0
  keepers_end
  guests=$(marked_processes | sed -n 's/^\([0-9]*\) [^ ]*qemu-system-.*/\1/p')
  for dir in "$PEERS"/*/; do
    peer_stop "$(basename "$dir")"
  done
  for pid in $guests; do
    kill -9 "$pid" 2> /dev/null || true
  done
  wait_until 5 nothing_left || left=$(marked_processes)
  rm -rf "$PEERS"
  if [ -n "$left" ]; then
    echo "left running: $left" >&2
    return 1
  fi
}

# keepers: the process ids of those that keep a shared login to a host.
keepers() {
  local socket
  for socket in "$XDG_RUNTIME_DIR"/rvirt/ssh-*; do
    [ ! -S "$socket" ] || timeout 10 ssh -S "$socket" -O check any 2>&1 | sed -n 's/.*(pid=\([0-9]*\)).*/\1/p'
  done
  [ ! -e "$XDG_RUNTIME_DIR/rvirt" ] || marked_processes | sed -n 's/^\([0-9]*\) rvirt-dial --keep .*/\1/p'
}

# keepers_end: ends them, so that the next connection logs in again.
keepers_end() {
  local pid
  for pid in $(keepers); do
    kill "$pid"
    wait_until 10 process_gone "$pid"
  done
  rm -rf "$XDG_RUNTIME_DIR/rvirt"
}

nothing_left() {
  [ -z "$(marked_processes)" ]
}

# marked_processes: "PID COMMAND" of every process that the tests of this file started, guests too.
marked_processes() {
  python3 "$LIB/marked.py" "$PEERS"
}

# wait_until SECONDS COMMAND…: runs COMMAND again and again until it succeeds; fails when it never does.
wait_until() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < end)) || return 1
    # Gives the processor away for a moment: nobody ever writes into this pipe.
    read -rt 0.02 <> <(:) || true
  done
}

# limit COMMAND…: a time limit for anything that might hang; LIMIT=SECONDS changes it.
limit() {
  timeout -k 5 "${LIMIT:-30}" "$@"
}

# need PROGRAM PACKAGE: a test without its peer is skipped, and fails where CI should have installed it.
need() {
  command -v "$1" > /dev/null && return
  if [ "${CI:-}" = true ]; then
    echo "$1 is missing: apt-get install $2" >&2
    return 1
  fi
  skip "$1 is missing: apt-get install $2"
}

# need_root WHY: for what no package can give.
need_root() {
  [ "$(id -u)" = 0 ] || skip "needs root: $1"
  own_mounts || skip "needs a mount namespace: $1"
}

# need_cgroups WHY: a chroot has none, nor has a plain container.
need_cgroups() {
  grep -q ' cgroup2\? ' /proc/self/mounts || skip "needs control groups: $1"
}

# own_mounts: may a process here have a view of its own on the file system? A plain container forbids it.
own_mounts() {
  if [ "$(id -u)" = 0 ]; then
    unshare -m true
  else
    unshare -U -r -m true
  fi 2> /dev/null
}

# apart FLAGS SCRIPT: runs SCRIPT (Bash, -eu, with these helpers) in namespaces of its own; FLAGS are unshare's. What
# must be ended besides server "rvirtd" is the script's to end.
apart() {
  local flags
  read -ra flags <<< "$1"
  [ "$(id -u)" = 0 ] || flags+=(-U -r)
  unshare "${flags[@]}" true 2> /dev/null || skip "needs namespaces: unshare ${flags[*]}"
  LIB=$LIB LIMIT=${LIMIT:-60} limit unshare "${flags[@]}" bash -euc '
    unset BATS_VERSION
    . "$LIB/common.bash"
    . "$LIB/rvirtd.bash"
    trap "peer_stop rvirtd" EXIT
    '"$2"
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# accepts ADDRESS: does somebody listen on this unix socket path, port of 127.0.0.1, or [HOST]:PORT?
accepts() {
  python3 - "$1" << 'END' 2> /dev/null
import socket, sys
where = sys.argv[1]
if where.isdigit():
    socket.create_connection(("127.0.0.1", int(where)), 5)
elif where.startswith("["):
    host, port = where[1:].split("]:")
    socket.create_connection((host, int(port)), 5)
else:
    socket.socket(socket.AF_UNIX).connect(where)
END
}

# peer_start NAME ADDRESS… -- COMMAND…: starts a server and waits until it accepts on every ADDRESS.
peer_start() {
  local name=$1 dir=$PEERS/$1 addresses=() address
  shift
  while [ "$1" != -- ]; do
    addresses+=("$1")
    shift
  done
  shift
  mkdir -p "$dir"
  # Bats waits for whoever holds its descriptor 3.
  "$@" > "$dir/log" 2>&1 < /dev/null 3>&- &
  echo $! > "$dir/pid"
  for address in "${addresses[@]}"; do
    if ! wait_until 20 accepts_or_dead "$name" "$address" || ! peer_alive "$name"; then
      echo "$name does not accept on $address:" >&2
      cat "$dir/log" >&2
      peer_stop "$name"
      return 1
    fi
  done
}

accepts_or_dead() {
  ! peer_alive "$1" || accepts "$2"
}

peer_pid() {
  cat "$PEERS/$1/pid"
}

peer_port() {
  cat "$PEERS/$1/port"
}

peer_log() {
  cat "$PEERS/$1/log"
}

# peer_alive NAME: a zombie that nobody has waited for yet is not alive.
peer_alive() {
  local pid
  pid=$(peer_pid "$1" 2> /dev/null) && process_alive "$pid"
}

process_alive() {
  local stat
  { read -r stat < "/proc/$1/stat"; } 2> /dev/null || return 1
  [[ ${stat##*) } != Z* ]]
}

process_gone() {
  ! process_alive "$1"
}

# peer_stop NAME [SIGNAL]: ends a server and waits for its end; one that is not running is no error.
peer_stop() {
  local pid
  pid=$(peer_pid "$1" 2> /dev/null) || return 0
  rm "$PEERS/$1/pid"
  kill "-${2:-TERM}" "$pid" 2> /dev/null || return 0
  if ! wait_until 10 process_gone "$pid"; then
    echo "$1 did not end by itself" >&2
    kill -KILL "$pid"
    wait_until 5 process_gone "$pid"
  fi
}
