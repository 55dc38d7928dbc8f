# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Devices come to machines and leave them by libvirt's own virsh: what it says and what the definitions look like
# afterwards is as with libvirt's daemon.

load ../lib/qemu

setup_file() {
  both_start
}

# alike: without what is meant to differ, and the numbers of block nodes, which libvirt gives to empty drives too.
alike() {
  sed -E "/<resource>/,/<\/resource>/d; /<seclabel/,/<\/seclabel>/d; /<cpu /,/<\/cpu>/d; /^-+$/d
    s,/dev/pts/[0-9]+,/dev/pts/N,
    /<source index='[0-9]+'\/>/d; /<source/s/ index='[0-9]+'//"
}

# seen URI DIR: what virsh says of a guest whose devices change, and its definitions in between.
seen() {
  local images=$2 command
  mkdir -p "$images"
  chmod 755 "$images"
  truncate -s 1M "$images"/{a,b,c}.img
  guest_xml plugs kernel=no uuid=11111111-2222-4333-8444-555555555559 \
    devices="<controller type='scsi' model='virtio-scsi'/><disk type='file' device='cdrom'><target dev='hdc' bus='ide'/></disk>" \
    > "$images/plugs.xml"
  for command in "define $images/plugs.xml" 'start plugs' \
    "attach-disk plugs $images/a.img sda --targetbus scsi --persistent" \
    "attach-disk plugs $images/b.img vdb --targetbus virtio --live --serial B1" \
    "attach-disk plugs $images/c.img sda --targetbus scsi --live" \
    'attach-interface plugs user unknown --model virtio --mac 52:54:00:00:00:09 --live --config' \
    "change-media plugs hdc $images/c.img --live" 'dumpxml plugs' 'dumpxml plugs --inactive' \
    'domblklist plugs --details' 'domiflist plugs' 'change-media plugs hdc --eject' 'blockresize plugs sda 2M' \
    'detach-disk plugs sda --persistent' 'detach-disk plugs vdx' 'domif-setlink plugs 52:54:00:00:00:09 down' \
    'dumpxml plugs' 'dumpxml plugs --inactive' 'destroy plugs' 'dumpxml plugs' 'undefine plugs'; do
    echo "== ${command//$images/DIR}"
    { limit virsh -c "$1" "$command" 2>&1 || echo "exit status $?"; } | sed "s|$images|DIR|g" | alike
  done
}

@test "virsh attaches, changes and detaches devices as with libvirt's daemon" {
  seen "$(libvirtd_qemu_uri)" "$PEERS/libvirtd-images" > "$PEERS/libvirtd.seen"
  seen "$(qemu_uri)" "$PEERS/rvirtd-images" > "$PEERS/rvirtd.seen"
  diff -u "$PEERS/libvirtd.seen" "$PEERS/rvirtd.seen"
}
