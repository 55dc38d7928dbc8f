# SPDX-License-Identifier: LGPL-2.1-or-later
#
# rvsh and rvirtd show what virsh and libvirtd show of networks, interfaces, devices, secrets and filters: every
# command, in each of the four pairs.

load ../lib/same

setup_file() {
  need_libvirt
  peers_begin
  libvirtd_start
  rvirtd_start
  cat > "$PEERS/net.xml" << 'END'
<network>
  <name>blue</name>
  <uuid>11112222-1111-1111-1111-111111111111</uuid>
  <ip address='10.0.0.1' prefix='24'><dhcp><range start='10.0.0.5' end='10.0.0.9'/></dhcp></ip>
</network>
END
  echo "<interface type='ethernet' name='eth9'><mac address='52:54:00:00:00:09'/></interface>" > "$PEERS/iface.xml"
  echo "<network><name>broken" > "$PEERS/broken.xml"
  echo "<host mac='52:54:00:00:00:01' name='one' ip='10.0.0.2'/>" > "$PEERS/host.xml"
  cat > "$PEERS/vport.xml" << 'END'
<device>
  <parent>scsi_host1</parent>
  <capability type='scsi_host'>
    <capability type='fc_host'><wwnn>20000000aaaaaaaa</wwnn><wwpn>10000000bbbbbbbb</wwpn></capability>
  </capability>
</device>
END
}

setup() {
  # So that messages name files alike everywhere.
  cd "$PEERS" || return
}

uuid=11112222-1111-1111-1111-111111111111

@test "net-define, start, destroy, undefine" {
  same "net-define net.xml; net-list --all; net-start blue; net-start blue; net-info blue; net-undefine blue; net-destroy blue; net-undefine blue; net-list --all"
}
@test "net-create" { same "net-create net.xml; net-create net.xml; net-list; net-list --transient; net-destroy blue; net-info blue"; }
@test "net-define of what can't be" { same "net-define broken.xml; net-define iface.xml; net-define nosuch.xml; net-define --validate iface.xml"; }
@test "net-list" { same net-list "net-list --all" "net-list --inactive" "net-list --uuid" "net-list --name" "net-list --table"; }
@test "net-list by persistence and autostart" {
  same "net-create net.xml; net-autostart default; net-list --persistent; net-list --transient --name; net-list --autostart; net-list --no-autostart --uuid"
}
@test "net-list --name --uuid is refused" { same "net-list --name --uuid"; }
@test "net-autostart" { same "net-autostart default; net-info default; net-autostart default --disable; net-info default; net-autostart nosuch"; }
@test "net-info" { same "net-info default; net-info dd8fe884-6c02-601e-7551-cca97df1c5df"; }
@test "net-info of what is not there" { same "net-info nosuch"; }
@test "net-name and net-uuid" { same "net-define net.xml; net-uuid blue; net-name $uuid; net-name blue; net-uuid $uuid"; }
@test "net-dumpxml" { same "net-dumpxml default; net-dumpxml default --xpath //ip; net-dumpxml default --xpath //ip --wrap"; }
@test "net-dumpxml --inactive" { same "net-dumpxml default --inactive"; }
@test "net-update of a running network" {
  same "net-create net.xml; net-update blue add ip-dhcp-host host.xml; net-update blue add-first dns-txt \"<txt name='a' value='b'/>\" --live; net-dumpxml blue"
}
@test "net-update of a network that is off" {
  same "net-define net.xml; net-update blue add ip-dhcp-range \"<range start='10.0.0.20' end='10.0.0.30'/>\" --config; net-update blue delete ip-dhcp-range \"<range start='10.0.0.5' end='10.0.0.9'/>\"; net-update blue modify dns-host host.xml; net-dumpxml blue"
}
@test "net-update --live --config" { same "net-define net.xml; net-start blue; net-update blue add dns-txt \"<txt name='a' value='b'/>\" --live --config; net-dumpxml blue"; }
@test "net-update of what can't be" {
  same "net-update default nosuch dns-txt host.xml; net-update default add nosuch host.xml; net-update default add dns-txt nosuch.xml; net-update default add dns-txt '<txt'; net-update default add bridge '<bridge/>'; net-update default add dns-txt host.xml --current --live; net-update default add dns-txt host.xml --parent-index x"
}
@test "net-edit" { EDITOR='sed -i s/virbr0/virbr7/' same "net-destroy default; net-edit default; net-dumpxml default"; }
@test "net-edit that changes nothing" { EDITOR=true same "net-edit default"; }
@test "net-dhcp-leases" { same "net-dhcp-leases default"; }
@test "net-port-list, net-port-create" { same "net-port-list default; net-port-create default net.xml; net-port-list default --uuid --table"; }
@test "net-event" { same "net-event --list; net-event --event nosuch; net-event; net-event --event lifecycle --timeout 0"; }
@test "net-event that gives up" { same "net-event --event lifecycle --timeout 1"; }

