# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The QEMU driver makes of documents what libvirt's makes of them: the same definition, with the same controllers and
# addresses, and the same command line; and the real QEMU takes that.

load ../lib/libvirtd

setup_file() {
  need_libvirt
  need qemu-system-x86_64 qemu-system-x86
  need qemu-img qemu-utils
  need jq jq
  need_root "QEMU's definitions under libvirt"
  peers_begin
  libvirtd_start
  mkdir "$PEERS/xml" "$PEERS/images" "$PEERS/run-dir"
  for name in a.qcow2 a.img b.img c.iso d.img e.img hda.img fda.img scsi.img "a,b.img" block kernel initrd \
    v.img u.img f.img c.img a a2 b c base; do
    truncate -s 1474560 "$PEERS/images/$name"
  done
  qemu-img create -q -f qcow2 "$PEERS/images/a.qcow2" 1M
  for file in "$RVIRT_SRCDIR"/tests/interop/qemu-xml/*.xml; do
    sed "s,IMAGES/,$PEERS/images/,g" "$file" > "$PEERS/xml/$(basename "$file")"
  done
  URI=$(libvirtd_qemu_uri)
  export URI
  # libvirt refuses some at once what others make clear
  for file in "$PEERS"/xml/*.xml; do
    limit virsh -q -c "$URI" define "$file"
  done
}

# ours WHAT FILE…
ours() {
  QEMU_XML_DIR=$PEERS/run-dir limit "$RVIRT_BUILDDIR/tests/lib/qemu-xml" "$1" "$PEERS/caps" "${@:2}"
}

@test "definitions have the same devices, addresses and defaults" {
  for file in "$PEERS"/xml/*.xml; do
    limit virsh -q -c "$URI" dumpxml --inactive --security-info "$(basename "$file" .xml)" | sed '/^$/d' \
      > "$BATS_TEST_TMPDIR/expected"
    ours define "$file" | sed 1d > "$BATS_TEST_TMPDIR/seen"
    diff -u "$BATS_TEST_TMPDIR/expected" "$BATS_TEST_TMPDIR/seen"
    # and read again they stay as they are
    ours define "$BATS_TEST_TMPDIR/seen" > "$BATS_TEST_TMPDIR/again"
    limit virsh -q -c "$URI" define "$BATS_TEST_TMPDIR/expected"
    limit virsh -q -c "$URI" dumpxml --inactive --security-info "$(basename "$file" .xml)" | sed '/^$/d' \
      > "$BATS_TEST_TMPDIR/expected-again"
    sed 1d "$BATS_TEST_TMPDIR/again" | diff -u "$BATS_TEST_TMPDIR/expected-again" -
  done
}

@test "command lines are the same, but for what is meant" {
  for file in "$PEERS"/xml/*.xml; do
    limit virsh -q -c "$URI" domxml-to-native qemu-argv --domain "$(basename "$file" .xml)" \
      > "$BATS_TEST_TMPDIR/expected" 2> "$BATS_TEST_TMPDIR/why" || {
      # what this host lacks
      grep -qE "Could not open TPM device|USB host device is missing" "$BATS_TEST_TMPDIR/why"
      continue
    }
    QEMU_XML_NVRAM=$PEERS/run-dir ours argv "$file" | sed 1d > "$BATS_TEST_TMPDIR/seen"
    limit python3 "$RVIRT_SRCDIR/tests/interop/qemu-argv.py" "$BATS_TEST_TMPDIR/expected" "$BATS_TEST_TMPDIR/seen"
  done
}

# made NAME DEVICES [TOP]: a document of a small machine with those devices.
made() {
  cat > "$BATS_TEST_TMPDIR/$1.xml" << END
<domain type='qemu'><name>${NAME:-$1}</name><memory unit='MiB'>64</memory>${3:-}
  <os><type machine='q35'>hvm</type></os><features><acpi/></features><devices>$2</devices></domain>
END
}

@test "the real QEMU takes the command lines" {
  made plain ""
  made disks "<disk type='file' device='disk'><driver name='qemu' type='qcow2' cache='none' discard='unmap'
      copy_on_read='on'/><source file='$PEERS/images/top.qcow2'/><target dev='vda'/></disk>
    <disk type='file' device='disk'><source file='$PEERS/images/a,b.img'/><target dev='sda' bus='sata'/></disk>
    <disk type='file' device='cdrom'><source file='$PEERS/images/c.iso'/><target dev='sdb' bus='sata'/></disk>
    <disk type='file' device='floppy'><source file='$PEERS/images/fda.img'/><target dev='fda'/></disk>
    <disk type='file' device='disk'><source file='$PEERS/images/d.img'/><target dev='sdc' bus='usb'/></disk>
    <disk type='file' device='disk'><source file='$PEERS/images/e.img'/><target dev='sdd' bus='scsi'/><vendor>V</vendor>
      <wwn>5000c50015ea71ac</wwn></disk>
    <controller type='scsi' model='virtio-scsi'><driver queues='2'/></controller>
    <filesystem type='mount' accessmode='mapped'><source dir='$PEERS/images'/><target dir='tag'/><readonly/></filesystem>"
  made devices "<interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/>
      <driver name='qemu' txmode='timer' rx_queue_size='512'><host csum='off' tso4='off'/><guest ecn='off'/></driver></interface>
    <interface type='user'><mac address='52:54:00:00:00:02'/><model type='e1000e'/><rom enabled='no'/></interface>
    <interface type='mcast'><mac address='52:54:00:00:00:03'/><source address='230.0.0.1' port='5558'/></interface>
    <serial type='pty'/><serial type='file'><source path='$PEERS/run-dir/a,b'/><log file='$PEERS/run-dir/l,og'/></serial>
    <serial type='null'><target type='usb-serial'/></serial><serial type='null'><target type='pci-serial'/></serial>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    <channel type='pty'><target type='virtio' name='x,y=z'/></channel><console type='pty'><target type='virtio'/></console>
    <parallel type='null'/><input type='tablet' bus='usb'/><input type='keyboard' bus='virtio'/>
    <graphics type='vnc' autoport='yes' passwd='secret'/><video><model type='virtio' heads='2'/></video>
    <video><model type='qxl'/></video><sound model='ich9'/><sound model='ac97'/><sound model='usb'/>
    <watchdog model='i6300esb' action='dump'/><panic/><memballoon model='virtio' autodeflate='on'/>
    <rng model='virtio'><rate bytes='100' period='10'/><backend model='random'>/dev/urandom</backend></rng>
    <rng model='virtio'><backend model='builtin'/></rng><hub type='usb'/>"
  made memory "<memory model='dimm'><target><size unit='MiB'>128</size><node>1</node></target></memory>" \
    "<maxMemory slots='4' unit='GiB'>1</maxMemory><memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>
    <vcpu current='2'>4</vcpu><iothreads>2</iothreads>
    <cpu mode='custom'><model>Nehalem</model><topology sockets='1' cores='2' threads='2'/><feature name='aes' policy='require'/>
      <numa><cell id='0' cpus='0-1' memory='64' unit='MiB'><distances><sibling id='0' value='10'/><sibling id='1' value='21'/>
      </distances></cell><cell id='1' cpus='2-3' memory='64' unit='MiB'/></numa></cpu>
    <clock offset='variable' adjustment='60'><timer name='rtc' tickpolicy='catchup'/></clock>"
  qemu-img create -q -f qcow2 -b b.img -F raw "$PEERS/images/mid.qcow2" 1M
  qemu-img create -q -f qcow2 -b mid.qcow2 -F qcow2 "$PEERS/images/top.qcow2"
  for name in plain disks devices memory; do
    ours run "$BATS_TEST_TMPDIR/$name.xml" > "$BATS_TEST_TMPDIR/out"
    cat "$BATS_TEST_TMPDIR/out"
    grep -q "^status: prelaunch" "$BATS_TEST_TMPDIR/out"
    run ! grep "^error" "$BATS_TEST_TMPDIR/out"
  done
}

@test "UEFI comes from the firmware's descriptors, with variables of its own" {
  sed "s,<os>,<os firmware='efi'>," <(made uefi ""; cat "$BATS_TEST_TMPDIR/uefi.xml") > "$BATS_TEST_TMPDIR/efi.xml"
  mkdir "$PEERS/nvram"
  QEMU_XML_NVRAM=$PEERS/nvram ours run "$BATS_TEST_TMPDIR/efi.xml" > "$BATS_TEST_TMPDIR/out"
  cat "$BATS_TEST_TMPDIR/out"
  grep -q "^status: prelaunch" "$BATS_TEST_TMPDIR/out"
  [ -s "$PEERS/nvram/uefi_VARS.fd" ]
}

@test "whatever names and paths hold stays inside of its argument" {
  local evil="x,id=evil,' --daemonize -incoming=1 \\ end"
  local xml="x,id=evil,&apos; --daemonize -incoming=1 \\ end"
  NAME="-$xml" made evil "<emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'><source file='/$xml'/><target dev='vda'/><serial>a</serial></disk>
    <disk type='dir' device='floppy'><driver name='qemu' type='fat'/><source dir='/$xml'/><target dev='fda'/></disk>
    <disk type='network' device='disk'><source protocol='nbd' name='$xml'><host transport='unix' socket='/$xml'/></source>
      <target dev='vdb'/></disk>
    <serial type='file'><source path='/$xml'/><log file='/$xml'/></serial>
    <serial type='tcp'><source mode='bind' host='$xml' service='$xml'/></serial>
    <channel type='unix'><source mode='bind' path='/$xml'/><target type='virtio' name='$xml'/></channel>
    <graphics type='vnc' socket='/$xml'/><filesystem type='mount'><source dir='/$xml'/><target dir='t'/></filesystem>
    <interface type='ethernet'><target dev='$xml' managed='no'/></interface>
    <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>"
  ours argv "$BATS_TEST_TMPDIR/evil.xml" > "$BATS_TEST_TMPDIR/argv"
  run ! grep -xE -- "--daemonize.*|-incoming.*" "$BATS_TEST_TMPDIR/argv"
  # in QEMU's own syntax commas are doubled, in JSON they are inside of texts
  grep -qF -- "guest=-x,,id=evil,,' --daemonize -incoming=1 \\ end,debug-threads=on" "$BATS_TEST_TMPDIR/argv"
  run ! grep -E "[^,],id=evil," <(grep -v '^{' "$BATS_TEST_TMPDIR/argv")
  grep '^{' "$BATS_TEST_TMPDIR/argv" | jq -s --arg evil "/$evil" -e \
    'all(.[]; .id != "evil") and (map(.filename) | contains([$evil]))' > "$BATS_TEST_TMPDIR/out"
  for cpu in "<model>qemu64,x</model>" "<model>qemu64</model><feature name='a,b=c'/>"; do
    made cpu "" "<cpu match='exact'>$cpu</cpu>"
    run ours argv "$BATS_TEST_TMPDIR/cpu.xml"
    [[ $output == *"error: unsupported configuration"* ]]
  done
}

# refused MESSAGE DEVICES [TOP]
refused() {
  made refused "$2" "${3:-}"
  run ours define "$BATS_TEST_TMPDIR/refused.xml"
  [[ $output == *"error: unsupported configuration: $1"* ]] || {
    echo "expected $1, got $output"
    return 1
  }
}

@test "what is not served is refused by name" {
  refused "<shmem> in <devices> is not supported" "<shmem name='x'><size unit='M'>4</size></shmem>"
  refused "<iommu> in <devices> is not supported" "<iommu model='intel'/>"
  refused "<transient> in <disk> is not supported" \
    "<disk type='file'><source file='/x'/><target dev='vda'/><transient/></disk>"
  refused "protocol='rbd' of <source> is not supported" \
    "<disk type='network'><source protocol='rbd' name='x/y'><host name='h'/></source><target dev='vda'/></disk>"
  refused "type='vhostuser' of <interface> is not supported" \
    "<interface type='vhostuser'><source type='unix' path='/x' mode='server'/><model type='virtio'/></interface>"
  refused "IDE controllers are unsupported" "<disk type='file'><source file='/x'/><target dev='hda'/></disk>"
  refused "auto='yes' of <cid> is not supported" "<vsock model='virtio'/>"
  refused "type='sdl' of <graphics> is not supported" "<graphics type='sdl'/>"
  refused "type='dynamic' of <seclabel> is not supported" "" "<seclabel type='dynamic' model='dac'/>"
  refused "CPU model 'nonsense' is not known" "" "<cpu match='exact'><model>nonsense</model></cpu>"
  made other ""
  sed -i "s/machine='q35'/machine='nonsense'/" "$BATS_TEST_TMPDIR/other.xml"
  run ours define "$BATS_TEST_TMPDIR/other.xml"
  [[ $output == *"does not support machine type 'nonsense'"* ]]
}
