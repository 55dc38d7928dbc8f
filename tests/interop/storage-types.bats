# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Pools that are more than folders: file systems of devices and of other hosts, volume groups, disks. virsh and rvsh see
# the same of rvirtd as virsh does of libvirtd, each daemon having a device of its own.

load ../lib/storage

setup_file() {
  need_libvirt
  need mkfs.ext4 e2fsprogs
  need parted parted
  need vgcreate lvm2
  need_root "storage:///system"
  peers_begin
  devices_begin 120
  with_lvm libvirtd_start libvirtd
  with_lvm rvirtd_start rvirtd "state_dir = \"$PEERS/state\""
  mkdir "$PEERS/libvirtd-pool" "$PEERS/rvirtd-pool"
}

teardown_file() {
  limit umount -q "$PEERS"/rvirtd-pool/* || true
  peer_stop libvirtd
  peer_stop rvirtd
  [ ! -e "$PEERS" ] || devices_end
  peers_end
}

setup() {
  blank
}

# A test that fails leaves its pools to no other.
teardown() {
  local daemon name commands
  for daemon in libvirtd rvirtd; do
    commands=
    for name in $(shell virsh "$daemon" "pool-list --all --name"); do
      commands+="pool-destroy $name; pool-undefine $name; "
    done
    [ -z "$commands" ] || shell virsh "$daemon" "$commands" > /dev/null 2>&1 || true
    rm -rf "${PEERS:?}/$daemon-pool/"*
  done
}

# with_lvm COMMAND DAEMON [ARGUMENT…]: starts a daemon for which LVM sees its device and no other. Where the kernel has no
# device mapper, groups and volumes are made on the device all the same, but no volume can be used.
with_lvm() {
  local command=$1 dir=$PEERS/$2.lvm
  shift
  mkdir -p "$dir"
  {
    echo "devices { use_devicesfile = 0 filter = [ \"a|^$(device "$1")\$|\", \"r|.*|\" ] }"
    has_mapper || echo "global { activation = 0 }"
  } > "$dir/lvm.conf"
  LVM_SYSTEM_DIR=$dir "$command" "$@"
}

has_mapper() {
  limit dmsetup version 2> /dev/null | grep -q 'Driver version'
}

@test "logical: build, start, describe, find, stop, remove" { scene_logical; }
@test "logical: build, start, describe, find, stop, remove, with rvsh" { SHELL_UNDER_TEST=rvsh scene_logical; }

scene_logical() {
  local as="logical --source-dev DEVICE --source-name GROUP"
  same "pool-define-as l $as; pool-dumpxml l; pool-start l; pool-build l; pool-start l; pool-build l; pool-dumpxml l; pool-info l; vol-list l" \
    "find-storage-pool-sources logical; find-storage-pool-sources-as logical localhost" \
    "pool-undefine l; pool-refresh l; pool-define-as m logical --source-dev DEVICE; vol-create-as l v 8M --format qcow2 --print-xml" \
    "pool-destroy l; pool-build l --no-overwrite; pool-build l --overwrite --no-overwrite; pool-delete l; pool-start l; pool-undefine l" \
    "pool-define-as n logical --source-dev /nosuch/device --source-name GROUP; pool-build n; pool-start n; pool-delete n; pool-undefine n"
}

@test "logical: volumes" {
  has_mapper || skip "this kernel has no device mapper: $(limit dmsetup version 2>&1 | sed 1d)"
  same "pool-create-as l logical --source-dev DEVICE --source-name GROUP --build; vol-create-as l v 8M; vol-create-as l w 8M --allocation 4M" \
    "vol-list l --details; vol-dumpxml v l; vol-info v l; vol-clone v x l; vol-create-as l s 4M --backing-vol v; vol-dumpxml s l" \
    "vol-resize v 12M l; vol-wipe v l; pool-refresh l; vol-delete s l; vol-delete x l; vol-delete w l; vol-delete v l; vol-list l; pool-destroy l"
}

# Of a volume that can't be used nothing is left.
@test "logical: a volume that fails leaves nothing" {
  ! has_mapper || skip "this kernel has a device mapper"
  shell virsh rvirtd "$(placed rvirtd "pool-create-as l logical --source-dev DEVICE --source-name GROUP --build")"
  run -1 shell virsh rvirtd "vol-create-as l v 8M"
  [[ $output = *"cannot open volume '/dev/rvirtdgroup/v'"* ]]
  [ -z "$(LVM_SYSTEM_DIR=$PEERS/rvirtd.lvm limit lvs --noheadings rvirtdgroup)" ]
  shell virsh rvirtd "$(placed rvirtd "pool-destroy l; pool-define-as l logical --source-dev DEVICE --source-name GROUP; pool-delete l; pool-undefine l")"
}

@test "disk: build, start, describe, stop, remove" { scene_disk; }
@test "disk: build, start, describe, stop, remove, with rvsh" { SHELL_UNDER_TEST=rvsh scene_disk; }

# Where on the disk partitions lie is not the same: ours begin with whole MiB.
scene_disk() {
  local as="disk --source-dev DEVICE --target /dev --source-format"
  same "pool-define-as d $as dos; pool-start d; pool-build d --no-overwrite; pool-build d; pool-build d --overwrite; pool-start d; pool-build d" \
    "pool-dumpxml d; vol-list d; pool-undefine d; pool-delete d; pool-destroy d; pool-delete d; pool-start d; pool-undefine d" \
    "pool-define-as e $as gpt; pool-build e; pool-start e; pool-dumpxml e; pool-destroy e; pool-undefine e" \
    "pool-define-as f $as dos; pool-start f; pool-build f --no-overwrite; pool-undefine f; pool-define-as g disk --source-dev DEVICE --target /dev; pool-dumpxml g; pool-build g --overwrite; pool-dumpxml g; pool-undefine g" \
    "pool-define-as h disk --source-dev /nosuch/device --target /dev; pool-start h; pool-build h; pool-build h --overwrite; pool-undefine h" \
    "pool-define-as i $as nosuch; pool-define-as i disk --target /dev; pool-define-as i disk --source-dev DEVICE"
}

@test "disk: partitions" { scene_partitions; }
@test "disk: partitions, with rvsh" { SHELL_UNDER_TEST=rvsh scene_partitions; }

# libvirtd looks at a disk again only when it is told to.
scene_partitions() {
  same "pool-create-as d disk --source-dev DEVICE --target /dev --source-format gpt --build --overwrite; vol-create-as d PART1 10M --format linux; vol-dumpxml PART1 d; vol-info PART1 d" \
    "pool-refresh d; vol-dumpxml PART1 d; vol-create-as d PART2 10M --format qcow2; vol-create-as d PART2 10M --format fat32; vol-create-as d PART3 900M" \
    "vol-resize PART1 20M d; vol-wipe PART1 d; vol-wipe PART1 d --algorithm trim; vol-key PART1 d; vol-path PART1 d; vol-pool DEVICE""p1" \
    "vol-clone PART1 PART3 d; pool-refresh d; vol-list d --details; pool-destroy d"
  blank
  same "pool-create-as d disk --source-dev DEVICE --target /dev --source-format dos --build; vol-create-as d PART1 10M; pool-refresh d; vol-create-as d PART2 10M --format linux-swap" \
    "pool-refresh d; vol-create-as d PART3 50M --format extended; pool-refresh d; vol-create-as d PART4 10M --format extended; vol-create-as d PART4 10M; pool-refresh d" \
    "vol-create-as d PART5 10M; pool-refresh d; vol-list d; vol-dumpxml PART3 d; pool-destroy d"
}

@test "disk: what is copied there is there, and what is removed is gone" {
  shell virsh rvirtd "$(placed rvirtd "pool-create-as d disk --source-dev DEVICE --target /dev --source-format gpt --build; pool-create-as p dir --target DIR")"
  head -c 5000000 /dev/urandom > "$PEERS/rvirtd-pool/data"
  limit qemu-img convert -O qcow2 "$PEERS/rvirtd-pool/data" "$PEERS/rvirtd-pool/data.qcow2"
  shell virsh rvirtd "$(placed rvirtd "pool-refresh p; vol-create-as d PART1 6M; vol-upload PART1 $PEERS/rvirtd-pool/data d; vol-download PART1 $PEERS/back d --length 5000000")"
  cmp "$PEERS/rvirtd-pool/data" "$PEERS/back"
  # what is a hole in the file is zeros on the disk
  truncate -s 6M "$PEERS/holes"
  printf data | dd of="$PEERS/holes" bs=64k seek=40 conv=notrunc status=none
  shell rvsh rvirtd "$(placed rvirtd "vol-upload PART1 $PEERS/holes d --sparse")"
  limit cmp -n 6291456 "$PEERS/holes" "$(device rvirtd)p1"
  shell virsh rvirtd "$(placed rvirtd "vol-upload PART1 $PEERS/rvirtd-pool/data d")"
  sed "s,NAME,$(basename "$(device rvirtd)")p2," <<< "<volume><name>NAME</name><capacity unit='M'>8</capacity></volume>" > "$PEERS/two.xml"
  shell virsh rvirtd "vol-create-from d $PEERS/two.xml data.qcow2 p"
  limit cmp -n 5000000 "$PEERS/rvirtd-pool/data" "$(device rvirtd)p2"
  run -1 shell virsh rvirtd "$(placed rvirtd "vol-create-as d other 10M")"
  [[ $output = *"invalid partition name 'other', expected '$(basename "$(device rvirtd)")p3'"* ]]
  shell virsh rvirtd "$(placed rvirtd "vol-clone PART1 PART3 d; vol-delete PART1 d; vol-delete PART2 d")"
  run -0 shell virsh rvirtd "vol-list d"
  disk=$(basename "$(device rvirtd)")
  [[ $output = *"${disk}p3"* && $output != *"${disk}p1"* && $output != *"${disk}p2"* ]]
  [ ! -e "$(device rvirtd)p1" ]
  limit cmp -n 5000000 "$PEERS/rvirtd-pool/data" "$(device rvirtd)p3"
  shell virsh rvirtd "pool-destroy d; pool-destroy p"
}

@test "fs: build, start, describe, stop, remove" { scene_fs; }
@test "fs: build, start, describe, stop, remove, with rvsh" { SHELL_UNDER_TEST=rvsh scene_fs; }

scene_fs() {
  cd "$PEERS"
  same "pool-define-as fs fs --source-dev DEVICE --source-format ext4 --target DIR/mnt; pool-dumpxml fs; pool-build fs; pool-start fs" \
    "pool-build fs --no-overwrite; pool-build fs --no-overwrite; pool-build fs; pool-build fs --overwrite" \
    "pool-start fs; pool-start fs; pool-build fs; pool-dumpxml fs; pool-info fs; vol-list fs --details" \
    "vol-create-as fs v 10M; vol-create-as fs q 10M --format qcow2; vol-dumpxml v fs; vol-dumpxml q fs; vol-clone v w fs; vol-resize v 12M fs" \
    "vol-create-as fs p 10M --format linux; vol-create-as fs p 10M --format nosuch; vol-delete w fs; vol-list fs; pool-refresh fs; vol-list fs" \
    "pool-undefine fs; pool-delete fs; pool-destroy fs; pool-destroy fs; pool-start fs; vol-list fs; pool-destroy fs" \
    "pool-delete fs; pool-start fs; pool-start fs --build; pool-list --all --type fs; pool-destroy fs; pool-delete fs; pool-undefine fs"
}

@test "fs: what is there already, and what is not" { scene_fs_already; }
@test "fs: what is there already, and what is not, with rvsh" { SHELL_UNDER_TEST=rvsh scene_fs_already; }

scene_fs_already() {
  cd "$PEERS"
  limit mkfs.ext4 -qF "$(device libvirtd)"
  limit mkfs.ext4 -qF "$(device rvirtd)"
  same "pool-define-as a fs --source-dev DEVICE --source-format xfs --target DIR/mnt; pool-build a --no-overwrite; pool-start a; pool-undefine a" \
    "pool-define-as b fs --source-dev /nosuch/device --source-format ext4 --target DIR/mnt; pool-build b --no-overwrite; pool-build b --overwrite; pool-start b; pool-undefine b" \
    "pool-define-as c fs --source-dev DEVICE --target DIR/mnt; pool-build c --no-overwrite; pool-build c --overwrite; pool-start c --build --overwrite; pool-start c --build; pool-dumpxml c" \
    "pool-define-as d fs --source-dev DEVICE --target DIR/other; pool-define-as c dir --target DIR/mnt; pool-destroy c; pool-undefine c" \
    "pool-create-as e fs --source-dev DEVICE --source-format ext4 --target DIR/mnt; pool-list --transient; pool-destroy e; pool-list --all"
}

@test "netfs: mount(8) is asked rightly" { scene_netfs; }
@test "netfs: mount(8) is asked rightly, with rvsh" { SHELL_UNDER_TEST=rvsh scene_netfs; }

# That this kernel can't mount these is what both daemons are told.
scene_netfs() {
  local as="--source-host 127.0.0.1 --source-path /x --target DIR/net --build --source-format"
  same "pool-create-as n netfs $as nfs; pool-create-as n netfs $as cifs; pool-create-as n netfs $as glusterfs" \
    "pool-define-as n netfs --source-host 127.0.0.1 --source-path /x --target DIR/net; pool-build n; pool-build n --overwrite; pool-delete n; pool-undefine n"
}

@test "sources of pools, and what there is of pools" { scene_sources; }

scene_sources() {
  local type
  for type in dir fs netfs disk nosuch; do
    same "find-storage-pool-sources $type"
  done
  same "pool-capabilities" | sed 1,4d > "$BATS_TEST_TMPDIR/diff" || true
  diff <(sed -n 's/^[-+] *//p' "$BATS_TEST_TMPDIR/diff") - << 'END'
<pool type='iscsi' supported='yes'>
<pool type='iscsi' supported='no'>
<pool type='scsi' supported='yes'>
<pool type='scsi' supported='no'>
<pool type='mpath' supported='yes'>
<pool type='mpath' supported='no'>
END
}

