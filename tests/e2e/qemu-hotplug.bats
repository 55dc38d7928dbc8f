# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Devices that come to running machines and leave them.

load ../lib/qemu

setup_file() {
  peers_begin
  qemu_start
}

setup() {
  cd "$BATS_TEST_TMPDIR"
  chmod 755 "$BATS_TEST_TMPDIR"
}

@test "a booted guest sees a disk come and go" {
  guest_image
  define booted log="$PEERS/booted.log"
  on start booted
  wait_for_console "$PEERS/booted.log" "rvirt-guest: ready"
  truncate -s 1M come.img
  on attach-disk booted "$PWD/come.img" vdb --targetbus virtio --live
  open_by booted "$PWD/come.img"
  tty=$(on ttyconsole booted)
  console_talk "$tty" '' 'until [ -b /dev/vda ]; do usleep 100000; done; echo se""en' seen
  on detach-disk booted vdb --live
  lacks booted come.img
  run ! open_by booted "$PWD/come.img"
  console_talk "$tty" '' 'until [ ! -e /dev/vda ]; do usleep 100000; done; echo go""ne' gone
  on destroy booted
  on undefine booted
}

@test "disks of any hot bus, interfaces and others, in what runs and what is defined" {
  define g kernel=no
  truncate -s 1M a.img b.img c.img
  owner=$(stat -c %u:%g a.img)
  on start g
  on attach-disk g "$PWD/a.img" sda --targetbus scsi --persistent
  has g "controller type='scsi' index='0'"
  has g "controller type='scsi' index='0'" --inactive
  has g "name='scsi0-0-0'"
  on attach-disk g "$PWD/b.img" sdb --targetbus usb --live
  lacks g b.img --inactive
  on attach-disk g "$PWD/c.img" vdc --targetbus virtio --config
  lacks g c.img
  has g c.img --inactive
  run -1 on attach-disk g "$PWD/c.img" sda --targetbus scsi --live
  [[ $output == *"target 'sda' duplicated"* ]]
  run -1 on attach-disk g "$PWD/c.img" sda --targetbus scsi --config
  [[ $output == *"target sda already exists"* ]]
  run -1 on attach-disk g "$PWD/c.img" hdb --targetbus ide --live
  [[ $output == *"disk bus 'ide' cannot be hotplugged"* ]]
  run -1 on attach-disk g "$PWD/missing.img" vdd --targetbus virtio --live
  [[ $output == *missing.img* ]]
  lacks g missing.img
  echo "<interface type='user'><mac address='52:54:00:00:00:07'/><model type='virtio'/></interface>" > nic.xml
  echo "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>" > rng.xml
  echo "<input type='tablet' bus='usb'/>" > tablet.xml
  for device in nic rng tablet; do
    on attach-device g $device.xml --live --config
  done
  has g "mac address='52:54:00:00:00:07'" --inactive
  has g "alias name='net0'"
  has g "alias name='rng0'"
  # without a guest nothing answers on PCI's buses: it is gone with the next reset
  on detach-device g tablet.xml --live --config
  lacks g tablet
  on detach-disk g sdb --live
  lacks g b.img
  run ! open_by g "$PWD/b.img"
  on detach-disk g sda --persistent
  lacks g a.img
  lacks g a.img --inactive
  [ "$(stat -c %u:%g a.img)" = "$owner" ]
  on detach-interface g user --mac 52:54:00:00:00:07 --live
  on reset g
  wait_until 20 lacks g 52:54:00:00:00:07
  has g 52:54:00:00:00:07 --inactive
  # what has come is still there for another daemon
  peer_stop rvirtd
  qemu_start
  has g "alias name='rng0'"
  on destroy g
  lacks g rng0
  has g c.img
  on undefine g
}

@test "media and links change, images grow" {
  truncate -s 1M one.iso two.iso disk.img
  owner=$(stat -c %u:%g one.iso)
  define m kernel=no devices="<disk type='file' device='cdrom'><source file='$PWD/one.iso'/><target dev='hdc' bus='ide'/></disk>
    <disk type='file'><driver name='qemu' type='raw'/><source file='$PWD/disk.img'/><target dev='vda' bus='virtio'/></disk>
    <interface type='user'><mac address='52:54:00:00:00:08'/></interface>"
  on start m
  on change-media m hdc "$PWD/two.iso" --live
  has m two.iso
  has m one.iso --inactive
  open_by m "$PWD/two.iso"
  run ! open_by m "$PWD/one.iso"
  [ "$(stat -c %u:%g one.iso)" = "$owner" ]
  run -1 on change-media m hdc "$PWD/missing.iso" --live
  has m two.iso
  open_by m "$PWD/two.iso"
  on change-media m hdc --eject --live --config
  lacks m .iso
  lacks m .iso --inactive
  run ! open_by m "$PWD/two.iso"
  on change-media m hdc "$PWD/one.iso" --insert --config
  lacks m .iso
  has m one.iso --inactive
  run -1 on change-media m vda "$PWD/one.iso" --live
  has m disk.img
  on domif-setlink m 52:54:00:00:00:08 down
  has m "link state='down'"
  on domif-setlink m 52:54:00:00:00:08 up
  lacks m "link state='down'"
  on blockresize m vda 3M
  [ "$(stat -c %s disk.img)" = 3145728 ]
  run -1 on blockresize m vdx 3M
  [[ $output == *"disk 'vdx' was not found"* ]]
  run -1 on blockresize m hdc 3M
  on destroy m
  on undefine m
}

