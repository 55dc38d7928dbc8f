# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Jobs on the disks of running machines by libvirt's own virsh: what it says, which events come and what the definitions
# look like afterwards is as with libvirt's daemon.

load ../lib/qemu

setup_file() {
  need_libvirt
  need qemu-img qemu-utils
  need_root "libvirt's guests are kept apart"
  peers_begin
  libvirtd_start
  qemu_start
}

# alike: without what is meant to differ, and the numbers of block nodes, which libvirt never gives twice.
alike() {
  awk '/^<domain/ { skip = 1 } /<disk/ { skip = 0 } !skip { print } /<\/disk>/ { skip = 1 } /<\/domain>/ { skip = 0 }' | sed -E "/<resource>/,/<\/resource>/d; /<seclabel/,/<\/seclabel>/d; /<cpu /,/<\/cpu>/d; /^-+$/d
    s/ index='[0-9]+'//; s/libvirt-[0-9]+-format/libvirt-N-format/; s/#block[0-9]+/#block/
    s/\r/\n/g" | sed '/^Block [A-Za-z]*: \[.*%\]$/d; /^$/d'
}

# chain DIR: images that stand on each other, each with data of its own.
chain() {
  qemu-img create -q -f qcow2 "$1/base.qcow2" 8M
  qemu-img create -q -f qcow2 -b base.qcow2 -F qcow2 "$1/mid.qcow2"
  qemu-img create -q -f qcow2 -b "$1/mid.qcow2" -F qcow2 "$1/top.qcow2"
  qemu-io -c 'write -q -P 1 0 1M' "$1/base.qcow2"
  qemu-io -c 'write -q -P 2 512k 1M' "$1/mid.qcow2"
  qemu-io -c 'write -q -P 3 1M 1M' "$1/top.qcow2"
  cp "$1/base.qcow2" "$1/base2.qcow2"
  qemu-img create -q -f qcow2 -b base2.qcow2 -F qcow2 "$1/mid2.qcow2"
  qemu-img create -q -f qcow2 -b mid2.qcow2 -F qcow2 "$1/top2.qcow2"
  qemu-io -c 'write -q -P 5 512k 1M' "$1/mid2.qcow2"
  truncate -s 4M "$1/raw.img"
}

