# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The network driver answers as libvirt's does: virsh runs the same commands with both daemons, each on a host of its
# own, where guests that are namespaces ask for addresses.
# shellcheck disable=SC2016

load ../lib/networks

setup_file() {
  need_libvirt
  need iptables iptables
  networks_need
  peers_begin
  mkdir "$PEERS/xml"
  cd "$PEERS/xml"
  network nat "<forward mode='nat'/><bridge name='br-nat' stp='off'/><domain name='guests.test'/>
    <dns><host ip='192.168.150.9'><hostname>nine</hostname></host></dns>
    <ip address='192.168.150.1' netmask='255.255.255.0'><dhcp>
    <range start='192.168.150.100' end='192.168.150.120'/>
    <host mac='52:54:00:00:00:01' name='one' ip='192.168.150.50'/></dhcp></ip>"
  network other "<bridge stp='off'/><ip address='192.168.151.1' prefix='24'/>"
  network taken "<bridge name='br-nat'/><ip address='192.168.152.1' prefix='24'/>"
  network same-ip "<bridge name='br-same'/><ip address='192.168.150.1' prefix='24'/>"
  network six "<forward mode='route'/><bridge name='br-six'/><mtu size='1400'/>
    <ip family='ipv6' address='2001:db8:7::1' prefix='64'><dhcp>
    <range start='2001:db8:7::100' end='2001:db8:7::1ff'/></dhcp></ip>"
  network bridged "<forward mode='bridge'/><bridge name='br-hosts'/>"
  network vepa "<forward mode='vepa'><interface dev='eth0'/><interface dev='eth1'/></forward>"
  network passthrough "<forward mode='passthrough'><interface dev='eth0'/></forward>"
  network open "<forward mode='open'/><bridge name='br-open'/><ip address='192.168.153.1' prefix='24'/>"
  network groups "<bridge name='br-groups'/><portgroup name='a' default='yes'><bandwidth><inbound average='10'/></bandwidth></portgroup>
    <portgroup name='b'/>"
  network bad-groups "<portgroup name='a' default='yes'/><portgroup name='b' default='yes'/>"
  network bad-twins "<portgroup name='a'/><portgroup name='a'/>"
  network bad-dhcp "<ip address='192.168.150.1' prefix='24'><dhcp><range start='192.168.150.3' end='192.168.150.4'/></dhcp></ip>
    <ip address='192.168.151.1' prefix='24'><dhcp><range start='192.168.151.3' end='192.168.151.4'/></dhcp></ip>"
  network bad-ip "<forward mode='vepa'><interface dev='eth0'/></forward><ip address='192.168.150.1' prefix='24'/>"
  network bad-vlan "<vlan><tag id='7'/></vlan>"
  network bad-pool "<forward mode='hostdev'><interface dev='eth0'/></forward>"
  network bad-bandwidth "<forward mode='private'><interface dev='eth0'/></forward><bandwidth><inbound average='10'/></bandwidth>"
  network nat-again "<bridge name='br-again'/>" dd8fe884-6c02-601e-7551-cca97df1c5df
  network nat-again-2 "<bridge name='br-again'/>" dd8fe884-6c02-601e-7551-cca97df1c5df
  echo "<network><name>nat</name><uuid>dd8fe884-6c02-601e-7551-cca97df1c5d0</uuid></network>" > twin.xml
  echo "<network><name>odd</name><bridge name='br-%d'/></network>" > template.xml
  port p1 11111111-2222-4333-8444-555555555551 "<mac address='52:54:00:00:00:01'/>"
  port p2 11111111-2222-4333-8444-555555555552 "<mac address='52:54:00:00:00:02'/><group>b</group><port isolated='yes'/>"
  port p3 11111111-2222-4333-8444-555555555553 "<mac address='52:54:00:00:00:03'/><bandwidth><inbound average='5' floor='3'/></bandwidth>"
  port plugged 11111111-2222-4333-8444-555555555554 "<mac address='52:54:00:00:00:04'/><plug type='network' bridge='br-nat'/>"
  port no-mac 11111111-2222-4333-8444-555555555555 ""
  echo "<networkport/>" > no-uuid.xml
  for daemon in libvirtd rvirtd; do
    witness "$daemon" || return
  done
}

