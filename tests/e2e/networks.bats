# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Networks of the host that guests use: real bridges, dnsmasq and nftables, guests that are namespaces, each test on a
# host of its own.
# shellcheck disable=SC2016

load ../lib/networks

setup_file() {
  networks_need
  peers_begin
  cat > "$PEERS/nat.xml" << 'END'
<network><name>nat</name><forward mode='nat'/><bridge name='br-nat' stp='off'/>
  <domain name='guests.test' localOnly='yes'/>
  <dns><host ip='192.168.150.9'><hostname>nine</hostname></host></dns>
  <ip address='192.168.150.1' prefix='24'><dhcp>
    <range start='192.168.150.100' end='192.168.150.120'/>
    <host mac='52:54:00:00:00:01' name='one' ip='192.168.150.50'/>
    <host mac='52:54:00:00:00:02' name='two' ip='192.168.150.51'/></dhcp></ip>
</network>
END
  cat > "$PEERS/isolated.xml" << 'END'
<network><name>isolated</name><bridge name='br-alone' stp='off'/>
  <ip address='192.168.151.1' prefix='24'><dhcp>
    <host mac='52:54:00:00:01:01' ip='192.168.151.50'/>
    <host mac='52:54:00:00:01:02' ip='192.168.151.51'/></dhcp></ip>
</network>
END
  cat > "$PEERS/routed.xml" << 'END'
<network><name>routed</name><forward mode='route'/><bridge name='br-route' stp='off'/>
  <ip address='192.168.152.1' prefix='24'><dhcp>
    <host mac='52:54:00:00:02:01' ip='192.168.152.50'/></dhcp></ip>
</network>
END
  cat > "$PEERS/six.xml" << 'END'
<network><name>six</name><bridge name="br-six" stp="off"/><forward mode="route"/>
  <ip family="ipv6" address="2001:db8:7::1" prefix="64"/></network>
END
  cat > "$PEERS/port.xml" << 'END'
<networkport><uuid>11111111-2222-4333-8444-555555555555</uuid>
  <owner><uuid>22222222-2222-4333-8444-555555555555</uuid><name>vm</name></owner>
  <mac address="52:54:00:00:00:01"/></networkport>
END
  cat > "$PEERS/options.xml" << 'END'
<network xmlns:dnsmasq="http://libvirt.org/schemas/network/dnsmasq/1.0"><name>o</name>
  <dnsmasq:options><dnsmasq:option value="user=root"/></dnsmasq:options></network>
END
}

# here SCRIPT: on a host of its own, with a daemon.
here() {
  apart '-n -m' '. "$LIB/networks.bash"; networks_begin; '"$1"
}