@test "virtual CPUs are added while the machine runs, and changed in its definition" {
  define c kernel=no vcpus=4
  on setvcpus c 1 --config
  on start c
  on setvcpus c 3 --live
  [ "$(on vcpucount c --live --current)" = 3 ]
  [ "$(on vcpucount c --config --current)" = 1 ]
  has c "current='3'"
  run -1 on setvcpus c 5 --live
  [[ $output == *"greater than max allowable vcpus"* ]]
  run -1 on setvcpus c 1 --live
  [[ $output == *"unplug request"* ]]
  on setvcpus c 2 --maximum --config
  [ "$(on vcpucount c --config --maximum)" = 2 ]
  [ "$(on vcpucount c --live --maximum)" = 4 ]
  on destroy c
  on undefine c
}

@test "what is no device, or can't come, is refused" {
  define h kernel=no
  on start h
  for xml in '' '<disk' "<disk/><disk/>" '<emulator>/bin/sh</emulator>' "<video/>" "<nothing/>" \
    "</devices><devices>" "<watchdog model='ib700'/>" "<input type='mouse' bus='ps2'/>" \
    "<memballoon model='virtio'/>" "<controller type='usb' index='7' model='ehci'/>"; do
    echo "$xml" > x.xml
    on dumpxml h > before.xml
    run -1 on attach-device h x.xml --live
    on dumpxml h > after.xml
    cmp before.xml after.xml
  done
  echo "<disk type='file'><target dev='vdx'/></disk>" > x.xml
  run -1 on detach-device h x.xml --live
  [[ $output == *"disk vdx not found"* ]]
  run -1 on detach-device-alias h nothing0 --live
  [[ $output == *"no device found with alias nothing0"* ]]
  state_is h 'running (booted)'
  on destroy h
  on undefine h
}

@test "channels, serial ports, memory and a watchdog come, and a password changes" {
  echo "<channel type='unix'><target type='virtio' name='org.example.0'/></channel>" > channel.xml
  echo "<channel type='pty'><target type='virtio' name='org.example.1'/><log file='$PWD/pty.log' append='on'/></channel>" > pty.xml
  echo "<serial type='file'><source path='/dev/null'/><target type='usb-serial'/></serial>" > usb.xml
  echo "<serial type='null'><target type='isa-serial'/></serial>" > isa.xml
  echo "<memory model='dimm'><target><size unit='MiB'>128</size><node>0</node></target></memory>" > dimm.xml
  echo "<watchdog model='i6300esb' action='pause'/>" > dog.xml
  echo "<hostdev mode='subsystem' type='usb'><source><vendor id='0xdead'/><product id='0xbeef'/></source></hostdev>" > host.xml
  echo "<graphics type='vnc' passwd='second' passwdValidTo='2037-01-02T03:04:05' autoport='yes'/>" > vnc.xml
  guest_xml d kernel=no top="<maxMemory slots='4' unit='MiB'>1024</maxMemory><cpu><numa><cell id='0' cpus='0' memory='131072' unit='KiB'/></numa></cpu>" \
    devices="<controller type='virtio-serial'/><graphics type='vnc' passwd='first' autoport='yes'/>" > d.xml
  on define d.xml
  on start d --paused
  on attach-device d channel.xml --live --config
  [ -S "$(on dumpxml d | sed -n "s/.*<source mode='bind' path='\([^']*org.example.0\)'.*/\1/p")" ]
  has d "name='org.example.0'" --inactive
  on attach-device d pty.xml --live
  [ -c "$(on dumpxml d | sed -n "/org.example.1/!{h;d}; x; s/.*path='\([^']*\)'.*/\1/p" | head -1)" ] || has d "<source path='/dev/pts/"
  for device in usb dimm dog; do
    on attach-device d $device.xml --live
  done
  has d "<memory unit='KiB'>262144</memory>"
  on dumpxml d > before.xml
  for device in isa dog host; do
    run -1 on attach-device d $device.xml --live
  done
  on dumpxml d > after.xml
  cmp before.xml after.xml
  on detach-device d channel.xml --live --config
  on detach-device d pty.xml --live
  on detach-device d usb.xml --live
  lacks d org.example
  lacks d org.example --inactive
  lacks d usb-serial
  on update-device d vnc.xml --live
  has d "passwd='second' passwdValidTo='2037-01-02T03:04:05'" --security-info
  lacks d second
  has d "passwd='first'" --inactive --security-info
  sed "s/ autoport='yes'/ port='5999'/" vnc.xml > port.xml
  run -1 on update-device d port.xml --live
  [[ $output == *"only the password can be changed"* ]]
  # what has come is known to another daemon, and goes with it
  peer_stop rvirtd
  qemu_start
  has d i6300esb
  has d "passwd='second'" --security-info
  on destroy d
  lacks d i6300esb
  lacks d dimm
  on undefine d
}