# network NAME INSIDE [UUID]: its document.
network() {
  echo "<network><name>$1</name>${3:+<uuid>$3</uuid>}$2</network>" > "$1.xml"
}

# port NAME UUID INSIDE: its document.
port() {
  echo "<networkport><uuid>$2</uuid><owner><name>vm</name><uuid>22222222-2222-4333-8444-555555555555</uuid></owner>$3</networkport>" > "$1.xml"
}

# The scenes: a name, then what virsh is told. What begins with ! is told to Bash.
SCENES='
pools of definitions
net-define nat.xml; net-list --all; net-info nat; net-dumpxml nat; net-dumpxml nat --inactive; net-uuid nat
net-start nat; net-start nat; net-list; net-info nat; net-dumpxml nat; net-list --inactive; net-list --persistent --autostart
net-autostart nat; net-list --autostart; net-autostart nat --disable; net-list --no-autostart
net-define nat.xml; net-dumpxml nat; net-create nat.xml; net-define twin.xml; net-create twin.xml
net-define taken.xml; net-define nat-again.xml; net-define nat-again-2.xml; net-undefine nat-again
net-define template.xml; net-dumpxml odd; net-undefine odd; net-define other.xml; net-dumpxml other; net-undefine other
addresses
!guest one br-nat 52:54:00:00:00:01; dhcp one
net-dhcp-leases nat; net-dhcp-leases nat 52:54:00:00:00:01; net-dhcp-leases nat 52:54:00:00:00:02; net-dhcp-leases nat rubbish
changes
net-update nat add ip-dhcp-host "<host mac=\"52:54:00:00:00:02\" ip=\"192.168.150.51\"/>" --live; net-dumpxml nat; net-dumpxml nat --inactive
net-update nat add ip-dhcp-host "<host mac=\"52:54:00:00:00:02\" ip=\"192.168.150.51\"/>" --live --config
net-update nat add ip-dhcp-host "<host mac=\"52:54:00:00:00:03\" ip=\"192.168.150.52\"/>" --config; net-dumpxml nat --inactive
net-update nat add dns-txt "<txt name=\"a\" value=\"b\"/>"; net-update nat delete dns-txt "<txt name=\"a\"/>"; net-update nat modify bridge "<bridge/>"
net-update nat add portgroup "<portgroup name=\"x\"/>" --live --config; net-update nat add forward-interface "<interface dev=\"eth7\"/>"; net-dumpxml nat
ports
net-port-create nat p1.xml; net-port-create nat p1.xml; net-port-list nat; net-port-dumpxml nat 11111111-2222-4333-8444-555555555551; net-dumpxml nat
net-port-create nat p3.xml; net-port-create nat plugged.xml; net-port-create nat no-mac.xml; net-port-create nat no-uuid.xml
net-port-create nat p2.xml; net-port-list nat --uuid; net-port-dumpxml nat 11111111-2222-4333-8444-555555555552
net-port-delete nat 11111111-2222-4333-8444-555555555551; net-port-delete nat 11111111-2222-4333-8444-555555555551; net-dumpxml nat
ends
net-undefine nat; net-info nat; net-autostart nat; net-undefine nat; net-destroy nat; net-info nat; net-destroy nat
net-create nat.xml; net-info nat; net-autostart nat; net-undefine nat; net-destroy nat; net-list --all; net-port-list nat
net-define other.xml; net-destroy other; net-port-list other; net-start other; net-define same-ip.xml; net-start same-ip; net-destroy same-ip
net-define nat.xml; net-start nat; net-start same-ip; net-list --all; net-destroy nat; net-undefine nat; net-undefine same-ip; net-destroy other; net-undefine other
modes
net-define six.xml; net-start six; net-dumpxml six; net-destroy six; net-undefine six
net-create bridged.xml; net-dumpxml bridged; net-port-create bridged p1.xml; net-port-dumpxml bridged 11111111-2222-4333-8444-555555555551; net-destroy bridged
net-create vepa.xml; net-dumpxml vepa; net-port-create vepa p1.xml; net-port-create vepa p2.xml; net-port-dumpxml vepa 11111111-2222-4333-8444-555555555551; net-port-dumpxml vepa 11111111-2222-4333-8444-555555555552; net-destroy vepa
net-create passthrough.xml; net-port-create passthrough p1.xml; net-port-create passthrough p2.xml; net-destroy passthrough
net-create open.xml; net-dumpxml open; net-destroy open
net-create groups.xml; net-port-create groups p1.xml; net-port-dumpxml groups 11111111-2222-4333-8444-555555555551; net-port-create groups p2.xml; net-port-dumpxml groups 11111111-2222-4333-8444-555555555552; net-destroy groups
refusals
net-define bad-groups.xml; net-define bad-twins.xml; net-define bad-dhcp.xml; net-define bad-ip.xml; net-define bad-vlan.xml; net-define bad-pool.xml; net-define bad-bandwidth.xml
net-define nat.xml --validate; net-define no-uuid.xml; net-info none; net-start none; net-update nat add ip "<ip/>" --live; net-undefine nat; net-list --all
'

