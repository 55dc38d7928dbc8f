# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Pools that are more than folders: file systems of devices and of other hosts, volume groups, disks. virsh and rvsh see
# the same of rvirtd as virsh does of libvirtd, each daemon having a device of its own.

load ../lib/common
load ../lib/libvirtd
load ../lib/rvirtd
load ../lib/storage

setup_file() {
  need virsh libvirt-clients
  need libvirtd libvirt-daemon-system
  need mkfs.ext4 e2fsprogs
  need parted parted
  need vgcreate lvm2
  need_root "storage:///system"
  peers_begin
  devices_begin 120
  libvirtd_start
  rvirtd_start rvirtd "state_dir = \"$PEERS/state\""
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
  for type in dir fs netfs nosuch; do
    same "find-storage-pool-sources $type"
  done
  same "pool-capabilities" | sed 1,4d > "$BATS_TEST_TMPDIR/diff" || true
  diff <(sed -n 's/^[-+] *//p' "$BATS_TEST_TMPDIR/diff" | grep -v "'logical'\|'disk'") - << 'END'
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
END
  [ -z "$(shell virsh rvirtd "pool-list --all --name")" ]
}

@test "what is mounted is found again by the next daemon, what is not is not active" {
  shell virsh rvirtd "$(placed rvirtd "pool-define-as kept fs --source-dev DEVICE --source-format ext4 --target DIR/mnt; pool-start kept --build --overwrite; vol-create-as kept v 1M")"
  restart_killed
  shell virsh rvirtd "vol-info v kept; pool-destroy kept; pool-start kept"
  peer_stop rvirtd KILL
  limit umount "$PEERS/rvirtd-pool/mnt"
  rvirtd_start rvirtd "state_dir = \"$PEERS/state\""
  run -0 shell virsh rvirtd "pool-info kept"
  [[ $output = *"State:          inactive"* ]]
  [ ! -e "$PEERS/state/run/storage/kept.xml" ]
  shell virsh rvirtd "pool-autostart kept"
  restart_killed
  shell virsh rvirtd "vol-info v kept; pool-destroy kept; pool-undefine kept"
}

restart_killed() {
  peer_stop rvirtd KILL
  rvirtd_start rvirtd "state_dir = \"$PEERS/state\""
}
