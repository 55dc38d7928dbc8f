# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Snapshots by libvirt's own virsh: what it says, what the documents look like and what clients are told is as with
# libvirt's daemon.

load ../lib/qemu

setup_file() {
  need qemu-img qemu-utils
  both_start
}

# alike: without times, what is meant to differ, and the numbers of block nodes.
alike() {
  sed -E "/<resource>/,/<\/resource>/d; /<seclabel/,/<\/seclabel>/d; /<cpu /,/<\/cpu>/d; /<cookie>/,/<\/cookie>/d; /^-+$/d
    s/<creationTime>[0-9]+/<creationTime>TIME/; s/[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8} [-+][0-9]{4}/TIME/
    /<source index='[0-9]+'\/>/d; /<source|<backingStore/s/ index='[0-9]+'//; s/_1[0-9]{9}/_TIME/g"
}

# images DIR: a guest's disks, and its definition in DIR/snaps.xml.
images() {
  mkdir -p "$1"
  chmod 755 "$1"
  limit qemu-img create -q -f qcow2 "$1/a.qcow2" 16M
  limit qemu-img create -q -f qcow2 "$1/b.qcow2" 16M
  truncate -s 1M "$1/c.raw" "$1/cd.iso"
  guest_xml snaps kernel=no memory=32 console=none uuid=11111111-2222-4333-8444-55555555556a \
    devices="<controller type='ide' index='0'/>
      <disk type='file'><driver name='qemu' type='qcow2'/><source file='$1/a.qcow2'/><target dev='vda' bus='virtio'/></disk>
      <disk type='file'><driver name='qemu' type='qcow2'/><source file='$1/b.qcow2'/><target dev='vdb' bus='virtio'/></disk>
      <disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='$1/cd.iso'/><target dev='hdc' bus='ide'/></disk>" \
    > "$1/snaps.xml"
}

# seen URI DIR: runs the commands of stdin, DIR being the place of the images, and says what virsh says, then the events.
seen() {
  local uri=$1 images=$2 command
  images "$images"
  : > "$images/events"
  limit virsh -c "$uri" define "$images/snaps.xml" > "$images/log"
  LIMIT=300 limit virsh -c "$uri" event --domain snaps --event lifecycle --loop --timeout 300 > "$images/events" 2>&1 3>&- &
  local watcher=$!
  while read -r command; do
    echo "== $command"
    command=${command//DIR/$images}
    { limit virsh -c "$uri" "$command" 2>&1 || echo "exit status $?"; } | sed "s|$images|DIR|g" | alike
  done
  limit virsh -c "$uri" undefine snaps --snapshots-metadata >> "$images/log" 2>&1 || true
  wait_until 20 grep -q Undefined "$images/events"
  kill "$watcher"
  cat "$images/events"
}

# compare NAME: the commands of stdin with both daemons.
compare() {
  cat > "$PEERS/commands"
  seen "$(libvirtd_qemu_uri)" "$PEERS/$1-libvirtd" < "$PEERS/commands" > "$PEERS/libvirtd.seen"
  seen "$(qemu_uri)" "$PEERS/$1-rvirtd" < "$PEERS/commands" > "$PEERS/rvirtd.seen"
  diff -u "$PEERS/libvirtd.seen" "$PEERS/rvirtd.seen"
}

@test "snapshots in the images of a machine that does not run" {
  compare inside << 'END'
snapshot-list snaps
snapshot-current snaps
snapshot-create-as snaps s1 a-description
snapshot-create-as snaps s2
snapshot-create-as snaps s3 --diskspec vda,snapshot=no
snapshot-create-as snaps s3 --diskspec vdx
snapshot-create-as snaps s3 --diskspec vda,file=DIR/x
snapshot-create-as snaps s3 --memspec DIR/mem
snapshot-create-as snaps s3 --live
snapshot-create-as snaps s3 --quiesce
snapshot-create-as snaps s2
snapshot-create-as snaps a/b
snapshot-create-as snaps .a
snapshot-create-as snaps s3 --no-metadata
snapshot-list snaps
snapshot-list snaps --tree
snapshot-list snaps --parent --internal --inactive
snapshot-list snaps --external
snapshot-info snaps s2
snapshot-info snaps s1
snapshot-dumpxml snaps s2
snapshot-dumpxml snaps nosuch
snapshot-current snaps --name
snapshot-parent snaps s2
snapshot-parent snaps s1
snapshot-revert snaps s1
snapshot-current snaps --name
snapshot-create-as snaps s4
snapshot-list snaps --tree
snapshot-revert snaps s2 --running
domstate snaps --reason
snapshot-revert snaps s2 --paused
domstate snaps --reason
snapshot-delete snaps s4
snapshot-delete snaps s1 --children-only --metadata
snapshot-list snaps
undefine snaps
destroy snaps
undefine snaps
snapshot-delete snaps s1 --children
snapshot-list snaps
END
}

@test "snapshots of memory and images of a machine that runs" {
  compare running << 'END'
start snaps
snapshot-create-as snaps r1
domstate snaps --reason
snapshot-create-as snaps r2 --halt
domstate snaps --reason
snapshot-dumpxml snaps r2
snapshot-info snaps r2
snapshot-create-as snaps off
snapshot-revert snaps r1
domstate snaps --reason
snapshot-revert snaps r2 --paused
domstate snaps --reason
snapshot-create-as snaps r3
snapshot-revert snaps r1 --running
snapshot-revert snaps r3
domstate snaps --reason
snapshot-revert snaps off
domstate snaps --reason
snapshot-list snaps --tree
snapshot-list snaps --active
snapshot-revert snaps r3 --running
snapshot-delete snaps r2
snapshot-delete snaps r3 --children-only
snapshot-list snaps --tree
snapshot-current snaps --name
attach-disk snaps DIR/c.raw vdc --targetbus virtio --live
snapshot-create-as snaps r5
snapshot-create-as snaps r5 --diskspec vdc,snapshot=no
detach-disk snaps vdc --live
snapshot-create-as snaps r5 --diskspec vdb,snapshot=no
destroy snaps
snapshot-delete snaps r1 --children
snapshot-list snaps
END
}

@test "snapshots of disks in new images" {
  compare outside << 'END'
snapshot-create-as snaps o1 --disk-only
snapshot-dumpxml snaps o1
domblklist snaps --details
snapshot-create-as snaps o1b --disk-only --diskspec vda,snapshot=no --diskspec vdb,file=DIR/b.o1
start snaps
snapshot-create-as snaps o2 --disk-only --atomic --diskspec vda,file=DIR/new.qcow2 --diskspec vdb,snapshot=no
snapshot-dumpxml snaps o2
dumpxml snaps
domblklist snaps --inactive
snapshot-create-as snaps o3 --disk-only --diskspec vda,snapshot=internal
snapshot-create-as snaps o3 --disk-only --reuse-external --diskspec vda,file=DIR/nosuch
snapshot-create-as snaps o3 --disk-only --diskspec vda,file=DIR/x,driver=raw
snapshot-revert snaps o2
snapshot-list snaps --external --parent
snapshot-list snaps --disk-only
snapshot-info snaps o2
destroy snaps
start snaps
destroy snaps
snapshot-delete snaps o1 --children --metadata
END
}