@test "iface-define, start, destroy, undefine" {
  same "iface-define iface.xml; iface-list; iface-list --inactive; iface-start eth9; iface-start eth9; iface-destroy eth9; iface-undefine eth9; iface-list --all; iface-undefine eth9"
}
@test "iface-define of what can't be" { same "iface-define broken.xml; iface-define net.xml; iface-define nosuch.xml; iface-define --validate net.xml"; }
@test "iface-mac and iface-name" { same "iface-mac eth1; iface-name aa:bb:cc:dd:ee:ff; iface-mac nosuch"; }
@test "iface-name of what is not there" { same "iface-name 00:11:22:33:44:55; iface-name nosuch"; }
@test "iface-dumpxml" { same "iface-dumpxml eth1; iface-dumpxml eth1 --xpath //ip; iface-dumpxml eth1 --inactive; iface-dumpxml nosuch"; }
@test "iface-begin and iface-rollback" { same "iface-begin; iface-begin; iface-undefine eth1; iface-list --all; iface-rollback; iface-list --all; iface-rollback"; }
@test "iface-begin and iface-commit" { same "iface-begin; iface-undefine eth1; iface-commit; iface-list --all; iface-commit"; }
@test "iface-bridge and iface-unbridge" { same "iface-bridge eth1 br0; iface-bridge nosuch br0; iface-unbridge nosuch; iface-unbridge eth1"; }
# virsh gives up on a host that knows no inactive definitions.
@test "iface-edit" {
  for daemon in libvirtd rvirtd; do
    EDITOR='sed -i s/1492/1500/' run -0 limit rvsh -c "test+unix:///default?socket=$PEERS/$daemon/libvirt-sock" \
      "iface-edit eth1; iface-dumpxml eth1"
    [[ $output == *"Interface eth1 XML configuration edited."*"<mtu size='1500'/>"* ]]
  done
}

@test "nodedev-create and nodedev-destroy" {
  same "nodedev-create vport.xml; nodedev-dumpxml scsi_host12; nodedev-info scsi_host12; nodedev-destroy scsi_host12; nodedev-dumpxml scsi_host12; nodedev-destroy scsi_host12"
}
@test "nodedev-create of what can't be" { same "nodedev-create broken.xml; nodedev-create net.xml; nodedev-create nosuch.xml; nodedev-create --validate net.xml"; }
@test "nodedev-info" { same "nodedev-info computer; nodedev-info scsi_host2; nodedev-info nosuch"; }
@test "nodedev-dumpxml" { same "nodedev-dumpxml computer; nodedev-dumpxml scsi_host1 --xpath //wwnn; nodedev-dumpxml a,b"; }
@test "nodedev-list of what can't be" { same "nodedev-list --cap nosuch; nodedev-list --tree --cap net; nodedev-list --inactive --all; nodedev-list --inactive"; }
@test "devices are neither defined nor detached by a test driver" {
  same "nodedev-define vport.xml; nodedev-undefine computer; nodedev-start computer; nodedev-autostart computer; nodedev-detach computer; nodedev-detach computer --driver vfio; nodedev-reattach computer; nodedev-reset computer"
}
@test "event" {
  same "event --list; event; event --event nosuch; event --all --event lifecycle; event --list --all; event --list --event x; event --all --domain nosuch; event test lifecycle --timeout 0"
}
@test "event that gives up" { same "event --all --timeout 1; event --domain test --event tunable --timeout 1"; }
@test "nodedev-event" { same "nodedev-event --list; nodedev-event --event update --timeout 1"; }