# seen URI DIR: what virsh says of a guest whose disks have jobs, and its definitions in between.
seen() {
  local images=$2 command
  mkdir -p "$images"
  chmod 755 "$images"
  chain "$images"
  guest_xml blocks kernel=no uuid=11111111-2222-4333-8444-55555555555a devices="
    <disk type='file'><driver name='qemu' type='qcow2'/><source file='$images/top.qcow2'/><target dev='vda' bus='virtio'/></disk>
    <disk type='file'><driver name='qemu' type='raw'/><source file='$images/raw.img'/><target dev='vdb' bus='virtio'/></disk>" > "$images/blocks.xml"
  sed 's/top.qcow2/top2.qcow2/' "$images/blocks.xml" > "$images/blocks2.xml"
  while read -r command; do
    [ -n "$command" ] || continue
    command=${command//DIR/$images}
    echo "== ${command//$images/DIR}"
    { limit virsh -c "$1" "$command" 2>&1 || echo "exit status $?"; } | sed "s|$images|DIR|g" | alike
  done
}

commands() {
  cat << END
define DIR/blocks.xml
blockpull blocks vda
start blocks --paused
blockjob blocks vda
blockjob blocks vdx
blockjob blocks vda --abort
blockjob blocks vda --pivot
blockjob blocks vda 1
blockpull blocks vdx
blockpull blocks vdb --wait
blockpull blocks vda --base DIR/nothing --wait
blockpull blocks vda --base vda[9] --wait
blockpull blocks vda --base vdb[1] --wait
blockpull blocks vda --keep-relative --wait
blockpull blocks vda --bandwidth 99999999999999
blockcommit blocks vda --wait
blockcommit blocks vda --top DIR/mid.qcow2 --active --wait
blockcommit blocks vda --top DIR/base.qcow2 --wait
blockcommit blocks vda --base DIR/top.qcow2 --wait --active
blockcommit blocks vda --shallow --base DIR/base.qcow2 --wait --active
blockcommit blocks vdb --wait --active
blockcopy blocks vda DIR/raw.img --wait
blockcopy blocks vda DIR/raw.img --wait --transient-job
blockcopy blocks vda DIR/none.img --reuse-external --wait --transient-job
blockcopy blocks vda DIR/raw.img --reuse-external --blockdev --wait --transient-job
blockcopy blocks vda DIR/none.img --blockdev --wait --transient-job
blockcopy blocks vda DIR/new.img --granularity 1000 --wait
blockcopy blocks vda DIR/copy.img --format raw --wait --verbose --transient-job
dumpxml blocks
domblklist blocks --details
blockjob blocks vda
blockjob blocks vda --raw
blockjob blocks vda --bandwidth 5
blockjob blocks vda --raw
blockjob blocks vda --raw --bytes
blockjob blocks vda --bandwidth 99999999999999
blockpull blocks vda
blockcopy blocks vda DIR/copy2.img --transient-job
blockcommit blocks vda --active
detach-disk blocks vda --live
save blocks DIR/saved
managedsave blocks
blockjob blocks vda --abort
dumpxml blocks
blockcopy blocks vda DIR/copy2.img --wait --pivot --transient-job
dumpxml blocks
dumpxml blocks --inactive
blockjob blocks vda
destroy blocks
define DIR/blocks.xml
start blocks --paused
blockcopy blocks vda DIR/shallow.qcow2 --shallow --wait --verbose --transient-job
dumpxml blocks
blockjob blocks vda --pivot
dumpxml blocks
dumpxml blocks --inactive
blockpull blocks vda --bytes 1
blockjob blocks vda
blockjob blocks vda --pivot
blockpull blocks vda
blockcommit blocks vda --active
detach-disk blocks vda --live
blockjob blocks vda --abort
dumpxml blocks
blockcommit blocks vda --active --wait --shallow --verbose
dumpxml blocks
blockjob blocks vda --info
blockcommit blocks vda --active --wait --shallow
blockjob blocks vda --pivot
dumpxml blocks
dumpxml blocks --inactive
blockpull blocks vda --wait --base DIR/base.qcow2
dumpxml blocks
blockpull blocks vda --wait --verbose
dumpxml blocks
destroy blocks
define DIR/blocks2.xml
start blocks --paused
blockcommit blocks vda --top DIR/mid2.qcow2 --wait --verbose
dumpxml blocks
blockcommit blocks vda --active --pivot --delete
dumpxml blocks
dumpxml blocks --inactive
destroy blocks
undefine blocks
END
}

@test "virsh starts, watches and ends jobs of disks as with libvirt's daemon" {
  commands | seen "$(libvirtd_qemu_uri)" "$PEERS/libvirtd-images" > "$PEERS/libvirtd.seen"
  commands | seen "$(qemu_uri)" "$PEERS/rvirtd-images" > "$PEERS/rvirtd.seen"
  diff -u "$PEERS/libvirtd.seen" "$PEERS/rvirtd.seen"
}

limits() {
  cat << END
define DIR/blocks.xml
blkdeviotune blocks vda
blkdeviotune blocks vda --read-bytes-sec 1000 --config
blkdeviotune blocks vda
start blocks --paused
blkdeviotune blocks vda
blkdeviotune blocks vdx
blkdeviotune blocks vdx --total-bytes-sec 5
blkdeviotune blocks vdx --total-bytes-sec 5 --config
blkdeviotune blocks vda --live --config
blkdeviotune blocks vda --total-bytes-sec 5 --write-bytes-sec 5
blkdeviotune blocks vda --total-iops-sec 5 --read-iops-sec 5
blkdeviotune blocks vda --total-bytes-sec-max 5 --write-bytes-sec-max 5
blkdeviotune blocks vda --total-bytes-sec 10000000000000000000
blkdeviotune blocks vda --total-bytes-sec 500000
blkdeviotune blocks vda
blkdeviotune blocks vda --config
blkdeviotune blocks vda --total-bytes-sec-max 400000
blkdeviotune blocks vda --total-iops-sec-max 400000
blkdeviotune blocks vda --total-bytes-sec-max 600000 --total-bytes-sec-max-length 3 --live --config
blkdeviotune blocks vda
blkdeviotune blocks vda --config
blkdeviotune blocks vda --total-bytes-sec 0
blkdeviotune blocks vda --total-bytes-sec-max-length 0
blkdeviotune blocks vda
blkdeviotune blocks vda --group-name both --read-iops-sec 40 --write-iops-sec 50 --size-iops-sec 4096
blkdeviotune blocks vdb --group-name both --live
blkdeviotune blocks vdb --read-iops-sec 60 --live
blkdeviotune blocks vda
blkdeviotune blocks vdb
dumpxml blocks
dumpxml blocks --inactive
domblkthreshold blocks vda 1000000
domblkthreshold blocks vda[1] 1000000
domblkthreshold blocks vda[7] 1000000
domblkthreshold blocks vdx 1000000
domblkerror blocks
domblkinfo blocks vdb
domblkinfo blocks --all
domblklist blocks
blkdeviotune blocks vda --total-bytes-sec 0 --read-bytes-sec 0 --total-bytes-sec-max 0
destroy blocks
domblkerror blocks
domblkthreshold blocks vda 1000000
undefine blocks
END
}

@test "virsh limits disks and asks for their figures as with libvirt's daemon" {
  limits | seen "$(libvirtd_qemu_uri)" "$PEERS/libvirtd-limits" > "$PEERS/libvirtd.limits"
  limits | seen "$(qemu_uri)" "$PEERS/rvirtd-limits" > "$PEERS/rvirtd.limits"
  diff -u "$PEERS/libvirtd.limits" "$PEERS/rvirtd.limits"
}