# witness DAEMON: plays all scenes on a host of its own, what is seen in $PEERS/DAEMON-seen.
witness() {
  SCENES=$SCENES DAEMON=$1 LIMIT=100 apart '-n -m' '
    . "$LIB/networks.bash"
    if [ "$DAEMON" = libvirtd ]; then networks_begin libvirtd; else networks_begin; fi
    cd "$PEERS/xml"
    while IFS= read -r commands; do
      case $commands in
        "") continue ;;
        !*) eval "${commands#!}"; continue ;;
        net-*) ;;
        *) echo "== $commands"; continue ;;
      esac
      echo "-- $commands"
      # virsh stops at the first that fails
      while IFS= read -r -d ";" command; do
        eval "set -- $command"
        limit virsh -c "$URI" "$@" 2>&1 || echo "exit status $?"
      done <<< "$commands;"
    done <<< "$SCENES" > "$PEERS/$DAEMON-raw"
    sed -E -e "s/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/UUID/g" -e "s/52:54:00:[0-9a-f:]{8}/MAC/" \
      -e "s/^ 20[0-9-]+ [0-9:]+/ TIME/" -e "s/(unsupported flags .*function )[A-Za-z]+/\1FUNCTION/" \
      "$PEERS/$DAEMON-raw" > "$PEERS/$DAEMON-seen"'
}

# part NAME DAEMON: what was seen in a scene.
part() {
  sed -n "/^== $1\$/,/^== /p" "$PEERS/$2-seen"
}

# same NAME: both were seen alike.
same() {
  part "$1" libvirtd > "$BATS_TEST_TMPDIR/expected"
  part "$1" rvirtd > "$BATS_TEST_TMPDIR/seen"
  [ "$(wc -l < "$BATS_TEST_TMPDIR/expected")" -gt 10 ]
  diff -u "$BATS_TEST_TMPDIR/expected" "$BATS_TEST_TMPDIR/seen"
}

@test "definitions: define, list, describe, start, again" { same "pools of definitions"; }
@test "addresses: what guests were given" { same addresses; }
@test "changes to parts of a network, live and kept" { same changes; }
@test "ports: create, list, describe, delete" { same ports; }
@test "ends: destroy, undefine, networks that are in each other's way" { same ends; }
@test "modes: routed, open, bridges and devices of the host" { same modes; }
@test "refusals of definitions" { same refusals; }