@test "a network starts, serves its guests, and stops without a trace" {
  here '
    net net-define "$PEERS/nat.xml"
    net net-start nat
    guest one br-nat 52:54:00:00:00:01
    dhcp one
    on one ip -br addr show eth0 | grep -q " 192.168.150.50/24"
    on one busybox nslookup one.guests.test 192.168.150.1 | grep -q "192.168.150.50"
    on one busybox nslookup nine.guests.test 192.168.150.1 | grep -q "192.168.150.9"
    net net-dhcp-leases nat | grep -q "52:54:00:00:00:01 *ipv4 *192.168.150.50/24 *one *01:52:54:00:00:00:01"
    net net-dhcp-leases nat 52:54:00:00:00:02 > "$HOST/other"
    fails "" grep 192.168 "$HOST/other"
    net net-info nat | grep -q "^Active: *yes"
    pid=$(cat "$HOST/run/network/nat.pid")
    process_alive "$pid"
    net net-destroy nat
    process_gone "$pid"
    fails "" ip link show br-nat
    [ -z "$(nft list ruleset)" ]
    net net-undefine nat
    [ -z "$(find "$HOST" -path "*network/*" -type f)" ]'
}

@test "NAT: guests go out with the host's address, and nobody comes in" {
  here '
    world
    net net-create "$PEERS/nat.xml"
    guest one br-nat 52:54:00:00:00:01
    guest two br-nat 52:54:00:00:00:02
    dhcp one
    dhcp two
    [ "$(seen_from world 192.0.2.2 one)" = 192.0.2.1 ]
    reaches one 192.168.150.51
    fails "" reaches world 192.168.150.50
    net net-destroy nat'
}

@test "NAT: the ports and the address are those that the network says" {
  here '
    world
    ip addr add 192.0.2.9/24 dev outside
    nat="<nat><address start=\"192.0.2.9\" end=\"192.0.2.9\"/><port start=\"5000\" end=\"5001\"/></nat>"
    sed "s,<forward mode=.nat./>,<forward mode=\"nat\">$nat</forward>," "$PEERS/nat.xml" > "$HOST/nat.xml"
    net net-create "$HOST/nat.xml"
    guest one br-nat 52:54:00:00:00:01
    dhcp one
    [ "$(seen_from world 192.0.2.2 one)" = 192.0.2.9 ]
    net net-destroy nat'
}

@test "an isolated network reaches nobody outside, though the host forwards" {
  here '
    world
    net net-create "$PEERS/nat.xml"
    net net-create "$PEERS/isolated.xml"
    [ "$(cat /proc/sys/net/ipv4/ip_forward)" = 1 ]
    guest one br-alone 52:54:00:00:01:01
    guest two br-alone 52:54:00:00:01:02
    dhcp one
    dhcp two
    [ -z "$(on one ip route show default)" ]
    reaches one 192.168.151.51
    # with a route of its own it is stopped by the rules alone
    ip -n one route add default via 192.168.151.1
    reaches one 192.168.151.1
    before=$(echoes world)
    fails "" reaches one 192.0.2.2
    [ "$(echoes world)" = "$before" ]
    before=$(echoes one)
    fails "" reaches world 192.168.151.50
    [ "$(echoes one)" = "$before" ]
    # one network that goes leaves the rules of the others
    net net-destroy nat
    fails "" reaches one 192.0.2.2
    net net-destroy isolated'
}

@test "a routed network is reached from outside with its own addresses" {
  here '
    world
    net net-create "$PEERS/routed.xml"
    guest one br-route 52:54:00:00:02:01
    dhcp one
    reaches world 192.168.152.50
    [ "$(seen_from world 192.0.2.2 one)" = 192.168.152.50 ]
    net net-destroy routed'
}

@test "IPv6: a router is advertised, and addresses are taken from its network" {
  here '
    net net-create "$PEERS/six.xml"
    guest one br-six 52:54:00:00:03:01
    wait_until 15 eval "ip -n one -6 addr show dev eth0 | grep -q 2001:db8:7:"
    wait_until 15 eval "ip -n one -6 route show default | grep -q via"
    net net-destroy six'
}

@test "networks outlive a daemon that is killed, and lose nothing by it" {
  here '
    net net-define "$PEERS/nat.xml"
    net net-start nat
    net net-create "$PEERS/isolated.xml"
    guest one br-nat 52:54:00:00:00:01
    dhcp one
    before=$(cat "$HOST/run/network/nat.pid")
    peer_stop rvirtd KILL
    nft flush ruleset
    networks_daemon
    net net-list | grep -q "nat *active *no *yes"
    net net-list | grep -q "isolated *active *no *no"
    [ "$(cat "$HOST/run/network/nat.pid")" = "$before" ]
    nft list table inet rvirt_network | grep -q masquerade
    net net-dhcp-leases nat | grep -q "192.168.150.50/24"
    # dnsmasq that is gone comes back, a bridge that is gone is a network that has ended
    peer_stop rvirtd KILL
    kill -KILL "$before"
    wait_until 5 process_gone "$before"
    ip link delete br-alone
    networks_daemon
    after=$(cat "$HOST/run/network/nat.pid")
    [ "$after" != "$before" ]
    process_alive "$after"
    fails "failed to get network" net net-info isolated
    net net-destroy nat
    process_gone "$after"'
}

@test "what shall start by itself does, and changes reach a running network" {
  here '
    net net-define "$PEERS/nat.xml"
    net net-autostart nat
    peer_stop rvirtd
    networks_daemon
    net net-list | grep -q "nat *active *yes *yes"
    pid=$(cat "$HOST/run/network/nat.pid")
    net net-update nat add-last ip-dhcp-host "<host mac=\"52:54:00:00:00:03\" ip=\"192.168.150.53\"/>" --live --config
    guest three br-nat 52:54:00:00:00:03
    dhcp three
    on three ip -br addr show eth0 | grep -q " 192.168.150.53/24"
    [ "$(cat "$HOST/run/network/nat.pid")" = "$pid" ]
    net net-update nat add dns-host "<host ip=\"192.168.150.10\"><hostname>ten</hostname></host>" --live
    wait_until 10 eval "on three busybox nslookup ten.guests.test 192.168.150.1 | grep -q 192.168.150.10"
    net net-update nat add dns-txt "<txt name=\"t\" value=\"v\"/>" --live
    grep -q "^txt-record=t,v$" "$HOST/run/network/nat.conf"
    net net-dumpxml nat --inactive > "$HOST/inactive"
    grep -q 192.168.150.53 "$HOST/inactive"
    fails "" grep ten "$HOST/inactive"
    net net-destroy nat
    net net-dumpxml nat > "$HOST/inactive"
    fails "" grep ten "$HOST/inactive"'
}

@test "what can't be served is refused by name, and leaves nothing behind" {
  here '
    sed "s,guests.test,a\&#10;dhcp-script=/tmp/x," "$PEERS/nat.xml" > "$HOST/hostile.xml"
    net net-define "$HOST/hostile.xml"
    fails "be the name of a host or a domain" net net-start nat
    net net-list --all | grep -q "nat *inactive"
    fails "" ip link show br-nat
    [ -z "$(nft list ruleset)" ]
    [ -z "$(find "$HOST/run" -path "*/network/*" -type f)" ]
    net net-undefine nat
    # a running network stays as it is
    net net-create "$PEERS/nat.xml"
    pid=$(cat "$HOST/run/network/nat.pid")
    fails "txt-record" net net-update nat add dns-txt "<txt name=\"t\" value=\"a&#10;b\"/>" --live
    [ "$(cat "$HOST/run/network/nat.pid")" = "$pid" ]
    net net-dumpxml nat > "$HOST/now"
    fails "" grep "<txt" "$HOST/now"
    net net-destroy nat
    # what is in the way is named
    world
    sed "s,192.168.150,192.0.2,g" "$PEERS/nat.xml" > "$HOST/taken.xml"
    fails "Network is already in use by interface outside" net net-create "$HOST/taken.xml"
    sed "s,br-nat,br:nat," "$PEERS/nat.xml" > "$HOST/name.xml"
    fails "br:nat" net net-create "$HOST/name.xml"
    fails "<dnsmasq:options> of network" net net-define "$PEERS/options.xml"'
}

@test "machines are plugged in by taps, which go with them, and by ports" {
  here '
    coproc TAP { limit "$RVIRT_BUILDDIR/tests/lib/network-tap" "$HOST/taps" "$PEERS/nat.xml"; }
    pid=$TAP_PID from=${TAP[0]} to=${TAP[1]}
    read -rt 20 name bridge mtu queues <&"$from"
    [ "$name $bridge $mtu $queues" = "vnet0 br-nat 1500 1" ]
    ip -br link show vnet0 | grep -q "fe:54:00:00:00:01 .*LOWER_UP"
    ip -br link show master br-nat | grep -q vnet0
    read -rt 20 name bridge mtu queues <&"$from"
    [ "$name $bridge $mtu $queues" = "alone0 br-nat 1500 2" ]
    ip -d link show alone0 | grep -q "isolated on"
    [ "$(cat "$HOST"/taps/run/network/*.port | grep -c "<name>a &lt;machine&gt;</name>")" = 2 ]
    guest two br-nat 52:54:00:00:00:02
    # what another sends to all, the machine receives
    echo >&"$to"
    read -rt 20 before sent <&"$from"
    on two busybox arping -c 1 -w 1 -I eth0 192.168.150.77 > "$HOST/arping" 2>&1 || true
    echo >&"$to"
    read -rt 20 after sent <&"$from"
    ((after > before))
    exec {to}>&-
    wait "$pid"
    fails "" ip link show vnet0
    fails "" ip link show br-nat
    [ -z "$(find "$HOST/taps/run" -path "*/network/*" -type f)" ]'
}

@test "ports are made, looked at, and found again by another daemon" {
  here '
    net net-create "$PEERS/nat.xml"
    id=11111111-2222-4333-8444-555555555555
    net net-port-create nat "$PEERS/port.xml" --validate
    net net-port-list nat | grep -q "$id"
    net net-port-dumpxml nat "$id" | grep -q "<plug type=.network. bridge=.br-nat./>"
    net net-dumpxml nat | grep -q "<network connections=.1.>"
    fails "already exists" net net-port-create nat "$PEERS/port.xml"
    peer_stop rvirtd KILL
    networks_daemon
    net net-port-list nat | grep -q "$id"
    net net-port-delete nat "$id"
    fails "does not exist" net net-port-dumpxml nat "$id"
    net net-destroy nat
    [ -z "$(find "$HOST/run" -path "*/network/*" -type f)" ]'
}

@test "who listens is told what becomes of networks, in order" {
  here '
    sed "s,<name>nat</name>,&<uuid>33333333-2222-4333-8444-555555555555</uuid>," "$PEERS/nat.xml" > "$HOST/nat.xml"
    limit rvsh -c "$URI" net-event --event lifecycle --loop --timeout 50 > "$HOST/events" &
    listener=$!
    # it listens once it tells something
    wait_until 20 eval "net net-define \"$HOST/nat.xml\" > /dev/null && grep -q Defined \"$HOST/events\""
    net net-start nat
    net net-destroy nat
    net net-undefine nat
    wait_until 10 grep -q Undefined "$HOST/events"
    kill "$listener"
    wait "$listener" || true
    [ "$(grep -oE "Defined|Started|Stopped|Undefined" "$HOST/events" | uniq | xargs)" = "Defined Started Stopped Undefined" ]'
}