@test "a test driver has no secrets" {
  same "secret-list; secret-define net.xml; secret-dumpxml $uuid; secret-undefine $uuid; secret-get-value $uuid; secret-set-value $uuid --file net.xml; secret-event --list; secret-list --private"
}
@test "options of secret-set-value exclude each other" { same "secret-set-value x --file a --base64 b; secret-set-value x --plain --base64 b; secret-set-value x --interactive --file b"; }
@test "a test driver has no filters" {
  same "nwfilter-list; nwfilter-define net.xml; nwfilter-dumpxml x; nwfilter-undefine x; nwfilter-binding-list; nwfilter-binding-create net.xml; nwfilter-binding-dumpxml x; nwfilter-binding-delete x"
}

@test "edit" { EDITOR='sed -i s/hvm/hvm/' same "edit test"; }
@test "edit that changes a domain" { EDITOR="sed -i s/8388608/7340032/" same "destroy test; edit test --skip-validate; dominfo test"; }
@test "edit of what is not there" { same "edit nosuch"; }

# edits SHELL DAEMON COMMANDS PROMPT TEXT…: an editor that forgets the last tag at first; what is typed at the prompts.
edits() {
  cat > "$BATS_TEST_TMPDIR/editor" << 'END'
if [ -e "$0.again" ]; then echo "</$TAG>" >> "$1"; sed -i s/virbr0/virbr7/ "$1"; else sed -i "s,</$TAG>,," "$1"; fi
touch "$0.again"
END
  rm -f "$BATS_TEST_TMPDIR/editor.again"
  VISUAL="sh $BATS_TEST_TMPDIR/editor" run -0 limit python3 "$RVIRT_SRCDIR/tests/lib/at-terminal.py" "${@:4}" -- \
    "$1" -c "test+unix:///default?socket=$PEERS/$2/libvirt-sock" "$3" 3>&-
}

@test "edit at a terminal asks what to do with a text that was refused" {
  local daemon shell
  for daemon in libvirtd rvirtd; do
    for shell in virsh rvsh; do
      TAG=network edits $shell $daemon "net-destroy default; net-edit default; net-dumpxml default" "Try again?" 'y\n'
      [[ $output == *"XML configuration edited."*"<bridge name='virbr7'"*"exit 0"*"echo on" ]]
      TAG=domain edits $shell $daemon "edit test" "Try again?" 'y\n'
      [[ $output == *"error: (domain_definition)"*"Domain 'test' XML configuration"*"exit 0"* ]]
      TAG=network edits $shell $daemon "net-edit default" "Try again?" '?\n' "Try again?" 'n\n'
      [[ $output == *"y - yes"*"n - no"*"Try again?"*"exit 1"* ]]
      [[ $output != *edited* ]]
    done
  done
}

# events_reach DAEMON SHELL: what another client does is seen, in order.
events_reach() {
  local uri="test+unix:///default?socket=$PEERS/$1/libvirt-sock" out="$BATS_TEST_TMPDIR/events-$1-$2" pid
  # keeps the state for as long as it waits
  "$2" -c "$uri" net-event --event lifecycle --loop --timeout 20 > "$out" 2>&1 &
  pid=$!
  # one event may come before it listens: so another until the first is seen
  until grep -q Started "$out"; do
    limit virsh -c "$uri" -q "net-create net.xml; net-destroy blue"
    kill -0 "$pid"
  done
  limit virsh -c "$uri" -q "net-define net.xml; net-start blue; net-destroy blue; net-undefine blue"
  until grep -q Undefined "$out"; do
    kill -0 "$pid"
  done
  kill -INT "$pid"
  wait "$pid"
  grep -A9 Defined "$out" | sed 's/events received: .*/events received/' > "$out.end"
  printf "event 'lifecycle' for network blue: %s\n" Defined Started Stopped Undefined > "$out.wanted"
  printf "event loop interrupted\nevents received\n" >> "$out.wanted"
  diff -u "$out.wanted" <(grep . "$out.end")
}

@test "events of networks reach virsh and rvsh from rvirtd, and rvsh from libvirtd" {
  events_reach rvirtd virsh
  events_reach rvirtd rvsh
  events_reach libvirtd rvsh
}

