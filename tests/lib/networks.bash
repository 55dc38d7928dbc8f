# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck disable=SC2154
#
# Networks of the host in a network of the test's own: for scripts that "apart '-n -m'" runs. There a host is its
# namespace, guests and the world outside are others, and bridges, dnsmasq and nftables are real.

. "${BASH_SOURCE%/*}/libvirtd.bash"
. "${BASH_SOURCE%/*}/rvirtd.bash"

# networks_need: what a test of networks can't do without.
networks_need() {
  need_root "networks"
  need dnsmasq dnsmasq-base
  need busybox busybox-static
  need nft nftables
  need ip iproute2
}

# networks_begin [libvirtd]: a daemon with a state of its own in $HOST, and $URI.
networks_begin() {
  DAEMON=${1:-rvirtd}
  HOST=$(mktemp -d "$PEERS/host-XXXXXX")
  # dnsmasq reads its tables again as another user
  chmod 755 "$PEERS" "$HOST"
  trap networks_end EXIT
  mkdir -p /run/netns
  mount -t tmpfs netns /run/netns
  ip link set lo up
  networks_daemon
  URI="network+unix:///system?socket=$PEERS/$DAEMON/libvirt-sock"
}

networks_daemon() {
  if [ "$DAEMON" = libvirtd ]; then
    libvirtd_start
  else
    rvirtd_start rvirtd "state_dir = \"$HOST\""
  fi
}

networks_end() {
  peer_stop "$DAEMON"
  local file pid
  for file in "$HOST"/run/network/*.pid "$HOST"/*/run/network/*.pid; do
    [ -e "$file" ] || continue
    read -r pid < "$file"
    kill "$pid" 2> /dev/null || true
  done
}

net() {
  limit rvsh -c "$URI" "$@"
}

# fails WORDS COMMAND…: it fails, and says so.
fails() {
  local words=$1 out
  shift
  if out=$("$@" 2>&1); then
    echo "did not fail: $*" >&2
    return 1
  fi
  [[ $out == *"$words"* ]] || {
    echo "$out" >&2
    return 1
  }
}

# guest NAME BRIDGE [MAC]: another host, whose device eth0 is plugged into the bridge.
guest() {
  ip netns add "$1"
  ip link add "to-$1" type veth peer name eth0 netns "$1"
  [ -z "${3:-}" ] || ip -n "$1" link set eth0 address "$3"
  ip link set "to-$1" master "$2" up
  ip -n "$1" link set lo up
  ip -n "$1" link set eth0 up
}

on() {
  limit ip netns exec "$@"
}

# dhcp GUEST: asks for an address as guests do, and uses what it is given.
dhcp() {
  cat > "$HOST/use-lease" << 'END2'
#!/bin/sh
[ "$1" = bound ] || exit 0
ip addr add "$ip/$mask" dev "$interface"
[ -z "$router" ] || ip route add default via "$router"
END2
  chmod +x "$HOST/use-lease"
  on "$1" busybox udhcpc -i eth0 -n -q -f -t 20 -T 1 -s "$HOST/use-lease" > "$HOST/udhcpc" 2>&1 || {
    cat "$HOST/udhcpc" >&2
    return 1
  }
}

# world: a host beyond this one, 192.0.2.1 of it being 192.0.2.2, which sends what it does not know back here.
world() {
  ip netns add world
  ip link add outside type veth peer name eth0 netns world
  ip addr add 192.0.2.1/24 dev outside
  ip link set outside up
  ip -n world link set lo up
  ip -n world addr add 192.0.2.2/24 dev eth0
  ip -n world link set eth0 up
  ip -n world route add default via 192.0.2.1
}

# seen_from SERVER ADDRESS CLIENT: which address the server sees when the client talks to its ADDRESS.
seen_from() {
  local server
  rm -f "$HOST/seen"
  on "$1" python3 -c '
import socket, sys
s = socket.create_server((sys.argv[1], 7077))
open(sys.argv[2] + ".ready", "w").close()
print(s.accept()[1][0], file=open(sys.argv[2], "w"))' "$2" "$HOST/seen" &
  server=$!
  wait_until 10 test -e "$HOST/seen.ready"
  rm "$HOST/seen.ready"
  on "$3" python3 -c 'import socket, sys; socket.create_connection((sys.argv[1], 7077), 5)' "$2"
  wait "$server"
  cat "$HOST/seen"
}

# reaches GUEST ADDRESS: does an answer to a ping come?
reaches() {
  on "$1" busybox ping -c 1 -W 2 "$2" > /dev/null 2>&1
}

# echoes GUEST: how many pings have come to it, answered or not.
echoes() {
  on "$1" awk '/^Icmp:/ && !at { for (i = 2; i <= NF; i++) if ($i == "InEchos") at = i; next }
    /^Icmp:/ { print $at }' /proc/net/snmp
}
