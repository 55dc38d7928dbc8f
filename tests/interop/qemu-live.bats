# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A machine that runs describes itself as libvirt's daemon does: addresses, aliases, chains of images, ports and paths.

load ../lib/qemu

setup_file() {
  need qemu-img qemu-utils
  both_start
  mkdir "$PEERS/images"
  qemu-img create -q -f qcow2 "$PEERS/images/base.qcow2" 1M
  qemu-img create -q -f qcow2 -b base.qcow2 -F qcow2 "$PEERS/images/over.qcow2"
  truncate -s 1M "$PEERS"/images/{raw,cd,usb}.img
}

# machine_xml TYPE: with one device of most kinds.
machine_xml() {
  cat << END
<domain type='qemu'><name>$1</name><uuid>11111111-2222-4333-8444-555555555556</uuid><memory unit='MiB'>64</memory>
<vcpu current='1'>2</vcpu><iothreads>1</iothreads><os><type machine='$1'>hvm</type><bootmenu enable='yes'/></os>
<features><acpi/><apic/></features><clock offset='localtime'/><devices>
<disk type='file'><driver name='qemu' type='qcow2'/><source file='$PEERS/images/over.qcow2'/>
  <target dev='vda' bus='virtio'/><boot order='2'/></disk>
<disk type='file'><driver name='qemu' type='raw' cache='none' io='native'/><source file='$PEERS/images/raw.img'/>
  <target dev='sda' bus='scsi'/><serial>abc</serial></disk>
<disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='$PEERS/images/cd.img'/>
  <target dev='sdb' bus='sata'/><boot order='1'/></disk>
<disk type='file' device='cdrom'><target dev='sdc' bus='sata'/></disk>
<disk type='file'><driver name='qemu' type='raw'/><source file='$PEERS/images/usb.img'/><target dev='sdd' bus='usb'/></disk>
<controller type='scsi' model='virtio-scsi'/>
<interface type='user'><mac address='52:54:00:11:22:33'/><model type='virtio'/></interface>
<serial type='pty'/><serial type='file'><source path='$PEERS/images/serial'/></serial>
<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
<channel type='pty'><target type='virtio' name='other'/></channel>
<console type='pty'><target type='virtio'/></console>
<input type='tablet' bus='usb'/><rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
<graphics type='vnc' port='-1' autoport='yes' websocket='-1'/><video><model type='vga' vram='16384'/></video>
<sound model='ich6'/><watchdog model='i6300esb' action='reset'/><memballoon model='virtio'/><panic/>
</devices></domain>
END
}

# seen URI NAME: what is said of a machine that is paused, but for what differs by nature or is meant to: the terminals,
# the daemons' own folders, the parts of security labels and groups, and how far a processor is spelt out.
seen() {
  limit virsh -q -c "$1" "create $PEERS/$2.xml --paused"
  limit virsh -c "$1" "dumpxml $2; domdisplay $2; domdisplay $2 --all; vncdisplay $2; ttyconsole $2; domblklist $2 --details; \
    domiflist $2; vcpucount $2; dominfo $2; domstate $2 --reason; destroy $2" 2>&1 |
    sed -E "s,/dev/pts/[0-9]+,/dev/pts/N,; s,path='[^']*/domain-,path='domain-,; /^(Security|Messages|CPU time)/d
      /<resource>/,/<\/resource>/d; /<seclabel/,/<\/seclabel>/d; s/check='[a-z]*'/check=''/; /<feature policy=/d"
}

@test "a machine of each kind" {
  for name in pc q35; do
    machine_xml $name > "$PEERS/$name.xml"
    seen "$(libvirtd_qemu_uri)" $name > "$BATS_TEST_TMPDIR/expected"
    seen "$(qemu_uri)" $name > "$BATS_TEST_TMPDIR/seen"
    grep -q "<backingStore type='file' index='6'>" "$BATS_TEST_TMPDIR/seen"
    diff -u "$BATS_TEST_TMPDIR/expected" "$BATS_TEST_TMPDIR/seen"
  done
}

@test "a display asks for its password" {
  need openssl openssl
  sed "s,websocket='-1',passwd='secret12'," "$PEERS/pc.xml" > "$PEERS/vnc.xml"
  on create "$PEERS/vnc.xml" --paused
  address=$(on vncdisplay pc | sed '/^$/d')
  address=${address%:*}:$((5900 + ${address##*:}))
  run limit python3 "$RVIRT_SRCDIR/tests/lib/rfb.py" "$address" secret12
  [ "${lines[1]}" = "security types 2" ]
  [ "${lines[2]}" = "logged in" ]
  run limit python3 "$RVIRT_SRCDIR/tests/lib/rfb.py" "$address" secret13
  [[ "${lines[2]}" == refused:* ]]
  [ "$(on domdisplay pc --include-password | sed '/^$/d')" = "vnc://:secret12@$address" ] ||
    [ "$(on domdisplay pc --include-password | sed '/^$/d')" = "vnc://:secret12@127.0.0.1:$((${address##*:} - 5900))" ]
  run grep -c secret12 "/proc/$(guest_pid pc)/cmdline" "$PEERS/state/log/qemu/pc.log"
  [ "$status" = 1 ]
  on destroy pc
}
