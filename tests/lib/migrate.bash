# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Two rvirtd on this machine that take themselves for two hosts, a and b, with their QEMU drivers.

. "${BASH_SOURCE%/*}/guest.bash"
. "${BASH_SOURCE%/*}/rvirtd.bash"

HERE=tcp://127.0.0.1

# host_start NAME [CONFIG-LINE…]
host_start() {
  rvirtd_start "$1" "state_dir = \"$PEERS/state-$1\"" "host_uuid = \"$(printf '%08x' "'$1")-1111-4111-8111-111111111111\"" "${@:2}"
}

uri() {
  local path=session
  [ "$(id -u)" != 0 ] || path=system
  echo "qemu+unix:///$path?socket=$PEERS/$1/libvirt-sock"
}

# on NAME COMMAND…
on() {
  limit rvsh -q -c "$(uri "$1")" "${@:2}"
}

# still NAME [OPTION…]: a guest that boots nothing runs there.
still() {
  on "$1" create "$PEERS/still.xml" "${@:2}"
}

# places: which guests are where, in which state: "a:still running b:"
places() {
  local host all=
  for host in a b; do
    all+=" $host:$(on "$host" list --all | sed -n 's/^ *[0-9-]\+ *//p' | sed 's/  */ /g; s/ *$//' | paste -sd,)"
  done
  echo "${all# }"
}

at() {
  [ "$(places)" = "$1" ]
}

# host_pid NAME GUEST: of its QEMU
host_pid() {
  sed -n "s/.*pid='\([0-9]*\)'.*/\1/p" "$PEERS/state-$1/run/qemu/$2.xml" | head -n 1
}

clear_hosts() {
  local host guest
  for host in a b; do
    for guest in $(on "$host" list --all --name); do
      on "$host" destroy "$guest" || :
      on "$host" undefine "$guest" || :
    done
  done > "$PEERS/clear.log" 2>&1
}

no_jobs() {
  local guest
  for guest in $(on "$1" list --name); do
    on "$1" domjobinfo "$guest" | grep -q None || return 1
  done
}

# slow_migration [OPTION…]: guest "still" is on its way from a to b, in the background as $migration, and so slowly that
# it is still there later on. SLOW_MIB: its memory.
slow_migration() {
  # a page of zeros takes nine bytes, and there is no limit below 1 MiB a second
  guest_xml still kernel=no memory="${SLOW_MIB:-8192}" console=none > "$PEERS/slow.xml"
  on a create "$PEERS/slow.xml"
  on a migrate-setspeed still 1
  rvsh -q -c "$(uri a)" migrate still "$(uri b)" --live --migrateuri "$HERE" "$@" \
    > "$PEERS/migration.log" 2>&1 3>&- &
  # shellcheck disable=SC2034
  migration=$!
  wait_until 20 under_way
}

under_way() {
  on a domjobinfo still --rawstats | grep -q '^memory_processed: *[1-9]'
}

# goes_on FILE: the guest whose console writes there counts on, and has not begun anew.
goes_on() {
  local last
  last=$(tr -d '\r' < "$1" | sed -n 's/^count \([0-9]*\)$/\1/p' | tail -n 1)
  wait_for_console "$1" "count $((last + 3))"
  [ "$(tr -d '\r' < "$1" | grep -axc 'count 1')" -le 1 ]
}
