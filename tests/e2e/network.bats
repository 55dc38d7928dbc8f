# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The addresses on which rvirtd listens, and those that a client tries: in a network of its own, where names have the
# addresses that the test wants.

load ../lib/rvirtd

setup_file() {
  peers_begin
  cat > "$PEERS/hosts" << 'END'
127.0.0.1 localhost
::1 localhost
127.0.0.1 many.example
127.0.0.1 many.example
127.0.0.2 many.example
::1 many.example
127.0.0.1 half.example
192.0.2.77 half.example
2001:db8::200 two.example
127.0.0.1 two.example
2001:db8::200 holes.example
192.0.2.200 holes.example
END
  limit rvirt-pki --dir "$PEERS/pki" ca
  limit rvirt-pki --dir "$PEERS/pki" server two.example
  limit rvirt-pki --dir "$PEERS/pki" --out "$PEERS/desk" client alice
}

# in_network SCRIPT: with 192.0.2.1 and 2001:db8::1 besides the loopback addresses; what is sent to 192.0.2.200 and
# 2001:db8::200 is lost.
in_network() {
  apart '-n -m' '
    mount --bind "$PEERS/hosts" /etc/hosts
    ip link set lo up
    ip link add hole type veth peer name end
    ip link set hole up
    ip link set end up
    ip address add 192.0.2.1/24 dev hole
    ip -6 address add 2001:db8::1/64 dev hole nodad
    for address in 192.0.2.200 2001:db8::200; do
      ip neighbour add "$address" lladdr 02:00:00:00:00:99 dev hole
    done
    # on every address unless a line says which
    rvirtd_config() {
      daemon_config "$1" | grep -v listen_addr
      printf "%s\n" "${@:2}"
    }
    # refused CONFIG-LINE…: rvirtd does not start; what it says is in $said
    refused() {
      ! rvirtd_start rvirtd "$@" > "$PEERS/said" 2>&1 || return 1
      said=$(cat "$PEERS/said")
    }
    # list URI: the domains, in $seen, which took $ms milliseconds
    list() {
      local start=${EPOCHREALTIME/./}
      seen=$(limit rvsh -c "$1" list --name)
      ms=$(((${EPOCHREALTIME/./} - start) / 1000))
    }
    # listening: the addresses of the port
    listening() {
      ss -Hltn "sport = :$(peer_port rvirtd)" | tr -s " " | cut -d" " -f4 | sed "s/:[0-9]*$//" | sort | paste -sd" "
    }
    '"$1"
}

@test "without listen_addr every address is served, of both families, on one port" {
  in_network '
    rvirtd_start rvirtd "tcp_insecure = 1"
    [ "$(listening)" = "0.0.0.0 [::]" ]
    for host in 127.0.0.1 [::1] 192.0.2.1 [2001:db8::1] localhost; do
      list "test+tcp://$host:$(peer_port rvirtd)/default"
      [ "$seen" = test ]
    done'
}

@test "a name is served on each of its addresses, once" {
  in_network '
    rvirtd_start rvirtd "listen_addr = \"many.example\""
    [ "$(listening)" = "127.0.0.1 127.0.0.2 [::1]" ]
    list "test+tcp://[::1]:$(peer_port rvirtd)/default"
    list "test+tcp://127.0.0.2:$(peer_port rvirtd)/default"
    peer_stop rvirtd
    rvirtd_start rvirtd "listen_addr = \"localhost\""
    [ "$(listening)" = "127.0.0.1 [::1]" ]'
}

@test "an address that the host has not is passed over while there is another" {
  in_network '
    rvirtd_start rvirtd "listen_addr = \"half.example\"" "tcp_insecure = 1"
    [ "$(listening)" = 127.0.0.1 ]
    grep -q "cannot listen on tcp 192.0.2.77 port .*: Cannot assign requested address" "$PEERS/rvirtd/log"
    peer_stop rvirtd
    refused "listen_addr = \"192.0.2.77\"" "tcp_insecure = 1"
    [[ $said == *"cannot listen on tcp 192.0.2.77 port"* ]]
    refused "listen_addr = \"nowhere.example\""
    [[ $said == *"cannot find listen_addr nowhere.example"* ]]
    refused "listen_addr = \"half.example\""
    [[ $said == *"tcp 192.0.2.77 port"*tcp_insecure* ]]'
}

@test "a host without IPv6 is served on IPv4" {
  in_network '
    sysctl -qw net.ipv6.conf.all.disable_ipv6=1
    rvirtd_start rvirtd "listen_addr = \"many.example\""
    [ "$(listening)" = "127.0.0.1 127.0.0.2" ]
    list "test+tcp://two.example:$(peer_port rvirtd)/default"
    [ "$seen" = test ]'
}

@test "an address that swallows everything costs a quarter of a second, over tcp and TLS" {
  in_network '
    tls_port=$(free_port)
    rvirtd_start rvirtd "listen_addr = \"127.0.0.1\"" "listen_tls = 1" "tls_port = \"$tls_port\"" \
      "ca_file = \"$PEERS/pki/CA/cacert.pem\"" "cert_file = \"$PEERS/pki/libvirt/servercert.pem\"" \
      "key_file = \"$PEERS/pki/libvirt/private/serverkey.pem\""
    [ "$(getent ahosts two.example | sed -n "s/ *STREAM.*//p" | paste -sd" ")" = "2001:db8::200 127.0.0.1" ]
    list "test+tcp://two.example:$(peer_port rvirtd)/default"
    [ "$seen" = test ]
    ((ms >= 250 && ms < 1000))
    list "test://two.example:$tls_port/default?pkipath=$PEERS/desk"
    [ "$seen" = test ]
    ((ms >= 250 && ms < 1000))'
}

@test "when no address answers, each is named with its cause, in time" {
  in_network '
    start=${EPOCHREALTIME/./}
    said=$(limit rvsh -c "test+tcp://holes.example:16509/default?connect_timeout=1" list 2>&1) && exit 1
    ms=$(((${EPOCHREALTIME/./} - start) / 1000))
    [[ $said == *"unable to connect to server at '"'holes.example:16509'"': 2001:db8::200: Connection timed out; 192.0.2.200: Connection timed out; "* ]]
    ((ms >= 1000 && ms < 2000))
    said=$(limit rvsh -c "test+tcp://localhost:1/default" list 2>&1) && exit 1
    [[ $said == *"::1: Connection refused; 127.0.0.1: Connection refused; "* ]]'
}
