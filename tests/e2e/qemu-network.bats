# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A machine of real QEMU on a network of the host: it asks dnsmasq for its address, and is counted.
# shellcheck disable=SC2016

load ../lib/guest
load ../lib/networks

setup_file() {
  networks_need
  need qemu-system-x86_64 qemu-system-x86
  peers_begin
  # where there is no way to the packages, nothing can be fetched
  guest_image
  cat > "$PEERS/nat.xml" << 'END'
<network><name>nat</name><forward mode='nat'/><bridge name='br-nat' stp='off'/>
  <ip address='192.168.150.1' prefix='24'><dhcp>
    <host mac='52:54:00:00:00:01' name='one' ip='192.168.150.50'/></dhcp></ip>
</network>
END
}

# here SCRIPT: on a host of its own, with a daemon.
here() {
  apart '-n -m' '. "$LIB/networks.bash"; . "$LIB/guest.bash"; networks_begin
    QEMU="qemu+unix:///system?socket=$PEERS/rvirtd/libvirt-sock"
    vm() { limit rvsh -c "$QEMU" "$@"; }
    '"$1"
}

@test "a machine gets its address from its network, and goes without a trace" {
  here '
    guest_image
    net net-create "$PEERS/nat.xml"
    guest_xml one devices="<interface type=\"network\"><source network=\"nat\"/>
      <mac address=\"52:54:00:00:00:01\"/><model type=\"virtio\"/></interface>" > "$HOST/one.xml"
    vm create "$HOST/one.xml"
    vm net-list | grep -q nat
    vm dumpxml one > "$HOST/live.xml"
    grep -q "<source network=.nat. portid=.[0-9a-f-]*. bridge=.br-nat./>" "$HOST/live.xml"
    grep -q "<target dev=.vnet0./>" "$HOST/live.xml"
    net net-port-list nat | grep -q "$(sed -n "s/.*portid=.\([0-9a-f-]*\).*/\1/p" "$HOST/live.xml")"
    tty=$(sed -n "s/.*<source path=.\(.dev.pts.[0-9]*\).*/\1/p" "$HOST/live.xml" | head -n 1)
    console_talk "$tty" "rvirt-guest: ready" "" "# " "udhcpc -i eth0 -n -q" "# " "echo done\$?" "done0" > "$HOST/talk"
    net net-dhcp-leases nat | grep -q "192.168.150.50/24 *one"
    busybox ping -c 1 -W 5 192.168.150.50 > "$HOST/ping"
    # another interface comes while it runs, and goes with its port and its tap device
    vm attach-interface one network nat --model virtio --mac 52:54:00:00:00:02 --live
    net net-dumpxml nat | grep -q "connections=.2."
    ip -o link show vnet1 | grep -q "master br-nat"
    vm detach-interface one network --mac 52:54:00:00:00:02 --live
    wait_until 10 fails "" ip link show vnet1
    net net-dumpxml nat | grep -q "connections=.1."
    # a daemon that is killed leaves it alone, and finds its port again
    peer_stop rvirtd KILL
    networks_daemon
    busybox ping -c 1 -W 5 192.168.150.50 > "$HOST/ping"
    net net-dumpxml nat | grep -q "connections=.1."
    vm destroy one
    fails "" ip link show vnet0
    net net-dumpxml nat > "$HOST/nat.xml"
    fails "" grep connections "$HOST/nat.xml"
    net net-destroy nat'
}