# What a document says is never an option of the programs that are run.
@test "hostile words are refused" {
  local words what
  while IFS='|' read -r words what; do
    run shell virsh rvirtd "pool-create-as h $(placed rvirtd "$words") --build"
    [ "$status" = 1 ] || { echo "$words: $output"; return 1; }
    [[ $output = *"$what"* ]] || { echo "$words: $output"; return 1; }
  done << END
fs --source-dev=-L --target DIR/h|source device '-L' begins with '-'
fs --source-dev LABEL=x --target DIR/h|not an absolute path
fs --source-dev DEVICE --target h|not an absolute path
fs --source-dev DEVICE --target=-h|begins with '-'
dir --target h|not an absolute path
netfs --source-host=-o --source-path /x --target DIR/h|source host '-o' begins with '-'
netfs --source-host h --source-path=-x --target DIR/h|begins with '-'
netfs --source-host 127.0.0.1 --source-path /x --target DIR/h --source-protocol-ver 3,exec|malformed
logical --source-name=-x --source-dev DEVICE|cannot find logical volume group name '-x'
logical --source-name @tag --source-dev DEVICE|cannot find logical volume group name '@tag'
logical --source-name group --source-dev=-ff|source device '-ff' begins with '-'
disk --source-dev=-h --target /dev|source device '-h' begins with '-'
END
  [ -z "$(shell virsh rvirtd "pool-list --all --name")" ]
}