# domain_events DAEMON SHELL: what another client does to domains, and then to a domain that the shell did not ask for.
domain_events() {
  local uri="test+unix:///default?socket=$PEERS/$1/libvirt-sock" out="$BATS_TEST_TMPDIR/domain-events-$1-$2" pid
  "$2" -c "$uri" event --domain test --all --loop --timeout 30 > "$out" 2>&1 &
  pid=$!
  # the types are asked for one after another, and the last one that is seen is metadata-change
  until grep -q metadata-change "$out"; do
    limit virsh -c "$uri" -q "desc test --title x"
    kill -0 "$pid"
  done
  limit virsh -c "$uri" -q "define $PEERS/other.xml; start other; destroy other; undefine other;
    suspend test; resume test; destroy test; start test; metadata test --uri urn:x --key k --set '<a/>';
    desc test --new-desc y; setmem test 1048576; shutdown test"
  until grep -q Shutdown "$out"; do
    kill -0 "$pid"
  done
  kill -INT "$pid"
  wait "$pid"
  sed -n '/Suspended/,$ { s/events received: .*/events received/; /./p }' "$out" > "$out.end"
}

@test "events of domains are the same in virsh and rvsh" {
  echo "<domain type='test'><name>other</name><memory>1024</memory><os><type>hvm</type></os></domain>" > "$PEERS/other.xml"
  domain_events libvirtd virsh
  domain_events libvirtd rvsh
  domain_events rvirtd virsh
  domain_events rvirtd rvsh
  cd "$BATS_TEST_TMPDIR"
  diff -u domain-events-libvirtd-virsh.end domain-events-libvirtd-rvsh.end
  diff -u domain-events-rvirtd-virsh.end domain-events-rvirtd-rvsh.end
  diff -u domain-events-libvirtd-virsh.end domain-events-rvirtd-rvsh.end
  grep -q "event 'lifecycle' for domain 'test': Suspended Paused" domain-events-rvirtd-rvsh.end
  grep -q "event 'metadata-change' for domain 'test': type element, uri urn:x" domain-events-rvirtd-rvsh.end
}

@test "nodedev-list shows devices, and which are below which" {
  run -0 limit rvsh -q -c "test+unix:///default?socket=$PEERS/rvirtd/libvirt-sock" nodedev-list --tree
  diff -u - <(echo "$output") << 'END'
computer
  |
  +- scsi_host1
  |   |
  |   +- scsi_host11
  |     
  +- scsi_host2
    
END
  run -0 limit rvsh -q -c "test+unix:///default?socket=$PEERS/libvirtd/libvirt-sock" nodedev-list --cap vports
  [ "$output" = $'scsi_host1\nscsi_host2' ]
}

# node_same NODE: what virsh and rvsh show of a host that a file describes, each by its own driver.
node_same() {
  local shell
  echo "<node>$1</node>" > "$BATS_TEST_TMPDIR/node.xml"
  for shell in virsh rvsh; do
    # libxml2 complains by itself; what has no UUID gets one
    $shell -c "test://$BATS_TEST_TMPDIR/node.xml" \
      "net-list --all; net-dumpxml one; net-dumpxml two; iface-list --all; iface-dumpxml eth5; nodedev-dumpxml dev1" 2>&1 < /dev/null |
      sed -E '/^I\/O warning/d; s/[0-9a-f]{8}-[-0-9a-f]{27}/UUID/' > "$BATS_TEST_TMPDIR/node-$shell"
  done
  diff -u "$BATS_TEST_TMPDIR/node-virsh" "$BATS_TEST_TMPDIR/node-rvsh"
}

@test "hosts described by files" {
  local one="<network><name>one</name><uuid>$uuid</uuid><bridge name='vb9'/></network>" eth="<interface type='ethernet' name='eth5'/>"
  local device="<device><name>dev1</name><capability type='net'><interface>eth0</interface></capability></device>" kind
  echo "$one" > "$BATS_TEST_TMPDIR/one.xml"
  node_same "<network file='one.xml'/><network><name>two</name></network>$eth$device"
  node_same "$eth$eth$device$device<nosuch file='nosuch.xml'/>"
  node_same "$one<network><name>one</name></network>"
  node_same "$one<network><name>two</name><uuid>$uuid</uuid></network>"
  node_same "<network><name>one</name><bridge macTableManager='bad'/></network>"
  node_same "<interface type='bad' name='x'/>"
  node_same "<device><name>a</name></device>"
  for kind in domain network interface pool device; do
    node_same "<$kind file='nosuch.xml'/>"
    node_same "<$kind file='one.xml'/>"
  done
}