@test "a machine has a device of its own, made for it or there already, or one beside the host's" {
  here '
    ip link add veth0 type veth peer name veth1
    ip link set veth0 up
    ip tuntap add there mode tap
    ip link set there up
    guest_xml one kernel=no devices="
      <interface type=\"ethernet\"><target dev=\"own7\"/><mac address=\"52:54:00:00:00:01\"/></interface>
      <interface type=\"ethernet\"><target dev=\"there\" managed=\"no\"/><model type=\"virtio\"/></interface>" > "$HOST/one.xml"
    vm create "$HOST/one.xml" --paused
    ip -o link show own7 | grep -q "[<,]UP[,>].*link/ether fe:54:00:00:00:01"
    ip -o link show there | grep -q "LOWER_UP"
    vm domiflist one | grep -q "own7 *ethernet"
    vm domifstat one own7 | grep -q "own7 rx_bytes [0-9]"
    vm destroy one
    wait_until 10 fails "" ip link show own7
    ip -o link show there > "$HOST/there"
    sed "s/dev=.there./dev=\"nothing\"/" "$HOST/one.xml" > "$HOST/bad.xml"
    fails "there is no device" vm create "$HOST/bad.xml" --paused
    fails "" ip link show own7
    # kernels without macvtap say so
    guest_xml two kernel=no devices="<interface type=\"direct\"><source dev=\"veth0\" mode=\"bridge\"/>
      <mac address=\"52:54:00:00:00:02\"/></interface>" > "$HOST/two.xml"
    if ip link add link veth0 name probe type macvtap mode bridge 2> "$HOST/probe"; then
      ip link delete probe
      vm create "$HOST/two.xml" --paused
      ip -o -d link show macvtap0 | grep -q "link/ether 52:54:00:00:00:02.*macvtap mode bridge"
      vm destroy two
      wait_until 10 fails "" ip link show macvtap0
    else
      fails "need macvtap, which" vm create "$HOST/two.xml" --paused
    fi
    sed "s/veth0/nothing/" "$HOST/two.xml" > "$HOST/bad.xml"
    fails "there is no device" vm create "$HOST/bad.xml"'
}

@test "a machine is refused by name where its network can't be used, and nothing of it stays" {
  here '
    guest_xml one kernel=no devices="<interface type=\"network\"><source network=\"nat\"/></interface>" > "$HOST/one.xml"
    vm define "$HOST/one.xml"
    fails "no network with matching name" vm start one
    net net-define "$PEERS/nat.xml"
    fails "is not active" vm start one
    net net-start nat
    sed "s,<source network=.nat./>,&<bandwidth><outbound average=\"100\"/></bandwidth>," "$HOST/one.xml" > "$HOST/two.xml"
    vm undefine one
    vm define "$HOST/two.xml"
    fails "<outbound> of <bandwidth>" vm start one
    [ -z "$(find "$HOST/run/network" -name "*.port")" ]
    guest_xml three kernel=no devices="<interface type=\"bridge\"><source bridge=\"nowhere\"/></interface>" > "$HOST/three.xml"
    fails "nowhere" vm create "$HOST/three.xml"
    net net-destroy nat'
}

@test "what a machine receives is limited, from its start and later" {
  here '
    shaped() {
      tc class show dev vnet0 | grep -q "class htb 1:1 root .*rate $1 ceil $2 burst $3"
    }
    ip link add br0 type bridge
    ip link set br0 up
    guest_xml one kernel=no devices="<interface type=\"bridge\"><source bridge=\"br0\"/><mac address=\"52:54:00:00:00:01\"/>
      <bandwidth><inbound average=\"1000\" peak=\"2000\" burst=\"64\"/></bandwidth></interface>" > "$HOST/one.xml"
    vm define "$HOST/one.xml"
    vm start one
    shaped 8Mbit 16Mbit 64Kb
    vm domiftune one 52:54:00:00:00:01 --inbound 3000,6000,32 --live
    shaped 24Mbit 48Mbit 32Kb
    vm domiftune one vnet0 > "$HOST/tune"
    grep -q "inbound.average: 3000" "$HOST/tune"
    grep -q "inbound.burst  : 32" "$HOST/tune"
    fails "outbound.average is not supported" vm domiftune one vnet0 --outbound 100 --live
    fails "is not a known interface" vm domiftune one 52:54:00:00:00:07
    shaped 24Mbit 48Mbit 32Kb
    vm domiftune one vnet0 --inbound 0 --live
    fails "" shaped 24Mbit 48Mbit 32Kb
    vm dumpxml one > "$HOST/live.xml"
    fails "" grep bandwidth "$HOST/live.xml"
    vm dumpxml one --inactive | grep -q "<inbound average=.1000. peak=.2000. burst=.64./>"
    vm destroy one'
}