@test "what is mounted is found again by the next daemon, what is not is not active" {
  shell virsh rvirtd "$(placed rvirtd "pool-define-as kept fs --source-dev DEVICE --source-format ext4 --target DIR/mnt; pool-start kept --build --overwrite; vol-create-as kept v 1M")"
  restart_killed
  shell virsh rvirtd "vol-info v kept; pool-destroy kept; pool-start kept"
  peer_stop rvirtd KILL
  limit umount "$PEERS/rvirtd-pool/mnt"
  with_lvm rvirtd_start rvirtd "state_dir = \"$PEERS/state\""
  run -0 shell virsh rvirtd "pool-info kept"
  [[ $output = *"State:          inactive"* ]]
  [ ! -e "$PEERS/state/run/storage/kept.xml" ]
  shell virsh rvirtd "pool-autostart kept"
  restart_killed
  shell virsh rvirtd "vol-info v kept; pool-destroy kept; pool-undefine kept"
}

restart_killed() {
  peer_stop rvirtd KILL
  with_lvm rvirtd_start rvirtd "state_dir = \"$PEERS/state\""
}

# hold PROGRAM: the next one that rvirtd runs says that it is there, and waits until it may go on.
hold() {
  mkdir -p "$PEERS/bin"
  rm -f "$PEERS/held" "$PEERS/go"
  mkfifo "$PEERS/held" "$PEERS/go"
  cat > "$PEERS/bin/$1" << END
#!/bin/sh
echo here > $PEERS/held
timeout 30 cat $PEERS/go
PATH=\${PATH#*:} exec $1 "\$@"
END
  chmod 755 "$PEERS/bin/$1"
  peer_stop rvirtd
  PATH=$PEERS/bin:$PATH with_lvm rvirtd_start rvirtd "state_dir = \"$PEERS/state\""
}

# in_the_middle COMMANDS: runs them until the program is held, and kills the daemon.
in_the_middle() {
  shell virsh rvirtd "$1" > /dev/null 2>&1 3>&- &
  limit cat "$PEERS/held" > /dev/null
  peer_stop rvirtd KILL
  wait "$!" || true
  rm -rf "${PEERS:?}/bin"
}

mounted() {
  limit mountpoint -q "$PEERS/rvirtd-pool/mnt"
}

@test "a daemon that is killed while it mounts finds what was mounted, or nothing" {
  limit mkfs.ext4 -qF "$(device rvirtd)"
  shell virsh rvirtd "$(placed rvirtd "pool-define-as kept fs --source-dev DEVICE --source-format ext4 --target DIR/mnt; pool-build kept")"
  hold mount
  in_the_middle "pool-start kept"
  with_lvm rvirtd_start rvirtd "state_dir = \"$PEERS/state\""
  run -0 shell virsh rvirtd "pool-info kept"
  [[ $output = *"State:          inactive"* ]]
  # the program goes on, and nobody knows of it: to start the pool is no error
  echo go > "$PEERS/go"
  wait_until 10 mounted
  shell virsh rvirtd "pool-start kept; pool-destroy kept"
  ! mounted
  hold mount
  in_the_middle "pool-start kept"
  echo go > "$PEERS/go"
  wait_until 10 mounted
  with_lvm rvirtd_start rvirtd "state_dir = \"$PEERS/state\""
  shell virsh rvirtd "vol-list kept; pool-destroy kept; pool-undefine kept"
  ! mounted
}

@test "a daemon that is killed while it makes a volume leaves none" {
  shell virsh rvirtd "$(placed rvirtd "pool-define-as p dir --target DIR/p; pool-build p; pool-start p")"
  hold qemu-img
  in_the_middle "vol-create-as p v 10M --format qcow2"
  echo go > "$PEERS/go"
  [ -z "$(ls -A "$PEERS/rvirtd-pool/p")" ]
  with_lvm rvirtd_start rvirtd "state_dir = \"$PEERS/state\""
  shell virsh rvirtd "vol-create-as p v 10M --format qcow2; vol-info v p; vol-delete v p; pool-destroy p; pool-undefine p"
}

@test "a daemon that is killed while it defines has every definition, whole" {
  local xml="<pool type='dir'><name>NAME</name><target><path>$PEERS/NAME</path></target></pool>" i
  for i in {1..40}; do
    echo "${xml//NAME/many$i}" > "$PEERS/many$i.xml"
    echo "pool-define $PEERS/many$i.xml"
  done > "$PEERS/many"
  touch "$PEERS/defined"
  shell virsh rvirtd "$(paste -sd';' "$PEERS/many")" > "$PEERS/defined" 2>&1 3>&- &
  wait_until 10 grep -q many9 "$PEERS/defined"
  peer_stop rvirtd KILL
  wait "$!" || true
  with_lvm rvirtd_start rvirtd "state_dir = \"$PEERS/state\""
  [[ $(peer_log rvirtd) != *"is not loaded"* ]]
  shell virsh rvirtd "pool-list --all --name" | tr -d ' ' > "$PEERS/names"
  sed -n 's/^Pool \(.*\) defined from.*/\1/p' "$PEERS/defined" | grep -vxFf "$PEERS/names" > "$PEERS/lost" || true
  [ ! -s "$PEERS/lost" ]
}
